"""What lower floors say is known in every language, and recognised at the door."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import llm_scene
from llm_scene.errors import UserError
from llm_scene.layout.facts import cost_facts, model_facts
from llm_scene.models import list_presets, load
from llm_scene.output.render.ledger import Ledger
from llm_scene.ui import sentences, translations
from llm_scene.ui.task import sentence

ROOT = Path(llm_scene.__file__).parent
LANGUAGES = sorted(translations.FOLDER.glob("*.toml"))
COMMANDS_ONLY = ("cli", "convert")  # these never reach the panel
RAISERS = {"UserError", "_LeftOutError", "DamagedError", "wrong"}
HEARD = {"note", "tell", "append"}  # functions and lists of sentences
SYSTEM = {  # the system's own words
    "permission denied",
    "no such file or directory",
    "not a directory",
    "is a directory",
    "read-only file system",
    "no space left on device",
    "input/output error",
    "file name too long",
    "too many levels of symbolic links",
}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        if not set(COMMANDS_ONLY) & set(path.relative_to(ROOT).parts):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def said(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may be, with {} for values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.IfExp):
        yield from (*said(node.body), *said(node.orelse))
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        yield "".join(map(str, parts)).replace("{}{}", "{}")


def is_spoken(call: ast.Call, path: Path) -> bool:
    """Whether what a call is given may reach the user as a sentence."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if isinstance(call.func, ast.Attribute) and name == "append":
        return getattr(call.func.value, "attr", getattr(call.func.value, "id", "")) == "notes"
    if isinstance(call.func, ast.Attribute) and name == "error":  # of `Fields`
        return "ui" not in path.relative_to(ROOT).parts
    told = name == "tell" and "film" not in path.relative_to(ROOT).parts  # a piece tells what it shows
    return name in RAISERS or (name in HEARD and (isinstance(call.func, ast.Name) or told))


def raised() -> set[str]:
    """Every sentence of the lower floors, and of the panel where it raises one as it is."""
    calls = (
        (node, path) for path, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Call)
    )
    spoken = (node for node, path in calls if node.args and is_spoken(node, path))
    return {text for node in spoken for text in said(node.args[0])}


def words() -> str:
    """All texts in the sources, and what presets say about their models."""
    sources_told = [preset.source for preset in list_presets()]
    found = (node.value for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return "\n".join([*(text for text in found if isinstance(text, str)), *sources_told])


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_every_sentence_is_known(path: Path) -> None:
    known = {sentences.FIELD.sub("{}", text) for text in translations.sentences(path)}
    assert not sorted(text for text in raised() - known if text.strip("{}.: "))
    assert len(known) > 100


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_none_is_left_over_and_each_keeps_its_values(path: Path) -> None:
    everything = words()
    for text, own in translations.sentences(path).items():
        assert sorted(sentences.FIELD.findall(text)) == sorted(sentences.FIELD.findall(own)), text
        if text not in SYSTEM:
            parts = [part for part in sentences.FIELD.split(text)[::2] if part.strip(" .")]
            assert all(part.rstrip(". (") in everything for part in parts), text


@pytest.fixture
def in_chinese(addon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interface speaks Chinese; where this Blender came without languages, ours does."""
    own = translations.sentences(translations.FOLDER / "zh_HANS.toml")
    monkeypatch.setattr(translations, "locale", lambda: "zh_HANS")
    monkeypatch.setattr(sentences, "tr", lambda text, **values: own[text].format(**values))


def test_what_goes_wrong_below_is_said_in_chinese(in_chinese: None, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").touch()
    (tmp_path / "config.json").write_text('{"model_type": "gpt2", "n_head": "many"}')
    said = []
    for wrong in (
        lambda: Ledger(tmp_path, "frames").check([]),
        lambda: Ledger(tmp_path / "none" / "none", "frames").check([]),
        lambda: load("nano-gpt-sort").tokenizer.encode("X"),
        lambda: load("", tmp_path),
        lambda: load("", tmp_path / "none"),
    ):
        with pytest.raises(UserError) as error:
            wrong()
        said.append(sentence(error.value))
    assert said[0] == f"文件夹 {tmp_path} 中有其他文件：请选择一个新文件夹。"
    for text in said:
        left = re.sub(r"/\S+|nano-GPT|config\.json|[a-z]+_[a-z_]+|model\.safetensors|'\w+'|\"\w+\"", "", text)
        assert not re.search(r"[A-Za-z]{4,} [A-Za-z]{2,}", left), text


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("/a: 无 (x) or y is a folder, not a file.", "/a: 无 (x) or y 是文件夹，不是文件。"),
        ("/c.json: n_head must be true or false, not 3.", "/c.json: n_head 必须是 true 或 false，而不是 3。"),
        ("Bits must be 8 or 16, not 12.", "Bits 必须是 8 或 16，而不是 12。"),
        (
            "The worker tcp://a:1 is left out: it fails: a frame of another scene came.",
            "工作进程 tcp://a:1 已排除：它失败：收到的帧属于另一个场景。",
        ),
        (
            "Blender stopped while it rendered frame 3 (status -9: Killed {x}).",
            "Blender 在渲染第 3 帧时停止（状态 -9：Killed {x}）。",
        ),
        ("about 5 h 49 min", "约 5 小时 49 分"),
        ("3 min 41 s", "3 分 41 秒"),
        ("Mr. Smith s", "Mr. Smith s"),
        ("Something that nobody has translated.", "Something that nobody has translated."),
    ],
)
def test_sentences_quote_others_but_names_stay(in_chinese: None, english: str, chinese: str) -> None:
    assert sentences.translated(english) == chinese


def test_facts_of_models_are_said_in_chinese(in_chinese: None) -> None:
    numbers = ("Layers × heads", "Weights", "Tokenizer", "Matrices", "Cells", "Memory", "Time to build")
    models = [load(preset.name) for preset in list_presets()]
    facts = [fact for model in models for fact in (*model_facts(model), *cost_facts(model, 8))]
    values = {sentences.translated(value) for name, value in facts if name in numbers}
    assert len(values) > 20
    for value in values:
        assert not re.search(r"[a-z]{2,}", re.sub(r"b?float\d+|\b[A-Z]\w+", "", value)), value
    for _, value in facts:  # sources are cited, licences have names
        said = re.sub(r"https?://\S+|\w+/\w+\.py", "", sentences.translated(value))
        assert not re.search(r"\b[a-z]{3,}\b [a-z]{2,}", said), value
