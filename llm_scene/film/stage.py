"""The stage: where a calculation is shown, in units of its own.

It is 32 units wide and 18 high (18 by 18 in a square picture, 18 by 32 in an upright one), stands before the
sheet that it speaks of, and fills the picture. So a calculation is composed once and looks the same
for a model of any size. Its x runs to the right and z up from the middle, y towards the wall.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..layout.layout import Block, Box, Layout, Point
from ..look.views import VIEWS
from ..network.ops import Array
from .film import Pose
from .framing import SAFE, frame

LONG, SHORT = 32.0, 18.0  # its sides in stage units
UNDER = 0.7  # what is left free under the running head
TITLE = 0.5  # from its top to the middle of a title
WALL = 0.7  # how far behind it its wall stands: so near that shadows stay beside what throws them
SMALLEST = 0.75  # cells of the model to a unit


@dataclass(frozen=True)
class Stage:
    """`centre` is the middle of its plane and `unit` the length of a stage unit, both in scene units."""

    centre: Point
    unit: float
    width: float = LONG
    height: float = SHORT

    @property
    def upright(self) -> bool:
        """Whether things stand below each other that otherwise stand side by side."""
        return self.width < LONG

    @property
    def square(self) -> bool:
        """Whether there is room for few things only."""
        return self.width == self.height

    @property
    def reach(self) -> float:
        """How far to either side things may stand."""
        return SAFE[1] * self.width / 2

    @property
    def top(self) -> float:
        """How high things may reach: well under the running head."""
        return SAFE[3] * self.height / 2 - UNDER

    @property
    def floor(self) -> float:
        """How low they may reach: above the captions."""
        return SAFE[2] * self.height / 2

    @property
    def title(self) -> float:
        """How high the middle of a title stands."""
        return self.top - TITLE

    @property
    def middle(self) -> float:
        """Half way between floor and top."""
        return (self.floor + self.top) / 2

    def at(self, x: Array | float, z: Array | float, y: Array | float = 0.0) -> Array:
        """Places on the stage in scene units, `[..., 3]`."""
        return np.array(self.centre) + self.unit * np.stack(np.broadcast_arrays(x, y, z), axis=-1)

    @property
    def box(self) -> Box:
        """All of its plane."""
        x, y, z = self.centre
        return Box.middle((x, y, z), self.width * self.unit, self.height * self.unit)

    @property
    def room(self) -> Box:
        """The part of its plane on which things stand: what the camera keeps within the frame's safe part."""
        low, high = self.at(-self.reach, self.floor), self.at(self.reach, self.top + UNDER)
        return Box(tuple(low.tolist()), tuple(high.tolist()))

    @property
    def pose(self) -> Pose:
        """The camera that sees exactly it."""
        view = VIEWS["stage"]
        aspect = self.width / self.height
        return frame([self.room], view.azimuth, view.elevation, lens=view.lens, aspect=aspect, safe=SAFE)


def sides(aspect: float) -> tuple[float, float]:
    """Width and height of the stage in a picture of this width by its height, in stage units."""
    return (LONG, SHORT) if aspect > 1.2 else (SHORT, LONG) if aspect < 0.8 else (SHORT, SHORT)


def before(layout: Layout, block: Block, cell: tuple[int, int], aspect: float) -> Stage:
    """The stage before a block, as large as it is, and where that is far larger than its rows before a cell.

    `aspect` is the picture's width by its height.
    """
    width, height = sides(aspect)
    wide, _, high = block.box.size
    narrow = min(wide, high)
    unit = max(SMALLEST, math.sqrt(min(wide, 4 * narrow) * min(high, 4 * narrow)) / SHORT)
    middle, here = np.array(block.box.centre), np.array(block.centre(*cell))
    around = np.array([width, 0.0, height]) * unit / 2
    x, _, z = np.clip(middle, here - around, here + around)
    y = layout.lines[layout.line(block)].y - 1.5 * layout.gap - WALL * unit
    return Stage((float(x), y, float(z)), unit, width, height)
