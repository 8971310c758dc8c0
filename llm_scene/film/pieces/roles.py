"""Query, key and value: three learned tables make three short columns of a letter's long one."""

from __future__ import annotations

import numpy as np

from ...layout.layout import Block
from ...network.ops import Array, Normed
from ..example import Example
from ..excerpt import largest
from ..props import number
from ..shapes import HIGH, STEP, cells, copies, gone, listed, row_of, some, tones
from ..stage import LONG
from ..stagecraft import COMES, NUMBER, SMALL, Actor, Beat, SetPiece
from . import turned

WIDEST, BETWEEN = 5.2, 1.2  # a column at most, and from one to the next
HEADING = 2.3  # two lines above a column
MOST = 12  # rows
LARGE = 1.25  # size of the titles
LATER, SOON = 0.12, 0.06  # of their beat, that a column and a table set out after the other
COLUMNS = 6  # of a learned table, that are shown
BEHIND, SLIM, FILLED = 0.5, 0.25, 0.9  # how far it stands behind; how thick its cells are, what they fill
ROLES = {"query": "q", "key": "k", "value": "v"}  # and the letters of their matrices


def roles(example: Example) -> SetPiece:
    """Beats: letter, tables, made, home."""
    made = {name: turned(example.layout, letter, example.focus) for name, letter in ROLES.items()}
    telling = _Telling(SetPiece("roles", example.stage(made["key"])), example, made)
    telling.letter(example.letter)
    telling.tables()
    telling.roles()
    telling.home()
    return telling.piece


class _Telling:
    """The letter's column at the left, what is made of it beside it."""

    def __init__(self, piece: SetPiece, example: Example, made: dict[str, Block]) -> None:
        self.piece, self.trace, self.words, self.example = piece, example.trace, example.words, example
        self.t, stage = example.focus.position, piece.stage
        self.stage = stage
        plain = example.here("attn.q", head=True)
        (self.inputs,) = example.layout.of(plain.matrix.inputs[0])  # a norm, or the stream
        self.pitch = 2 * stage.reach / 4
        self.wide = min(WIDEST, self.pitch - BETWEEN)
        self.x = -stage.reach + self.pitch * (np.arange(4) + 0.5)
        rows = int((stage.top - stage.floor - HEADING) / STEP) - 1
        self.rows = min(MOST, rows)
        self.z = stage.top - HEADING - STEP * (np.arange(self.rows + 1) + 0.5)
        self.made = made  # by their roles
        self.landing: list[tuple[Actor, Block]] = []

    def _column(self, name: str, block: Block, x: float) -> tuple[Actor, list[int], Array]:
        """The largest numbers of a column, the others as a pile; which are shown, and all of them."""
        values: Array = block.values(self.trace)[:, self.t].astype(float)
        stream = block is self.inputs
        excerpt = self.example.rows(self.rows) if stream else largest(values, self.rows)
        shape = listed(self.stage, x, self.z, self.wide, excerpt, tones(block, self.trace, values))
        before = listed(self.stage, float(self.x[0]), self.z, self.wide, excerpt, shape[2])
        actor = self.piece.actor(name, block.role, len(values))
        actor.pose("sheet", *copies(block, self.trace, column=self.t))
        actor.pose("column", *shape)
        actor.pose("unmade", *gone(before))
        return actor, list(excerpt.shown), values

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

    def tables(self) -> None:
        """Where query, key and value are to stand come the tables that make them: a row makes a number."""
        with self.piece.beat("tables", 2.4) as beat:
            for n, (name, block) in enumerate(self.made.items(), 1):
                x, late = float(self.x[n]), SOON * (n - 1)
                said = self.words.note(name), self.words.note("table")
                self._heading(name, x, *said, beat.at(late + 0.1))
                table = self._learned(name)
                if table is not None:
                    self._table(f"{name} table", block, table, x, beat, late)

    def _learned(self, name: str) -> Block | None:
        """The table that a role is made with, where it has a row for each of the role's numbers."""
        made, layout = self.made[name], self.example.layout
        plain = layout.find(f"attn.{ROLES[name]}", made.matrix.layer, made.head)  # before it was turned
        learned = [b for source in plain.matrix.inputs for b in layout.of(source) if b.role == "weight"]
        own = [b for b in learned if b.head in (None, made.head) and b.shape[0] == made.shape[0]]
        return next((b for b in own if min(b.shape) > 1), None)

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
        standing, size, colours = cells(self.stage, *places, FILLED * pitch, HIGH, colours, SLIM)
        actor.pose("table", standing + (0.0, BEHIND * self.stage.unit, 0.0), size, colours)
        actor.enter("sheet", beat.at(0))
        actor.to("table", beat[late : late + 0.2])
        actor.exit(beat.index + 1.9)

    def roles(self) -> None:
        """The letter's column passes through each table: a number comes of each row."""
        with self.piece.beat("made", 3.6) as beat:
            for n, (name, block) in enumerate(self.made.items(), 1):
                x, late = float(self.x[n]), LATER * (n - 1)
                actor, shown, values = self._column(name, block, x)
                actor.enter("unmade", beat.at(late))
                actor.to("column", beat[late : late + 0.2], stagger=0.2)
                self._write(actor, block, shown, values, beat.at(late + 0.2))
                self._role(name, x, beat.at(late + 0.1))
                actor.glow(beat[late + 0.2 : late + 0.5])
                self.landing.append((actor, block))

    def home(self) -> None:
        """All three go to their sheets."""
        with self.piece.beat("home", 1.2) as beat:
            for actor, block in self.landing:
                actor.to("sheet", beat[0.1:0.8])
                actor.stays(block)
