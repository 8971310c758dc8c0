"""What people read of a model: its parts counted from 1, matrices by their names, numbers in sentences.

Paths of sections and addresses of cells have the index of an array, which begins at 0; nothing that is read
does. `staging.naming` has the names of every language.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

BLANK = re.compile(r"\\{(\w)\\}")  # what changes in a phrase, escaped
FILLED = re.compile(r"\{(\w)\}")
NOUNS = {  # what an axis counts, where it has a name of its own in addresses
    "kv_head": "head",
    "slot": "position",
    "expert_neuron": "neuron",
    "shared_neuron": "neuron",
}
PLURALS = {"query": "queries"}


def noun(axis: str) -> str:
    """What an axis counts: “channel”."""
    return NOUNS.get(axis, axis)


def nouns(axis: str) -> str:
    """The same of several: “channels”."""
    return PLURALS.get(noun(axis), f"{noun(axis)}s")


@dataclass(frozen=True)
class Naming:
    """The names of a model's parts in a language; what has none keeps its own."""

    parts: Mapping[str, str] = field(
        default_factory=dict
    )  # by their names in paths: "Head 0" is “Head 1 of 3”
    names: Mapping[str, str] = field(default_factory=dict)  # of matrices, as films say them, by their labels
    signs: Mapping[str, str] = field(default_factory=dict)  # beside their sheets, by their labels
    phrases: Mapping[str, str] = field(default_factory=dict)  # {n} and {m} stand for what changes

    def part(self, name: str) -> str:
        """A part of the model by its name in paths."""
        return self.parts.get(name, name)

    def name(self, label: str) -> str:
        """A matrix as films call it."""
        return self.names.get(label, label)

    def full_name(self, label: str) -> str:
        """A matrix as films call it, and its name in the field."""
        name = self.name(label)
        return name if name == label else f"{name} ({label})"

    def sign(self, label: str) -> str:
        """A matrix as it is written beside its sheet."""
        return self.signs.get(label, label)

    def title(self, section: tuple[str, ...], label: str) -> str:
        """Where a matrix belongs, from the outside in, and what it is called."""
        return " › ".join((*map(self.part, section), self.full_name(label)))

    def said(self, text: str) -> str:
        """An English explanation in the language."""
        for pattern, own in self._patterns:
            text = pattern.sub(own, text)
        return text

    @functools.cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        found = []
        for english, own in self.phrases.items():
            pattern = BLANK.sub(r"(?P<\1>[^\\s,]+)", re.escape(english))
            found.append((re.compile(rf"(?<!\w){pattern}"), FILLED.sub(r"\\g<\1>", own)))
        return found


PLAIN = Naming()
