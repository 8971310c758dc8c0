"""A film told at another pace: every moment has another time, in stretches of even pace."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..network.ops import Array
from .film import Chapter, Film, Timed, Writing

Knots = tuple[tuple[float, float], ...]  # (before, now), both rising


@dataclass(frozen=True)
class Retiming:
    """From times to times, of whatever unit: straight between knots, and moved as a whole beyond them."""

    knots: Knots = ()

    def __call__(self, times: Array) -> Array:
        """Where moments are now, `[n]`."""
        return _along(times, self.knots)

    def at(self, time: float) -> float:
        """Where one moment is now."""
        return float(self(np.array([time]))[0])

    def back(self, times: Array) -> Array:
        """Where moments that are now at these times were before, `[n]`."""
        return _along(times, tuple((now, before) for before, now in self.knots))

    def then(self, other: Retiming) -> Retiming:
        """Both, one after the other."""
        mine = [before for before, _ in self.knots]
        theirs = self.back(np.array([before for before, _ in other.knots]))
        times = np.unique(np.round([*mine, *theirs], 6))
        return Retiming(tuple(zip(times.tolist(), other(self(times)).tolist(), strict=True)))

    def scaled(self, unit: float) -> Retiming:
        """The same with times in another unit, `unit` of which are one of this."""
        return Retiming(tuple((before * unit, now * unit) for before, now in self.knots))


def _along(times: Array, knots: Knots) -> Array:
    if not knots:
        return times
    before, now = (np.array(part) for part in zip(*knots, strict=True))
    inside: Array = np.interp(times, before, now)
    return inside + np.minimum(times - before[0], 0.0) + np.maximum(times - before[-1], 0.0)


def retimed(film: Film, when: Retiming) -> Film:
    """A film with all that happens in it at other times; `when` is in seconds."""
    if not when.knots:
        return film

    def move(things: tuple[Timed, ...]) -> tuple[Timed, ...]:
        return tuple(replace(one, start=when.at(one.start), end=when.at(one.end)) for one in things)

    def chapter(one: Chapter) -> Chapter:
        start, end = when.at(one.start), when.at(one.end)
        shots, cues, captions = move(one.shots), move(one.cues), move(one.captions)
        return replace(one, start=start, end=end, shots=shots, cues=cues, captions=captions)

    edited = film.edited and Writing(move(film.edited.captions), move(film.edited.heads))
    return replace(film, chapters=tuple(map(chapter, film.chapters)), edited=edited)


def stretched(start: float, end: float, length: float, shift: float = 0.0, since: float = 0.0) -> Retiming:
    """What gives the part from `start` to `end` another length, and lets it begin later by `shift`.

    The part before it, which begins `since`, gives or takes the time of the shift; what comes after moves as
    a whole.
    """
    knots = [(start, start + shift), (end, start + shift + length)]
    return Retiming(tuple([(since, since), *knots] if since < start else knots))
