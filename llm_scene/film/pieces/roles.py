"""Query, key and value: three learned tables make three short columns of a letter's long one."""

from __future__ import annotations

import numpy as np

from ...layout.drawn import fitting, text_width
from ...layout.layout import Block
from ...network.ops import Array, Normed
from ..example import Example
from ..excerpt import MOST, first
from ..props import number
from ..shapes import STEP, copies, listed, part, rows_under, tones, unfilled
from ..stage import LONG
from ..stagecraft import LEGIBLE, NUMBER, SMALL, Actor, Beat, SetPiece
from . import turned

NAME = "roles"
WIDEST, BETWEEN = 5.2, 1.2  # a column at most, and from one to the next
HEADING, SAID = 2.3, 1.75  # two lines above a column, from the top; the second one
SLOTS = 4  # the letter and its three roles side by side
LARGE = 1.25  # size of the titles
CLOSE = 0.85  # of the way to the next column, by what is said of one
LATER, SOON = 0.12, 0.06  # of their beat, that a column and a table set out after the other
COLUMNS = 6  # of a learned table, that are shown
COMING = slice(0.0, 0.2)  # of letter: its column comes
TAKES, CALLED = 0.2, 0.1  # of their beats, the flight of a table and of a column; until it is told what it is
SHINES = 0.3  # and a column shines
FREE = 0.1  # of a cell, beside the number on it
NUMBERS, GONE = 2.0, 0.1  # until when, in beats, numbers stand; how long after its column came a table goes
SOONER = 1.2  # seconds of the last beat
ROLES = {"query": "q", "key": "k", "value": "v"}  # and the letters of their matrices


def roles(example: Example) -> SetPiece:
    """Beats: letter, made, home."""
    made = {name: turned(example.layout, letter, example.focus) for name, letter in ROLES.items()}
    telling = _Telling(SetPiece(NAME, example.stage(made["key"])), example, made)
    telling.letter(example.letter)
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
        self.pitch = 2 * stage.reach / SLOTS
        self.wide = min(WIDEST, self.pitch - BETWEEN)
        self.figure_size = fitting([number(-1.0)], self.wide - FREE, NUMBER, LEGIBLE)
        self.x = -stage.reach + self.pitch * (np.arange(SLOTS) + 0.5)
        self.made = made  # by their roles
        rows = int((stage.top - stage.floor - HEADING) / STEP) - 1
        self.rows = min(MOST, rows)
        self.z = rows_under(stage.top - HEADING, self.rows + 1)
        self.landing: list[tuple[Actor, Block]] = []

    def _column(self, name: str, block: Block, x: float) -> tuple[Actor, list[int], Array]:
        """A column's first numbers, or those of the letter met before, and the others as a pile; which are
        shown, and all of them."""
        values: Array = block.values(self.trace)[:, self.t].astype(float)
        stream = block is self.inputs
        excerpt = self.example.rows(self.rows) if stream else first(len(values), self.rows)
        shape = listed(self.stage, x, self.z, self.wide, excerpt, tones(block, self.trace, values))
        actor = self.piece.actor(name, block.role, len(values))
        actor.pose("sheet", *copies(block, self.trace, column=self.t))
        actor.pose("column", *shape)
        actor.pose("unmade", *unfilled(shape))
        return actor, list(excerpt.shown), values

    def _heading(self, name: str, x: float, title: str, said: str, start: float) -> None:
        wide = self.stage.width == LONG
        self.piece.text(f"{name} title", title, x, self.stage.title, start, None, LARGE if wide else SMALL)
        if wide:  # elsewhere there is room for the title alone
            z = self.stage.top - SAID
            self.piece.text(f"{name} said", said, x, z, start, None, SMALL, ink="faint")

    def _role(self, name: str, x: float, start: float) -> None:
        """What a column is for, in the place of what its table was called."""
        self.piece.until(start, f"{name} said")
        if self.stage.width == LONG:
            said, z = self.words.note(f"{name}_role"), self.stage.top - SAID
            self.piece.text(f"{name} role", said, x, z, start, None, SMALL, ink="faint")

    # --- beats ---

    def letter(self, letter: str) -> None:
        """A letter's numbers; and where query, key and value are to stand the tables that make them."""
        x = float(self.x[0])
        actor, shown, values = self._column("letter", self.inputs, x)
        with self.piece.beat("letter", 3.0) as beat:
            actor.enter("sheet", beat.at(0))
            actor.to("column", beat[COMING], stagger=0.3)
            self._write(actor, self.inputs, shown, values, beat.at(COMING.stop))
            evened = isinstance(self.inputs.matrix.op, Normed)
            said = self.words.note("numbers_rescaled" if evened else "numbers", count=len(values))
            if text_width(said, SMALL) > CLOSE * float(self.x[1] - self.x[0]):
                said = self.words.note("numbers", count=len(values))
            self._heading("letter", x, f"“{letter}”", said, beat.at(0))
            self._tables(beat)

    def _tables(self, beat: Beat) -> None:
        """A table for each role: a row of it makes a number."""
        for n, (name, block) in enumerate(self.made.items(), 1):
            x, late = float(self.x[n]), SOON * (n - 1)
            said = self.words.note(name), self.words.note("table")
            self._heading(name, x, *said, beat.at(late))
            table = self._learned(name)
            if table is not None:
                self._table(f"{name} table", block, table, x, beat, n)

    def _write(self, actor: Actor, block: Block, shown: list[int], values: Array, start: float) -> None:
        for i in shown:
            of = (block.matrix.name, block.cell(i, self.t))
            actor.write(i, number(values[i]), start, NUMBERS, self.figure_size, of)

    def _learned(self, name: str) -> Block | None:
        """The table that a role is made with, where it has a row for each of the role's numbers."""
        made, layout = self.made[name], self.example.layout
        plain = layout.find(f"attn.{ROLES[name]}", made.matrix.layer, made.head)  # before it was turned
        learned = [b for source in plain.matrix.inputs for b in layout.of(source) if b.role == "weight"]
        own = [b for b in learned if b.head in (None, made.head) and b.shape[0] == made.shape[0]]
        return next((b for b in own if min(b.shape) > 1), None)

    def _table(self, name: str, block: Block, table: Block, x: float, beat: Beat, n: int) -> None:
        """A part of a table, the so many-th, just behind the place of what it makes."""
        late = SOON * (n - 1)
        shown = first(block.shape[0], self.rows).shown
        sheet, standing = part(
            self.stage, table, self.trace, shown, COLUMNS, x, self.wide, self.z[: len(shown)]
        )
        actor = self.piece.actor(name, "weight", len(sheet[0]))
        actor.pose("sheet", *sheet)
        actor.pose("table", *standing)
        actor.enter("sheet", beat.at(0))
        actor.to("table", beat[late : late + TAKES])
        actor.exit(beat.end + LATER * (n - 1) + TAKES + GONE)  # its column has been made

    def roles(self) -> None:
        """The letter's column passes through each table: a number comes of each row."""
        with self.piece.beat("made", 3.6) as beat:
            for n, (name, block) in enumerate(self.made.items(), 1):
                x, late = float(self.x[n]), LATER * (n - 1)
                actor, shown, values = self._column(name, block, x)
                actor.enter("unmade", beat.at(late))
                actor.to("column", beat[late : late + TAKES], stagger=0.2)
                self._write(actor, block, shown, values, beat.at(late + TAKES))
                self._role(name, x, beat.at(late + CALLED))
                actor.glow(beat[late + TAKES : late + TAKES + SHINES])
                self.landing.append((actor, block))

    def home(self) -> None:
        """All three go to their sheets."""
        self.piece.home(*self.landing, seconds=SOONER)
