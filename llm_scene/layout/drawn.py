"""What is written and drawn in the scene: texts and lines, in scene units.

Both stand in a sheet's plane, so that they are read from the front and turn with the model. `name` is what a
film's cues call them (see `names`); things that always move together share it. `ink` is one of
`look.INKS`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from ..network.ops import Cell
from .layout import Box, Point

Align = Literal["left", "centre", "right"]
LETTER, BROAD = 0.56, 1.0  # width of a letter in its size: an average over texts; an East Asian one
LINE = 1.22  # from line to line, in sizes of type
EAST_ASIAN = 0x2E80  # from here on letters are broad
WIDTHS = {  # of letters of the face that texts are set in, from one to the next, by their size
    letter: width
    for width, letters in {
        0.25: "ij", 0.27: " ,.:;", 0.28: "‘’", 0.29: "l", 0.3: "!·", 0.31: "'", 0.34: "`t", 0.35: "|",
        0.37: "/\\", 0.38: "f", 0.39: "()[]r{}", 0.4: "›", 0.45: "I²", 0.46: "_³°", 0.47: "“”", 0.48: "^",
        0.49: '"', 0.5: "–", 0.53: "?", 0.54: "s", 0.56: "kxz", 0.57: "Lavγ", 0.58: "Jcy", 0.59: "Fe␣",
        0.6: "Ehnouβμ", 0.62: "bdgpq", 0.63: "σ", 0.64: "#PZ√", 0.65: "$&*+-0123456789<=>RST~−×÷±≥≤≈",
        0.66: "B", 0.67: "α", 0.69: "KΣ", 0.7: "XY", 0.71: "AV", 0.72: "D", 0.73: "C", 0.74: "HU",
        0.75: "G", 0.76: "N", 0.77: "OQ", 0.83: "w", 0.89: "m", 0.91: "M…", 0.95: "→", 0.98: "@",
        0.99: "%", 1.0: "W—",
    }.items()
    for letter in letters
}  # fmt: skip
OTHER = 0.65  # of letters that are not listed


def text_width(text: str, size: float = 1.0) -> float:
    """How long a text is, in letters of this size; its longest line counts."""
    return size * max(sum(map(_width, line)) for line in text.split("\n"))


def fitting(texts: Iterable[str], room: float, most: float, least: float = 0.0) -> float:
    """The size in which none of some texts is longer than a room; at most `most`, and `least` in any case."""
    return max(least, min(most, room / max(map(text_width, texts))))


@cache
def _width(letter: str) -> float:
    """An accent makes a letter no wider."""
    if ord(letter) >= EAST_ASIAN:
        return BROAD
    return WIDTHS.get(letter) or WIDTHS.get(unicodedata.normalize("NFD", letter)[0], OTHER)


def text_height(lines: int, size: float = 1.0) -> float:
    """About how high so many lines of letters of this size are."""
    return size * (LINE * (lines - 1) + 1)


@dataclass(frozen=True)
class Says:
    """Which token a text says, so that whoever follows another prompt can write its letters there.

    `rank`: the so many-likeliest to come next, from 0; `entry`: that number of the vocabulary; `place`: that
    place of the sequence, in a text that shows its letters in order; `step`: letters that the sequence has
    had by then, however many.
    """

    kind: Literal["rank", "entry", "place", "step"]
    number: int = 0


@dataclass(frozen=True)
class Text:
    """Words or a number. `at` is the point named by `align` on its last line's baseline."""

    name: str
    text: str
    at: Point
    size: float  # height of a line
    align: Align = "centre"
    ink: str = "ink"
    upright: bool = False  # turned to run upwards
    of: tuple[str, Cell] | None = None  # the matrix and cell whose value it shows
    says: Says | None = None  # the token that it says
    facing: tuple[float, float] = (0.0, 0.0)  # azimuth and elevation (degrees) of who reads it

    @property
    def width(self) -> float:
        """About how far it runs."""
        return text_width(self.text, self.size)

    @property
    def box(self) -> Box:
        """About the room it takes over its baseline."""
        width, height = self.width, text_height(self.text.count("\n") + 1, self.size)
        shift = {"left": 0.0, "centre": -width / 2, "right": -width}[self.align]
        x, y, z = self.at
        if self.upright:
            return Box((x - height, y, z + shift), (x, y, z + shift + width))
        return Box((x + shift, y, z), (x + shift + width, y, z + height))


@dataclass(frozen=True)
class Line:
    """A line through `points`."""

    name: str
    points: tuple[Point, ...]
    width: float
    ink: str = "faint"

    @property
    def box(self) -> Box:
        """Around its points."""
        points = np.array(self.points)
        return Box(tuple(points.min(axis=0)), tuple(points.max(axis=0)))
