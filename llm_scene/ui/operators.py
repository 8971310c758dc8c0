"""What the buttons do to a scene that stands, and to presets; `making` has those that build one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty

from ..errors import UserError
from ..output.render.containers import CONTAINERS
from . import appearance, library, preferences, views, workspace
from .ownership import remove, tag_of
from .settings import ONCE, options_of, quietly, settings_of
from .task import refusing
from .translations import tr


class OnOwnScene:
    """Mixin of operators that need a generated scene."""

    poll_message_set: Callable[[str], None]  # Blender's own

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if tag_of(context.scene) is None:
            cls.poll_message_set(tr("Generate a scene first, or switch to the one you generated"))
            return False
        return True


class OnModelScene(OnOwnScene):
    """Mixin of operators that need a generated scene of a single model."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if library.compares(context.scene):
            cls.poll_message_set(tr("This scene compares models: generate one of them first"))
            return False
        if not library.is_readable(context.scene):
            cls.poll_message_set(library.unreadable())
            return False
        return True


class LLM_SCENE_OT_save_preset(bpy.types.Operator):
    """Keep the model, the prompt, the sampling and the look under a name in the menu of presets"""

    bl_idname = "llm_scene.save_preset"
    bl_label = "Save as Preset"
    bl_options = {"REGISTER"}

    name: StringProperty(name="Name", description="What the menu of presets calls it", options=ONCE)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = settings_of(context.scene)
        path = library.save_preset(self.name.strip(), settings, options_of(settings))
        with quietly():
            settings.source, settings.preset = "PRESET", path.stem
        self.report({"INFO"}, tr("Saved the preset {path}.", path=path))
        return {"FINISHED"}


class OnOwnPreset:
    """Mixin of operators that need a preset which the user saved."""

    poll_message_set: Callable[[str], None]  # Blender's own

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if library.own_preset(settings_of(context.scene)) is None:
            cls.poll_message_set(tr("Choose a preset that you saved"))
            return False
        return True


class LLM_SCENE_OT_rename_preset(OnOwnPreset, bpy.types.Operator):
    """Give the chosen preset, one that you saved, another name"""

    bl_idname = "llm_scene.rename_preset"
    bl_label = "Rename Preset"

    name: StringProperty(name="Name", description="What the menu of presets calls it", options=ONCE)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.name = settings_of(context.scene).preset
        return context.window_manager.invoke_props_dialog(self)

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = settings_of(context.scene)
        name = library.rename_preset(settings, self.name.strip())
        with quietly():
            settings.preset = name
        return {"FINISHED"}


class LLM_SCENE_OT_delete_preset(OnOwnPreset, bpy.types.Operator):
    """Delete the chosen preset, one that you saved; its model and your scenes stay"""

    bl_idname = "llm_scene.delete_preset"
    bl_label = "Delete Preset"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    @refusing
    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = settings_of(context.scene)
        library.delete_preset(settings)
        settings.property_unset("preset")
        return {"FINISHED"}


class LLM_SCENE_OT_real_model(bpy.types.Operator):
    """Take the model itself instead of its shape: it is downloaded once from the Hugging Face hub"""

    bl_idname = "llm_scene.real_model"
    bl_label = "Take the Model Itself"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = settings_of(context.scene)
        preset = library.presets().get(settings.preset)
        if preset is None or not preset.hub:
            self.report({"ERROR"}, tr("Nobody has published the weights of this model."))
            return {"CANCELLED"}
        settings.source, settings.folder = "FOLDER", preset.hub
        if library.to_download(settings) and bpy.app.online_access and not bpy.app.background:
            return bpy.ops.llm_scene.download_model("INVOKE_DEFAULT")
        return {"FINISHED"}


class LLM_SCENE_OT_remove(OnOwnScene, bpy.types.Operator):
    """Delete this scene with everything that was generated for it; your own objects stay"""

    bl_idname = "llm_scene.remove"
    bl_label = "Delete LLM Scene"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from . import inspector

        heir = next((scene for scene in bpy.data.scenes if scene != context.scene), None)
        before = views.kept(context.scene)
        library.let_go(tag_of(context.scene) or "")
        inspector.let_go(context.scene)
        remove(context.scene, heir or bpy.data.scenes.new("Scene"))
        views.restore(before)
        workspace.leave(context.window)
        return {"FINISHED"}


def _choose_part(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """A switch for all that can be shown or hidden, as the panel has them."""
    for part in appearance.shown_parts(context.scene):
        icon = "HIDE_OFF" if appearance.shows(context.scene, part) else "HIDE_ON"
        switch = menu.layout.operator(
            "llm_scene.show", text=appearance.called(part), icon=icon, translate=False
        )
        switch.part = part


class LLM_SCENE_OT_show(OnOwnScene, bpy.types.Operator):
    """Show or hide a part of the scene, in the view and in the film"""

    bl_idname = "llm_scene.show"
    bl_label = "Show or Hide Part"
    bl_options = {"REGISTER", "UNDO"}

    part: StringProperty(
        name="Part",
        description="Links, or a head: “Head 1” is the first of every block",
        options=ONCE,
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.part:  # as the panel's switches say
            return self.execute(context)
        context.window_manager.popup_menu(_choose_part, title=tr("Show or Hide Part"))
        return {"CANCELLED"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.part not in appearance.shown_parts(context.scene):
            self.report({"ERROR"}, tr("This scene has no such part: there are Links, Head 1, Head 2 …"))
            return {"CANCELLED"}
        appearance.show(context.scene, self.part, not appearance.shows(context.scene, self.part))
        return {"FINISHED"}


class LLM_SCENE_OT_jump(OnOwnScene, bpy.types.Operator):
    """Go to the beginning of this chapter"""

    bl_idname = "llm_scene.jump"
    bl_label = "Jump to Chapter"
    bl_options = {"INTERNAL"}

    frame: IntProperty(name="Frame", description="The chapter's first frame")

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.frame_set(self.frame)
        return {"FINISHED"}


def film_path(scene: bpy.types.Scene) -> Path:
    """Where a scene's film goes. Raises UserError where that depends on a file that was never saved."""
    name = f"{library.called(scene)}.mp4"
    chosen = settings_of(scene).film_path
    return named_film(chosen, name) if chosen else preferences.output_folder() / name


def named_path(chosen: str) -> Path:
    """The path that a user wrote. Raises UserError where that depends on a file that was never saved."""
    if chosen.startswith("//") and not bpy.data.filepath:
        raise UserError(tr("Save the .blend first: // means the folder that it is in."))
    return Path(bpy.path.abspath(chosen))


def named_film(chosen: str, name: str) -> Path:
    """The film that a path names; where that is a folder, or ends as one, the film `name` in it."""
    path = named_path(chosen)
    if chosen.endswith(("/", "\\")) or path.is_dir():
        return path / name
    return path if path.suffix.lower() in CONTAINERS else path.with_name(path.name + ".mp4")


CLASSES = (
    LLM_SCENE_OT_save_preset,
    LLM_SCENE_OT_rename_preset,
    LLM_SCENE_OT_delete_preset,
    LLM_SCENE_OT_real_model,
    LLM_SCENE_OT_remove,
    LLM_SCENE_OT_show,
    LLM_SCENE_OT_jump,
)
