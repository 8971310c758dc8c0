"""The command that gives a chapter another length or another beginning."""

from __future__ import annotations

import bpy
from bpy.props import FloatProperty, StringProperty

from ..errors import UserError
from ..film.retiming import stretched
from ..scene.picture import rate
from ..scene.retime import retime
from . import workspace
from .operators import OnOwnScene
from .sentences import lasting
from .settings import ONCE
from .task import refusing, sentence
from .translations import tr

NOTHING = 0.25  # of a frame: less is no change, but a length as a field writes it
SHORTEST = 0.2  # seconds of a chapter
Part = tuple[str, int, int, int]  # a chapter's title, since when the one before it, its first frame, its end


def parts(scene: bpy.types.Scene) -> list[Part]:
    """The chapters of a scene, as its markers have them now."""
    markers = sorted(scene.timeline_markers, key=lambda marker: marker.frame)
    ends = [*(marker.frame for marker in markers[1:]), scene.frame_end + 1]
    since = [scene.frame_start, *(marker.frame for marker in markers[:-1])]
    return [(m.name, s, m.frame, end) for m, s, end in zip(markers, since, ends, strict=True)]


def part_at(scene: bpy.types.Scene, name: str) -> Part:
    """A chapter by its title, or the one that is in view. Raises UserError where there is none."""
    found = [one for one in parts(scene) if one[0] == name or (not name and one[2] <= scene.frame_current)]
    if not found:
        raise UserError(tr("There is no such chapter: go to a frame of one, or name it by its title."))
    return found[-1]


class LLM_SCENE_OT_retime(OnOwnScene, bpy.types.Operator):
    """Stretch or shift a chapter with all its keys, markers and captions; what comes after moves along"""

    bl_idname = "llm_scene.retime"
    bl_label = "Stretch or Shift Chapter"
    bl_options = {"REGISTER", "UNDO"}

    chapter: StringProperty(name="Chapter", description="By its title; empty: the one in view", options=ONCE)
    length: FloatProperty(
        name="Length", description="Seconds that it takes; 0: as many as now", min=0.0, soft_max=120.0
    )
    shift: FloatProperty(
        name="Begins Later By",
        description="Seconds, taken by the chapter before it; less than 0: it begins earlier",
        soft_min=-30.0,
        soft_max=30.0,
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            name, _, start, end = part_at(context.scene, self.chapter)
        except UserError as error:
            self.report({"ERROR"}, sentence(error))
            return {"CANCELLED"}
        self.chapter, self.length, self.shift = name, (end - start) / rate(context.scene.render), 0.0
        return context.window_manager.invoke_props_dialog(self)

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        name, since, start, end = part_at(scene, self.chapter)
        fps = rate(scene.render)
        length, shift = self.length * fps or end - start, self.shift * fps
        if length < SHORTEST * fps or (since < start and start + shift - since < SHORTEST * fps):
            raise UserError(tr("A chapter takes {time} at least.", time=lasting(SHORTEST)))
        if since == start and shift < 0:
            raise UserError(tr("The first chapter cannot begin earlier."))
        if abs(length - (end - start)) < NOTHING and abs(shift) < NOTHING:
            text = tr("{chapter} is as long as that already: nothing has changed.", chapter=name)
            self.report({"INFO"}, text)
            return {"CANCELLED"}
        count = retime(scene, stretched(start, end, length, shift, since))
        time = lasting((scene.frame_end + 1 - scene.frame_start) / fps)
        text = tr(
            "{chapter}: {count} keys are timed anew; the film takes {time}.",
            chapter=name,
            count=count,
            time=time,
        )
        self.report({"INFO"}, text)
        workspace.show_whole_film(context.window)
        return {"FINISHED"}


CLASSES = (LLM_SCENE_OT_retime,)
