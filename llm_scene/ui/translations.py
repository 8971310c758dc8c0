"""The interface in other languages, through Blender's own translation.

A file a language in `languages/`, named after Blender's code, gives a text for every English one; what stands
in {braces} is filled in afterwards. Its table `[sentences]` has those of lower floors (`sentences.py`).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import bpy

from ..film.words import languages

FOLDER = Path(__file__).parent / "languages"
CONTEXT = "LLM Scene"  # ours comes first, where Blender has another text for the same word
CONTEXTS = (CONTEXT, "*", "Operator")  # Blender looks up the texts of buttons in the last


def tr(text: str, **values: object) -> str:
    """A text in the language of the interface, with its values filled in."""
    return bpy.app.translations.pgettext_iface(text, CONTEXT).format(**values)


def caption_language(chosen: str) -> str:
    """The code of the captions' language, where "auto" asks for that of the interface."""
    if chosen != "auto":
        return chosen
    spoken = locale().partition("_")[0]
    return spoken if spoken in languages() else "en"


def locale() -> str:
    """Blender's code of the language that its interface speaks, such as "zh_HANS"."""
    return bpy.app.translations.locale or ""


def texts(path: Path) -> dict[str, str]:
    """The interface's texts in a language, by the English ones."""
    return {text: own for text, own in _read(path).items() if isinstance(own, str)}


def sentences(path: Path) -> dict[str, str]:
    """The lower floors' sentences in a language, by the English ones."""
    found: dict[str, str] = _read(path).get("sentences", {})
    return found


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def register() -> None:
    """Hand all languages to Blender."""
    known = {path.stem: _entries(path) for path in FOLDER.glob("*.toml")}
    bpy.app.translations.register(__package__, known)


def _entries(path: Path) -> dict[tuple[str, str], str]:
    """A language as Blender takes it."""
    said = {(CONTEXT, text): own for text, own in sentences(path).items()}
    return said | {(context, text): own for text, own in texts(path).items() for context in CONTEXTS}


def unregister() -> None:
    """Take them away."""
    bpy.app.translations.unregister(__package__)
