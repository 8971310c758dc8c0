"""Contours of text in the typefaces of the scene."""

from __future__ import annotations

import functools

import bpy
import numpy as np

from ..layout.contours import Outline
from .faces import set_text

RESOLUTION = 2  # straight pieces a curve, as in the scene
KEPT = 4096  # texts whose contours are remembered


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
