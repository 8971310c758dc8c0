"""Large matrices as slabs: every value in the picture, the same look as cuboids near and far, windows."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from llm_scene.film.film import Pose
from llm_scene.layout.budget import WINDOW, Detail, slabs
from llm_scene.layout.layout import Block
from llm_scene.layout.mosaic import REDUCTIONS
from llm_scene.look import PAPER, STUDIO, colours, normalise, scale_of, to_linear
from llm_scene.models import load
from llm_scene.output.blend import save
from llm_scene.scene.build import build
from llm_scene.scene.cells import cell_group
from llm_scene.scene.compat import modifier_input
from llm_scene.scene.engines import PRESETS, apply_preset
from llm_scene.scene.rig import place
from llm_scene.scene.slabs import BROKEN, MASKED, STEP, ZERO, encode, reduced
from llm_scene.staging.production import Production, produce
from llm_scene.ui import appearance
from llm_scene.ui.ownership import claimed, plain_name
from tests.scene.reading import attribute, points

BUDGET = 3_000
SLABS = Detail(BUDGET)


@pytest.fixture(scope="module")
def nano() -> Production:
    return produce(load("nano-gpt-sort"), (2, 1, 0, 1, 1, 2))


@pytest.fixture(scope="module")
def scene(nano: Production) -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return build(nano, SLABS)


def values_node(material: bpy.types.Material) -> bpy.types.ShaderNodeTexImage:
    return material.node_tree.nodes["Values"]


def pixels(image: bpy.types.Image) -> np.ndarray:
    """Bytes `[rows, columns, 4]`, the highest row first."""
    columns, rows = image.size
    out = np.empty(rows * columns * 4, np.float32)
    image.pixels.foreach_get(out)
    return np.rint(out.reshape(rows, columns, 4)[::-1] * 255).astype(int)


def shown(slab: bpy.types.Object) -> np.ndarray:
    """What the picture holds at every cell's place, `[rows, columns, 4]`; -1 where no face is."""
    row, column = attribute(slab.data, "row"), attribute(slab.data, "column")
    texel = np.empty(3 * len(row), np.float32)
    slab.data.attributes["texel"].data.foreach_get("vector", texel)
    depth, texel = points(slab.data)[:, 1].reshape(-1, 4), texel.reshape(-1, 4, 3)
    row, column = row.reshape(-1, 4), column.reshape(-1, 4)
    out = np.full((round(row.max()), round(column.max()), 4), -1)
    for n, polygon in enumerate(slab.data.polygons):
        if depth[n].max() > 0:
            continue  # the front alone
        picture = pixels(values_node(slab.data.materials[polygon.material_index]).image)
        top, low, left, right = (round(f(x)) for x in (row[n], column[n]) for f in (np.min, np.max))
        first_row = round((1 - texel[n, :, 1].max()) * picture.shape[0])
        first_column = round(texel[n, :, 0].min() * picture.shape[1])
        out[top:low, left:right] = picture[first_row:, first_column:][: low - top, : right - left]
    return out


def test_the_largest_matrices_become_slabs_until_the_rest_fits(nano: Production) -> None:
    chosen = slabs(nano.layout, BUDGET)
    rest = [block.n_cells for block in nano.layout.blocks.values() if block.name not in chosen]
    assert sum(rest) <= BUDGET
    assert max(rest) < min(nano.layout[name].n_cells for name in chosen)
    assert not slabs(nano.layout)


@pytest.mark.parametrize("bits", (8, 16))
def test_pictures_hold_values_to_half_a_step_and_mark_what_is_none(bits: int) -> None:
    values = np.random.default_rng(0).normal(size=(30, 40))
    values[0, :3] = -np.inf, np.nan, np.inf
    scale, parts = scale_of(values), 1 if bits == 8 else 256
    codes = encode(values, scale, bits)
    assert codes[0, :3].tolist() == [MASKED, BROKEN * parts, BROKEN * parts]
    finite = np.isfinite(values)
    held = (codes / parts - ZERO)[finite] / STEP
    assert np.abs(held - normalise(values, scale)[finite]).max() <= 1.01 / STEP / parts
    assert not np.isin(codes[finite] // parts, (MASKED, BROKEN)).any()


def test_smaller_copies_hold_mean_spread_and_shares() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, (128, 192))
    values[:64, :64] = -np.inf
    values[70, 70] = np.nan
    codes, filled = encode(values, 1.0), np.ones(values.shape, bool)
    filled[100:, 150:] = False
    held = np.where(filled & np.isfinite(values), (codes.astype(float) - ZERO) / STEP, np.nan)
    for side, copy in zip(REDUCTIONS, reduced(codes, filled), strict=True):
        assert copy.shape == (128 // side, 192 // side, 4)
        for row, column in ((0, 0), (copy.shape[0] - 1, 0), (64 // side, 64 // side), (0, copy.shape[1] - 1)):
            here = (slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side))
            red, green, blue, alpha = copy[row, column].astype(float)
            cells, masked = filled[here].sum(), (np.isneginf(values) & filled)[here].sum()
            broken = (np.isnan(values) & filled)[here].sum()
            assert blue == pytest.approx(255 * masked / cells, abs=0.51)
            assert (alpha < 255) == (broken > 0)
            if masked + broken < cells:
                assert (red - ZERO) / STEP == pytest.approx(np.nanmean(held[here]), abs=0.51 / STEP)
                assert green / 255 == pytest.approx(np.nanstd(held[here]), abs=0.51 / 255)


def test_a_slab_shows_every_value_in_its_place(nano: Production, scene: bpy.types.Scene) -> None:
    for name in sorted(slabs(nano.layout, BUDGET))[::4]:
        block, slab = nano.layout[name], scene.objects[name]
        codes = encode(block.values(nano.trace), slab["scale"])
        assert (shown(slab)[:, :, 0] == codes).all()


def test_a_few_pictures_serve_all_slabs(scene: bpy.types.Scene) -> None:
    materials = {m for thing in scene.objects if "cell" in thing for m in thing.data.materials}
    assert len(materials) <= 5
    assert all(values_node(m).image.packed_file is not None for m in materials)


def test_sixteen_bits_hold_finer_steps(nano: Production) -> None:
    fine = build(nano, Detail(BUDGET, bits=16), still=True)
    block = nano.layout[min(slabs(nano.layout, BUDGET))]
    slab = next(thing for thing in fine.objects if plain_name(thing) == block.name)
    high, low = shown(slab)[:, :, 0], shown(slab)[:, :, 1]
    assert (256 * high + low == encode(block.values(nano.trace), slab["scale"], 16)).all()
    bpy.data.scenes.remove(fine)


def test_a_slab_takes_the_room_of_its_cells(nano: Production, scene: bpy.types.Scene) -> None:
    for name in sorted(slabs(nano.layout, BUDGET))[:6]:
        box, slab = nano.layout[name].box, scene.objects[name]
        corners = np.array([slab.location + vertex.co for vertex in slab.data.vertices])
        assert corners.min(axis=0) == pytest.approx(box.low, abs=1e-3)
        assert corners.max(axis=0) == pytest.approx(box.high, abs=1e-3)


# --- as cuboids look, near and far -------------------------------------------------------------------


def photograph(
    scene: bpy.types.Scene, pose: Pose, folder: Path, samples: int = 8, size: tuple[int, int] = (160, 90)
) -> np.ndarray:
    """A picture in linear light, `[rows, columns, 3]`, as the scene's camera sees it from a pose."""
    bpy.context.window.scene = scene
    apply_preset(scene, PRESETS["draft"])
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.cycles.samples, scene.cycles.use_denoising = samples, False
    scene.camera.data.dof.use_dof = False
    for thing in (scene.camera, scene.camera.parent, scene.camera.data):
        thing.animation_data_clear()
    place((scene.camera, scene.camera.parent), pose)
    scene.view_settings.view_transform = "Standard"
    scene.render.filepath = str(folder / "picture.png")
    bpy.ops.render.render(write_still=True, scene=scene.name)
    image = bpy.data.images.load(scene.render.filepath)
    out = pixels(image)[:, :, :3] / 255
    bpy.data.images.remove(image)
    return to_linear(out)


def alone(scene: bpy.types.Scene, block: Block) -> None:
    """Leave one matrix in the picture."""
    for thing in scene.objects:
        thing.hide_render = thing.type in ("MESH", "FONT") and plain_name(thing) != block.name


def lowered(scene: bpy.types.Scene, block: Block, relief: float = 0.5) -> None:
    """Give a matrix a low relief: a slab draws its light and shadows, but what stands out far hides more."""
    sheet = next(thing for thing in scene.objects if plain_name(thing) == block.name)
    if "cell" in sheet:
        sheet["cell"][1] = relief
    else:
        identifier = next(i.identifier for i in cell_group().interface.items_tree if i.name == "Relief")
        modifier_input(sheet.modifiers["Cells"], identifier, relief)
    sheet.update_tag()


@pytest.fixture(scope="module")
def pair(nano: Production) -> dict[str, bpy.types.Scene]:
    """The same matrix as cuboids and as a slab, without a film."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    made = {}
    for name, detail in (("cuboids", Detail()), ("slabs", SLABS)):
        made[name] = build(nano, detail, still=True)
    return made


@pytest.mark.parametrize(("distance", "likeness"), ((20.0, 0.9), (150.0, 0.9), (600.0, 0.9)))
def test_slabs_look_as_cuboids_do(
    nano: Production, pair: dict[str, bpy.types.Scene], tmp_path: Path, distance: float, likeness: float
) -> None:
    block = nano.layout.find("mlp.W_in", 0)
    pictures = []
    for scene in pair.values():
        alone(scene, block)
        lowered(scene, block)
        pictures.append(photograph(scene, Pose(block.box.centre, 12, 8, distance), tmp_path))
    one, other = (picture.mean(axis=2) for picture in pictures)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > likeness
    assert other.mean() == pytest.approx(one.mean(), rel=0.12)


def test_far_sheets_do_not_flicker(
    nano: Production, pair: dict[str, bpy.types.Scene], tmp_path: Path
) -> None:
    """Several cells a pixel: from frame to frame of a slow dolly hardly anything changes, gaps included."""
    block = nano.layout.find("mlp.W_in", 0)
    change = {}
    for name, scene in pair.items():
        alone(scene, block)
        for light in (thing for thing in scene.objects if thing.type == "LIGHT"):
            light.data.angle = 0.0  # soft shadows are noisy by themselves
        scene.cycles.max_bounces = 0
        poses = [Pose(block.box.centre, 0, 0, 900.0 * factor) for factor in (1.0, 1.002, 1.004)]
        frames = [photograph(scene, pose, tmp_path, 2).mean(axis=2) for pose in poses]
        y, x = (size // 2 for size in frames[0].shape)
        inside = np.array(frames)[:, y - 12 : y + 12, x - 2 : x + 2]
        change[name] = np.abs(np.diff(inside, axis=0)).mean() / inside.mean()
    assert max(change.values()) < 0.005, change  # 0.07 where the wall was seen through the gaps


def test_the_average_colour_is_that_of_the_cells(nano: Production) -> None:
    """Two points of the colour map stand for all values under a texel."""
    block = nano.layout.find("mlp.W_in", 0)
    values = block.values(nano.trace)
    scale = scale_of(values)
    true = to_linear(colours(values, block.matrix, STUDIO, scale)).mean(axis=(0, 1))
    shown = normalise(values, scale)
    ends = np.array([shown.mean() - shown.std(), shown.mean() + shown.std()])
    guess = to_linear(STUDIO.ramp(block.role, block.matrix.signed).colours(ends)).mean(axis=0)
    assert guess == pytest.approx(true, rel=0.25)


# --- windows -----------------------------------------------------------------------------------------


def test_a_window_replaces_its_cells_and_moves_with_the_slab(nano: Production, tmp_path: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    block = nano.layout.find("mlp.W_in", 1)
    cell = block.cell(100, 20)
    detail = Detail(BUDGET, window=f"{block.matrix.name}[{','.join(map(str, cell))}]")
    scene = build(nano, detail)
    slab = scene.objects[block.name]
    window = slab["window"]
    side = min(WINDOW, block.shape[1])
    rows, columns = attribute(window.data, "row"), attribute(window.data, "column")
    assert len(rows) == WINDOW * side
    assert rows.min() == 100 - WINDOW // 2
    assert 20 in columns
    raw = attribute(window.data, "raw").reshape(WINDOW, side)
    assert raw == pytest.approx(block.values(nano.trace)[36:164, :side])
    left = shown(slab)
    assert (left[36:164, :side] == -1).all()
    assert (left[:36] >= 0).all()
    assert (left[164:] >= 0).all()
    assert window.location == slab.location
    assert window.animation_data.action_slot == slab.animation_data.action_slot
    bpy.context.window.scene = scene
    for frame in range(0, scene.frame_end, scene.frame_end // 7):
        scene.frame_set(frame)
        assert window["dim"] == slab["dim"]
    path = tmp_path / "window.blend"
    save(scene, path)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert bpy.data.objects[block.name]["window"].name == f"window in {block.name}"


# --- looks and measures ------------------------------------------------------------------------------


def test_slabs_follow_looks_and_measures(nano: Production) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with claimed() as tag:
        scene = build(nano, SLABS, still=True)
    scene["llm_scene"] = tag
    block = nano.layout[min(slabs(nano.layout, BUDGET))]
    slab = scene.objects[block.name]
    picture = values_node(slab.data.materials[0]).image
    appearance.set_look(scene, STUDIO, PAPER)
    (material,) = slab.data.materials
    assert values_node(material).image == picture
    groups = [node.node_tree for node in material.node_tree.nodes if node.type == "GROUP"]
    ramp = next(g for g in groups if g.get("kind") == "colours").nodes["Colour map"].color_ramp
    zero = to_linear(PAPER.ramp(block.role, True).colours(np.array([0.0])))[0]
    assert np.array(ramp.evaluate(0.5))[:3] == pytest.approx(zero, abs=0.03)
    appearance.set_measure(scene, "Gap", 0.25)
    assert slab["cell"][0] == pytest.approx(0.25)
