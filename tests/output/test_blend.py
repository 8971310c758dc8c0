"""A saved scene needs nobody: opened with factory settings and scripts off it renders."""

import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from llm_scene import models
from llm_scene.errors import UserError
from llm_scene.output.blend import save
from llm_scene.output.render.local import render_film
from llm_scene.output.render.pixels import load_picture, save_picture
from llm_scene.scene.build import build
from llm_scene.scene.engines import PRESETS, apply_preset
from llm_scene.staging.production import produce

sys.path.insert(0, str(Path(__file__).parent))
from small import small_scene


@pytest.fixture(scope="module")
def blend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .blend of nano-GPT and its film, among other things that must not be in it."""
    bpy.ops.wm.read_factory_settings()
    model = models.load()
    made = produce(model, model.encode_prompt("CBABBC"))
    scene = build(made)
    apply_preset(scene, PRESETS["draft"])
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    path = tmp_path_factory.mktemp("blend") / "scene.blend"
    n_scenes = len(bpy.data.scenes)
    save(scene, path)
    assert len(bpy.data.scenes) == n_scenes
    return path


@pytest.fixture
def opened(blend: Path) -> bpy.types.Scene:
    """The main scene of the .blend, opened with factory settings and scripts off."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(blend), load_ui=False, use_scripts=False)
    return bpy.context.window.scene


def rendered(scene: bpy.types.Scene, frame: int, path: Path) -> np.ndarray:
    bpy.context.window.scene = scene
    scene.frame_set(frame)
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    image = bpy.data.images.load(str(path))
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], -1)[::-1, :, :3]


def test_it_holds_our_scenes_only(opened: bpy.types.Scene) -> None:
    assert opened.name == "LLM Scene"
    assert [scene.name for scene in bpy.data.scenes] == ["LLM Scene"]
    assert "Cube" not in bpy.data.objects


def test_it_opens_with_windows_that_look_through_its_camera(blend: Path) -> None:
    """As a double click does: a file without windows opens on an empty scene, with a warning."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(blend), use_scripts=False)
    assert [window.scene.name for window in bpy.context.window_manager.windows] == ["LLM Scene"]
    views = [
        area.spaces.active for screen in bpy.data.screens for area in screen.areas if area.type == "VIEW_3D"
    ]
    assert len(views) >= 4
    for view in views:
        assert (view.region_3d.view_perspective, view.shading.type) == ("CAMERA", "MATERIAL")
    assert bpy.context.scene.camera is not None and bpy.context.scene.sync_mode == "FRAME_DROP"


def test_it_needs_no_script_and_no_other_file(opened: bpy.types.Scene, blend: Path) -> None:
    for kind in (
        bpy.data.objects,
        bpy.data.scenes,
        bpy.data.materials,
        bpy.data.meshes,
        bpy.data.node_groups,
    ):
        assert not [
            thing.name for thing in kind if thing.animation_data and len(thing.animation_data.drivers)
        ]
    assert not bpy.data.texts and not bpy.data.libraries
    assert all(font.packed_file for font in bpy.data.fonts if font.filepath != "<builtin>")
    assert all(image.packed_file for image in bpy.data.images if image.source == "FILE")
    assert blend.stat().st_size < 4.5e6  # with the calculations of the whole film


def test_captions_stand_before_the_camera(opened: bpy.types.Scene, tmp_path: Path) -> None:
    """In the lower part of the picture, while they are shown, and rendered by whoever opens the file."""
    screen = opened.objects["Screen"]
    caption = next(thing for thing in screen.children if thing.data.body.startswith("nano-GPT does it"))
    curves = [
        curve
        for bag in caption.animation_data.action.layers[0].strips[0].channelbags
        if bag.slot == caption.animation_data.action_slot
        for curve in bag.fcurves
    ]
    (shown,) = [curve for curve in curves if curve.data_path == '["shown"]']
    start, *_, end = [point.co.x for point in shown.keyframe_points]
    middle = round((start + end) / 2)
    with_it = rendered(opened, middle, tmp_path / "with.png")
    caption.animation_data_clear()
    caption["shown"] = 0.0
    without = rendered(opened, middle, tmp_path / "without.png")
    different = np.abs(with_it - without).max(axis=-1)
    assert different[:60].max() < 0.1
    assert different[60:].max() > 0.3


def test_a_folder_that_is_missing_is_said_and_nothing_is_left(
    opened: bpy.types.Scene, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="does not exist"):
        save(opened, tmp_path / "missing" / "scene.blend")
    assert not list(tmp_path.iterdir())


def test_two_slashes_at_the_start_of_a_path_are_one(tmp_path: Path) -> None:
    """To Blender they mean beside the .blend; to the system they are the root, as one is."""
    scene = small_scene()
    save(scene, Path(f"/{tmp_path}/scene.blend"))
    render_film(scene, None, Path(f"/{tmp_path}/film.mp4"), frames=range(2))
    made = ["film.frames", "film.mp4", "film.poster.png", "scene.blend"]
    assert sorted(path.name for path in tmp_path.iterdir()) == made
    picture = load_picture(Path(f"/{tmp_path}/film.poster.png"))
    save_picture(picture, Path(f"/{tmp_path}/copy.png"))
    assert np.allclose(load_picture(tmp_path / "copy.png"), picture, atol=1 / 255)


@pytest.mark.skipif(sys.platform == "win32", reason="a backslash is a slash there")
def test_a_folder_that_blender_cannot_name_is_told(tmp_path: Path, empty_scene: None) -> None:
    folder = tmp_path / "a\\b"
    folder.mkdir()
    scene = small_scene()
    film = produce(models.load(), [2, 1, 0]).film
    for write in (
        lambda: save(scene, folder / "a.blend"),
        lambda: render_film(scene, film, folder / "a.mp4"),
    ):
        with pytest.raises(UserError, match=r"a\\b(.frames)?, as it takes a backslash for a slash"):
            write()
    assert [path for path in folder.rglob("*") if path.suffix not in (".frames", ".json")] == []
    save(scene, tmp_path / "a\\b.blend")
