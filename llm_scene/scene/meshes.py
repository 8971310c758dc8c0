"""Meshes filled from arrays, all at once: Blender's own `from_pydata` and `shade_flat` go face by face."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ..network.ops import Array, Numbers


def fill(mesh: bpy.types.Mesh, vertices: Array, faces: Sequence[Numbers], *, smooth: bool = False) -> None:
    """Give an empty mesh its vertices `[n, 3]` and its faces, arrays `[m, corners]`."""
    corners = np.concatenate([part.ravel() for part in faces])
    sizes = np.concatenate([np.full(len(part), part.shape[1]) for part in faces])
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
    mesh.loops.add(len(corners))
    mesh.loops.foreach_set("vertex_index", corners.astype(np.int32))
    mesh.polygons.add(len(sizes))
    mesh.polygons.foreach_set("loop_start", (np.cumsum(sizes) - sizes).astype(np.int32))
    if not smooth:
        sharp = mesh.attributes.new("sharp_face", "BOOLEAN", "FACE")
        sharp.data.foreach_set("value", np.ones(len(sizes), bool))
    mesh.update(calc_edges=True)
