"""Rendering nano-GPT at 640x360 as the demo does: the price of a frame, of its certainty, and of a video."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llm_scene.staging.options import Options

from .frames import frames, show
from .measure import process, seconds
from .report import Row, budget, ratio, table

if TYPE_CHECKING:
    import bpy

FRAMES = range(60, 240, 15)  # over the whole teaser, so that the camera moves and fronts run


def rows() -> list[Row]:
    """What a frame costs beside one that stands still, and whole runs by how many processes."""
    with process() as moving, process() as still:
        moving(stage_moving)
        still(stage_still)
        times = frames({"moving": moving, "still": still}, len(FRAMES))
    ours, bare = times["moving"].median, times["still"].median
    with process() as other:
        return [
            Row(
                "nano-GPT, a frame with animation, labels and links",
                f"{ours:.2f} s",
                f"standing still without them: {bare:.2f} s",
                ratio(ours, bare),
                budget(ours / bare, 1.3, "x"),
            ),
            *other(runs, FRAMES),
        ]


def stage() -> bpy.types.Scene:
    """Nano-GPT with its teaser, shown in this process."""
    from llm_scene.models import load
    from llm_scene.scene.build import build
    from llm_scene.staging.production import produce

    model = load()
    scene = build(produce(model, model.encode_prompt("CBABBC"), Options(cut="teaser")))
    show(scene)
    return scene


def stage_moving() -> None:
    """The scene as it is."""
    stage()


def stage_still() -> None:
    """The same views of the scene without its other keyframes, labels and links."""
    scene = stage()
    for thing in scene.objects:
        if thing not in (scene.camera, scene.camera.parent):
            thing.animation_data_clear()
        thing.hide_render |= any(c.name.endswith(("Labels", "Links")) for c in thing.users_collection)


def runs(numbers: Sequence[int]) -> list[Row]:
    """The hash of a scene, a video, and whole runs with the workers' start."""
    from llm_scene.output.render.fingerprint import fingerprint
    from llm_scene.output.render.local import render_film
    from llm_scene.output.render.video import assemble

    scene = stage()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spent = {}
        for count in (1, 2):
            job = partial(render_film, scene, None, folder / str(count), frames=numbers, processes=count)
            spent[count] = seconds(job)
        pictures = dict.fromkeys(range(240), next((folder / "1").glob("*.png")))
        video = seconds(lambda: assemble(pictures, folder / "x.mp4", (640, 360), 24))
    return [
        Row(
            f"{len(numbers)} frames by 2 processes, their start included",
            f"{spent[2]:.0f} s",
            f"by 1: {spent[1]:.0f} s",
            ratio(spent[2], spent[1]),
        ),
        Row("a video of 240 frames from their pictures", f"{video:.1f} s"),
        Row("the hash by which finished frames are known", f"{seconds(lambda: fingerprint(scene)):.1f} s"),
    ]


if __name__ == "__main__":
    print(table(rows()))
