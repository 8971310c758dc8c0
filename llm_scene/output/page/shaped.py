"""Where moving cells, numbers and lines of close-ups stand, where their places and sizes tell numbers.

What the film's own prompt has them at is their anchor: scales, levels and widths are read off it, and only
what hangs on numbers is worked out again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...film.film import Film
from ...film.pieces.choice import LEAST
from ...film.props import Backdrop, Swarm, number
from ...film.shapes import RELIEF, THICK
from ...film.stage import sides
from ...film.stagecraft import BEYOND
from ...layout.drawn import Text
from ...layout.names import piece_of
from . import worked
from .copied import Copies
from .sums import At, Number, Sums

X, Z = 0, 2  # to the right and up
THINNEST, SEAM, SLIVER = 0.05, 0.06, 0.05  # of a bar; between two in a stick; one in a stick at least
CLEAR, BESIDE = 0.75, 0.9  # of a number from its bar, above and at its end
FALLEN, BELOW = 2.3, 2.2  # of letters under the floor of the bars, and under what hangs lower
LOW = -4.0  # where the curve of exp begins at least
TOLD_APART = 0.03  # the least of a column that is taken
# Those whose scale stays the film's.
FREE = ("bend: ", f"{worked.SOFTMAX}dots", f"{worked.SOFTMAX}curve")
One = tuple[Swarm, int]  # a moving cell
Keys = Sequence[tuple[Number, Number, str]]  # score, share, and the matrix of the scores


@dataclass
class Shapes:
    """Everything that moves with numbers: new places along x and z, new sizes, all in the scene's axes."""

    places: dict[str, list[tuple[int, int, int, Number]]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, list[tuple[int, int, int, Number]]] = field(default_factory=lambda: defaultdict(list))
    shifts: dict[str, dict[int, Number]] = field(default_factory=dict)  # of texts and lines, by their names
    stretched: dict[str, tuple[Number, float]] = field(default_factory=dict)  # lines, and where they begin


class Shaping:
    """Works them out, piece by piece."""

    def __init__(self, film: Film, copies: Copies, sums: Sums) -> None:
        self.film, self.copies, self.sums = film, copies, sums
        self.written = {prop.name: prop for prop in film.props if isinstance(prop, Text)}
        self.of: dict[str, At] = {n: text.of for n, text in self.written.items() if text.of is not None}
        wide = sides(film.aspect)[0]
        walls = [prop for prop in film.props if isinstance(prop, Backdrop)]
        self.units = {piece_of(wall.name): wall.width / (BEYOND * wide) for wall in walls}
        self.found = Shapes()
        self.told_apart: dict[str, list[Number]] = {}  # numbers before and after the curve, by their texts
        self._norm()
        self._dot()
        if keys := worked.softmax_of(self.of, sums):
            _Softmax(self, keys)
        self._mix()
        for begin in worked.CHOICE:
            self._choice(begin)
        self._embed()
        copies.spread()
        self._bend()

    # --- parts ---

    def company(self, actor: str, pose: int = 0, axis: int = X) -> list[One]:
        """The cells of an actor, from left to right or from top to bottom as they stand in a pose."""
        pattern = re.compile(re.escape(actor) + r"( \d+)?")
        swarms = [s for s in self.copies.swarms if pattern.fullmatch(s.name) and len(s.places) > pose]
        cells = [(swarm, i) for swarm in swarms for i in range(swarm.places.shape[1])]
        sign = 1 if axis == X else -1
        return sorted(cells, key=lambda one: sign * float(one[0].places[pose, one[1], axis]))

    def paint(self, one: One, pose: int, tone: Number) -> None:
        """What a cell is painted by."""
        self.copies.set(one[0], pose, one[1], tone)

    def stand(self, one: One, pose: int, axis: int, place: Number, size: Number | None = None) -> None:
        """Where a cell stands along an axis, and how large it is along it."""
        swarm, i = one
        self.found.places[swarm.name].append((pose, i, axis, place))
        if size is not None:
            self.found.sizes[swarm.name].append((pose, i, axis, size))

    def shift(self, name: str, axis: int, way: Number) -> None:
        """How far a text or a line stands from its place in the film."""
        self.found.shifts.setdefault(name, {})[axis] = way

    def moved(self, one: One, pose: int, axis: int, way: Number) -> None:
        """A cell that stands so far from its place in the film."""
        self.stand(one, pose, axis, way + float(one[0].places[pose, one[1], axis]))

    def relief(self, swarm: Swarm, pose: int) -> float:
        """By how much the largest values stand out, where cells do so by their value."""
        unit, deep = self.units.get(piece_of(swarm.name), 0.0), swarm.sizes[pose, :, 1]
        by_value = np.allclose(deep, unit * (THICK + RELIEF * swarm.values[pose]), atol=1e-4)
        return unit * RELIEF if by_value else 0.0

    # --- pieces ---

    def _norm(self) -> None:
        """Bars of every state, mean and spread."""
        bars, measures = self.company("norm: cells", 1), worked.norm_of(self.sums)
        if not bars or measures is None or any(len(swarm.places) != 6 for swarm, _ in bars):
            return
        unit, (mean, size) = self.units["norm"], measures
        states: list[list[Number]] = []
        column = [self._cell_of(one, 0) for one in bars]
        shifted = [x - mean for x in column] if mean is not None else column
        states = [column, shifted, [x / size for x in shifted], [self._cell_of(one, 5) for one in bars]]
        most = self.sums.most(self.sums.made("size", x) for state in states for x in state)
        tall, level = _scale([(one, states[0][j].own) for j, one in enumerate(bars)], 1)
        k = self.sums.constant(tall * most.own) / most
        for pose, state in enumerate(states, 1):
            largest = self.sums.most(self.sums.made("size", x) for x in state)
            for one, x in zip(bars, state, strict=True):
                self.paint(one, pose, x / largest)
                self._bar(one, pose, k * x, self.sums.constant(level), unit)
        if mean is not None:
            self.shift("norm: mean line", Z, k * mean - (k * mean).own)
        for side in (-1, 1):
            way = k * (size * side if mean is None else mean + size * side)
            self.shift(f"norm: band {side}", Z, way - way.own)

    def _cell_of(self, one: One, pose: int) -> Number:
        """The cell that one is a copy of in a pose: its value."""
        found = self.sums.beneath(int(self.copies.tones[one[0].name][pose, one[1]]))
        if found is None:
            raise LookupError(f"{one[0].name} is no copy of a cell")
        return found

    def _bar(self, one: One, pose: int, height: Number, base: Number, unit: float) -> None:
        """A bar that stands on a level, or hangs from it."""
        size = self.sums.most([self.sums.made("size", height), THINNEST * unit])
        self.stand(one, pose, Z, base + height / 2.0, size)

    def _dot(self) -> None:
        """The colours of products and of their sum."""
        terms, matrix = worked.dot_of(self.of, self.sums)
        if not terms:
            return
        largest = self.sums.most(self.sums.made("size", term) for term in terms)
        for i, term in enumerate(terms):
            for actor in (f"dot: term {i}", f"dot: flying {i}"):
                self._all_poses(actor, term / largest)
        self._running("dot: total", [n for _, n in worked.running(terms)], matrix)

    def _all_poses(self, actor: str, tone: Number) -> None:
        for one in self.company(actor):
            for pose in range(len(one[0].places)):
                self.paint(one, pose, tone)

    def _running(self, actor: str, totals: Sequence[Number], matrix: str) -> None:
        """A cell that counts: painted by what it has come to, from nothing on."""
        for one in self.company(actor):
            for pose, total in enumerate([self.sums.constant(0.0), *totals]):
                self.paint(one, pose, total / self.sums.scale(matrix))

    def _mix(self) -> None:
        """How much of a column is taken; and the one row of it that is added up."""
        if not (shares := worked.numbered(self.of, r"mix: share (\d+)")):
            return
        for j, at in shares.items():
            share = self.sums.most([self.sums.cell(at), TOLD_APART])
            for actor, pose in ((f"mix: again {j}", 1), (f"mix: flying {j}", 0), (f"mix: flying {j}", 1)):
                for swarm, i in self.company(actor, pose):
                    whole = float(swarm.sizes[pose, i, X]) / share.own
                    self.found.sizes[swarm.name].append((pose, i, X, share * whole))
        if not (taken := worked.mix_of(self.of, self.sums)):
            return
        largest = self.sums.most(self.sums.made("size", part) for part in taken)
        for j, (one, part) in enumerate(zip(self.company("mix: taken", 1), taken, strict=True)):
            self.paint(one, 1, part / largest)
            self._all_poses(f"mix: poured {j}", part / largest)
        whole_ = worked.mix_total(self.of, self.sums)
        totals = [total for _, total in worked.running(taken)]
        matrix = self.sums.matrix_of(whole_)
        for swarm, _ in self.company("mix: total"):
            folded = len(swarm.places) - 1 - len(totals)
            self._running("mix: total", totals + [whole_] * folded, matrix)

    def _choice(self, begin: str) -> None:
        """A bar for each of the likeliest, as long as its chance; their scores."""
        degrees = worked.temperatures(begin, self.written, self.sums)
        rows = [swarm for swarm in self.copies.swarms if re.fullmatch(begin + r"bar \d+", swarm.name)]
        if not rows or not degrees:
            return
        unit, warm = self.units[piece_of(begin)], list(degrees.values())
        poses = [None, *warm, 1.0]  # none, by the temperatures, and once more as likely as it is
        full = float(rows[0].sizes[1, 0, X]) / self.sums.chance(0, 1.0).own
        for rank, swarm in enumerate(rows):
            left = float(swarm.places[0, 0, X] - swarm.sizes[0, 0, X] / 2)
            self.paint((swarm, 0), 0, self.sums.constant(float(swarm.values[0, 0])))
            for pose, degree in enumerate(poses):
                if degree is not None:
                    self._chance((swarm, 0), pose, self.sums.chance(rank, degree), (left, full, unit))
            self._landing((swarm, 0), len(poses), "probs", rank)
            for n, degree in degrees.items():
                long = self._length(self.sums.chance(rank, degree), full, unit)
                self.shift(f"{begin}share {n} {rank}", X, long - long.own)
        for rank, one in enumerate(self.company(f"{begin}scores", 1, Z)):
            self._landing(one, 0, "logits", rank)
            self.paint(one, 1, self._ranked("logits", rank))
        long = (
            self._length(self.sums.chance(0, 1.0), full, unit) + 0.5 * unit
        )  # of the frame around the winner
        start = float(rows[0].places[1, 0, X] - rows[0].sizes[1, 0, X] / 2) - 0.25 * unit
        self.found.stretched[f"{begin}win 0"] = (long / long.own, start)

    def _length(self, share: Number, full: float, unit: float) -> Number:
        return self.sums.most([share * full, LEAST * unit])

    def _chance(self, one: One, pose: int, share: Number, bar: tuple[float, float, float]) -> None:
        left, full, unit = bar
        long = self._length(share, full, unit)
        self.stand(one, pose, X, long / 2.0 + left, long)
        self.paint(one, pose, self.sums.most([share, 0.25]))

    def _ranked(self, matrix: str, rank: int) -> Number:
        return self.sums.ranked(matrix, rank) / self.sums.scale(matrix)

    def _landing(self, one: One, pose: int, matrix: str, rank: int) -> None:
        """In its sheet a token's cell stands in the row of that token."""
        token = self.sums.token(rank)
        self.moved(one, pose, Z, (token - token.own) * -1.0)
        self.paint(one, pose, self._ranked(matrix, rank))

    def _embed(self) -> None:
        """A letter's column comes out of the table where that shows it, and is in its own place elsewhere."""
        column = self.company("embed: embed.W_E")
        if not column or any(len(swarm.places) != 3 for swarm, _ in column):
            return
        for one in column:
            place = self.sums.constant(float(one[0].places[2, one[1], X]))
            for token in self._entries():
                away = self.sums.made("size", self.sums.letter() - float(token))
                place = self.sums.made("pick", away * -1.0 + 0.5, self._entry_at(token), place)
            self.stand(one, 1, X, place)

    def _entries(self) -> list[int]:
        """The tokens whose columns the table shows."""
        names = (re.fullmatch(r"embed: entry (\d+)", name) for name in self.written)
        return [int(match[1]) for match in names if match is not None]

    def _entry_at(self, token: int) -> float:
        return float(self.written[f"embed: entry {token}"].at[X])

    def _bend(self) -> None:
        """Numbers on a line, and on a curve."""
        numbers = self.company("bend: numbers", 0, Z)
        if not numbers:
            return
        before, after = ([self._cell_of(one, pose) for one in numbers] for pose in (1, 2))
        k = _slope([float(s.places[1, i, X]) for s, i in numbers], [x.own for x in before])
        up = _slope([float(s.places[2, i, Z]) for s, i in numbers], [y.own for y in after])
        bent = self.company("bend: after", 1, Z)
        for one, x, y in zip(numbers, before, after, strict=True):
            self.moved(one, 1, X, (x - x.own) * k)
            self.moved(one, 2, X, (x - x.own) * k)
            self.moved(one, 2, Z, (y - y.own) * up)
        for one, x, y in zip(bent, before, after, strict=True):
            self.moved(one, 0, X, (x - x.own) * k)
            self.moved(one, 0, Z, (y - y.own) * up)
        self._told_apart(before, after, k, up)

    def _told_apart(self, before: Sequence[Number], after: Sequence[Number], k: float, up: float) -> None:
        """What becomes of some of them, in words beside them."""
        said = {f"{number(x.own)} → {number(y.own)}": [x, y] for x, y in zip(before, after, strict=True)}
        for name, text in self.written.items():
            if name.startswith("bend: told ") and text.text in said:
                x, y = self.told_apart[name] = said[text.text]
                for part in (name, name.replace(": told", ": to")):  # and its leader
                    self.shift(part, X, (x - x.own) * k)
                    self.shift(part, Z, (y - y.own) * up)


class _Softmax:
    """A bar for every key, as `film.pieces.softmax` has them."""

    def __init__(self, shaping: Shaping, keys: Keys) -> None:
        self.by, self.sums = shaping, shaping.sums
        self.bars = shaping.company(f"{worked.SOFTMAX}bars", 1)
        self.unit = shaping.units[piece_of(worked.SOFTMAX)]
        self.scores, self.shares = [key[0] for key in keys], [key[1] for key in keys]
        self.lowered, self.powers, self.total = worked.powers_of(keys)
        self.tones = [score / self.sums.scale(keys[0][2]) for score in self.scores]
        self._levels()
        self._scored()
        last = len(self.bars[0][0].places) - 1
        if last == 6:
            self._explained()
        self._sticks(range(4, 6) if last == 6 else range(2, 3))
        self._under(brief=last != 6)

    def _levels(self) -> None:
        """Scores have one scale and one line of zero, so that all of them have room."""
        sums = self.sums
        most = sums.most([*self.scores, 0.0])
        least = sums.least([*self.scores, *self.lowered, 0.0])
        own, zero = _scale([(one, x.own) for one, x in zip(self.bars, self.scores, strict=True)], 1)
        span = sums.most([most - least, 1.0])
        self.tall, self.base = own * span.own, zero + own * least.own
        self.k = sums.constant(self.tall) / span
        self.zero = sums.constant(self.base) - self.k * least
        self.best = self.zero + self.k * most

    def _scored(self) -> None:
        for j, (one, score) in enumerate(zip(self.bars, self.scores, strict=True)):
            flat = one[0].sizes[0, one[1], Z] <= THINNEST * self.unit * 1.001
            if flat:  # not where the query left it
                self.by.stand(one, 0, Z, self.zero + score * (0.0005 * self.unit))
            for pose in (0, 1):
                self.by.paint(one, pose, self.tones[j])
            self.by._bar(one, 1, self.k * score, self.zero, self.unit)
            self._number(f"score {j}", self.k * score, self.zero, self.sums.made("pick", score, 1.0, -1.0))
        self.by.shift(f"{worked.SOFTMAX}zero", Z, self.zero - self.zero.own)

    def _number(self, name: str, height: Number, base: Number, side: Number | float) -> None:
        """A number over a bar, or under it where it hangs."""
        size = self.sums.most([self.sums.made("size", height), THINNEST * self.unit])
        at = base + height / 2.0 + (size / 2.0 + CLEAR * self.unit) * side
        self.by.shift(f"{worked.SOFTMAX}{name}", Z, at - at.own)

    def _explained(self) -> None:
        """Measured from the best; exponentiated."""
        lowest = self.sums.least(self.lowered) * -1.0
        lowest = self.sums.most([lowest, 1e-9])
        for j, one in enumerate(self.bars):
            self.by.paint(one, 2, self.lowered[j] / lowest)
            self.by._bar(one, 2, self.k * self.lowered[j], self.best, self.unit)
            self._number(f"below {j}", self.k * self.lowered[j], self.best, -1.0)
            self.by.paint(one, 3, self.powers[j])
            base = self.sums.constant(self.base)
            self.by._bar(one, 3, self.powers[j] * self.tall, base, self.unit)
            self._number(f"power {j}", self.powers[j] * self.tall, base, 1.0)
        self.by.shift(f"{worked.SOFTMAX}best", Z, self.best - self.best.own)
        self._dots(lowest)

    def _dots(self, lowest: Number) -> None:
        """On the curve, which begins where the film's prompt had it begin."""
        dots = self.by.company(f"{worked.SOFTMAX}dots", 0)
        values = sorted(zip([x.own for x in self.lowered], range(len(self.lowered)), strict=True))
        k = _slope([float(s.places[0, i, X]) for s, i in dots], [value for value, _ in values])
        low = min(LOW, values[0][0])
        for one, (_, j) in zip(dots, values, strict=True):
            along = (self.sums.most([self.lowered[j], low]) - self.lowered[j].own) * k
            up = (self.powers[j] - self.powers[j].own) * self.tall
            self.by.paint(one, 0, self.lowered[j] / lowest)
            self.by.paint(one, 1, self.powers[j])
            self.by.moved(one, 0, X, along)
            self.by.moved(one, 1, X, along)
            self.by.moved(one, 1, Z, up)

    def _sticks(self, poses: Sequence[int]) -> None:
        """End to end in one stick; the last one is the whole, with its parts named."""
        for pose in poses:
            widest = max(range(len(self.bars)), key=lambda j: self.powers[j].own)
            swarm, i = self.bars[widest]
            wide = float(swarm.sizes[pose, i, X]) + SEAM * self.unit
            long = wide * self.total.own / self.powers[widest].own
            lengths = [power / self.total * long for power in self.powers]
            ends = [end for _, end in worked.running(lengths)]
            start = float(swarm.places[pose, i, X]) - (ends[widest].own - lengths[widest].own / 2)
            for j, one in enumerate(self.bars):
                size = self.sums.most([lengths[j] - SEAM * self.unit, SLIVER * self.unit])
                middle = ends[j] - lengths[j] / 2.0 + start
                self.by.stand(one, pose, X, middle, size)
                self.by.paint(one, pose, self.powers[j])
                for name in (f"share {j}", f"of {j}", f"bars {j} 0"):
                    self.by.shift(f"{worked.SOFTMAX}{name}", X, middle - middle.own)

    def _under(self, brief: bool) -> None:
        """Letters stand under what hangs lowest."""
        if brief:
            hangs = self.zero + self.k * self.sums.least([*self.scores, 0.0]) - BELOW * self.unit
            low = self.sums.most([hangs, self.base - FALLEN * self.unit])
            for j in range(len(self.bars)):
                self.by.shift(f"{worked.SOFTMAX}letter {j}", Z, low - low.own)


def _scale(bars: Sequence[tuple[One, float]], pose: int) -> tuple[float, float]:
    """Height for a value of 1, and the level that bars stand on, read off the largest one."""
    (swarm, i), value = max(bars, key=lambda bar: abs(bar[1]))
    tall = float(swarm.sizes[pose, i, Z])
    return tall / max(abs(value), 1e-9), float(swarm.places[pose, i, Z]) - np.sign(value) * tall / 2


def _slope(places: Sequence[float], values: Sequence[float]) -> float:
    """By how much a place goes on with a value."""
    low, high = int(np.argmin(values)), int(np.argmax(values))
    return (places[high] - places[low]) / max(values[high] - values[low], 1e-9)
