"""An inspected cell as objects that can be filmed: outlines, curves from its sources, and a box to read.

The box hangs before the camera, as captions do: as large as names are, and sharp, wherever that flies.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..errors import UserError
from ..layout.drawn import Line, Text
from ..layout.inspection import Inspection, Mark
from ..layout.layout import Link, Point
from ..look import Look
from ..look.views import CAPITAL, LEAST, WIDTH
from ..look.views import NAME as CAPITALS
from .animate import Curves
from .labels import line_object, text_object
from .links import link_object
from .marks import name_part, part_of
from .materials import ink_material, link_material
from .outlines import outline
from .picture import rate
from .screen import screen_of

NAME = "Inspected"
STROKE = 0.0035  # of an outline, as a part of the picture's height at the cell
LETTERS = 30  # in a line
LEADING = 1.35  # from line to line, in letters
ABOVE = 0.1  # of the letters over their plate, in letters
TYPES = [high / CAPITAL / (WIDTH / 2) for high in (CAPITALS, LEAST)]  # in halves of the longer side
HEADS, CAPTIONS = 0.78, -0.58  # above and below here other things are read, in halves of the picture's height
EDGE = 0.97  # of the picture, beyond which nothing is put
TRIED = 7  # places from side to side, and from top to bottom
VIEWS = 5  # frames in which they are tried
GROWING = 0.8  # seconds that the curves need to reach the cell
LIFT = 0.02  # of outlines before the cells


@dataclass(frozen=True)
class View:
    """What a camera sees in a frame: a point's place in it, and how large things are there."""

    matrix: Matrix  # of the camera in the scene
    half: tuple[float, float]  # of the picture, one unit away

    @staticmethod
    def of(scene: bpy.types.Scene) -> View:
        """The view of a scene's camera in the frame it stands at."""
        corners = scene.camera.data.view_frame(scene=scene)
        half = [max(abs(corner[i] / corner.z) for corner in corners) for i in (0, 1)]
        return View(scene.camera.matrix_world.copy(), (half[0], half[1]))

    def place(self, point: Point | Vector) -> Vector:
        """Across and up from -1 to 1 inside the picture, and the depth, which is negative behind it."""
        x, y, z = self.matrix.inverted() @ Vector(point)
        depth = max(abs(z), 1e-6)
        return Vector((x / depth / self.half[0], y / depth / self.half[1], -z))

    def sees(self, point: Point) -> bool:
        """Whether a point is in the picture."""
        across, up, depth = self.place(point)
        return depth > 0 and abs(across) <= 1 and abs(up) <= 1

    def height(self, depth: float) -> float:
        """Of the picture at a depth, in scene units."""
        return 2 * self.half[1] * depth


@dataclass(frozen=True)
class Spoken:
    """Points of what a box speaks of."""

    cell: list[Point]  # its middle, and its corners
    sources: list[Point]
    around: list[Point]  # all over its sheet

    @staticmethod
    def of(inspection: Inspection) -> Spoken:
        """Those of an inspected cell."""
        mark, (rows, columns) = inspection.mark, inspection.mark.block.shape
        a, b, c, d = replace(mark, rows=(0, rows), columns=(0, columns)).corners(0.0)
        sheet = np.linspace(np.linspace(a, b, TRIED), np.linspace(d, c, TRIED), TRIED).reshape(-1, 3)
        return Spoken(
            [mark.centre, *map(tuple, mark.corners(0.0))],
            [source.centre for source in inspection.sources],
            [tuple(point) for point in sheet],
        )


@dataclass(frozen=True)
class Box:
    """What there is to read, and where on the picture: its middle and half its size in halves of that."""

    lines: list[tuple[str, str]]
    unit: float  # size of its type, in halves of the picture's longer side
    extent: tuple[float, float]  # width and height, in letters
    half: tuple[float, float]
    at: tuple[float, float] = (0.0, 0.0)

    def covers(self, view: View, point: Point) -> bool:
        """Whether it lies over a point."""
        across, up, depth = view.place(point)
        return depth > 0 and all(
            abs(a - b) <= half for a, b, half in zip((across, up), self.at, self.half, strict=True)
        )

    def demerit(self, view: View, spoken: Spoken) -> float:
        """What it covers of what it speaks of, and a little for how far from it that is."""
        across, up, _ = view.place(spoken.cell[0])
        hidden = sum(self._share(view, points) for points in (spoken.sources, spoken.around))
        far = math.hypot(across - self.at[0], up - self.at[1])
        return 2 * (self._share(view, spoken.cell) > 0) + hidden + 0.1 * far

    def _share(self, view: View, points: Sequence[Point]) -> float:
        """How many of some points it covers, as a part of all."""
        return sum(self.covers(view, point) for point in points) / max(len(points), 1)


def show_inspected(
    scene: bpy.types.Scene,
    inspection: Inspection,
    look: Look,
    into: bpy.types.Collection,
    *,
    seconds: float,
    relief: float = 0.0,
) -> bpy.types.Collection:
    """Put an inspected cell into a scene, to be seen from the current frame on for some seconds.

    `relief` is how far cells stand out of their sheets at most. Raises UserError where the scene's camera
    does not see the cell in the current frame: the film could not show it.
    """
    if scene.camera is None or not View.of(scene).sees(inspection.mark.centre):
        raise UserError(
            "The film's camera does not see this cell now: move to a frame of the film that shows it."
        )
    views = _views(scene, round(seconds * rate(scene.render)))
    folder = bpy.data.collections.new(f"{NAME} {inspection.explanation.label}")
    _parent(into).children.link(folder)
    things = [
        *_marks(views[0], inspection, look, relief + LIFT),
        *_hung(scene.camera, views[0], _placed(_sized(inspection, views[0]), views, inspection), look),
    ]
    for thing in things:
        folder.objects.link(thing)
    _key(scene, things, seconds)
    return folder


def _views(scene: bpy.types.Scene, length: int) -> list[View]:
    """What the camera sees in the current frame and in some of those that follow it."""
    start = scene.frame_current
    views = []
    try:
        for share in np.linspace(0, 1, VIEWS):
            scene.frame_set(start + round(length * share))
            views.append(View.of(scene))
    finally:
        scene.frame_set(start)
    return views


def _parent(into: bpy.types.Collection) -> bpy.types.Collection:
    """The collection of all inspected cells in a scene."""
    found = next((child for child in into.children if part_of(child) == NAME), None)
    if found is None:
        found = name_part(bpy.data.collections.new(NAME), NAME)
        into.children.link(found)
    return found


def _marks(view: View, inspection: Inspection, look: Look, lift: float) -> Iterator[bpy.types.Object]:
    """Outlines of the cell, of its row and column and of its sources; curves from these."""
    stroke = STROKE * view.height(view.place(inspection.mark.centre).z)
    yield _outlines("inspected row and column", inspection.cross, _ink(look, "cross"), stroke / 3, lift)
    if inspection.sources:
        yield _outlines("inspected sources", inspection.sources, _ink(look, "source"), stroke, lift)
        links = [
            Link("", "", "source", tuple(map(tuple, path)), stroke)
            for path in inspection.arcs()
            if np.ptp(path, axis=0).max() > 0
        ]
        curves = link_object("inspected curves", links, link_material(look, "source"))
        curves.visible_shadow = False
        curves["reveal"] = 0.0
        yield curves
    yield _outlines("inspected cell", [inspection.mark], _ink(look, "cell"), 1.5 * stroke, lift)


def _ink(look: Look, tone: str) -> bpy.types.Material:
    return ink_material(look, f"inspected {tone}")


def _outlines(
    name: str, marks: Sequence[Mark], ink: bpy.types.Material, width: float, lift: float
) -> bpy.types.Object:
    rings = (mark.corners(lift) for mark in marks)
    return line_object(
        name, [Line(name, tuple(tuple(point) for point in (*ring, ring[0])), width) for ring in rings], ink
    )


def _sized(inspection: Inspection, view: View) -> Box:
    """The box in letters as large as names are, or in smaller ones where it is too high for that."""
    lines = inspection.lines(LETTERS, brief=True)
    wide, high = (half / max(view.half) for half in view.half)
    room = (HEADS - CAPTIONS) * high
    unit = next((each for each in TYPES if each * (LEADING * len(lines) + 1) <= room), TYPES[-1])
    width = max(float(np.ptp(outline(text).bounds, axis=0)[0]) for text, _ in lines) + 2
    height = LEADING * len(lines) + 1
    return Box(lines, unit, (width, height), (unit * width / 2 / wide, unit * height / 2 / high))


def _placed(box: Box, views: Sequence[View], inspection: Inspection) -> Box:
    """The box where it covers least of what it speaks of, in all views."""
    spoken = Spoken.of(inspection)
    x, y = box.half
    across = np.linspace(min(x - EDGE, 0), max(EDGE - x, 0), TRIED)
    middle = (HEADS + CAPTIONS) / 2
    up = np.linspace(min(CAPTIONS + y, middle), max(HEADS - y, middle), TRIED)
    boxes = [replace(box, at=at) for at in itertools.product(across.tolist(), up.tolist())]
    return min(boxes, key=lambda each: sum(each.demerit(view, spoken) for view in views))


def _hung(camera: bpy.types.Object, view: View, box: Box, look: Look) -> Iterator[bpy.types.Object]:
    """A plate with the lines to read, hung before the camera where captions are."""
    width, height = box.extent
    holder = bpy.data.objects.new("inspected box", None)
    holder.empty_display_size = 0.01
    holder.parent = screen_of(camera)
    if holder.parent is None:
        holder.parent, holder.location.z = camera, -1 / max(view.half)
    longer = max(view.half)
    holder.location.x, holder.location.y = (
        at * half / longer for at, half in zip(box.at, view.half, strict=True)
    )
    holder.scale = [box.unit] * 3
    yield holder
    yield _plate(width, height, holder, _ink(look, "plate"))
    for i, (text, tone) in enumerate(box.lines):
        words = Text(f"inspected line {i + 1}", text, (0.0, 0.0, 0.0), 1.0, "left")
        line = text_object(words, _ink(look, tone))
        line.location = (1.0 - width / 2, height / 2 - LEADING * (i + 1) - 0.1, ABOVE)
        line.rotation_euler = (0, 0, 0)
        line.parent = holder
        yield line


def _plate(
    width: float, height: float, holder: bpy.types.Object, ink: bpy.types.Material
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new("inspected plate")
    x, y = width / 2, height / 2
    mesh.from_pydata([(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [], [(0, 1, 2, 3)])
    mesh.materials.append(ink)
    plate = bpy.data.objects.new("inspected plate", mesh)
    plate["dim"] = 0.0
    plate.visible_shadow = plate.visible_diffuse = plate.visible_glossy = False
    plate.parent = holder
    return plate


def _key(scene: bpy.types.Scene, things: list[bpy.types.Object], seconds: float) -> None:
    """Let things be there for some seconds from the current frame on, and the curves grow in them."""
    start, fps = scene.frame_current, rate(scene.render)
    end = start + round(seconds * fps)
    curves = Curves(f"{scene.name} {NAME.lower()}")
    before = min(scene.frame_start, start) - 1
    for thing in things:
        for path in ("hide_render", "hide_viewport"):
            keys = [(before, 1.0, "step"), (start, 0.0, "step"), (end, 1.0, "step")]
            curves.write(thing, path, 0, keys)
        if "reveal" in thing:
            grown = start + round(min(GROWING, seconds) * fps)
            curves.write(thing, '["reveal"]', 0, [(start, 0.0, "smooth"), (grown, 1.0, "step")])
