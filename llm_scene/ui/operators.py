"""What the buttons do. Each operator hands over to the same functions as the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bpy
from bpy.props import IntProperty, StringProperty

from ..errors import UserError
from ..output.render.containers import CONTAINERS
from ..steps import Steps
from . import appearance, library, preferences, views, workspace
from .ownership import claimed, own_scenes, remove, tag_of, take_plain_names
from .settings import ONCE, RELATIVE, Settings, copy_settings, detail_of, options_of, quietly, settings_of
from .task import Task, aside, refusing
from .translations import tr

if TYPE_CHECKING:
    from ..staging.comparison import Comparison
    from ..staging.production import Production


PAUSE = 0.1  # seconds of work at least between two pauses for the window


def producing(settings: Settings) -> Callable[[], Production]:
    """What makes the production that the settings describe; it reads nothing of Blender's any more.

    Raises UserError, as does what it returns, where that is impossible.
    """
    from ..staging.production import produce

    model, prompt, options = library.model_of(settings), settings.prompt, options_of(settings)
    return lambda: produce(model, prompt, options)


class LLM_SCENE_OT_generate(Task, bpy.types.Operator):
    """Build the scene of the chosen model and prompt, and show it"""

    bl_idname = "llm_scene.generate"
    bl_label = "Generate LLM Scene"
    bl_options = {"REGISTER", "UNDO"}

    folder: StringProperty(
        name="Model Folder",
        description="A model of your own; empty: as the panel says",
        subtype="DIR_PATH",
        options=RELATIVE | ONCE,
    )

    def work(self, context: bpy.types.Context) -> Steps[None]:
        scene, window = context.scene, context.window
        settings = settings_of(scene)
        if self.folder:
            with quietly():
                settings.source, settings.folder = "FOLDER", self.folder
        if not library.model_of(settings).has_weights:
            yield from self._structure(context, settings)
            return
        made: list[Production] = []
        question = library.asked(settings)
        yield from aside(producing(settings), 0.1, tr("running the model"), made)
        self.alone = True  # what appears in the file from now on is the scene's
        previous = replaced_by(scene)
        production = made[0]
        fresh = yield from building(production, settings, question)
        present(window, fresh, previous)
        count, model = len(production.layout.blocks), production.model.title
        self.report({"INFO"}, tr("Built {count} matrices of {model}.", count=count, model=model))

    def _structure(self, context: bpy.types.Context, settings: Settings) -> Steps[None]:
        """Build what there is to show of a shape, as in a comparison with nothing."""
        model = library.model_of(settings)
        yield from stood_side_by_side(self, context, comparison_recipe(settings, (settings.preset,)))
        text = tr("{model} comes without weights: this is its structure.", model=model.title)
        self.report({"INFO"}, text)


def stood_side_by_side(task: Task, context: bpy.types.Context, recipe: dict[str, Any]) -> Steps[int]:
    """Build the comparison that a recipe describes and show it; returns how many models it shows."""
    scene, window = context.scene, context.window
    settings = settings_of(scene)
    made: list[Comparison] = []
    yield from aside(lambda: library.compare(recipe), 0.1, tr("running the models"), made)
    task.alone = True
    previous = replaced_by(scene)
    fresh = yield from comparing(recipe, made[0], settings)
    present(window, fresh, previous)
    return len(made[0].places)


class LLM_SCENE_OT_compare(Task, bpy.types.Operator):
    """Build the chosen models side by side in true proportion, with a film about their scale"""

    bl_idname = "llm_scene.compare"
    bl_label = "Compare Models"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, context: bpy.types.Context) -> Steps[None]:
        count = yield from stood_side_by_side(self, context, comparison_recipe(settings_of(context.scene)))
        self.report({"INFO"}, tr("{count} models stand side by side.", count=count))


def comparison_recipe(settings: Settings, only: Sequence[str] = ()) -> dict[str, Any]:
    """How to make the comparison that the settings describe, or one of `only` these presets.

    Raises UserError where no model is chosen.
    """
    own = settings.folder if settings.compare_own and not only else ""
    names = list(only) or [preset.name for preset in library.shipped() if preset.name in settings.compared]
    if not names and not own:
        raise UserError(tr("Choose at least one model to show."))
    return {
        "models": names,
        "folder": own,
        "alone": bool(only),
        "budget": preferences.cell_budget(),
        "options": asdict(options_of(settings)),
    }


def comparing(recipe: dict[str, Any], comparison: Comparison, settings: Settings) -> Steps[bpy.types.Scene]:
    """A new scene of models side by side; nothing is left of it where it fails, or is closed early."""
    from ..scene.comparison import construct_comparison
    from ..scene.engines import apply_preset
    from ..staging.quality import PRESETS

    with claimed() as tag:
        steps = construct_comparison(comparison, replace(preferences.detail(), cuboids=recipe["budget"]))
        scene = yield from seldom(steps)
        apply_preset(scene, PRESETS[settings.quality], comparison.film.aspect)
    scene["llm_scene"] = tag
    library.remember(scene, comparison, recipe)
    copy_settings(settings, settings_of(scene))
    return scene


def present(
    window: bpy.types.Window | None, fresh: bpy.types.Scene, previous: bpy.types.Scene | None
) -> None:
    """Show a new scene in the window, in place of a previous one where there is one."""
    if window is not None:
        leaving, apart = window.scene, preferences.own_workspace() and not bpy.app.background
        if not apart:
            views.keep(window, leaving, fresh)
        window.scene = fresh
        if apart:
            workspace.enter(window, leaving)
        else:
            views.face_camera(window, fresh)
    if previous is not None:
        remove(previous, fresh)
        take_plain_names(fresh)


def seldom(steps: Steps[bpy.types.Scene]) -> Steps[bpy.types.Scene]:
    """The same steps, but a pause for the window only now and then.

    A window that takes long to draw gets no more time than the work does.
    """
    begun, away = time.monotonic(), 0.0
    try:
        while True:
            share, what = next(steps)
            now = time.monotonic()
            if now - begun >= max(PAUSE, away):
                yield 0.2 + 0.8 * share, tr("building {what}", what=tr(what))
                begun = time.monotonic()
                away = begun - now
    except StopIteration as end:
        return cast("bpy.types.Scene", end.value)


def building(
    production: Production, settings: Settings, question: Mapping[str, str]
) -> Steps[bpy.types.Scene]:
    """A new scene of a production, the answer to a question, with all choices of the settings.

    Nothing is left of it where it fails, or is closed before its end.
    """
    from ..scene.build import construct
    from ..scene.engines import apply_preset
    from ..staging.quality import PRESETS

    with claimed() as tag:
        steps = construct(production, detail_of(settings))
        scene = yield from seldom(steps)
        apply_preset(scene, PRESETS[settings.quality], production.film.aspect)
    scene["llm_scene"] = tag
    library.remember(scene, production, library.recipe_of(production, question))
    copy_settings(settings, settings_of(scene))
    return scene


def replaced_by(scene: bpy.types.Scene) -> bpy.types.Scene | None:
    """The scene of the add-on that a new one takes the place of: the one in view, unless it is kept."""
    if tag_of(scene) is not None:
        return None if settings_of(scene).keep else scene
    return next((own for own in own_scenes() if not settings_of(own).keep), None)


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
    LLM_SCENE_OT_generate,
    LLM_SCENE_OT_compare,
    LLM_SCENE_OT_save_preset,
    LLM_SCENE_OT_rename_preset,
    LLM_SCENE_OT_delete_preset,
    LLM_SCENE_OT_real_model,
    LLM_SCENE_OT_remove,
    LLM_SCENE_OT_show,
    LLM_SCENE_OT_jump,
)
