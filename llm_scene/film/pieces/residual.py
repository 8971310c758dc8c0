"""The residual stream: what a part found out is added, number by number, and nothing is replaced."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...layout.layout import Block, Layout
from ...network.ops import Array
from ...network.trace import Trace
from ..excerpt import Excerpt, largest
from ..props import number
from ..shapes import cells, copies, gone, pile, tones
from ..stage import before
from ..stagecraft import NUMBER, SMALL, Actor, SetPiece
from ..story import Focus
from ..words import Words

WIDE, HIGH, STEP = 5.4, 1.3, 1.5  # a cell with a number on it, and from row to row
PILE = 0.55  # the height of the cells that are folded together
HEADING = 1.1


def add(
    layout: Layout,
    trace: Trace,
    focus: Focus,
    tokens: Sequence[str],
    words: Words,
    aspect: float,
    part: str,
    total: str,
) -> SetPiece:
    """Beats: stream, correction, add, home. `part` is what was found out, `total` the stream after it."""
    target = layout.find(total, focus.layer)
    stage = before(layout, target, (0, focus.position), aspect)
    made = Addition(layout, trace, focus, part, total)
    telling = _Telling(SetPiece(f"add {part}", stage), made, words, tokens[focus.position])
    telling.stream()
    telling.correction()
    telling.add()
    telling.home()
    return telling.piece


class Addition:
    """The stream, what is added to it, and their sum, at the focused position."""

    def __init__(self, layout: Layout, trace: Trace, focus: Focus, part: str, total: str) -> None:
        self.trace, self.t = trace, focus.position
        self.part, self.target = (layout.find(kind, focus.layer) for kind in (part, total))
        inputs = [layout.of(name)[0] for name in self.target.matrix.inputs]
        self.old = next(block for block in inputs if block is not self.part)
        blocks = (self.old, self.part, self.target)
        self.values = {b.name: b.values(trace)[:, self.t].astype(float) for b in blocks}


class _Telling:
    """Three columns: the stream, the correction, and the stream after it."""

    def __init__(self, piece: SetPiece, made: Addition, words: Words, letter: str) -> None:
        self.piece, self.words, self.letter = piece, words, letter
        self.trace, self.t, self.values = made.trace, made.t, made.values
        self.old, self.part, self.target = made.old, made.part, made.target
        stage = self.stage = piece.stage
        rows = int((stage.top - stage.floor - HEADING) / STEP) - 1
        self.excerpt: Excerpt = largest(self.values[self.part.name], min(12, rows))
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
        actor = self.piece.actor(block.kind, "activation", len(values))
        shape = cells(self.stage, self.x[block.name], z, self.wide, high, tones(block, self.trace, values))
        actor.pose("sheet", *copies(block, self.trace, column=self.t))
        actor.pose("column", *shape)
        if block is self.target:
            middle = (self.x[self.old.name] + self.x[self.part.name]) / 2
            actor.pose("unmade", *gone(cells(self.stage, middle, z, self.wide, high, shape[2])))
        return actor

    def _number(self, block: Block, start: float, end: float, only: Sequence[int] | None = None) -> None:
        values: Array = self.values[block.name]
        for i in self.excerpt.shown if only is None else only:
            of = (block.matrix.name, block.cell(i, self.t))
            self.columns[block.name].write(i, number(values[i]), start, end, of=of)

    def _heading(self, key: str, block: Block, start: float, **facts: object) -> None:
        said, size = self.words.note(key, **facts), SMALL if self.stage.upright else NUMBER
        self.piece.text(key, said, self.x[block.name], self.stage.top - 0.5, start, 3.0, size)

    # --- beats ---

    def stream(self) -> None:
        """The column that the stream carries; it stays."""
        column = self.columns[self.old.name]
        with self.piece.beat("stream", 2.6) as beat:
            column.enter("sheet", beat.at(0))
            column.to("column", beat[0.05:0.6], stagger=0.3)
            self._number(self.old, beat.at(0.65), 3.0)
            self._heading("before", self.old, beat.at(0.6), letter=self.letter)
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
            self._heading("correction", self.part, beat.at(0.55))
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
            self._heading("after", self.target, beat.at(0.1), letter=self.letter)

    def home(self) -> None:
        """The new column goes into the stream."""
        column = self.columns[self.target.name]
        with self.piece.beat("home", 1.3) as beat:
            column.to("sheet", beat[0.1:0.8])
            column.stays(self.target)
