"""Ways between two boxes as polylines, whether they are clear, and where rays meet boxes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from ..network.ops import Array
from .layout import Box, Point

CLEAR = 1e-3  # how far into a box a way may lie that only touches it, in scene units


def passing(start: Array, step: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Where rays enter and leave boxes, counted in steps; a ray that misses leaves before it enters.

    Arrays `[..., 3]` that broadcast; the results have their shape without the last axis.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one, other = (low - start) / step, (high - start) / step
    inside = (low <= start) & (start <= high)
    still = step == 0  # such a ray is between a pair of sides for ever, or never
    enter = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(one, other)).max(axis=-1)
    leave = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(one, other)).min(axis=-1)
    return enter, leave


def meets(way: tuple[Point, ...], obstacles: tuple[Array, Array]) -> bool:
    """Whether a polyline passes through any box: `obstacles` are their corners, `[n, 3]` each."""
    low, high = obstacles
    points = np.array(way)
    start, step = points[:-1, None], np.diff(points, axis=0)[:, None]
    enter, leave = passing(start, step, low + CLEAR, high - CLEAR)
    return bool(((enter < leave) & (leave > 0) & (enter < 1)).any())


def direct(a: Box, b: Box, gap: float) -> tuple[Point, ...]:
    """Right-angled in the sheet; where the depth differs, a slanted middle piece carries it over."""
    if b.low[0] < a.high[0] and b.high[0] > a.low[0]:  # one above the other
        x = (max(a.low[0], b.low[0]) + min(a.high[0], b.high[0])) / 2
        down = a.low[2] >= b.high[2]
        start = (x, a.centre[1], a.low[2] if down else a.high[2])
        return start, (x, b.centre[1], b.high[2] if down else b.low[2])
    start = (a.high[0], a.centre[1], a.centre[2])
    overlap = min(a.high[2], b.high[2]) - max(a.low[2], b.low[2])
    if overlap > 0:  # beside each other: straight across, at a height both have
        z = (min(a.high[2], b.high[2]) + max(a.low[2], b.low[2])) / 2
        return _depth((a.high[0], a.centre[1], z), (b.low[0], b.centre[1], z))
    turn = min(a.high[0] + gap, b.low[0] - gap / 2)
    end = (b.low[0], b.centre[1], b.centre[2])
    knee = (turn, a.centre[1], a.centre[2]), (turn, b.centre[1], b.centre[2])
    return start, *knee, end


def _depth(start: Point, end: Point) -> tuple[Point, ...]:
    """Straight, or with the change of depth between a third and two thirds of the way."""
    if abs(start[1] - end[1]) < 1e-6:
        return start, end
    third = (end[0] - start[0]) / 3
    return start, (start[0] + third, start[1], start[2]), (end[0] - third, end[1], end[2]), end


def around_behind(a: Box, b: Box, gap: float) -> Iterator[tuple[Point, ...]]:
    """All ways round behind the sheets, the plainest first; in one plane the last one is always clear."""
    turns = (gap / 3, 0.5, None)
    for leave, reach in product(turns, repeat=2):
        yield _behind(a, b, gap, leave, reach)


def _behind(a: Box, b: Box, gap: float, leave: float | None, reach: float | None) -> tuple[Point, ...]:
    """Round behind everything that stands between, at the depth of the target.

    The way turns so far after and before the sheets; None: it begins or ends at their backs.
    """
    y, overlap = b.high[1] + gap / 2, min(a.high[2], b.high[2]) - max(a.low[2], b.low[2])
    middle = (min(a.high[2], b.high[2]) + max(a.low[2], b.low[2])) / 2
    before, after = (middle, middle) if overlap > 0 else (a.centre[2], b.centre[2])
    points: list[Point] = []
    if leave is None:
        points += [(a.centre[0], a.high[1], before), (a.centre[0], y, before)]
    else:
        x = a.high[0] + leave
        points += [(a.high[0], a.centre[1], before), (x, a.centre[1], before), (x, y, before)]
    if reach is None:
        points += [(b.centre[0], y, before), (b.centre[0], y, after), (b.centre[0], b.high[1], after)]
    else:
        x = b.low[0] - reach
        points += [
            (points[-1][0], y, after),
            (x, y, after),
            (x, b.centre[1], after),
            (b.low[0], b.centre[1], after),
        ]
    return tuple(point for i, point in enumerate(points) if i == 0 or point != points[i - 1])


def cross(a: Array, b: Array) -> Array:
    """Cross products of vectors `[n, 3]`: of so few, NumPy's own takes three times as long."""
    return a[:, [1, 2, 0]] * b[:, [2, 0, 1]] - a[:, [2, 0, 1]] * b[:, [1, 2, 0]]
