"""What a picture of the room is like: neither dark nor glaring, calm from afar, hues by role, flat plates."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from llm_scene.film.framing import frame
from llm_scene.layout.layout import Box
from llm_scene.look import srgb, to_linear
from llm_scene.models import load
from llm_scene.scene.build import build
from llm_scene.scene.engines import PRESETS, apply_preset
from llm_scene.scene.rig import place
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce
from tests.scene.conftest import PROMPT


@pytest.fixture(scope="module", params=["studio", "paper"])
def made(request: pytest.FixtureRequest) -> Production:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    production = produce(load("nano-gpt-sort"), PROMPT, Options(cut="teaser", look=request.param))
    bpy.context.window.scene = build(production, still=True)
    return production


def photograph(
    made: Production, boxes: list[Box], lens: float, folder: Path, azimuth: float = -12
) -> np.ndarray:
    """A picture `[rows, columns, 3]` in sRGB, 0 to 1, of boxes that fill it."""
    scene = bpy.context.scene
    apply_preset(scene, PRESETS["draft"])
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    scene.cycles.samples, scene.cycles.use_denoising = 16, False
    scene.camera.data.dof.use_dof = False
    place((scene.camera, scene.camera.parent), frame(boxes, azimuth, 6, lens=lens))
    scene.render.filepath = str(folder / "picture.png")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    rgb = np.array(image.pixels[:]).reshape(90, 160, 4)[::-1, :, :3]
    bpy.data.images.remove(image)
    return rgb


def luminance(rgb: np.ndarray) -> np.ndarray:
    return rgb @ np.array([0.2126, 0.7152, 0.0722])


def test_a_plan_is_neither_dark_nor_glaring(made: Production, tmp_path: Path) -> None:
    """And hue says the role: what has a hue is blue or green, or the amber of tokens."""
    rgb = photograph(made, [made.layout.box], 40, tmp_path)
    light = luminance(rgb)
    assert 0.14 < light.mean() < 0.85
    assert (light < 0.05).mean() < 0.25
    blue = (rgb[..., 2] > rgb[..., 0] + 0.15) & (rgb[..., 2] > rgb[..., 1] + 0.1)
    green = (rgb[..., 1] > rgb[..., 0] + 0.15) & (rgb[..., 1] > rgb[..., 2] + 0.05)
    assert blue.mean() > 0.02 and green.mean() > 0.005


def test_a_far_matrix_is_one_calm_tone(made: Production, tmp_path: Path) -> None:
    """Its cells, far smaller than six pixels, are averaged: there is no static to flicker."""
    block = made.layout.find("mlp.W_in", 0)
    rgb = photograph(made, [block.box.grown(0.3 * max(block.box.size))], 50, tmp_path)
    y, x = 90 // 2 - 8, 160 // 2 - 2
    inside = luminance(rgb)[y : y + 10, x : x + 4]
    assert inside.std() < 0.06 * inside.mean()


def test_what_is_not_computed_is_a_flat_plate(made: Production, tmp_path: Path) -> None:
    """Pale, without relief, as bright everywhere as its colours: no light and no shadow tells values."""
    block = made.layout.find("attn.q", 0, 0)
    sheet = bpy.data.objects[block.name]
    sheet["reveal"] = 0.0
    sheet.update_tag()
    rgb = photograph(made, [block.box], 60, tmp_path)
    sheet["reveal"] = 2.0
    inside = luminance(rgb)[35:55, 74:86]
    assert inside.std() < 0.06
    assert inside.mean() == pytest.approx(float(luminance(np.array(srgb(made.look.plate)))), abs=0.06)


def test_light_from_all_around_arrives(made: Production, tmp_path: Path) -> None:
    """On a bare piece of wall, but for the little that the floor keeps from it."""
    (left, front, _), (right, back, top) = made.layout.box.low, made.layout.box.high
    bare = Box((left, front, 2 * top), (right, back, 3 * top))
    suns = [thing for thing in bpy.context.scene.objects if thing.type == "LIGHT"]
    lit = photograph(made, [bare], 40, tmp_path)[40:50, 70:90]
    for sun in suns:
        sun.hide_render = True
    around = photograph(made, [bare], 40, tmp_path)[40:50, 70:90]
    for sun in suns:
        sun.hide_render = False
    light = made.look.light
    share = to_linear(around).mean(axis=(0, 1)) / to_linear(lit).mean(axis=(0, 1))
    without = light.glow / light.on()
    assert ((share - without) / (light.ambient / light.on()) > 0.6).all()
    assert (share < 1.02 * (light.ambient + light.glow) / light.on()).all()


def test_positions_not_yet_written_leave_nothing_behind(tmp_path: Path) -> None:
    """Seen along their row, where a look passes many cells that are not there."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    made = produce(load("nano-gpt-sort"), PROMPT, Options(cut="short"))
    bpy.context.window.scene = build(made, still=True)
    block = made.layout.find("attn.q", 0, 0)
    for thing in bpy.data.objects:
        if "reveal" in thing and thing.name != block.name:
            thing.hide_render = True
    sheet = bpy.data.objects[block.name]
    sheet["reveal"] = 1.0
    sheet.update_tag()
    rgb = photograph(made, [block.box], 50, tmp_path, azimuth=-50)
    assert luminance(rgb).min() > 0.05
