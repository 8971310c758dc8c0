"""Things that are there for some shots and not for others: what a shot hides, said once for whole films.

When the film is over they are there again, for who looks around.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .film import Chapter, Cue, Film

Span = tuple[float, float]  # seconds: from, until


def restricted(film: Film, shots: Mapping[str, Sequence[bool]]) -> Film:
    """The film with things that are there, where they were there before, for some of its shots alone.

    `shots` says by a thing's name for which: a truth for each shot.
    """
    cues: dict[str, list[Cue]] = {}
    for name, kept in shots.items():
        seen = [(shot.start, shot.end) for shot, keep in zip(film.shots, kept, strict=True) if keep]
        seen = _joined([*seen, (film.duration, math.inf)])
        cues[name] = _presence(name, list(_both(film.presence(name), seen)), film.duration)
    return replace(film, chapters=tuple(_with(chapter, cues, film) for chapter in film.chapters))


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
