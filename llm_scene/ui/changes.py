"""What the panel says by now that the scene in view was not made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ..errors import UserError
from . import library
from .ownership import tag_of
from .settings import OPTIONS, UPDATES, Settings, comparison_recipe, options_of, settings_of


def changes(scene: bpy.types.Scene) -> list[str]:
    """What the next Generate would make otherwise, by the panel's English titles."""
    settings, recipe = settings_of(scene), library.recipe_in(scene)
    if tag_of(scene) is None or not library.is_readable(scene):
        return []
    try:
        return list(dict.fromkeys(_changes(settings, recipe)))
    except UserError:  # the panel says what is wrong where that was chosen
        return []


def _changes(settings: Settings, recipe: dict[str, Any]) -> Iterator[str]:
    before, now = library.chosen_in(recipe), options_of(settings)
    if "models" in recipe:
        alone = (settings.preset,) if recipe.get("alone") else ()
        again, counting = comparison_recipe(settings, alone), {n for n in OPTIONS if OPTIONS[n].compared}
        if any(again[name] != recipe[name] for name in ("models", "folder")):
            yield "Model"
    else:
        again, counting = library.asked(settings), OPTIONS.keys() - UPDATES.keys()
        if any(again[name] != recipe[name] for name in ("preset", "folder")):
            yield "Model"
        if again["text"] != recipe.get("text", again["text"]):
            yield "Prompt"
    for name, one in OPTIONS.items():
        idle = one.only_with and not any(getattr(options, one.only_with) for options in (before, now))
        if name in counting and not idle and getattr(before, name) != getattr(now, name):
            yield one.title
