"""Tiles in pages: nothing lost, nothing twice, nothing over an edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.layout.layout import Block
from llm_scene.layout.mosaic import ALIGN, Region, mosaic
from llm_scene.models import load
from llm_scene.staging.production import produce

PAGE = 4 * ALIGN
SHAPES = st.tuples(st.integers(1, 3 * PAGE), st.integers(1, 3 * PAGE))
REGIONS = st.builds(Region, st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.integers(1, 30))


def block_of(shape: tuple[int, int], name: str) -> Block:
    return replace(EXAMPLE, name=name, shape=shape)


EXAMPLE = produce(load("nano-gpt-sort"), (2, 1, 0)).layout.find("mlp.W_in", 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(SHAPES, min_size=1, max_size=8))
def test_every_cell_has_one_texel(shapes: list[tuple[int, int]]) -> None:
    blocks = [block_of(shape, str(i)) for i, shape in enumerate(shapes)]
    laid = mosaic(blocks, PAGE)
    texels = [np.zeros(size, int) for size in laid.pages]
    for block in blocks:
        cells = np.zeros(block.shape, int)
        for tile in laid.tiles:
            if tile.block is block:
                cells[tile.region.slices] += 1
                texels[tile.page][tile.slices] += 1
        assert (cells == 1).all()
    assert all(page.max() == 1 for page in texels)
    assert sum(page.sum() for page in texels) == sum(block.n_cells for block in blocks)


@settings(max_examples=60, deadline=None)
@given(st.lists(SHAPES, min_size=1, max_size=8))
def test_averages_over_64_cells_stay_within_a_tile(shapes: list[tuple[int, int]]) -> None:
    laid = mosaic([block_of(shape, str(i)) for i, shape in enumerate(shapes)], PAGE)
    owners = [np.full((rows // ALIGN, columns // ALIGN), -1) for rows, columns in laid.pages]
    for number, tile in enumerate(laid.tiles):
        assert tile.top % ALIGN == tile.left % ALIGN == 0
        rows, columns = -(-tile.region.rows // ALIGN), -(-tile.region.columns // ALIGN)
        square = owners[tile.page][tile.top // ALIGN :, tile.left // ALIGN :][:rows, :columns]
        assert square.shape == (rows, columns)
        assert (square == -1).all()
        square[:] = number
    assert all(max(size) <= PAGE and size[0] % ALIGN == size[1] % ALIGN == 0 for size in laid.pages)


@given(REGIONS, REGIONS)
def test_a_hole_takes_what_it_covers_and_nothing_else(region: Region, hole: Region) -> None:
    count = np.zeros((64, 64), int)
    for piece in region.without(hole):
        count[piece.slices] += 1
    wanted = np.zeros((64, 64), int)
    wanted[region.slices] = 1
    wanted[hole.slices] = 0
    assert (count == wanted).all()


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 20), st.data())
def test_a_window_lies_within_its_sheet_around_its_cell(
    rows: int, columns: int, side: int, data: st.DataObject
) -> None:
    row, column = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    region = Region.around(row, column, side, (rows, columns))
    assert 0 <= region.row <= row < region.row + region.rows <= rows
    assert 0 <= region.column <= column < region.column + region.columns <= columns
    assert (region.rows, region.columns) == (min(side, rows), min(side, columns))
