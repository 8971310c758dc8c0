"""Links as tubes with rounded corners and an arrow head."""

from __future__ import annotations

import numpy as np

from ..layout.layout import Link
from ..layout.polylines import cross
from ..network.ops import Array

SIDES = 8
CORNER = 5  # points a rounded corner is drawn with


def tube(link: Link, sides: int = SIDES, corner: int = CORNER) -> tuple[Array, Array, Array]:
    """Vertices `[n * sides, 3]`, quads, and each vertex's share of the way."""
    radius = link.width / 2
    head = min(3.2 * link.width, 4 * radius + 2.0)
    path = _rounded(np.array(link.points, float), 4 * radius + 2, corner)
    tip, back = path[-1], path[-2]
    direction = (tip - back) / np.linalg.norm(tip - back)
    neck = tip - direction * min(head, 0.9 * float(np.linalg.norm(tip - back)))
    centre = np.vstack([path[:-1], neck, neck, tip])
    radii = np.array([radius] * len(path) + [2.2 * radius, 0.01])
    rings = _rings(centre, radii, sides)
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(centre, axis=0), axis=1))]
    share = np.repeat(length / length[-1], sides)
    ring, side = np.indices((len(centre) - 1, sides)).reshape(2, -1)
    following = (side + 1) % sides
    quads = np.stack([ring * sides + side, ring * sides + following,
                      (ring + 1) * sides + following, (ring + 1) * sides + side], axis=1)  # fmt: skip
    return rings.reshape(-1, 3), quads, share


def _rings(centre: Array, radii: Array, sides: int) -> Array:
    """A circle across the path at every point, `[n, sides, 3]`."""
    step = np.gradient(centre, axis=0)
    step[-3:] = centre[-1] - centre[-2]  # neck, neck again, tip
    step /= np.linalg.norm(step, axis=1, keepdims=True)
    lean = np.where(np.abs(step[:, 1:2]) < 0.9, [[0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]])
    across = cross(step, lean)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    up = cross(across, step)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    circle = np.cos(angle)[:, None] * across[:, None, :] + np.sin(angle)[:, None] * up[:, None, :]
    return centre[:, None, :] + radii[:, None, None] * circle


def _rounded(points: Array, radius: float, count: int) -> Array:
    """The polyline with its corners replaced by quadratic arcs of `count` points."""
    out = [points[0]]
    for before, knee, after in zip(points, points[1:], points[2:], strict=False):
        into, away = before - knee, after - knee
        reach = min(radius, np.linalg.norm(into) / 2, np.linalg.norm(away) / 2)
        a = knee + into / np.linalg.norm(into) * reach
        b = knee + away / np.linalg.norm(away) * reach
        t = np.linspace(0, 1, count)[:, None]
        out.extend((1 - t) ** 2 * a + 2 * t * (1 - t) * knee + t**2 * b)
    out.append(points[-1])
    return np.array(out)
