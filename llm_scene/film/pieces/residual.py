"""Two columns are added, number by number: a letter and its place, or the stream and what was found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...layout.layout import Block
from ...network.ops import Add, Array
from ...network.trace import Trace
from ..example import Example
from ..excerpt import Excerpt, largest, written_sum
from ..props import number
from ..shapes import cells, copies, gone, pile, tones
from ..stagecraft import NUMBER, SMALL, Actor, SetPiece
from ..words import Words

WIDE, HIGH, STEP = 5.4, 1.3, 1.5  # a cell with a number on it, and from row to row
PILE = 0.55  # the height of the cells that are folded together
HEADING = 1.1


def add(example: Example, total: str) -> SetPiece:
    """Beats: stream, correction, add, home. `total` is the stream after one part was added to it."""
    target = example.here(total)
    op = target.matrix.op
    assert isinstance(op, Add)
    old, found = (example.layout.of(name)[0] for name in target.matrix.inputs)
    at = dict.fromkeys((old.name, found.name, target.name), example.focus.position)
    headings = ("before", "correction", "after")
    return _told(f"add {total}", example, Addition(example.trace, old, found, target, at, headings, op.scale))


def embed(example: Example) -> SetPiece:
    """The same beats for the column of a token's table and that of its place."""
    layout, trace, t = example.layout, example.trace, example.focus.position
    table, places = layout.find("embed.W_E"), layout.find("pos_embed.W_pos")
    target = layout.find("resid_pre", 0)
    at = {table.name: trace.tokens[t], places.name: t, target.name: t}
    headings = ("of_letter", "of_place", "sum_of_both")
    return _told("embed", example, Addition(trace, table, places, target, at, headings))


def _told(name: str, example: Example, made: Addition) -> SetPiece:
    column = made.at[made.target.name]
    stage = example.stage(made.target, (0, column))
    telling = _Telling(SetPiece(name, stage), made, example.words, example.letter, column + 1)
    telling.stream()
    telling.correction()
    telling.add()
    telling.home()
    return telling.piece


@dataclass(frozen=True, eq=False)
class Addition:
    """One column, what is added to it, and their sum."""

    trace: Trace
    old: Block
    part: Block
    target: Block
    at: dict[str, int]  # by the blocks' names, which of their columns
    headings: tuple[str, str, str]  # keys of what stands over the three columns
    scale: float = 1.0  # of the part

    @property
    def blocks(self) -> tuple[Block, Block, Block]:
        """All three, from left to right."""
        return self.old, self.part, self.target

    @property
    def values(self) -> dict[str, Array]:
        """The numbers of each, by the blocks' names."""
        found = {b.name: b.values(self.trace)[:, self.at[b.name]].astype(float) for b in self.blocks}
        found[self.part.name] *= self.scale
        return found


class _Telling:
    """Three columns: the stream, the correction, and the stream after it."""

    def __init__(self, piece: SetPiece, made: Addition, words: Words, letter: str, position: int) -> None:
        self.piece, self.words, self.letter, self.position = piece, words, letter, position
        self.trace, self.at, self.values = made.trace, made.at, made.values
        self.headings, self.scale = made.headings, made.scale
        self.old, self.part, self.target = made.old, made.part, made.target
        stage = self.stage = piece.stage
        rows = int((stage.top - stage.floor - HEADING) / STEP) - 1
        self.excerpt: Excerpt = largest(self.values[self.part.name], min(12, rows))
        self.written = self._written()
        self.wide = min(WIDE, (2 * stage.reach - 3.0) / 3)
        pitch = stage.reach - self.wide / 2
        self.x = {self.old.name: -pitch, self.part.name: 0.0, self.target.name: pitch}
        self.z = stage.top - HEADING - STEP * (np.arange(len(self.excerpt) + 1) + 0.5)
        self.columns = {b.name: self._column(b) for b in (self.old, self.part, self.target)}

    def _column(self, block: Block) -> Actor:
        """The numbers of a column: those that change most, the others as a pile."""
        values = self.values[block.name]
        shown, folded = list(self.excerpt.shown), self.excerpt.folded
        z, high = np.zeros(len(values)), np.full(len(values), HIGH)
        z[shown] = self.z[: len(shown)]
        if folded:
            z[folded], high[folded] = pile(self.z[-1] + HIGH / 2, PILE, len(folded))
        actor = self.piece.actor(block.kind, block.role, len(values))
        shape = cells(self.stage, self.x[block.name], z, self.wide, high, tones(block, self.trace, values))
        actor.pose("sheet", *copies(block, self.trace, column=self.at[block.name]))
        actor.pose("column", *shape)
        if block is self.target:
            middle = (self.x[self.old.name] + self.x[self.part.name]) / 2
            actor.pose("unmade", *gone(cells(self.stage, middle, z, self.wide, high, shape[2])))
        return actor

    def _written(self) -> dict[str, dict[int, str]]:
        """The numbers shown, by block and row, so that every row adds up as it is written."""
        old, part, total = (self.values[b.name] for b in (self.old, self.part, self.target))
        rows = {i: written_sum([old[i], part[i]], total[i]) for i in self.excerpt.shown}
        names = (self.old.name, self.part.name, self.target.name)
        return {name: {i: row[k] for i, row in rows.items()} for k, name in enumerate(names)}

    def _number(self, block: Block, start: float, end: float, only: Sequence[int] | None = None) -> None:
        values, written = self.values[block.name], self.written[block.name]
        for i in self.excerpt.shown if only is None else only:
            cell = (block.matrix.name, block.cell(i, self.at[block.name]))
            of = cell if written[i] == number(values[i]) else None  # a cent was moved
            self.columns[block.name].write(i, written[i], start, end, of=of)

    def _heading(self, which: int, block: Block, start: float) -> None:
        key, size = self.headings[which], SMALL if self.stage.upright else NUMBER
        said = self.words.note(key, letter=self.letter, position=self.position)
        if block is self.part and self.scale != 1:
            said = f"{said} × {self.scale:.3g}"
        self.piece.text(key, said, self.x[block.name], self.stage.top - 0.5, start, 3.0, size)

    # --- beats ---

    def stream(self) -> None:
        """The column that the stream carries; it stays."""
        column = self.columns[self.old.name]
        with self.piece.beat("stream", 2.6) as beat:
            column.enter("sheet", beat.at(0))
            column.to("column", beat[0.05:0.6], stagger=0.3)
            self._number(self.old, beat.at(0.65), 3.0)
            self._heading(0, self.old, beat.at(0.6))
            for n, z in enumerate(self.z[: len(self.excerpt)]):
                self.piece.outline(
                    f"empty {n}", self.x[self.target.name], z, self.wide, HIGH, beat.at(0.2), 3.0
                )
        column.exit(3.0)

    def correction(self) -> None:
        """What the part found out comes beside it."""
        column = self.columns[self.part.name]
        with self.piece.beat("correction", 2.6) as beat:
            column.enter("sheet", beat.at(0))
            column.to("column", beat[0.05:0.6], stagger=0.3)
            self._number(self.part, beat.at(0.65), 3.0)
            self._heading(1, self.part, beat.at(0.55))
        column.exit(3.0)

    def add(self) -> None:
        """Number by number both are added."""
        column, shown = self.columns[self.target.name], list(self.excerpt.shown)
        signs = (self.x[self.old.name] / 2, self.x[self.target.name] / 2)
        with self.piece.beat("add", 4.0) as beat:
            column.enter("unmade", beat.at(0))
            for n, (start, end) in enumerate(beat.each(len(shown), 0.03, 0.8, ease=0.75)):
                made = start + 0.7 * (end - start)
                column.to("column", (start, made), only=[shown[n]])
                self._number(self.target, made, 3.0, [shown[n]])
                self.piece.text(f"plus {n}", "+", signs[0], self.z[n], start, 3.0)
                self.piece.text(f"equals {n}", "=", signs[1], self.z[n], start, 3.0, ink="faint")
            if self.excerpt.folded:
                column.to("column", beat[0.8:0.9], only=self.excerpt.folded)
                more = self.words.note("folded", count=len(self.excerpt.folded))
                self.piece.text("folded", more, 0.0, self.z[-1] - 0.4, beat.at(0.05), 3.0, SMALL, ink="faint")
            self._heading(2, self.target, beat.at(0.1))

    def home(self) -> None:
        """The new column goes into the stream."""
        column = self.columns[self.target.name]
        with self.piece.beat("home", 1.3) as beat:
            column.to("sheet", beat[0.1:0.8])
            column.stays(self.target)
