"""The panel says what differs from the scene in view, and files are named after that scene."""

from typing import Any

import bpy
import pytest

from llm_scene.film.compose import CHAPTERS
from llm_scene.ui.changes import changes
from llm_scene.ui.operators import film_path
from llm_scene.ui.settings import OPTIONS, UPDATES

OTHER = {
    "preset": ("tiny-austen", ["Model", "Prompt", "Continue By", "Temperature", "Seed"]),
    "prompt": ("CCC", ["Prompt"]),
    "chapters": ([name != "attention" for name in CHAPTERS], ["Chapters"]),
    "language": ("zh", ["Captions"]),
    "fps": ("30", ["Frame Rate"]),
    "top_p": (0.5, []),  # nothing is drawn at random
    "top_k": (3, []),
    "seed": (3, []),
}


def other(name: str) -> tuple[Any, list[str]]:
    """Another value of a setting, and what the panel says then."""
    one = OPTIONS[name]
    if one.type is bool:
        return not one.default, [one.title]
    value = next(n for n in one.names if n != one.default) if one.names else one.default + 1
    return value, [] if name in UPDATES else [one.title]


@pytest.mark.parametrize("name", [*OPTIONS, "preset", "prompt", "relief", "quality", "keep"])
def test_every_setting_is_told_where_it_counts(quick: Any, name: str) -> None:
    value, said = OTHER.get(name) or (other(name) if name in OPTIONS else (None, []))
    settings, before = quick.llm_scene_settings, film_path(quick)
    assert changes(quick) == []
    if value is None:
        value = {"relief": 2.0, "quality": "draft", "keep": True}[name]
    setattr(settings, name, value)
    assert changes(quick) == said
    assert film_path(quick) == before
    assert "CBABBC" in before.name


@pytest.fixture
def quick(addon: None) -> bpy.types.Scene:
    bpy.context.scene.llm_scene_settings.cut = "teaser"
    bpy.ops.llm_scene.generate()
    return bpy.context.scene


def test_of_a_structure_and_of_a_comparison(addon: None) -> None:
    settings = bpy.context.scene.llm_scene_settings
    settings.preset = "gpt2-small"
    bpy.ops.llm_scene.generate()
    scene = bpy.context.scene
    assert changes(scene) == [] and film_path(scene).name == "gpt2-small.mp4"
    settings = scene.llm_scene_settings
    settings.prompt, settings.cut = "told of no shape", "teaser"
    assert changes(scene) == []
    settings.preset = "gpt2-medium"
    assert changes(scene) == ["Model"] and film_path(scene).name == "gpt2-small.mp4"


def test_what_was_asked_counts_and_not_what_is_typed_meanwhile(addon: None) -> None:
    from llm_scene.ui import library, making

    settings = bpy.context.scene.llm_scene_settings
    settings.cut = "teaser"
    question, produce = library.asked(settings), making.producing(settings)
    settings.prompt = "CCC"  # while the model runs
    steps = making.building(produce(), settings, question)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            scene = end.value
            break
    assert film_path(scene).stem == "nano-gpt-sort CBABBC"
    assert changes(scene) == ["Prompt"]
