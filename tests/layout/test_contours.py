"""Where contours cross lines, and what they enclose."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from llm_scene.layout.contours import Outline, crossings, filled

POINTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30, unique=True)
HEIGHTS = st.lists(st.integers(-1, 20), min_size=1, max_size=20)  # in halves: lines through corners, too


def closed(points: list[tuple[int, int]]) -> Outline:
    count = np.arange(len(points))
    return Outline(np.array(points, float), np.stack([count, np.roll(count, -1)], axis=1))


@given(POINTS, HEIGHTS)
def test_crossings_are_those_of_every_edge_with_every_line(
    points: list[tuple[int, int]], halves: list[int]
) -> None:
    shape, heights = closed(points), np.array(halves) / 2
    expected = []
    for first, last in shape.edges:
        (x0, y0), (x1, y1) = shape.vertices[first], shape.vertices[last]
        expected += [
            (line, round(x0 + (height - y0) / (y1 - y0) * (x1 - x0), 9), np.sign(y1 - y0))
            for line, height in enumerate(heights)
            if min(y0, y1) <= height < max(y0, y1)
        ]
    found = crossings(shape, heights)
    assert sorted(zip(found[0], found[1].round(9), found[2], strict=True)) == sorted(expected)


@given(st.integers(1, 9), st.integers(1, 9))
def test_a_rectangle_is_filled_once(width: int, height: int) -> None:
    vertices, triangles = filled(closed([(0, 0), (width, 0), (width, height), (0, height)]))
    a, b, c = vertices[triangles].transpose(1, 2, 0)
    (ux, uy), (vx, vy) = b - a, c - a
    assert np.isclose((ux * vy - uy * vx).sum() / 2, width * height)
