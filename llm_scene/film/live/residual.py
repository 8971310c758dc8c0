"""Columns that are added stand on one scale; a letter's comes out of the table where that shows it, and is in
its own place elsewhere."""

from __future__ import annotations

import re

from ...layout import names
from ..pieces.residual import ADD, EMBED
from ..props import Swarm
from ..shapes import stream_scale
from .copied import UNKNOWN
from .shaping import CloseUp, Shaping, X
from .sums import Number

STILL = (names.prop(EMBED, "table"),)
POSES = 3  # sheet, picked, column


def shape(shaping: Shaping) -> None:
    """What the columns are painted by, and where one stands before it is picked."""
    for name in sorted({names.piece_of(swarm.name) for swarm in shaping.copies.swarms}):
        if name == EMBED or name.startswith(ADD):
            _together(CloseUp(shaping, name))
    _picked(CloseUp(shaping, EMBED))


def _together(close: CloseUp) -> None:
    """Cells of all columns, on the scale of the stream."""
    copies, sums = close.shaping.copies, close.sums
    found: list[tuple[Swarm, int, Number]] = []
    for swarm in close.swarms(".*"):
        for i, tones in enumerate(copies.tones[swarm.name].T):
            cell = next((sums.beneath(int(tone)) for tone in tones if tone != UNKNOWN), None)
            if cell is not None:
                found.append((swarm, i, cell))
    network = sums.trace.network
    layer = max((network[sums.matrix_of(cell)].layer or 0 for _, _, cell in found), default=0)
    scale = sums.scale(stream_scale(network, layer))
    for swarm, i, cell in found:
        tone = sums.most([sums.least([cell / scale, 1.0]), -1.0])
        for pose in range(len(swarm.places)):
            copies.claim(swarm, pose, i, tone)


def _picked(close: CloseUp) -> None:
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
