"""Things that exist for a film alone: moving copies of cells, words in the picture, drawn lines.

They stand in scene units, apart from the model's own blocks, and are hidden until a cue shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..layout.contours import Flat
from ..layout.drawn import Line, Text
from ..layout.layout import Box, Point
from ..network.graph import Role
from ..network.ops import Array
from .formula import filled_part, setting


@dataclass(frozen=True, eq=False)
class Swarm:
    """Cells that move on their own, through a row of poses.

    Channel `pose` runs from 0 to the last pose; between two poses places, sizes and colours go in
    straight lines.
    """

    name: str
    role: Role
    signed: bool
    places: Array = field(repr=False)  # [poses, n, 3], middles of the cells
    sizes: Array = field(repr=False)  # [poses, n, 3]
    values: Array = field(repr=False)  # [poses, n], -1 to 1 for the colour map

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Swarm)
            and (self.name, self.role, self.signed) == (other.name, other.role, other.signed)
            and np.array_equal(self.places, other.places)
            and np.array_equal(self.sizes, other.sizes)
            and np.array_equal(self.values, other.values)
        )

    def __hash__(self) -> int:
        return hash(self.name)

    def box(self, pose: int) -> Box:
        """Around all cells in a pose."""
        half = self.sizes[pose] / 2
        low = (self.places[pose] - half).min(axis=0)
        high = (self.places[pose] + half).max(axis=0)
        return Box(tuple(map(float, low)), tuple(map(float, high)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Formula:
    """A part of a formula; `at` is the middle of the whole of it. See `formula.part`."""

    name: str
    tex: str
    part: int
    at: Point
    size: float
    ink: str = "ink"

    @property
    def box(self) -> Box:
        """Around the whole formula."""
        whole = setting(self.tex)
        return Box.middle(self.at, self.size * whole.width, self.size * whole.height)

    @property
    def shape(self) -> Flat:
        """Corners `[n, 2]` around the middle of the whole formula, in scene units, and triangles."""
        corners, triangles = filled_part(self.tex, self.part)
        return corners * self.size, triangles


@dataclass(frozen=True)
class Backdrop:
    """A piece of wall, wide and high around its middle, that comes before what is not spoken of."""

    name: str
    at: Point
    width: float
    height: float

    @property
    def box(self) -> Box:
        """Its face."""
        return Box.middle(self.at, self.width, self.height)


Prop = Swarm | Text | Line | Formula | Backdrop


def number(value: float) -> str:
    """A value as it is written in the picture: two decimals, a true minus, also just below zero."""
    return f"{value + 0.0:.2f}".replace("-", "−")  # -0.0 + 0.0 is 0.0


def share_text(share: float) -> str:
    """A probability in per cent; never rounded to a certainty, or to nothing."""
    if share < 0.0005:
        return "< 0.1 %"
    if share >= 0.9995:
        return "> 99.9 %"  # softmax reaches neither 0 nor 1, though numbers of the computer do
    return f"{100 * share:.1f} %"
