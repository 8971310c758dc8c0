"""Sentences of lower floors in the language of the interface.

What goes wrong is said in English where it is found, perhaps in another process. At the door to the user the
sentence is recognised by its pattern, such as "The folder {folder} does not exist.", in the table
`[sentences]` of the language's file, and said by that of the language. Sentences quote others: what stands
in braces under one of the names in `QUOTED` is recognised in its turn, all else are names and numbers; under
one in `NUMBERS` there is nothing but digits. A sentence that no pattern knows stays English.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bpy.app.translations import pgettext_iface

from ..plain import duration
from . import translations
from .translations import tr

FIELD = re.compile(r"\{(\w+)\}")
QUOTED = frozenset(("file", "hint", "kind", "limits", "problem", "reason", "sizes", "suffixes", "time"))
QUOTING = tuple(f"{{{name}}}" for name in QUOTED)
TITLES = frozenset(("title",))  # of Blender's own properties
NUMBERS = frozenset(("hours", "minutes", "seconds"))
Pattern = tuple[str, re.Pattern[str]]


def translated(sentence: str) -> str:
    """A sentence in the language of the interface, if it has one for it."""
    whole = sentence.endswith(".")
    for text, pattern in _patterns(translations.locale()):
        if whole and not text.endswith((".", *QUOTING)):
            continue  # a part of a sentence only
        if found := pattern.fullmatch(sentence):
            values = found.groupdict()
            values |= {name: translated(values[name]) for name in QUOTED & values.keys()}
            values |= {name: pgettext_iface(values[name]) for name in TITLES & values.keys()}
            return tr(text, **values)
    return sentence


def lasting(seconds: float, *, about: bool = False) -> str:
    """How long something takes, in the language of the interface."""
    return translated(duration(seconds, about=about))


@lru_cache(maxsize=4)
def _patterns(locale: str) -> list[Pattern]:
    """The sentences that a language knows, those with most words of their own first."""
    path = translations.FOLDER / f"{locale}.toml"
    known = translations.sentences(path) if path.is_file() else {}
    return [(text, _pattern(text)) for text in sorted(known, key=lambda text: -len(FIELD.sub("", text)))]


def _pattern(text: str) -> re.Pattern[str]:
    """What matches a sentence, with a group for each of its values."""
    parts = FIELD.split(text)  # words, a field's name, words, …
    groups = (
        f"(?P<{part}>{'[0-9.]+' if part in NUMBERS else '.*?'})" if n % 2 else re.escape(part)
        for n, part in enumerate(parts)
    )
    return re.compile("".join(groups), re.DOTALL)
