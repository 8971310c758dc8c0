"""What the parts of a model are called in the paths of its matrices: (block 0, self-attention, head 1).

Names are made and read here and nowhere else. They count from 0; `staging.naming` says them as people do.
"""

from __future__ import annotations

import re

EMBEDDING, OUTPUT = "Embedding", "Output"
ATTENTION, MLP = "Self-attention", "MLP"
SHARED_EXPERT = "Shared expert"


def block(layer: int) -> str:
    """A transformer block, the outermost part of its matrices' paths."""
    return f"Transformer {layer}"


def is_block(name: str) -> bool:
    """Whether a part is a transformer block."""
    return re.fullmatch(r"Transformer \d+", name) is not None


def head(number: int) -> str:
    """An attention head, within its block's attention."""
    return f"Head {number}"


def head_of(name: str) -> int | None:
    """The number of the attention head of which this is the name; None for anything else's."""
    found = re.fullmatch(r"Head (\d+)", name)
    return int(found[1]) if found else None


def expert(number: int) -> str:
    """One of the experts within its block's MLP."""
    return f"Expert {number}"
