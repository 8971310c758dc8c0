"""A letter's column comes out of the table where that shows it, and is in its own place elsewhere."""

from __future__ import annotations

import re

from ...layout import names
from ..pieces.residual import EMBED
from .shaping import CloseUp, Shaping, X

STILL = (names.prop(EMBED, "table"),)
POSES = 3  # sheet, picked, column


def shape(shaping: Shaping) -> None:
    """Where the column stands before it is picked."""
    close = CloseUp(shaping, EMBED)
    column = close.company("embed.W_E")
    if not column or any(len(swarm.places) != POSES for swarm, _ in column):
        return
    for one in column:
        place = close.sums.constant(float(one[0].places[POSES - 1, one[1], X]))
        for token, at in _entries(close).items():
            away = close.sums.made("size", close.sums.letter() - float(token))
            place = close.sums.made("pick", away * -1.0 + 0.5, at, place)
        close.stand(one, 1, X, place)


def _entries(close: CloseUp) -> dict[int, float]:
    """Where the columns of the table stand, by their tokens."""
    matches = ((re.fullmatch(r"entry (\d+)", name), text) for name, text in close.written.items())
    return {int(match[1]): float(text.at[X]) for match, text in matches if match is not None}
