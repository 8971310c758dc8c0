"""Rendering from the panel: other Blenders do it, so that the window stays alive meanwhile."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import bpy
from bpy.props import IntProperty, StringProperty

from ..errors import UserError
from ..output.render.cluster import check_cluster, is_local
from ..output.render.local import check_output, film_steps
from ..output.render.pace import Progress
from . import library, preferences
from .operators import OnOwnScene, film_path, named_film, stem_of
from .ownership import tag_of
from .sentences import translated
from .settings import RELATIVE
from .task import Steps, Task
from .translations import tr


@dataclass
class Render:
    """A film on its way."""

    steps: Generator[Progress, None, None]
    latest: Progress
    stopped: bool = False

    @property
    def share(self) -> float:
        """How much of it is there."""
        return self.latest.done / self.latest.total

    @property
    def text(self) -> str:
        """What is being done, frames, and the time that is left."""
        now = self.latest
        if now.what != "rendering":
            return tr(now.what)
        if now.left is None:
            return tr("starting")
        time = f"{int(now.left // 60)}:{int(now.left % 60):02}"
        text = tr("{done} of {total} frames, {time} left", done=now.done, total=now.total, time=time)
        return f"{text} ({now.device})" if now.device else text


_running: dict[str, Render] = {}


def progress_of(scene: bpy.types.Scene) -> Render | None:
    """The render of a scene that is under way."""
    return _running.get(tag_of(scene) or "")


def stop_all() -> None:
    """End all renders; their finished frames stay."""
    for render in _running.values():
        render.stopped = True
        render.steps.close()


class LLM_SCENE_OT_render(OnOwnScene, Task, bpy.types.Operator):
    """Render the film into a video, in the background. Esc stops; the next render goes on from there"""

    bl_idname = "llm_scene.render"
    bl_label = "Render LLM Scene Film"
    pause = 0.2
    cancelled = "Stopped. The finished frames are kept: the next render goes on from them."

    filepath: StringProperty(
        name="Film", description="Empty: as the panel says", subtype="FILE_PATH", options=RELATIVE
    )
    first: IntProperty(name="First Frame", description="Where to begin", default=-1, min=-1)
    last: IntProperty(name="Last Frame", description="-1: the film's last frame", default=-1, min=-1)

    def work(self, context: bpy.types.Context) -> Steps:
        scene = context.scene
        tag, story = tag_of(scene), library.film_of(scene)
        assert tag is not None and story is not None
        if tag in _running:
            raise UserError(tr("This scene is being rendered already."))
        film = named_film(self.filepath, f"{stem_of(scene)}.mp4") if self.filepath else film_path(scene)
        check_output(film)
        cluster = preferences.cluster()
        if cluster is not None and not is_local(cluster) and not bpy.app.online_access:
            raise UserError(
                tr("Blender is offline: allow online access in its preferences, or name no cluster.")
            )
        if cluster is not None:
            check_cluster(cluster)
        yield 0.0, tr("preparing the film")
        frames = range(
            scene.frame_start if self.first < 0 else self.first,
            (scene.frame_end if self.last < 0 else min(self.last, scene.frame_end)) + 1,
        )
        told: list[str] = []  # by other threads than Blender's own
        steps = film_steps(scene, story, film, frames=frames, cluster=cluster, tell=told.append)
        render = _running[tag] = Render(steps, Progress("rendering", 0, len(frames)))
        try:
            for _ in self._watch(context, render):
                while told:
                    self.report({"WARNING"}, translated(told.pop(0)))
                yield render.share, render.text
        finally:
            del _running[tag]
            steps.close()
        self.report({"INFO"}, tr("Rendered {film}.", film=film))

    def _watch(self, context: bpy.types.Context, render: Render) -> Iterator[None]:
        for now in render.steps:
            render.latest = now
            for area in context.screen.areas if context.screen is not None else ():
                if area.type == "VIEW_3D":
                    area.tag_redraw()
            yield
            if render.stopped:
                raise UserError(tr(self.cancelled))


class LLM_SCENE_OT_cancel_render(OnOwnScene, bpy.types.Operator):
    """Stop rendering; the next render goes on from the frames that are there"""

    bl_idname = "llm_scene.cancel_render"
    bl_label = "Stop Rendering"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        render = progress_of(context.scene)
        if render is None:
            return {"CANCELLED"}
        render.stopped = True
        return {"FINISHED"}


CLASSES = (LLM_SCENE_OT_render, LLM_SCENE_OT_cancel_render)
