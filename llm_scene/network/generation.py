"""Continues a sequence token by token, each step computing the new position alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import UserError
from .graph import Network
from .ops import Array
from .sampling import GREEDY, Sampling, draw, filtered, softmax
from .trace import Evaluator, Trace


@dataclass(frozen=True)
class Step:
    """One turn of the loop: what the model expected after `position`, and what was taken."""

    position: int  # the last position read
    probs: Array = field(repr=False)  # [V], the model's own distribution
    filtered: Array = field(repr=False)  # [V], after temperature, top-k and top-p
    chosen: int

    def top(self, count: int = 10) -> list[int]:
        """The most probable tokens, best first."""
        return [int(i) for i in np.argsort(-self.probs, kind="stable")[:count]]


@dataclass(frozen=True)
class Continuation:
    """A prompt, the tokens that follow, and one trace that holds every step.

    Attention is causal: at step k the model saw the first positions of the trace exactly as they are.
    The trace has P + N - 1 positions; the last token chosen is not read again.
    """

    prompt: list[int]
    steps: list[Step]
    trace: Trace = field(repr=False)

    @property
    def chosen(self) -> list[int]:
        """The tokens generated."""
        return [step.chosen for step in self.steps]

    @property
    def tokens(self) -> list[int]:
        """Prompt and generated tokens."""
        return self.prompt + self.chosen


def generate(
    network: Network,
    weights: Mapping[str, Array],
    tokens: Sequence[int],
    steps: int = 1,
    sampling: Sampling = GREEDY,
    on_step: Callable[[Step], None] | None = None,
    progress: Callable[[float], None] | None = None,
    is_last: Callable[[Step], bool] | None = None,
) -> Continuation:
    """Continue `tokens` by `steps` more, or by fewer where a step `is_last`.

    Each finished step is handed to `on_step`; `progress` is told the share of positions computed. Raises
    UserError where `steps` is below 1 or the sequence outgrows the context.
    """
    prompt = [int(token) for token in tokens]
    capacity = len(prompt) + steps - 1
    if steps < 1:
        raise UserError(f"At least one step is needed, not {steps}.")
    if not prompt or capacity > network.config.n_ctx:
        raise UserError(f"The sequence takes {capacity} positions; the model has {network.config.n_ctx}.")
    evaluator = Evaluator(network, weights, capacity)
    generator = sampling.generator()
    found: list[Step] = []
    fresh = prompt
    while True:
        evaluator.append(fresh)
        found.append(_choose(evaluator.trace(), sampling, generator))
        if on_step is not None:
            on_step(found[-1])
        if progress is not None:
            progress(evaluator.n_positions / capacity)
        if len(found) == steps or (is_last is not None and is_last(found[-1])):
            return Continuation(prompt, found, evaluator.trace())
        fresh = [found[-1].chosen]


def _choose(trace: Trace, sampling: Sampling, generator: np.random.Generator) -> Step:
    """The next token after the last position computed."""
    logits = trace["logits"][-1]  # [V]
    if np.isnan(logits).any() or not np.isfinite(logits.max()):
        raise UserError("The model's logits are not finite, so no token can be chosen.")
    shares = filtered(logits, sampling)
    chosen = int(np.argmax(shares)) if sampling.greedy else draw(shares, generator)
    return Step(trace.n_positions - 1, softmax(logits), shares, chosen)
