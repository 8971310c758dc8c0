"""What is shown as plain text: words of users and models, made fit for it, and how long something takes."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"  # seen by what they join
ISOLATES = "\u2068\u2069"  # around what has an order of its own
STEERING = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\ufeff"  # line ends and marks that turn text round
# Every control but the ends of lines, as JSON writes it.
ESCAPED = {
    c: f"\\u{c:04x}" for c in (*range(32), *range(127, 160), *map(ord, STEERING)) if chr(c) not in "\n\t"
}


HOUR, MINUTE = 3600, 60  # seconds
MANY = 90  # seconds from which an estimate is told in minutes


def duration(seconds: float, *, about: bool = False) -> str:
    """How long something takes: "0.2 s", "48 s", "3 min 41 s", "5 h 49 min"; `about` gives estimates."""
    if seconds < 10 and not about:
        return f"{round(seconds, 1):g} s"
    whole = max(1, round(seconds))
    if about and whole >= MANY:
        whole = MINUTE * round(whole / MINUTE)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        minutes, rest = divmod(whole, MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / MINUTE), MINUTE)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def one_line(text: str, kept: str = "") -> str:
    """A text in a single line, without letters that are not seen, except those `kept`."""
    kept, words = JOINERS + kept, " ".join(text.split())
    seen = (c for c in words if c in kept or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return " ".join("".join(seen).split())


def isolated(text: str) -> str:
    """A name or a prompt in a sentence: right-to-left letters in it do not turn the sentence round."""
    text = one_line(text)
    turned = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text)
    return text.join(ISOLATES) if turned else text


def for_terminal(text: str) -> str:
    """The same text with its controls written out, so that they do not act on a terminal."""
    return text.translate(ESCAPED)
