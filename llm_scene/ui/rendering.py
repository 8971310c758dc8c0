"""Rendering from the panel: another Blender does it, so that the window stays alive meanwhile."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty

from ..errors import UserError
from .operators import OnOwnScene, film_path
from .ownership import tag_of
from .settings import settings_of
from .task import Steps, Task

CHILD = Path(__file__).parent / "child.py"
DONE = re.compile(r"rendered (\d+) of (\d+)")


@dataclass
class Render:
    """A film on its way."""

    process: subprocess.Popen[str]
    begun: float = field(default_factory=time.monotonic)
    done: int = 0
    total: int = 1
    lines: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """How much of it is there."""
        return self.done / self.total

    @property
    def text(self) -> str:
        """Frames, and the time that is left."""
        if not self.done:
            return "starting"
        left = (time.monotonic() - self.begun) / self.done * (self.total - self.done)
        return f"{self.done} of {self.total} frames, {int(left // 60)}:{int(left % 60):02} left"

    def listen(self) -> None:
        """Read what the other Blender says until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = DONE.search(line)
            if found:
                self.done, self.total = int(found[1]), int(found[2])
            else:
                self.lines = [*self.lines[-20:], line.rstrip()]


_running: dict[str, Render] = {}


def progress_of(scene: bpy.types.Scene) -> Render | None:
    """The render of a scene that is under way."""
    return _running.get(tag_of(scene) or "")


def stop_all() -> None:
    """End all renders."""
    for render in _running.values():
        render.process.terminate()


def start(blend: Path, film: Path, frames: tuple[int, int]) -> Render:
    """Another Blender that renders a .blend into a video."""
    # As a Python module Blender has no program of its own: there the interpreter takes its part.
    script = [str(CHILD), "--", str(blend), str(film), *map(str, frames)]
    program = bpy.app.binary_path
    command = [program, "-b", "--factory-startup", "-P", *script] if program else [sys.executable, *script]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    render = Render(process)
    threading.Thread(target=render.listen, daemon=True).start()
    return render


class LLM_SCENE_OT_render(OnOwnScene, Task, bpy.types.Operator):
    """Render the film into a video, in the background; Esc cancels"""

    bl_idname = "llm_scene.render"
    bl_label = "Render LLM Scene Film"
    pause = 0.2

    filepath: StringProperty(name="Film", description="Empty: as the panel says", subtype="FILE_PATH")
    first: IntProperty(name="First Frame", description="Where to begin", default=-1, min=-1)
    last: IntProperty(name="Last Frame", description="-1: the film's last frame", default=-1, min=-1)

    def work(self, context: bpy.types.Context) -> Steps:
        scene = context.scene
        tag = tag_of(scene)
        assert tag is not None
        if tag in _running:
            raise UserError("This scene is being rendered already.")
        film = Path(bpy.path.abspath(self.filepath)) if self.filepath else film_path(scene)
        with tempfile.TemporaryDirectory(prefix="llm-scene-") as folder:
            yield 0.0, "preparing the film"
            blend, video = Path(folder) / "film.blend", Path(folder) / "film.mp4"
            save_for_rendering(scene, blend, film)
            first = scene.frame_start if self.first < 0 else self.first
            last = scene.frame_end if self.last < 0 else min(self.last, scene.frame_end)
            render = _running[tag] = start(blend, video, (first, last))
            try:
                yield from self._watch(context, render)
                if not video.exists():
                    raise UserError(f"The film was not rendered: {(render.lines or ['no reason given'])[-1]}")
                shutil.move(video, film)
            finally:
                del _running[tag]
                render.process.kill()
                render.process.wait()
        self.report({"INFO"}, f"Rendered {film}.")

    def _watch(self, context: bpy.types.Context, render: Render) -> Steps:
        while render.process.poll() is None:
            for area in context.screen.areas if context.screen is not None else ():
                if area.type == "VIEW_3D":
                    area.tag_redraw()
            yield render.share, f"rendering {render.text}"
            time.sleep(0.2 if bpy.app.background else 0)


def save_for_rendering(scene: bpy.types.Scene, blend: Path, film: Path) -> None:
    """A .blend of the scene, which takes the chosen quality; UserError where no film can be written."""
    from ..output.blend import save
    from ..scene.rendering import PRESETS, apply_preset
    from ..writing import check_target

    check_target(film)
    aspect = scene.render.resolution_x / scene.render.resolution_y
    apply_preset(scene, PRESETS[settings_of(scene).quality], aspect)
    save(scene, blend)


class LLM_SCENE_OT_cancel_render(OnOwnScene, bpy.types.Operator):
    """Stop rendering; no film is left behind"""

    bl_idname = "llm_scene.cancel_render"
    bl_label = "Cancel Render"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        render = progress_of(context.scene)
        if render is None:
            return {"CANCELLED"}
        render.lines = ["cancelled."]
        render.process.terminate()
        return {"FINISHED"}


CLASSES = (LLM_SCENE_OT_render, LLM_SCENE_OT_cancel_render)
