"""When the shutter is open: while the camera travels or cells fly, too fast for a row of sharp pictures.

What stands, and what is read, stays sharp; no picture mixes what is before a cut with what is after it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..network.ops import Numbers
from .film import Cue, Film
from .keys import Key

SHUTTER = 0.35  # of a frame, half of it before the frame's moment: a film camera's 126 degrees
NEAR = 0.3  # of a frame: a cut so near to its moment would be seen in it
MOVES = ("pose", "location_x", "location_y", "location_z")  # channels by which things go elsewhere
Span = tuple[float, float]  # seconds


def blurred(film: Film) -> Numbers:
    """Which frames are taken with an open shutter, `[n_frames]`."""
    moves = [(shot.start, shot.end) for shot in film.shots if not shot.holds]
    for (name, channel), cues in film.tracks.items():
        if channel in MOVES:
            there = film.presence(name)
            moves += [(cue.start, cue.end) for cue in cues if cue.a != cue.b and _meets(cue, there)]
    moving: Numbers = _frames(film, moves, SHUTTER / 2) & ~beside_cuts(film)
    return moving


def beside_cuts(film: Film) -> Numbers:
    """Which frames are so near to a cut that an open shutter would see both shots, `[n_frames]`."""
    return _frames(film, [(cut, cut) for cut in film.cuts], NEAR)


def shutter(film: Film) -> list[Key]:
    """How long the shutter is open, in frames: keys at the frames where that changes, held between them."""
    values = SHUTTER * blurred(film)
    changes = np.flatnonzero(np.diff(values, prepend=-1.0))
    return [(n / film.fps, float(values[n]), "step") for n in changes.tolist()]


def _meets(cue: Cue, spans: Iterable[Span]) -> bool:
    return any(start < cue.end and end > cue.start for start, end in spans)


def _frames(film: Film, spans: Iterable[Span], reach: float) -> Numbers:
    """Which frames lie in spans, or so near to one (in frames), `[n_frames]`."""
    edges = np.zeros(film.n_frames + 1, int)
    for start, end in spans:
        first = np.clip(np.ceil(start * film.fps - reach), 0, film.n_frames)
        last = np.clip(np.floor(end * film.fps + reach) + 1, 0, film.n_frames)
        if last > first:
            edges[int(first)] += 1
            edges[int(last)] -= 1
    found: Numbers = np.cumsum(edges)[:-1] > 0
    return found
