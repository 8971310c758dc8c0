"""The weighted sum: a letter takes its share of what every letter offers."""

from __future__ import annotations

import numpy as np

from ...layout.drawn import fitting
from ...layout.layout import Block
from ...network.ops import Array
from ..example import Example
from ..excerpt import read, written_sum
from ..props import number
from ..shapes import cells, copies, gone, pile, relative, row_of, tones
from ..stagecraft import ARRIVED, COMES, HERO, LEGIBLE, MADE, SMALL, Actor, Beat, SetPiece, Span, along
from ..words import Words
from .scores import FEW, LETTERS, MOST, ROOM, Attention

NAME = "mix"
TILE, WIDEST, HIGH = 0.9, 4.2, 1.4  # a cell with a number: its width in the letters' pitch, at most, height
COLUMN = 0.78  # the width of a column in that pitch
LEAST, BEFORE = 0.03, -1.4  # of that width: a share at least; how far before the mix what makes it stands
RIGHT = 6.6  # what the result takes at the right
LARGE = (5.0, 2.4)  # the cell in which one row is added up
LETTER, SHARE, HEADING = 0.9, 2.7, 3.8  # from the top: letters, their shares, the columns
SHARES = 1.15  # until this moment, in beats, shares stand over their columns
AROUND = 0.3, 0.2  # how much wider and higher than it the outline of the mix is
GIVEN, SUM, TAKEN = -0.4, -2.0, -3.6  # from the stage's middle: a row, the sum of what is taken of it, that
OFFERED = slice(0.05, 0.45)  # of offer: column after column comes
# Of take: columns go back to their sheets, one row of them grows; each of its numbers is taken by its share.
LEAVE, AWAY = slice(0.05, 0.25), 0.26
GROW = slice(0.05, 0.3)
TAKE = slice(0.36, 0.92)
POUR = slice(0.05, 0.85)  # of pour: number after number
# Of all: columns shrink to their shares, fly, and are gone; of them the mix is made.
SHRINK = slice(0.05, 0.3)
FLY, POURED = slice(0.3, 0.46), 0.62
MIX = slice(0.54, 0.66)


def mix(example: Example, brief: bool = False) -> SetPiece:
    """Beats: offer, take, pour, all, home: one row with its numbers, then the whole column.

    `brief` leaves out the one row.
    """
    target = example.here("attn.z", head=True)
    stage = example.stage(target)
    found = Attention(example, (FEW if stage.upright else MOST) - 1)
    telling = _Telling(SetPiece(NAME, stage), found, target, example.words)
    telling.offer()
    if brief:
        for column in telling.columns:
            column.exit(1.0)
    else:
        telling.take()
        telling.pour()
    telling.all()
    return telling.piece


class _Telling:
    """Values of all letters in columns, one row of them large, and their mix at the right."""

    def __init__(self, piece: SetPiece, found: Attention, target: Block, words: Words) -> None:
        self.piece, self.found, self.target, self.words = piece, found, target, words
        stage = self.stage = piece.stage
        n = len(found.seen)
        self.pitch = (2 * stage.reach - RIGHT) / n
        self.x = row_of(n, self.pitch, -RIGHT / 2)
        self.result_x = stage.reach - LARGE[0] / 2
        self.letter_size = fitting(found.letters, ROOM * self.pitch, LETTERS, SMALL)
        self.share_size = fitting(found.percent, ROOM * self.pitch, SHARES, LEGIBLE)
        self.letter_z, self.share_z, self.top = stage.top - LETTER, stage.top - SHARE, stage.top - HEADING
        self.z, self.each = pile(self.top, self.top - stage.floor, found.values.shape[0])
        values = found.values.values(found.trace)[:, found.seen].astype(float)  # [feature, key]
        self.mixed = target.values(found.trace)[:, found.t].astype(float)
        self.feature = self._telling_row(values)
        self.row = values[self.feature]
        self.columns = [self._column(j, s) for j, s in enumerate(found.seen)]
        self.mix = self._mix()

    def _telling_row(self, values: Array) -> int:
        """The row to which the others give most beside the largest share."""
        parts = np.abs(values * self.found.shares)
        second = np.sort(parts, axis=1)[:, :-1].sum(axis=1)
        return int((second + parts.max(axis=1) / 2).argmax())

    def _column(self, j: int, s: int, name: str = "value") -> Actor:
        """What one letter offers, and the same taken by its share."""
        found, block = self.found, self.found.values
        values = tones(block, found.trace, block.values(found.trace)[:, s])
        actor = self.piece.actor(f"{name} {j}", "activation", block.shape[0])
        actor.pose("sheet", *copies(block, found.trace, column=s))
        wide = COLUMN * self.pitch
        actor.pose("column", *cells(self.stage, self.x[j], self.z, wide, self.each, values))
        share = max(LEAST, float(found.shares[j]))
        actor.pose("taken", *cells(self.stage, self.x[j], self.z, wide * share, self.each, values))
        before = float(found.shares[:j].sum() + found.shares[j] / 2) - 0.5  # side by side they fill it
        x = self.result_x + wide * before
        places, sizes, colours = cells(self.stage, x, self.z, wide * share, self.each, values)
        actor.pose("poured", places + (0.0, BEFORE * self.stage.unit, 0.0), sizes, colours)
        return actor

    def _mix(self) -> Actor:
        """The column that comes of it."""
        found, stage = self.found, self.stage
        values = tones(self.target, found.trace, self.mixed)
        actor = self.piece.actor("mix", "activation", len(values))
        wide = COLUMN * self.pitch
        actor.pose("unmade", *gone(cells(stage, self.result_x, self.z, wide, self.each, values)))
        actor.pose("column", *cells(stage, self.result_x, self.z, wide, self.each, values))
        actor.pose("sheet", *copies(self.target, found.trace, column=found.t))
        return actor

    # --- beats ---

    def offer(self) -> None:
        """Under every letter and its share stands what the letter offers."""
        found, piece, stage = self.found, self.piece, self.stage
        with piece.beat("offer", 3.0) as beat:
            for j, (start, end) in enumerate(beat.each(len(found.seen), OFFERED)):
                self.columns[j].enter("sheet", beat.at(0))
                self.columns[j].to("column", (start, end))
                x = self.x[j]
                letter, at = found.letters[j], (x, self.letter_z)
                piece.text(f"letter {j}", letter, *at, start, None, self.letter_size, ink=found.ink(j))
                of = (found.pattern.matrix.name, found.pattern.cell(found.t, found.seen[j]))
                piece.text(f"share {j}", found.percent[j], x, self.share_z, end, None, self.share_size, of=of)
            mixed = self.words.note("new_of", letter=found.letter)
            piece.text("mixed", mixed, self.result_x, self.letter_z, beat.at(COMES))
            count = self.words.note("numbers", count=len(self.mixed))
            piece.text(
                "counted", count, self.result_x, self.share_z, beat.at(COMES), None, SMALL, ink="faint"
            )
            high = self.top - stage.floor
            size = COLUMN * self.pitch + AROUND[0], high + AROUND[1]
            piece.outline("empty mix", self.result_x, self.top - high / 2, *size, beat.at(COMES))

    def take(self) -> None:
        """One row of them, large: number times share."""
        self._large()
        self.written = self._written()
        with self.piece.beat("take", 4.0) as beat:
            for column in self.columns:
                column.to("sheet", beat[LEAVE])
                column.exit(beat.at(AWAY))
            self.given.enter("row", beat.at(0))
            self.given.to("large", beat[GROW])
            self.taken.enter("whole", beat.at(GROW.stop))
            for j, span in enumerate(beat.each(len(self.found.seen), TAKE, ease=0.85)):
                self._take(j, beat, span)
            for actor in (self.given, self.taken):
                actor.exit(beat.end + 1.0)

    def _large(self) -> None:
        """The row with numbers on it, and what is taken of them."""
        found, piece, stage, n = self.found, self.piece, self.stage, len(self.found.seen)
        tile = min(WIDEST, TILE * self.pitch)
        self.given_z, self.taken_z = stage.middle + GIVEN, stage.middle + TAKEN
        self.sum = self.result_x, stage.middle + SUM
        self.given = piece.actor("given", "activation", n)
        colours = tones(found.values, found.trace, self.row)
        parts = relative(self.row * found.shares)
        at = self.z[self.feature]
        self.given.pose("row", *cells(stage, self.x, at, COLUMN * self.pitch, self.each, colours))
        self.given.pose("large", *cells(stage, self.x, self.given_z, tile, HIGH, colours))
        self.taken = piece.actor("taken", "activation", n)
        self.taken.pose("whole", *gone(cells(stage, self.x, self.given_z, tile, HIGH, colours)))
        self.taken.pose("part", *cells(stage, self.x, self.taken_z, tile, HIGH, parts))
        self.taken.pose("mix", *gone(cells(stage, *self.sum, tile, HIGH, parts)))

    def _written(self) -> list[str]:
        """What is taken of the row, the rest where there is one, and their sum, as they are written."""
        terms, total = (self.row * self.found.shares).tolist(), float(self.mixed[self.feature])
        spare = len(terms) if self.found.excerpt.folded else None
        if spare is not None:
            terms.append(total - sum(terms))
        return written_sum(terms, total, spare)

    def _take(self, j: int, beat: Beat, span: Span) -> None:
        """One letter's share is taken; until the sum is made it stays."""
        found, (start, _) = self.found, span
        made, end = along(span, MADE), beat.end + 1.0
        of = (found.values.matrix.name, found.values.cell(self.feature, found.seen[j]))
        self.given.write(j, number(self.row[j]), beat.at(GROW.stop), end, of=of)
        self.taken.to("part", (start, made), only=[j])
        self.taken.write(j, self.written[j], made, end)
        at = self.x[j], (self.given_z + self.taken_z) / 2
        self.piece.text(f"times {j}", f"× {found.percent[j]}", *at, start, end, SMALL, ink="faint")

    def pour(self) -> None:
        """The shares are poured together: their sum is one number of the mix."""
        piece, n = self.piece, len(self.found.seen)
        sums = np.cumsum([0.0, *map(read, self.written[:-1])])
        total = self.total = piece.actor("total", "activation", 1)
        for k, colour in enumerate(tones(self.target, self.found.trace, sums)):
            total.pose(f"sum {k}", *cells(self.stage, *self.sum, *LARGE, colour))
        with piece.beat("pour", 3.2) as beat:
            total.enter("sum 0", beat.at(0))
            spans = beat.each(len(sums) - 1, POUR)
            total.write(0, number(0.0), beat.at(0), spans[0][1], HERO)
            for k, (start, stop) in enumerate(spans):
                arrived = along((start, stop), ARRIVED)
                if k < n:
                    self._pour(k, (start, arrived), stop)
                total.to(f"sum {k + 1}", (arrived, stop))
                until = spans[k + 1][1] if k + 1 < len(spans) else beat.end
                total.write(0, number(float(sums[k + 1])), stop, until, HERO)
            total.exit(beat.end)

    def _pour(self, k: int, span: Span, leaves: float) -> None:
        """What is taken of one letter flies into the sum."""
        flying = self.piece.actor(f"poured {k}", "activation", 1)
        for pose in ("part", "mix"):
            stand = self.taken.stands[pose]
            flying.pose(pose, stand.places[k], stand.sizes[k], stand.values[k])
        flying.enter("part", span[0])
        flying.to("mix", span)
        flying.exit(leaves)

    def all(self) -> None:
        """All rows do the same at once, and the mix flies to its sheet."""
        found, piece = self.found, self.piece
        with piece.beat("all", 2.6) as beat:
            again = [self._column(j, s, "again") for j, s in enumerate(found.seen)]
            flying = [self._column(j, s, "flying") for j, s in enumerate(found.seen)]
            for column, copy in zip(again, flying, strict=True):
                column.enter("column", beat.at(0))
                column.to("taken", beat[SHRINK])
                copy.enter("taken", beat.at(FLY.start))
                copy.to("poured", beat[FLY])
                copy.exit(beat.at(POURED))
            self.mix.enter("unmade", beat.at(MIX.start))
            self.mix.to("column", beat[MIX], stagger=0.4)
            piece.until(beat.at(MIX.stop), "empty mix")
        piece.home((self.mix, self.target))
