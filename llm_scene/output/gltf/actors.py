"""Things that the film moves: nodes of their own, keyed as their cues say.

A node's translation and scale say all: what is hidden has no size. Dimming and glowing are not shown, for no
viewer's animation reaches colours; and writing keeps its size, so that what appears together is one node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...film.film import Cue, Film
from ...film.keys import rising, straight
from ...layout.drawn import Text
from ...layout.layout import Point
from ...network.ops import Array
from ...staging.things import Thing, Tubes
from .document import STRAY, UNSCALED, Clip
from .shapes import turned

MOMENT = 1e-3  # seconds within which a value jumps
LOCATIONS = ("location_x", "location_y", "location_z")
PIECES = 7  # straight pieces that stand for an eased move
Track = tuple[tuple[float, float], ...]  # (time, value), straight between


@dataclass(frozen=True)
class Motion:
    """What the film does to a thing; an empty track where it does nothing."""

    hidden: Track = ()  # 1 or 0, held from one time to the next
    scale: Track = ()
    scale_x: Track = ()
    moves: tuple[Track, Track, Track] = ((), (), ())  # from where it stands by itself

    @property
    def grows(self) -> bool:
        """Whether it matters what it grows out of."""
        return bool(self.scale or self.scale_x)

    @property
    def goes(self) -> bool:
        """Whether it leaves its place."""
        return any(self.moves)

    def key(self, clip: Clip, node: int, at: Point) -> None:
        """Key a node that stands `at`."""
        size = np.array(clip.document.parts["nodes"][node].get("scale", UNSCALED))
        if self.goes:
            times, (x, y, z) = _together(self.moves, 0.0)
            clip.track(node, "translation", times, turned(np.column_stack([x, y, z]) + np.array(at)))
        if self.grows:
            shown = tuple((time, 1.0 - value) for time, value in self._held())
            times, (there, all_round, along) = _together((shown, self.scale, self.scale_x), 1.0)
            sizes = (there * all_round)[:, None] * _stretched(along) * size
            clip.track(node, "scale", times, sizes, stray=STRAY * float(size.max()))
        elif self.hidden:
            last = {max(time, 0.0): value for time, value in self.hidden}
            sizes = np.repeat(1.0 - np.array([*last.values()])[:, None], 3, axis=1)
            clip.track(node, "scale", [*last], sizes * size, step=True)

    def _held(self) -> Track:
        """Hidden or not, with a knot before every jump."""
        held = list(self.hidden[:1])
        for (_, before), (time, value) in zip(self.hidden, self.hidden[1:], strict=False):
            held += [(time, before), (time, value)]
        return tuple(held)


def motion_of(film: Film, thing: Thing, home: dict[str, Point]) -> Motion:
    """What a film does to a thing; `home` is where other things stand that it may move along with."""
    if thing.spare:
        return Motion(((0.0, 1.0),))
    carrier, rest = (thing.on, home[thing.on]) if thing.on else (thing.name, thing.at)
    moves = [_moved(film.tracks.get((carrier, c), ()), r) for c, r in zip(LOCATIONS, rest, strict=True)]
    scale = () if isinstance(thing.form, Text) else _straight(film.tracks.get((thing.name, "scale"), ()))
    if isinstance(thing.form, Tubes) and thing.form.kind == "trunk":
        scale = _grown(film.tracks.get((thing.name, "reveal"), ()))
    return Motion(
        _shown(film.tracks.get((thing.name, "hidden"), ()), 0.5 / film.fps),
        scale,
        _straight(film.tracks.get((thing.name, "scale_x"), ())),
        (moves[0], moves[1], moves[2]),
    )


def _shown(cues: Sequence[Cue], lead: float) -> Track:
    """When it is hidden; keys stand half a frame early, so that no frame falls on a jump."""
    if not cues:
        return ()
    found = [(0.0, float(cues[0].a > 0.5))]
    for cue in cues:
        found += [(cue.start - lead, float(cue.a > 0.5)), (cue.end - lead, float(cue.b > 0.5))]
    kept = found[:1]
    for time, value in found[1:]:
        if value != kept[-1][1]:
            kept.append((max(time, 0.0), value))
    return tuple(kept)


def _straight(cues: Sequence[Cue]) -> Track:
    changing = any(cue.a != cue.b or cue.a != cues[0].a for cue in cues)
    return tuple(straight(cues, PIECES)) if changing else ()


def _moved(cues: Sequence[Cue], rest: float) -> Track:
    track = tuple((time, round(value - rest, 4)) for time, value in straight(cues, PIECES))
    return track if any(value for _, value in track) else ()


def _grown(cues: Sequence[Cue]) -> Track:
    """A link grows out of its beginning until its end is reached; the pulse that runs on is not shown."""
    if not cues:
        return ()
    knots = [(0.0, 0.0)]
    for cue in cues:
        share = (1 - cue.a) / (cue.b - cue.a) if cue.b > 1 > cue.a else 1.0
        end = cue.start + share * (cue.end - cue.start)
        knots += [(cue.start, min(cue.a, 1.0)), (end, min(cue.b, 1.0))]
    return tuple(knots)


def _together(tracks: Iterable[Track], rest: float) -> tuple[list[float], list[Array]]:
    """Tracks at the times of all of them; `rest` for empty ones."""
    curves = [rising(track or ((0.0, rest),), MOMENT) for track in tracks]
    times = np.unique(np.concatenate([[0.0], *(times for times, _ in curves)]).astype(np.float32))
    apart = np.concatenate([[True], np.diff(times) > MOMENT / 4])
    times = times[apart].astype(float)
    return times.tolist(), [np.interp(times, *curve) for curve in curves]


def _stretched(along: Array) -> Array:
    """Scales `[n, 3]` of what is longer by a factor along x."""
    return np.column_stack([along, np.ones(len(along)), np.ones(len(along))])
