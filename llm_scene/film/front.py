"""How the front of computation runs through a matrix: what the channel `reveal` counts.

A trace holds the prompt and what the model wrote after it. `reveal` runs from 0 to 1 while the prompt's
positions are computed, and through `STRIDE` more for every position that follows, of which the first 1
computes it; the rest lets the glow behind the front decay.
"""

from __future__ import annotations

import numpy as np

from ..layout.layout import Block, Box
from ..network.graph import TIME_AXES
from ..network.ops import Array, Numbers

TAIL = 0.35  # `reveal` runs on this far while the glow behind the front decays
STRIDE = 1.5  # between the beginnings of two steps; more than 1 + TAIL, so that nothing runs into the next


def begin(step: int) -> float:
    """`reveal` as a step begins; step 0 computes the prompt, step k the k-th position after it."""
    return STRIDE * step


def done(step: int) -> float:
    """`reveal` when a step is over and its glow is gone."""
    return STRIDE * step + 1 + TAIL


def by_rows(block: Block) -> bool:
    """Whether positions run down the sheet rather than along it."""
    return block.axes[0] in ("position", "query")


def written(block: Block, n_prompt: int) -> Box:
    """The part of a sheet that is there before the model writes on: positions of the prompt alone."""
    rows, columns = (
        min(size, n_prompt) if axis in TIME_AXES and block.role != "weight" else size
        for size, axis in zip(block.shape, block.axes, strict=True)
    )
    return block.part(0, 0, rows, columns)


def order_of(block: Block, n_prompt: int) -> Array:
    """When each cell is computed, as a value of `reveal`, `[rows, columns]`.

    Position by position, and down each position's column (or along its row).
    """
    rows, columns = np.indices(block.shape)
    return order_at(block, rows, columns, n_prompt)


def order_at(block: Block, rows: Numbers, columns: Numbers, n_prompt: int) -> Array:
    """The same for some of its cells, by their rows and columns."""
    position, within, n_positions, length = (
        (rows, columns, *block.shape) if by_rows(block) else (columns, rows, *block.shape[::-1])
    )
    prompt = (position * length + within) / max(1, min(n_prompt, n_positions) * length - 1)
    if set(block.axes) == {"query", "key"}:  # what looks at a position comes with it
        position = np.where(np.less(within, n_prompt), position, np.maximum(position, within))
    later = begin(1) * (position - n_prompt + 1) + within / max(1, length - 1)
    return np.where(position < n_prompt, prompt, later)


def lines_done(reveal: float, n_prompt: int, n_positions: int) -> float:
    """How many positions the front has passed, in parts of one."""
    step = max(0, int(reveal // STRIDE))
    share = min(1.0, max(0.0, reveal - begin(step)))
    lines = share * n_prompt if step == 0 else n_prompt + step - 1 + share
    return float(min(lines, n_positions))
