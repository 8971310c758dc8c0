"""Which matrices are drawn cell by cell, and which as slabs; and what a scene will cost."""

from __future__ import annotations

from dataclasses import dataclass

from ..choices import check, choice, named
from ..look import BEVEL, GAP, RELIEF
from ..network.graph import Network
from .arrange import set_down
from .layout import Layout

CUBOIDS = 600_000  # cells drawn as cuboids in one scene, unless the user says otherwise
WINDOW = 128  # cells a side of a window of cuboids in a slab
# What a scene takes on two cores, measured with nano-GPT and a GPT-2 small: seconds and bytes by what
# there is, and bytes for Blender itself.
BLOCK_SECONDS, CUBOID_SECONDS, SLAB_SECONDS = 8e-3, 2e-6, 1.5e-7
# Memory is that of rendering.
BLOCK_BYTES, CUBOID_BYTES, SLAB_BYTES, BLENDER_BYTES = 4e5, 8000.0, 16.0, 3e8


@dataclass(frozen=True)
class Detail:
    """How finely matrices are drawn, and what their cells look like."""

    cuboids: int = choice(
        CUBOIDS,
        "Cell Budget",
        "The most cells drawn as cuboids; larger matrices are drawn as pictures of their values. "
        "A hundred thousand take up to a gigabyte of memory while a film is rendered",
        low=1,
        high=10**9,
    )
    bits: int = choice(
        8,
        "Slab Pictures",
        "How finely the pictures of large matrices hold a value",
        items=named(
            ("8", "8 Bit", "254 steps of a value: as fine as a screen shows"),
            ("16", "16 Bit", "65,000 steps of a value, in files about twice as large"),
        ),
    )
    window: str = choice(
        "", "Window", "Stand cuboids around a cell of a slab, such as h.0.mlp.c_fc.weight[3,5]"
    )
    gap: float = choice(
        GAP,
        "Gap",
        "Empty space between neighbouring cells, as a part of a cell's width",
        low=0.0,
        high=0.8,
        subtype="FACTOR",
        group="cells",
    )
    relief: float = choice(
        RELIEF,
        "Relief",
        "How far cells stand out by the size of their value, in widths of a cell",
        low=0.0,
        high=20.0,
        soft_high=4.0,
        group="cells",
    )
    bevel: float = choice(
        BEVEL,
        "Bevel",
        "Rounding of the cells' edges, in widths of a cell",
        low=0.0,
        high=0.2,
        group="cells",
    )
    labels: bool = choice(  # the film has names of its own: together they would lie over each other
        False, "Labels", "Show names, dimensions, section titles and the legend in the view", group="cells"
    )

    def __post_init__(self) -> None:
        check(self)

    @property
    def measures(self) -> dict[str, float]:
        """What a cell's shape follows from, as the inputs of node groups are called."""
        return {"Gap": self.gap, "Relief": self.relief, "Bevel": self.bevel}


@dataclass(frozen=True)
class Cost:
    """What a scene consists of, and about what building it takes."""

    blocks: int
    cuboids: int  # cells drawn one by one
    slab_cells: int  # cells in pictures
    memory: float  # bytes
    seconds: float

    @property
    def cells(self) -> int:
        """All cells."""
        return self.cuboids + self.slab_cells


def slabs(layout: Layout, budget: int = CUBOIDS) -> frozenset[str]:
    """The names of the blocks to draw as slabs: the largest ones, until the rest fits the budget.

    Slabs take part of the budget too, as much as of the memory: a cuboid's for 500 of their cells.
    All heads' shares of a matrix, and all layers' matrices of a size, are drawn alike.
    """
    sizes = sorted({block.n_cells for block in layout.blocks.values()}, reverse=True)
    cells, pictured = sum(block.n_cells for block in layout.blocks.values()), 0
    chosen: set[str] = set()
    for size in sizes:
        if cells + pictured * SLAB_BYTES / CUBOID_BYTES <= budget:
            break
        alike = [block.name for block in layout.blocks.values() if block.n_cells == size]
        chosen.update(alike)
        cells, pictured = cells - size * len(alike), pictured + size * len(alike)
    return frozenset(chosen)


def cost(network: Network, n_positions: int, budget: int = CUBOIDS) -> Cost:
    """What the scene of a model over `n_positions` positions will cost, without building it."""
    layout = set_down(network, n_positions)
    large = slabs(layout, budget)
    cells = {block.name: block.n_cells for block in layout.blocks.values()}
    pictured = sum(cells[name] for name in large)
    cuboids = sum(cells.values()) - pictured
    memory = BLENDER_BYTES + BLOCK_BYTES * len(cells) + CUBOID_BYTES * cuboids + SLAB_BYTES * pictured
    seconds = BLOCK_SECONDS * len(cells) + CUBOID_SECONDS * cuboids + SLAB_SECONDS * pictured
    return Cost(len(cells), cuboids, pictured, memory, seconds)
