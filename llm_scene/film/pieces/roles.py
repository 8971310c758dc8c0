"""Query, key and value: three learned tables make three short columns of a letter's long one."""

from __future__ import annotations

import numpy as np

from ...layout.layout import Block
from ...network.ops import Array, Normed
from ..example import Example
from ..excerpt import largest
from ..props import number
from ..shapes import cells, copies, gone, pile, row_of, some, tones
from ..stage import LONG
from ..stagecraft import COMES, NUMBER, SMALL, Actor, Beat, SetPiece
from . import turned

HIGH, STEP = 1.3, 1.5  # a cell with a number on it, and from row to row
WIDEST, BETWEEN = 5.2, 1.2  # a column at most, and from one to the next
PILE = 0.55  # the height of the cells that are folded together
HEADING = 2.3  # two lines above a column
MOST = 12  # rows
LARGE = 1.25  # size of the titles
LATER, SOON = 0.12, 0.06  # of their beat, that a column and a table set out after the other
COLUMNS, BEHIND, SLIM = (
    6,
    0.5,
    0.25,
)  # of a learned table: those shown, how far it stands behind; how thick its cells are


def roles(example: Example) -> SetPiece:
    """Beats: letter, tables, made, home."""
    made = {letter: turned(example.layout, letter, example.focus) for letter in "qkv"}
    telling = _Telling(SetPiece("roles", example.stage(made["k"])), example)
    telling.letter(example.letter)
    of = {"query": made["q"], "key": made["k"], "value": made["v"]}
    telling.tables(of)
    telling.roles(of)
    telling.home()
    return telling.piece


class _Telling:
    """The letter's column at the left, what is made of it beside it."""

    def __init__(self, piece: SetPiece, example: Example) -> None:
        self.piece, self.trace, self.words, self.example = piece, example.trace, example.words, example
        self.t, stage = example.focus.position, piece.stage
        self.stage = stage
        plain = example.here("attn.q", head=True)
        self.inputs = example.layout.of(plain.matrix.inputs[0])[
            0
        ]  # what they are made of: a norm, or the stream
        self.pitch = 2 * stage.reach / 4
        self.wide = min(WIDEST, self.pitch - BETWEEN)
        self.x = -stage.reach + self.pitch * (np.arange(4) + 0.5)
        rows = int((stage.top - stage.floor - HEADING) / STEP) - 1
        self.rows = min(MOST, rows)
        self.z = stage.top - HEADING - STEP * (np.arange(self.rows + 1) + 0.5)
        self.made: list[tuple[Actor, Block]] = []

    def _column(self, name: str, block: Block, x: float) -> tuple[Actor, list[int], Array]:
        """The largest numbers of a column, the others as a pile; which are shown, and all of them."""
        values: Array = block.values(self.trace)[:, self.t].astype(float)
        stream = block is self.inputs
        excerpt = self.example.rows(self.rows) if stream else largest(values, self.rows)
        shown, folded = list(excerpt.shown), excerpt.folded
        z, high = np.zeros(len(values)), np.full(len(values), HIGH)
        z[shown] = self.z[: len(shown)]
        if folded:
            z[folded], high[folded] = pile(self.z[len(shown) - 1] - STEP / 2, PILE, len(folded))
        actor = self.piece.actor(name, block.role, len(values))
        shape = cells(self.stage, x, z, self.wide, high, tones(block, self.trace, values))
        actor.pose("sheet", *copies(block, self.trace, column=self.t))
        actor.pose("column", *shape)
        actor.pose("unmade", *gone(cells(self.stage, float(self.x[0]), z, self.wide, high, shape[2])))
        return actor, shown, values

    def _heading(self, name: str, x: float, title: str, said: str, start: float) -> None:
        wide, at = self.stage.width == LONG, self.stage.top
        self.piece.text(f"{name} title", title, x, at - 0.5, start, None, LARGE if wide else SMALL)
        if wide:  # elsewhere there is room for the title alone
            self.piece.text(f"{name} said", said, x, at - 1.75, start, None, SMALL, ink="faint")

    def _role(self, name: str, x: float, start: float) -> None:
        """What a column is for, in the place of what its table was called."""
        self.piece.until(start, f"{name} said")
        if self.stage.width == LONG:
            said = self.words.note(f"{name}_role")
            self.piece.text(f"{name} role", said, x, self.stage.top - 1.75, start, None, SMALL, ink="faint")

    # --- beats ---

    def letter(self, letter: str) -> None:
        """A letter's numbers."""
        x = float(self.x[0])
        actor, shown, values = self._column("letter", self.inputs, x)
        with self.piece.beat("letter", 1.2) as beat:
            actor.enter("sheet", beat.at(0))
            actor.to("column", beat[0.02:0.45], stagger=0.3)
            self._write(actor, self.inputs, shown, values, beat.at(0.5))
            evened = isinstance(self.inputs.matrix.op, Normed)
            said = self.words.note("numbers_rescaled" if evened else "numbers", count=len(values))
            self._heading("letter", x, f"“{letter}”", said, beat.at(COMES))

    def _write(self, actor: Actor, block: Block, shown: list[int], values: Array, start: float) -> None:
        for i in shown:
            of = (block.matrix.name, block.cell(i, self.t))
            actor.write(i, number(values[i]), start, 3.0, NUMBER, of)

    def tables(self, made: dict[str, Block]) -> None:
        """Where query, key and value are to stand come the tables that make them: a row makes a number."""
        with self.piece.beat("tables", 2.4) as beat:
            for n, (name, block) in enumerate(made.items(), 1):
                late = SOON * (n - 1)
                self._heading(
                    name,
                    float(self.x[n]),
                    self.words.note(name),
                    self.words.note("table"),
                    beat.at(late + 0.1),
                )
                table = self._learned(block)
                if table is not None:
                    self._table(f"{name} table", block, table, float(self.x[n]), beat, late)

    def _learned(self, block: Block) -> Block | None:
        """The table that a column is made with, where it has a row for each of the column's numbers."""
        kind = block.kind.replace("rot_", "").replace("_norm.out", "")  # what it was before it was turned
        plain = self.example.layout.find(kind, block.matrix.layer, block.head)
        tables = [
            t for name in plain.matrix.inputs for t in self.example.layout.of(name) if t.role == "weight"
        ]
        own = [t for t in tables if t.head in (None, block.head) and t.shape[0] == block.shape[0]]
        return next((t for t in own if min(t.shape) > 1), None)

    def _table(self, name: str, block: Block, table: Block, x: float, beat: Beat, late: float) -> None:
        """A part of a table, just behind the place of what it makes."""
        values = table.values(self.trace)
        shown = largest(block.values(self.trace)[:, self.t], self.rows).shown
        at = [(row, column) for row in shown for column in range(min(COLUMNS, table.shape[1]))]
        across = len(at) // len(shown)
        pitch = self.wide / across
        places = np.tile(row_of(across, pitch, x), len(shown)), np.repeat(self.z[: len(shown)], across)
        colours = tones(table, self.trace, values[tuple(np.array(at).T)])
        actor = self.piece.actor(name, "weight", len(at))
        actor.pose("sheet", *some(table, self.trace, at))
        standing, size, colours = cells(self.stage, *places, 0.9 * pitch, HIGH, colours, SLIM)
        actor.pose("table", standing + (0.0, BEHIND * self.stage.unit, 0.0), size, colours)
        actor.enter("sheet", beat.at(0))
        actor.to("table", beat[late : late + 0.2])
        actor.exit(beat.index + 1.9)

    def roles(self, made: dict[str, Block]) -> None:
        """The letter's column passes through each table: a number comes of each row."""
        with self.piece.beat("made", 3.6) as beat:
            for n, (name, block) in enumerate(made.items(), 1):
                x, late = float(self.x[n]), LATER * (n - 1)
                actor, shown, values = self._column(name, block, x)
                actor.enter("unmade", beat.at(late))
                actor.to("column", beat[late : late + 0.2], stagger=0.2)
                self._write(actor, block, shown, values, beat.at(late + 0.2))
                self._role(name, x, beat.at(late + 0.25))
                actor.glow(beat[late + 0.2 : late + 0.5])
                self.made.append((actor, block))

    def home(self) -> None:
        """All three go to their sheets."""
        with self.piece.beat("home", 1.2) as beat:
            for actor, block in self.made:
                actor.to("sheet", beat[0.1:0.8])
                actor.stays(block)
