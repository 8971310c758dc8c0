"""Letters and bars of the model that a shot cuts, or shows too small to be read, are not there for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..layout import names
from ..layout.layout import Layout, Point
from ..look.views import CAPITAL, LEAST
from ..network.ops import Numbers
from .film import Film, Shot
from .framing import halves, project
from .presence import restricted
from .story import letter_box

UNDER = 0.3  # how far a letter may reach under its foot, in its height
ALONG = np.linspace(0.0, 1.0, 5).tolist()  # where on its way a shot is looked at


@dataclass(frozen=True)
class _Upright:
    """A thing that stands: where its foot is, how high it is, and how far a letter reaches to either side."""

    name: str
    at: Point
    height: float
    reach: float = 0.0


def legible(film: Film, layout: Layout) -> Film:
    """The film with letters and bars that are there only where they can be read."""
    things = list(_upright(layout))
    if not things:
        return film
    readable = np.stack([_readable(things, shot, film.aspect) for shot in film.shots])  # [shots, things]
    return restricted(film, {one.name: can for one, can in zip(things, readable.T.tolist(), strict=True)})


def _upright(layout: Layout) -> Iterator[_Upright]:
    for letter in layout.letters:
        reach = letter_box(letter).size[0] / 2
        yield _Upright(letter.name, letter.at, CAPITAL * letter.size, reach)
    for rank, candidate in enumerate(layout.candidates):
        yield _Upright(names.candidate(rank, "bar"), candidate.at, candidate.height)


def _readable(things: Sequence[_Upright], shot: Shot, aspect: float) -> Numbers:
    """Which things are large enough somewhere in a shot, and whole all the time where the camera stands."""
    foot = np.array([one.at for one in things])
    height, reach = (
        np.array(part) for part in zip(*((one.height, one.reach) for one in things), strict=True)
    )
    top = foot + height[:, None] * (0.0, 0.0, 1.0)
    most, cut = np.zeros(len(things)), np.zeros(len(things), bool)
    half = np.array(halves(aspect))
    for share in ALONG:
        seen = project(np.concatenate([foot, top]), shot.a.towards(shot.b, share), aspect)
        low, high = np.split(seen[:, :2] * half, 2)
        size = np.where(seen[: len(things), 2] > 0, np.linalg.norm(high - low, axis=1), 0.0)
        most = np.maximum(most, size)
        wide = (reach * size / height)[:, None] * (1.0, 0.0)
        below = UNDER * (high - low)
        left, right = np.minimum(low - below, high) - wide, np.maximum(low, high) + wide
        out = (left < -half) | (right > half)
        cut |= (out & (left < half) & (right > -half)).any(axis=1) & (reach > 0)
    found: Numbers = (most >= LEAST) & ~(cut & bool(shot.holds))
    return found
