"""One dot product: a learned row meets a letter's numbers, and one number of the query is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...layout.layout import Block
from ...network.graph import Role
from ...network.ops import Array
from ...network.trace import Trace
from ..example import Example
from ..excerpt import Excerpt, largest, read, written_sum
from ..formula import part
from ..props import number
from ..shapes import COUNTED, HIGH, cells, copies, gone, listed, pile, relative, rows_under, tones
from ..stagecraft import ARRIVED, COMES, HERO, MADE, SMALL, Actor, Beat, SetPiece, along
from ..words import Words

NAME = "dot"
COLUMNS = 3  # factors, factors, products
MOST, FEW = 6, 3  # pairs that are shown, and in a square picture
WIDE = 4.2  # of a cell with a number on it
BETWEEN = 1.3  # from column to column, for a sign
LARGE, QUERY = (6.4, 3.0), 1.8  # the cell of the sum; how wide the query's column is
HEADING, TITLE = 1.1, 0.55  # from the top to the first row, and to the middle of what columns are called
BELOW = 0.7  # from there to the query's column
OVER_BIAS = 0.12  # by which what is left out stands higher: the bias is told under it
LOW = 1.4  # how high over the floor the sum stands in an upright picture
OVER = 2.4  # how far over the middle of the sum stands what it is called
FORMULA, FORMULA_SIZE = 1.6, 1.3  # how high over the floor it stands
# The beats lift, multiply, add, fill; and until the last number is made everything stays.
MULTIPLY, ADD, KEPT = (1.0, 2.0), (2.0, 3.0), 4.0
# Parts of lift: the row comes, and the column; when its formula and then its numbers can be read.
ROW, COLUMN, WRITTEN, READ = slice(0.02, 0.5), slice(0.15, 0.65), 0.6, 0.75
PRODUCTS = slice(0.0, 0.94)  # of multiply
TERMS = slice(0.04, 0.86)  # of add
FIRST, OTHERS = slice(0.05, 0.35), slice(0.35, 0.8)  # of fill: numbers of the query


@dataclass(frozen=True)
class Sum:
    """One number and what it is made of."""

    weights: Block
    inputs: Block
    target: Block
    feature: int  # the row of the weights
    column: int  # of inputs and target
    w: Array  # [n]
    x: Array  # [n]
    bias: float | None
    total: float
    excerpt: Excerpt

    @property
    def products(self) -> Array:
        """Pair by pair."""
        return self.w * self.x

    @property
    def terms(self) -> list[float]:
        """What is added up on the stage: the products shown, the sum of all others, the bias."""
        terms = [float(self.products[i]) for i in self.excerpt.shown]
        terms += [float(self.products[self.excerpt.folded].sum())] if self.excerpt.folded else []
        return terms if self.bias is None else [*terms, self.bias]

    def written(self) -> list[str]:
        """The terms and the total as they are written."""
        return written_sum(self.terms, self.total, len(self.excerpt) if self.excerpt.folded else None)


def query_sum(example: Example, rows: int) -> Sum:
    """The largest number of the focused query."""
    layout, trace = example.layout, example.trace
    layer, head, t = example.focus.layer, example.focus.head, example.focus.position
    weights, target = (example.here(f"attn.{kind}", head=True) for kind in ("W_Q", "q"))
    inputs = layout.of(target.matrix.inputs[0])[0]  # what the queries read: a norm, or the stream
    feature = int(np.abs(target.values(trace)[:, t]).argmax())
    w, x = weights.values(trace)[feature].astype(float), inputs.values(trace)[:, t].astype(float)
    total = float(target.values(trace)[feature, t])
    has_bias = any((b.kind, b.matrix.layer) == ("attn.b_Q", layer) for b in layout.blocks.values())
    bias = float(layout.find("attn.b_Q", layer, head).values(trace).ravel()[feature]) if has_bias else None
    return Sum(weights, inputs, target, feature, t, w, x, bias, total, largest(w * x, rows))


def dot_product(example: Example) -> SetPiece:
    """Beats: lift, multiply, add, fill, home. One number of the query, then all numbers of its column."""
    stage = example.stage(example.here("attn.W_Q", head=True), (0, 0))
    made = query_sum(example, FEW if stage.square else MOST)
    telling = _Telling(SetPiece(NAME, stage), made, example.trace, example.words)
    telling.lift(example.letter)
    telling.multiply()
    telling.add()
    telling.fill()
    return telling.piece


class _Telling:
    """Who stands where, and what they do."""

    def __init__(self, piece: SetPiece, made: Sum, trace: Trace, words: Words) -> None:
        self.piece, self.made, self.trace, self.words = piece, made, trace, words
        stage = self.stage = piece.stage
        pitch = WIDE + BETWEEN
        self.x = (-pitch if stage.upright else WIDE / 2 - stage.reach) + pitch * np.arange(COLUMNS)
        self.signs = (self.x[:-1] + self.x[1:]) / 2
        self.heading = stage.top - TITLE
        self.query_top, self.query_high = self.heading - BELOW, self.heading - BELOW - stage.floor
        self.z = rows_under(stage.top - HEADING, len(made.terms))
        right = (self.x[2] + WIDE / 2 + stage.reach - QUERY) / 2
        self.sum = (0.0, stage.floor + LOW) if stage.upright else (float(right), stage.middle)
        self.written = made.written()
        self._cast()

    def _cast(self) -> None:
        self.row = self._list("weights", self.made.weights, self.made.w, 0)
        self.row.pose("sheet", *copies(self.made.weights, self.trace, row=self.made.feature))
        self.column = self._list("inputs", self.made.inputs, self.made.x, 1)
        self.column.pose("sheet", *copies(self.made.inputs, self.trace, column=self.made.column))
        count = len(self.z) - (self.made.bias is not None)
        self.terms = [self._term(i, "activation" if i < count else "weight") for i in range(len(self.z))]
        self.total = self._total()
        self.query = self._query()

    def _list(self, name: str, block: Block, values: Array, place: int) -> Actor:
        """Numbers below each other: those shown as cells, the others as a pile."""
        colours = tones(block, self.trace, values)
        actor = self.piece.actor(name, block.role, len(values))
        actor.pose("list", *listed(self.stage, self.x[place], self.z, WIDE, self.made.excerpt, colours))
        return actor

    def _term(self, i: int, role: Role) -> Actor:
        """One number of the sum: a product, what is folded, or the bias, which is learned."""
        colour = float(relative(np.array(self.made.terms))[i])
        actor = self.piece.actor(f"term {i}", role, 1)
        actor.pose("pair", *gone(cells(self.stage, self.signs[0], self.z[i], WIDE, HIGH, colour)))
        actor.pose("made", *cells(self.stage, self.x[2], self.z[i], WIDE, HIGH, colour))
        actor.pose("sum", *gone(cells(self.stage, *self.sum, WIDE, HIGH, colour)))
        return actor

    def _total(self) -> Actor:
        """The cell in which everything is added up."""
        sums = np.cumsum([0.0, *self.made.terms])
        actor = self.piece.actor("total", "activation", 1)
        for n, colour in enumerate(tones(self.made.target, self.trace, sums)):
            actor.pose(f"sum {n}", *cells(self.stage, *self.sum, *LARGE, colour))
        return actor

    def _query(self) -> Actor:
        """The column of the query, from the sum to its place in the sheet."""
        target, stage = self.made.target, self.stage
        count = target.shape[0]
        z, high = pile(self.query_top, self.query_high, count)
        values = tones(target, self.trace, target.values(self.trace)[:, self.made.column])
        actor = self.piece.actor("query", "activation", count)
        actor.pose("sum", *gone(cells(stage, *self.sum, *LARGE, values)))
        actor.pose("column", *cells(stage, stage.reach - QUERY / 2, z, QUERY, high, values))
        actor.pose("sheet", *copies(target, self.trace, column=self.made.column))
        return actor

    # --- beats ---

    def lift(self, letter: str) -> None:
        """A row and a column leave their sheets and stand side by side; outlines say what will come."""
        piece, made = self.piece, self.made
        with piece.beat("lift", 3.0) as beat:
            self.row.enter("sheet", beat.at(0))
            self.row.to("list", beat[ROW], stagger=0.4)
            self.column.enter("sheet", beat.at(0))
            self.column.to("list", beat[COLUMN], stagger=0.4)
            piece.text(
                "weights", self.words.note("learned_row"), self.x[0], self.heading, beat.at(ROW.stop), KEPT
            )
            heading = self.words.note("of_letter", letter=letter)
            piece.text("inputs", heading, self.x[1], self.heading, beat.at(COLUMN.stop), KEPT, ink="accent")
            self._number(self.row, made.weights, made.w, [(made.feature, i) for i in range(len(made.w))],
                         beat.at(COLUMN.stop))  # fmt: skip
            self._number(self.column, made.inputs, made.x, [(i, made.column) for i in range(len(made.x))],
                         beat.at(READ))  # fmt: skip
            if made.excerpt.folded:
                more = self.words.note("folded", count=len(made.excerpt.folded))
                low = self.z[len(made.excerpt)] - COUNTED + OVER_BIAS
                piece.text("folded", more, self.signs[0], low, beat.at(READ), KEPT, SMALL, ink="faint")
            for i, z in enumerate(self.z):
                piece.outline(f"empty {i}", self.x[2], z, WIDE, HIGH, beat.at(COMES), KEPT)
            self._empties(beat)
        self.row.exit(KEPT)
        self.column.exit(KEPT)

    def _formula(self, start: float) -> None:
        """The sum as it is written in books; its parts are lit in the beats that work them out."""
        if self.stage.upright:
            return
        bias = "" if self.made.bias is None else "+b"
        tex = "q=" + part(2, r"\sum_i") + r"\," + part(1, r"w_i\,x_i") + bias
        at = self.sum[0], self.stage.floor + FORMULA
        self.piece.formula("formula", tex, *at, start, KEPT, FORMULA_SIZE, {1: MULTIPLY, 2: ADD})

    def _empties(self, beat: Beat) -> None:
        """The outlines of the sum and of the query."""
        self._formula(beat.at(WRITTEN))
        self.piece.outline("empty sum", *self.sum, *LARGE, beat.at(COMES), KEPT)
        if not self.stage.upright:
            place = (self.stage.reach - QUERY / 2, self.query_top - self.query_high / 2)
            self.piece.outline("empty query", *place, QUERY, self.query_high, beat.at(COMES), KEPT)

    def _number(
        self, actor: Actor, block: Block, values: Array, at: list[tuple[int, int]], start: float
    ) -> None:
        for i in self.made.excerpt.shown:
            actor.write(i, number(values[i]), start, KEPT, of=(block.matrix.name, block.cell(*at[i])))

    def multiply(self) -> None:
        """Pair by pair a product is made, faster and faster."""
        with self.piece.beat("multiply", 4.5) as beat:
            self.piece.text("products", self.words.note("products"), self.x[2], self.heading, beat.at(0))
            for i, (start, end) in enumerate(beat.each(len(self.z), PRODUCTS, ease=0.72)):
                landed = along((start, end), MADE)
                self.terms[i].enter("pair", start)
                self.terms[i].to("made", (start, landed))
                self.terms[i].write(0, self.written[i], landed, KEPT)
                self.terms[i].exit(KEPT)
                if i < len(self.made.excerpt):
                    self.piece.text(f"times {i}", "×", self.signs[0], self.z[i], start, KEPT, ink="faint")
                    self.piece.text(f"equals {i}", "=", self.signs[1], self.z[i], start, KEPT, ink="faint")
            if self.made.bias is not None:
                said = self.words.note("learned_bias")
                self.piece.text(
                    "bias", said, self.signs[1] - 0.5, self.z[-1], start, KEPT, SMALL, "right", "faint"
                )

    def add(self) -> None:
        """Copies of the products fly into the sum, which counts."""
        count = len(self.z)
        sums = np.cumsum([read(text) for text in self.written[:-1]])
        x, z = self.sum
        with self.piece.beat("add", 3.2) as beat:
            spans = beat.each(count, TERMS)
            self.total.enter("sum 0", beat.at(0))
            self.total.write(0, number(0.0), beat.at(0), spans[0][1], HERO)
            self.piece.text("sum", self.words.note("sum_of_all"), x, z + OVER, beat.at(0), KEPT)
            for i, (start, end) in enumerate(spans):
                arrived = along((start, end), ARRIVED)
                flying = self.piece.actor(f"flying {i}", self.terms[i].role, 1)
                flying.stands = self.terms[i].stands
                flying.enter("made", start)
                flying.to("sum", (start, arrived))
                flying.exit(end)
                self.total.to(f"sum {i + 1}", (arrived, end))
                until = spans[i + 1][1] if i + 1 < count else KEPT
                self.total.write(0, number(float(sums[i])), end, until, HERO)
        self.total.exit(KEPT)

    def fill(self) -> None:
        """The number takes its place in the query, the others theirs, and the query flies to its sheet."""
        others = [i for i in range(self.query.count) if i != self.made.feature]
        with self.piece.beat("fill", 2.5) as beat:
            self.query.enter("sum", beat.at(0))
            self.query.to("column", beat[FIRST], only=[self.made.feature])
            self.query.to("column", beat[OTHERS], only=others, stagger=0.8)
            above = beat.at(FIRST.stop) if self.stage.upright else KEPT  # there the query stands under it
            self.piece.until(above, "products")
            said = self.words.note("numbers", count=self.query.count)
            self.piece.text(
                "numbers", said, self.stage.reach, self.heading, beat.at(FIRST.stop), KEPT, align="right"
            )
        self.piece.home((self.query, self.made.target))
