"""A cuboid a cell: as many as the trace has values, in their places, as deep as they are large."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from llm_scene.film.front import order_of
from llm_scene.look import scale_of
from llm_scene.network import Trace
from llm_scene.scene.build import build
from tests.film.staged import Shape, stage
from tests.scene.conftest import Made, empty_file, make
from tests.scene.reading import attribute, matrices, points

WHOLE = (2, 1, 0, 1, 1, 2, 0, 1, 1, 1, 2)  # all 11 positions
CORNERS = 12  # of a cuboid with its front bevelled


@pytest.fixture(scope="module")
def whole() -> Made:
    empty_file()
    return make(WHOLE, cut="teaser")


def test_every_block_is_an_object_and_every_cell_a_point(whole: Made) -> None:
    made = matrices(whole.scene)
    blocks = whole.production.layout.blocks
    assert set(made) == set(blocks)
    assert len(made) == 206
    assert {name: len(thing.data.vertices) for name, thing in made.items()} == {
        name: block.n_cells for name, block in blocks.items()
    }
    assert sum(len(thing.data.vertices) for thing in made.values()) == 117_925


def test_attributes_are_the_trace(whole: Made) -> None:
    trace, n_prompt = whole.production.trace, whole.production.layout.n_prompt
    for name, thing in matrices(whole.scene).items():
        block = whole.production.layout[name]
        true = block.values(trace)
        finite = np.isfinite(true)
        read = {key: attribute(thing.data, key).reshape(block.shape) for key in ("raw", "value", "state")}
        assert np.array_equal(read["raw"], np.where(finite, true, 0)), name
        assert np.array_equal(read["state"], np.where(np.isneginf(true), 1, np.where(finite, 0, 2))), name
        scale = scale_of(trace[block.matrix.name])
        assert thing["scale"] == pytest.approx(scale)
        assert read["value"] == pytest.approx(np.clip(np.where(finite, true, 0) / scale, -1, 1), abs=1e-6), (
            name
        )
        rows, columns = np.indices(block.shape)
        assert np.array_equal(attribute(thing.data, "row"), rows.ravel())
        assert np.array_equal(attribute(thing.data, "column"), columns.ravel())
        order = order_of(block, n_prompt).ravel()
        assert attribute(thing.data, "order") == pytest.approx(order, rel=1e-6, abs=1e-6)


def test_evaluated_geometry_has_a_cuboid_a_cell(whole: Made) -> None:
    """Read back what geometry nodes make of all 117,925 points: a cuboid, or a hole where one is masked."""
    whole.frame(0)
    graph = bpy.context.evaluated_depsgraph_get()
    cells = 0
    for name, thing in matrices(whole.scene).items():
        block = whole.production.layout[name]
        mesh = thing.evaluated_get(graph).data
        kept = attribute(thing.data, "state") != 1
        assert len(mesh.vertices) == CORNERS * kept.sum(), name
        cells += block.n_cells
        for key in ("raw", "value", "order", "state"):  # the shader reads them at every corner
            spread = attribute(mesh, key).reshape(-1, CORNERS)
            assert (spread == attribute(thing.data, key)[kept, None]).all(), name
    assert cells == 117_925


def test_masked_cells_are_holes(whole: Made) -> None:
    """Nothing stands where a query must not see a key."""
    whole.frame(0)
    graph = bpy.context.evaluated_depsgraph_get()
    thing = matrices(whole.scene)["blocks.1.attn.scores[head=0]"]
    mesh = thing.evaluated_get(graph).data
    rows, columns = (attribute(mesh, key)[::CORNERS] for key in ("row", "column"))
    assert len(rows) == 11 * 12 // 2
    assert (columns <= rows).all()


@pytest.mark.parametrize(
    "name",
    [
        "wte.weight",
        "blocks.0.resid_pre",
        "blocks.1.attn.q[head=2]",
        "blocks.2.ln1.mean",
        "h.1.attn.c_proj.weight",
    ],
)
def test_cuboids_stand_where_the_layout_says_and_are_as_deep_as_their_values(whole: Made, name: str) -> None:
    whole.frame(0)
    block = whole.production.layout[name]
    thing = matrices(whole.scene)[name]
    evaluated = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    matrix = np.array(evaluated.matrix_world)
    cuboids = (points(evaluated.data) @ matrix[:3, :3].T + matrix[:3, 3]).reshape(*block.shape, CORNERS, 3)
    low, high = cuboids.min(axis=2), cuboids.max(axis=2)
    rows, columns = block.shape
    for row, column in ((0, 0), (rows - 1, 0), (0, columns - 1), (rows // 2, columns // 2)):
        x, _, z = block.centre(row, column)
        middle = (low[row, column] + high[row, column]) / 2
        assert (middle[0], middle[2]) == pytest.approx((x, z), abs=1e-3)
    assert widths(cuboids, front=True) == pytest.approx(0.9, abs=1e-3)  # a tenth of a cell between neighbours
    assert widths(cuboids, front=False) == pytest.approx(1.0, abs=1e-3)  # which meet at the back
    value = attribute(thing.data, "value").reshape(block.shape)
    out = np.where(value > 0, 2.0, 0.8) * value  # positive ones stand out, negative ones are set back
    assert block.origin[1] - low[..., 1] == pytest.approx(out, abs=1e-3)
    assert high[..., 1] == pytest.approx(block.origin[1] + 1, abs=1e-3)  # backs are level


def widths(cuboids: np.ndarray, front: bool) -> np.ndarray:
    """How wide and high cuboids `[..., corners, 3]` are in their front half or at their backs."""
    depth = cuboids[..., 1]
    back = depth > depth.max(axis=-1, keepdims=True) - 1e-3
    chosen = np.where((~back if front else back)[..., None], cuboids, np.nan)
    return (np.nanmax(chosen, axis=-2) - np.nanmin(chosen, axis=-2))[..., [0, 2]]


def test_modifier_inputs_are_live(whole: Made) -> None:
    """An artist can change the relief and the gap of a matrix."""
    from llm_scene.scene.compat import modifier_input
    from llm_scene.scene.nodes import inputs

    thing = matrices(whole.scene)["blocks.0.resid_mid"]
    modifier = thing.modifiers["Cells"]
    named = inputs(modifier.node_group)
    whole.frame(0)
    try:
        modifier_input(modifier, named["Relief"], 3.0)
        modifier_input(modifier, named["Gap"], 0.5)
        thing.update_tag()
        bpy.context.view_layer.update()
        mesh = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        cuboids = points(mesh).reshape(-1, 12, 3)
        sizes = np.ptp(cuboids, axis=1)
        value = attribute(thing.data, "value")
        assert widths(cuboids, front=True) == pytest.approx(0.5, abs=1e-3)
        out = np.maximum(np.where(value > 0, 3.0, 1.2) * value, -0.9)  # something is left of every cell
        assert sizes[:, 1] == pytest.approx(1 + out, abs=1e-3)
    finally:
        modifier_input(modifier, named["Relief"], 2.0)
        modifier_input(modifier, named["Gap"], 0.1)


def test_masked_scores(whole: Made) -> None:
    """What causality forbids is exactly the upper triangle."""
    thing = matrices(whole.scene)["blocks.0.attn.scores[head=0]"]
    state = attribute(thing.data, "state").reshape(11, 11)
    assert np.array_equal(state, np.triu(np.ones((11, 11)), 1))


def test_cells_fill_position_by_position(whole: Made) -> None:
    """Order rises from 0 to 1; a position is done before the next one begins."""
    for name, thing in matrices(whole.scene).items():
        block = whole.production.layout[name]
        if block.role == "weight":  # there from the beginning
            continue
        order = attribute(thing.data, "order").reshape(block.shape)
        assert order.min() == 0 and order.max() == (1 if block.n_cells > 1 else 0), name
        assert len(np.unique(order)) == block.n_cells
        if block.axes[0] in ("position", "query"):
            order = order.T
        if "position" in block.axes or "query" in block.axes:
            assert (order.max(axis=0)[:-1] < order.min(axis=0)[1:]).all(), name


@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_broken_values_are_marked(strange: float) -> None:
    empty_file()  # so this comes last
    staged = stage(Shape("gpt2", 1, 1, 3, "teaser", d_head=4))
    arrays = {name: array.copy() for name, array in staged.trace.arrays.items()}
    arrays["blocks.0.resid_mid"][1, 2] = strange
    scene = build(replace(staged, trace=Trace(staged.trace.network, arrays)), still=True)
    thing = matrices(scene)["blocks.0.resid_mid"]
    state = attribute(thing.data, "state").reshape(4, 3)  # channels down, positions along
    assert state[2, 1] == 2
    assert state.sum() == 2
    assert np.isfinite(attribute(thing.data, "value")).all()
    assert np.isfinite(attribute(thing.data, "raw")).all()
