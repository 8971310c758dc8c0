"""Captions and titles, from a file a language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..plain import isolated

FOLDER = Path(__file__).parent / "captions"
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

    def caption(self, key: str, **facts: object) -> str:
        """The caption of a key with its facts filled in."""
        return self.captions[key].format(**_fit(facts))

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
    texts = (
        data[part]
        for part in (
            "titles",
            "captions",
            "tasks",
            "notes",
            "heads",
            "units",
            "names",
            "page",
            "scale",
            "things",
        )
    )
    return Words(code, data["language"], *texts)


def reading_time(text: str) -> float:
    """Seconds it takes to read a caption."""
    return max(SHORTEST, length(text) / READING_SPEED)


def length(text: str) -> float:
    """How long a text is, in Latin letters, to read as well as to see."""
    return sum(WIDE if ord(letter) > 0x2E80 else 1.0 for letter in text)
