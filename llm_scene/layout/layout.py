"""What a layout consists of: blocks, sections, links. Plain data in scene units.

One cell is one unit. Blender's axes: x to the right (the data flows along it), y into the picture,
z up. A block is a standing sheet of cells; row 0 is its top row, column 0 its left column.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..errors import UserError
from ..network import sections
from ..network.graph import Matrix, Role
from ..network.ops import Array, Cell
from ..network.trace import Trace
from . import names

Point = tuple[float, float, float]
# Arrangements of heads and of transformer blocks: name, title, description.
HEAD_ITEMS = (
    ("grid", "Grid", "Side by side and below each other, all seen from the front"),
    ("fan", "Fan", "One behind the other, receding into the picture"),
)
BLOCK_ITEMS = (
    ("plan", "Plan", "On a wall, packed so that the whole model fills the picture"),
    ("row", "Row", "One after the other, to the right"),
    ("columns", "Columns", "In lines that are read like text"),
    ("helix", "Helix", "Up a square staircase, across the front and the back by turns"),
)
HEADS, BLOCKS = (tuple(name for name, _, _ in items) for items in (HEAD_ITEMS, BLOCK_ITEMS))


@dataclass(frozen=True)
class Arrangement:
    """How the parts of a model stand to each other.

    Heads recede into the picture one behind the other ("fan") or stand side by side in one plane ("grid").
    Transformer blocks hang on a wall, packed so that all of them fill a picture of this aspect ("plan"),
    follow each other to the right ("row"), in lines that are read like text ("columns"), or up a square
    staircase, in flights across the front and the back by turns ("helix").
    """

    heads: str = "grid"
    blocks: str = "plan"
    aspect: float = 16 / 9  # width by height of the picture that a plan fills

    def __post_init__(self) -> None:
        for what, chosen, known in (("heads", self.heads, HEADS), ("blocks", self.blocks, BLOCKS)):
            if chosen not in known:
                raise UserError(
                    f"There is no arrangement of {what} {chosen!r}: choose one of {', '.join(known)}."
                )


@dataclass(frozen=True)
class Box:
    """An axis-aligned box."""

    low: Point
    high: Point

    @functools.cached_property
    def centre(self) -> Point:
        """Its middle."""
        (a, b, c), (x, y, z) = self.low, self.high
        return (a + x) / 2, (b + y) / 2, (c + z) / 2

    @property
    def size(self) -> Point:
        """Its extents."""
        x, y, z = (b - a for a, b in zip(self.low, self.high, strict=True))
        return x, y, z

    def corners(self) -> Array:
        """Its eight corners, `[8, 3]`."""
        choice = np.indices((2, 2, 2)).reshape(3, 8).T
        return np.where(choice, np.array(self.high), np.array(self.low))

    def grown(self, by: float) -> Box:
        """The box with a margin all round."""
        low, high = np.array(self.low) - by, np.array(self.high) + by
        return Box(tuple(map(float, low)), tuple(map(float, high)))  # type: ignore[arg-type]

    def common(self, other: Box) -> Box | None:
        """What it has in common with another one; None where they do not meet."""
        low, high = np.maximum(self.low, other.low), np.minimum(self.high, other.high)
        if (low > high).any():
            return None
        return Box(tuple(map(float, low)), tuple(map(float, high)))  # type: ignore[arg-type]

    @staticmethod
    def middle(at: Point, width: float, height: float) -> Box:
        """A flat one, wide and high around a place."""
        x, y, z = at
        return Box((x - width / 2, y, z - height / 2), (x + width / 2, y, z + height / 2))

    @staticmethod
    def around(boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of them."""
        boxes = list(boxes)
        low = np.min([box.low for box in boxes], axis=0)
        high = np.max([box.high for box in boxes], axis=0)
        return Box(tuple(map(float, low)), tuple(map(float, high)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Block:
    """A sheet of cells: a matrix, or one head's share of it."""

    name: str
    matrix: Matrix
    head: int | None  # which head's share; None: the whole matrix
    axes: tuple[str | None, str | None]  # (down the rows, along the columns); None: one cell thick
    shape: tuple[int, int]  # (rows, columns)
    origin: Point  # top left corner of the front

    @property
    def kind(self) -> str:
        """The matrix's kind."""
        return self.matrix.kind

    @property
    def role(self) -> Role:
        """The matrix's role."""
        return self.matrix.role

    @property
    def label(self) -> str:
        """The name to read beside it."""
        return self.matrix.label

    @property
    def section(self) -> tuple[str, ...]:
        """Where it belongs, from the outside in."""
        return self.matrix.section if self.head is None else (*self.matrix.section, sections.head(self.head))

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.shape[0] * self.shape[1]

    @functools.cached_property
    def box(self) -> Box:
        """The volume its cells take at rest, one unit deep."""
        x, y, z = self.origin
        rows, columns = self.shape
        return Box((x, y, z - rows), (x + columns, y + 1.0, z))

    def part(self, row: int, column: int, rows: int, columns: int) -> Box:
        """The volume of some of its cells, from the one at (row, column)."""
        x, y, z = self.origin
        return Box((x + column, y, z - row - rows), (x + column + columns, y + 1.0, z - row))

    def centre(self, row: int, column: int) -> Point:
        """Middle of a cell's front face."""
        x, y, z = self.origin
        return x + column + 0.5, y, z - row - 0.5

    def values(self, trace: Trace) -> Array:
        """Its true values, `[rows, columns]`."""
        array = trace[self.matrix.name]
        if self.head is not None:
            array = array[self.head]
        elif array.ndim == 3:  # the projection of all heads: heads and features run on
            array = array.reshape(-1, array.shape[-1])
        if array.ndim == 2 and self._flipped():
            array = array.T
        return array.reshape(self.shape)

    def _flipped(self) -> bool:
        """Whether rows and columns stand the other way round than the array's axes."""
        return self.axes[1] != self.matrix.axes[-1]

    def cell(self, row: int, column: int) -> Cell:
        """The matrix cell shown at (row, column)."""
        index: Cell = (column, row) if self._flipped() else (row, column)
        if None in self.axes:
            index = (max(row, column),)
        if self.head is not None:
            return (self.head, *index)
        if len(self.matrix.axes) == 3:
            size = self.matrix.sizes[1]
            assert size is not None
            return (*divmod(index[0], size), index[1])
        return index

    def place(self, cell: Cell) -> tuple[int, int]:
        """(row, column) at which a matrix cell is shown: the inverse of `cell`."""
        if self.head is not None:
            cell = cell[1:]
        elif len(self.matrix.axes) == 3:
            size = self.matrix.sizes[1]
            assert size is not None
            cell = (cell[0] * size + cell[1], cell[2])
        if len(cell) == 1:
            return (0, cell[0]) if self.axes[0] is None else (cell[0], 0)
        return (cell[1], cell[0]) if self._flipped() else (cell[0], cell[1])


@dataclass(frozen=True)
class Section:
    """A named part of the model with everything that stands in it."""

    path: tuple[str, ...]
    box: Box

    @property
    def name(self) -> str:
        """The innermost name."""
        return self.path[-1]


@dataclass(frozen=True)
class Line:
    """Outermost sections that stand beside each other, in the order of computing."""

    sections: tuple[str, ...]
    y: float  # their foremost sheets
    z: float  # the floor on which the trunk runs


@dataclass(frozen=True)
class Link:
    """A way the data takes, as a polyline from one block to another."""

    source: str
    target: str
    kind: str  # "trunk", "data" or "weight"
    points: tuple[Point, ...]
    width: float


@dataclass(frozen=True)
class Letter:
    """A token as 3D text above its column."""

    text: str
    position: int  # in the sequence
    at: Point  # middle of its lower edge
    size: float
    to: Point  # where its thread ends: the top of its cell
    predicted: bool
    chosen: bool = False  # the prediction that continues the prompt

    @property
    def name(self) -> str:
        """What cues call it."""
        return (names.prediction if self.predicted else names.token)(self.position)

    @property
    def ink(self) -> str:
        """What it is written with."""
        return "ink" if not self.predicted else "accent" if self.chosen else "threads"

    @property
    def thread(self) -> tuple[Point, Point]:
        """The way from it to its cell."""
        x, y, z = self.at
        return (x, y, z - 0.3 * self.size), self.to


@dataclass(frozen=True)
class Candidate:
    """A token that may come next, with its probability as the length of a bar."""

    text: str
    probability: float
    at: Point  # the bar's left end, half way up
    length: float  # at this probability
    height: float

    @property
    def box(self) -> Box:
        """The room of token, bar and percentage."""
        x, y, z = self.at
        return Box(
            (x - 3 * self.height, y, z - self.height / 2),
            (x + self.length + 5 * self.height, y, z + self.height / 2),
        )


@dataclass(frozen=True)
class Layout:
    """Everything's place."""

    blocks: dict[str, Block] = field(repr=False)
    sections: tuple[Section, ...] = field(repr=False)
    links: tuple[Link, ...] = field(repr=False)
    letters: tuple[Letter, ...] = field(repr=False)
    candidates: tuple[Candidate, ...] = field(repr=False)  # for the next token, the likeliest first
    gap: float  # the clear distance between neighbours; grows with the model
    n_prompt: int  # positions given; those after them hold what the model wrote
    arrangement: Arrangement
    lines: tuple[Line, ...]  # one after the other

    def __getitem__(self, name: str) -> Block:
        return self.blocks[name]

    def of(self, matrix: str) -> list[Block]:
        """The blocks that show a matrix: one, or one a head."""
        return self._of_matrix.get(matrix, [])

    @functools.cached_property
    def _of_matrix(self) -> dict[str, list[Block]]:
        found: dict[str, list[Block]] = {}
        for block in self.blocks.values():
            found.setdefault(block.matrix.name, []).append(block)
        return found

    def find(self, kind: str, layer: int | None = None, head: int | None = None) -> Block:
        """The block of this kind."""
        return self._kinds[kind, layer, head]

    @functools.cached_property
    def _kinds(self) -> dict[tuple[str, int | None, int | None], Block]:
        """The blocks by kind, layer and head."""
        return {(block.kind, block.matrix.layer, block.head): block for block in self.blocks.values()}

    def within(self, *path: str) -> list[Block]:
        """The blocks of a section."""
        return [block for block in self.blocks.values() if block.section[: len(path)] == path]

    @property
    def parts(self) -> list[Section]:
        """The outermost sections, from what goes in to what comes out."""
        return [section for section in self.sections if len(section.path) == 1]

    @property
    def box(self) -> Box:
        """Around all blocks."""
        return Box.around(block.box for block in self.blocks.values())

    def line(self, block: Block) -> int:
        """The number of the line in which a block stands."""
        return self._line_of[block.section[0]]

    @functools.cached_property
    def _line_of(self) -> dict[str, int]:
        return {name: i for i, line in enumerate(self.lines) for name in line.sections}
