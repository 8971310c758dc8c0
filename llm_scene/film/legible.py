"""Letters and bars of the model that a shot shows too small to be read are not there for that shot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..layout import names
from ..layout.layout import Layout, Point
from ..look.views import CAPITAL, LEAST
from ..network.ops import Array
from .film import Film, Shot
from .framing import halves, project
from .presence import restricted

Upright = tuple[str, Point, float]  # a thing's name, where it stands, and its height
ALONG = np.linspace(0.0, 1.0, 5).tolist()  # where on its way a shot is looked at


def legible(film: Film, layout: Layout) -> Film:
    """The film with letters and bars that are there only where they can be read."""
    things = list(_upright(layout))
    if not things:
        return film
    large = np.stack([_heights(things, shot, film.aspect) >= LEAST for shot in film.shots])
    shots = {name: can for (name, _, _), can in zip(things, large.T.tolist(), strict=True)}
    return restricted(film, shots)


def _upright(layout: Layout) -> Iterator[Upright]:
    for letter in layout.letters:
        yield letter.name, letter.at, CAPITAL * letter.size
    for rank, candidate in enumerate(layout.candidates):
        yield names.candidate(rank, "bar"), candidate.at, candidate.height


def _heights(things: Sequence[Upright], shot: Shot, aspect: float) -> Array:
    """How high things are at most in a shot, in pixels, `[things]`."""
    foot = np.array([at for _, at, _ in things])
    top = foot + np.array([[0.0, 0.0, height] for _, _, height in things])
    most = np.zeros(len(things))
    for share in ALONG:
        seen = project(np.concatenate([foot, top]), shot.a.towards(shot.b, share), aspect)
        low, high = np.split(seen[:, :2] * halves(aspect), 2)
        before = seen[: len(things), 2] > 0
        most = np.maximum(most, np.where(before, np.linalg.norm(high - low, axis=1), 0.0))
    return most
