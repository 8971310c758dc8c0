"""The buttons and menu entries that leave files: one for every format, and the .blend and farm folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from ..choices import choices
from ..errors import UserError, hearing
from ..output.formats import FORMATS, Format, format_of
from ..scene.screen import as_it_stands
from . import library, preferences
from .operators import OnModelScene, OnOwnScene, stem_of
from .settings import options_of, property_of, settings_of
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

    check_existing: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if not self.filepath:
            name = stem_of(context.scene) + self.filename_ext
            self.filepath = str(preferences.output_folder() / name)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        try:
            with hearing(lambda sentence: self.report({"WARNING"}, sentence)):
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
    """The operators of the formats that a production can leave as."""

    form: Format

    def write(self, context: bpy.types.Context, path: Path) -> None:
        made = shown_in(context.scene)
        form = format_of(path, (self.form.name,))
        form.write(path, made, **{name: getattr(self, name) for name in choices(form.choices)})


def operator_of(form: Format) -> type:
    """The operator that writes a format, with a property for each of its choices."""
    pattern = ";".join(f"*{suffix}" for suffix in form.suffixes)
    filters = {"filter_glob": StringProperty(default=pattern, options={"HIDDEN"})}
    chosen = {name: property_of(one) for name, one in choices(form.choices).items()}
    return type(
        f"LLM_SCENE_OT_export_{form.name}",
        (_Production, bpy.types.Operator),
        {
            "__doc__": form.description,
            "__module__": __name__,
            "__annotations__": filters | chosen,
            "bl_idname": f"llm_scene.export_{form.name}",
            "bl_label": f"Export LLM Scene as {form.title}",
            "filename_ext": form.suffixes[0],
            "form": form,
        },
    )


class LLM_SCENE_OT_save_blend(_Export, bpy.types.Operator):
    """Write this scene alone into a .blend that opens and renders without this add-on"""

    bl_idname = "llm_scene.save_blend"
    bl_label = "Save LLM Scene as .blend"
    filename_ext = ".blend"
    filter_glob: StringProperty(default="*.blend", options={"HIDDEN"})

    def write(self, context: bpy.types.Context, path: Path) -> None:
        from ..output.blend import save

        if bpy.data.filepath and path == Path(bpy.data.filepath):
            raise UserError("This file is open: choose another name, or save it by File > Save.")
        save(context.scene, path)


class LLM_SCENE_OT_farm_folder(_Export, bpy.types.Operator):
    """Write a folder for a render farm: the scene, a job type for Flamenco, and how to submit it"""

    bl_idname = "llm_scene.farm_folder"
    bl_label = "Write Farm Folder"
    filename_ext = ""
    check_extension = None

    def write(self, context: bpy.types.Context, path: Path) -> None:
        from ..output.render.farm import write_farm

        write_farm(context.scene, path)


EXPORTS = {name: operator_of(form) for name, form in FORMATS.items()}
CLASSES = (*EXPORTS.values(), LLM_SCENE_OT_save_blend, LLM_SCENE_OT_farm_folder)
