"""What comes next: a bar for each of the likeliest, as long as its chance, and their scores."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...layout import names
from ..pieces.choice import AROUND, CHOICE, CHOOSING, LEAST, MOST, PALEST
from ..props import Swarm
from ..temperatures import COLD, hot_enough
from .shaping import CloseUp, One, Shaping, X, Z
from .sums import Number

STILL = tuple(names.prop(CHOICE, f"row {n}") for n in range(MOST))  # rows of a table, whatever is looked up


def shape(shaping: Shaping) -> None:
    """Where bars end and what they are painted by, in both tellings."""
    for name in (CHOICE, CHOOSING):
        close = CloseUp(shaping, name)
        bars, degrees = close.swarms(r"bar \d+"), temperatures(close)
        if bars and degrees:
            _Bars(close, bars, degrees)


def words(shaping: Shaping) -> None:
    """Chances and scores."""
    for name in (CHOICE, CHOOSING):
        close = CloseUp(shaping, name)
        for which, (n, temperature) in enumerate(temperatures(close).items()):
            ranks = _numbers(close, rf"share {n} (\d+)")
            for rank in ranks:
                close.write(f"share {n} {rank}", close.sums.chance(rank, temperature))
                score = close.sums.ranked("logits", rank)
                close.write(f"scores {rank} {which}", divided(score, temperature))
            close.write(f"rest {n}", rest(close, len(ranks), temperature))


def temperatures(close: CloseUp) -> dict[int, float]:
    """The temperature of every row of chances, by the number in their names."""
    rows = _numbers(close, r"share (\d+) 0")
    colder = close.piece == CHOOSING and len(rows) > 2  # it is told where it changes anything
    known = {0: 1.0} | ({1: COLD} if colder else {})
    return {n: known.get(n, hottest(close)) for n in rows}


def divided(score: Number, temperature: float) -> Number:
    """A score at a temperature."""
    return score if temperature == 1.0 else score / temperature


def hottest(close: CloseUp) -> float:
    """The temperature at which dice decide."""
    return hot_enough(close.sums.trace["logits"][close.sums.position].astype(float))


def rest(close: CloseUp, count: int, temperature: float) -> Number:
    """How likely all are together that are not among the so many likeliest."""
    told = close.sums.total(close.sums.chance(rank, temperature) for rank in range(count))
    return close.sums.most([close.sums.constant(1.0) - told, 0.0])


def _numbers(close: CloseUp, pattern: str) -> list[int]:
    """The numbers in the names of texts that match, as they come."""
    matches = (re.fullmatch(pattern, name) for name in close.written)
    return [int(match[1]) for match in matches if match is not None]


class _Bars:
    """A bar that begins where it does in the film, and ends where its chance has it end."""

    def __init__(self, close: CloseUp, bars: Sequence[Swarm], degrees: dict[int, float]) -> None:
        self.close, self.sums = close, close.sums
        first = bars[0]
        self.full = float(first.sizes[1, 0, X]) / self.sums.chance(0, 1.0).own
        for rank, swarm in enumerate(bars):
            self._bar(swarm, {f"share {n} {rank}": self.sums.chance(rank, t) for n, t in degrees.items()})
            self._landing((swarm, 0), 1 + len(degrees), "probs", rank)
        for swarm in close.swarms("rest"):
            self._bar(swarm, {f"rest {n}": rest(close, len(bars), t) for n, t in degrees.items()})
        made_here = bool(close.company("made"))
        for rank, one in enumerate(close.company("scores", 1, Z)):
            score, arrives = self._ranked("logits", rank), close.piece == CHOICE  # else it stands there
            if arrives and made_here:
                close.paint(one, 0, score)
            elif arrives:
                self._landing(one, 0, "logits", rank)
            for pose, degree in enumerate(degrees.values(), int(arrives)):
                close.paint(one, pose, divided(score, degree))
        around = self._length(self.sums.chance(0, 1.0)) + AROUND * close.unit  # the winner's frame
        start = float(first.places[1, 0, X] - first.sizes[1, 0, X] / 2) - AROUND / 2 * close.unit
        close.stretch("win 0", around / around.own, start)

    def _bar(self, swarm: Swarm, shares: dict[str, Number]) -> None:
        """As long as its shares, in its poses from the second on; texts that tell them go with its end."""
        left, one = float(swarm.places[0, 0, X] - swarm.sizes[0, 0, X] / 2), (swarm, 0)
        self.close.paint(one, 0, self.sums.constant(float(swarm.values[0, 0])))
        for pose, (text, share) in enumerate(shares.items(), 1):
            long = self._length(share)
            self.close.stand(one, pose, X, long / 2.0 + left, long)
            self.close.paint(one, pose, self.sums.most([share, PALEST]))
            self.close.shift(text, X, long - long.own)

    def _length(self, share: Number) -> Number:
        return self.sums.most([share * self.full, LEAST * self.close.unit])

    def _ranked(self, matrix: str, rank: int) -> Number:
        return self.sums.ranked(matrix, rank) / self.sums.scale(matrix)

    def _landing(self, one: One, pose: int, matrix: str, rank: int) -> None:
        """In its sheet a token's cell stands in the row of that token."""
        token = self.sums.token(rank)
        self.close.moved(one, pose, Z, (token - token.own) * -1.0)
        self.close.paint(one, pose, self._ranked(matrix, rank))
