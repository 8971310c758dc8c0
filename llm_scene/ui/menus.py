"""The other ways in: Add menu, File > Export, and files dropped into the window."""

from __future__ import annotations

import threading
from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..errors import UserError
from ..output.formats import FORMATS
from ..steps import Steps
from . import library
from .ownership import tag_of
from .settings import ONCE, settings_of
from .task import Task, aside, refusing
from .translations import tr

COMMANDS = (
    ("generate", "compare", "open_model", "download_model", "save_preset", "show", "retime", "remove"),
    ("inspect_tool", "inspect", "inspect_film", "open_window", "inspect_clear"),
)

ASKING = {
    "open_model",
    "save_preset",
    "show",
    "retime",
    "inspect",
}  # before they begin, as exports do


def entry(layout: bpy.types.UILayout, operator: str, icon: str = "NONE") -> None:
    """An operator under its own name, with dots where it asks before it begins, as Blender's have them."""
    group, _, name = operator.partition(".")
    text = tr(getattr(getattr(bpy.ops, group), name).get_rna_type().name)
    asks = name in ASKING or operator in {form.operator for form in FORMATS.values()}
    text += "…" * asks
    layout.operator(operator, text=text, icon=icon, translate=False)


def draw_add(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Add > LLM Scene."""
    self.layout.separator()
    self.layout.operator("llm_scene.generate", text="LLM Scene", icon="SHADERFX")


def draw_export(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """File > Export > LLM Scene."""
    column = self.layout.column()
    column.enabled = tag_of(context.scene) is not None
    for form in FORMATS.values():
        label = tr("LLM Scene as {title}", title=tr(form.title))
        label += f" ({'/'.join(form.suffixes)})" if form.suffixes else ""
        column.operator(form.operator, text=label, translate=False)


class VIEW3D_MT_llm_scene(bpy.types.Menu):
    """Every command of the add-on; the search of all menus finds them here."""

    bl_idname = "VIEW3D_MT_llm_scene"
    bl_label = "LLM Scene"

    def draw(self, context: bpy.types.Context) -> None:
        for names in COMMANDS:
            for name in names:
                entry(self.layout, f"llm_scene.{name}")
            self.layout.separator()
        for form in FORMATS.values():
            entry(self.layout, form.operator)


def draw_menu(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """The 3D view's menu bar."""
    self.layout.menu(VIEW3D_MT_llm_scene.bl_idname)


class LLM_SCENE_OT_open_model(bpy.types.Operator):
    """Take a model of your own into the panel"""

    bl_idname = "llm_scene.open_model"
    bl_label = "Open Model for LLM Scene"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        name="File",
        description="A model's .safetensors file, or its folder",
        subtype="FILE_PATH",
        options=ONCE,
    )
    filter_glob: StringProperty(default="*.safetensors", options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        folder = path if path.is_dir() else path.parent
        model = library.load("", str(folder))
        settings = settings_of(context.scene)
        settings.source, settings.folder = "FOLDER", str(folder)
        count = f"{model.network.n_params():,}"
        text = tr("{model}: {count} parameters. Now press Generate.", model=model.title, count=count)
        self.report({"INFO"}, text)
        return {"FINISHED"}


class LLM_SCENE_OT_download_model(Task, bpy.types.Operator):
    """Bring the model that the panel names from the Hugging Face hub to this computer"""

    bl_idname = "llm_scene.download_model"
    bl_label = "Download Model"
    kind = "download"
    cancelled = "Cancelled; what has arrived as a whole is kept."

    def work(self, context: bpy.types.Context) -> Steps[None]:
        from ..models import find_folder

        name = library.to_download(settings_of(context.scene))
        if not name:
            raise UserError(tr("There is no model to download: name one of the hub, OWNER/NAME."))
        if not bpy.app.online_access:
            raise UserError(tr("Blender is offline: allow online access in its preferences, under System."))
        share, stopped, found = [0.0], threading.Event(), list[Path]()

        def progress(done: float) -> None:
            if stopped.is_set():
                raise UserError(self.cancelled)
            share[0] = done

        def fetch() -> Path:
            return find_folder(name, progress=progress)

        try:
            for _ in aside(fetch, 0.0, name, found):
                yield share[0], tr("downloading {model}", model=name)
        finally:
            stopped.set()
        self.report({"INFO"}, tr("{model} is here. Now press Generate.", model=name))


class LLM_SCENE_FH_model(bpy.types.FileHandler):
    """A .safetensors file dropped into the 3D view."""

    bl_idname = "LLM_SCENE_FH_model"
    bl_label = "Language Model"
    bl_import_operator = "llm_scene.open_model"
    bl_file_extensions = ".safetensors"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"


CLASSES = (VIEW3D_MT_llm_scene, LLM_SCENE_OT_open_model, LLM_SCENE_OT_download_model, LLM_SCENE_FH_model)


def register() -> None:
    """Add the menu entries."""
    bpy.types.VIEW3D_MT_add.append(draw_add)
    bpy.types.VIEW3D_MT_editor_menus.append(draw_menu)
    bpy.types.TOPBAR_MT_file_export.append(draw_export)


def unregister() -> None:
    """Take them away."""
    bpy.types.TOPBAR_MT_file_export.remove(draw_export)
    bpy.types.VIEW3D_MT_editor_menus.remove(draw_menu)
    bpy.types.VIEW3D_MT_add.remove(draw_add)
