"""The MLP's activation: every number is laid on a line, lifted to the curve, and put back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...layout.drawn import Align, fitting
from ...layout.layout import Block
from ...network.activations import ACTIVATIONS
from ...network.ops import Array
from ..example import Example
from ..props import number
from ..shapes import Shape, cells, copies, pile, tones
from ..stage import LONG
from ..stagecraft import HERO, NUMBER, SMALL, Actor, Beat, SetPiece, Span
from .experts import choice_of
from .scoring import meet, scoring

NAME = "bend"
LOW, HIGH = -3.0, 3.0  # what the line holds at least
COLUMN, SLIM = 2.0, 1.4  # the width of a column, and in an upright picture
SIDE, NARROW = 5.2, 0.5  # what a column takes at its side of the stage; of that in an upright picture
UNDER_TITLE = 1.3  # from the top of the stage to that of a column
FLOOR, ABOVE = 2.9, 2.4  # what is free under the lowest number of the curve, and over its highest
DOT = 0.42  # the size of a number on the line
AXIS, CURVE = 0.3, 0.5  # how far behind the numbers the line and the curve are drawn
POINTS, BROAD = 80, 0.2  # of the curve, and how thick it is
LEADER, BEFORE = 0.06, -0.5  # how thick a leader is, and its way from the numbers to the front
LABELS, FEW = 1.5, 7  # how far under the line its numbers stand; about so many
SIDES, CALLED = 1.6, 3.0  # how far over it what becomes of its sides stands; the curve's name at least
AWAY, NEARER = 1.5, 0.9  # how far from its dot what is told of a number stands; over it in a narrow picture
BESIDE = 0.5  # so far from zero the curve has turned
NEAR, OVER = 0.3, 0.7  # from the end of a leader to what is told beside it, and above
FREE, LEFT = (1.4, 0.7), (-1.0, 0.0)  # ways from a number under the curve, and at its left
TOLD = (2.0, -1.5)  # near these values a number is told apart, the first one first
CLOSE = 3.0  # nearer to each other they are not both told
GROUPS = 16  # in which numbers set out
RUN, LAY = slice(0.0, 0.02), slice(0.03, 0.33)  # of line: a column comes; its numbers are laid on the line
SOON, SIDE_NAMES = 0.02, 0.45  # of line: the line is there; what becomes of its sides is said
BENT, SAID, EACH = slice(0.06, 0.26), 0.28, 0.08  # of curve: numbers ride to it; some are told, one by one
DRAWN = 0.02  # of curve: curve and title are there
BACK = slice(0.02, 0.3)  # of column: numbers run to their places
ASKED, LINE = 9.0, 4.5  # seconds of asked, and of line

Place = tuple[float, float]  # on the stage


def bend(example: Example, asked: bool = False) -> SetPiece:
    """Beats: line, curve, column, home: what goes into the curve, and what comes out of it.

    Where it is `asked` what a few of the numbers answer, that beat comes before these.
    """
    telling = _Telling(example)
    if asked:
        telling.asked()
    telling.line()
    telling.curve()
    telling.column()
    telling.home()
    return telling.piece


def _bent(example: Example) -> Block:
    """What comes out of the curve; of a mixture of experts, in the one with the largest share."""
    blocks = example.layout.blocks.values()
    kinds = {block.kind for block in blocks if block.matrix.layer == example.focus.layer}
    if "mlp.share" in kinds:
        best = choice_of(example.layout, example.trace, example.focus).best
        return example.here(f"mlp.experts.{best}.act")
    return example.here("mlp.act" if "mlp.act" in kinds else "mlp.post")


class _Telling:
    """A column at the left, the line and the curve, and the same column after it."""

    def __init__(self, example: Example) -> None:
        after = _bent(example)
        piece = SetPiece(NAME, example.stage(after))
        self.piece, self.after, self.example = piece, after, example
        self.trace, self.words, self.t = example.trace, example.words, example.focus.position
        stage, trace = piece.stage, example.trace
        self.stage = stage
        self.before = example.layout.of(after.matrix.inputs[0])[0]
        assert after.matrix.op is not None
        self.act = after.matrix.op
        self.title = ACTIVATIONS[trace.network.config.activation].title
        self.x, self.y = (b.values(trace)[:, self.t].astype(float) for b in (self.before, after))
        self.low, self.high = min(LOW, float(self.x.min())), max(HIGH, float(self.x.max()))
        self.wide = SLIM if stage.upright else COLUMN
        self.outer = stage.reach - self.wide / 2
        side = SIDE * (NARROW if stage.upright else 1.0)
        left, right = side - stage.reach, stage.reach - side
        self.k = (right - left) / (self.high - self.low)
        self.zero = left - self.k * self.low
        self.level = stage.floor + FLOOR + self.k * max(0.0, -float(self.y.min()))
        room = stage.top - ABOVE - self.level
        self.up = min(self.k, room / max(1.0, float(self.y.max())))
        self.order = np.argsort(self.x, kind="stable").tolist()  # the lowest set out first
        self.numbers = self._numbers()

    def at(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Where a value stands on the stage."""
        return self.zero + self.k * x, self.level + self.up * y

    def _numbers(self) -> Actor:
        """All numbers of the column, as dots on the line and then on the curve."""
        n, stage = len(self.x), self.stage
        then, now = tones(self.before, self.trace, self.x), tones(self.after, self.trace, self.y)
        actor = self.piece.actor("numbers", "activation", n)
        self.columns = [self._pile(x, v) for x, v in ((-self.outer, then), (self.outer, now))]
        actor.pose("column", *self.columns[0])
        x, y = self.at(self.x, 0.0 * self.y)
        actor.pose("line", *cells(stage, x, y, DOT, DOT, then, DOT))
        x, y = self.at(self.x, self.y)
        actor.pose("curve", *cells(stage, x, y, DOT, DOT, now, DOT))
        return actor

    def _pile(self, x: float, colours: Array) -> Shape:
        """A column around a place."""
        top = self.stage.top - UNDER_TITLE
        z, each = pile(top, top - self.stage.floor, len(colours))
        return cells(self.stage, x, z, self.wide, each, colours)

    def _title(self, name: str, said: str, side: int, start: float) -> None:
        align: Align = "left" if side < 0 else "right"
        at = side * self.stage.reach, self.stage.title
        self.piece.text(name, said, *at, start, None, fitting([said], self.stage.reach, NUMBER), align)

    def told(self) -> list[int]:
        """The numbers that are told apart."""
        return list(dict.fromkeys(int(np.abs(self.x - value).argmin()) for value in TOLD))

    # --- beats ---

    def asked(self) -> None:
        """Every number answers a question: a learned row meets the letter's numbers, and makes it of them."""
        made = self.told()
        key = "question_brief" if self.stage.upright else "question"
        questions = [self.words.note(key, number=i + 1) for i in made]
        others = self.words.note("folded", count=len(self.x) - len(made))
        answers = [self.words.note("kept" if self.x[i] > 0 else "muted") for i in made]
        found = scoring(self.example, self.before, made, questions)
        if found is not None:
            meet(self.piece, replace(found, others=others, answers=answers), ASKED)

    def _come(self, span: Span) -> None:
        """The column that goes into the curve comes from its sheet."""
        column = self.piece.actor("before", "activation", len(self.x))
        column.pose("sheet", *copies(self.before, self.trace, column=self.t))
        column.pose("column", *self.columns[0])
        column.enter("sheet", span[0])
        column.to("column", span)

    def _axis(self, beat: Beat) -> None:
        """The line on which numbers are laid."""
        ends = self.zero + self.k * self.low, self.zero + self.k * self.high
        self.piece.level("axis", ends, self.level, beat.at(SOON), y=AXIS, ink="faint")
        for value in range(int(np.ceil(self.low)), int(self.high) + 1):
            if value % max(1, round((self.high - self.low) / FEW)) == 0:
                text, x = f"{value}".replace("-", "−"), self.zero + self.k * value
                z = self.level - LABELS
                self.piece.text(f"at {value}", text, x, z, beat.at(SOON), None, SMALL, ink="faint")

    def line(self) -> None:
        """Of each number of the column a copy goes to its place on a line."""
        piece = self.piece
        with piece.beat("line", LINE) as beat:
            self._come(beat[RUN])
            self._title("count", self.words.note("numbers", count=len(self.x)), -1, beat.at(SOON))
            self._axis(beat)
            self.numbers.enter("column", beat.at(LAY.start))
            self.numbers.to("line", beat[LAY], self.order, stagger=0.5, groups=GROUPS)
            for key, x in (("muted", self.low / 2), ("kept", self.high / 2)):
                at = self.zero + self.k * x, self.level + SIDES
                piece.text(key, self.words.note(key), *at, beat.at(SIDE_NAMES), beat.end)

    def curve(self) -> None:
        """A curve is drawn, and every number rides up or down to it."""
        piece = self.piece
        with piece.beat("curve", 4.5) as beat:
            grid = np.linspace(self.low, self.high, POINTS)
            x, y = self.at(grid, np.asarray(self.act.forward(grid, start=0), float))
            path = list(zip(x.tolist(), y.tolist(), strict=True))
            piece.line("curve", path, beat.at(DRAWN), None, BROAD, y=CURVE)
            self.numbers.to("curve", beat[BENT], self.order, stagger=0.3, groups=GROUPS)
            middle, top = self.zero + self.k * self.low / 2, self.level + self.up * float(self.y.max())
            over = max(top, self.level + CALLED, *(self._beside(i)[2][1] + HERO for i in self.told()))
            piece.text("name", self.title, middle, over, beat.at(DRAWN), None, HERO)
            self._tell(beat)

    def _tell(self, beat: Beat) -> None:
        """What becomes of some of them, unless they stand too near each other."""
        told = self.told()
        near = self.k * float(np.ptp(self.x[told])) < CLOSE
        for n, i in enumerate(told[:1] if near else told):
            text, start = f"{number(self.x[i])} → {number(self.y[i])}", beat.at(SAID + EACH * n)
            spot, far, at, align = self._beside(i)
            self.piece.line(f"to {n}", [spot, far], start, None, LEADER, "ink", y=BEFORE)
            self.piece.text(f"told {n}", text, *at, start, align=align)

    def _beside(self, i: int) -> tuple[Place, Place, Place, Align]:
        """A number's place on the curve, the end of a leader from it, and the place of its words."""
        x, z = (float(v[0]) for v in self.at(self.x[i : i + 1], self.y[i : i + 1]))
        way, align = self._free(float(self.x[i]))
        away = NEARER if self.stage.width < LONG and align == "centre" else AWAY
        far = x + away * way[0], z + away * way[1]
        at = far[0] + NEAR * float(np.sign(way[0])), far[1] + (OVER if align == "centre" else 0.0)
        return (x, z), far, at, align

    @staticmethod
    def _free(x: float) -> tuple[tuple[float, float], Align]:
        """Which way the curve leaves room: over it where it is low, then under it, then at its left."""
        if x < -BESIDE:
            return (0.0, 1.0), "centre"
        return (FREE, "left") if x < BESIDE else (LEFT, "right")

    def column(self) -> None:
        """A column of what became of them, where what was muted is flush."""
        after = self.piece.actor("after", "activation", len(self.x))
        after.stands["curve"] = self.numbers.stands["curve"]
        after.pose("column", *self.columns[1])
        after.pose("sheet", *copies(self.after, self.trace, column=self.t))
        with self.piece.beat("column", 1.6) as beat:
            after.enter("curve", beat.at(0.0))
            after.to("column", beat[BACK], stagger=0.3, groups=GROUPS)
            self._title("after", self.words.note("after_curve", activation=self.title), 1, beat.at(BACK.stop))
        self.bent = after

    def home(self) -> None:
        """It flies to its sheet."""
        self.piece.home((self.bent, self.after))
