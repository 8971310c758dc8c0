"""Rendering: the price of a frame, of its certainty, and how many processes are fastest."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bpy

from llm_scene import models
from llm_scene.output.blend import save
from llm_scene.output.fingerprint import fingerprint
from llm_scene.output.local import render_film
from llm_scene.output.production import produce
from llm_scene.output.video import assemble
from llm_scene.scene.build import build
from llm_scene.scene.rendering import PRESETS, apply_preset

Row = tuple[str, str, str]
FRAMES = range(60, 240, 15)  # over the whole teaser, so that the camera moves and fronts run


def rows() -> list[Row]:
    """Measure nano-GPT's teaser at 640x360, as the demo renders it."""
    model = models.load()
    made = produce(model, model.encode_prompt("CBABBC"), cut="teaser")
    scene = build(made.layout, made.trace, made.film, made.look)
    apply_preset(scene, PRESETS["draft"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = [
            ("render: hash of a scene", f"{seconds(lambda: fingerprint(scene)):.1f} s", ""),
            ("render: .blend", f"{seconds(lambda: save(scene, folder / 'x.blend', made.film)):.1f} s", ""),
            *_processes(scene, folder),
            _video(folder, made.film.captions),
        ]
        return [*found, _animation(scene, folder)]


def _processes(scene: bpy.types.Scene, folder: Path) -> list[Row]:
    """Whole runs, the workers' start included."""
    found = []
    for count in (1, 2):
        spent = seconds(lambda n=count: render_film(scene, None, folder / str(n), frames=FRAMES, processes=n))
        found.append(
            (f"render: {len(FRAMES)} frames, {count} process{'es' * (count > 1)}", f"{spent:.0f} s", "")
        )
    return found


def _video(folder: Path, captions: list) -> Row:
    picture = next((folder / "1").glob("*.png"))
    spent = seconds(
        lambda: assemble(dict.fromkeys(range(240), picture), folder / "x.mp4", (640, 360), 24, captions)
    )
    return "render: video of 240 frames", f"{spent:.1f} s", ""


def _animation(scene: bpy.types.Scene, folder: Path) -> Row:
    """A frame of the film against one of the same scene that stands still, without labels and links."""
    moving = _frame_time(scene, folder)
    for action in list(bpy.data.actions):
        bpy.data.actions.remove(action)
    for thing in scene.objects:
        thing.hide_render |= any(c.name.startswith(("Labels", "Links")) for c in thing.users_collection)
    still = _frame_time(scene, folder)
    figure = f"{moving:.2f} s, standing still {still:.2f} s: {moving / still:.2f}x"
    return "render: cost of animation, labels and links", figure, "1.3x"


def _frame_time(scene: bpy.types.Scene, folder: Path) -> float:
    """Median seconds a frame, without the first, which prepares the scene."""
    bpy.context.window.scene = scene
    scene.render.filepath = str(folder / "frame.png")

    def frame(number: int) -> float:
        scene.frame_set(number)
        return seconds(lambda: bpy.ops.render.render(write_still=True, scene=scene.name))

    return statistics.median([frame(number) for number in FRAMES][1:])


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores")
    for row in rows():
        print("  ".join(row))
