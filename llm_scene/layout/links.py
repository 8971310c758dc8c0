"""The ways the data takes between blocks, as polylines that keep clear of the sheets."""

from __future__ import annotations

from ..network.graph import Network
from .plan import Block, Layout, Link, Point

TRUNK = ("resid_pre", "resid_mid", "resid_post")
WIDTHS = {"trunk": 3.6, "data": 0.5, "weight": 0.3}


def route(network: Network, layout: Layout) -> tuple[Link, ...]:
    """A link for every pair of blocks of which one is computed from the other."""
    links = []
    for target in layout.blocks.values():
        for name in target.matrix.inputs:
            for source in layout.of(name):
                if _same_head(source, target, network):
                    links.append(_link(source, target, layout.gap))
    return tuple(links)


def _same_head(source: Block, target: Block, network: Network) -> bool:
    """Heads talk to themselves only; where keys are shared, to their whole group."""
    if source.head is None or target.head is None:
        return True
    c = network.config
    group = c.n_head // c.n_kv_head
    shared = "kv_head" in source.matrix.axes and "kv_head" not in target.matrix.axes
    return source.head == (target.head // group if shared else target.head)


def _link(source: Block, target: Block, gap: float) -> Link:
    trunk = source.kind in TRUNK and target.kind in TRUNK
    kind = "trunk" if trunk else "weight" if source.role == "weight" else "data"
    width = WIDTHS[kind] * gap / 6
    return Link(source.name, target.name, kind, _points(source, target, gap), width)


def _points(source: Block, target: Block, gap: float) -> tuple[Point, ...]:
    """Right-angled in the sheet; where the depth differs, a slanted middle piece carries it over."""
    a, b = source.box, target.box
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
