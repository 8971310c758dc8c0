"""Every text of the interface has one in every language, and texts with braces keep them."""

import ast
import itertools
import string
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from llm_scene import steps, ui
from llm_scene.layout.facts import cost_facts, model_facts
from llm_scene.models import list_presets, load
from llm_scene.output.formats import FORMATS
from llm_scene.scene import build
from llm_scene.ui import translations
from llm_scene.ui.edits import TITLES
from llm_scene.ui.inspector import InspectTool
from llm_scene.ui.menus import COMMANDS
from llm_scene.ui.settings import Settings

LANGUAGES = sorted(translations.FOLDER.glob("*.toml"))
SOURCES = sorted(Path(ui.__file__).parent.glob("*.py"))
NAMES = {
    "LLM Scene",
    "glTF",
    "Name",
    "",
    "English",
    "中文",
    "nano-GPT",
    "Tiny Austen",
    "GPT-2 small",
    "GPT-2 medium",
    "GPT-2 large",
    "GPT-2 XL",
    "Pythia 70M",
    "Gemma 3 270M",
    "SmolLM2 135M",
    "Qwen3 0.6B",
    "Llama 3.2 1B",
    "Mixtral 8x7B",
    "gpt-oss 20B",
    "GPT-3 175B",
    "Llama 3 8B",
}  # or Blender's


def properties(cls: type) -> Iterator[str]:
    """Names and descriptions of what a class brings itself."""
    own = {
        n
        for base in cls.__mro__
        if "llm_scene" in base.__module__
        for n in vars(base).get("__annotations__", ())
    }
    operator = issubclass(cls, bpy.types.Operator)
    name = getattr(cls, "bl_idname", "").removeprefix("llm_scene.")
    rna = getattr(bpy.ops.llm_scene, name).get_rna_type() if operator else cls.bl_rna
    for prop in rna.properties:
        if prop.identifier not in own or prop.is_hidden:
            continue
        yield from (prop.name, prop.description)
        for item in getattr(prop, "enum_items", ()):
            yield from (item.name, item.description)


def spoken_by_classes() -> Iterator[str]:
    for cls in ui.CLASSES:
        yield getattr(cls, "bl_label", "")
        if issubclass(cls, bpy.types.Operator):
            yield (cls.__doc__ or "").strip()
        if issubclass(cls, bpy.types.Operator | bpy.types.AddonPreferences):
            yield from properties(cls)
        yield getattr(cls, "cancelled", "")
    yield from properties(Settings)
    yield from (InspectTool.bl_label, InspectTool.bl_description)


def spoken_by_code() -> Iterator[str]:
    """What is handed to `tr`, and what labels and buttons are called."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            said = node.args[:1] if name == "tr" else []
            said += [keyword.value for keyword in node.keywords if keyword.arg == "text"]
            for text in said:
                yield from (
                    part.value
                    for part in ast.walk(text)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )


def spoken_below() -> Iterator[str]:
    """Texts of lower floors that the panel shows."""
    for preset in list_presets([]):
        yield preset.description
    model = load("nano-gpt-sort", None, [])
    yield from (name for name, _ in (*model_facts(model), *cost_facts(model, 6)))
    yield from (form.title for form in FORMATS.values())
    yield from TITLES
    yield "Calls itself"  # as models of the hub do
    yield from ("assembling the video", "Total time", *build.STEPS)
    yield from (steps.TELLING, steps.DRAWING, steps.PACKING, steps.WRITING)


@pytest.fixture
def spoken(addon: None) -> set[str]:
    return {*spoken_by_classes(), *spoken_by_code(), *spoken_below()} - NAMES


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_every_text_is_translated_and_none_is_left_over(spoken: set[str], path: Path) -> None:
    known = set(translations.texts(path))
    assert not sorted(spoken - known)
    assert not sorted(known - spoken)


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_commands_can_be_told_apart(addon: None, path: Path) -> None:
    known = translations.texts(path)
    names = itertools.chain(*COMMANDS)
    labels = [known[getattr(bpy.ops.llm_scene, name).get_rna_type().name] for name in names]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_texts_keep_what_is_filled_in(path: Path) -> None:
    def fields(text: str) -> list[str]:
        return sorted(field for _, field, _, _ in string.Formatter().parse(text) if field)

    for text, own in translations.texts(path).items():
        assert fields(text) == fields(own), text
        assert own.strip()


def test_all_that_texts_ask_for_is_given() -> None:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                for text in (n for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)):
                    asked = {name for _, name, _, _ in string.Formatter().parse(str(text.value)) if name}
                    assert asked == {keyword.arg for keyword in node.keywords}, text.value


def test_captions_follow_the_interface_unless_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert translations.caption_language("zh") == "zh"
    assert translations.caption_language("none") == "none"
    for locale, code in (("zh_HANS", "zh"), ("en_US", "en"), ("xx_XX", "en"), ("", "en")):
        monkeypatch.setattr("llm_scene.ui.translations.locale", lambda locale=locale: locale)
        assert translations.caption_language("auto") == code


def test_paragraphs_break_within_chinese() -> None:
    from llm_scene.ui.panels import wrapped

    text = "温度为零时不随机抽取。以前没有空格的段落会被切断，其余的都看不见。"
    lines = wrapped(text, 20)
    assert "".join(lines) == text
    assert max(map(len, lines)) <= 10 + 1 and not any(line[0] in "，。" for line in lines)
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("at blocks.0.attn.z[1,5,7] it is", 10) == ["at", "blocks.0.a", "ttn.z[1,5,", "7] it is"]
