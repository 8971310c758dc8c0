"""Delete leaves nothing in the file and nothing in memory, whatever was done with the scene before."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from llm_scene.ui import library
from llm_scene.ui.ownership import everything

SCORE = "blocks.0.attn.scores[head=2,query=5,key=2]"


def filmed() -> None:
    bpy.ops.llm_scene.inspect(address=SCORE)
    scene = bpy.context.scene
    for frame in range(scene.frame_start, scene.frame_end, 20):
        scene.frame_set(frame)
        try:
            bpy.ops.llm_scene.inspect_film()
            return
        except RuntimeError:
            continue
    raise AssertionError("no frame shows the cell")


def restyled() -> None:
    settings = bpy.context.scene.llm_scene_settings
    settings.look, settings.colour_map = "paper", "grey"
    settings.relief = 0.3


def written(folder: Path) -> None:
    bpy.ops.llm_scene.export_page(filepath=str(folder / "a.html"))
    bpy.ops.llm_scene.export_gltf(filepath=str(folder / "a.glb"))
    bpy.ops.llm_scene.export_captions(filepath=str(folder / "a.srt"))


def rendered(folder: Path) -> None:
    render = bpy.context.scene.render
    render.resolution_x, render.resolution_y, bpy.context.scene.cycles.samples = 64, 36, 1
    bpy.ops.llm_scene.render(filepath=str(folder / "a.mp4"), first=3, last=3)


DEEDS: dict[str, Callable[[Path], object]] = {
    "farm folder": lambda folder: bpy.ops.llm_scene.farm_folder(filepath=str(folder / "farm")),
    "a .blend": lambda folder: bpy.ops.llm_scene.save_blend(filepath=str(folder / "a.blend")),
    "exports": written,
    "a film": rendered,
    "a filmed cell": lambda folder: filmed(),
    "a look": lambda folder: restyled(),
    "a chapter": lambda folder: bpy.ops.llm_scene.retime(length=9.0),
    "a head": lambda folder: bpy.ops.llm_scene.show(part="Head 1"),
    "Chinese": lambda folder: setattr(bpy.context.scene.llm_scene_settings, "language", "zh"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_delete_leaves_nothing(deed: str, addon: None, tmp_path: Path) -> None:
    def blocks() -> set[tuple[str, str]]:
        return {(type(thing).__name__, thing.name) for thing in everything()}

    before = blocks()
    bpy.context.scene.llm_scene_settings.cut = "teaser"
    bpy.context.scene.llm_scene_settings.quality = "draft"
    if deed == "Chinese":
        DEEDS[deed](tmp_path)
    bpy.ops.llm_scene.generate()
    made = library.production_of(bpy.context.scene)
    if deed != "Chinese":
        DEEDS[deed](tmp_path)
    trace = weakref.ref(made.trace)
    del made
    bpy.ops.llm_scene.remove()
    gc.collect()
    assert blocks() - before == set()
    assert trace() is None
