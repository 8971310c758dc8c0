"""Where the camera must stand so that a subject fills the frame."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ..layout.layout import Box, Layout, Point
from ..look.views import VIEWS, WIDTH
from ..network.ops import Array
from .film import Pose

SENSOR = 36.0  # mm, across the wider side
TOTALS = ("logits_max", "logits_sum")  # they stand below the logits, however many there are
BEFORE = 1.0  # units by which a line stands before what it crosses
INSIDE = 4.0  # pixels within a subject's edge from which on a line crosses it
# The part of the frame that subjects keep to: (left, right, bottom, top) in halves of the frame. Below is
# the line of captions, above at the left the running head.
Safe = tuple[float, float, float, float]
SAFE: Safe = (-0.9, 0.9, -0.68, 0.82)
# What details fill, where cells want all the height there is: to the line of captions, and higher than the
# running head stands.
NEAR: Safe = (-0.9, 0.9, -0.78, 0.93)


def axes(azimuth: float, elevation: float) -> tuple[Array, Array, Array]:
    """Unit vectors to the right, up and forward of a camera with these angles (degrees)."""
    a, e = math.radians(azimuth), math.radians(elevation)
    right = np.array([math.cos(a), math.sin(a), 0.0])
    forward = np.array([-math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), -math.sin(e)])
    return right, np.cross(right, forward), forward


def project(points: Array, pose: Pose, aspect: float = 16 / 9) -> Array:
    """Frame coordinates `[n, 2]` in -1 to 1 (x right, y up) and depth as third column."""
    right, up, forward = axes(pose.azimuth, pose.elevation)
    away = np.asarray(points, float) - np.array(pose.eye)
    depth = away @ forward
    scale = 2 * pose.lens / SENSOR / np.maximum(depth, 1e-9)
    wide = max(1.0, 1 / aspect)  # Blender fits the sensor to the longer side
    return np.stack([away @ right * scale * wide, away @ up * scale * wide * aspect, depth], axis=1)


def frame(
    subject: Iterable[Box],
    azimuth: float,
    elevation: float,
    *,
    lens: float = 40.0,
    margin: float = 1.0,
    aspect: float = 16 / 9,
    safe: Safe = SAFE,
) -> Pose:
    """The nearest pose at these angles from which all boxes lie inside the safe part of the frame.

    `margin` > 1 steps back further. The subject comes to stand in the middle of the safe part.
    """
    corners = np.concatenate([box.corners() for box in subject])
    basis = np.array(axes(azimuth, elevation))  # right, up, forward
    flat = corners @ basis.T  # [n, 3] in camera axes
    size = float(np.linalg.norm(np.ptp(flat, axis=0)))
    kx = 2 * lens / SENSOR * max(1.0, 1 / aspect)
    scale = np.array([kx, kx * aspect])
    middle = np.array([safe[0] + safe[1], safe[2] + safe[3]]) / 2
    room = np.array([safe[1] - safe[0], safe[3] - safe[2]]) / margin
    deep = (flat[:, 2].min() + flat[:, 2].max()) / 2
    near, far = 0.0, 4.0 * size * max(1.0, lens / SENSOR) + 4.0
    for _ in range(24):  # the least distance at which the subject fits, by halving
        distance = (near + far) / 2
        fits = _fits(flat[:, :2], flat[:, 2] - deep + distance, scale, middle, room)
        near, far = (near, distance) if fits else (distance, far)
    centre = _centre(flat[:, :2], flat[:, 2] - deep + far, scale, middle)
    x, y, z = np.array([*centre, deep]) @ basis
    return Pose((float(x), float(y), float(z)), azimuth, elevation, far, lens)


# `flat` are points across the view, `scale` the frame coordinates of a unit at unit depth.


def _fits(flat: Array, depth: Array, scale: Array, middle: Array, room: Array) -> bool:
    """Whether there is a point to look at from which all points lie within the room."""
    if depth.min() < 0.025 * (depth.min() + depth.max()):
        return False  # too close to be looked at
    unit = scale / depth[:, None]
    least = (flat - (middle + room / 2) / unit).max(axis=0)
    most = (flat - (middle - room / 2) / unit).min(axis=0)
    return bool((least <= most).all())


def _centre(flat: Array, depth: Array, scale: Array, middle: Array) -> Array:
    """What to look at so that the points' outline is centred on `middle`."""
    unit = scale / depth[:, None]
    aims = flat - middle / unit  # looking there puts that point into the middle
    low, high = aims.min(axis=0), aims.max(axis=0)
    for _ in range(40):  # the outline moves one way as the aim moves the other: halve
        aim = (low + high) / 2
        seen = (flat - aim) * unit - middle
        beyond = seen.min(axis=0) + seen.max(axis=0) > 0
        low, high = np.where(beyond, aim, low), np.where(beyond, high, aim)
    return (low + high) / 2


def reaches(subject: Iterable[Box], pose: Pose, aspect: float, far: float, low: float) -> bool:
    """Whether any of the boxes reaches into the picture's upper left corner: to the left of `far` and above
    `low`."""
    for box in subject:
        seen = project(box.corners(), pose, aspect)
        if seen[:, 0].min() < far and seen[:, 1].max() > low:
            return True
    return False


def crossing(ends: Array, rectangle: Array) -> Array:
    """Which straight pieces `[n, 2, 2]` pass through `[left, bottom, right, top]`."""
    enter, leave = clipped(ends, rectangle[None])
    found: Array = (enter < leave)[0]
    return found


def clipped(ends: Array, rectangles: Array) -> tuple[Array, Array]:
    """Where on their way, from 0 to 1, straight pieces `[n, 2, 2]` enter rectangles `[m, 4]` and leave them,
    `[m, n]` each; those that miss one leave it before (Liang and Barsky 1984)."""
    start, step = ends[:, 0], ends[:, 1] - ends[:, 0]
    low, high = rectangles[:, None, :2], rectangles[:, None, 2:]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - start) / step, (high - start) / step  # [m, n, 2]
    inside = (start > low) & (start < high)
    enter = np.where(step == 0, np.where(inside, -np.inf, np.inf), np.minimum(one, other)).max(axis=2)
    leave = np.where(step == 0, np.where(inside, np.inf, -np.inf), np.maximum(one, other)).min(axis=2)
    return np.maximum(enter, 0.0), np.minimum(leave, 1.0)


def through(ends: Array, spots: Array, edge: float, y: Array) -> Array:
    """Which pieces of lines `[n, 2, 4]` (pixels, depth and y of their ends) pass through which rectangles
    `[m, 4]` within their edges, and before sheets that stand at `y` `[m]`: `[m, n]`."""
    enter, leave = clipped(ends[..., :2], spots + np.array([edge, edge, -edge, -edge]))
    with np.errstate(invalid="ignore"):
        share = np.where(enter < leave, (enter + leave) / 2, 0.0)  # of the way in the picture
    near, far = ends[..., 2].T
    along = share * near / (far + share * (near - far))  # of the way in the scene
    crossed: Array = (enter < leave) & (ends[:, 0, 3] + along * (ends[:, 1, 3] - ends[:, 0, 3]) < y[:, None])
    return crossed


def passing(ends: Array, boxes: Sequence[Box], pose: Pose, aspect: float) -> Array:
    """Which pieces of lines, as in `through`, pass before the fronts of boxes, `[n]`."""
    corners = np.array([[box.low, box.high] for box in boxes]).reshape(-1, 2, 3)
    quads, depth = fronts(corners, pose, aspect)
    spots = np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)[depth > 0]
    y = corners[depth > 0, 0, 1] - BEFORE
    found = np.zeros(len(ends), bool)
    near = ends[..., 3].min(axis=1, initial=np.inf) < y.max(initial=-np.inf)
    found[near] = through(ends[near], spots, INSIDE, y).any(axis=0)
    return found


def fronts(corners: Array, pose: Pose, aspect: float) -> tuple[Array, Array]:
    """The fronts of boxes, of which low and high corners are given `[n, 2, 3]`, in pixels `[n, 4, 2]`; and
    their depths `[n]`, negative behind the camera."""
    (left, y, bottom), (right, _, top) = corners[:, 0].T, corners[:, 1].T
    around = [(left, y, bottom), (right, y, bottom), (right, y, top), (left, y, top)]
    seen = project(np.moveaxis(np.array(around), 2, 0).reshape(-1, 3), pose, aspect).reshape(-1, 4, 3)
    depth = np.where((seen[..., 2] > 0).all(axis=1), seen[..., 2].max(axis=1), -1.0)
    return seen[..., :2] * halves(aspect), depth


def outlook(layout: Layout) -> tuple[float, float]:
    """From where the whole model is seen best (azimuth, elevation): a row from before its beginning, so
    that perspective gathers its length; a plan from near the front; lines from the front, steps and flights
    from the side as well."""
    deep = layout.box.size[1] > 0.1 * layout.box.size[0]
    return {
        "plan": (-12.0, 6.0),
        "row": (-56.0, 12.0),
        "columns": (-26.0, 14.0) if deep else (-22.0, 8.0),
        "helix": (-34.0, 11.0),
    }[layout.arrangement.blocks]


def whole(layout: Layout) -> Box:
    """What a view of everything holds: all blocks; but of the tables of a large vocabulary, many times as
    long as all the rest, only what stands near it. On a plan the candidates belong to it."""
    long = {b.name: b.box for b in layout.blocks.values() if "token" in b.axes or b.kind in TOTALS}
    rest = Box.around(block.box for name, block in layout.blocks.items() if name not in long)
    near, parts = rest.grown(10 * layout.gap), [rest]
    for name, box in long.items():
        along = 0 if layout[name].axes[1] == "token" else 2
        corners = np.array([box.low, box.high])
        corners[:, along] = corners[:, along].clip(near.low[along], near.high[along])
        low, high = corners.tolist()
        parts.append(Box(tuple(low), tuple(high)))
    if layout.arrangement.blocks == "plan":
        parts += [candidate.box for candidate in layout.candidates]
    return Box.around(parts)


def overview(layout: Layout, aspect: float = 16 / 9) -> Pose:
    """The whole model."""
    return frame([whole(layout)], *outlook(layout), lens=VIEWS["plan"].lens, aspect=aspect)


def halves(aspect: float) -> tuple[float, float]:
    """Half the width and half the height of a picture in pixels, its longer side `WIDTH` long."""
    return WIDTH / 2 * min(1.0, aspect), WIDTH / 2 * min(1.0, 1 / aspect)


def pixels_a_unit(pose: Pose, depth: float) -> float:
    """How many pixels a unit across the view is wide, so far before the camera."""
    return WIDTH * pose.lens / (SENSOR * depth)


def smallest_cell(boxes: Sequence[Box], pose: Pose, aspect: float) -> float:
    """How many pixels a unit is wide at the far end of the boxes' fronts."""
    _, depth = fronts(np.array([[box.low, box.high] for box in boxes]), pose, aspect)
    return pixels_a_unit(pose, float(depth.max()))


def covered(sheets: Array, pose: Pose, aspect: float) -> float:
    """The share of the picture that the fronts of sheets `[n, 2, 3]` (low and high corners) take."""
    x, y = np.meshgrid(np.linspace(-1, 1, 17)[1::2], np.linspace(-1, 1, 11)[1::2])
    right, up, forward = axes(pose.azimuth, pose.elevation)
    scale = 2 * pose.lens / SENSOR * max(1.0, 1 / aspect)
    rays = forward + right * (x.ravel() / scale)[:, None] + up * (y.ravel() / scale / aspect)[:, None]
    eye = np.array(pose.eye)
    low, high = sheets[:, 0], sheets[:, 1]
    depth = (low[:, 1] - eye[1]) / rays[:, None, 1]  # [rays, n]
    at = eye + depth[..., None] * rays[:, None]
    inside = (at[..., [0, 2]] >= low[:, [0, 2]]).all(-1) & (at[..., [0, 2]] <= high[:, [0, 2]]).all(-1)
    return float((inside & (depth > 0)).any(axis=1).mean())


def part_in_view(boxes: Sequence[Box], anchor: Point, cell: float, aspect: float) -> list[Box | None]:
    """What of boxes can be shown at once with cells of so many pixels: all where that fits, or the
    part around an anchor, which is the upper left corner of what matters; None where nothing is left."""
    width, height = halves(aspect)
    room = np.array([(NEAR[1] - NEAR[0]) * width, (NEAR[3] - NEAR[2]) * height]) / max(cell, 1e-9)
    around = Box.around(boxes)
    low, high = np.array(around.low), np.array(around.high)
    for axis, size, ahead in ((0, room[0], 0.45), (2, room[1], 0.85)):  # mostly to its right and below it
        if high[axis] - low[axis] > size:
            middle = anchor[axis] + (0.5 - ahead if axis else ahead - 0.5) * size
            middle = min(max(middle, low[axis] + size / 2), high[axis] - size / 2)
            low[axis], high[axis] = middle - size / 2, middle + size / 2
    return [_common(box, low, high) for box in boxes]


def _common(box: Box, low: Array, high: Array) -> Box | None:
    """What a box has in common with another one."""
    a, b = np.maximum(box.low, low), np.minimum(box.high, high)
    if (a > b).any():
        return None
    return Box(tuple(a.tolist()), tuple(b.tolist()))
