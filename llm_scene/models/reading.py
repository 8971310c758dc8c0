"""What a model read and what it expects next, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..network.trace import Trace

if TYPE_CHECKING:
    from .tokenizer import Tokenizer

CANDIDATES = 10  # tokens shown with their probabilities, however large the vocabulary


@dataclass(frozen=True)
class Reading:
    """The tokens of a trace as they are read by people.

    The first `n_prompt` of the T tokens are the prompt, the others what the model wrote and read again.
    """

    tokens: tuple[int, ...]  # [T]
    n_prompt: int
    pieces: tuple[str, ...]  # [T], each token by itself
    predictions: tuple[str, ...]  # [T], the likeliest next token after each position
    candidates: tuple[tuple[str, float], ...]  # after the prompt, the likeliest first, with probabilities
    prompt: str = ""
    answer: str = ""  # all that the model writes: the last prediction is its end


def read(trace: Trace, tokenizer: Tokenizer, n_prompt: int | None = None) -> Reading:
    """The tokens of a trace in words; without `n_prompt` all of them are the prompt."""
    tokens: Sequence[int] = trace.tokens
    count = len(tokens) if n_prompt is None else n_prompt
    probs = trace["probs"]  # [T, V]
    predicted = [int(row.argmax()) for row in probs]
    last = probs[count - 1]
    likely = np.argsort(-last, kind="stable")[:CANDIDATES]
    return Reading(
        tuple(tokens),
        count,
        tuple(tokenizer.piece(token) for token in tokens),
        tuple(tokenizer.piece(token) for token in predicted),
        tuple((tokenizer.piece(int(token)), float(last[token])) for token in likely),
        tokenizer.decode(tokens[:count]),
        tokenizer.decode([*tokens[count:], predicted[-1]]),
    )
