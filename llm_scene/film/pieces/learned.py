"""The learned table that something is made with."""

from __future__ import annotations

from ...layout.layout import Block, Layout


def table_of(layout: Layout, made: Block) -> Block | None:
    """The weights of a matrix that are no single column."""
    sources = [block for name in made.matrix.inputs for block in layout.of(name)]
    return next((b for b in sources if b.role == "weight" and min(b.shape) > 1), None)
