"""Rendering from the panel: other Blenders do it, and nothing in the window waits for them.

A timer looks how far they are. It holds no scene, so that undo, Esc and other files are the user's meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ..errors import UserError, hearing
from ..output.render.cluster import check_cluster, is_local
from ..output.render.frames import let_go, recipe_of
from ..output.render.local import Plan, check_output, film_steps, frames_folder, plan
from ..output.render.pace import Progress
from ..scene.screen import as_it_stands
from . import library, preferences
from .operators import OnOwnScene, film_path, named_film
from .ownership import tag_of
from .sentences import lasting, translated
from .settings import ONCE, RELATIVE
from .task import refusing, sentence
from .translations import tr

PULSE = 0.25  # seconds between two looks at how far a render is


@dataclass
class Render:
    """A film on its way."""

    film: Path
    steps: Generator[Progress, None, None]
    latest: Progress
    told: list[str] = field(default_factory=list)  # sentences, by other threads than Blender's own
    begun: float = field(default_factory=time.monotonic)
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
        time = lasting(now.left, about=True)
        text = tr("{done} of {total} frames, {time} left", done=now.done, total=now.total, time=time)
        return f"{text} ({now.device})" if now.device else text

    def step(self) -> bool:
        """Look once; whether there is more to come. Raises UserError where it fails or was stopped."""
        if self.stopped:
            self.steps.close()
            raise UserError(tr("Stopped. The finished frames are kept: the next render goes on from them."))
        with hearing(self.told.append):
            now = next(self.steps, None)
        self.latest = now or self.latest
        return now is not None


_running: dict[str, Render] = {}
_ended: dict[str, tuple[str, bool]] = {}  # how the latest render of a scene ended, and whether well


def progress_of(scene: bpy.types.Scene) -> Render | None:
    """The render of a scene that is under way."""
    return _running.get(tag_of(scene) or "")


def end_of(scene: bpy.types.Scene) -> tuple[str, bool] | None:
    """How the latest render of a scene ended, and whether well."""
    return _ended.get(tag_of(scene) or "")


def stop_all() -> None:
    """End all renders; their finished frames stay."""
    for tag, render in list(_running.items()):
        render.steps.close()
        del _running[tag]
    _ended.clear()


def begin(scene: bpy.types.Scene, film: Path, frames: range) -> Render:
    """Start to render a scene's film. Raises UserError where that is impossible."""
    tag, story = tag_of(scene), library.film_of(scene)
    assert tag is not None
    if tag in _running:
        raise UserError(tr("This scene is being rendered already."))
    check_output(film)
    if story is not None:
        story = as_it_stands(scene, story)
    told: list[str] = []
    steps = film_steps(scene, story, film, frames=frames, cluster=_cluster(), tell=told.append)
    render = Render(film, steps, Progress("rendering", 0, len(frames)), told)
    render.step()
    _ended.pop(tag, None)
    _running[tag] = render
    return render


def _cluster() -> str | None:
    """The cluster that the preferences name. Raises UserError where it cannot be used."""
    cluster = preferences.cluster()
    if cluster is None:
        return None
    if not is_local(cluster) and not bpy.app.online_access:
        raise UserError(tr("Blender is offline: allow online access in its preferences, or name no cluster."))
    check_cluster(cluster)
    return cluster


def _looked(tag: str) -> tuple[str, bool] | None:
    """Look at a render; what there is to say where it has ended, and whether it ended well."""
    render = _running[tag]
    try:
        if render.step():
            redraw()
            return None
        ended = tr("Rendered {film}.", film=render.film), True
    except (UserError, OSError, MemoryError) as error:
        ended = sentence(error), False
    del _running[tag]
    _ended[tag] = ended
    redraw()
    return ended


def _watch(tag: str) -> float | None:
    """A look at a render, by Blender's timer: the seconds until the next, None after the last."""
    render = _running.get(tag)
    if render is None:
        return None
    ended = _looked(tag)
    while render.told:
        _tell(translated(render.told.pop(0)), "WARNING")
    if ended is None:
        return PULSE
    text, well = ended
    _tell(text, "INFO" if well or render.stopped else "ERROR")
    return None


def _tell(text: str, kind: str) -> None:
    """Report as operators do, to whoever sits before the first window."""
    windows = bpy.context.window_manager.windows
    if windows:
        with bpy.context.temp_override(window=windows[0]):
            bpy.ops.llm_scene.report("INVOKE_DEFAULT", sentence=text, kind=kind)


def redraw() -> None:
    """Show the panel's figures anew, in every window."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


class LLM_SCENE_OT_render(OnOwnScene, bpy.types.Operator):
    """Render the film into a video, in the background; the next render goes on from frames that are there"""

    bl_idname = "llm_scene.render"
    bl_label = "Render LLM Scene Film"

    filepath: StringProperty(
        name="Film", description="Empty: as the panel says", subtype="FILE_PATH", options=RELATIVE | ONCE
    )
    first: IntProperty(name="First Frame", description="Where to begin", default=-1, min=-1)
    last: IntProperty(name="Last Frame", description="-1: the film's last frame", default=-1, min=-1)
    let_go: BoolProperty(
        name="Delete Frames of Other Versions",
        description="Delete the frames that earlier versions of this film left in its folder",
        options=ONCE,
    )
    asked = False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        scene = context.scene
        self.first, self.last = scene.frame_start, scene.frame_end
        try:
            self.key = recipe_of(scene).key
            self._plan(scene)
        except (UserError, OSError) as error:
            self.report({"ERROR"}, sentence(error))
            return {"CANCELLED"}
        self.asked = True
        return context.window_manager.invoke_props_dialog(
            self, width=440, title=tr("Render Film"), confirm_text=tr("Render")
        )

    def check(self, context: bpy.types.Context) -> bool:
        return True

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        row = layout.row(align=True)
        row.prop(self, "first")
        row.prop(self, "last")
        try:
            planned = self._plan(context.scene)
        except (UserError, OSError) as error:
            layout.label(text=sentence(error), icon="ERROR", translate=False)
            return
        column = layout.column(align=True)
        for text, icon in said(planned):
            column.label(text=text, icon=icon, translate=False)
        if planned.others:
            layout.prop(self, "let_go")

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        film = self._film(scene)
        begin(scene, film, self._frames(scene))
        if self.let_go:
            let_go(frames_folder(film))
        tag = tag_of(scene) or ""
        if self.asked:
            bpy.app.timers.register(partial(_watch, tag), first_interval=PULSE, persistent=True)
            redraw()
            return {"FINISHED"}
        return self._to_the_end(tag)

    def _to_the_end(self, tag: str) -> set[str]:
        """Wait for the film, as scripts do."""
        render = _running[tag]
        while (said := _looked(tag)) is None:
            pass
        for text in render.told:
            self.report({"WARNING"}, translated(text))
        text, well = said
        self.report({"INFO" if well else "ERROR"}, text)
        return {"FINISHED"} if well else {"CANCELLED"}

    def _film(self, scene: bpy.types.Scene) -> Path:
        return (
            named_film(self.filepath, f"{library.called(scene)}.mp4") if self.filepath else film_path(scene)
        )

    def _frames(self, scene: bpy.types.Scene) -> range:
        last = scene.frame_end if self.last < 0 else min(self.last, scene.frame_end)
        frames = range(scene.frame_start if self.first < 0 else self.first, last + 1)
        if not frames:
            raise UserError(tr("There is no frame to render: the last one comes before the first."))
        return frames

    def _plan(self, scene: bpy.types.Scene) -> Plan:
        return plan(scene, self._film(scene), self._frames(scene), self.key)


def said(planned: Plan) -> list[tuple[str, str]]:
    """What a render will do, line by line, each with its icon."""
    wide, high = planned.size
    lines = [
        (str(planned.path), "FILE_MOVIE"),
        (
            tr(
                "{frames} frames, {time} of film, {wide} × {high}, {fps} frames a second",
                frames=planned.frames,
                time=lasting(planned.seconds),
                wide=wide,
                high=high,
                fps=f"{planned.fps:.5g}",
            ),
            "RENDER_ANIMATION",
        ),
    ]
    if planned.there:
        lines.append((tr("{count} of them are there already", count=planned.there), "CHECKMARK"))
    if planned.takes is None:
        lines.append((tr("The first frames will tell how long it takes"), "TIME"))
    else:
        lines.append((tr("about {time} of work", time=lasting(planned.takes, about=True)), "TIME"))
    if planned.replaces:
        lines.append((tr("This replaces the film that is there"), "ERROR"))
    if planned.others:
        text = tr("{count} frames of other versions of this film are kept beside", count=planned.others)
        lines.append((text, "INFO"))
    return lines


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


class LLM_SCENE_OT_report(bpy.types.Operator):
    """Say what happened in the background"""

    bl_idname = "llm_scene.report"
    bl_label = "LLM Scene"
    bl_options = {"INTERNAL"}

    sentence: StringProperty(name="Sentence", options=ONCE)
    kind: StringProperty(name="Kind", default="INFO", options=ONCE)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.sentence:
            self.report({self.kind}, self.sentence)
        return {"FINISHED"}


CLASSES = (LLM_SCENE_OT_render, LLM_SCENE_OT_cancel_render, LLM_SCENE_OT_report)
