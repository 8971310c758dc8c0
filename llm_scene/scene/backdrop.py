"""The piece of wall that comes before the model during a calculation."""

from __future__ import annotations

import bpy

from ..film.props import Backdrop


def backdrop_object(backdrop: Backdrop, material: bpy.types.Material) -> bpy.types.Object:
    """A flat wall around its middle; shadows fall on it, and it throws none."""
    a, b = backdrop.width / 2, backdrop.height / 2
    mesh = bpy.data.meshes.new(backdrop.name)
    mesh.from_pydata([(-a, 0, -b), (a, 0, -b), (a, 0, b), (-a, 0, b)], [], [(0, 1, 2, 3)])
    mesh.materials.append(material)
    wall = bpy.data.objects.new(backdrop.name, mesh)
    wall.location = backdrop.at
    wall.visible_shadow = False
    wall.hide_select = True  # a click means what stands before it
    return wall
