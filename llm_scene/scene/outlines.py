"""Contours of text in the typefaces of the scene, and what they enclose."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector
from mathutils.geometry import delaunay_2d_cdt

from ..network.ops import Array, Numbers
from .faces import set_text

Flat = tuple[Array, Numbers]  # vertices [n, 2 or 3] and counter-clockwise triangles [m, 3]
RESOLUTION = 3  # straight pieces a curve
KEPT = 4096  # texts whose contours are remembered


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


@functools.lru_cache(maxsize=KEPT)  # Blender takes a millisecond or more for each, and outputs ask again
def outline(text: str) -> Outline:
    """The contours of a text of size 1, centred on the origin of its last line's baseline."""
    curve = bpy.data.curves.new("outline", "FONT")
    set_text(curve, text)
    curve.align_x, curve.align_y = "CENTER", "BOTTOM_BASELINE"
    curve.resolution_u, curve.fill_mode = RESOLUTION, "NONE"
    holder = bpy.data.objects.new("outline", curve)
    found = _edges(holder.to_mesh())
    holder.to_mesh_clear()
    bpy.data.objects.remove(holder)
    bpy.data.curves.remove(curve)
    return found


def _edges(mesh: bpy.types.Mesh | None) -> Outline:
    """A flat mesh as contours; None, which is what nothing but spaces becomes, has none."""
    if mesh is None:
        return Outline(np.zeros((0, 2)), np.zeros((0, 2), int))
    vertices = np.empty(3 * len(mesh.vertices), np.float32)
    edges = np.empty(2 * len(mesh.edges), np.int32)
    mesh.vertices.foreach_get("co", vertices)
    mesh.edges.foreach_get("vertices", edges)
    return Outline(vertices.reshape(-1, 3)[:, :2].astype(float), edges.reshape(-1, 2))


def crossings(shape: Outline, heights: Array) -> tuple[Numbers, Array, Array]:
    """Where contours cross horizontal lines: (which line, x, +1 upwards or -1 downwards)."""
    (x0, y0), (x1, y1) = shape.vertices[shape.edges].transpose(1, 2, 0)
    edge, line = np.nonzero(
        (np.minimum(y0, y1)[:, None] <= heights) & (heights < np.maximum(y0, y1)[:, None])
    )
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
        (x, y), along = closed[first], closed[last] - closed[first]
        inner = closed[first + 1 : last] - (x, y)
        off = np.abs(inner @ (-along[1], along[0])) / max(float(np.hypot(*along)), 1e-12)
        if len(off) and off.max() > away:
            worst = first + 1 + int(off.argmax())
            keep.add(worst)
            open_ends += [(first, worst), (worst, last)]
    return contour[sorted(keep)] if len(keep) > 2 else contour


def filled(shape: Outline) -> Flat:
    """What contours enclose, as vertices `[n, 2]` and counter-clockwise triangles."""
    if not len(shape.vertices):
        return np.zeros((0, 2)), np.zeros((0, 3), int)
    points = [Vector(point) for point in shape.vertices]
    found = delaunay_2d_cdt(points, shape.edges.tolist(), [], 0, 1e-6)
    vertices, triangles = np.array([tuple(v) for v in found[0]]), np.array(found[2])
    middles = vertices[triangles].mean(axis=1)
    line, x, sign = crossings(shape, middles[:, 1])
    winding = np.bincount(line, sign * (x < middles[line, 0]), len(middles))
    return vertices, triangles[np.abs(winding) > 0.5]
