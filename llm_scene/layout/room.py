"""Where wall and floor of the room stand around a model."""

from __future__ import annotations

import math

import numpy as np

from .layout import Box

BEHIND = 4.0  # cells from the hindmost sheets to the wall, which is near enough for shadows to tell depth
SHARE = 0.002  # and of the model's size, so that large models cast shadows that can be seen
BELOW = 2.0  # cells from the lowest sheets to where the wall begins to bend
BEND = 0.12  # radius of the bend, as a part of the model's size
REACH = 12.0  # how far wall and floor go on, in sizes of the model
ROUND = 24  # faces that the bend is made of


def wall_depth(box: Box) -> float:
    """Where the wall stands behind a model that fills `box`."""
    return box.high[1] + BEHIND + SHARE * max(box.size)


def ground_height(box: Box) -> float:
    """Where the floor lies under a model that fills `box`."""
    return box.low[2] - BELOW - BEND * max(box.size)


def reach(box: Box) -> float:
    """How far wall and floor go on."""
    return REACH * max(box.size)


def profile(box: Box) -> list[tuple[float, float]]:
    """The wall from the side: (y, z) from far away on the floor, round the bend, to high up."""
    radius = BEND * max(box.size)
    y, z = wall_depth(box), ground_height(box)
    bend = [
        (y - radius + radius * math.sin(angle), z + radius - radius * math.cos(angle))
        for angle in np.linspace(0, math.pi / 2, ROUND + 1)
    ]
    return [(y - reach(box), z), *bend, (y, z + reach(box))]
