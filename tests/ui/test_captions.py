"""An artist changes captions where they stand: the video and every export take what stands there."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from llm_scene import ui
from llm_scene.output.render.pixels import load_picture
from llm_scene.scene.picture import curve_of
from llm_scene.scene.screen import as_it_stands
from llm_scene.ui import library
from llm_scene.ui.exporting import shown_in


@pytest.fixture(scope="module")
def scene() -> Any:
    """A short film, so small that a frame renders in a blink."""
    bpy.ops.wm.read_factory_settings()
    ui.register()
    settings = bpy.context.scene.llm_scene_settings
    settings.cut, settings.quality = "short", "draft"
    bpy.ops.llm_scene.generate()
    render = bpy.context.scene.render
    render.resolution_x, render.resolution_y, bpy.context.scene.cycles.samples = 160, 90, 1
    yield bpy.context.scene
    ui.unregister()


def captions(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    return [thing for thing in scene.objects if thing.name.startswith("caption ") and thing.type == "FONT"]


def moved(thing: bpy.types.Object, by: float) -> None:
    """Move all keys of an object, as one does in the dope sheet."""
    for path in ('["shown"]', "hide_render", "hide_viewport"):
        for point in curve_of(thing, path).keyframe_points if curve_of(thing, path) else ():
            point.co.x += by


def test_untouched_the_film_is_the_same(scene: bpy.types.Scene) -> None:
    film = library.film_of(scene)
    assert as_it_stands(scene, film) is film


def test_text_and_time_reach_video_subtitles_gltf_and_page(scene: bpy.types.Scene, tmp_path: Path) -> None:
    told = library.film_of(scene).captions
    first, *others = captions(scene)
    gone = others[-1]
    frame = round((told[0].start + told[0].end) / 2 * 24)
    bpy.ops.llm_scene.render(filepath=str(tmp_path / "before.mp4"), first=frame, last=frame)
    first.data.body = "HERE WRITES\nTHE ARTIST"
    moved(others[0], 12)
    bpy.data.objects.remove(gone)
    bpy.ops.llm_scene.render(filepath=str(tmp_path / "after.mp4"), first=frame, last=frame)
    frames = (tmp_path / f"{name}.frames" / f"{frame:05}.png" for name in ("before", "after"))
    before, after = map(load_picture, frames)
    different = np.abs(before - after).max(axis=-1)
    assert different[60:].max() > 0.3 and different[:55].max() < 0.1

    film = shown_in(scene).film
    assert film.captions[0].text == "HERE WRITES THE ARTIST"
    assert film.captions[1].start == pytest.approx(told[1].start + 0.5, abs=1e-3)
    assert film.captions[1].text == told[1].text and len(film.captions) == len(told) - 1
    for name in ("captions", "page", "gltf"):
        suffix = {"captions": ".srt", "page": ".html", "gltf": ".glb"}[name]
        getattr(bpy.ops.llm_scene, f"export_{name}")(filepath=str(tmp_path / f"a{suffix}"))
    assert "HERE WRITES THE ARTIST" in (tmp_path / "a.srt").read_text()
    assert told[0].text not in (tmp_path / "a.srt").read_text()
    assert b"HERE WRITES THE ARTIST" in (tmp_path / "a.glb").read_bytes()
    assert (tmp_path / "a.html").stat().st_size > 1e5


def test_a_caption_that_the_artist_adds_is_one(scene: bpy.types.Scene) -> None:
    count = len(shown_in(scene).film.captions)
    one = captions(scene)[0]
    copy = one.copy()
    copy.data = one.data.copy()
    copy.data.body = "一二三\n四五六"
    copy.animation_data_clear()
    one.users_collection[0].objects.link(copy)
    film = shown_in(scene).film
    assert len(film.captions) == count + 1
    (added,) = [caption for caption in film.captions if caption.text == "一二三四五六"]
    assert (added.start, added.end) == (0.0, film.duration)
