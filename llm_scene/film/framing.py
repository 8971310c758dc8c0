"""Where the camera must stand so that a subject fills the frame."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..layout.plan import Block, Box, Layout
from ..network.ops import Array
from .plan import Pose

SENSOR = 36.0  # mm, across the wider side
# The part of the frame that subjects keep to: (left, right, bottom, top) in halves of the frame, the
# lower third's room left to captions.
SAFE = (-0.86, 0.86, -0.52, 0.86)


def axes(azimuth: float, elevation: float) -> tuple[Array, Array, Array]:
    """Unit vectors to the right, up and forward of a camera with these angles (degrees)."""
    a, e = math.radians(azimuth), math.radians(elevation)
    right = np.array([math.cos(a), math.sin(a), 0.0])
    forward = np.array([-math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), -math.sin(e)])
    return right, np.cross(right, forward), forward


def project(points: Array, pose: Pose, aspect: float = 16 / 9) -> Array:
    """Frame coordinates `[n, 2]` in -1 to 1 (x right, y up) and depth as third column."""
    right, up, forward = axes(pose.azimuth, pose.elevation)
    away = np.asarray(points, float) - np.array(pose.eye)
    depth = away @ forward
    scale = 2 * pose.lens / SENSOR / np.maximum(depth, 1e-9)
    wide = max(1.0, 1 / aspect)  # Blender fits the sensor to the longer side
    return np.stack([away @ right * scale * wide, away @ up * scale * wide * aspect, depth], axis=1)


def frame(
    subject: Iterable[Box],
    azimuth: float,
    elevation: float,
    *,
    lens: float = 40.0,
    margin: float = 1.0,
    fstop: float = 0.0,
    aspect: float = 16 / 9,
    safe: tuple[float, float, float, float] = SAFE,
) -> Pose:
    """The nearest pose at these angles from which all boxes lie inside the safe part of the frame.

    `margin` > 1 steps back further. The subject comes to stand in the middle of the safe part.
    """
    corners = np.concatenate([box.corners() for box in subject])
    right, up, forward = axes(azimuth, elevation)
    flat = corners @ np.array([right, up, forward]).T  # [n, 3] in camera axes
    left, width, low, height = safe[0], safe[1] - safe[0], safe[2], safe[3] - safe[2]
    kx = 2 * lens / SENSOR
    ky = kx * aspect
    centre = (flat.min(axis=0) + flat.max(axis=0)) / 2
    shift_x, shift_y = left + width / 2, low + height / 2  # where the middle should appear
    distance = 1.0
    for _ in range(60):  # the perspective of near corners makes this implicit: a few rounds settle it
        depth = flat[:, 2] - centre[2] + distance
        depth = np.maximum(depth, 0.05 * distance)
        x = (flat[:, 0] - centre[0]) * kx / depth
        y = (flat[:, 1] - centre[1]) * ky / depth
        need = max((x.max() - x.min()) / width, (y.max() - y.min()) / height) * margin
        centre[0] += (x.max() + x.min()) / 2 * distance / kx * 0.7
        centre[1] += (y.max() + y.min()) / 2 * distance / ky * 0.7
        distance *= 0.5 + 0.5 * need if need > 1 else max(0.7, need)
    centre[0] -= shift_x * distance / kx
    centre[1] -= shift_y * distance / ky
    x, y, z = centre @ np.array([right, up, forward])
    return Pose((float(x), float(y), float(z)), azimuth, elevation, float(distance), lens, fstop)


def frame_blocks(blocks: Iterable[Block], azimuth: float, elevation: float, **options: float) -> Pose:
    """`frame` for blocks, with room for their labels."""
    return frame([block.box.grown(2.5) for block in blocks], azimuth, elevation, **options)  # type: ignore[arg-type]


def overview(layout: Layout) -> Pose:
    """The whole model, seen from before its beginning so that perspective gathers its length."""
    return frame([layout.box], -38.0, 14.0, lens=35.0, safe=(-0.9, 0.9, -0.7, 0.8))
