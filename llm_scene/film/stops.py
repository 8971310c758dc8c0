"""Where a lesson waits: at each caption, while what it speaks of is there whole and nothing is on its way."""

from __future__ import annotations

from collections.abc import Sequence

from ..layout.drawn import Line, Text
from .film import Caption, Film
from .props import Formula

LAST = 0.37  # seconds before a caption's end, by when it has not begun to fade
BEFORE = 0.08  # seconds before what was written leaves, or before something sets out
TOGETHER = 0.4  # seconds within which a calculation leaves
COME = 0.5  # seconds that a caption has been there at least
MOVES = ("pose", "location_x", "location_y", "location_z", "scale")
Span = tuple[float, float]


def stops(film: Film, captions: Sequence[Caption]) -> list[float]:
    """When to wait at each caption, in seconds.

    That is shortly before it goes; or before a calculation leaves the stage where none of it is left by then;
    and before what would be on its way at that time.
    """
    written, moving = _written(film), _moving(film)
    return [_stop(caption, written, moving) for caption in captions]


def _stop(caption: Caption, written: Sequence[Span], moving: Sequence[Span]) -> float:
    earliest, latest = caption.start + COME, caption.end - LAST
    if latest <= earliest:
        return max(caption.start, latest)
    left = [end for start, end in written if start < latest]
    gone = max(left, default=latest)
    leaving = min((end for end in left if end > gone - TOGETHER), default=gone) - BEFORE
    stop = leaving if earliest < leaving and gone < latest else latest
    while under_way := [start for start, end in moving if start < stop < end]:
        stop = min(under_way) - BEFORE
    return stop if stop > earliest else latest


def _written(film: Film) -> list[Span]:
    """From when until when anything written is seen."""
    forms = [prop.name for prop in film.props if isinstance(prop, Text | Line | Formula)]
    return [(come, min(leave, film.duration)) for name in forms for come, leave in film.presence(name)]


def _moving(film: Film) -> list[Span]:
    """When something that flies is on its way."""
    tracks = (cues for (_, channel), cues in film.tracks.items() if channel in MOVES)
    return [(cue.start, cue.end) for cues in tracks for cue in cues if cue.a != cue.b]
