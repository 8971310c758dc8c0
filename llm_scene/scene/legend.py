"""The legend as objects: colour bars that show their colours as they are."""

from __future__ import annotations

import bpy
import numpy as np

from ..layout.legend import LegendRow
from ..layout.look import Look, to_linear
from .labels import text_object
from .materials import bar_material, ink_material

STEPS = 48


def add_legend(into: bpy.types.Collection, rows: tuple[LegendRow, ...], look: Look) -> None:
    """Bars, titles and numbers."""
    ink, faint = ink_material(look, "legend ink", look.ink), ink_material(look, "legend faint", look.faint)
    material = bar_material()
    for row in rows:
        name = f"legend {row.title.text}"
        into.objects.link(text_object(name, row.title, ink))
        into.objects.link(_bar(row, look, material))
        for n, mark in enumerate(row.marks):
            into.objects.link(text_object(f"{name} mark {n}", mark, faint))


def _bar(row: LegendRow, look: Look, material: bpy.types.Material) -> bpy.types.Object:
    """A strip of quads in the map's colours."""
    length, _, height = row.bar.size
    edges = np.linspace(0, length, STEPS + 1)
    vertices = [(x, 0.0, z) for x in edges for z in (height, 0.0)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(STEPS)]
    mesh = bpy.data.meshes.new(f"legend bar {row.title.text}")
    mesh.from_pydata(vertices, [], faces)
    rgb = to_linear(look.ramp(row.role, row.signed).colours(np.linspace(-1 if row.signed else 0, 1, STEPS)))
    colours = np.concatenate([rgb, np.ones((STEPS, 1))], axis=1).astype(np.float32)
    mesh.attributes.new("colour", "FLOAT_COLOR", "FACE").data.foreach_set("color", colours.ravel())
    mesh.materials.append(material)
    strip = bpy.data.objects.new(f"legend bar {row.title.text}", mesh)
    strip.location = row.bar.low
    return strip
