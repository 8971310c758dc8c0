"""Generate and Compare: a new scene, and what becomes of the one that was there.

They hand over to the same functions as the command line. A scene that was changed by hand is never thrown
away unasked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import bpy
from bpy.props import EnumProperty, StringProperty

from ..steps import Steps
from . import edits, library, preferences, views, workspace
from .changes import changes
from .ownership import claimed, own_scenes, remove, tag_of, take_plain_names
from .settings import (
    ONCE,
    RELATIVE,
    Settings,
    comparison_recipe,
    copy_settings,
    detail_of,
    options_of,
    quietly,
    settings_of,
)
from .task import Task, aside
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


@dataclass(frozen=True)
class Earlier:
    """The scene that a new one comes after."""

    scene: bpy.types.Scene | None
    lost: Sequence[str] = ()  # what was changed in it, by English titles
    stays: bool = False

    @property
    def goes(self) -> bpy.types.Scene | None:
        """What the new one takes the place of."""
        return None if self.stays else self.scene

    @property
    def listed(self) -> str:
        """What was changed in it, in a line."""
        return tr(", ").join(map(tr, self.lost))


def earlier_than(scene: bpy.types.Scene) -> Earlier:
    """The scene that one made from `scene` takes the place of, unless it is kept."""
    there = replaced_by(scene)
    if there is None:
        return Earlier(None)
    typed = [] if there == scene else changes(there)  # its panel says what it was not made with
    return Earlier(there, [*edits.edits(there), *typed])


class Maker(Task):
    """What the operators share that make a scene, perhaps in place of an earlier one."""

    bl_idname: str
    layout: bpy.types.UILayout
    as_keywords: Callable[[], dict[str, Any]]
    earlier: EnumProperty(
        name="The Scene That Is There",
        description="What becomes of it where it was changed by hand",
        items=[
            ("ASK", "Ask", "It stays where nobody can be asked"),
            ("KEEP", "Keep It", "The new scene comes beside it"),
            ("REPLACE", "Replace It", "All that was changed is lost"),
        ],
        options=ONCE,
    )
    asking: Earlier | None = None  # about what the user is being asked

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None or self.earlier != "ASK":
            return super().invoke(context, event)
        there = earlier_than(context.scene)
        if not there.lost:
            return super().invoke(context, event)
        self.asking, self.earlier = there, "KEEP"
        return context.window_manager.invoke_props_dialog(
            self, width=420, title=tr("There is a scene already"), confirm_text=tr("Generate")
        )

    def draw(self, context: bpy.types.Context) -> None:
        if self.asking is None or self.asking.scene is None:
            return
        text = tr("“{scene}” was changed since it was made:", scene=self.asking.scene.name)
        column = self.layout.column(align=True)
        column.label(text=text, icon="INFO", translate=False)
        column.label(text=self.asking.listed, icon="BLANK1", translate=False)
        for choice in ("KEEP", "REPLACE"):
            self.layout.prop_enum(self, "earlier", choice)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.asking is None:
            return super().execute(context)
        name = self.bl_idname.replace("LLM_SCENE_OT_", "")
        getattr(bpy.ops.llm_scene, name)("INVOKE_DEFAULT", **self.as_keywords())  # this call cannot go on
        return {"CANCELLED"}

    def place(self, scene: bpy.types.Scene) -> Earlier:
        """What the new scene comes after, and whether that stays; nothing else may change the file by now."""
        self.alone = True  # what appears from now on is the scene's
        there = earlier_than(scene)
        stays = self.earlier == "KEEP" or (self.earlier == "ASK" and bool(there.lost))
        return replace(there, stays=stays and there.scene is not None)

    def show(
        self, window: bpy.types.Window | None, fresh: bpy.types.Scene, there: Earlier, text: str
    ) -> None:
        """Show the new scene, and report what there is now."""
        present(window, fresh, there.goes)
        self.report({"INFO"}, text)
        if there.stays and there.scene is not None and there.lost:
            with quietly():
                settings_of(there.scene).keep = True
            text = tr(
                "“{scene}” was changed ({what}) and stays; the new one is “{fresh}”.",
                scene=there.scene.name,
                what=there.listed,
                fresh=fresh.name,
            )
            self.report({"INFO"}, text)


class LLM_SCENE_OT_generate(Maker, bpy.types.Operator):
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
        there = self.place(scene)
        production = made[0]
        fresh = yield from building(production, settings, question)
        count, model = len(production.layout.blocks), production.model.title
        self.show(window, fresh, there, tr("Built {count} matrices of {model}.", count=count, model=model))

    def _structure(self, context: bpy.types.Context, settings: Settings) -> Steps[None]:
        """Build what there is to show of a shape, as in a comparison with nothing."""
        model = library.model_of(settings)
        text = tr("{model} comes without weights: this is its structure.", model=model.title)
        yield from stood_side_by_side(self, context, comparison_recipe(settings, (settings.preset,)), text)


def stood_side_by_side(
    maker: Maker, context: bpy.types.Context, recipe: dict[str, Any], text: str = ""
) -> Steps[None]:
    """Build the comparison that a recipe describes, show it, and report `text`, or how many there are."""
    scene, window = context.scene, context.window
    settings = settings_of(scene)
    made: list[Comparison] = []
    yield from aside(lambda: library.compare(recipe), 0.1, tr("running the models"), made)
    there = maker.place(scene)
    fresh = yield from comparing(recipe, made[0], settings)
    count = len(made[0].places)
    maker.show(window, fresh, there, text or tr("{count} models stand side by side.", count=count))


class LLM_SCENE_OT_compare(Maker, bpy.types.Operator):
    """Build the chosen models side by side in true proportion, with a film about their scale"""

    bl_idname = "llm_scene.compare"
    bl_label = "Compare Models"
    bl_options = {"REGISTER", "UNDO"}

    def work(self, context: bpy.types.Context) -> Steps[None]:
        yield from stood_side_by_side(self, context, comparison_recipe(settings_of(context.scene)))


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
    edits.remember(fresh)


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


CLASSES = (LLM_SCENE_OT_generate, LLM_SCENE_OT_compare)
