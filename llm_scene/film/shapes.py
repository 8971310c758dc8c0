"""The shapes that actors take: centres `[n, 3]`, sizes `[n, 3]` and colours `[n]`, for `Actor.pose`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..layout.layout import Block
from ..look import GAP, normalise, scale_of
from ..look import RELIEF as HIGHEST
from ..network.graph import Network
from ..network.ops import Array
from ..network.trace import Trace
from .excerpt import Excerpt
from .stage import Stage

LIFT = HIGHEST + 0.6  # how far a copy stands before its sheet: before its highest cells
THICK, RELIEF = 0.7, 0.45  # how thick a cell on the stage is, and by how much its value changes that
HIGH, STEP = 1.3, 1.5  # a cell with a number on it, and from row to row
PILE = 0.55  # the height of the cells that are folded together under a list
COUNTED = 0.6  # how far under the middle of such a pile stands how many they are
THINNEST = 0.05  # a bar
SLICE = 0.8  # of its height in a pile, what a cell fills
BEHIND, SLIM, FILLED = (
    0.5,
    0.25,
    0.9,
)  # of a table: how far behind it stands, how thick its cells are, what they fill
NONE = 1e-3  # the size of what is not there yet
Shape = tuple[Array, Array, Array]


def copies(block: Block, trace: Trace, *, row: int | None = None, column: int | None = None) -> Shape:
    """The cells of a row or a column of a sheet, just before it."""
    rows, columns = block.shape
    at = [(row, c) for c in range(columns)] if row is not None else [(r, column) for r in range(rows)]
    return some(block, trace, at)  # type: ignore[arg-type]


def some(block: Block, trace: Trace, at: list[tuple[int, int]]) -> Shape:
    """Some cells of a sheet, just before it."""
    places = np.array([block.centre(*cell) for cell in at]) + (0.0, 0.5 - LIFT, 0.0)
    values = block.values(trace)[tuple(np.array(at).T)]
    return places, np.full((len(at), 3), 1 - GAP), tones(block, trace, values)


def part(
    stage: Stage,
    table: Block,
    trace: Trace,
    rows: Sequence[int],
    columns: int,
    x: float,
    wide: float,
    z: Array,
) -> tuple[Shape, Shape]:
    """The first columns of some rows of a learned table: in its sheet, and around `x` in the rows `z` of the
    stage, a little behind what is made with it."""
    columns = min(columns, table.shape[1])
    at = [(row, column) for row in rows for column in range(columns)]
    pitch, high = wide / columns, FILLED * abs(z[1] - z[0]) if len(z) > 1 else HIGH
    values = table.values(trace)[tuple(np.array(at).T)]
    places = np.tile(row_of(columns, pitch, x), len(rows)), np.repeat(z, columns)
    standing, size, colours = cells(stage, *places, FILLED * pitch, high, tones(table, trace, values), SLIM)
    return some(table, trace, at), (standing + (0.0, BEHIND * stage.unit, 0.0), size, colours)


def tones(block: Block, trace: Trace, values: Array) -> Array:
    """The colours of values on the scale of their matrix."""
    return normalise(np.asarray(values, float), scale_of(trace[block.matrix.name]))


def stream_scale(network: Network, layer: int | None) -> str:
    """The matrix on whose scale the residual stream is painted where its numbers are read: as it is between
    attention and MLP. So a number looks the same before and after something is added to it."""
    name = f"blocks.{layer or 0}.resid_mid"
    return name if name in network else f"blocks.{layer or 0}.resid_post"


def stream_tones(trace: Trace, layer: int | None, values: Array) -> Array:
    """The colours of numbers of the residual stream, or of what is added to it."""
    scale = scale_of(trace[stream_scale(trace.network, layer)])
    return normalise(np.asarray(values, float), scale)


def relative(values: Array) -> Array:
    """The colours of values on their own scale."""
    values = np.asarray(values, float)
    return values / max(1e-9, float(np.abs(values).max(initial=0.0)))


def cells(
    stage: Stage,
    x: Array | float,
    z: Array | float,
    wide: Array | float,
    high: Array | float,
    values: Array | float,
    thick: Array | float | None = None,
) -> Shape:
    """Cells of a given width and height around places on the stage; positive ones stand out further."""
    x, z, wide, high, values = np.broadcast_arrays(
        *(np.asarray(v, float) for v in (x, z, wide, high, values))
    )
    x, z, wide, high, values = (np.atleast_1d(v) for v in (x, z, wide, high, values))
    deep = np.broadcast_to(THICK + RELIEF * values if thick is None else thick, x.shape)
    sizes = np.stack([wide, deep, high], axis=1) * stage.unit
    return stage.at(x, z, -deep / 2), sizes, values


def bars(
    stage: Stage, x: Array, base: Array | float, heights: Array, wide: float, values: Array | float
) -> Shape:
    """Bars that stand on a level, or hang from it where they are negative."""
    z = base + heights / 2
    return cells(stage, x, z, wide, np.maximum(np.abs(heights), THINNEST), values, THICK)


def row_of(count: int, pitch: float, middle: float = 0.0) -> Array:
    """Places of `count` things side by side around a middle."""
    found: Array = middle + (np.arange(count) - (count - 1) / 2) * pitch
    return found


def in_lines(x: Sequence[float], wide: Sequence[float], count: int = 1) -> list[int | None]:
    """In which of so many lines things around `x` of these widths find room, the earlier ones first; None
    where there is none."""
    found: list[int | None] = []
    for n in range(len(x)):
        near = {found[k] for k in range(n) if abs(x[n] - x[k]) < (wide[n] + wide[k]) / 2}
        found.append(next((line for line in range(count) if line not in near), None))
    return found


def rows_under(top: float, count: int, step: float = STEP) -> Array:
    """The middles of `count` cells with numbers on them, below each other under `top`."""
    found: Array = top - step * (np.arange(count) + 0.5)
    return found


def pile(top: float, high: float, count: int) -> tuple[Array, float]:
    """The middles of `count` slices of a pile under `top`, and their height."""
    each = high / max(1, count)
    return top - each * (np.arange(count) + 0.5), SLICE * each


def listed(
    stage: Stage,
    x: float,
    rows: Array,
    wide: float,
    excerpt: Excerpt,
    colours: Array,
    tall: float = HIGH,
) -> Shape:
    """Numbers below each other: those shown as cells in `rows`, the others as a pile under them."""
    shown, folded = list(excerpt.shown), excerpt.folded
    z, high = np.zeros(excerpt.count), np.full(excerpt.count, tall)
    z[shown] = rows[: len(shown)]
    if folded:
        z[folded], high[folded] = pile(rows[len(shown)] + tall / 2, PILE, len(folded))
    return cells(stage, x, z, wide, high, colours)


def unfilled(shape: Shape) -> Shape:
    """The same cells before they fill, from their left edges."""
    places, sizes, values = shape
    narrow = sizes * (NONE, NONE, 1.0)
    return places - ((sizes - narrow) / 2) * (1.0, 0.0, 0.0), narrow, values


def gone(shape: Shape) -> Shape:
    """The same places, but nothing there yet."""
    places, sizes, values = shape
    return places, sizes * NONE, values
