"""Where the cells of large matrices lie in pictures: tiles of their fronts, packed into pages.

A page is a picture with a texel a cell. Tiles begin at multiples of `ALIGN` texels, so that the page
averaged over squares of 4, 16 or 64 texels still keeps its tiles apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .layout import Block

PAGE = 8192  # texels along the longest side: what every graphics card takes
REDUCTIONS = (4, 16, 64)  # how many cells a texel of each of the smaller copies averages, along a side
ALIGN = REDUCTIONS[-1]


@dataclass(frozen=True)
class Region:
    """Cells of a sheet: the first row and column, and how many there are of each."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """What it is of an array `[rows, columns]`."""
        return slice(self.row, self.row + self.rows), slice(self.column, self.column + self.columns)

    def common(self, other: Region) -> Region | None:
        """What two regions share."""
        row, column = max(self.row, other.row), max(self.column, other.column)
        rows = min(self.row + self.rows, other.row + other.rows) - row
        columns = min(self.column + self.columns, other.column + other.columns) - column
        return Region(row, column, rows, columns) if rows > 0 and columns > 0 else None

    def without(self, hole: Region | None) -> list[Region]:
        """What is left of it when a hole is cut, in up to four pieces."""
        cut = None if hole is None else self.common(hole)
        if cut is None:
            return [self]
        below, right = cut.row + cut.rows, cut.column + cut.columns
        pieces = (
            Region(self.row, self.column, cut.row - self.row, self.columns),
            Region(below, self.column, self.row + self.rows - below, self.columns),
            Region(cut.row, self.column, cut.rows, cut.column - self.column),
            Region(cut.row, right, cut.rows, self.column + self.columns - right),
        )
        return [piece for piece in pieces if piece.rows > 0 and piece.columns > 0]

    @staticmethod
    def around(row: int, column: int, side: int, shape: tuple[int, int]) -> Region:
        """`side` by `side` cells with a cell in their middle, moved so as to lie within a sheet."""
        rows, columns = min(side, shape[0]), min(side, shape[1])
        first = (
            min(max(0, row - rows // 2), shape[0] - rows),
            min(max(0, column - columns // 2), shape[1] - columns),
        )
        return Region(*first, rows, columns)


@dataclass(frozen=True)
class Tile:
    """A region of a block, and the place of its first cell in a page."""

    block: Block
    region: Region
    page: int
    top: int
    left: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its texels in the page."""
        return Region(self.top, self.left, self.region.rows, self.region.columns).slices


@dataclass(frozen=True)
class Mosaic:
    """Tiles, page by page, and every page's (rows, columns)."""

    tiles: tuple[Tile, ...]
    pages: tuple[tuple[int, int], ...]


def mosaic(blocks: Iterable[Block], page: int = PAGE) -> Mosaic:
    """Pack the fronts of blocks into pages of at most `page` texels a side, a multiple of `ALIGN`.

    In shelves: the tallest tiles first, side by side until a shelf is full, shelf under shelf.
    """
    pieces = [(block, region) for block in blocks for region in _pieces(block.shape, page)]
    pieces.sort(key=lambda piece: (-piece[1].rows, -piece[1].columns))  # stable, so the order is the blocks'
    tiles: list[Tile] = []
    sizes: list[tuple[int, int]] = []
    shelf, left, foot = 0, page, page  # where the shelf begins, how far it is filled, where it ends
    for block, region in pieces:
        rows, columns = _aligned(region.rows), _aligned(region.columns)
        if left + columns > page:
            shelf, left, foot = foot, 0, foot + rows
            if foot > page:
                sizes.append((0, 0))
                shelf, foot = 0, rows
        tiles.append(Tile(block, region, len(sizes) - 1, shelf, left))
        left += columns
        sizes[-1] = (max(sizes[-1][0], foot), max(sizes[-1][1], left))
    return Mosaic(tuple(tiles), tuple(sizes))


def _pieces(shape: tuple[int, int], page: int) -> list[Region]:
    rows, columns = shape
    return [
        Region(row, column, min(page, rows - row), min(page, columns - column))
        for row in range(0, rows, page)
        for column in range(0, columns, page)
    ]


def _aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN
