"""Text and lines in the scene."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import bpy
import numpy as np

from ..layout.contours import Flat, filled
from ..layout.drawn import Line, Text
from ..layout.layout import Box, Letter, Point
from ..layout.polylines import cross
from ..network.ops import Array, Numbers
from .faces import set_text
from .meshes import fill
from .outlines import outline

ALIGN = {"left": "LEFT", "centre": "CENTER", "right": "RIGHT"}
BOLDER = 0.012  # of its size: dark figures on light look thinner than light ones on dark


def text_object(sign: Text, material: bpy.types.Material) -> bpy.types.Object:
    """A line of text, standing in the sheet it belongs to and facing the viewer."""
    curve = bpy.data.curves.new(sign.name, "FONT")
    set_text(curve, sign.text, sign.size)
    curve.align_x, curve.align_y = ALIGN[sign.align], "BOTTOM_BASELINE"
    curve.resolution_u = 2
    curve.fill_mode = "FRONT"
    if sign.ink == "on light":
        # not by its offset, which fills the hollows of a 1, 3, 7 or z in Blender 4.5
        curve.bevel_depth, curve.bevel_resolution = BOLDER * sign.size, 0
    curve.materials.append(material)
    label = bpy.data.objects.new(sign.name, curve)
    x, y, z = sign.at
    label.location = (x, y - 0.05, z)
    azimuth, elevation = map(math.radians, sign.facing)
    label.rotation_euler = (math.pi / 2 - elevation, -math.pi / 2 if sign.upright else 0.0, azimuth)
    return quiet(label)


def letter_object(letter: Letter, material: bpy.types.Material) -> bpy.types.Object:
    """A token as a solid letter."""
    label = text_object(Text(letter.name, letter.text, letter.at, letter.size), material)
    label.data.fill_mode = "BOTH"
    label.data.resolution_u = 6
    label.data.extrude = 0.07 * letter.size
    label.data.bevel_depth = 0.012 * letter.size
    return label


def bar_object(name: str, box: Box, origin: Point, material: bpy.types.Material) -> bpy.types.Object:
    """A solid bar that grows from its origin."""
    mesh = bpy.data.meshes.new(name)
    fill(mesh, box.corners() - origin, [_SIDES])
    mesh.materials.append(material)
    bar = bpy.data.objects.new(name, mesh)
    bar.location = origin
    return quiet(bar)


class Lettering:
    """Text as plain geometry, for the many small dimensions; every distinct line is set once."""

    def __init__(self) -> None:
        self._set: dict[str, Flat] = {}

    def width(self, text: str) -> float:
        """How long a line of letters of size 1 is."""
        return float(np.ptp(self.glyphs(text)[0][:, 0]))

    def lay(self, sign: Text) -> Flat:
        """The sign's vertices in the scene, and its faces."""
        flat, faces = self.glyphs(sign.text)
        flat = flat * sign.size
        x, y, z = sign.at
        along, up = (-flat[:, 1], flat[:, 0]) if sign.upright else (flat[:, 0], flat[:, 1])
        return np.stack([x + along, np.full(len(flat), y - 0.05), z + up], axis=1), faces

    def glyphs(self, text: str) -> Flat:
        """Vertices `[n, 2]` and faces of letters of size 1, centred on a baseline along x."""
        if text not in self._set:
            self._set[text] = filled(outline(text))
        return self._set[text]


def line_object(
    name: str,
    lines: Sequence[Line],
    material: bpy.types.Material,
    texts: Sequence[Flat] = (),
    origin: Point = (0.0, 0.0, 0.0),
) -> bpy.types.Object:
    """Lines of square section, and text beside them, as one mesh that grows from its origin."""
    pieces = [(a, b, line.width) for line in lines for a, b in itertools.pairwise(line.points)]
    start, end, width = (np.array(column, float) for column in zip(*pieces, strict=True))
    bars = _bars(start, end, width)
    quads = _SIDES[None] + 8 * np.arange(len(bars))[:, None, None]
    vertices: list[Array] = [bars.reshape(-1, 3)]
    triangles: list[Numbers] = []
    count = bars.size // 3
    for flat, faces in texts:
        vertices.append(flat)
        triangles.append(faces + count)
        count += len(flat)
    mesh = bpy.data.meshes.new(name)
    fill(mesh, np.concatenate(vertices) - origin, [quads.reshape(-1, 4), *triangles])
    mesh.materials.append(material)
    drawn = bpy.data.objects.new(name, mesh)
    drawn.location = origin
    return quiet(drawn)


def flat_object(
    name: str, corners: Array, triangles: Numbers, material: bpy.types.Material
) -> bpy.types.Object:
    """A flat shape `[n, 2]` in the xy plane."""
    mesh = bpy.data.meshes.new(name)
    fill(mesh, np.pad(corners, ((0, 0), (0, 1))), [triangles])
    mesh.materials.append(material)
    return quiet(bpy.data.objects.new(name, mesh))


_SIDES = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
_SIGNS = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)], float)


def _bars(start: Array, end: Array, width: Array) -> Array:
    """The corners `[n, 8, 3]` of bars, lengthened by half their widths `[n]` so that bends close."""
    along = (end - start) / np.linalg.norm(end - start, axis=1, keepdims=True)
    lean = np.where(np.abs(along[:, 1:2]) < 0.9, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    half = width[:, None] / 2
    side = cross(along, lean)
    side *= half / np.linalg.norm(side, axis=1, keepdims=True)
    across = np.einsum("cs,snk->nck", _SIGNS, np.array([side, cross(along, side)]))
    ends = np.stack([start - along * half, end + along * half], axis=1)
    return (ends[:, :, None] + across[:, None]).reshape(len(start), 8, 3)


def quiet(thing: bpy.types.Object) -> bpy.types.Object:
    """Writing casts no shadow and lights nothing."""
    thing.visible_shadow = False
    thing.visible_diffuse = False
    thing.visible_glossy = False
    thing["dim"] = 0.0
    return thing
