"""The piece of wall that comes before the model during a calculation."""

from __future__ import annotations

import bpy

from ..film.props import Screen


def screen_object(screen: Screen, material: bpy.types.Material) -> bpy.types.Object:
    """A flat wall around its middle; shadows fall on it, and it throws none."""
    a, b = screen.width / 2, screen.height / 2
    mesh = bpy.data.meshes.new(screen.name)
    mesh.from_pydata([(-a, 0, -b), (a, 0, -b), (a, 0, b), (-a, 0, b)], [], [(0, 1, 2, 3)])
    mesh.materials.append(material)
    wall = bpy.data.objects.new(screen.name, mesh)
    wall.location = screen.at
    wall.visible_shadow = False
    return wall
