"""Where the cells of large matrices lie in pictures: tiles of their fronts, packed into pages.

A page is a picture with a texel a cell. Tiles begin at multiples of `ALIGN` texels, so that the page
averaged over squares of 4, 16 or 64 texels still keeps its tiles apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..packing import packed
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
    """Pack the fronts of blocks into pages of at most `page` texels a side, a multiple of `ALIGN`."""
    pieces = [(block, region) for block in blocks for region in _pieces(block.shape, page)]
    sizes = [(_aligned(region.columns), _aligned(region.rows)) for _, region in pieces]
    spots, pages = packed(sizes, page, page)
    tiles = [Tile(*piece, spot.page, spot.y, spot.x) for piece, spot in zip(pieces, spots, strict=True)]
    tiles.sort(key=lambda tile: (tile.page, tile.top, tile.left))
    return Mosaic(tuple(tiles), tuple((rows, columns) for columns, rows in pages))


def _pieces(shape: tuple[int, int], page: int) -> list[Region]:
    rows, columns = shape
    return [
        Region(row, column, min(page, rows - row), min(page, columns - column))
        for row in range(0, rows, page)
        for column in range(0, columns, page)
    ]


def _aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN
