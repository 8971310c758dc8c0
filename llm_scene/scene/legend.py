"""The legend: what the colours mean, with numbers, as an object in the scene."""

from __future__ import annotations

import bpy
import numpy as np

from ..layout.look import Look, to_linear
from ..layout.plan import Layout
from ..layout.signs import Sign, legend_box
from ..network.graph import Role
from .labels import text_object
from .materials import bar_material, ink_material

ROWS: tuple[tuple[Role, bool, str], ...] = (
    ("weight", True, "Weights (learned)"),
    ("activation", True, "Values (computed)"),
    ("activation", False, "Attention and probabilities"),
    ("aggregate", False, "Deviations and sums"),
)
STEPS = 48


Scales = dict[tuple[Role, bool], list[float]]  # (role, signed): what fills each matrix's colour map


def add_legend(into: bpy.types.Collection, layout: Layout, look: Look, scales: Scales) -> None:
    """Four colour bars beside the embedding, where the film begins.

    Every matrix fills the map by its own scale, so a bar ends at the range of these.
    """
    unit = layout.gap / 6
    box = legend_box(layout)
    length, pitch = box.size[0], 10 * unit
    (x, y, _), (_, _, top) = box.low, box.high
    top -= 4 * unit
    ink, faint = ink_material(look, "legend ink", look.ink), ink_material(look, "legend faint", look.faint)
    bar = bar_material()
    for i, (role, signed, title) in enumerate(ROWS):
        marks = _marks(signed, scales.get((role, signed), [1.0]))
        z = top - i * pitch
        into.objects.link(
            text_object(f"legend {title}", Sign(title, (x, y, z), 3 * unit, "left", "legend", title), ink)
        )
        into.objects.link(_bar(title, look, role, signed, (x, y, z - 1.0 * unit), length, 1.8 * unit, bar))
        for n, (mark, share) in enumerate(zip(marks, np.linspace(0, 1, len(marks)), strict=True)):
            at = (x + share * length, y, z - 5.4 * unit)
            align = "left" if share == 0 else "right" if share == 1 else "centre"
            sign = Sign(mark, at, 2.2 * unit, align, "legend", title)
            into.objects.link(text_object(f"legend {title} mark {n}", sign, faint))


def _marks(signed: bool, scales: list[float]) -> tuple[str, ...]:
    """The numbers under a bar: its ends and its zero."""
    least, most = f"{min(scales):.2g}", f"{max(scales):.2g}"
    end = most if least == most else f"{least} … {most}"
    return (
        (f"−({end})" if "…" in end else f"−{end}", "0", f"+({end})" if "…" in end else f"+{end}")
        if signed
        else ("0", end)
    )


def _bar(
    title: str,
    look: Look,
    role: Role,
    signed: bool,
    at: tuple[float, float, float],
    length: float,
    height: float,
    material: bpy.types.Material,
) -> bpy.types.Object:
    """A strip of quads in the map's colours."""
    edges = np.linspace(0, length, STEPS + 1)
    vertices = [(x, 0.0, z) for x in edges for z in (0.0, -height)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(STEPS)]
    mesh = bpy.data.meshes.new(f"legend bar {title}")
    mesh.from_pydata(vertices, [], faces)
    value = np.linspace(-1 if signed else 0, 1, STEPS)
    rgb = to_linear(look.ramp(role, signed).colours(value))
    colours = np.concatenate([rgb, np.ones((STEPS, 1))], axis=1).astype(np.float32)
    mesh.attributes.new("colour", "FLOAT_COLOR", "FACE").data.foreach_set("color", colours.ravel())
    mesh.materials.append(material)
    strip = bpy.data.objects.new(f"legend bar {title}", mesh)
    strip.location = at
    return strip
