"""An inspected cell as objects that can be filmed: outlines, curves from its sources, and a box to read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..errors import UserError
from ..layout.drawn import Line, Text, text_width
from ..layout.inspection import Inspection, Mark
from ..layout.layout import Layout, Link, Point
from ..layout.room import ground_height
from ..look import Look
from .animate import Curves
from .labels import line_object, text_object
from .links import link_object
from .marks import name_part, part_of
from .materials import ink_material, link_material
from .picture import rate

NAME = "Inspected"
STROKE = 0.0035  # of an outline, as a part of the picture's height at the cell
LETTER = 0.042  # greatest height of a line's letters in the same measure
LETTERS = 32  # in a line
ABOVE = 0.15  # of the letters over their plate, in letters: viewports tell no smaller depths apart
LEADING = 1.5  # from line to line, in letters
BROAD = 0.46  # greatest width of the box, as a part of the picture
LOUD = 0.6  # a box of such a part of the picture's width speaks too loudly
GAP = 0.04  # between the box and what it stands beside, in halves of the picture
CAPTIONS = -0.7  # below here captions are read
SHARP = 100  # f-stop beyond which all depths are
BLUR = 6  # how badly a box in another depth than the sharp one reads
VIEWS = 5  # frames in which the box's place is tried
GROWING = 0.8  # seconds that the curves need to reach the cell
LIFT = 0.02  # of outlines before the cells


@dataclass(frozen=True)
class View:
    """What a camera sees in a frame: a point's place in it, and how large things are there."""

    matrix: Matrix  # of the camera in the scene
    half: tuple[float, float]  # of the picture, one unit away
    focus: float | None = None  # the depth that is sharp, where others are not

    @staticmethod
    def of(scene: bpy.types.Scene) -> View:
        """The view of a scene's camera in the frame it stands at."""
        corners = scene.camera.data.view_frame(scene=scene)
        half = [max(abs(corner[i] / corner.z) for corner in corners) for i in (0, 1)]
        matrix, lens = scene.camera.matrix_world.copy(), scene.camera.data.dof
        focus = None
        if lens.use_dof and lens.focus_object is not None and lens.aperture_fstop < SHARP:
            focus = (lens.focus_object.matrix_world.translation - matrix.translation).length
        return View(matrix, (half[0], half[1]), focus)

    def place(self, point: Point | Vector) -> Vector:
        """Across and up from -1 to 1 inside the picture, and the depth, which is negative behind it."""
        x, y, z = self.matrix.inverted() @ Vector(point)
        depth = max(abs(z), 1e-6)
        return Vector((x / depth / self.half[0], y / depth / self.half[1], -z))

    def point(self, across: float, up: float, depth: float) -> Vector:
        """The point at such a place."""
        return self.matrix @ Vector((across * self.half[0] * depth, up * self.half[1] * depth, -depth))

    def sees(self, point: Point) -> bool:
        """Whether a point is in the picture."""
        across, up, depth = self.place(point)
        return depth > 0 and abs(across) <= 1 and abs(up) <= 1

    def height(self, depth: float) -> float:
        """Of the picture at a depth, in scene units."""
        return 2 * self.half[1] * depth


@dataclass(frozen=True)
class Stand:
    """A place for the box: its middle and its size in scene units."""

    centre: Vector
    letter: float  # height
    width: float
    height: float

    def corners(self, view: View) -> list[Vector]:
        """Its corners, as it faces the camera."""
        across, up = view.matrix.col[0].to_3d(), view.matrix.col[1].to_3d()
        return [
            self.centre + side * self.width / 2 * across + end * self.height / 2 * up
            for side in (-1, 1)
            for end in (-1, 1)
        ]

    def is_free(self, view: View, sheet: float, ground: float) -> bool:
        """Whether it stands before a sheet and above the ground as a whole."""
        return all(corner.y < sheet - LIFT and corner.z > ground for corner in self.corners(view))

    def merit(self, view: View, cell: Point, sources: Sequence[Point]) -> float:
        """1 where a picture shows all of it, less what it covers there."""
        corners = [view.place(corner) for corner in self.corners(view)]
        low, high = np.min(corners, axis=0), np.max(corners, axis=0)
        inside = low[2] > 0 and max(abs(low[0]), high[0], high[1]) < 0.99 and low[1] > CAPTIONS
        loud = (high[0] - low[0]) / 2 > LOUD

        def covered(point: Point) -> bool:
            return bool(
                np.all(low[:2] <= view.place(point)[:2]) and np.all(view.place(point)[:2] <= high[:2])
            )

        hidden = sum(map(covered, sources)) / max(len(sources), 1)
        depth = view.place(self.centre).z
        blur = abs(math.log(depth / view.focus)) if view.focus and depth > 0 else 0.0
        return float(inside) - min(1.0, BLUR * blur) - float(loud) - 2 * covered(cell) - hidden


def show_inspected(
    scene: bpy.types.Scene,
    layout: Layout,
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
    stand = _stand(views, inspection, *_extent(inspection), ground_height(layout.box))
    things = [
        *_marks(views[0], inspection, look, relief + LIFT),
        *_box(scene.camera, stand, inspection, look),
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


def _box(
    camera: bpy.types.Object, stand: Stand, inspection: Inspection, look: Look
) -> Iterator[bpy.types.Object]:
    """A plate with the lines to read, that always faces the camera; its own unit is a letter's height."""
    width, height = _extent(inspection)
    holder = bpy.data.objects.new("inspected box", None)
    holder.empty_display_size = 0.5
    holder.location, holder.scale = stand.centre, [stand.letter] * 3
    holder.constraints.new("COPY_ROTATION").target = camera
    yield holder
    yield _plate(width, height, holder, _ink(look, "plate"))
    for i, (text, tone) in enumerate(inspection.lines(LETTERS)):
        words = Text(f"inspected line {i + 1}", text, (0.0, 0.0, 0.0), 1.0, "left")
        line = text_object(words, _ink(look, tone))
        line.location = (1.0 - width / 2, height / 2 - LEADING * (i + 1), ABOVE)
        line.rotation_euler = (0, 0, 0)
        line.parent = holder
        yield line


def _extent(inspection: Inspection) -> tuple[float, float]:
    """Width and height of the box, in letters."""
    lines = inspection.lines(LETTERS)
    return max(text_width(text) for text, _ in lines) + 2, LEADING * len(lines) + 1


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


def _stand(views: list[View], inspection: Inspection, width: float, height: float, ground: float) -> Stand:
    """The place from which the box is best read in all views: whole, uncovered and covering little."""
    cell, sources = inspection.mark.centre, [mark.centre for mark in inspection.sources]
    sheet = inspection.mark.block.origin[1]

    def merit(stand: Stand) -> float:
        large = stand.letter / views[0].height(views[0].place(cell).z) / LETTER
        return 1.5 * large + sum(
            stand.merit(view, cell, sources) + 2 * stand.is_free(view, sheet, ground) for view in views
        )

    tried = (views[0], views[len(views) // 2])
    stands = (_stands(view, inspection.mark, width, height) for view in tried)
    return max(itertools.chain.from_iterable(stands), key=merit)


def _stands(view: View, mark: Mark, width: float, height: float) -> Iterator[Stand]:
    """Places around the matrix and around the cell, for a box of this size in letters."""
    across, up, depth = view.place(mark.centre)
    block = np.array([view.place(tuple(corner))[:2] for corner in mark.block.box.corners()])
    near = np.array([[across - 0.03, up - 0.05], [across + 0.03, up + 0.05]])
    broad = BROAD * view.half[0] / view.half[1] / width
    for share, around in itertools.product((1.0, 0.75, 0.5, 0.3), (block, near)):
        letter = float(share * min(LETTER, broad, 0.9 / height))
        x, y = letter * width * view.half[1] / view.half[0], letter * height  # half of what it takes
        low, high = around.min(axis=0) - GAP, around.max(axis=0) + GAP
        for at in ((high[0] + x, up), (low[0] - x, up), (across, high[1] + y), (across, low[1] - y)):
            beside, above = np.clip(at, (x - 0.97, y + CAPTIONS), (0.97 - x, 0.97 - y)).tolist()
            sharp = view.focus / depth if view.focus else 1.0
            for closer in (min(0.98, sharp), 0.98, 0.94, 0.88, 0.8, 0.7):
                unit = letter * view.height(depth * closer)
                yield Stand(view.point(beside, above, depth * closer), unit, unit * width, unit * height)


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
