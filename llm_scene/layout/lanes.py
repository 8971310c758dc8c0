"""The ways of a plan: right-angled, in the plane of the sheets, in the lanes between them.

Of all ways with few turns the shortest that touches no sheet is taken. The stream, what feeds the heads and
what gathers their results have lanes of their own; so has what leads to another line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from ..network.ops import Array
from ..network.sections import OUTPUT
from .layout import Block, Box, Layout, Point
from .plan import NEAR
from .plan import TRUNK as BELOW
from .polylines import around_behind, direct, meets

TRUNK = ("resid_pre", "resid_mid", "resid_post")
# In gaps:
LANE = {"weight": 0.2, "activation": 0.36, "aggregate": 0.28}  # from a sheet to a way along it
FEED, GATHER = 2.0, 0.6  # over the band, to the heads and from them
RETURN = 2.8  # under a line, to the next one
TURN = 1.0  # how much longer a way may be to save a turn
Way = tuple[Point, ...]


class Lanes:
    """Finds ways through a plan. What stands alike is joined alike, so few ways need to be tried."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.gap = layout, layout.gap
        self.sections = {part.name: part.box for part in layout.parts}
        corners: dict[str, list[tuple[Point, Point]]] = {}
        for block in layout.blocks.values():
            corners.setdefault(block.section[0], []).append((block.box.low, block.box.high))
        self.boxes = {name: np.array(pairs) for name, pairs in corners.items()}  # [n, 2, 3]
        self.feet = [
            min(self.sections[name].low[2] for name in line.sections if name != OUTPUT)
            for line in layout.lines
        ]
        self.around: dict[tuple[str, str], tuple[Array, Array]] = {}
        self.known: dict[tuple[object, ...], Array] = {}  # ways relative to where they begin

    def way(self, source: Block, target: Block) -> Way:
        """The way from one sheet to another."""
        obstacles = self._obstacles(source, target)
        if "token" in source.axes and target.section[0] != source.section[0]:
            return self._first([self._along_page(source, target)], source, target, obstacles)
        if self.layout.line(source) != self.layout.line(target):
            return self._first(self._to_next_line(source, target), source, target, obstacles)
        offset = tuple(round(b - a, 3) for a, b in zip(source.origin, target.origin, strict=True))
        key = source.kind, target.kind, source.head is None, target.head is None, offset
        home = np.array(source.origin)
        if key in self.known:
            way = _points(self.known[key] + home)
            if not meets(way, obstacles):
                return way
        way = self._first(self._ways(source, target), source, target, obstacles)
        self.known[key] = np.array(way) - home
        return way

    def _first(
        self, ways: Iterable[Way], source: Block, target: Block, obstacles: tuple[Array, Array]
    ) -> Way:
        """The first way that is clear; else one round behind everything."""
        for way in chain(ways, around_behind(source.box, target.box, self.gap)):
            if not meets(way, obstacles):
                break
        return way

    def _obstacles(self, source: Block, target: Block) -> tuple[Array, Array]:
        """Lower and upper corners `[n, 3]` of what stands in the same sections."""
        key = source.section[0], target.section[0]
        if key not in self.around:
            both = np.concatenate([self.boxes[name] for name in dict.fromkeys(key)])
            self.around[key] = both[:, 0], both[:, 1]
        return self.around[key]

    def _ways(self, source: Block, target: Block) -> Iterator[Way]:
        """All ways in the plane of the sheets, the plainest first."""
        a, b, gap = source.box, target.box, self.gap
        if a.low[1] == b.low[1]:
            if source.kind in TRUNK and target.kind in TRUNK:
                yield _around(a, b, 2, a.low[2] - BELOW * gap)
            if source.kind == "ln1.out" and target.head is not None:
                yield from self._to_heads(a, target)
            if source.kind == "attn.z" and target.head is None:
                yield self._from_heads(a, b)
            lane = LANE[source.role] * gap
            found = list(_flat(a, b, lane))
            yield from sorted(found, key=lambda way: round(_length(way) + TURN * gap * len(way), 3))
        elif source.head == target.head:
            yield direct(a, b, gap)

    def _to_heads(self, a: Box, target: Block) -> Iterator[Way]:
        """Over the band, up beside a column of heads, and under a row of weights to what they make."""
        b, gap = target.box, self.gap
        makers = [w for name in target.matrix.inputs for w in self.layout.of(name) if w.head == target.head]
        left = min((w.origin[0] for w in makers if w.role == "weight"), default=b.low[0])
        beside, under = left - 0.5 * gap, b.low[2] - LANE["activation"] * gap
        over = a.high[2] + 2 + FEED * gap
        yield _path(a.centre[1], (a.high[0], a.centre[2]), (a.high[0] + 0.36 * gap, None), (None, over),
                     (beside, None), (None, under), (b.centre[0], None), (None, b.low[2]))  # fmt: skip

    def _from_heads(self, a: Box, b: Box) -> Way:
        """Down beside a column of heads, along the band, and into what all of them make."""
        over = b.high[2] + GATHER * self.gap
        return _path(a.centre[1], (a.high[0], a.centre[2]), (a.high[0] + 0.5 * self.gap, None),
                     (None, over), (b.centre[0], None), (None, b.high[2]))  # fmt: skip

    # --- to other lines ---

    def _to_next_line(self, source: Block, target: Block) -> Iterator[Way]:
        """Out at the right, back under the line, in from the left, or from the stream's lane."""
        a, b, gap = source.box, target.box, self.gap
        trunk = target.kind in TRUNK
        beside = 0.0 if trunk else 0.3 * gap
        right = self.sections[source.section[0]].high[0] + 1.2 * gap + beside
        under = self.feet[self.layout.line(source)] - RETURN * gap - beside
        left = self.sections[target.section[0]].low[0] - 1.2 * gap - beside
        lane = self.layout.lines[self.layout.line(target)].z - BELOW * gap
        x, z = b.centre[0], b.centre[2]
        for out in (((a.high[0], a.centre[2]), (right, None)), ((a.centre[0], a.low[2]),)):
            start = *out, (None, under), (left, None)
            if trunk:
                yield _path(a.centre[1], *start, (None, lane), (x, None), (None, b.low[2]))
                continue
            near = b.low[0] - LANE[target.role] * gap
            yield _path(a.centre[1], *start, (None, z), (b.low[0], None))
            yield _path(a.centre[1], *start, (None, lane + 0.4 * gap), (x, None), (None, b.low[2]))
            yield _path(
                a.centre[1], *start, (None, lane + 0.4 * gap), (near, None), (None, z), (b.low[0], None)
            )

    def _along_page(self, source: Block, target: Block) -> Way:
        """From a table that is read again at the end: under all lines, and up before the target."""
        a, b, gap = source.box, target.box, self.gap
        under = min(self.feet) - (RETURN + 0.6) * gap
        left = b.low[0] - 0.5 * NEAR * gap
        return _path(a.centre[1], (a.high[0] - min(gap, a.size[0] / 2), a.low[2]), (None, under),
                     (left, None), (None, min(b.centre[2], b.low[2] + gap)), (b.low[0], None))  # fmt: skip


# --- ways in a plane; axis 0 runs to the right, axis 2 up ---


def _path(y: float, start: tuple[float, float], *steps: tuple[float | None, float | None]) -> Way:
    """A way from (x, z) by steps that change one or the other; empty steps are left out."""
    points = [start]
    for x, z in steps:
        to = (points[-1][0] if x is None else x, points[-1][1] if z is None else z)
        if to != points[-1]:
            points.append(to)
    return tuple((x, y, z) for x, z in points)


def _flat(a: Box, b: Box, lane: float) -> Iterator[Way]:
    """Ways of up to four turns from a box to another."""
    for along in (0, 2):
        up = 2 - along
        side = 1 if b.centre[along] > a.centre[along] else -1
        leave, enter = _face(a, along, side), _face(b, along, -side)
        if side * (enter - leave) > 0:  # facing each other
            low, high = max(a.low[up], b.low[up]), min(a.high[up], b.high[up])
            if low < high:
                yield _bent(a, along, (leave, (low + high) / 2), enter)
            for turn in (leave + side * lane, enter - side * lane):
                yield _bent(a, along, (leave, a.centre[up]), turn, b.centre[up], enter)
        for other in (1, -1):  # into a face that looks the other way
            into = _face(b, up, other)
            if other * (a.centre[up] - into) > 0 and side * (b.centre[along] - leave) > 0:
                yield _bent(a, along, (leave, a.centre[up]), b.centre[along], into)
            out = leave + side * lane
            yield _bent(a, along, (leave, a.centre[up]), out, into + other * lane, b.centre[along], into)
        for outward in (1, -1):
            beyond = max(outward * _face(box, along, outward) for box in (a, b)) * outward + outward * lane
            yield _around(a, b, along, beyond)


def _around(a: Box, b: Box, along: int, level: float) -> Way:
    """Out to a level beyond both boxes and back: from and into the faces that look there, not too far in."""
    up = 2 - along
    side = 1 if level > a.centre[along] else -1
    leave, enter = a.centre[up], b.centre[up]
    if along == 0:  # beside each other's sheets: as short as can be
        leave, enter = (_near(box, up, other.centre[up]) for box, other in ((a, b), (b, a)))
    return _bent(a, along, (_face(a, along, side), leave), level, enter, _face(b, along, side))


def _near(box: Box, axis: int, to: float) -> float:
    """Where on a face a way arrives that comes from there."""
    inset = 0.15 * (box.high[axis] - box.low[axis])
    return min(max(to, box.low[axis] + inset), box.high[axis] - inset)


def _face(box: Box, axis: int, side: int) -> float:
    return box.high[axis] if side > 0 else box.low[axis]


def _bent(a: Box, along: int, start: tuple[float, float], *turns: float) -> Way:
    """A way from (along, across) that changes one and the other by turns, along first."""
    steps: list[tuple[float | None, float | None]] = []
    for i, to in enumerate(turns):
        steps.append((to, None) if (i % 2 == 0) == (along == 0) else (None, to))
    x, z = start if along == 0 else start[::-1]
    return _path(a.centre[1], (x, z), *steps)


def _length(way: Way) -> float:
    return float(np.abs(np.diff(np.array(way), axis=0)).sum())


def _points(array: Array) -> Way:
    return tuple((float(x), float(y), float(z)) for x, y, z in array)
