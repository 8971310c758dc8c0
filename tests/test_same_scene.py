"""The panel, its operator, the command line and Python give the same scene for the same choices."""

from pathlib import Path
from typing import Any

import bpy
import pytest

from llm_scene import models, ui
from llm_scene.cli import main
from llm_scene.layout.budget import Detail
from llm_scene.output.render.fingerprint import digests
from llm_scene.scene.build import build
from llm_scene.scene.engines import apply_quality
from llm_scene.scene.marks import MARK
from llm_scene.staging.options import Options
from llm_scene.staging.production import produce
from llm_scene.staging.quality import Quality

USUAL: dict[str, Any] = {"cut": "teaser", "quality": "draft"}
CHOSEN: dict[str, Any] = {
    "cut": "teaser",
    "look": "paper",
    "colour_map": "grey",
    "format": "square",
    "fps": "30",
    "language": "zh",
    "prompt": "CCABBA",
    "heads": "fan",
    "blocks": "row",
    "gap": 0.2,
    "relief": 0.4,
    "bevel": 0.0,
    "labels": True,
    "quality": "draft",
}


def saved_by_the_panel(chosen: dict[str, Any], path: Path) -> None:
    bpy.ops.wm.read_factory_settings()
    ui.register()
    try:
        for name, value in chosen.items():
            setattr(bpy.context.scene.llm_scene_settings, name, value)
        bpy.ops.llm_scene.generate()
        bpy.ops.llm_scene.save_blend(filepath=str(path))
    finally:
        ui.unregister()


def saved_by_the_command_line(chosen: dict[str, Any], path: Path) -> None:
    bpy.ops.wm.read_factory_settings()
    flags = {"cut": "film", "colour_map": "colour-map", "quality": "render-preset"}
    words = ["generate", "-o", str(path)]
    for name, value in chosen.items():
        words += ["--labels"] if value is True else [f"--{flags.get(name, name)}", str(value)]
    assert main(words) == 0


def saved_by_python(chosen: dict[str, Any], path: Path) -> None:
    from llm_scene.output.blend import save

    bpy.ops.wm.read_factory_settings()
    mine = dict(chosen)
    quality, prompt = Quality(mine.pop("quality")), mine.pop("prompt", "CBABBC")
    detail = Detail(**{name: mine.pop(name) for name in ("gap", "relief", "bevel", "labels") if name in mine})
    made = produce(models.load(), prompt, Options(**mine))
    scene = build(made, detail)
    apply_quality(scene, quality, made.film.aspect)
    save(scene, path)


def opened(path: Path) -> dict[str, Any]:
    """What a file holds: what its pictures depend on, block by block, and what is beside that."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    (scene,) = (scene for scene in bpy.data.scenes if scene.get(MARK))
    found: dict[str, Any] = dict(digests(scene))
    kinds = ("objects", "meshes", "materials", "actions", "node_groups", "fonts", "images", "curves", "texts")
    found |= {kind: sorted(getattr(bpy.data, kind).keys()) for kind in kinds}
    found["range"] = scene.frame_start, scene.frame_end, scene.name
    found["markers"] = sorted((marker.frame, marker.name) for marker in scene.timeline_markers)
    found["parts"] = sorted(f"{o.name}: {o.get('llm_scene_part')}" for o in bpy.data.objects)
    return found


@pytest.mark.parametrize("chosen", [USUAL, CHOSEN], ids=["usual", "chosen"])
def test_every_way_leads_to_the_same_scene(chosen: dict[str, Any], tmp_path: Path) -> None:
    found = {}
    for way in (saved_by_the_panel, saved_by_the_command_line, saved_by_python):
        path = tmp_path / f"{way.__name__}.blend"
        way(chosen, path)
        found[way.__name__] = opened(path)
    first, *others = found.values()
    assert len(first) > 100
    for other in others:
        assert {name for name in first.keys() | other.keys() if first.get(name) != other.get(name)} == set()
