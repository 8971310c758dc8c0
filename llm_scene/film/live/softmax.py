"""Softmax: a bar for every key, by its score, by its power, and by its share of the whole."""

from __future__ import annotations

from collections.abc import Sequence

from ...layout import names
from ..pieces.scores import NAME
from ..pieces.softmax import ACT, BASE, CLEAR, FEET, FLAT, LOW, SEAM, SLIVER, TINY, UNDER
from ..shapes import THINNEST
from .shaping import CloseUp, Shaping, X, Z, running, scale, slope
from .sums import Number

POSES = 7  # flat, scores, below, powers, laid, shares, sheet; where it is brief all but below and laid
FREE = (names.prop(NAME, f"{ACT} dots"), names.prop(NAME, f"{ACT} curve"))
RAISED, LAID, BRIEF = 3, 4, 2  # the powers; which is the first as a stick, and where it is brief the powers
Keys = Sequence[tuple[Number, Number, str]]  # score, share, and the matrix of the scores


def shape(shaping: Shaping) -> None:
    """Where bars stand, how large they are, and what they are painted by."""
    close = CloseUp(shaping, NAME, ACT)
    if keys := keys_of(close):
        _Bars(close, keys)


def words(shaping: Shaping) -> None:
    """Scores, what they are below the largest, their powers, and the sum of these."""
    close = CloseUp(shaping, NAME, ACT)
    keys = keys_of(close)
    if not keys:
        return
    lowered, powers, total = powers_of(keys, in_full(close))
    for j, (score, _, _) in enumerate(keys):
        close.write(f"score {j}", score)
        close.write(f"below {j}", lowered[j])
        close.write(f"power {j}", powers[j])
    close.write("total", total)
    close.write("quotient", close.sums.most(powers), total)
    close.write("best", close.sums.most(share for _, share, _ in keys))


def keys_of(close: CloseUp) -> Keys:
    """Score and share of every key that is shown, and the matrix of the scores."""
    sums, found = close.sums, []
    network = sums.trace.network
    for scores, cell in close.numbered(r"score (\d+)").values():
        like = [m for m in network if m.inputs[:1] == (scores,) and m.axes == network[scores].axes]
        pattern = like[0].name
        found.append((sums.cell((scores, cell)), sums.cell((pattern, cell)), scores))
    return found


def in_full(close: CloseUp) -> bool:
    """Whether the scores themselves are raised to powers, not what they are below the largest."""
    return "heading power" in close.written


def powers_of(keys: Keys, full: bool) -> tuple[list[Number], list[Number], Number]:
    """Scores from the largest on, powers of these or in `full`, and the sum of all powers, shown or not."""
    sums = keys[0][0].sums
    best = sums.most(score for score, _, _ in keys)
    lowered = [score - best for score, _, _ in keys]
    raised = [score for score, _, _ in keys] if full else lowered
    powers = [sums.made("exp", one) for one in raised]
    return lowered, powers, sums.total(powers) / sums.total(share for _, share, _ in keys)


class _Bars:
    """A bar for every key, from where the query left its score to its part of the whole."""

    def __init__(self, close: CloseUp, keys: Keys) -> None:
        self.by, self.sums, self.unit = close, close.sums, close.unit
        self.bars = close.company("bars", 1)
        self.scores, self.shares = [key[0] for key in keys], [key[1] for key in keys]
        self.lowered, self.powers, self.total = powers_of(keys, in_full(close))
        highest = self.sums.most(self.powers)
        self.heights = [power / highest for power in self.powers]
        pattern = self.sums.scale(self.sums.matrix_of(self.shares[0]))
        self.shades = [share / pattern for share in self.shares]
        self.explained = len(self.bars[0][0].places) == POSES
        self.tones = [score / self.sums.scale(keys[0][2]) for score in self.scores]
        self._levels()
        self._scored()
        if self.explained:
            self._below()
            self._raised(RAISED)
            self._stick(LAID, self.heights)
            self._stick(LAID + 1, self.shades)
        else:
            self._raised(BRIEF)
            self._stick(BRIEF + 1, self.shades)
            self._under()

    def _levels(self) -> None:
        """Scores have one scale and one line of zero, so that all of them have room."""
        sums = self.sums
        most = sums.most([*self.scores, 0.0])
        least = sums.least([*self.scores, *(self.lowered if self.explained else []), 0.0])
        own, zero = scale([(one, x.own) for one, x in zip(self.bars, self.scores, strict=True)], 1)
        span = sums.most([most - least, 1.0])
        self.tall, self.base = own * span.own, zero + own * least.own
        self.k = sums.constant(self.tall) / span
        self.zero = sums.constant(self.base) - self.k * least
        self.best = self.zero + self.k * most

    def _scored(self) -> None:
        """Scores on their line."""
        for j, (one, score) in enumerate(zip(self.bars, self.scores, strict=True)):
            flat = one[0].sizes[0, one[1], Z] <= THINNEST * self.unit * (1 + FLAT)
            if flat:  # not where the query left it
                self.by.stand(one, 0, Z, self.zero + score * (FLAT / 2 * self.unit))
            for pose in (0, 1):
                self.by.paint(one, pose, self.tones[j])
            self.by.bar(one, 1, self.k * score, self.zero)
            self._number(f"score {j}", self.k * score, self.zero, self.sums.made("pick", score, 1.0, -1.0))
        self.by.shift("zero", Z, self.zero - self.zero.own)

    def _number(self, name: str, height: Number, base: Number, side: Number | float) -> None:
        """A number over a bar, or under it where it hangs."""
        size = self.sums.most([self.sums.made("size", height), THINNEST * self.unit])
        at = base + height / 2.0 + (size / 2.0 + CLEAR * self.unit) * side
        self.by.shift(f"{name}", Z, at - at.own)

    def _below(self) -> None:
        """Measured from the best."""
        lowest = self.sums.least(self.lowered) * -1.0
        lowest = self.sums.most([lowest, TINY])
        for j, one in enumerate(self.bars):
            self.by.paint(one, 2, self.lowered[j] / lowest)
            self.by.bar(one, 2, self.k * self.lowered[j], self.best)
            self._number(f"below {j}", self.k * self.lowered[j], self.best, -1.0)
        self.by.shift("best", Z, self.best - self.best.own)
        self._dots(lowest)

    def _raised(self, pose: int) -> None:
        """Exponentiated."""
        base = self.sums.constant(self.base)
        for j, (one, height) in enumerate(zip(self.bars, self.heights, strict=True)):
            self.by.paint(one, pose, height)
            self.by.bar(one, pose, height * self.tall, base)
            self._number(f"power {j}", height * self.tall, base, 1.0)

    def _dots(self, lowest: Number) -> None:
        """On the curve, which begins where the film's prompt had it begin."""
        dots = self.by.company("dots", 0)
        if not dots:  # there is no room for the curve
            return
        values = sorted(zip([x.own for x in self.lowered], range(len(self.lowered)), strict=True))
        k = slope([float(s.places[0, i, X]) for s, i in dots], [value for value, _ in values])
        low = min(LOW, values[0][0])
        for one, (_, j) in zip(dots, values, strict=True):
            along = (self.sums.most([self.lowered[j], low]) - self.lowered[j].own) * k
            up = (self.powers[j] - self.powers[j].own) * self.tall
            self.by.paint(one, 0, self.lowered[j] / lowest)
            self.by.paint(one, 1, self.powers[j])
            self.by.moved(one, 0, X, along)
            self.by.moved(one, 1, X, along)
            self.by.moved(one, 1, Z, up)

    def _stick(self, pose: int, shades: Sequence[Number]) -> None:
        """End to end in one stick; the last one is the whole, with its parts named."""
        widest = max(range(len(self.bars)), key=lambda j: self.powers[j].own)
        swarm, i = self.bars[widest]
        wide = float(swarm.sizes[pose, i, X]) + SEAM * self.unit
        long = wide * self.total.own / self.powers[widest].own
        lengths = [power / self.total * long for power in self.powers]
        ends = [end for _, end in running(lengths)]
        start = float(swarm.places[pose, i, X]) - (ends[widest].own - lengths[widest].own / 2)
        for j, one in enumerate(self.bars):
            size = self.sums.most([lengths[j] - SEAM * self.unit, SLIVER * self.unit])
            middle = ends[j] - lengths[j] / 2.0 + start
            self.by.stand(one, pose, X, middle, size)
            self.by.paint(one, pose, shades[j])
            for name in (f"share {j}", f"of {j}", f"to share {j}", f"to of {j}", f"bars {j} 0"):
                self.by.shift(f"{name}", X, middle - middle.own)

    def _under(self) -> None:
        """Letters stand under what hangs lowest."""
        hangs = self.zero + self.k * self.sums.least([*self.scores, 0.0]) - UNDER * self.unit
        low = self.sums.most([hangs, self.base - (BASE - FEET) * self.unit])
        for j in range(len(self.bars)):
            self.by.shift(f"letter {j}", Z, low - low.own)
