"""Rectangles lie side by side: none over another, none over an edge."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.packing import packed

SIZES = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=30)


@given(SIZES, st.integers(0, 5), st.one_of(st.none(), st.integers(80, 200)))
def test_rectangles_keep_apart_and_inside(sizes: list[tuple[int, int]], pad: int, most: int | None) -> None:
    spots, pages = packed(sizes, 100, pad=pad) if most is None else packed(sizes, 100, most, pad)
    taken = [np.zeros((height + pad, width + pad), int) for width, height in pages]
    for spot, (w, h) in zip(spots, sizes, strict=True):
        width, height = pages[spot.page]
        assert spot.x + w + pad <= width <= 100
        assert spot.y + h + pad <= height <= (most or height)
        taken[spot.page][spot.y : spot.y + h + pad, spot.x : spot.x + w + pad] += 1
    assert all(page.max() == 1 for page in taken)


def test_the_tallest_come_first_shelf_under_shelf() -> None:
    spots, pages = packed([(60, 10), (60, 30), (40, 20)], 100)
    assert [(spot.page, spot.x, spot.y) for spot in spots] == [(0, 0, 30), (0, 0, 0), (0, 60, 0)]
    assert pages == [(100, 40)]
    assert packed([], 100) == ([], [])
