"""Where everything stands in the picture at a time of a film, in pixels, without rendering it.

Pixels are those of a picture whose longer side is `views.WIDTH` long, from its middle, y upwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..film.film import Film, Pose
from ..film.framing import axes, halves, project
from ..film.props import Swarm
from ..film.screen import LINE, screen_texts
from ..film.views import CAPITAL, WIDTH
from ..layout.drawn import Text, text_width
from ..layout.layout import Block, Box, Letter
from ..network.ops import Array
from .production import Production
from .things import Bar, Drawing, Thing, Tubes, things

DESCENT = 0.22  # how far letters reach below their baseline, in sizes of type
BEHIND = 0.3  # units by which a sheet must stand before a text to hide it
SHIFT = {"left": 0.0, "centre": 0.5, "right": 1.0}
AXES = ("location_x", "location_y", "location_z")
GRID = 64  # squares along the picture's longer side, to count what is covered
SETTLED = 0.95  # of its size: a text that is smaller is still growing


@dataclass(frozen=True)
class Seen:
    """A text in the picture."""

    name: str
    kind: str  # "name", "letter", "candidate", "note", "caption" or "head"
    text: str
    left: float
    bottom: float
    right: float
    top: float
    capital: float  # height of its capitals
    depth: float  # units before the camera; 0 for what is written on the picture itself

    @property
    def rectangle(self) -> Array:
        """As `[left, bottom, right, top]`."""
        return np.array([self.left, self.bottom, self.right, self.top])


class Sight:
    """A production, ready to be looked at at any time."""

    def __init__(self, made: Production) -> None:
        self.film, self.layout = made.film, made.layout
        self.half = np.array(halves(self.film.aspect))
        self.screen = screen_texts(self.film)
        drawn = [thing for thing in things(self.layout, made.trace, self.film) if not thing.spare]
        self.texts = [thing for thing in drawn if isinstance(thing.form, Text | Letter)]
        self.swarms = [thing.form for thing in drawn if isinstance(thing.form, Swarm)]
        self.sheets = [thing.form for thing in drawn if isinstance(thing.form, Block)]
        self._bars = [(thing.name, thing.form.box) for thing in drawn if isinstance(thing.form, Bar)]
        self._presence = {thing.name: _presence(self.film, thing.name) for thing in drawn}
        self._strokes = list(_strokes(drawn))

    # --- at a time ---

    def shown(self, name: str, t: float) -> bool:
        """Whether a thing is on the scene."""
        return any(come <= t < leave for come, leave in self._presence[name])

    def leaves(self, name: str) -> float:
        """When a thing goes for the last time; the film's end where it stays."""
        return self._presence[name][-1][1] if self._presence[name] else 0.0

    def flat(self, points: Array, pose: Pose) -> Array:
        """Points `[n, 3]` as pixels and depth, `[n, 3]`."""
        seen = project(points, pose, self.film.aspect)
        seen[:, :2] *= self.half
        return seen

    def quads(self, boxes: Sequence[Box], pose: Pose) -> tuple[Array, Array]:
        """Fronts of boxes `[n, 4, 2]` in pixels, and their depths `[n]`: negative behind the camera."""
        if not boxes:
            return np.zeros((0, 4, 2)), np.zeros(0)
        return self._quads(np.array([[box.low, box.high] for box in boxes]), pose)

    def sheet_quads(self, t: float, pose: Pose) -> tuple[Array, Array]:
        """The fronts of all matrices."""
        corners = self._corners
        if self._movers:
            corners = corners.copy()
            for i in self._movers:
                corners[i, :, 2] += self._risen(self.sheets[i], t)
        return self._quads(corners, pose)

    def _quads(self, corners: Array, pose: Pose) -> tuple[Array, Array]:
        low, high = corners[:, 0], corners[:, 1]
        (left, y, bottom), (right, _, top) = low.T, high.T
        around = [(left, y, bottom), (right, y, bottom), (right, y, top), (left, y, top)]
        fronts = np.moveaxis(np.array(around), 2, 0)  # [n, 4, 3]
        seen = self.flat(fronts.reshape(-1, 3), pose).reshape(-1, 4, 3)
        depth = np.where((seen[..., 2] > 0).all(axis=1), seen[..., 2].max(axis=1), -1.0)
        return seen[..., :2], depth

    @cached_property
    def _corners(self) -> Array:
        return np.array([[block.box.low, block.box.high] for block in self.sheets])  # [n, 2, 3]

    @cached_property
    def _movers(self) -> list[int]:
        return [i for i, block in enumerate(self.sheets) if (block.name, "location_z") in self.film.tracks]

    def _risen(self, block: Block, t: float) -> float:
        return self.film.value(block.name, "location_z", t, block.origin[2]) - block.origin[2]

    # --- texts ---

    def written(self, t: float, pose: Pose) -> list[Seen]:
        """All texts in the picture, or partly in it, that nothing hides and that have grown to their size."""
        placed = [(thing, scale) for thing in self.texts if (scale := self._scale(thing, t)) >= SETTLED]
        found = [*self._on_screen(t)]
        if not placed:
            return found
        rectangles, capital, depth = self._spots(placed, t, pose)
        quads, behind = self.sheet_quads(t, pose)
        low, high = quads.min(axis=1), quads.max(axis=1)
        for (thing, _), spot, height, far in zip(placed, rectangles, capital, depth, strict=True):
            middle = (spot[:2] + spot[2:]) / 2
            if far <= 0 or (spot[2:] < -self.half).any() or (spot[:2] > self.half).any():
                continue
            before = (behind > 0) & (behind < far - BEHIND)
            if not (before & (low < middle).all(axis=1) & (high > middle).all(axis=1)).any():
                found.append(
                    Seen(thing.name, _kind(thing), _text(thing), *spot.tolist(), float(height), float(far))
                )
        return found

    def _scale(self, thing: Thing, t: float) -> float:
        return self.film.value(thing.name, "scale", t, 1.0) if self.shown(thing.name, t) else 0.0

    def _spots(self, placed: list[tuple[Thing, float]], t: float, pose: Pose) -> tuple[Array, Array, Array]:
        """Rectangles `[n, 4]`, heights of capitals `[n]` and depths `[n]` of texts."""
        corners = np.stack([self._outline(thing, scale, t) for thing, scale in placed])  # [n, 6, 3]
        seen = self.flat(corners.reshape(-1, 3), pose).reshape(-1, 6, 3)
        outline = seen[:, :4, :2]
        rectangles = np.concatenate([outline.min(axis=1), outline.max(axis=1)], axis=1)
        capital = np.linalg.norm(seen[:, 5, :2] - seen[:, 4, :2], axis=1)
        return rectangles, capital, seen[..., 2].min(axis=1)

    def _outline(self, thing: Thing, scale: float, t: float) -> Array:
        """Corners of a text, and a line as high as its capitals, `[6, 3]`."""
        sign = thing.form
        assert isinstance(sign, Text | Letter)
        size, text = scale * sign.size, sign.text
        align, facing, upright = ("centre", (0.0, 0.0), False)
        if isinstance(sign, Text):
            align, facing, upright = sign.align, sign.facing, sign.upright
        right, up, _ = axes(*facing)
        along, over = (up, -right) if upright else (right, up)
        at = np.array(
            [self.film.value(thing.name, axis, t, x) for axis, x in zip(AXES, sign.at, strict=True)]
        )
        wide, lines = text_width(text, size), text.count("\n")
        foot = at - SHIFT[align] * wide * along
        top, low = (lines + CAPITAL) * size * over, -DESCENT * size * over
        return np.stack(
            [
                foot + low,
                foot + wide * along + low,
                foot + wide * along + top,
                foot + top,
                at,
                at + CAPITAL * size * over,
            ]
        )

    def _on_screen(self, t: float) -> Iterator[Seen]:
        """Captions and running heads."""
        for sign in self.screen:
            if sign.start <= t < sign.end:
                size = sign.size * WIDTH / 2
                x, y = (place * WIDTH / 2 for place in sign.at)
                wide, lines = text_width(sign.text, size), sign.text.count("\n")
                left = x - SHIFT[sign.align] * wide
                kind = sign.name.partition(" ")[0]
                top = y + (lines * LINE + CAPITAL) * size
                yield Seen(
                    sign.name,
                    kind,
                    sign.text,
                    left,
                    y - DESCENT * size,
                    left + wide,
                    top,
                    CAPITAL * size,
                    0.0,
                )

    # --- cells, bars and lines ---

    def cells(self, swarm: Swarm, t: float) -> tuple[Array, Array]:
        """Places and sizes `[n, 3]` of moving cells."""
        last = len(swarm.places) - 1
        pose = min(max(self.film.value(swarm.name, "pose", t), 0.0), float(last))
        a = min(int(pose), last)
        b, share = min(a + 1, last), pose - a
        return tuple(part[a] + share * (part[b] - part[a]) for part in (swarm.places, swarm.sizes))

    def props(self, t: float, pose: Pose) -> tuple[Array, Array]:
        """Rectangles `[n, 4]` and depths `[n]` of moving cells, and of the bars of candidates."""
        boxes = []
        for swarm in self.swarms:
            if self.shown(swarm.name, t):
                places, sizes = self.cells(swarm, t)
                boxes.append(np.stack([places - sizes / 2, places + sizes / 2], axis=1))
        for name, box in self._bars:
            if self.shown(name, t):
                long = self.film.value(name, "scale_x", t, 1.0)
                end = (box.low[0] + long * box.size[0], *box.high[1:])
                boxes.append(np.array([[box.low, end]]))
        if not boxes:
            return np.zeros((0, 4)), np.zeros(0)
        quads, depth = self._quads(np.concatenate(boxes), pose)
        return np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)[depth > 0], depth[depth > 0]

    def strokes(self, t: float, pose: Pose) -> tuple[list[str], Array]:
        """Names, and ends `[n, 2, 3]` in pixels and depth, of all pieces of lines before the camera."""
        shown = [(name, points) for name, points in self._strokes if self.shown(name, t)]
        if not shown:
            return [], np.zeros((0, 2, 3))
        names = [name for name, points in shown for _ in points]
        ends = np.concatenate([points for _, points in shown])
        seen = self.flat(ends.reshape(-1, 3), pose).reshape(-1, 2, 3)
        kept = (seen[..., 2] > 0).all(axis=1)
        kept &= (seen[..., :2].max(axis=1) > -self.half).all(axis=1)
        kept &= (seen[..., :2].min(axis=1) < self.half).all(axis=1)
        return [name for name, keep in zip(names, kept, strict=True) if keep], seen[kept]

    # --- what is covered ---

    def covered(self, rectangles: Array) -> float:
        """The share of the picture that rectangles `[n, 4]` in pixels cover together."""
        return float(self.mask(rectangles).mean())

    def mask(self, rectangles: Array) -> Array:
        """Where rectangles cover the picture: `[rows, columns]`, the top row first."""
        columns, rows = np.maximum(1, np.round(GRID * self.half / self.half.max()).astype(int))
        found = np.zeros((rows, columns), bool)
        step = 2 * self.half / (columns, rows)
        for left, bottom, right, top in np.asarray(rectangles).reshape(-1, 4):
            a, b = np.round((np.array([left, right]) + self.half[0]) / step[0]).clip(0, columns).astype(int)
            c, d = np.round((self.half[1] - np.array([top, bottom])) / step[1]).clip(0, rows).astype(int)
            found[c:d, a:b] = True
        return found


def _presence(film: Film, name: str) -> list[tuple[float, float]]:
    """When a thing is on the scene: (from, until)."""
    cues = film.tracks.get((name, "hidden"))
    if not cues:
        return [(0.0, film.duration + 1)]
    changes = [(0.0, cues[0].a)] + [(cue.end, cue.b) for cue in cues]
    ends = [time for time, _ in changes[1:]] + [film.duration + 1]
    return [
        (time, end) for (time, hidden), end in zip(changes, ends, strict=True) if hidden < 0.5 and end > time
    ]


def _strokes(drawn: Iterable[Thing]) -> Iterator[tuple[str, Array]]:
    """Links, threads and lines by name, as pieces `[n, 2, 3]`."""
    for thing in drawn:
        lines = [link.points for link in thing.form.links] if isinstance(thing.form, Tubes) else []
        if isinstance(thing.form, Drawing):
            lines = [line.points for line in thing.form.lines]
        pieces = [np.stack([line[:-1], line[1:]], axis=1) for line in map(np.array, lines)]
        if pieces:
            yield thing.name, np.concatenate(pieces)


def _kind(thing: Thing) -> str:
    if isinstance(thing.form, Letter):
        return "letter"
    if thing.group[0] == "Candidates":
        return "candidate"
    return "name" if thing.group[-1].startswith("label ") else "note"


def _text(thing: Thing) -> str:
    assert isinstance(thing.form, Text | Letter)
    return thing.form.text
