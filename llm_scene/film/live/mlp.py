"""The MLP's curve: numbers on a line, and on the curve."""

from __future__ import annotations

from collections.abc import Sequence

from ...layout import names
from ..pieces.mlp import NAME
from ..props import number
from .shaping import CloseUp, Shaping, X, Z, slope
from .sums import Number

FREE = (names.prop(NAME, ""),)  # all of it


def shape(shaping: Shaping) -> None:
    """Where numbers stand, and what is told of some of them."""
    close = CloseUp(shaping, NAME)
    numbers = close.company("numbers", 0, Z)
    if not numbers:
        return
    before, after = ([close.cell_of(one, pose) for one in numbers] for pose in (1, 2))
    k = slope([float(s.places[1, i, X]) for s, i in numbers], [x.own for x in before])
    up = slope([float(s.places[2, i, Z]) for s, i in numbers], [y.own for y in after])
    bent = close.company("after", 1, Z)
    for one, x, y in zip(numbers, before, after, strict=True):
        close.moved(one, 1, X, (x - x.own) * k)
        close.moved(one, 2, X, (x - x.own) * k)
        close.moved(one, 2, Z, (y - y.own) * up)
    for one, x, y in zip(bent, before, after, strict=True):
        close.moved(one, 0, X, (x - x.own) * k)
        close.moved(one, 0, Z, (y - y.own) * up)
    _told_apart(close, before, after, (k, up))


def _told_apart(
    close: CloseUp, before: Sequence[Number], after: Sequence[Number], scales: tuple[float, float]
) -> None:
    """What becomes of some of them, in words beside them, with their leaders."""
    said = {f"{number(x.own)} → {number(y.own)}": (x, y) for x, y in zip(before, after, strict=True)}
    for name, text in close.written.items():
        if name.startswith("told ") and text.text in said:
            close.write(name, *said[text.text])
            for part in (name, name.replace("told", "to")):
                for axis, x, k in zip((X, Z), said[text.text], scales, strict=True):
                    close.shift(part, axis, (x - x.own) * k)
