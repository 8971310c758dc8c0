"""Strips in the colours of a map, which show them as they are."""

from __future__ import annotations

import bpy
import numpy as np

from ..look import Look, to_linear
from ..staging.things import Ramp

STEPS = 48


def ramp_object(name: str, ramp: Ramp, look: Look, material: bpy.types.Material) -> bpy.types.Object:
    """A strip of quads from the map's lowest value to its highest."""
    length, _, height = ramp.box.size
    edges = np.linspace(0, length, STEPS + 1)
    vertices = [(x, 0.0, z) for x in edges for z in (height, 0.0)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(STEPS)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    rgb = to_linear(
        look.ramp(ramp.role, ramp.signed).colours(np.linspace(-1 if ramp.signed else 0, 1, STEPS))
    )
    colours = np.concatenate([rgb, np.ones((STEPS, 1))], axis=1).astype(np.float32)
    mesh.attributes.new("colour", "FLOAT_COLOR", "FACE").data.foreach_set("color", colours.ravel())
    mesh.materials.append(material)
    strip = bpy.data.objects.new(name, mesh)
    strip.location = ramp.box.low
    return strip
