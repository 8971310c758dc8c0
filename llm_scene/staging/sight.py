"""Where everything stands in the picture at a time of a film, in pixels, without rendering it.

Pixels are those of a picture whose longer side is `views.WIDTH` long, from its middle, y upwards. Rectangles
are `[left, bottom, right, top]`; depths are units before the camera.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..film.film import Film, Shot
from ..film.framing import SENSOR, axes, fronts, halves, project
from ..film.front import begin, written
from ..film.labels import is_label
from ..film.props import Backdrop, Formula, Swarm
from ..film.screen import screen_texts
from ..layout.drawn import LINE, Line, Text, text_width
from ..layout.layout import Block, Box, Letter
from ..layout.names import on_map
from ..look.views import CAPITAL, DESCENT, WIDTH
from ..network.ops import Array
from .production import Production
from .things import Bar, Drawing, Thing, Tubes, things

BEHIND = 0.3  # units by which a sheet must stand before a text to hide it
SHIFT = {"left": 0.0, "centre": 0.5, "right": 1.0}
AXES = ("location_x", "location_y", "location_z")
GRID = 64  # squares along the picture's longer side, to count what is covered
RAYS = 12  # along each side, to find out whether a picture is empty
SETTLED = 0.95  # of its size: a text that is smaller is still growing


@dataclass(frozen=True)
class Seen:
    """A text in the picture."""

    name: str
    kind: str  # "name", "letter", "candidate", "note", "caption" or "head"
    text: str
    rectangle: Array
    capital: float  # height of its capitals
    y: float  # how far into the scene it stands; minus infinity where it is written on the picture itself

    @property
    def middle(self) -> Array:
        """The rectangle's, `[2]`."""
        middle: Array = (self.rectangle[:2] + self.rectangle[2:]) / 2
        return middle


class Sight:
    """A production, ready to be looked at at any time."""

    def __init__(self, made: Production) -> None:
        self.film, self.layout = made.film, made.layout
        self.half = np.array(halves(self.film.aspect))
        self.screen = screen_texts(self.film)
        drawn = list(things(self.layout, made.trace, self.film, spare=False))
        self.texts = [thing for thing in drawn if isinstance(thing.form, Text | Letter)]
        self.swarms = [thing.form for thing in drawn if isinstance(thing.form, Swarm)]
        self.sheets = [thing.form for thing in drawn if isinstance(thing.form, Block)]
        self.walls = [thing.form for thing in drawn if isinstance(thing.form, Backdrop)]
        self.formulas = [thing.form for thing in drawn if isinstance(thing.form, Formula)]
        self.drawn = list(_drawn(drawn))
        self.bars = [(thing.name, thing.form.box) for thing in drawn if isinstance(thing.form, Bar)]
        self.strokes = list(_strokes(drawn))
        self.corners = np.array([[block.box.low, block.box.high] for block in self.sheets])  # [n, 2, 3]
        boxes = [written(block, self.layout.n_prompt) for block in self.sheets]
        self.early = np.array([[box.low, box.high] for box in boxes])  # before the model writes on
        self.writing = _writing(self.film)
        self.movers = [i for i, b in enumerate(self.sheets) if (b.name, "location_z") in self.film.tracks]
        self._presence = {thing.name: self.film.presence(thing.name) for thing in drawn}

    def at(self, t: float) -> Picture:
        """The picture at a time."""
        return Picture(self, t)

    def there(self, t: float) -> Array:
        """Corners `[n, 2, 3]` of what there is of the sheets, without what is still to be written."""
        start, end = self.writing
        return self.early if start <= t < end else self.corners

    def shot(self, t: float) -> Shot:
        """The shot at a time."""
        return next((shot for shot in self.film.shots if shot.start <= t < shot.end), self.film.shots[-1])

    def shown(self, name: str, t: float) -> bool:
        """Whether a thing is on the scene."""
        return any(come <= t < leave for come, leave in self._presence[name])

    def leaves(self, name: str) -> float:
        """When a thing goes for the last time; at infinity where it stays."""
        return self._presence[name][-1][1] if self._presence[name] else 0.0

    def cells(self, swarm: Swarm, t: float) -> tuple[Array, Array]:
        """Places and sizes `[n, 3]` of moving cells."""
        last = len(swarm.places) - 1
        pose = min(max(self.film.value(swarm.name, "pose", t), 0.0), float(last))
        a = min(int(pose), last)
        b, share = min(a + 1, last), pose - a
        return tuple(part[a] + share * (part[b] - part[a]) for part in (swarm.places, swarm.sizes))


class Picture:
    """What is seen of a production at a time."""

    def __init__(self, sight: Sight, t: float) -> None:
        self.sight, self.t, self.half = sight, t, sight.half
        self.shot = sight.shot(t)
        self.pose = self.shot.pose(t)

    def later(self, seconds: float) -> Picture:
        """What is seen some seconds later, or at the end of the shot."""
        return self.sight.at(min(self.t + seconds, self.shot.end - 1e-6))

    def flat(self, points: Array) -> Array:
        """Points `[n, 3]` as pixels and depth, `[n, 3]`."""
        seen = project(points, self.pose, self.sight.film.aspect)
        seen[:, :2] *= self.half
        return seen

    # --- sheets ---

    def quads(self, boxes: Sequence[Box]) -> tuple[Array, Array]:
        """Fronts of boxes `[n, 4, 2]`, and their depths `[n]`: negative behind the camera."""
        return self._quads(np.array([[box.low, box.high] for box in boxes]).reshape(-1, 2, 3))

    @cached_property
    def sheets(self) -> tuple[Array, Array]:
        """The fronts of all matrices, as `quads`; heads may have risen to make way."""
        corners = self.sight.there(self.t).copy()
        for i in self.sight.movers:
            block = self.sight.sheets[i]
            rest = block.origin[2]
            corners[i, :, 2] += self.sight.film.value(block.name, "location_z", self.t, rest) - rest
        return self._quads(corners)

    def ground(self, point: Array) -> float:
        """Where (y) the foremost sheet or backdrop at a point of the picture stands; infinite without one."""
        low, high, depth = self._around
        here = (depth > 0) & (low < point).all(axis=1) & (high > point).all(axis=1)
        return min(float(self.sight.corners[here, 0, 1].min(initial=np.inf)), self._wall)

    @cached_property
    def _wall(self) -> float:
        """Where the foremost backdrop stands: it is as wide as the picture."""
        shown = [wall for wall in self.sight.walls if self.sight.shown(wall.name, self.t)]
        film = self.sight.film
        return min(
            (film.value(wall.name, "location_y", self.t, wall.at[1]) for wall in shown), default=np.inf
        )

    @cached_property
    def _around(self) -> tuple[Array, Array, Array]:
        quads, depth = self.sheets
        return quads.min(axis=1), quads.max(axis=1), depth

    def _quads(self, corners: Array) -> tuple[Array, Array]:
        return fronts(corners, self.pose, self.sight.film.aspect)

    # --- texts ---

    @cached_property
    def texts(self) -> list[Seen]:
        """All texts in the picture, or partly in it, that nothing hides and that have grown to their size."""
        placed = [(thing, scale) for thing in self.sight.texts if (scale := self._scale(thing)) >= SETTLED]
        found = [*self._on_screen()]
        if not placed:
            return found
        corners = np.stack([self._outline(thing, scale) for thing, scale in placed])  # [n, 6, 3]
        seen = self.flat(corners.reshape(-1, 3)).reshape(-1, 6, 3)
        low, high = seen[:, :4, :2].min(axis=1), seen[:, :4, :2].max(axis=1)
        capitals = np.linalg.norm(seen[:, 5, :2] - seen[:, 4, :2], axis=1)
        depths = seen[..., 2].min(axis=1)
        inside = (depths > 0) & (high > -self.half).all(axis=1) & (low < self.half).all(axis=1)
        for i in np.flatnonzero(inside):
            thing, y = placed[i][0], float(corners[i, 4, 1])
            spot = np.concatenate([low[i], high[i]])
            text = Seen(thing.name, _kind(thing), _text(thing), spot, float(capitals[i]), y)
            if self.ground(text.middle) > y - BEHIND:
                found.append(text)
        return found

    def flies(self, name: str) -> bool:
        """Whether a thing is on its way somewhere."""
        cues = [cue for axis in AXES for cue in self.sight.film.tracks.get((name, axis), [])]
        return any(cue.start <= self.t < cue.end and cue.a != cue.b for cue in cues)

    def _scale(self, thing: Thing) -> float:
        shown = self.sight.shown(thing.name, self.t)
        return self.sight.film.value(thing.name, "scale", self.t, 1.0) if shown else 0.0

    def _outline(self, thing: Thing, scale: float) -> Array:
        """Corners of a text, and a line as high as its capitals, `[6, 3]`."""
        sign = thing.form
        assert isinstance(sign, Text | Letter)
        size, wide, lines = scale * sign.size, text_width(sign.text, scale * sign.size), sign.text.count("\n")
        facing = sign.facing if isinstance(sign, Text) else (0.0, 0.0)
        along, over, _ = axes(*facing)
        if isinstance(sign, Text) and sign.upright:
            along, over = over, -along
        film = self.sight.film
        at = np.array([film.value(thing.name, a, self.t, x) for a, x in zip(AXES, sign.at, strict=True)])
        left = at - SHIFT[sign.align if isinstance(sign, Text) else "centre"] * wide * along
        right, low, top = left + wide * along, -DESCENT * size * over, (lines * LINE + CAPITAL) * size * over
        return np.stack([left + low, right + low, right + top, left + top, at, at + CAPITAL * size * over])

    def _on_screen(self) -> Iterator[Seen]:
        """Captions and running heads."""
        for sign in self.sight.screen:
            if sign.start <= self.t < sign.end:
                size, (x, y) = sign.size * WIDTH / 2, np.array(sign.at) * WIDTH / 2
                wide, lines = text_width(sign.text, size), sign.text.count("\n")
                left, top = x - SHIFT[sign.align] * wide, y + (lines * LINE + CAPITAL) * size
                spot = np.array([left, y - DESCENT * size, left + wide, top])
                yield Seen(sign.name, sign.name.partition(" ")[0], sign.text, spot, CAPITAL * size, -np.inf)

    # --- cells, bars and lines ---

    @cached_property
    def props(self) -> tuple[Array, Array]:
        """Rectangles `[n, 4]` and depths `[n]` of moving cells, and of the bars of candidates."""
        boxes = [np.zeros((0, 2, 3))]
        for swarm in self.sight.swarms:
            if self.sight.shown(swarm.name, self.t):
                places, sizes = self.sight.cells(swarm, self.t)
                boxes.append(np.stack([places - sizes / 2, places + sizes / 2], axis=1))
        for name, box in self.sight.bars:
            if self.sight.shown(name, self.t):
                long = self.sight.film.value(name, "scale_x", self.t, 1.0)
                boxes.append(np.array([[box.low, (box.low[0] + long * box.size[0], *box.high[1:])]]))
        return rectangles(*self._quads(np.concatenate(boxes)))

    @cached_property
    def strokes(self) -> tuple[list[str], Array]:
        """Names, and ends `[n, 2, 4]` as pixels, depth and y, of the pieces of lines in the picture."""
        shown = [(name, points) for name, points in self.sight.strokes if self.sight.shown(name, self.t)]
        names = [name for name, points in shown for _ in points]
        ends = np.concatenate([np.zeros((0, 2, 3)), *(points for _, points in shown)])
        seen = self.flat(ends.reshape(-1, 3)).reshape(-1, 2, 3)
        kept = (seen[..., 2] > 0).all(axis=1)
        kept &= (seen[..., :2].max(axis=1) > -self.half).all(axis=1)
        kept &= (seen[..., :2].min(axis=1) < self.half).all(axis=1)
        return [names[i] for i in np.flatnonzero(kept)], np.concatenate([seen, ends[..., 1:2]], axis=2)[kept]

    # --- what the picture is about ---

    @property
    def travels(self) -> bool:
        """Whether the camera is on its way, without a subject."""
        return not self.shot.holds

    @cached_property
    def subject(self) -> tuple[Array, Array]:
        """What the shot is about, as rectangles `[n, 4]` within the picture and their depths `[n]`: on a
        stage whatever stands there and the outlines of what will, on the way and along the wall whatever
        there is, else what the shot holds."""
        if self.shot.kind == "stage" and not self.travels:
            found = [self.props]
            notes = [text.rectangle for text in self.texts if text.kind == "note"]
            found.append((np.array(notes).reshape(-1, 4), np.full(len(notes), self.pose.distance)))
            shown = [one.box for one in self.sight.formulas if self.sight.shown(one.name, self.t)]
            found.append(rectangles(*self.quads(shown)))
            drawn = [line.box for line in self.sight.drawn if self.sight.shown(line.name, self.t)]
            found.append(rectangles(*self.quads(drawn)))
        elif self.travels or self.shot.kind == "walk":
            found = [rectangles(*self.sheets), self.props]
        else:
            found = [rectangles(*self.quads(self.shot.holds))]
        spots, depth = (np.concatenate(parts) for parts in zip(*found, strict=True))
        inside = (spots[:, 2:] > -self.half).all(axis=1) & (spots[:, :2] < self.half).all(axis=1)
        return spots[inside].clip(np.tile(-self.half, 2), np.tile(self.half, 2)), depth[inside]

    @cached_property
    def covered(self) -> float:
        """The share of the picture that the subject covers, or on the way anything at all."""
        share = float(self.mask(self.subject[0]).mean())
        return max(share, float(self._met().mean())) if self.travels else share

    def _met(self) -> Array:
        """Whether rays all over the picture meet a sheet, `[n]`; those may reach behind the camera."""
        right, up, forward = axes(self.pose.azimuth, self.pose.elevation)
        across, above = np.meshgrid(*(np.linspace(-0.95, 0.95, RAYS) * half for half in self.half))
        pixel = SENSOR / (WIDTH * self.pose.lens)
        rays = forward + pixel * (across.ravel()[:, None] * right + above.ravel()[:, None] * up)  # [n, 3]
        eye, low, high = np.array(self.pose.eye), self.sight.corners[:, 0], self.sight.corners[:, 1]
        far = (low[:, 1] - eye[1]) / rays[:, 1:2]  # [n, sheets]
        met = (far > 0) & (far < np.inf)
        for axis in (0, 2):
            place = eye[axis] + far * rays[:, axis : axis + 1]
            met &= (place > low[:, axis]) & (place < high[:, axis])
        found: Array = met.any(axis=1)
        return found

    def mask(self, spots: Array) -> Array:
        """Where rectangles `[n, 4]` cover the picture: `[rows, columns]`, the top row first."""
        columns, rows = np.maximum(1, np.round(GRID * self.half / self.half.max()).astype(int))
        found = np.zeros((rows, columns), bool)
        squares = (spots.reshape(-1, 2, 2) + self.half) / (2 * self.half) * (columns, rows)
        for (left, bottom), (right, top) in np.round(squares).clip(0).astype(int).tolist():
            found[max(0, rows - top) : max(0, rows - bottom), left:right] = True
        return found


def rectangles(quads: Array, depth: Array) -> tuple[Array, Array]:
    """Around quadrilaterals `[n, 4, 2]` before the camera: rectangles `[n, 4]`, and their depths."""
    around = np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)
    return around[depth > 0], depth[depth > 0]


def _writing(film: Film) -> tuple[float, float]:
    """From when until when nothing is written yet: from the opening, which shows it all, to the loop."""
    cues = [cue for (_, channel), track in film.tracks.items() if channel == "reveal" for cue in track]
    later = [cue.start for cue in cues if cue.a >= begin(1) and cue.b > cue.a]
    return min((cue.end for cue in cues), default=0.0), min(later, default=film.duration)


def _strokes(drawn: Iterable[Thing]) -> Iterator[tuple[str, Array]]:
    """Links, threads and lines by name, as pieces `[n, 2, 3]`."""
    for thing in drawn:
        lines = [link.points for link in thing.form.links] if isinstance(thing.form, Tubes) else []
        if isinstance(thing.form, Drawing):
            lines = [line.points for line in thing.form.lines]
        pieces = [np.stack([line[:-1], line[1:]], axis=1) for line in map(np.array, lines)]
        if pieces:
            yield thing.name, np.concatenate(pieces)


def _drawn(things: Iterable[Thing]) -> Iterator[Line]:
    """The lines of set pieces, outlines of what is still to come among them; not those of the small map."""
    for thing in things:
        if thing.group[0] == "Props" and isinstance(thing.form, Drawing) and not on_map(thing.name):
            yield from thing.form.lines


def _kind(thing: Thing) -> str:
    if isinstance(thing.form, Letter):
        return "letter"
    if thing.group[0] == "Candidates":
        return "candidate"
    return "name" if is_label(thing.group[-1]) else "note"


def _text(thing: Thing) -> str:
    assert isinstance(thing.form, Text | Letter)
    return thing.form.text
