"""Captions and titles, from a file a language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..network.activations import ACTIVATIONS
from ..plain import isolated

FOLDER = Path(__file__).parent / "captions"
COMMENTARY = Path(__file__).parent / "commentary"
LINK = re.compile(r"\[([^]]*)\]\(([^)]*)\)")  # [words](Label|Other label) or [words](=axis)
READING_SPEED = 15.0  # characters a second
WIDE = 2.0  # a Chinese character takes the time of this many letters
SHORTEST = 2.5  # seconds a caption stands at least


@dataclass(frozen=True)
class Words:
    """The texts of a language."""

    code: str
    language: str
    titles: dict[str, str]
    captions: dict[str, str]
    tasks: dict[str, str]
    notes: dict[str, str]
    heads: dict[str, str]  # running heads
    units: dict[str, dict[str, str]]  # what tokens are called: letters, or pieces of words
    names: dict[str, str]  # matrices, by their English labels
    page: dict[str, str]  # what the web page's buttons are called
    scale: dict[str, str]  # captions of the film that compares models
    things: dict[str, str]  # what their sizes are compared with
    phrases: dict[str, str]  # parts of explanations, by the English ones; {n} and {m} stand for what changes
    comments: dict[str, str]  # what a teacher would say, by the keys of captions; words are linked

    def caption(self, key: str, **facts: object) -> str:
        """The caption of a key with its facts filled in."""
        return self.captions[key].format(**_fit(facts))

    def comment(self, key: str, **facts: object) -> str:
        """What a teacher would say at a caption, its links marked as in `LINK`."""
        return self.comments.get(key, "").format(**_fit(facts))

    def head(self, key: str, **facts: object) -> str:
        """A running head with its facts filled in."""
        return self.heads[key].format(**facts)

    def name(self, label: str) -> str:
        """What a matrix is called; its own label where the language has no other word."""
        return self.names.get(label, label)

    def part(self, name: str, count: int) -> str:
        """A part of the model, counted from one: “Block 1 of 3”, “Head 2 of 3”."""
        kind, _, number = name.partition(" ")
        if not number.isdigit():
            return self.name(name)
        return self.note(kind.lower(), n=int(number) + 1, count=count)

    def note(self, key: str, **facts: object) -> str:
        """Words that stand in the scene."""
        return self.notes[key].format(**_fit(facts))

    def task(self, model: str, own: str = "", **facts: object) -> str:
        """What a model was trained for, by the name of its preset, or in the preset's `own` words."""
        return self.tasks.get(model, own or self.tasks["other"]).format(**facts)


def _fit(facts: dict[str, object]) -> dict[str, object]:
    """Facts as a sentence takes them: names and prompts in a line, each with an order of its own."""
    return {name: isolated(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def languages() -> list[str]:
    """The codes of all languages there is a file for."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def words(code: str) -> Words:
    """The texts of a language; UserError names those there are."""
    path = FOLDER / f"{code}.toml"
    if code not in languages():
        raise UserError(f"There are no captions in “{code}”; choose one of {', '.join(languages())} or none.")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    texts = {"phrases": {}} | {field.name: data[field.name] for field in fields(Words) if field.name in data}
    return Words(**texts | {"code": code, "comments": _commentary(code)})


def formulas(activation: str, labels: Collection[str]) -> dict[str, str]:
    """The formulas of captions in TeX, for a model of an activation whose matrices have these labels."""
    data = _commentary("formulas")
    curve = data["curves"].get(activation, rf"g(x) = \text{{{ACTIVATIONS[activation].formula}}}")
    missing = [term for term, label in data["learned"].items() if label not in labels]
    told = data["captions"] | {"bend_curve": curve}
    for term in missing:
        told = {key: tex.replace(term, "") for key, tex in told.items()}
    return told


def _commentary(name: str) -> dict[str, Any]:
    path = COMMENTARY / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def spoken(comment: str) -> str:
    """A comment as it is read aloud: without its links."""
    return LINK.sub(r"\1", comment)


def reading_time(text: str) -> float:
    """Seconds it takes to read a caption."""
    return max(SHORTEST, length(text) / READING_SPEED)


def length(text: str) -> float:
    """How long a text is, in Latin letters, to read as well as to see."""
    return sum(WIDE if ord(letter) > 0x2E80 else 1.0 for letter in text)
