"""What an inspector shows of a cell: where it and its sources stand, and the lines to read about it."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from ..network.explain import Explanation, Input, explain, number
from ..network.graph import TIME_AXES
from ..network.ops import Array, Cell
from ..network.trace import Trace
from .layout import Block, Layout, Point
from .naming import PLAIN, Naming, noun
from .picking import Moved

SINGLES = 64  # source cells of one block that are marked one by one where they form no rectangle
ARC_POINTS = 24
BRIEF = 2  # lines of numbers in a film
WIDE = 64  # letters in a line to read


@dataclass(frozen=True)
class Mark:
    """A rectangle of cells of one block: rows and columns from a first one up to one not included."""

    block: Block
    rows: tuple[int, int]
    columns: tuple[int, int]
    moved: Array | None = field(default=None, compare=False, repr=False)  # as `picking.Moved` has it

    def corners(self, lift: float) -> Array:
        """Its corners `[4, 3]` all round, `lift` in front of the sheet."""
        x, y, z = self.block.origin
        (top, bottom), (left, right) = self.rows, self.columns
        across, down = np.array([left, right, right, left]), np.array([top, top, bottom, bottom])
        return self._placed(np.stack([x + across, np.full(4, y - lift), z - down], axis=1).astype(float))

    @property
    def centre(self) -> Point:
        """Its middle, on the front of the sheet."""
        x, y, z = self.block.origin
        middle = np.array([[x + sum(self.columns) / 2, y, z - sum(self.rows) / 2]])
        across, back, up = self._placed(middle)[0].tolist()
        return across, back, up

    def _placed(self, points: Array) -> Array:
        """Points `[n, 3]` of the layout, where the block is now."""
        return points if self.moved is None else points @ self.moved[:3, :3].T + self.moved[:3, 3]

    def put(self, moved: Moved) -> Mark:
        """The same cells where their block is now."""
        return replace(self, moved=moved.get(self.block.name))


@dataclass(frozen=True)
class Inspection:
    """A cell, explained and placed."""

    mark: Mark
    cross: tuple[Mark, Mark]  # its row and its column
    sources: tuple[Mark, ...]
    pieces: tuple[str, ...]  # of the tokens that its indices stand for; "" where one stands for none
    explanation: Explanation
    naming: Naming = PLAIN

    @property
    def title(self) -> str:
        """The matrix and its part of the model."""
        return self.naming.title(self.mark.block.section, self.mark.block.label)

    @property
    def place(self) -> str:
        """Where it is, counted from 1, with the tokens there; tokens are called by their numbers.

        Which head's it is, the title says where its sheet shows one alone.
        """
        told = zip(self.explanation.axes, self.explanation.cell, self.pieces, strict=True)
        shown = list(told)[self.mark.block.head is not None :]
        return ", ".join(itertools.starmap(self._index, shown))

    def _index(self, axis: str, index: int, piece: str) -> str:
        place = self.naming.said(f"{noun(axis)} {index if axis == 'token' else index + 1}")
        return f"{place} “{piece}”" if piece else place

    @property
    def formula(self) -> str:
        """The rule by which it was computed."""
        return self.naming.said(self.explanation.formula)

    @property
    def numbers(self) -> str:
        """The rule with its numbers."""
        return self.naming.said(self.explanation.numbers)

    @property
    def value(self) -> str:
        """The cell's value as it is written."""
        return number(self.explanation.value)

    def lines(self, wide: int = WIDE, *, brief: bool = False) -> list[tuple[str, str]]:
        """What there is to read, in lines of so many letters, each with a tone: "ink", "faint", "accent".

        Told `brief`, the matrix alone is named, not the part of the model that it stands in, and of the
        numbers two lines are shown.
        """
        numbers = _wrapped(self.numbers, wide)
        if brief and len(numbers) > BRIEF:
            numbers[BRIEF - 1 :] = [f"{numbers[BRIEF - 1]} …"]
        parts = (
            (_wrapped(self.naming.name(self.mark.block.label) if brief else self.title, wide), "faint"),
            (_wrapped(self.place, wide), "ink"),
            (_wrapped(f"= {self.value}", wide), "accent"),
            (_wrapped(self.formula, wide), "faint"),
            (numbers, "ink"),
        )
        return [(line, tone) for lines, tone in parts for line in lines]

    def put(self, moved: Moved) -> Inspection:
        """The same cell among blocks that stand elsewhere than the layout has them."""
        row, column = self.cross
        sources = tuple(source.put(moved) for source in self.sources)
        return replace(
            self, mark=self.mark.put(moved), cross=(row.put(moved), column.put(moved)), sources=sources
        )

    def arcs(self) -> list[Array]:
        """A curve `[ARC_POINTS, 3]` from every mark of sources to the cell."""
        return [_arc(source.centre, self.mark.centre) for source in self.sources]


def _wrapped(text: str, wide: int) -> list[str]:
    """A text in lines of so many letters."""
    return [line for part in text.splitlines() for line in textwrap.wrap(part, wide)]


def inspect(
    layout: Layout,
    trace: Trace,
    block: Block,
    cell: Cell,
    piece: Callable[[int], str],
    naming: Naming = PLAIN,
) -> Inspection:
    """Explain a cell that stands in `block`, by its names. `piece` writes a token id as text."""
    told = explain(trace, block.matrix.name, cell)
    row, column = block.place(cell)
    rows, columns = block.shape
    sources = (mark for given in told.inputs for mark in _marks(layout, given))
    return Inspection(
        mark=Mark(block, (row, row + 1), (column, column + 1)),
        cross=(Mark(block, (row, row + 1), (0, columns)), Mark(block, (0, rows), (column, column + 1))),
        sources=tuple(sources),
        pieces=tuple(_piece(axis, index, trace, piece) for axis, index in zip(told.axes, cell, strict=True)),
        explanation=told,
        naming=naming,
    )


def standing(layout: Layout, matrix: str, cell: Cell) -> Block | None:
    """The block that shows a cell of a matrix; None where the scene does not stage the matrix."""
    return next((b for b in layout.of(matrix) if b.head is None or b.head == cell[0]), None)


def _piece(axis: str, index: int, trace: Trace, piece: Callable[[int], str]) -> str:
    """The token that an index stands for, "" for none."""
    if axis in TIME_AXES:
        return piece(trace.tokens[index])
    return piece(index) if axis == "token" else ""


def _marks(layout: Layout, given: Input) -> Iterable[Mark]:
    """The cells of one input: a rectangle where they fill one, else one by one."""
    places: dict[str, list[tuple[int, int]]] = {}
    for cell in given.cells:
        block = standing(layout, given.matrix, cell)
        if block is not None:
            places.setdefault(block.name, []).append(block.place(cell))
    for name, cells in places.items():
        low, high = np.min(cells, axis=0), np.max(cells, axis=0) + 1
        if np.prod(high - low) == len(set(cells)):
            yield Mark(layout[name], (int(low[0]), int(high[0])), (int(low[1]), int(high[1])))
        else:
            for row, column in cells[:SINGLES]:
                yield Mark(layout[name], (row, row + 1), (column, column + 1))


def _arc(start: Point, end: Point) -> Array:
    """A curve that leaves the sheets towards the viewer, higher the farther it goes."""
    a, b = np.array(start), np.array(end)
    reach = float(np.linalg.norm(b - a))
    top = (a + b) / 2 + np.array([0.0, -0.25, 0.25]) * reach
    t = np.linspace(0, 1, ARC_POINTS)[:, None]
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * top + t**2 * b
