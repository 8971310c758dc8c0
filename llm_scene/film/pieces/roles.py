"""Query, key and value: three learned tables make three short columns of a letter's long one."""

from __future__ import annotations

import numpy as np

from ...layout.layout import Block
from ...network.ops import Array, Normed
from ..example import Example
from ..excerpt import largest
from ..props import number
from ..shapes import cells, copies, gone, pile, tones
from ..stage import LONG
from ..stagecraft import COMES, NUMBER, SMALL, Actor, SetPiece
from . import turned

HIGH, STEP = 1.3, 1.5  # a cell with a number on it, and from row to row
WIDEST, BETWEEN = 5.2, 1.2  # a column at most, and from one to the next
PILE = 0.55  # the height of the cells that are folded together
HEADING = 2.3  # two lines above a column
MOST = 12  # rows
LARGE = 1.25  # size of the titles
LATER = 0.12  # of their beat, that one sets out after the other


def roles(example: Example) -> SetPiece:
    """Beats: letter, made, home."""
    made = {letter: turned(example.layout, letter, example.focus) for letter in "qkv"}
    telling = _Telling(SetPiece("roles", example.stage(made["k"])), example)
    telling.letter(example.letter)
    telling.roles({"query": made["q"], "key": made["k"], "value": made["v"]})
    telling.home()
    return telling.piece


class _Telling:
    """The letter's column at the left, what is made of it beside it."""

    def __init__(self, piece: SetPiece, example: Example) -> None:
        self.piece, self.trace, self.words = piece, example.trace, example.words
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
        excerpt = largest(values, self.rows)
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

    # --- beats ---

    def letter(self, letter: str) -> None:
        """A letter's numbers."""
        x = float(self.x[0])
        actor, shown, values = self._column("letter", self.inputs, x)
        with self.piece.beat("letter", 1.8) as beat:
            actor.enter("sheet", beat.at(0))
            actor.to("column", beat[0.02:0.45], stagger=0.3)
            self._write(actor, self.inputs, shown, values, beat.at(0.5))
            evened = isinstance(self.inputs.matrix.op, Normed)
            said = self.words.note("numbers_rescaled" if evened else "numbers", count=len(values))
            self._heading("letter", x, f"“{letter}”", said, beat.at(COMES))

    def _write(self, actor: Actor, block: Block, shown: list[int], values: Array, start: float) -> None:
        for i in shown:
            of = (block.matrix.name, block.cell(i, self.t))
            actor.write(i, number(values[i]), start, 2.0, NUMBER, of)

    def roles(self, made: dict[str, Block]) -> None:
        """Three learned tables make three columns of it, each for a purpose of its own."""
        with self.piece.beat("made", 3.6) as beat:
            for n, (name, block) in enumerate(made.items(), 1):
                x, late = float(self.x[n]), LATER * (n - 1)
                actor, shown, values = self._column(name, block, x)
                actor.enter("unmade", beat.at(late))
                actor.to("column", beat[late : late + 0.3], stagger=0.3)
                self._write(actor, block, shown, values, beat.at(late + 0.32))
                title, said = self.words.note(name), self.words.note(f"{name}_role")
                self._heading(name, x, title, said, beat.at(late + 0.05))
                actor.glow(beat[late + 0.2 : late + 0.5])
                self.made.append((actor, block))

    def home(self) -> None:
        """All three go to their sheets."""
        with self.piece.beat("home", 1.2) as beat:
            for actor, block in self.made:
                actor.to("sheet", beat[0.1:0.8])
                actor.stays(block)
