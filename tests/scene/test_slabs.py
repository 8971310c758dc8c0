"""Large matrices as slabs: every value in the picture, the same properties, the budget kept."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from llm_scene.layout.budget import slabs
from llm_scene.layout.look import STUDIO, normalise, scale_of
from llm_scene.models import load
from llm_scene.output.production import Production, produce
from llm_scene.scene.build import build
from llm_scene.scene.slabs import BROKEN, MASKED, STEP, ZERO, encode

BUDGET = 20_000


@pytest.fixture(scope="module")
def nano() -> Production:
    return produce(load("nano-gpt-sort"), (2, 1, 0, 1, 1, 2))


@pytest.fixture(scope="module")
def scene(nano: Production) -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return build(nano.layout, nano.trace, None, STUDIO, budget=BUDGET)


def test_the_largest_matrices_become_slabs_until_the_rest_fits(nano: Production) -> None:
    chosen = slabs(nano.layout, BUDGET)
    rest = [block.n_cells for block in nano.layout.blocks.values() if block.name not in chosen]
    assert sum(rest) <= BUDGET
    assert max(rest) < min(nano.layout[name].n_cells for name in chosen)
    assert not slabs(nano.layout)


def test_bytes_hold_values_to_half_a_step_and_mark_what_is_none() -> None:
    values = np.random.default_rng(0).normal(size=(30, 40))
    values[0, :3] = -np.inf, np.nan, np.inf
    scale = scale_of(values)
    codes = encode(values, scale)
    assert codes[0, :3].tolist() == [MASKED, BROKEN, BROKEN]
    finite = np.isfinite(values)
    held = (codes.astype(float) - ZERO)[finite] / STEP
    assert np.abs(held - normalise(values, scale)[finite]).max() <= 1.01 / STEP
    assert not np.isin(codes[finite], (MASKED, BROKEN)).any()


def test_a_slab_shows_every_value_in_its_place(nano: Production, scene: bpy.types.Scene) -> None:
    for name in sorted(slabs(nano.layout, BUDGET))[:6]:
        block = nano.layout[name]
        slab = scene.objects[name]
        (material,) = slab.data.materials
        picture = material.node_tree.nodes["Values"].image
        rows, columns = block.shape
        assert tuple(picture.size) == (columns, rows)
        assert picture.packed_file is not None
        pixels = np.empty(rows * columns * 4, np.float32)
        picture.pixels.foreach_get(pixels)
        shown = np.rint(
            pixels.reshape(rows, columns, 4)[::-1, :, 0] * 255
        )  # Blender's first row is the lowest
        assert (shown == encode(block.values(nano.trace), slab["scale"])).all()


def test_a_slab_takes_the_room_of_its_cells(nano: Production, scene: bpy.types.Scene) -> None:
    name = min(slabs(nano.layout, BUDGET))
    box, slab = nano.layout[name].box, scene.objects[name]
    corners = np.array([slab.location + vertex.co for vertex in slab.data.vertices])
    assert corners.min(axis=0) == pytest.approx(box.low, abs=1e-3)
    assert corners.max(axis=0) == pytest.approx(box.high, abs=1e-3)
