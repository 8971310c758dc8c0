"""Closed contours of letters and signs, and what they enclose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..network.ops import Array, Numbers

Flat = tuple[Array, Numbers]  # vertices [n, 2 or 3] and counter-clockwise triangles [m, 3]
NEAR = 1e-6  # corners that are so close are one


@dataclass(frozen=True, eq=False)
class Outline:
    """Closed contours.

    A point is inside where contours wind around it at all: the strokes of a letter may overlap, which
    Blender's own filling does not understand.
    """

    vertices: Array  # [n, 2]
    edges: Numbers  # [m, 2], each contour in its direction

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Its lower left and upper right corners."""
        if not len(self.vertices):
            return np.zeros(2), np.zeros(2)
        return self.vertices.min(axis=0), self.vertices.max(axis=0)


def crossings(shape: Outline, heights: Array) -> tuple[Numbers, Array, Array]:
    """Where contours cross horizontal lines: (which line, x, +1 upwards or -1 downwards)."""
    (x0, y0), (x1, y1) = shape.vertices[shape.edges].transpose(1, 2, 0)
    upwards = np.argsort(heights)
    first, beyond = np.searchsorted(heights[upwards], [np.minimum(y0, y1), np.maximum(y0, y1)])
    many = beyond - first  # lines that each edge crosses
    edge = np.repeat(np.arange(len(many)), many)
    line = upwards[np.arange(len(edge)) + np.repeat(beyond - np.cumsum(many), many)]
    x = x0[edge] + (heights[line] - y0[edge]) / (y1 - y0)[edge] * (x1 - x0)[edge]
    return line, x, np.sign(y1 - y0)[edge]


def few(contour: Array, away: float) -> Array:
    """The corners of a closed contour `[n, 2]` from which no other is further away (Douglas-Peucker)."""
    far = int(np.argmax(np.linalg.norm(contour - contour[0], axis=1)))
    closed = np.concatenate([contour, contour[:1]])
    keep = {0, far}
    open_ends = [(0, far), (far, len(contour))]
    while open_ends:
        first, last = open_ends.pop()
        start, along = closed[first], closed[last] - closed[first]
        inner = closed[first + 1 : last] - start
        off = np.abs(inner @ (-along[1], along[0])) / max(float(np.hypot(*along)), 1e-12)
        if len(off) and off.max() > away:
            worst = first + 1 + int(off.argmax())
            keep.add(worst)
            open_ends += [(first, worst), (worst, last)]
    return contour[sorted(keep)] if len(keep) > 2 else contour


def filled(shape: Outline) -> Flat:
    """What contours enclose, as vertices `[n, 2]` and counter-clockwise triangles."""
    from mathutils import Vector  # which comes with Blender: all else here works without it
    from mathutils.geometry import delaunay_2d_cdt

    if not len(shape.vertices):
        return np.zeros((0, 2)), np.zeros((0, 3), int)
    points = [Vector(point) for point in shape.vertices]
    found = delaunay_2d_cdt(points, shape.edges.tolist(), [], 0, NEAR)
    vertices, triangles = np.array([tuple(v) for v in found[0]]), np.array(found[2])
    middles = vertices[triangles].mean(axis=1)
    line, x, sign = crossings(shape, middles[:, 1])
    winding = np.bincount(line, sign * (x < middles[line, 0]), len(middles))
    return vertices, triangles[np.abs(winding) > 0.5]
