"""What a user is meant to read: the one kind of error, and notes that stop nothing."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

Hear = Callable[[str], object]  # takes a sentence
_listeners: list[Hear] = []
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class UserError(Exception):
    """One clear sentence that says what is wrong and what to do.

    The command line prints it and exits with status 2, an operator reports it; neither shows a traceback.
    """


def note(sentence: str) -> None:
    """Tell the user what is worth knowing but stops nothing; the latest listener hears it."""
    if _listeners:
        _listeners[-1](sentence)


@contextlib.contextmanager
def hearing(hear: Hear) -> Iterator[None]:
    """Within the block, `hear` is told every note, once."""
    told: set[str] = set()

    def once(sentence: str) -> None:
        if sentence not in told:
            told.add(sentence)
            hear(sentence)

    _listeners.append(once)
    try:
        yield
    finally:
        _listeners.remove(once)


def words_of(error: BaseException, most: int = 120) -> str:
    """What an error of somebody else's says, as it may stand in a sentence: one line, no colours, no stop."""
    plain = " ".join(ESCAPE.sub("", str(error)).split())
    plain = "".join(letter for letter in plain if letter.isprintable())
    return plain[:most].rstrip(". ") or type(error).__name__
