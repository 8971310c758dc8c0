"""Things that exist for a film alone: moving copies of cells, words in the picture, drawn lines.

They stand in scene units, apart from the model's own blocks, and are hidden until a cue shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..layout.layout import Box, Point
from ..network.graph import Role
from ..network.ops import Array, Cell
from .formula import setting


@dataclass(frozen=True, eq=False)
class Swarm:
    """Cells that move on their own, through a row of poses.

    Channel `pose` runs from 0 to the last pose; between two poses places, sizes and colours go in
    straight lines.
    """

    name: str
    role: Role
    signed: bool
    places: Array = field(repr=False)  # [poses, n, 3], centres of the front faces
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
class Note:
    """Words or a number in the picture; `at` is the point named by `align` on its baseline."""

    name: str
    text: str
    at: Point
    size: float
    align: str = "centre"
    ink: str = "ink"  # or "accent", "faint", "back" (the background's)
    of: tuple[str, Cell] | None = None  # the matrix and cell whose value it shows

    @property
    def box(self) -> Box:
        """About the room it takes."""
        lines = self.text.split("\n")
        length = max(map(len, lines)) * self.size * 0.56
        shift = {"left": 0.0, "centre": -length / 2, "right": -length}[self.align]
        x, y, z = self.at
        return Box((x + shift, y, z - 0.2 * self.size), (x + shift + length, y, z + len(lines) * self.size))


@dataclass(frozen=True)
class Stroke:
    """A drawn line through `points`."""

    name: str
    points: tuple[Point, ...]
    width: float
    ink: str = "faint"

    @property
    def box(self) -> Box:
        """Around its points."""
        points = np.array(self.points)
        return Box(tuple(points.min(axis=0)), tuple(points.max(axis=0)))


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
        half = self.size * np.array([whole.width, 0.0, whole.height]) / 2
        low, high = np.array(self.at) - half, np.array(self.at) + half
        return Box(tuple(low.tolist()), tuple(high.tolist()))


@dataclass(frozen=True)
class Screen:
    """A piece of wall, wide and high around its middle, that comes before what is not spoken of."""

    name: str
    at: Point
    width: float
    height: float

    @property
    def box(self) -> Box:
        """Its face."""
        half = np.array([self.width / 2, 0.0, self.height / 2])
        low, high = np.array(self.at) - half, np.array(self.at) + half
        return Box(tuple(low.tolist()), tuple(high.tolist()))


Prop = Swarm | Note | Stroke | Formula | Screen


def number(value: float) -> str:
    """A value as it is written in the picture: two decimals, a true minus."""
    text = f"{value:.2f}"
    return text.replace("-", "−") if text.strip("-0.") else "0.00"
