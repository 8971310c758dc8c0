"""What a user can choose, kept in the scene and so in the file."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import bpy
from bpy import props

from ..choices import Choice, Items, choices
from ..errors import UserError
from ..film.compose import CUTS
from ..layout.budget import Detail
from ..look import look_of
from ..models import DEFAULT
from ..scene.engines import apply_preset
from ..scene.picture import rate
from ..staging.options import Options, rate_name
from ..staging.quality import PRESETS as RENDER_PRESETS
from . import appearance, preferences
from .edits import not_by_hand
from .library import WORN, compares, presets, shipped, worn
from .ownership import tag_of
from .translations import CONTEXT, tr

BoolProperty, BoolVectorProperty, EnumProperty, FloatProperty, IntProperty, StringProperty = (
    partial(define, translation_context=CONTEXT)
    for define in (
        props.BoolProperty,
        props.BoolVectorProperty,
        props.EnumProperty,
        props.FloatProperty,
        props.IntProperty,
        props.StringProperty,
    )
)
Item = tuple[str, str, str, int]
RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"}  # paths may begin with //
ONCE = {"SKIP_SAVE"}  # told anew each time: what was told last would be meant for another scene
OPTIONS = choices(Options)
_quiet = False


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Within the block, setting a property changes nothing else."""
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


def number_of(name: str) -> int:
    """A number for an item of a menu that stays the same when items are added, as files store it."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


_items: list[Item] = []  # Blender needs the texts of a menu to stay alive


def preset_items(self: Settings, context: bpy.types.Context | None) -> list[Item]:
    """The menu of presets."""
    _items[:] = [(p.name, p.title, p.description, number_of(p.name)) for p in presets().values()]
    return _items


def compared_items() -> list[tuple[str, str, str, str, int]]:
    """The models that can be chosen to stand side by side."""
    return [(p.name, p.title, p.description, "NONE", 1 << n) for n, p in enumerate(shipped())]


def take_preset(self: Settings, context: bpy.types.Context) -> None:
    """A preset brings its prompt and its way of sampling."""
    preset = presets().get(self.preset)
    if _quiet or preset is None:
        return
    with quietly():
        self.prompt = preset.prompt
        usual = {name: one.default for name, one in OPTIONS.items() if one.group == "prompt"}
        for name, value in (usual | dict(preset.options)).items():
            if name not in UPDATES:
                setattr(self, name, shown(OPTIONS[name], value))
    for name in UPDATES:
        if name in preset.options:
            setattr(self, name, preset.options[name])


def choose_folder(self: Settings, context: bpy.types.Context) -> None:
    """A file of a model stands for its folder."""
    if not _quiet and self.folder and Path(bpy.path.abspath(self.folder)).is_file():
        self.folder = str(Path(self.folder).parent)


def live(
    change: Callable[[bpy.types.Scene, Settings], None], *, compared: bool = False
) -> Callable[[Settings, bpy.types.Context], None]:
    """An update callback that acts on the scene, where the add-on made it.

    On scenes with models side by side it acts only where `compared` says that it can.
    """

    def update(self: Settings, context: bpy.types.Context) -> None:
        scene = self.id_data
        if not _quiet and tag_of(scene) is not None and (compared or not compares(scene)):
            change(scene, self)

    return update


def recolour(scene: bpy.types.Scene, settings: Settings) -> None:
    """Give the scene the chosen look and colour map."""
    now = settings.look, settings.colour_map
    with not_by_hand(scene):
        appearance.set_look(scene, look_of(*worn(scene)), look_of(*now))
    scene[WORN] = now


def reshape(name: str) -> Callable[[bpy.types.Scene, Settings], None]:
    """Give all cells one measure."""

    def change(scene: bpy.types.Scene, settings: Settings) -> None:
        appearance.set_measure(scene, name, getattr(settings, name.lower()))

    return change


def relabel(scene: bpy.types.Scene, settings: Settings) -> None:
    """Show or hide all writing."""
    appearance.show_labels(scene, settings.labels)


def requality(scene: bpy.types.Scene, settings: Settings) -> None:
    """Let the scene render in the chosen quality, in the shape that its film is framed for."""
    aspect = scene.render.resolution_x / scene.render.resolution_y
    apply_preset(scene, RENDER_PRESETS[settings.quality], aspect)


# What a choice changes in a scene that stands, as soon as it is made.
UPDATES = {"look": live(recolour), "colour_map": live(recolour)}
RESHAPED = {
    **{name: live(reshape(name.title())) for name in ("gap", "relief", "bevel")},
    "labels": live(relabel),
}


def plain(value: Any) -> Any:
    """A property's value as it was chosen: Blender's numbers have 32 bits."""
    return round(value, 4) if isinstance(value, float) else value


def shown(one: Choice, value: Any) -> Any:
    """A value as a property holds it: a toggle for each name that there is; no name means all of them."""
    return [not value or name in value for name in one.names] if one.type is tuple else value


def read(settings: Settings, name: str) -> Any:
    """A choice as the panel holds it; where it toggles names, those that are on, none where all are.

    Raises UserError where none is.
    """
    one, value = OPTIONS[name], getattr(settings, name)
    if one.type is not tuple:
        return plain(value)
    offered = toggles(settings, name)
    on = tuple(item for n, item in enumerate(one.names) if value[n] and item in offered)
    if not on:
        raise UserError(tr("Nothing is chosen under {title}: choose at least one.", title=tr(one.title)))
    return () if len(on) == len(offered) else on


def toggles(settings: Settings, name: str) -> Collection[str]:
    """What there is to choose under a choice of names, as the other choices are."""
    return CUTS[settings.cut].chapters if name == "chapters" else OPTIONS[name].names


def property_of(one: Choice, **more: Any) -> Any:
    """The panel's property for a choice; `more` goes before what the choice says."""
    kind = type(one.default)
    told: dict[str, Any] = {"name": one.title, "description": one.help, "default": shown(one, one.default)}
    if kind is tuple:
        return BoolVectorProperty(**(told | {"size": len(one.names)} | more))
    if one.items is not None:
        return EnumProperty(**(told | {"items": one.items()} | more))
    limits = {"min": one.low, "max": one.high, "soft_max": one.soft_high, "step": one.step}
    told |= {name: value for name, value in limits.items() if value is not None}
    if kind is float:
        return FloatProperty(**(told | {"subtype": one.subtype} | more))
    makers: dict[type, Any] = {int: IntProperty, bool: BoolProperty}
    return makers.get(kind, StringProperty)(**(told | more))


def _offered(name: str) -> Items:
    items = OPTIONS[name].items
    assert items is not None
    return items()


def option_properties() -> dict[str, Any]:
    """A property for every option. Films may also speak as the preferences say, and run as the scene does."""
    auto = ("auto", "As in the Preferences", "The language that the add-on's preferences choose")
    spoken = {"items": (auto, *_offered("language")), "default": "auto"}
    own = ("auto", "As the Scene", "The frame rate of the scene that Generate starts from")
    paced = {"items": (own, *_offered("fps")), "default": "auto"}
    more: dict[str, dict[str, Any]] = {"language": spoken, "fps": paced, "steps": {"default": 6}}
    more |= {name: {"update": update} for name, update in UPDATES.items()}
    return {name: property_of(one, **more.get(name, {})) for name, one in OPTIONS.items()}


def cell_properties() -> dict[str, Any]:
    """A property for every choice of what cells look like."""
    found = choices(Detail)
    return {name: property_of(found[name], update=update) for name, update in RESHAPED.items()}


def detail_of(settings: Settings) -> Detail:
    """How matrices are drawn, as the panel and the preferences say it."""
    cells = {name: getattr(settings, name) for name in RESHAPED}
    return replace(preferences.detail(), **{name: plain(value) for name, value in cells.items()})


def options_of(settings: Settings) -> Options:
    """The options that the panel holds. Raises UserError where they go together with nothing."""
    values = {name: read(settings, name) for name in OPTIONS}
    values["language"] = preferences.caption_language(settings.language)
    if settings.fps == "auto":
        values["fps"] = rate_name(rate(settings.id_data.render))
    return Options(**values)


def comparison_recipe(settings: Settings, only: Sequence[str] = ()) -> dict[str, Any]:
    """How to make the comparison that the settings describe, or one of `only` these presets.

    Raises UserError where no model is chosen.
    """
    own = settings.folder if settings.compare_own and not only else ""
    names = list(only) or [preset.name for preset in shipped() if preset.name in settings.compared]
    if not names and not own:
        raise UserError(tr("Choose at least one model to show."))
    return {
        "models": names,
        "folder": own,
        "alone": bool(only),
        "budget": preferences.cell_budget(),
        "options": asdict(options_of(settings)),
    }


class Settings(bpy.types.PropertyGroup):
    """The panel's contents: a property for every option, and what only the panel has."""

    source: EnumProperty(
        name="Source",
        description="Where the model comes from",
        items=[
            ("PRESET", "Preset", "A model that ships with LLM Scene, or one you saved"),
            ("FOLDER", "My Model", "A model in a folder of yours, or of the Hugging Face hub"),
        ],
    )
    preset: EnumProperty(
        name="Preset",
        description="The model to show",
        items=preset_items,
        default=number_of(DEFAULT),
        update=take_preset,
    )
    folder: StringProperty(
        name="Model Folder",
        description="Folder with config.json and model.safetensors, or a name on the hub: OWNER/NAME",
        subtype="DIR_PATH",
        options=RELATIVE,
        update=choose_folder,
    )
    prompt: StringProperty(name="Prompt", description="The text that the model continues", default="CBABBC")
    compared: EnumProperty(
        name="Models",
        description="The models to stand side by side; click with Shift to choose several",
        items=compared_items(),
        options={"ENUM_FLAG"},
        default={"nano-gpt-sort", "gpt2-small", "gpt2-xl", "gpt3"},
    )
    compare_own: BoolProperty(name="Mine Too", description="Also the model in the folder that Model names")

    keep: BoolProperty(
        name="Keep This Scene",
        description="The next Generate makes another scene beside this one instead of replacing it",
    )
    quality: EnumProperty(
        name="Quality",
        description="A trade between quality and time",
        items=[
            (p.name, p.title, f"{p.size[0]} × {p.size[1]}, {p.samples} samples")
            for p in RENDER_PRESETS.values()
        ],
        default="preview",
        update=live(requality, compared=True),
    )
    film_path: StringProperty(
        name="Film",
        description="The video to write: .mp4, .webm or .mov; empty: beside the .blend, as the model",
        subtype="FILE_PATH",
        options=RELATIVE,
    )


Settings.__annotations__.update(option_properties() | cell_properties())


def settings_of(scene: bpy.types.Scene) -> Settings:
    """The settings that a scene carries."""
    return scene.llm_scene_settings


def copy_settings(source: Settings, target: Settings) -> None:
    """Take over all choices, without acting on any scene."""
    with quietly():
        for prop in source.bl_rna.properties:
            if not prop.is_readonly and prop.identifier != "name":
                setattr(target, prop.identifier, getattr(source, prop.identifier))


def register() -> None:
    """Add the settings to every scene."""
    bpy.utils.register_class(Settings)
    bpy.types.Scene.llm_scene_settings = props.PointerProperty(type=Settings, name="LLM Scene")


def unregister() -> None:
    """Take them away again; what files hold stays there."""
    del bpy.types.Scene.llm_scene_settings
    bpy.utils.unregister_class(Settings)
