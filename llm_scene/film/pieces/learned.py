"""The learned table that a column passes through, as it stands on the stage."""

from __future__ import annotations

import numpy as np

from ...layout.layout import Block, Layout
from ...network.trace import Trace
from ..shapes import part, pile
from ..stagecraft import Actor, SetPiece

ROWS, COLUMNS = 24, 12  # that are shown of it


def table_of(layout: Layout, made: Block) -> Block | None:
    """The table that something is made with: the weights of its matrix that are no single column."""
    sources = [block for name in made.matrix.inputs for block in layout.of(name)]
    return next((b for b in sources if b.role == "weight" and min(b.shape) > 1), None)


def standing(
    piece: SetPiece, trace: Trace, name: str, table: Block, wide: float, top: float, high: float
) -> Actor:
    """Rows from all over it in the middle of the stage, under `top`; with the poses sheet and table."""
    rows = np.linspace(0, table.shape[0] - 1, min(ROWS, table.shape[0])).round().astype(int).tolist()
    z, _ = pile(top, high, len(rows))
    sheet, there = part(piece.stage, table, trace, rows, COLUMNS, 0.0, wide, z)
    actor = piece.actor(name, "weight", len(sheet[0]))
    actor.pose("sheet", *sheet)
    actor.pose("table", *there)
    return actor
