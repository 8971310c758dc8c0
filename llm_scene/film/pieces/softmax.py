"""Softmax: scores of any size and sign become shares of one whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...layout.drawn import Align, fitting, text_width
from ...layout.layout import Block
from ...network.ops import Array
from ..example import Example
from ..excerpt import as_written, written_sum
from ..formula import part, setting
from ..props import number
from ..shapes import Shape, bars, cells, in_lines, row_of, some, tones
from ..stagecraft import COMES, HERO, LEGIBLE, NUMBER, SMALL, Actor, Beat, SetPiece
from ..words import Words
from .scores import FEW, LETTERS, MOST, ROOM, Attention, meeting

_POWER = "e^{" + part(1, "s") + part(2, r"-\mathrm{max}") + "}"
ACT = "softmax"  # of the piece that begins with scores
FEET, BASE, ABOVE = 0.9, 2.9, 2.5  # from the floor to letters, and to bars; over these
UNDER = 2.2  # from the lowest bar to the letters below
HEADING_SIZE = 1.25
BAR = 0.7  # the width of a bar, in the pitch of the bars
FLAT = 0.001  # its height by its score, before it grows
CLEAR = 0.75  # from a bar to its number
STICK, LAID = 2.4, 0.55  # how high the stick of shares is; of the stage's width, before it is the whole
SEAM, SLIVER = 0.06, 0.05  # between two of its parts; one at least
CURVE = 0.3  # of the stage's width, for the curve of exp
MARGIN, RIGHT = 1.6, 0.3  # what of that is free, and what of this at its right
TINY = 1e-9  # what keeps from dividing by nothing
LOW = -4.0  # where the curve begins
POINTS, THICK = 40, 0.16  # of the curve
DOT, BEHIND = 0.5, 0.3  # the size of the dots on it, and how far behind them it is drawn
EXP, EXP_SIZE = (0.75, 0.55), 1.8  # where its formula stands, in its width from the right, and its height
FORMULA = r"\frac{" + _POWER + r"}{\sum " + _POWER + "}"
FORMULA_SIZE = 1.6
LINES, FURTHER = 2, 1.6  # of texts over the stick, and under it; from one to the other
SPACE = 0.5  # between two letters over the stick, at least
ENDS, APART = 1.0, 0.5  # how far under the stick its ends are told, and beside what stands there
ROOMY, DIGIT = 5.0, 0.62  # a part from which on its share is large; what a digit takes, in its size
SHARE, OF = 1.3, 1.2  # how far under the stick a share that has no room on it stands, and over it whose it is
AROUND = 0.3, 0.4  # how much longer and higher than the stick its frame is
RULE_SIZE = 1.3  # of the formula of the whole
NUDGE = -0.6  # of the last formula, from half way between floor and stick
SOON, GROWN = 0.15, 0.3  # where it is brief: of a beat, in which bars move; and in which they grow
STAND, RAISE, LIE = 2.4, 2.9, 2.9  # seconds of these beats
EASY = 0.0, 7.0  # a best score from and up to which powers can be written in full
BEATS = 3  # scores, largest, exponentiate: parts of the formula are lit in the second and third
# Parts of scores: bars stand; their numbers are there for a while longer.
RISE, WHILE = 0.5, 0.1
# Of largest: the line that all is measured from; bars hang from it; their numbers stay a while longer.
MEASURED = 0.05
HANG, STILL = slice(0.3, 0.6), 0.25
# Of exponentiate: the curve is drawn, dots are on its axis, and ride to it.
DRAWN, DOTS = 0.05, 0.1
RIDE = slice(0.2, 0.65)
# Meanwhile bars become powers, which stand on a line and can be read.
POWERS = slice(0.3, 0.75)
GROUND, READ = 0.35, 0.78
# Of stick: bars tip over, and their sum is told.
TIP, SUM = slice(0.05, 0.55), 0.6
# Of whole: bars set out (so do they in scores) and are shares; the formula says how.
START, STRETCH, RULE = 0.02, 0.35, 0.55


def attention(example: Example, brief: bool = False) -> SetPiece:
    """The beats of `meeting`, and then scores, largest, exponentiate, stick, whole, home.

    `brief` leaves out the mask, the largest, the curve of exp and the stick.
    """
    piece = meeting(example, masked=not brief)
    found = Attention(example, FEW if piece.stage.upright else MOST)
    piece.next_act(ACT)
    telling = _Telling(piece, found, example.words, brief)
    if brief:
        telling.scores(until=telling.first + BEATS - 1)
        telling.raise_to_powers()
    else:
        telling.scores(until=telling.first + BEATS)
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
        best = float(found.raw.max())
        self.lowered = found.raw - best
        self.in_full = brief and EASY[0] <= best <= EASY[1]
        self.powers = np.exp(found.raw if self.in_full else self.lowered)
        self.heights = self.powers / float(self.powers.max())  # of the highest bar
        self.total = float(self.powers.sum() / (1 - found.rest))  # of all keys, shown or not
        self.heading = stage.title
        self.letter_z = stage.floor + FEET
        self.bars = self._bars()
        if brief:  # bars do not hang any lower than these
            self.letter_z = max(self.letter_z, self.zero + self.k * min(0.0, found.raw.min()) - UNDER)

    @property
    def written(self) -> list[str]:
        """The exponentials, what those that are not shown add up to, and their sum, as they are written."""
        if self.found.rest:
            return written_sum([*self.powers, self.rest], self.total, len(self.powers))
        return as_written(self.powers.tolist())

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
        self.letter_size = fitting(found.letters, ROOM * self.pitch, LETTERS, SMALL)
        wide = BAR * self.pitch
        low, high = stage.floor + BASE, stage.top - ABOVE
        hanging = found.raw if self.brief else np.concatenate([found.raw, self.lowered])
        least = min(0.0, float(hanging.min()))
        most = max(0.0, float(found.raw.max()))
        k = (high - low) / max(1.0, most - least)
        self.k, self.zero, self.base, self.tall = k, low - k * least, low, high - low
        self.best = self.zero + k * most
        colours = tones(found.scores, found.trace, found.raw)
        actor = self.piece.actor("bars", "activation", n)
        actor.pose("flat", *bars(stage, self.x, self.zero, FLAT * found.raw, wide, colours))
        for score in self.piece.named("score"):  # where the query left them
            actor.stands["flat"] = score.stands["made"]
        actor.pose("scores", *bars(stage, self.x, self.zero, k * found.raw, wide, colours))
        below = self.lowered / max(TINY, -float(self.lowered.min()))
        actor.pose("below", *bars(stage, self.x, self.best, k * self.lowered, wide, below))
        actor.pose("powers", *bars(stage, self.x, low, self.tall * self.heights, wide, self.heights))
        actor.pose("laid", *self._laid(LAID, self.heights))
        actor.pose("shares", *self._laid(1.0, tones(found.pattern, found.trace, found.shares)))
        places = [(found.t, s) for s in found.seen]
        actor.pose("sheet", *some(found.pattern, found.trace, places))
        return actor

    def _laid(self, share: float, colours: Array) -> Shape:
        """Bars end to end in one stick, which takes a share of the stage's width."""
        length = 2 * self.stage.reach * share
        lengths = length * self.powers / self.total
        ends = np.cumsum(lengths) - length / 2
        wide = np.maximum(lengths - SEAM, SLIVER)
        return cells(self.stage, ends - lengths / 2, self.stage.middle, wide, STICK, colours)

    def _numbers(
        self,
        texts: Sequence[str],
        pose: str,
        start: float,
        end: float,
        name: str,
        of: Block | None = None,
    ) -> None:
        """A number over each bar, or under it where it hangs; those `of` a sheet stand for its cells. Of two
        others that would lie over each other, the one of the larger power."""
        size = fitting(texts, ROOM * self.pitch, NUMBER, LEGIBLE)
        stand, shown = self.bars.stands[pose], set[int]()
        middle = (stand.places[:, 2] - self.stage.centre[2]) / self.stage.unit
        half = stand.sizes[:, 2] / self.stage.unit / 2
        hangs = (pose == "below") | ((pose == "scores") & (self.found.raw < 0))
        z = np.where(hangs, middle - half - CLEAR, middle + half + CLEAR)
        for j in np.argsort(-self.powers, kind="stable").tolist():
            room = [(text_width(texts[j], size) + text_width(texts[k], size)) / 2 for k in shown]
            beside = [abs(self.x[j] - self.x[k]) for k in shown]
            over = [abs(z[j] - z[k]) for k in shown]
            clear = all(a > b or c > size for a, b, c in zip(beside, room, over, strict=True))
            if clear or of is not None:
                shown.add(j)
        for j in sorted(shown):
            cell = None if of is None else (of.matrix.name, of.cell(self.found.t, self.found.seen[j]))
            self.piece.text(f"{name} {j}", texts[j], self.x[j], float(z[j]), start, end, size, of=cell)

    # --- beats ---

    def scores(self, until: float) -> None:
        """Scores stand on a line, whatever their size and sign; their letters stay below it until a beat."""
        found, piece = self.found, self.piece
        there, seconds = (GROWN, STAND) if self.brief else (RISE, 3.0)
        with piece.beat("scores", seconds) as beat:
            self.bars.enter("flat", beat.at(0))
            self.bars.to("scores", beat[START:there], stagger=0.0 if self.brief else 0.5)
            self._zero("zero", self.zero, beat.at(0), beat.end)
            for j, letter in enumerate(found.letters):
                at = self.x[j], self.letter_z
                piece.text(f"letter {j}", letter, *at, beat.at(0), until, self.letter_size, ink=found.ink(j))
            end = beat.end if self.brief else beat.end + WHILE
            written = [number(v) for v in found.raw]
            self._numbers(written, "scores", beat.at(there), end, "score", found.scores)
            self._heading("any" if found.raw.min() < 0 else "size", beat.at(0), beat.end)
            if not self.stage.upright and not self.brief:
                self._formula(beat.at(COMES))

    def _formula(self, start: float) -> None:
        """Softmax as it is written in books; its parts are lit in the beats that work them out."""
        a, b, c = (self.first + n for n in range(BEATS))
        at = self.stage.reach - CURVE * self.stage.width / 2, self.stage.middle
        self.piece.formula("softmax", FORMULA, *at, start, c, FORMULA_SIZE, {1: (a, b), 2: (b, c)})

    def _zero(self, name: str, z: float, start: float, end: float) -> None:
        edge = float(self.x[-1] + self.pitch / 2)
        self.piece.level(name, (-self.stage.reach, edge), z, start, end)

    def _heading(self, key: str, start: float, end: float | None) -> None:
        said = self.words.note(f"softmax_{key}")
        middle = 0.0 if key in ("laid", "whole") else float(self.x.mean())
        size = fitting([said], 2 * (self.stage.reach - abs(middle)), HEADING_SIZE)
        self.piece.text(f"heading {key}", said, middle, self.heading, start, end, size)

    def measure(self) -> None:
        """Everything is measured from the best: the line moves up, and bars hang from it."""
        with self.piece.beat("largest", 3.2) as beat:
            self._zero("best", self.best, beat.at(MEASURED), beat.end + POWERS.start)
            self.bars.to("below", beat[HANG])
            end = beat.end + STILL
            self._numbers([number(v) for v in self.lowered], "below", beat.at(HANG.stop), end, "below")
            self._heading("best", beat.at(0), beat.end + POWERS.start)

    def exponentiate(self) -> None:
        """exp makes every number positive, and the big ones win big."""
        with self.piece.beat("exponentiate", 4.2) as beat:
            if not self.stage.upright:
                self._curve(beat)
            self.bars.to("powers", beat[POWERS], stagger=0.6)
            self._raised(beat, POWERS.start, READ)

    def raise_to_powers(self) -> None:
        """The same without the curve, straight from the scores."""
        with self.piece.beat("exponentiate", RAISE) as beat:
            self.bars.to("powers", beat[START:SOON], stagger=0.5)
            self._raised(beat, 0.0, SOON)

    def _raised(self, beat: Beat, begin: float, read: float) -> None:
        """They become powers, which stand on a line, and can be read."""
        self._numbers(self.written[: len(self.powers)], "powers", beat.at(read), beat.end, "power")
        self._zero("floor", self.base, beat.at(begin if self.brief else GROUND), beat.end)
        self._heading("power" if self.in_full else "exp", beat.at(begin), beat.end)

    def _curve(self, beat: Beat) -> None:
        """The curve of exp at the right, and a dot on it for every bar."""
        piece, stage = self.piece, self.stage
        wide = CURVE * stage.width - MARGIN
        right = stage.reach - RIGHT
        low = min(LOW, float(self.lowered.min()))
        start, end = beat.at(DRAWN), beat.end

        def at(value: Array) -> tuple[Array, Array]:
            return right + wide * value / -low, self.base + self.tall * np.exp(value)

        curve = list(zip(*(v.tolist() for v in at(np.linspace(low, 0, POINTS))), strict=True))
        piece.line("curve", curve, start, end, THICK, "ink", y=BEHIND)
        piece.line("curve axis", [(right - wide, self.base), (right, self.base)], start, end, y=BEHIND)
        place = right - EXP[0] * wide, self.base + EXP[1] * self.tall
        piece.formula("exp", "e^{x}", *place, start, end, EXP_SIZE)
        x, z = at(self.lowered)
        dots = piece.actor("dots", "activation", len(x))
        dots.pose("axis", *cells(stage, x, self.base, DOT, DOT, self.bars.stands["below"].values))
        dots.pose("curve", *cells(stage, x, z, DOT, DOT, self.powers))
        dots.enter("axis", beat.at(DOTS))
        dots.to("curve", beat[RIDE], stagger=0.6)
        dots.exit(end)

    def stick(self) -> None:
        """The bars tip over and lie end to end in one stick."""
        stage = self.stage
        with self.piece.beat("stick", 2.3) as beat:
            self.bars.to("laid", beat[TIP], stagger=0.4)
            said = self.words.note("in_all", value=self.written[-1])
            self.piece.text("total", said, 0.0, stage.middle - STICK, beat.at(SUM), beat.end, HERO)
            self._heading("laid", beat.at(0), beat.end)

    def whole(self) -> None:
        """The stick is the whole: its parts are shares, and add up to 100 %; all stays until then."""
        piece, stage = self.piece, self.stage
        low, high = stage.middle - STICK / 2, stage.middle + STICK / 2
        with piece.beat("whole", LIE if self.brief else 3.2) as beat:
            there = SOON if self.brief else STRETCH
            self.bars.to("shares", beat[START:there])
            size = 2 * stage.reach + AROUND[0], STICK + AROUND[1]
            piece.outline("frame", 0.0, stage.middle, *size, beat.at(there))
            middle = (stage.floor + low) / 2 + NUDGE
            if self.brief:
                reach = self._quotient(middle, beat.at(there))
            else:
                piece.formula("whole", FORMULA, 0.0, middle, beat.at(RULE), None, RULE_SIZE)
                reach = RULE_SIZE * setting(FORMULA).width / 2
            under = self._parts(beat, beat.at(there), (low, high), reach)
            ends: tuple[tuple[float, str, Align], ...] = ((-1, "0 %", "left"), (1, "100 %", "right"))
            for side, text, align in ends:
                near = stage.reach - text_width(text, NUMBER) - APART
                if all(side * x + text_width(share, NUMBER) / 2 < near for x, share in under):
                    at = side * stage.reach, low - ENDS
                    piece.text(f"at {text}", text, *at, beat.at(there), align=align, ink="faint")
            self._heading("whole", beat.at(there), None)

    def _quotient(self, z: float, start: float) -> float:
        """How the largest share is made, in figures; how far that reaches to either side."""
        best = int(np.argmax(self.powers))
        said, share = f"{self.written[best]} / {self.written[-1]} = ", self.found.percent[best]
        left = -text_width(said + share, HEADING_SIZE) / 2
        at = {"quotient": (said, left), "best": (share, left + text_width(said, HEADING_SIZE))}
        for name, (text, x) in at.items():
            self.piece.text(name, text, x, z, start, None, HEADING_SIZE, "left")
        return -left

    def _parts(
        self, beat: Beat, start: float, edges: tuple[float, float], taken: float
    ) -> list[tuple[float, str]]:
        """The parts of the stick: their shares, on them where there is room, and whose they are; which shares
        stand under it, and where.

        What would lie over what a larger part has to say stands in a second line, or is left out. Under the
        first line the middle is `taken`, so far to either side.
        """
        found, stage, stand = self.found, self.piece.stage, self.bars.stands["shares"]
        x = ((stand.places[:, 0] - stage.centre[0]) / stage.unit).tolist()
        wide = (stand.sizes[:, 0] / stage.unit).tolist()
        ranked = sorted(range(len(found.seen)), key=lambda j: -wide[j])
        outside = []
        for j in ranked:
            text, size = found.percent[j], HERO if wide[j] > ROOMY else NUMBER
            if wide[j] > DIGIT * size * len(text):
                self.bars.write(j, text, start, beat.end, size, self._source(j))
            else:
                outside.append(j)
        under = []
        widths = [DIGIT * NUMBER * len(found.percent[j]) for j in outside]
        for j, line, room in zip(
            outside, in_lines([x[j] for j in outside], widths, LINES), widths, strict=True
        ):
            if line is not None and (line == 0 or abs(x[j]) - room > taken):
                z = edges[0] - SHARE - FURTHER * line
                self.piece.text(f"share {j}", found.percent[j], x[j], z, start, of=self._source(j))
                self._leader(f"to share {j}", x[j], edges[0], z + NUMBER / 2, line, start)
                under.append((x[j], found.percent[j]))
        letters = [text_width(found.letters[j], LETTERS) + SPACE for j in ranked]
        for j, line in zip(ranked, in_lines([x[j] for j in ranked], letters, LINES), strict=True):
            if line is not None:
                z = edges[1] + OF + FURTHER * line
                self.piece.text(f"of {j}", found.letters[j], x[j], z, start, None, LETTERS, ink=found.ink(j))
                self._leader(f"to of {j}", x[j], edges[1], z - LETTERS / 2, line, start)
        return under

    def _leader(self, name: str, x: float, edge: float, end: float, line: int, start: float) -> None:
        """From the stick to what stands in its second line."""
        if line:
            self.piece.line(name, [(x, edge), (x, end)], start)

    def _source(self, j: int) -> tuple[str, tuple[int, ...]]:
        """The cell of the pattern that a share stands for."""
        return self.found.pattern.matrix.name, self.found.pattern.cell(self.found.t, self.found.seen[j])

    def home(self) -> None:
        """The shares become a row of the attention pattern."""
        self.piece.home((self.bars, self.found.pattern))
