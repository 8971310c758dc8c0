"""What is written and drawn in the scene: texts and lines, in scene units.

Both stand in a sheet's plane, so that they are read from the front and turn with the model. `name` is what a
film's cues call them (see `names`); things that always move together share it. `ink` is one of
`look.INKS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..network.ops import Cell
from .layout import Box, Point

Align = Literal["left", "centre", "right"]
LETTER, BROAD = 0.56, 1.0  # width of a letter in its size: an average over the face; an East Asian one
LINE = 1.22  # from line to line, in sizes of type
EAST_ASIAN = 0x2E80  # from here on letters are broad


def text_width(text: str, size: float = 1.0) -> float:
    """About how long a text is, in letters of this size; its longest line counts."""
    lines = text.split("\n")
    return size * max(sum(BROAD if ord(x) >= EAST_ASIAN else LETTER for x in line) for line in lines)


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
