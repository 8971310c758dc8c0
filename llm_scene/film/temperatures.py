"""The temperatures at which the film chooses: one that sharpens, and one that lets others come up."""

from __future__ import annotations

from ..network.ops import Array
from ..network.sampling import softmax

COLD, HOT = 0.5, (1.5, 2.0, 3.0, 5.0, 8.0, 12.0)  # one that sharpens, and those that may flatten
FLAT = 0.7  # a bar below this lets others come up


def hot_enough(logits: Array) -> float:
    """The lowest of some temperatures at which the likeliest lets others come up."""
    return next((t for t in HOT if softmax(logits / t).max() < FLAT), HOT[-1])
