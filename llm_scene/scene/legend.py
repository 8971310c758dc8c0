"""The legend as objects: colour bars that show their colours as they are."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np

from ..layout.legend import LegendRow
from ..look import Look, to_linear
from .labels import text_object
from .materials import bar_material, ink_material

STEPS = 48


def legend_objects(rows: tuple[LegendRow, ...], look: Look) -> Iterator[tuple[str, bpy.types.Object]]:
    """Bars, titles and numbers, under the names that the layout gives them."""
    ink, faint = ink_material(look, "legend ink"), ink_material(look, "legend faint")
    material = bar_material()
    for row in rows:
        title, bar, *marks = row.names
        yield title, text_object(title, row.title, ink)
        yield bar, _bar(bar, row, look, material)
        for name, mark in zip(marks, row.marks, strict=True):
            yield name, text_object(name, mark, faint)


def _bar(name: str, row: LegendRow, look: Look, material: bpy.types.Material) -> bpy.types.Object:
    """A strip of quads in the map's colours."""
    length, _, height = row.bar.size
    edges = np.linspace(0, length, STEPS + 1)
    vertices = [(x, 0.0, z) for x in edges for z in (height, 0.0)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(STEPS)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    rgb = to_linear(look.ramp(row.role, row.signed).colours(np.linspace(-1 if row.signed else 0, 1, STEPS)))
    colours = np.concatenate([rgb, np.ones((STEPS, 1))], axis=1).astype(np.float32)
    mesh.attributes.new("colour", "FLOAT_COLOR", "FACE").data.foreach_set("color", colours.ravel())
    mesh.materials.append(material)
    strip = bpy.data.objects.new(name, mesh)
    strip.location = row.bar.low
    return strip
