"""Two columns are added, number by number: a letter and its place, or the stream and what was found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...layout.drawn import Says, fitting, text_width
from ...layout.layout import Block
from ...network.ops import Add, Array
from ...network.trace import Trace
from ..example import Example
from ..excerpt import MOST as ROWS
from ..excerpt import Excerpt, written_sum
from ..props import number
from ..shapes import (
    COUNTED,
    HIGH,
    NONE,
    STEP,
    Shape,
    cells,
    copies,
    listed,
    row_of,
    rows_under,
    some,
    stream_tones,
    unfilled,
)
from ..stagecraft import COMES, LEAST, MADE, NUMBER, SMALL, Actor, Beat, SetPiece, along
from ..story import told

EMBED, ADD = "embed", "add "  # how the names of these pieces begin
WIDE = 5.4  # of a cell with a number on it
PART = 1  # which of two columns takes up what rounding leaves: the other two are met again
COLUMNS, SIGNS = 3, 3.0  # the columns, and what the signs between them take
HEADING, NEAR = 1.1, 0.97  # from the top to the first row; of the way to the next column, by a heading
MOST, BETWEEN = 4, 1.2  # columns of a table, and from the table to what stands beside it
SEAM = BETWEEN / 4  # between two of its columns
CALM, BRISK = 0.35, 0.2  # of a beat, that the flight of a column takes
LATER = 0.12  # of it, that the second column sets out after the first
EXPECTED = 0.4  # part of both: what will come is outlined
AROUND = 0.15  # by how much the frame around the column that is picked is larger
WRITTEN = 0.92  # of a table's cell, that a number on it takes at most
LIFTED = 0.3  # how far a column stands before the table it is taken from
# Parts of lookup: the table comes; one column shines, goes to its place, is told, and written.
TABLE, SHINES = slice(0.02, 0.25), slice(0.3, 0.5)
PICKED, CALLED, READ = slice(0.38, 0.5), 0.46, 0.52
SUMS, REST = slice(0.03, 0.7), slice(0.8, 0.9)  # of add: row after row, and those that are folded


def add(example: Example, total: str) -> SetPiece:
    """Beats: both, add, home. `total` is the stream after one part was added to it."""
    target = example.here(total)
    op = target.matrix.op
    assert isinstance(op, Add)
    old, found = (example.layout.of(name)[0] for name in target.matrix.inputs)
    at = dict.fromkeys((old.name, found.name, target.name), example.focus.position)
    several = example.trace.network.config.n_head > 1
    attention = "of_heads" if several else "of_attention"
    headings = ("before", attention if total == "resid_mid" else "of_mlp", "after")
    made = Addition(example.trace, old, found, target, at, headings, op.scale)
    telling = _Telling(f"{ADD}{total}", example, made, beats=2)
    telling.both()
    telling.add()
    telling.home()
    return telling.piece


def embed(example: Example, numbered: bool = False) -> SetPiece:
    """Beats: lookup, place, add, home: the same for the column of a token's table and that of its place.

    Where places have no table, the token's column is all: lookup, become, home. `numbered`: what stands in
    the table can be read.
    """
    layout, trace, t = example.layout, example.trace, example.focus.position
    table = layout.find("embed.W_E")
    places = next((b for b in layout.blocks.values() if b.kind == "pos_embed.W_pos"), None)
    target = layout.find("resid_pre", 0)
    at = {table.name: trace.tokens[t], target.name: t} | ({places.name: t} if places else {})
    headings = ("of_letter", "of_place", "sum_of_both") if places else ("of_letter", "numbers")
    made = Addition(trace, table, places, target, at, headings)
    telling = _Telling(EMBED, example, made, beats=3 if places else 2)
    telling.lookup(_table(example), numbered)
    if places:
        telling.place()
        telling.add()
    else:
        telling.become()
    telling.home()
    return telling.piece


def _table(example: Example) -> dict[int, str]:
    """What the columns of the table shown stand for: the tokens given, in the table's order; few of many."""
    asked = example.trace.tokens[: example.focus.position + 1]
    given, here = dict(zip(asked, map(told, example.tokens), strict=False)), asked[-1]
    others = [token for token in given if token != here][: MOST - 1]
    return {token: given[token] for token in sorted([*others, here])}


@dataclass(frozen=True, eq=False)
class Addition:
    """One column, what is added to it, if anything, and their sum."""

    trace: Trace
    old: Block
    part: Block | None
    target: Block
    at: dict[str, int]  # by the blocks' names, which of their columns
    headings: Sequence[str]  # keys of what stands over the columns
    scale: float = 1.0  # of the part

    @property
    def blocks(self) -> list[Block]:
        """All of them, from left to right."""
        return [block for block in (self.old, self.part, self.target) if block is not None]

    @property
    def values(self) -> dict[str, Array]:
        """The numbers of each, by the blocks' names."""
        found = {b.name: b.values(self.trace)[:, self.at[b.name]].astype(float) for b in self.blocks}
        if self.part is not None:
            found[self.part.name] *= self.scale
        return found

    def written(self, shown: Sequence[int]) -> dict[str, dict[int, str]]:
        """Some of the numbers, by block and row, so that every row adds up as it is written."""
        values = list(self.values.values())
        if self.part is None:
            rows = {i: [number(v[i]) for v in values] for i in shown}
        else:
            rows = {i: written_sum([v[i] for v in values[:-1]], values[-1][i], PART) for i in shown}
        return {b.name: {i: row[k] for i, row in rows.items()} for k, b in enumerate(self.blocks)}


class _Telling:
    """Three columns: the stream, the correction, and the stream after it."""

    def __init__(self, name: str, example: Example, made: Addition, beats: int) -> None:
        """So many beats go by before the sum flies home."""
        self.end = float(beats)
        column = made.at[made.target.name]
        self.piece = piece = SetPiece(name, example.stage(made.target, (0, column)))
        self.words, self.letter, self.position = example.words, example.letter, column + 1
        self.trace, self.at, self.values = made.trace, made.at, made.values
        self.headings, self.scale = made.headings, made.scale
        self.old, self.part, self.target = made.old, made.part, made.target
        stage = self.stage = piece.stage
        rows = int((stage.top - stage.floor - HEADING) / STEP) - 1
        self.excerpt: Excerpt = example.rows(min(ROWS, rows))
        self.written = made.written(self.excerpt.shown)
        self.wide = min(WIDE, (2 * stage.reach - SIGNS) / COLUMNS)
        self.pitch = pitch = stage.reach - self.wide / 2
        places = (-pitch, 0.0, pitch) if self.part else (-pitch, pitch)
        self.x = {block.name: x for block, x in zip(made.blocks, places, strict=True)}
        self.z = rows_under(stage.top - HEADING, len(self.excerpt) + 1)
        self.columns = {b.name: self._column(b) for b in made.blocks}

    def _column(self, block: Block) -> Actor:
        """The numbers of a column: those that change most, the others as a pile."""
        values = self.values[block.name]
        actor = self.piece.actor(block.kind, block.role, len(values))
        actor.pose("sheet", *copies(block, self.trace, column=self.at[block.name]))
        actor.pose("column", *self._shape(self.x[block.name], self.wide, values))
        if block is self.target:
            actor.pose("unmade", *unfilled(self._shape(self.x[block.name], self.wide, values)))
        return actor

    def _shape(self, x: float, wide: float, values: Array) -> Shape:
        """A column of all numbers around a place: those shown, and the others as a pile."""
        return listed(self.stage, x, self.z, wide, self.excerpt, self._tones(values))

    def _tones(self, values: Array) -> Array:
        """Colours on one scale for all columns, since numbers of a row are compared."""
        return stream_tones(self.trace, self.target.matrix.layer, values)

    def _number(self, block: Block, start: float, end: float, only: Sequence[int] | None = None) -> None:
        values, written = self.values[block.name], self.written[block.name]
        for i in self.excerpt.shown if only is None else only:
            cell = (block.matrix.name, block.cell(i, self.at[block.name]))
            of = cell if written[i] == number(values[i]) else None  # a cent was moved
            self.columns[block.name].write(i, written[i], start, end, of=of)

    def _heading(self, which: int, block: Block, start: float) -> None:
        key, size = self.headings[which], SMALL if self.stage.upright else NUMBER
        facts = {"count": self.excerpt.count, "heads": self.trace.network.config.n_head}
        said = self.words.note(key, letter=self.letter, position=self.position, **facts)
        if block is self.part and self.scale != 1:
            said = f"{said} × {self.scale:.3g}"
        if key == "before" and text_width(said, LEAST) > NEAR * self.pitch:
            said = self.words.note("of_letter", letter=self.letter)
        size = fitting([said], NEAR * self.pitch, size, LEAST)
        self.piece.text(key, said, self.x[block.name], self.stage.title, start, self.end, size)

    # --- beats ---

    def both(self) -> None:
        """The column that the stream carries, and beside it what a part found out."""
        assert self.part is not None
        with self.piece.beat("both", self.end) as beat:
            for which, block in enumerate((self.old, self.part)):
                self._comes(which, block, beat, LATER * which)
            self._outlined(beat.at(EXPECTED))
            self._signs(beat.at(EXPECTED))

    def _comes(self, which: int, block: Block, beat: Beat, late: float, takes: float = CALM) -> None:
        """A column leaves its sheet; it stays until the sum is made."""
        column, there = self.columns[block.name], late + takes
        column.enter("sheet", beat.at(0))
        column.to("column", beat[late : late + takes], stagger=0.3)
        column.exit(self.end)
        self._number(block, beat.at(there), self.end)
        self._heading(which, block, beat.at(there))

    def _outlined(self, start: float) -> None:
        """Where the sum is to come."""
        for n, z in enumerate(self.z[: len(self.excerpt)].tolist()):
            self.piece.outline(f"empty {n}", self.x[self.target.name], z, self.wide, HIGH, start, self.end)

    def _signs(self, start: float) -> None:
        """What it is to be made of."""
        signs = (self.x[self.old.name] / 2, self.x[self.target.name] / 2)
        for n, z in enumerate(self.z[: len(self.excerpt)].tolist()):
            for name, sign, x in zip(("plus", "equals"), "+=", signs, strict=True):
                self.piece.text(f"{name} {n}", sign, x, z, start, self.end)
        if self.excerpt.folded:
            more, at = self.words.note("folded", count=len(self.excerpt.folded)), self.z[-1] - COUNTED
            self.piece.text("folded", more, 0.0, at, start, self.end, SMALL, ink="faint")
        self._heading(2, self.target, start)

    def lookup(self, table: dict[int, str], numbered: bool) -> None:
        """The token's column is taken out of the table of all of them; `table` are those that are shown."""
        column, here = self.columns[self.old.name], self.at[self.old.name]
        until = self.end if self.part is None else 1.0  # beats
        x, wide = self._beside_each_other(len(table))
        at = float(x[list(table).index(here)])
        places, sizes, colours = self._shape(at, wide, self.values[self.old.name])
        sizes[self.excerpt.folded] *= NONE  # the table shows a part of its rows
        column.pose("picked", places - (0.0, LIFTED * self.stage.unit, 0.0), sizes, colours)
        with self.piece.beat("lookup", 4.0) as beat:
            shown = self._of_the_table(table, x, wide)
            shown.enter("sheet", beat.at(0))
            shown.to("table", beat[TABLE])
            shown.exit(until)
            if numbered:
                self._read(shown, table, wide, beat.at(TABLE.stop))
            said, z = self.words.note("table"), self.z[-1] - COUNTED
            self.piece.text("table title", said, 0.0, z, beat.at(COMES), until, SMALL, ink="faint")
            size = fitting(table.values(), wide + SEAM, NUMBER)
            if size >= SMALL:
                for place, (token, letter) in zip(x.tolist(), table.items(), strict=True):
                    ink = "accent" if token == here else "ink"
                    start, says = beat.at(COMES), Says("entry", token)
                    above = place, self.stage.title
                    self.piece.text(f"entry {token}", letter, *above, start, until, size, ink=ink, says=says)
            column.enter("sheet", beat.at(0))
            column.to("picked", beat[TABLE])
            column.glow(beat[SHINES])
            low, high = float(self.z[len(self.excerpt) - 1]), float(self.z[0])
            around = at, (low + high) / 2, wide + AROUND, high - low + HIGH + AROUND
            self.piece.frame("picked", around, beat.at(TABLE.stop), until, y=-1.2)
            column.to("column", beat[PICKED])
            if self.part is not None:
                self._outlined(beat.at(COMES))
            self._number(self.old, beat.at(READ), self.end)
            self._heading(0, self.old, beat.at(CALLED))
        column.exit(self.end)

    def _beside_each_other(self, count: int) -> tuple[Array, float]:
        """Places of the table's columns, in the middle of the stage, and their width."""
        room = self.x[self.target.name] - self.x[self.old.name] - self.wide - 2 * BETWEEN
        pitch = min(WIDE, room / count)
        return row_of(count, pitch), min(pitch - SEAM, self.wide)

    def _of_the_table(self, table: dict[int, str], x: Array, wide: float) -> Actor:
        """The rows shown of some columns of the table, side by side."""
        block, shown = self.old, self.excerpt.shown
        at = [(row, token) for token in table for row in shown]
        actor = self.piece.actor("table", block.role, len(at))
        actor.pose("sheet", *some(block, self.trace, at))
        places = np.repeat(x, len(shown)), np.tile(self.z[: len(shown)], len(table))
        actor.pose("table", *cells(self.stage, *places, wide, HIGH, self._tones(self._looked_up(table))))
        return actor

    def _looked_up(self, table: dict[int, str]) -> Array:
        """What stands in the rows shown of some columns of the table, column after column."""
        found: Array = self.old.values(self.trace)[np.ix_(self.excerpt.shown, list(table))]
        return found.T.ravel()

    def _read(self, shown: Actor, table: dict[int, str], wide: float, start: float) -> None:
        """The numbers of the table, where there is room on its cells."""
        values = self._looked_up(table)
        texts = [number(value) for value in values.tolist()]
        size = fitting(texts, wide * WRITTEN, NUMBER)
        if size < SMALL:
            return
        tokens = np.repeat(list(table), len(self.excerpt.shown))
        rows = np.tile(self.excerpt.shown, len(table))
        for n, (row, token) in enumerate(zip(rows.tolist(), tokens.tolist(), strict=True)):
            of = (self.old.matrix.name, self.old.cell(row, token))
            shown.write(n, texts[n], start, None, size, of)

    def become(self) -> None:
        """The token's column is all there is to it."""
        column = self.columns[self.target.name]
        with self.piece.beat("become", 2.6) as beat:
            column.enter("unmade", beat.at(0))
            column.to("column", beat[TABLE], stagger=0.3)
            self._number(self.target, beat.at(TABLE.stop), self.end)
            self._heading(1, self.target, beat.at(COMES))

    def place(self) -> None:
        """The column of the token's place comes beside it."""
        assert self.part is not None
        with self.piece.beat("place", 2.6) as beat:
            self._comes(1, self.part, beat, 0.0, BRISK)
            self._signs(beat.at(BRISK))

    def add(self) -> None:
        """Number by number both are added."""
        column, shown = self.columns[self.target.name], list(self.excerpt.shown)
        with self.piece.beat("add", 4.0) as beat:
            column.enter("unmade", beat.at(0))
            for n, (start, end) in enumerate(beat.each(len(shown), SUMS, ease=0.75)):
                made = along((start, end), MADE)
                column.to("column", (start, made), only=[shown[n]])
                self._number(self.target, made, self.end, [shown[n]])
            if self.excerpt.folded:
                column.to("column", beat[REST], only=self.excerpt.folded)

    def home(self) -> None:
        """The new column goes into the stream."""
        self.piece.home((self.columns[self.target.name], self.target))
