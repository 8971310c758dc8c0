"""At every frame rate motion, captions, chapters and video agree with each other within a frame."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from llm_scene.models import load
from llm_scene.output.gltf import export_gltf
from llm_scene.output.render.local import render_film
from llm_scene.scene.build import build
from llm_scene.scene.picture import rate
from llm_scene.staging.options import RATE_ITEMS, Options, rate_name
from llm_scene.staging.production import Production, produce

sys.path.insert(0, str(Path(__file__).parent))
from small import small_scene

RATES = [name for name, _, _ in RATE_ITEMS()]


@pytest.fixture(scope="module")
def made() -> Production:
    return produce(load("nano-gpt-sort"), [2, 1, 0], Options(cut="teaser"))


def curves(scene: bpy.types.Scene, thing: bpy.types.Object) -> dict[str, list[tuple[float, float]]]:
    """Keys (frame, value) of an object's channels."""
    slot = thing.animation_data.action_slot
    strip = thing.animation_data.action.layers[0].strips[0]
    found = strip.channelbag(slot).fcurves
    return {curve.data_path: [tuple(key.co) for key in curve.keyframe_points] for curve in found}


@pytest.mark.parametrize("fps", RATES)
def test_films_last_as_long_at_any_rate(made: Production, fps: str) -> None:
    film = made.told(fps=fps)
    assert film.fps == pytest.approx(float(fps), abs=1e-3)
    assert rate_name(film.fps) == fps
    assert film.n_frames / film.fps == pytest.approx(made.film.duration, abs=1 / film.fps)
    assert [(c.start, c.text) for c in film.captions] == [(c.start, c.text) for c in made.film.captions]


@pytest.mark.parametrize("fps", RATES)
def test_keys_captions_and_chapters_of_a_scene(made: Production, fps: str, empty_scene: None) -> None:
    film = made.told(fps=fps)
    scene = build(made.retold(fps=fps))
    assert rate(scene.render) == pytest.approx(film.fps, rel=1e-6)
    assert scene.frame_end == film.n_frames - 1
    for marker, chapter in zip(scene.timeline_markers, film.chapters, strict=True):
        assert marker.frame / film.fps == pytest.approx(chapter.start, abs=1 / film.fps)
    shown = [thing for thing in scene.objects if "shown" in thing and thing.type == "FONT"]
    begun = {round(curves(scene, thing)['["shown"]'][0][0] / film.fps, 2) for thing in shown}
    assert {round(caption.start, 2) for caption in film.captions} <= begun
    tracks = ((name, cues) for (name, channel), cues in film.tracks.items() if channel == "reveal")
    moved = [(scene.objects[name], cues) for name, cues in tracks if name in scene.objects]
    assert moved
    for thing, cues in moved:
        times = [frame / film.fps for frame, _ in curves(scene, thing)['["reveal"]']]
        assert min(abs(time - cues[0].end) for time in times) < 1 / film.fps


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("fps", ["29.97", "50"])
def test_videos_run_at_the_scenes_rate(made: Production, fps: str, tmp_path: Path, empty_scene: None) -> None:
    from llm_scene.scene.picture import set_rate

    film, scene = made.told(fps=fps), small_scene()
    set_rate(scene.render, film.fps)
    render_film(scene, film, tmp_path / "film.mp4", frames=range(6))
    show = "stream=r_frame_rate,nb_frames,duration"
    command = ["ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries", show, str(tmp_path / "film.mp4")]
    told, seconds, count = subprocess.check_output(command, text=True).strip().split(",")
    top, bottom = map(int, told.split("/"))
    assert top / bottom == pytest.approx(film.fps, rel=1e-6)
    assert int(count) == 6 and float(seconds) == pytest.approx(6 / film.fps, abs=1e-3)


def test_a_glb_lasts_as_long_and_says_its_rate(made: Production, tmp_path: Path) -> None:
    export_gltf(tmp_path / "a.glb", made.retold(fps="25"))
    assert b'"fps":25' in (tmp_path / "a.glb").read_bytes()


def test_a_scene_that_the_user_lets_run_faster_keeps_captions_with_motion(
    made: Production, tmp_path: Path, empty_scene: None
) -> None:
    """Chapters in the video stand where their first frame does, at the rate that the video has."""
    scene, film = small_scene(), made.film
    scene.render.fps = 30
    first = round(film.chapters[1].start * film.fps) if len(film.chapters) > 1 else 3
    scene.frame_end = first + 2
    render_film(scene, film, tmp_path / "film.mp4", frames=range(first - 3, first + 3))
    assert (tmp_path / "film.mp4").is_file()
