"""Models, their words and their productions, kept in memory between the draws of a panel."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import bpy

from ..errors import UserError
from ..layout.facts import Facts, cost_facts, model_facts
from ..plain import one_line
from .ownership import tag_of
from .translations import tr

if TYPE_CHECKING:
    from ..film.film import Film
    from ..models import Model, Preset
    from ..staging.comparison import Comparison
    from ..staging.options import Options
    from ..staging.production import Production

RECIPE = "llm_scene_recipe"  # custom property of a scene: how its production is made again
TOLD = {"preset", "folder", "prompt", "written", "options"}  # what it says of one model
COMPARED = {"models", "folder", "options", "budget"}  # and of several
WORN = "llm_scene_look"  # of a scene: the look and the colour map that it was given since
REMEMBERED = 3  # productions that are kept in memory: those used last
_productions: dict[str, Production | Comparison] = {}  # the one used last comes last


class Choices(Protocol):
    """What the panel holds of a model and its prompt."""

    source: str  # "PRESET" or "FOLDER"
    preset: str
    folder: str
    prompt: str
    steps: int


@dataclass(frozen=True)
class Words:
    """A prompt as the model reads it."""

    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    room: int  # positions left


@functools.lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """All presets by name; `presets.cache_clear()` after one was saved."""
    from ..staging.options import readable_presets

    return {preset.name: preset for preset in readable_presets([presets_folder()])}


def shipped() -> list[Preset]:
    """The presets that come with the add-on, trained ones first, small before large."""
    from ..models import list_presets
    from ..paths import presets_folder as own_folder

    return [preset for preset in list_presets() if preset.folder.is_relative_to(own_folder())]


def presets_folder() -> Path:
    """Where presets saved from the panel are: in Blender's own user folders."""
    return Path(bpy.utils.user_resource("CONFIG", path="llm_scene/presets"))


@functools.lru_cache(maxsize=4)
def titles(language: str) -> dict[str, str]:
    """What chapters are called in a language, by their names."""
    from ..film.words import words

    return words(language).titles


def model_of(settings: Choices) -> Model:
    """The model that the settings name; loaded once."""
    if settings.source == "PRESET":
        return load(settings.preset, "")
    if not settings.folder:
        raise UserError("Choose the folder of a model.")
    return load("", settings.folder)


def to_download(settings: Choices) -> str:
    """The name of a model on the hub that is not on this disk yet; "" where nothing is to download."""
    from ..models.hub import parse_name, snapshot

    if settings.source != "FOLDER" or Path(bpy.path.abspath(settings.folder)).exists():
        return ""
    name = parse_name(settings.folder)
    return str(name) if name is not None and snapshot(name.folder, name.revision) is None else ""


def load(preset: str, folder: str) -> Model:
    """A preset's model, or the one in a folder or the hub's cache; loaded again when the files change."""
    if folder:
        from ..models import find_folder

        path = find_folder(bpy.path.abspath(folder), offline=True)
        return _load(None, path, _stamp(path))
    known = presets().get(preset)
    where = known.model_folder if known is not None else None
    return _load(preset, None, _stamp(where) if where is not None else 0)


@functools.lru_cache(maxsize=4)
def facts_of(model: Model) -> Facts:
    """What a model is."""
    return model_facts(model)


def cost_of(settings: Choices, budget: int) -> Facts:
    """What the scene that Generate makes will cost."""
    model, words = model_of(settings), words_of(settings)
    positions = len(words.ids) + max(settings.steps - 1, 0)
    return _cost_facts(model, min(positions, model.config.n_ctx), budget)


def save_preset(name: str, settings: Choices, options: Options) -> Path:
    """Keep what the panel says as a preset of the user's."""
    from ..models import Preset
    from ..models.presets import save_preset as write
    from ..staging.options import entries

    model = model_of(settings)
    if model.folder is None:
        raise UserError(f"{model.title} is a shape without weights: there is nothing to save about it.")
    told = model.preset
    # What is chosen among names is kept though it is the usual: the panel may say otherwise by then.
    chosen = {entry: value for entry, value in asdict(options).items() if isinstance(value, str)}
    preset = Preset(
        name=name,
        title=name,
        description=told.description if told is not None else "",
        task=told.task if told is not None else "",
        model=str(model.folder.resolve()),
        prompt=settings.prompt,
        options=chosen | entries(options),
    )
    path = write(preset, presets_folder())
    presets.cache_clear()
    return path


def own_preset(settings: Choices) -> Preset | None:
    """The chosen preset, where it is one that the user saved from the panel."""
    chosen = presets().get(settings.preset) if settings.source == "PRESET" else None
    return chosen if chosen is not None and chosen.file.parent == presets_folder() else None


def rename_preset(settings: Choices, name: str) -> str:
    """Give the chosen preset another name, which is returned."""
    from ..models.presets import rename_preset as rename

    path = rename(presets()[settings.preset], name, presets_folder())
    presets.cache_clear()
    return path.stem


def delete_preset(settings: Choices) -> None:
    """Delete the chosen preset."""
    from ..models.presets import delete_preset as delete

    delete(presets()[settings.preset], presets_folder())
    presets.cache_clear()


def words_of(settings: Choices) -> Words:
    """The prompt's tokens and the positions that are left. Raises UserError where it does not fit."""
    return _words(model_of(settings), settings.prompt)


def production_of(scene: bpy.types.Scene) -> Production | None:
    """What a scene of the add-on shows of one model; traced again where the file was just opened."""
    return None if compares(scene) else cast("Production | None", _shown_in(scene))


def film_of(scene: bpy.types.Scene) -> Film | None:
    """The film of a scene of the add-on, whatever it shows."""
    shown = _shown_in(scene)
    return None if shown is None else shown.film


def compares(scene: bpy.types.Scene) -> bool:
    """Whether a scene of the add-on shows models side by side."""
    return tag_of(scene) is not None and "models" in recipe_in(scene)


def _shown_in(scene: bpy.types.Scene) -> Production | Comparison | None:
    tag = tag_of(scene)
    if tag is None:
        return None
    if tag not in _productions:
        if not is_readable(scene):
            raise UserError(unreadable())
        recipe = recipe_in(scene)
        _keep(tag, compare(recipe) if "models" in recipe else produce(recipe))
    return _productions[tag]


def _keep(tag: str, production: Production | Comparison) -> None:
    """Hold a production in memory, and let go of those that were not used for longest."""
    _productions.pop(tag, None)
    _productions[tag] = production
    for old in list(_productions)[:-REMEMBERED]:
        del _productions[old]


def let_go(tag: str) -> None:
    """Drop the production of a scene that is gone; undo makes it again where it brings the scene back."""
    _productions.pop(tag, None)


def is_readable(scene: bpy.types.Scene) -> bool:
    """Whether a scene's recipe holds all that its production needs."""
    recipe = recipe_in(scene)
    return recipe.keys() >= (COMPARED if "models" in recipe else TOLD)


def unreadable() -> str:
    """What to say of a scene that is not."""
    return tr("This scene was generated by another version of LLM Scene: generate it again.")


def called(scene: bpy.types.Scene) -> str:
    """A file name for what a scene shows, whatever the panel says by now: "nano-gpt-sort CBABBC"."""
    recipe = recipe_in(scene)
    models = recipe.get("models", [recipe.get("preset", "")])
    names = [*filter(None, models), *filter(None, [Path(recipe.get("folder", "")).name])]
    name = names[0] if len(names) == 1 else "comparison"
    return re.sub(r'[<>:"/\\|?*]+', "_", one_line(f"{name} {recipe.get('text', '')[:24]}")).strip()


def recipe_in(scene: bpy.types.Scene) -> dict[str, Any]:
    """A scene's recipe as it is stored; empty where there is none."""
    recipe: dict[str, Any] = json.loads(scene.get(RECIPE, "{}"))
    return recipe


def worn(scene: bpy.types.Scene) -> tuple[str, str]:
    """The look and the colour map that a scene has."""
    made = recipe_in(scene).get("options", {})
    look, colour_map = scene.get(WORN) or (made.get("look", "studio"), made.get("colour_map", "look"))
    return look, colour_map


def compare(recipe: Mapping[str, Any]) -> Comparison:
    """The comparison that a recipe describes: presets by name, and a folder where there is one."""
    from ..staging import comparison

    models = [load(name, "") for name in recipe["models"]]
    if recipe["folder"]:
        models.append(load("", recipe["folder"]))
    return comparison.compare(models, chosen_in(recipe), recipe["budget"])


def asked(settings: Choices) -> dict[str, str]:
    """Which model the settings ask, and what: a part of the recipe."""
    own = settings.source == "FOLDER"
    return {
        "preset": "" if own else settings.preset,
        "folder": settings.folder if own else "",
        "text": settings.prompt,
    }


def recipe_of(made: Production, question: Mapping[str, str]) -> dict[str, Any]:
    """How a production is made again: its tokens are kept, so that the model need not draw them anew."""
    reading = made.reading
    return {
        **question,
        "prompt": reading.tokens[: reading.n_prompt],
        "written": reading.tokens[reading.n_prompt :],
        "options": asdict(made.options),
    }


def produce(recipe: Mapping[str, Any]) -> Production:
    """The production that a recipe describes."""
    from ..staging import production

    model = load(recipe["preset"], recipe["folder"])
    return production.produce(model, recipe["prompt"], chosen_in(recipe), written=recipe["written"])


def chosen_in(recipe: Mapping[str, Any]) -> Options:
    """The options in a recipe, as far as there are such."""
    from ..staging.options import Options

    known = {field.name for field in fields(Options)}
    return Options(**{name: value for name, value in recipe["options"].items() if name in known})


def remember(scene: bpy.types.Scene, production: Production | Comparison, recipe: Mapping[str, Any]) -> None:
    """Keep a scene's production at hand, and in the file how to make it again."""
    tag = tag_of(scene)
    assert tag is not None
    scene[RECIPE] = json.dumps(recipe)
    _keep(tag, production)


def forget() -> None:
    """Drop everything that is kept in memory."""
    _productions.clear()
    for cached in (_load, _words, _cost_facts, facts_of, presets):
        cached.cache_clear()


def _stamp(folder: Path) -> int:
    """Changes when the files of a folder change."""
    if not folder.is_dir():
        return 0
    return max(path.stat().st_mtime_ns for path in (folder, *folder.iterdir()) if path.exists())


@functools.lru_cache(maxsize=2)
def _load(preset: str | None, folder: Path | None, stamp: int) -> Model:
    from .. import models

    return models.load(preset, folder, [presets_folder()])


@functools.lru_cache(maxsize=32)
def _cost_facts(model: Model, n_positions: int, budget: int) -> Facts:
    return cost_facts(model, n_positions, budget)


@functools.lru_cache(maxsize=32)
def _words(model: Model, prompt: str) -> Words:
    ids = model.encode_prompt(prompt)
    pieces = tuple(model.tokenizer.piece(token) for token in ids)
    return Words(tuple(ids), pieces, model.config.n_ctx - len(ids))
