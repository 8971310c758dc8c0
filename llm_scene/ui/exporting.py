"""The buttons and menu entries that leave files: one for every format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..choices import Choice, choices
from ..errors import UserError, hearing
from ..output.formats import FORMATS, Format, export
from ..scene.screen import as_it_stands
from . import library, preferences
from .operators import OnModelScene, OnOwnScene, named_path
from .sentences import translated
from .settings import RELATIVE, options_of, property_of, settings_of
from .task import sentence
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


class _Export(OnOwnScene, ExportHelper):
    """What the operators share that write one file by a file browser."""

    form: Format
    filename_ext: str
    filepath: StringProperty(
        name="File Path", description="Where to write", subtype="FILE_PATH", options=RELATIVE
    )
    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            name = library.called(context.scene) + self.filename_ext
            self.filepath = str(preferences.output_folder() / name)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            path = named_path(self.filepath)
            with hearing(lambda said: self.report({"WARNING"}, translated(said))):
                self.write(context, path)
        except (UserError, OSError, MemoryError) as error:
            self.report({"ERROR"}, sentence(error))
            return {"CANCELLED"}
        self.report({"INFO"}, tr("Wrote {path}.", path=path))
        return {"FINISHED"}

    def write(self, context: bpy.types.Context, path: Path) -> None:
        """Write the file."""
        raise NotImplementedError


class _Production(OnModelScene, _Export):
    """The operators of formats that are written from a production."""

    def write(self, context: bpy.types.Context, path: Path) -> None:
        made = shown_in(context.scene)
        export(path, made, self.form.name, **{name: getattr(self, name) for name in _chosen(self.form)})


class _Scene(_Export):
    """The operators of formats that are written from the scene as it stands, whatever was done to it."""

    def write(self, context: bpy.types.Context, path: Path) -> None:
        if bpy.data.filepath and path == Path(bpy.data.filepath):
            raise UserError("This file is open: choose another name, or save it by File > Save.")
        assert self.form.keep is not None
        self.form.check(path)
        self.form.keep(path, context.scene)


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


CLASSES = tuple(operator_of(form) for form in FORMATS.values())
