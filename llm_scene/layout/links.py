"""The ways the data takes between blocks, as polylines that keep clear of the sheets.

Neighbours are joined straight across. Where sheets stand between, the way leads round behind them; to
another line of blocks it runs beneath the line, as the trunk does that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from ..network.graph import Network
from ..network.ops import Array
from .lanes import TRUNK, Lanes
from .layout import Block, Box, Layout, Line, Link, Point
from .polylines import around_behind, direct, meets

WIDTHS = {"trunk": 3.6, "data": 0.5, "weight": 0.3}
# In gaps:
LANE = 2.2  # beside a block, where ways go up and down
BENEATH = 3.0  # under a line, where ways run to another one


def route(network: Network, layout: Layout) -> tuple[Link, ...]:
    """A link for every pair of blocks of which one is computed from the other."""
    router = Lanes(layout) if layout.arrangement.blocks == "plan" else _Router(layout)
    links = []
    for target in layout.blocks.values():
        for name in target.matrix.inputs:
            for source in layout.of(name):
                if _same_head(source, target, network):
                    links.append(_link(source, target, layout, router.way(source, target)))
    return tuple(links)


def _same_head(source: Block, target: Block, network: Network) -> bool:
    """Heads talk to themselves only; where keys are shared, to their whole group."""
    if source.head is None or target.head is None:
        return True
    c = network.config
    group = c.n_head // c.n_kv_head
    shared = "kv_head" in source.matrix.axes and "kv_head" not in target.matrix.axes
    return source.head == (target.head // group if shared else target.head)


def _link(source: Block, target: Block, layout: Layout, points: tuple[Point, ...]) -> Link:
    trunk = source.kind in TRUNK and target.kind in TRUNK
    kind = "trunk" if trunk else "weight" if source.role == "weight" else "data"
    width = WIDTHS[kind] * layout.gap / 6
    if layout.arrangement.blocks == "plan":  # beside a single position, too, the stream is no wider than it
        width = 0.6 * min(width, source.shape[1] if trunk else width)
    return Link(source.name, target.name, kind, points, width)


class _Router:
    """Finds ways through a layout. What stands alike is joined alike, so few ways need to be tried."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.gap = layout, layout.gap
        self.sections = {part.name: part.box for part in layout.parts}
        self.order = {name: i for i, name in enumerate(self.sections)}
        self.boxes: dict[tuple[str, int | None], list[tuple[Point, Point]]] = {}
        for block in layout.blocks.values():
            box = block.box
            self.boxes.setdefault((block.section[0], block.head), []).append((box.low, box.high))
        self.chosen: dict[tuple[object, ...], int] = {}
        self.around: dict[tuple[object, ...], tuple[Array, Array]] = {}

    def way(self, source: Block, target: Block) -> tuple[Point, ...]:
        """The first way that touches no sheet."""
        obstacles = self._obstacles(source, target)
        if self._elsewhere(source, target):
            ways = [self._beneath(source, target), *around_behind(source.box, target.box, self.gap)]
            return next((way for way in ways if not meets(way, obstacles)), ways[0])
        (a, b, c), (x, y, z) = source.origin, target.origin
        apart = round(x - a, 2), round(y - b, 2), round(z - c, 2)
        key = source.kind, target.kind, source.head is None, target.head is None, apart
        if key in self.chosen:
            known = next(islice(self._ways(source, target), self.chosen[key], None))
            if not meets(known, obstacles):
                return known
        for i, way in enumerate(self._ways(source, target)):  # noqa: B007
            if not meets(way, obstacles):
                break
        self.chosen[key] = i
        return way

    def _ways(self, source: Block, target: Block) -> Iterator[tuple[Point, ...]]:
        """All ways there are, the plainest first."""
        a, b, gap = source.box, target.box, self.gap
        fan = self.layout.arrangement.heads == "fan"
        if source.head == target.head or (fan and a.low[1] == b.low[1]):  # no other head between
            yield direct(a, b, gap)
            if a.high[0] < b.centre[0] and a.centre[2] < b.low[2] and a.low[1] == b.low[1]:
                x, y, z = b.centre[0], b.centre[1], a.centre[2]
                yield (a.high[0], y, z), (x, y, z), (x, y, b.low[2])
        yield from around_behind(a, b, gap)

    def _obstacles(self, source: Block, target: Block) -> tuple[Array, Array]:
        """Lower and upper corners `[n, 3]` of what stands in the same sections.

        Of the heads that are no end of the way only the first can be met: what all share stands beside it.
        """
        keys = tuple(
            dict.fromkeys(
                (section, head)
                for section in (source.section[0], target.section[0])
                for head in (None, 0, source.head, target.head)
            )
        )
        if keys not in self.around:
            corners = np.array([pair for key in keys for pair in self.boxes.get(key, [])])
            self.around[keys] = corners[:, 0], corners[:, 1]
        return self.around[keys]

    # --- to other lines ---

    def _elsewhere(self, source: Block, target: Block) -> bool:
        """Whether the way leads to another line, or along one that is walked from right to left."""
        line, other = self.layout.line(source), self.layout.line(target)
        back = self.layout.arrangement.blocks == "helix" and line % 2 == 1
        return source.section[0] != target.section[0] and (line != other or back)

    def _beneath(self, source: Block, target: Block) -> tuple[Point, ...]:
        """Under the lines, and into the next block from its left."""
        here, there = (self.layout.lines[self.layout.line(block)] for block in (source, target))
        a, b, gap = source.box, target.box, self.gap
        if source.kind not in TRUNK:
            return self._margin(a, b, here, there, self.sections[target.section[0]].low[0])
        climbs = there.y > here.y and there.z > here.z  # at the right end of a flight
        run = there if climbs else here
        # Along a flight successive ways cross: every other one runs before the next and lower.
        side = gap * (self.order[source.section[0]] % 2) if here is there else 0.0
        beside = 0.0 if target.kind in TRUNK else 0.6 * gap  # the trunk, not in it
        y, z = run.y + 0.5 - side, run.z - BENEATH * gap - beside - side
        right = self.sections[source.section[0]].high[0] + LANE * gap + beside
        left = self.sections[target.section[0]].low[0] - LANE * gap - beside
        out = (a.high[0], *a.centre[1:]), (right, a.centre[1] - side, a.centre[2]), (right, y, z)
        x, depth, height = b.centre
        if target.kind in TRUNK or target.role == "aggregate":
            return *out, (left, y, z), (left, depth - side, height), (b.low[0], depth, height)
        if b.low[2] < there.z + gap / 2:  # the last norm stands on the floor
            return *out, (x, y, z), (x, depth, b.low[2])
        level = b.low[2] - 0.6 * gap  # between the trunk and what stands above it
        return *out, (left, y, z), (left, depth - side, level), (x, depth, level), (x, depth, b.low[2])

    def _margin(self, a: Box, b: Box, here: Line, there: Line, start: float) -> tuple[Point, ...]:
        """From a table that is read again at the end: by the page's margin, and round behind the sheets
        before the target, whose section begins at `start`."""
        gap = self.gap
        (x, y, _), (across, _, height) = a.centre, b.centre
        depth, margin, left = (BENEATH + 1.2) * gap, -(LANE + 1.2) * gap, start - (LANE + 1.2) * gap
        under, over = (y, here.z - depth), (there.y + 0.5, there.z - depth)
        back = b.high[1] + gap / 2
        return (
            *((x, y, a.low[2]), (x, *under), (margin, *under), (margin, *over), (left, *over)),
            *((left, back, height), (across, back, height), (across, b.high[1], height)),
        )
