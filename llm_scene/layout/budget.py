"""Which matrices are drawn cell by cell, and which as slabs that carry their values in a picture."""

from __future__ import annotations

from .plan import Layout

CUBOIDS = 1_000_000  # cells drawn as cuboids in one scene, unless the user says otherwise
TILE = 8192  # the most cells along a side of a slab's picture: what every graphics card takes


def slabs(layout: Layout, budget: int = CUBOIDS) -> frozenset[str]:
    """The names of the blocks to draw as slabs: the largest ones, until the rest fits the budget.

    All heads' shares of a matrix, and all layers' matrices of a size, are drawn alike.
    """
    sizes = sorted({block.n_cells for block in layout.blocks.values()}, reverse=True)
    cells = sum(block.n_cells for block in layout.blocks.values())
    chosen: set[str] = set()
    for size in sizes:
        if cells <= budget:
            break
        alike = [block.name for block in layout.blocks.values() if block.n_cells == size]
        chosen.update(alike)
        cells -= size * len(alike)
    return frozenset(chosen)
