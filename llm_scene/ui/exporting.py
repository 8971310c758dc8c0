"""The buttons and menu entries that leave files: one for every format.

A file browser ends an operator by a call that cannot go on: that one hands the work over to another.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..choices import Choice, choices
from ..errors import UserError
from ..output.formats import FORMATS, Format
from ..scene.screen import as_it_stands
from ..steps import Steps
from . import library, preferences
from .operators import OnModelScene, OnOwnScene, named_path
from .settings import ONCE, RELATIVE, options_of, property_of, settings_of
from .task import Task
from .translations import tr

if TYPE_CHECKING:
    from ..staging.production import Production


def shown_in(scene: bpy.types.Scene) -> Production:
    """What a scene shows of one model, in the look that its panel has now, with the captions that it has."""
    made = library.production_of(scene)
    assert made is not None
    now = options_of(settings_of(scene))
    made = made.retold(look=now.look, colour_map=now.colour_map)
    return replace(made, film=as_it_stands(scene, made.film))


class _Export(Task, OnOwnScene, ExportHelper):
    """What the operators share that write one file by a file browser."""

    form: Format
    kind = "export"
    cancelled = "Cancelled; nothing was written."
    asked = False  # by a file browser
    filename_ext: str
    filepath: StringProperty(
        name="File Path", description="Where to write", subtype="FILE_PATH", options=RELATIVE | ONCE
    )
    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            name = library.called(context.scene) + self.filename_ext
            self.filepath = str(preferences.output_folder() / name)
        self.asked = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.asked:
            return super().execute(context)
        try:
            _handed[:] = [self.begun(context.scene)]
        except UserError as error:
            return self._failed(error)
        bpy.ops.llm_scene.write("INVOKE_DEFAULT")
        return {"FINISHED"}

    def work(self, context: bpy.types.Context) -> Steps[None]:
        yield from _written(self, *self.begun(context.scene))

    def begun(self, scene: bpy.types.Scene) -> tuple[Path, Steps[None]]:
        """Where the file goes, and the steps that write it."""
        path = named_path(self.filepath)
        return path, self.steps(scene, path)

    def steps(self, scene: bpy.types.Scene, path: Path) -> Steps[None]:
        """The steps that write the file: nothing of the operator is asked any more in them."""
        raise NotImplementedError


_handed: list[tuple[Path, Steps[None]]] = []


def _written(task: Task, path: Path, steps: Steps[None]) -> Steps[None]:
    for share, what in steps:
        yield share, tr(what)
    task.report({"INFO"}, tr("Wrote {path}.", path=path))


class LLM_SCENE_OT_write(Task, OnOwnScene, bpy.types.Operator):
    """Write a file that a file browser has named"""

    bl_idname = "llm_scene.write"
    bl_label = "Write LLM Scene File"
    bl_options = {"INTERNAL"}
    kind = _Export.kind
    cancelled = _Export.cancelled

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return super().poll(context) and bool(_handed)

    def work(self, context: bpy.types.Context) -> Steps[None]:
        return _written(self, *_handed.pop())


class _Production(OnModelScene, _Export):
    """The operators of formats that are written from a production."""

    def steps(self, scene: bpy.types.Scene, path: Path) -> Steps[None]:
        chosen = {name: getattr(self, name) for name in _chosen(self.form)}
        self.form.check(path)
        return self.form.write(path, shown_in(scene), None, *self.form.values(chosen))


class _Scene(_Export):
    """The operators of formats that are written from the scene as it stands, whatever was done to it."""

    def steps(self, scene: bpy.types.Scene, path: Path) -> Steps[None]:
        if bpy.data.filepath and path == Path(bpy.data.filepath):
            raise UserError("This file is open: choose another name, or save it by File > Save.")
        assert self.form.keep is not None
        self.form.check(path)
        return self.form.keep(path, scene)


class _Rendered(_Export):
    """The operator that asks where the film goes; rendering it is the panel's, in the background."""

    def execute(self, context: bpy.types.Context) -> set[str]:
        how = "EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT"
        bpy.ops.llm_scene.render(how, filepath=self.filepath)
        return {"FINISHED"}


def _chosen(form: Format) -> dict[str, Choice]:
    """What an operator asks about a format; how a scene is drawn and rendered, the panel has asked."""
    return {} if form.scenic else {name: one for kind in form.choices for name, one in choices(kind).items()}


def operator_of(form: Format) -> type:
    """The operator that writes a format, with a property for each of its choices."""
    pattern = ";".join(f"*{suffix}" for suffix in form.suffixes)
    filters = {"filter_glob": StringProperty(default=pattern, options={"HIDDEN"})} if pattern else {}
    chosen = {name: property_of(one) for name, one in _chosen(form).items()}
    kind = _Production if not form.scenic else _Scene if form.keep else _Rendered
    name = form.operator.partition(".")[2]
    return type(
        f"LLM_SCENE_OT_{name}",
        (kind, bpy.types.Operator),
        {
            "__doc__": form.description,
            "__module__": __name__,
            "__annotations__": filters | chosen,
            "bl_idname": form.operator,
            "bl_label": f"Export LLM Scene as {form.title}",
            "filename_ext": form.suffixes[0] if form.suffixes else "",
            "check_extension": True if len(form.suffixes) == 1 else None,  # several: the name says which
            "form": form,
        },
    )


CLASSES = (LLM_SCENE_OT_write, *(operator_of(form) for form in FORMATS.values()))
