"""Heads: the answers of all of them stand on each other in one column, and a learned table mixes them."""

from __future__ import annotations

from ...layout.drawn import text_width
from ...layout.layout import Block
from ...network.ops import Array
from ..example import Example
from ..excerpt import first
from ..shapes import Shape, cells, copies, gone, part, pile, row_of, tones
from ..stagecraft import COMES, SMALL, Actor, Beat, SetPiece
from .learned import table_of

MOST = 6  # heads side by side; of more, the first ones and the last
LEFT, WIDE = 0.52, 0.62  # of the stage's width, for the heads; of their pitch, for a column
COLUMN = 3.4  # the width of the columns that all of them make
HEADING = 1.3  # from the top to the columns
NEAR = 0.9  # of the way to the next head, by its title at most
APART = 1.0  # between two headings, at least
BETWEEN = 1.0  # from the column of all heads to their mix, at least
AROUND = 0.3, 0.2  # how much wider and higher than it the outline of a column is
SIDE = 7  # rows and columns of the learned table that are shown
SEED = 1.0, 0.1  # of what is not there yet, a number of the mix; a thousandth of it is seen
COLUMNS, OTHERS = slice(COMES, 0.8), 0.85  # parts of answers: those shown come, and the others are there
TITLES = 1.3  # until this moment, in beats, heads are named
STACKED, TOLD = slice(0.05, 0.6), 0.5  # of stack: one on the other; how many numbers they are
TABLE = slice(0.55, 0.8)  # and what was learned for their mix comes
MIXED, NAMED = slice(0.05, 0.7), 0.3  # of mix: the result is made, and said to be it


def mixed(example: Example) -> SetPiece:
    """Beats: answers, stack, mix, home."""
    target = example.here("attn_out")
    answers = sorted(
        example.layout.of(f"blocks.{example.focus.layer}.attn.z"), key=lambda block: block.head or 0
    )
    telling = _Telling(SetPiece("heads", example.stage(target)), answers, target, example)
    telling.answers()
    telling.stack()
    telling.mix()
    telling.home()
    return telling.piece


class _Telling:
    """The heads' columns at the left, all of them as one column in the middle, their mix at the right."""

    def __init__(self, piece: SetPiece, found: list[Block], target: Block, example: Example) -> None:
        self.piece, self.found, self.target = piece, found, target
        self.trace, self.words, self.t = example.trace, example.words, example.focus.position
        self.learned = table_of(example.layout, target)
        stage = self.stage = piece.stage
        self.heading = stage.title
        self.high = stage.top - HEADING - stage.floor
        shown = range(len(found)) if len(found) <= MOST else [*range(MOST - 1), len(found) - 1]
        self.shown = list(shown)
        room = LEFT * 2 * stage.reach
        self.pitch = room / len(self.shown)
        self.x = row_of(len(self.shown), self.pitch, room / 2 - stage.reach)
        narrow = min(COLUMN, (1 - LEFT) * stage.reach - BETWEEN)
        self.wide, self.out_x = narrow, stage.reach - narrow / 2
        self.all_x = (room - stage.reach + self.out_x - narrow / 2) / 2 if not stage.upright else 0.0
        self.heads = [self._head(n, block) for n, block in enumerate(found)]

    def _head(self, n: int, block: Block) -> Actor:
        """One head's answer: in its sheet, in a column of its own, and in its place among all."""
        count = block.shape[0]
        values = tones(block, self.trace, block.values(self.trace)[:, self.t])
        actor = self.piece.actor(f"head {n}", "activation", count)
        actor.pose("sheet", *copies(block, self.trace, column=self.t))
        at = self.shown.index(n) if n in self.shown else MOST - 2
        z, each = pile(self.stage.top - HEADING, self.high, count)
        wide = min(self.wide, WIDE * self.pitch)
        actor.pose("own", *cells(self.stage, float(self.x[at]), z, wide, each, values))
        z, each = pile(self.stage.top - HEADING, self.high, count * len(self.found))
        z = z[n * count : (n + 1) * count]
        actor.pose("all", *cells(self.stage, self.all_x, z, self.wide, each, values))
        return actor

    def _out(self) -> Shape:
        values = self.target.values(self.trace)[:, self.t]
        z, each = pile(self.stage.top - HEADING, self.high, len(values))
        colours = tones(self.target, self.trace, values)
        return cells(self.stage, self.out_x, z, self.wide, each, colours)

    def _titles(self) -> list[str]:
        """What each head is called; its number alone where there is no room for more."""
        found = [self.words.note("head_alone", n=n + 1) for n in range(len(self.found))]
        room = NEAR * self.pitch
        return found if text_width(found[-1], SMALL) <= room else [f"{n + 1}" for n in range(len(found))]

    def _outline(self, name: str, x: float, wide: float, start: float, end: float | None = None) -> None:
        """Where a column is to come."""
        z = self.stage.top - HEADING - self.high / 2
        self.piece.outline(name, x, z, wide + AROUND[0], self.high + AROUND[1], start, end)

    # --- beats ---

    def answers(self) -> None:
        """Every head has an answer of its own."""
        with self.piece.beat("answers", 3.4) as beat:
            titles = self._titles()
            self._outline("empty", self.out_x, self.wide, beat.at(COMES))
            for n, (start, end) in zip(self.shown, beat.each(len(self.shown), COLUMNS), strict=True):
                self.heads[n].enter("sheet", beat.at(0))
                self.heads[n].to("own", (start, end))
                x = float(self.x[self.shown.index(n)])
                self._outline(f"place {n}", x, min(self.wide, WIDE * self.pitch), beat.at(COMES), end)
                self.piece.text(f"title {n}", titles[n], x, self.heading, end, TITLES, SMALL, ink="faint")
            for n, actor in enumerate(self.heads):
                if n not in self.shown:
                    actor.enter("own", beat.at(OTHERS))

    def stack(self) -> None:
        """They stand on each other, in one column."""
        with self.piece.beat("stack", 2.6) as beat:
            for actor, (start, end) in zip(
                self.heads, beat.each(len(self.heads), STACKED, ease=0.9), strict=True
            ):
                actor.to("all", (start, end))
            said = self.words.note("all_answers", count=sum(actor.count for actor in self.heads))
            beside = text_width(self.words.note("mixed"), SMALL) + text_width(said, SMALL)
            x = min(self.all_x, self.out_x - beside / 2 - APART)
            self.piece.text("all", said, x, self.heading, beat.at(TOLD), size=SMALL)
            self._table(beat)

    def mix(self) -> None:
        """One more learned table makes a column as long as the stream's of it."""
        shape = self._out()
        self.out = self.piece.actor("out", "activation", len(shape[2]))
        self.out.pose("unmade", *gone(cells(self.stage, self.all_x, self._middle(shape), *SEED, shape[2])))
        self.out.pose("column", *shape)
        self.out.pose("sheet", *copies(self.target, self.trace, column=self.t))
        with self.piece.beat("mix", 3.6) as beat:
            self.out.enter("unmade", beat.at(MIXED.start))
            self.out.to("column", beat[MIXED], stagger=0.7)
            self.piece.until(beat.at(MIXED.stop), "empty")
            said = self.words.note("mixed")
            self.piece.text("mixed", said, self.out_x, self.heading, beat.at(NAMED), size=SMALL)

    def _table(self, beat: Beat) -> None:
        """A part of what was learned for it, where the heads stood."""
        table = self.learned
        if self.stage.upright or table is None:
            return
        x, side = float(self.x.mean()), min(SIDE, *table.shape)
        z, _ = pile(self.stage.top - HEADING, self.high, side)
        wide = LEFT * 2 * self.stage.reach * WIDE
        sheet, standing = part(
            self.stage, table, self.trace, first(table.shape[0], side).shown, side, x, wide, z
        )
        actor = self.piece.actor("table", "weight", side * side)
        actor.pose("sheet", *sheet)
        actor.pose("table", *standing)
        actor.enter("sheet", beat.at(0))
        actor.to("table", beat[TABLE])
        said = self.words.note("table")
        self.piece.text("table title", said, x, self.heading, beat.at(TABLE.stop), size=SMALL)

    def _middle(self, shape: Shape) -> Array:
        """How high each number of the result stands."""
        found: Array = (shape[0][:, 2] - self.stage.centre[2]) / self.stage.unit
        return found

    def home(self) -> None:
        """The mix goes to its sheet."""
        self.piece.home((self.out, self.target))
