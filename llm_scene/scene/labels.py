"""Text and lines in the scene."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np

from ..layout.plan import Letter, Point
from ..layout.signs import Bracket, Sign
from ..network.ops import Array

FACE = "Inter.woff2"


def face() -> bpy.types.VectorFont:
    """The typeface of Blender's own interface, packed so that the file takes it along."""
    for font in bpy.data.fonts:
        if font.name.startswith("LLM Scene face"):
            return font
    path = Path(bpy.utils.system_resource("DATAFILES", path="fonts")) / FACE
    font = bpy.data.fonts.load(str(path))
    font.name = "LLM Scene face"
    font.pack()
    return font


def text_object(name: str, sign: Sign, material: bpy.types.Material) -> bpy.types.Object:
    """A line of text, standing in the sheet it belongs to and facing the viewer."""
    curve = bpy.data.curves.new(name, "FONT")
    curve.body, curve.size, curve.font = sign.text, sign.size, face()
    curve.align_x = {"left": "LEFT", "centre": "CENTER", "right": "RIGHT"}[sign.align]
    curve.resolution_u = 3
    curve.fill_mode = "FRONT"
    curve.materials.append(material)
    label = bpy.data.objects.new(name, curve)
    x, y, z = sign.at
    label.location = (x, y - 0.05, z)
    label.rotation_euler = (math.pi / 2, -math.pi / 2 if sign.upright else 0.0, 0.0)
    _quiet(label)
    return label


def letter_object(letter: Letter, material: bpy.types.Material) -> bpy.types.Object:
    """A token as a solid letter."""
    name = f"{'Predicted' if letter.predicted else 'Token'} {letter.position} {letter.text}"
    label = text_object(name, Sign(letter.text, letter.at, letter.size, "centre", "letter", name), material)
    label.data.fill_mode = "BOTH"
    label.data.resolution_u = 8
    label.data.extrude = 0.07 * letter.size
    label.data.bevel_depth = 0.012 * letter.size
    return label


def bracket_object(name: str, brackets: list[Bracket], material: bpy.types.Material) -> bpy.types.Object:
    """Thin lines, as one mesh."""
    return line_object(name, [(bracket.points, bracket.width) for bracket in brackets], material)


def line_object(
    name: str, lines: list[tuple[tuple[Point, ...], float]], material: bpy.types.Material
) -> bpy.types.Object:
    """Polylines of square section, as one mesh."""
    bars = [_bar(a, b, width) for points, width in lines for a, b in zip(points, points[1:], strict=False)]
    vertices = np.concatenate(bars)
    faces = (_SIDES[None] + 8 * np.arange(len(bars))[:, None, None]).reshape(-1, 4)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.materials.append(material)
    line = bpy.data.objects.new(name, mesh)
    _quiet(line)
    return line


_SIDES = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])


def _bar(a: Point, b: Point, width: float) -> Array:
    """The eight corners of a bar from a to b, lengthened by half its width so that corners close."""
    start, end = np.array(a, float), np.array(b, float)
    along = (end - start) / np.linalg.norm(end - start)
    side = np.cross(along, [0.0, 1.0, 0.0] if abs(along[1]) < 0.9 else [1.0, 0.0, 0.0])
    side *= width / 2 / np.linalg.norm(side)
    up = np.cross(along, side)
    ends = np.array([start - along * width / 2, end + along * width / 2])
    signs = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)], float)
    across = signs @ np.array([side, up])
    return (ends[:, None, :] + across[None]).reshape(8, 3)


def _quiet(thing: bpy.types.Object) -> None:
    """Writing casts no shadow and lights nothing."""
    thing.visible_shadow = False
    thing.visible_diffuse = False
    thing.visible_glossy = False
    thing["dim"] = 0.0
    thing["hidden"] = 0.0
