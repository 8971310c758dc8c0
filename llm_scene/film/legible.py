"""Letters and bars of the model that a shot shows too small to be read are not there for that shot.

When the film is over they are there again, for who looks around.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..layout import names
from ..layout.layout import Layout, Point
from ..look.views import CAPITAL, LEAST
from ..network.ops import Array
from .film import Chapter, Cue, Film, Shot
from .framing import halves, project

Span = tuple[float, float]
Upright = tuple[str, Point, float]  # a thing's name, where it stands, and its height
ALONG = np.linspace(0.0, 1.0, 5).tolist()  # where on its way a shot is looked at


def legible(film: Film, layout: Layout) -> Film:
    """The film with letters and bars that are there only where they can be read."""
    things = list(_upright(layout))
    if not things:
        return film
    large = np.stack([_heights(things, shot, film.aspect) >= LEAST for shot in film.shots])
    cues: dict[str, list[Cue]] = {}
    for (name, _, _), readable in zip(things, large.T.tolist(), strict=True):
        seen = [(shot.start, shot.end) for shot, can in zip(film.shots, readable, strict=True) if can]
        seen = _joined([*seen, (film.duration, math.inf)])
        cues[name] = _presence(name, list(_both(film.presence(name), seen)), film.duration)
    return replace(film, chapters=tuple(_with(chapter, cues, film) for chapter in film.chapters))


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


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those as one that follow without a break."""
    found: list[Span] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            start, _ = found.pop()
        found.append((start, end))
    return found


def _both(one: Sequence[Span], other: Sequence[Span]) -> Iterator[Span]:
    """Where a span of one and a span of the other hold."""
    for a, b in one:
        for c, d in other:
            if max(a, c) < min(b, d):
                yield max(a, c), min(b, d)


def _presence(name: str, spans: Sequence[Span], end: float) -> list[Cue]:
    """The cues of a thing that is there for these spans alone."""
    changes = [(time, hidden) for span in spans for time, hidden in zip(span, (0.0, 1.0), strict=True)]
    cues, last = [], 0.0
    for time, hidden in changes or [(0.0, 1.0)]:
        if time <= end:
            cues.append(Cue(name, "hidden", last, time, 1.0 - hidden if time else hidden, hidden, "step"))
            last = time
    return cues


def _with(chapter: Chapter, cues: Mapping[str, Sequence[Cue]], film: Film) -> Chapter:
    """A chapter with those of things' cues that end in it, instead of its own."""
    last = math.inf if chapter is film.chapters[-1] else chapter.end
    kept = [cue for cue in chapter.cues if cue.channel != "hidden" or cue.target not in cues]
    new = (cue for own in cues.values() for cue in own if chapter.start <= cue.end < last)
    return replace(chapter, cues=(*kept, *new))
