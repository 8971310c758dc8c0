"""Links as objects; their attribute `along` says how far along a vertex lies."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ..layout.layout import Link
from ..network.ops import Array
from ..staging.tubes import tube
from .meshes import fill


def link_object(name: str, links: Sequence[Link], material: bpy.types.Material) -> bpy.types.Object:
    """One object for all links that lead to the same block; it stands where the first begins."""
    vertices: list[Array] = []
    faces: list[Array] = []
    along: list[Array] = []
    for link in links:
        ring, quads, share = tube(link)
        faces.append(quads + sum(map(len, vertices)))
        vertices.append(ring)
        along.append(share)
    mesh, origin = bpy.data.meshes.new(name), links[0].points[0]
    places = np.concatenate(vertices) - np.array(origin)
    fill(mesh, places, faces, smooth=True)
    attribute = mesh.attributes.new("along", "FLOAT", "POINT")
    attribute.data.foreach_set("value", np.concatenate(along).astype(np.float32))
    mesh.materials.append(material)
    tubes = bpy.data.objects.new(name, mesh)
    tubes.location = origin
    return tubes
