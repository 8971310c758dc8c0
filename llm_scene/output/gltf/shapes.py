"""Triangles with baked light, in glTF's axes: x to the right, y up, z towards the viewer.

No light is exported, for every viewer has its own; what gives things body is painted onto them: each
face or corner is darkened by how far it turns away from a light at the upper left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...layout.layout import Point
from ...look import to_linear
from ...network.ops import Array, Numbers

LIGHT = np.array([-0.35, 0.55, 0.76])
SHADOW = 0.35  # what is left of a colour on the side away from the light

# A unit box between (0, -1, -1) and (1, 0, 0): six faces of four corners, counter-clockwise from outside.
_FACES = (
    ((0, -1, 0), (1, -1, 0), (1, 0, 0), (0, 0, 0)),  # front
    ((1, -1, -1), (0, -1, -1), (0, 0, -1), (1, 0, -1)),  # back
    ((1, -1, 0), (1, -1, -1), (1, 0, -1), (1, 0, 0)),  # right
    ((0, -1, -1), (0, -1, 0), (0, 0, 0), (0, 0, -1)),  # left
    ((0, 0, 0), (1, 0, 0), (1, 0, -1), (0, 0, -1)),  # top
    ((0, -1, -1), (1, -1, -1), (1, -1, 0), (0, -1, 0)),  # bottom
)
BOX = np.array(_FACES, np.float32).reshape(24, 3)
BOX_NORMALS = np.repeat(
    np.array([(0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0)]), 4, axis=0
)
QUAD = np.array([(0, 1, 2), (0, 2, 3)])
BOX_TRIANGLES = (QUAD[None] + 4 * np.arange(6)[:, None, None]).reshape(-1, 3)

# Front, right, left, top and bottom of a cuboid whose corners count x, then y, then from front to back.
_SIDES = ((0, 1, 3, 2), (1, 5, 7, 3), (4, 0, 2, 6), (2, 3, 7, 6), (4, 5, 1, 0))
_CORNERS = np.array([(x, y, z) for z in (0.5, -0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)])
OPEN_BOX = np.array([triangle for a, b, c, d in _SIDES for triangle in ((a, b, c), (a, c, d))])


@dataclass(frozen=True)
class Shape:
    """Vertices `[n, 3]`, triangles `[m, 3]`, colours `[n, 4]` as bytes of linear light."""

    vertices: Array
    triangles: Numbers
    colours: Array

    @staticmethod
    def joined(shapes: Sequence[Shape]) -> Shape:
        """All of them as one."""
        starts = np.cumsum([0, *(len(shape.vertices) for shape in shapes)])
        return Shape(
            np.concatenate([shape.vertices for shape in shapes]),
            np.concatenate([shape.triangles + start for shape, start in zip(shapes, starts, strict=False)]),
            np.concatenate([shape.colours for shape in shapes]),
        )

    def moved(self, by: Array) -> Shape:
        """The same elsewhere."""
        return replace(self, vertices=self.vertices + by)


def open_boxes(centres: Array, sizes: Array) -> Array:
    """Corners `[n, 8, 3]` of cuboids without backs, whose triangles are `OPEN_BOX`."""
    return centres[:, None] + sizes[:, None] * _CORNERS


def turned(points: Array) -> Array:
    """Points of the layout `[..., 3]` in glTF's axes."""
    points = np.asarray(points, float)
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def light_on(normals: Array) -> Array:
    """The share of light, 0 to 1, on faces with these normals `[n, 3]`."""
    facing = normals @ (LIGHT / np.linalg.norm(LIGHT))
    full = LIGHT[2] / np.linalg.norm(LIGHT)  # on what faces the viewer
    return np.clip(SHADOW + (1 - SHADOW) * facing / full, SHADOW, 1)


def painted(rgb: Array, shares: Array | float = 1.0, alpha: Array | float = 1.0) -> Array:
    """sRGB colours `[..., 3]`, darkened, as bytes of linear light `[n, 4]`."""
    linear = to_linear(np.asarray(rgb, float)) * np.asarray(shares, float)[..., None]
    shape = linear.shape[:-1]
    whole = np.concatenate([linear, np.broadcast_to(np.asarray(alpha, float), shape)[..., None]], axis=-1)
    return np.round(np.clip(whole, 0, 1) * 255).astype(np.uint8).reshape(-1, 4)


def ribbon(points: Sequence[Point], width: float, rgb: Array) -> Shape:
    """A flat line that faces the viewer, with mitred corners."""
    path = turned(np.array(points))
    along = np.diff(path, axis=0)
    across = np.stack([-along[:, 1], along[:, 0], 0 * along[:, 2]], axis=1)
    length = np.linalg.norm(across, axis=1, keepdims=True)
    across = np.where(length > 1e-6, across / np.maximum(length, 1e-6), (1.0, 0.0, 0.0))
    before, after = across[[0, *range(len(across))]], across[[*range(len(across)), -1]]
    mitre = (before + after) / (1 + (before * after).sum(axis=1, keepdims=True)) * (width / 2)
    corners = np.stack([path - mitre, path + mitre], axis=1).reshape(-1, 3)
    triangles = 2 * np.arange(len(along))[:, None, None] + np.array([(0, 2, 3), (0, 3, 1)])
    return Shape(corners, triangles.reshape(-1, 3), painted(np.broadcast_to(rgb, corners.shape)))


def pipe(rings: Array, quads: Array, sides: int, rgb: Array) -> Shape:
    """A tube of rings `[n * sides, 3]` in the layout's axes, lit smoothly."""
    vertices = turned(rings)
    circles = vertices.reshape(-1, sides, 3)
    outwards = circles - circles.mean(axis=1, keepdims=True)
    outwards = (outwards / np.linalg.norm(outwards, axis=2, keepdims=True)).reshape(-1, 3)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return Shape(vertices, triangles, painted(np.broadcast_to(rgb, vertices.shape), light_on(outwards)))
