"""Softmax: scores of any size and sign become shares of one whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...layout.drawn import Align
from ...network.ops import Array
from ..example import Example
from ..excerpt import written_sum
from ..formula import part
from ..props import number
from ..shapes import Shape, bars, cells, row_of, some, tones
from ..stagecraft import COMES, HERO, NUMBER, Actor, Beat, SetPiece
from ..words import Words
from .scores import FEW, LETTERS, MOST, Attention, meeting

_POWER = "e^{" + part(1, "s") + part(2, r"-\mathrm{max}") + "}"
UNDER = 2.2  # from the lowest bar to the letters below
BAR = 0.7  # the width of a bar, in the pitch of the bars
STICK = 2.4  # how high the stick of shares is
CURVE = 0.3  # of the stage's width, for the curve of exp
FORMULA = r"\frac{" + _POWER + r"}{\sum " + _POWER + "}"
FORMULA_SIZE = 1.6
SOON = 0.15  # of its beat, in which bars move where it is brief
LOW = -4.0  # where the curve begins


def attention(example: Example, brief: bool = False) -> SetPiece:
    """The beats of `meeting`, and then scores, largest, exponentiate, stick, whole, home.

    `brief` leaves out the mask and how the shares come about.
    """
    piece = meeting(example, masked=not brief)
    found = Attention(example, FEW if piece.stage.upright else MOST)
    piece.next_act("softmax")
    telling = _Telling(piece, found, example.words, brief)
    if brief:
        telling.scores(until=telling.first + 1.0)
    else:
        telling.scores(until=telling.first + 3.0)
        telling.measure()
        telling.exponentiate()
        telling.stick()
    telling.whole()
    telling.home()
    return piece


class _Telling:
    """A bar for every key; what is not shown has one of its own."""

    def __init__(self, piece: SetPiece, found: Attention, words: Words, brief: bool) -> None:
        self.piece, self.found, self.words = piece, found, words
        self.first, self.brief = float(len(piece.beats)), brief
        stage = self.stage = piece.stage
        self.lowered = found.raw - found.raw.max()
        self.powers = np.exp(self.lowered)
        self.total = float(self.powers.sum() / (1 - found.rest))  # of all keys, shown or not
        self.heading = stage.top - 0.5
        self.letter_z = stage.floor + 0.6
        self.bars = self._bars()
        if brief:  # bars do not hang any lower than these
            self.letter_z = max(self.letter_z, self.zero + self.k * min(0.0, found.raw.min()) - UNDER)

    @property
    def written(self) -> list[str]:
        """The exponentials, what those that are not shown add up to, and their sum, as they are written."""
        terms = [*self.powers, self.rest] if self.found.rest else list(self.powers)
        return written_sum(terms, self.total, len(self.powers) if self.found.rest else None)

    @property
    def rest(self) -> float:
        """What the exponentials of the keys that are not shown add up to."""
        return self.total - float(self.powers.sum())

    def _bars(self) -> Actor:
        """The poses of the bars, one after the other."""
        found, stage = self.found, self.stage
        n = len(found.seen)
        curve = 0.0 if stage.upright or self.brief else CURVE * stage.width
        self.pitch = (2 * stage.reach - curve) / n
        self.x = row_of(n, self.pitch, -curve / 2)
        wide = BAR * self.pitch
        low, high = stage.floor + 2.9, stage.top - 2.4
        least = min(0.0, float(found.raw.min()), float(self.lowered.min()))
        most = max(0.0, float(found.raw.max()))
        k = (high - low) / max(1.0, most - least)
        self.k, self.zero, self.base, self.tall = k, low - k * least, low, high - low
        self.best = self.zero + k * most
        colours = tones(found.scores, found.trace, found.raw)
        actor = self.piece.actor("bars", "activation", n)
        actor.pose("flat", *bars(stage, self.x, self.zero, 0.001 * found.raw, wide, colours))
        for score in self.piece.named("score"):  # where the query left them
            actor.stands["flat"] = score.stands["made"]
        actor.pose("scores", *bars(stage, self.x, self.zero, k * found.raw, wide, colours))
        below = self.lowered / max(1e-9, -float(self.lowered.min()))
        actor.pose("below", *bars(stage, self.x, self.best, k * self.lowered, wide, below))
        actor.pose("powers", *bars(stage, self.x, low, self.tall * self.powers, wide, self.powers))
        actor.pose("laid", *self._laid(self.powers, 0.55))
        actor.pose("shares", *self._laid(self.powers, 1.0))
        places = [(found.t, s) for s in found.seen]
        actor.pose("sheet", *some(found.pattern, found.trace, places))
        return actor

    def _laid(self, powers: Array, share: float) -> Shape:
        """Bars end to end in one stick, which takes a share of the stage's width."""
        length = 2 * self.stage.reach * share
        lengths = length * powers / self.total
        ends = np.cumsum(lengths) - length / 2
        return cells(
            self.stage, ends - lengths / 2, self.stage.middle, np.maximum(lengths - 0.06, 0.05), STICK, powers
        )

    def _numbers(self, texts: Sequence[str], pose: str, start: float, end: float, name: str) -> None:
        """A number over each bar, or under it where it hangs."""
        for j, text in enumerate(texts):
            stand = self.bars.stands[pose]
            middle = (stand.places[j][2] - self.stage.centre[2]) / self.stage.unit
            half = stand.sizes[j][2] / self.stage.unit / 2
            hangs = pose == "below" or (pose == "scores" and self.found.raw[j] < 0)
            z = middle - half - 0.75 if hangs else middle + half + 0.75
            self.piece.text(f"{name} {j}", text, self.x[j], z, start, end)

    # --- beats ---

    def scores(self, until: float) -> None:
        """Scores stand on a line, whatever their size and sign; their letters stay below it until a beat."""
        found, piece = self.found, self.piece
        there = SOON if self.brief else 0.5
        with piece.beat("scores", 3.0) as beat:
            self.bars.enter("flat", beat.at(0))
            self.bars.to("scores", beat[0.02:there], stagger=0.5)
            self._zero("zero", self.zero, beat.at(0), beat.index + 1.0)
            for j, letter in enumerate(found.letters):
                piece.text(
                    f"letter {j}",
                    letter,
                    self.x[j],
                    self.letter_z,
                    beat.at(0),
                    until,
                    LETTERS,
                    ink="accent",
                )
            self._numbers(
                [number(v) for v in found.raw],
                "scores",
                beat.at(there),
                beat.index + (1.0 if self.brief else 1.1),
                "score",
            )
            self._heading("any", beat.at(0), beat.index + 1.0)
            if not self.stage.upright and not self.brief:
                x = self.stage.reach - CURVE * self.stage.width / 2
                a, b, c = (self.first + n for n in range(3))
                lit = {1: (a, b), 2: (b, c)}
                at = x, self.stage.middle
                piece.formula("softmax", FORMULA, *at, beat.at(COMES), c, FORMULA_SIZE, lit)

    def _zero(self, name: str, z: float, start: float, end: float) -> None:
        edge = float(self.x[-1] + self.pitch / 2)
        self.piece.line(name, [(-self.stage.reach, z), (edge, z)], start, end, 0.09, "ink")

    def _heading(self, key: str, start: float, end: float | None) -> None:
        said = self.words.note(f"softmax_{key}")
        middle = 0.0 if key in ("laid", "whole") else float(self.x.mean())
        self.piece.text(f"heading {key}", said, middle, self.heading, start, end, 1.25)

    def measure(self) -> None:
        """Everything is measured from the best: the line moves up, and bars hang from it."""
        with self.piece.beat("largest", 3.2) as beat:
            end = beat.index + 1.0
            self._zero("best", self.best, beat.at(0.05), end + 0.3)
            self.bars.to("below", beat[0.3:0.6])
            self._numbers([number(v) for v in self.lowered], "below", beat.at(0.6), end + 0.25, "below")
            self._heading("best", beat.at(0), end)

    def exponentiate(self) -> None:
        """exp makes every number positive, and the big ones win big."""
        piece, stage = self.piece, self.stage
        with piece.beat("exponentiate", 4.2) as beat:
            end = beat.index + 1.0
            if not stage.upright:
                self._curve(beat)
            self.bars.to("powers", beat[0.3:0.75], stagger=0.6)
            self._numbers(self.written[: len(self.powers)], "powers", beat.at(0.78), end, "power")
            self._zero("floor", self.base, beat.at(0.35), end)
            self._heading("exp", beat.at(0), end)

    def _curve(self, beat: Beat) -> None:
        """The curve of exp at the right, and a dot on it for every bar."""
        piece, stage = self.piece, self.stage
        wide = CURVE * stage.width - 1.6
        right = stage.reach - 0.3
        low = min(LOW, float(self.lowered.min()))
        end = beat.index + 1.0

        def at(value: Array) -> tuple[Array, Array]:
            return right + wide * value / -low, self.base + self.tall * np.exp(value)

        grid = np.linspace(low, 0, 40)
        piece.line(
            "curve",
            list(zip(*(v.tolist() for v in at(grid)), strict=True)),
            beat.at(0.05),
            end,
            0.16,
            "ink",
            y=0.3,
        )
        piece.line(
            "curve axis", [(right - wide, self.base), (right, self.base)], beat.at(0.05), end, 0.08, y=0.3
        )
        piece.formula(
            "exp", "e^{x}", right - 0.75 * wide, self.base + 0.55 * self.tall, beat.at(0.05), end, 1.8
        )
        x, z = at(self.lowered)
        dots = piece.actor("dots", "activation", len(x))
        dots.pose("axis", *cells(stage, x, self.base, 0.5, 0.5, self.bars.stands["below"].values))
        dots.pose("curve", *cells(stage, x, z, 0.5, 0.5, self.powers))
        dots.enter("axis", beat.at(0.1))
        dots.to("curve", beat[0.2:0.65], stagger=0.6)
        dots.exit(end)

    def stick(self) -> None:
        """The bars tip over and lie end to end in one stick."""
        stage = self.stage
        with self.piece.beat("stick", 2.3) as beat:
            self.bars.to("laid", beat[0.05:0.55], stagger=0.4)
            said = self.words.note("in_all", value=self.written[-1])
            self.piece.text("total", said, 0.0, stage.middle - STICK, beat.at(0.6), beat.index + 1.0, HERO)
            self._heading("laid", beat.at(0), beat.index + 1.0)

    def whole(self) -> None:
        """The stick is the whole: its parts are shares, and add up to 100 %."""
        piece, stage, found = self.piece, self.stage, self.found
        with piece.beat("whole", 3.2) as beat:
            end = None  # until the shares fly home
            there = SOON if self.brief else 0.35
            self.bars.to("shares", beat[0.02:there])
            low = stage.middle - STICK / 2 - 0.5
            ends: tuple[tuple[float, str, Align], ...] = ((-1, "0 %", "left"), (1, "100 %", "right"))
            for side, text, align in ends:
                at = side * stage.reach, low - 0.5
                piece.text(f"at {text}", text, *at, beat.at(there), end, align=align, ink="faint")
            piece.outline("frame", 0.0, stage.middle, 2 * stage.reach + 0.3, STICK + 0.4, beat.at(there), end)
            stand = self.bars.stands["shares"]
            for j, text in enumerate(found.percent[: len(found.seen)]):
                x = float(stand.places[j][0] - stage.centre[0]) / stage.unit
                wide = float(stand.sizes[j][0]) / stage.unit
                size = HERO if wide > 5 else NUMBER
                of = (found.pattern.matrix.name, found.pattern.cell(found.t, found.seen[j]))
                if wide > 0.62 * size * len(text):
                    self.bars.write(j, text, beat.at(there), beat.index + 1.0, size, of)
                else:
                    piece.text(
                        f"share {j}", text, x, stage.middle - STICK / 2 - 1.3, beat.at(there), end, of=of
                    )
                piece.text(
                    f"of {j}",
                    found.letters[j],
                    x,
                    stage.middle + STICK / 2 + 1.2,
                    beat.at(there),
                    end,
                    LETTERS,
                    ink="accent",
                )
            self._heading("whole", beat.at(there), end)
            low = (stage.floor + stage.middle - STICK / 2) / 2 - 0.3
            if not self.brief:
                piece.formula("whole", FORMULA, 0.0, low, beat.at(0.55), end, FORMULA_SIZE)

    def home(self) -> None:
        """The shares become a row of the attention pattern."""
        with self.piece.beat("home", 1.3) as beat:
            self.bars.to("sheet", beat[0.1:0.8])
            self.bars.stays(self.found.pattern)
