"""From logits to the next token: temperature, top-k and top-p, as pure functions.

The filters come in the order and with the conventions of transformers' logits processors; the shares
they leave add up to 1 again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from .ops import Array


@dataclass(frozen=True)
class Sampling:
    """How to choose the next token. Temperature 0 takes the most probable one."""

    temperature: float = 0.0
    top_k: int = 0  # only the k most probable; 0: all
    top_p: float = 1.0  # the fewest that together have this probability (Holtzman et al. 2019)
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < 1e6:
            raise UserError(f"The temperature must be 0 or more, not {self.temperature:g}.")
        if self.top_k < 0:
            raise UserError(f"Top-k must be 0 (all tokens) or more, not {self.top_k}.")
        if not 0 < self.top_p <= 1:
            raise UserError(f"Top-p must be above 0 and at most 1, not {self.top_p:g}.")
        if self.seed < 0:
            raise UserError(f"The seed must be 0 or more, not {self.seed}.")

    @property
    def greedy(self) -> bool:
        """Whether the most probable token is always taken."""
        return self.temperature == 0

    def generator(self) -> np.random.Generator:
        """Random numbers that are the same for the same seed, whatever the machine."""
        return np.random.Generator(np.random.PCG64(self.seed))


GREEDY = Sampling()


def softmax(logits: Array) -> Array:
    """Shares [V] that add up to 1; -inf becomes 0. Logits that are all alike share evenly."""
    shifted = np.exp(logits.astype(np.float64) - logits.max())
    return (shifted / shifted.sum()).astype(np.float32)


def keep_top_k(logits: Array, k: int) -> Array:
    """The k largest logits and their equals; the others become -inf."""
    if not 0 < k < len(logits):
        return logits
    least = np.partition(logits, -k)[-k]
    return np.where(logits < least, -np.inf, logits).astype(np.float32)


def keep_top_p(logits: Array, p: float) -> Array:
    """The most probable tokens that together reach probability p, at least one; the others become -inf.

    Nucleus sampling (Holtzman et al. 2019, https://arxiv.org/abs/1904.09751).
    """
    if p >= 1:
        return logits
    ascending = np.argsort(logits, kind="stable")
    reached = np.cumsum(softmax(logits)[ascending], dtype=np.float64).astype(np.float32)
    dropped = ascending[:-1][reached[:-1] <= np.float32(1 - p)]
    kept = logits.astype(np.float32, copy=True)
    kept[dropped] = -np.inf
    return kept


def filtered(logits: Array, sampling: Sampling) -> Array:
    """The distribution [V] that the next token is drawn from."""
    if sampling.greedy:
        chosen = np.zeros(len(logits), np.float32)
        chosen[np.argmax(logits)] = 1
        return chosen
    above = logits.astype(np.float64) - logits.max()  # so that no temperature is too low
    with np.errstate(over="ignore"):
        scaled = (above / sampling.temperature).astype(np.float32)
    return softmax(keep_top_p(keep_top_k(scaled, sampling.top_k), sampling.top_p))


def draw(shares: Array, generator: np.random.Generator) -> int:
    """A token, each with its share of the chance."""
    reached = np.cumsum(shares, dtype=np.float64)
    return int(np.searchsorted(reached, generator.random() * reached[-1], side="right"))
