"""The MLP's activation: every number is laid on a line, lifted to the curve, and put back."""

from __future__ import annotations

import numpy as np

from ...layout.drawn import Align, text_width
from ...layout.layout import Block
from ...network.activations import ACTIVATIONS
from ...network.ops import Array
from ..example import Example
from ..props import number
from ..shapes import Shape, cells, copies, gone, pile, tones
from ..stage import LONG
from ..stagecraft import COMES, HERO, NUMBER, SMALL, Actor, Beat, SetPiece, Span
from .experts import choice_of
from .learned import standing, table_of

NAME = "bend"
LOW, HIGH = -3.0, 3.0  # what the line holds at least
COLUMN, SLIM = 2.0, 1.4  # the width of a column, and in an upright picture
SIDE, NARROW = 5.2, 0.5  # what a column takes at its side of the stage; of that in an upright picture
ASIDE, CLEAR = 0.8, 0.4  # from a column to the one it is made of; between two at least
APART = 0.6  # from a title to what the table in the middle is called
UNDER_TITLE = 1.3  # from the top of the stage to that of a column
SHORTEST = 0.12  # of a tall column's height: a short one at least
FLOOR, ABOVE = 2.9, 2.4  # what is free under the lowest number of the curve, and over its highest
DOT = 0.42  # the size of a number on the line
AXIS, CURVE = 0.3, 0.5  # how far behind the numbers the line and the curve are drawn
POINTS, BROAD = 80, 0.2  # of the curve, and how thick it is
LEADER, BEFORE = 0.06, -0.5  # how thick a leader is, and its way from the numbers to the front
LABELS, FEW = 1.5, 7  # how far under the line its numbers stand; about so many
SIDES, CALLED = 1.6, 3.0  # how far over it what becomes of its sides stands; the curve's name at least
AWAY = 1.5  # how far from its dot what is told of a number stands
BESIDE = 0.5  # so far from zero the curve has turned
NEAR, OVER = 0.3, 0.7  # from the end of a leader to what is told beside it, and above
FREE, LEFT = (1.4, 0.7), (-1.0, 0.0)  # ways from a number under the curve, and at its left
TOLD = (2.0, 0.0, -1.5)  # near these values a number is told apart from the others
GROUPS = 16  # in which numbers set out
LAY = slice(0.02, 0.2)  # of line, or so much later: numbers are laid on it
RUN = slice(0.02, 0.3)  # what is made runs to its place, and a table comes, in this part of a beat
TABLE = 0.7  # of the stage's reach, for a learned table
MADE, LEAVES = slice(0.3, 0.65), slice(0.86, 0.98)  # of widen: a column is made; it goes where it is used
WIDENS, LATER = slice(0.2, 0.42), 0.4  # of widen: the wide column comes; without it the line is later
SIDE_NAMES = 0.28  # of line: what becomes of its sides is said
BENT, SAID, EACH = slice(0.06, 0.26), 0.28, 0.08  # of curve: numbers ride to it; some are told, one by one
DRAWN = 0.02  # of curve: curve and title are there
LINE, SOONER = 4.5, 2.8  # seconds of line, and where the column has come before
NARROWED = slice(0.3, 0.65)  # of narrow: the answer is made

Place = tuple[float, float]  # on the stage


def bend(example: Example, whole: bool = False) -> SetPiece:
    """Beats: line, curve, column, home: what goes into the curve, and what comes out of it.

    Of the `whole` MLP there is widen before these, and narrow before the last.
    """
    telling = _Telling(example, whole)
    if whole:
        telling.widen()
    telling.line()
    telling.curve()
    telling.column()
    if whole:
        telling.narrow()
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
    """A column at the left, the line and the curve, and the same column after it.

    As the `whole` of the MLP beside them the columns that they are made of and that become of them.
    """

    def __init__(self, example: Example, whole: bool) -> None:
        after = _bent(example)
        piece = SetPiece(NAME, example.stage(after))
        self.piece, self.after, self.whole, self.example = piece, after, whole, example
        self.trace, self.words, self.t = example.trace, example.words, example.focus.position
        stage, trace = piece.stage, example.trace
        self.stage = stage
        self.before = example.layout.of(after.matrix.inputs[0])[0]
        self.letter = next(
            b for name in self.before.matrix.inputs for b in example.layout.of(name) if b.role != "weight"
        )
        self.answer = example.here("mlp_out")
        assert after.matrix.op is not None
        self.act = after.matrix.op
        self.title = ACTIVATIONS[trace.network.config.activation].title
        self.x, self.y = (b.values(trace)[:, self.t].astype(float) for b in (self.before, after))
        self.low, self.high = min(LOW, float(self.x.min())), max(HIGH, float(self.x.max()))
        self.wide = SLIM if stage.upright else COLUMN
        self.outer = stage.reach - self.wide / 2
        self.tall = self.outer - (self.wide + ASIDE if whole else 0.0)
        beside = TABLE * stage.reach / 2 + ASIDE + self.wide / 2  # a table in the middle
        self.near = min(beside, self.tall - self.wide - CLEAR)
        side = SIDE * (NARROW if stage.upright else 1.0) + self.outer - self.tall
        left, right = side - stage.reach, stage.reach - side
        self.k = (right - left) / (self.high - self.low)
        self.zero = left - self.k * self.low
        self.level = stage.floor + FLOOR + self.k * max(0.0, -float(self.y.min()))
        room = stage.top - ABOVE - self.level
        self.up = min(self.k, room / max(1.0, float(self.y.max())))
        self.numbers = self._numbers()
        self.made: list[tuple[Actor, Block]] = []  # what is at home in a sheet

    def at(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Where a value stands on the stage."""
        return self.zero + self.k * x, self.level + self.up * y

    def _numbers(self) -> Actor:
        """All numbers of the column, as dots on the line and then on the curve."""
        n, stage = len(self.x), self.stage
        then, now = tones(self.before, self.trace, self.x), tones(self.after, self.trace, self.y)
        actor = self.piece.actor("numbers", "activation", n)
        self.columns = [self._pile(x, v) for x, v in ((-self.tall, then), (self.tall, now))]
        actor.pose("column", *self.columns[0])
        x, y = self.at(self.x, 0.0 * self.y)
        actor.pose("line", *cells(stage, x, y, DOT, DOT, then, DOT))
        x, y = self.at(self.x, self.y)
        actor.pose("curve", *cells(stage, x, y, DOT, DOT, now, DOT))
        return actor

    def _pile(self, x: float, colours: Array) -> Shape:
        """A column around a place, the taller the more numbers it has."""
        high = self.stage.top - UNDER_TITLE - self.stage.floor
        count = len(colours)
        z, each = pile(
            self.stage.top - UNDER_TITLE, high * max(SHORTEST, min(1.0, count / len(self.x))), count
        )
        return cells(self.stage, x, z, self.wide, each, colours)

    def _short(self, name: str, block: Block, x: float) -> Actor:
        """A letter's column, as it goes into the MLP or comes out of it."""
        actor = self.piece.actor(name, "activation", block.shape[0])
        shape = self._pile(x, tones(block, self.trace, block.values(self.trace)[:, self.t]))
        actor.pose("sheet", *copies(block, self.trace, column=self.t))
        actor.pose("column", *shape)
        return actor

    def _title(self, name: str, said: str, side: int, start: float) -> None:
        align: Align = "left" if side < 0 else "right"
        at = side * self.stage.reach, self.stage.title
        self.piece.text(name, said, *at, start, None, self._beside_table(said), align)

    def _beside_table(self, said: str) -> float:
        """The size of a title that leaves room for what the table in the middle is called."""
        wide = self.stage.width == LONG
        taken = text_width(self.words.note("table"), SMALL) / 2 + APART if wide else 0.0
        return min(NUMBER, (self.stage.reach - taken) / text_width(said))

    def told(self) -> list[int]:
        """The numbers that are told apart."""
        return sorted({int(np.abs(self.x - value).argmin()) for value in TOLD})

    # --- beats ---

    def widen(self) -> None:
        """A letter's numbers become many more."""
        letter = self._short("letter", self.letter, -self.outer)
        with self.piece.beat("widen", 4.2) as beat:
            letter.enter("sheet", beat.at(0))
            letter.to("column", beat[RUN])
            said = self.words.note("numbers_to", before=letter.count, count=len(self.x))
            self._title("count", said, -1, beat.at(COMES))
            self._through(beat)

    def _through(self, beat: Beat) -> None:
        """They pass through a learned table, a row for each of the new ones; without one these just come."""
        table = table_of(self.example.layout, self.before)
        if table is None:
            self._come(beat[WIDENS])
            return
        self._table("widening", table, beat, beat.at(LEAVES.stop))
        made = self._pile(self.near, self.columns[0][2])
        column = self.piece.actor("before", "activation", len(self.x))
        column.pose("sheet", *copies(self.before, self.trace, column=self.t))
        column.pose("unmade", *gone(made))
        column.pose("made", *made)
        column.pose("column", *self.columns[0])
        column.enter("unmade", beat.at(MADE.start))
        column.to("made", beat[MADE], stagger=0.6)
        column.to("column", beat[LEAVES])
        self.made.append((column, self.before))

    def _table(self, name: str, table: Block, beat: Beat, until: float | None) -> None:
        """Rows from all over a learned table, in the middle."""
        top = self.stage.top - UNDER_TITLE
        shape = 2 * (self.near - self.wide / 2 - ASIDE), top, top - self.stage.floor
        shown = standing(self.piece, self.trace, name, table, *shape)
        shown.enter("sheet", beat.at(0))
        shown.to("table", beat[RUN])
        shown.exit(beat.end if until is None else until)
        if self.stage.width == LONG:  # elsewhere there is room for the columns' titles alone
            said, at = self.words.note("table"), (0.0, self.stage.title)
            self.piece.text(f"{name} title", said, *at, beat.at(COMES), until, SMALL, ink="faint")

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
        self.piece.level("axis", ends, self.level, beat.at(COMES), y=AXIS)
        for value in range(int(np.ceil(self.low)), int(self.high) + 1):
            if value % max(1, round((self.high - self.low) / FEW)) == 0:
                text, x = f"{value}".replace("-", "−"), self.zero + self.k * value
                z = self.level - LABELS
                self.piece.text(f"at {value}", text, x, z, beat.at(COMES), None, SMALL, ink="faint")

    def line(self) -> None:
        """Of each number of the column a copy goes to its place on a line."""
        piece = self.piece
        there = 0.0 if self.whole else LATER
        with piece.beat("line", SOONER if self.whole else LINE) as beat:
            if not self.whole:
                self._come(beat[: RUN.stop])
                said = self.words.note("numbers", count=len(self.x))
                self._title("count", said, -1, beat.at(COMES))
            self._axis(beat)
            self.numbers.enter("column", beat.at(there))
            self.numbers.to("line", beat[there + LAY.start : there + LAY.stop], stagger=0.2, groups=GROUPS)
            for key, x in (("muted", self.low / 2), ("kept", self.high / 2)):
                at = self.zero + self.k * x, self.level + SIDES
                piece.text(key, self.words.note(key), *at, beat.at(there + SIDE_NAMES), beat.end)

    def curve(self) -> None:
        """A curve is drawn, and every number rides up or down to it."""
        piece = self.piece
        with piece.beat("curve", 4.5) as beat:
            grid = np.linspace(self.low, self.high, POINTS)
            x, y = self.at(grid, np.asarray(self.act.forward(grid, start=0), float))
            path = list(zip(x.tolist(), y.tolist(), strict=True))
            piece.line("curve", path, beat.at(DRAWN), None, BROAD, "ink", y=CURVE)
            self.numbers.to("curve", beat[BENT], stagger=0.3, groups=GROUPS)
            middle, top = self.zero + self.k * self.low / 2, self.level + self.up * float(self.y.max())
            over = max(top, self.level + CALLED, *(self._beside(i)[2][1] + HERO for i in self.told()))
            piece.text("name", self.title, middle, over, beat.at(DRAWN), None, HERO)
            self._tell(beat)

    def _tell(self, beat: Beat) -> None:
        """What becomes of three of them."""
        for n, i in enumerate(self.told()):
            text, start = f"{number(self.x[i])} → {number(self.y[i])}", beat.at(SAID + EACH * n)
            spot, far, at, align = self._beside(i)
            self.piece.line(f"to {n}", [spot, far], start, None, LEADER, "ink", y=BEFORE)
            self.piece.text(f"told {n}", text, *at, start, align=align)

    def _beside(self, i: int) -> tuple[Place, Place, Place, Align]:
        """A number's place on the curve, the end of a leader from it, and the place of its words."""
        x, z = (float(v[0]) for v in self.at(self.x[i : i + 1], self.y[i : i + 1]))
        way, align = self._free(float(self.x[i]))
        far = x + AWAY * way[0], z + AWAY * way[1]
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
        after.pose("near", *self._pile(-self.near, self.columns[1][2]))
        after.pose("sheet", *copies(self.after, self.trace, column=self.t))
        with self.piece.beat("column", 2.6) as beat:
            after.enter("curve", beat.at(0.0))
            after.to("column", beat[RUN], stagger=0.3, groups=GROUPS)
            self._title("after", self.words.note("after_curve", activation=self.title), 1, beat.at(RUN.stop))
        self.made.append((after, self.after))

    def narrow(self) -> None:
        """As many numbers as there were at first are made of them by another table: the answer."""
        answer = self._short("answer", self.answer, self.near)
        answer.pose("unmade", *gone(self._pile(self.near, answer.stands["column"].values)))
        now = float(len(self.piece.beats))
        self.piece.until(now, "after", "axis", "at ", "curve", "name", "to ", "told")
        self.numbers.exit(now)
        with self.piece.beat("narrow", 2.6) as beat:
            after, _ = self.made[-1]
            after.to("near", beat[RUN])
            table = table_of(self.example.layout, self.answer)
            if table is not None:
                self._table("narrowing", table, beat, None)
            answer.enter("unmade", beat.at(NARROWED.start))
            answer.to("column", beat[NARROWED], stagger=0.6)
            said = self.words.note("numbers_to", before=len(self.x), count=answer.count)
            over, size = self.near - self.wide / 2, self._beside_table(said)
            if self.stage.width == LONG and over + text_width(said, size) <= self.stage.reach:
                self.piece.text(
                    "narrowed", said, over, self.stage.title, beat.at(NARROWED.start), None, size, "left"
                )
            else:
                self._title("narrowed", said, 1, beat.at(NARROWED.start))
        self.made.append((answer, self.answer))

    def home(self) -> None:
        """What was made flies to its sheet."""
        self.piece.home(*self.made)
