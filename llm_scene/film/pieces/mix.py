"""The weighted sum: a letter takes its share of what every letter offers."""

from __future__ import annotations

import numpy as np

from ...layout.layout import Block
from ...network.ops import Array
from ..example import Example
from ..excerpt import read, written_sum
from ..props import number
from ..shapes import cells, copies, gone, pile, relative, row_of, tones
from ..stagecraft import COMES, HERO, SMALL, Actor, SetPiece
from ..words import Words
from .scores import FEW, LETTERS, MOST, Attention

TILE, HIGH = 0.9, 1.4  # a cell with a number on it: its width in the pitch of the letters, its height
COLUMN = 0.78  # the width of a column in that pitch
RIGHT = 6.6  # what the result takes at the right
LARGE = (5.0, 2.4)  # the cell in which one row is added up


def mix(example: Example, brief: bool = False) -> SetPiece:
    """Beats: offer, take, pour, all, home: one row with its numbers, then the whole column.

    `brief` leaves out the one row.
    """
    target = example.here("attn.z", head=True)
    stage = example.stage(target)
    found = Attention(example, (FEW if stage.upright else MOST) - 1)
    telling = _Telling(SetPiece("mix", stage), found, target, example.words)
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
        self.letter_z, self.share_z = stage.top - 0.9, stage.top - 2.7
        self.top = self.share_z - 1.1
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
        return int((second + 0.5 * parts.max(axis=1)).argmax())

    def _column(self, j: int, s: int, name: str = "value") -> Actor:
        """What one letter offers, and the same taken by its share."""
        found, block = self.found, self.found.values
        values = tones(block, found.trace, block.values(found.trace)[:, s])
        actor = self.piece.actor(f"{name} {j}", "activation", block.shape[0])
        actor.pose("sheet", *copies(block, found.trace, column=s))
        wide = COLUMN * self.pitch
        actor.pose("column", *cells(self.stage, self.x[j], self.z, wide, self.each, values))
        share = max(0.03, float(found.shares[j]))
        actor.pose("taken", *cells(self.stage, self.x[j], self.z, wide * share, self.each, values))
        actor.pose("poured", *cells(self.stage, self.result_x, self.z, 0.1 * wide * share, self.each, values))
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
            for j, (start, end) in enumerate(beat.each(len(found.seen), 0.05, 0.45)):
                self.columns[j].enter("sheet", beat.at(0))
                self.columns[j].to("column", (start, end))
                x = self.x[j]
                piece.text(
                    f"letter {j}", found.letters[j], x, self.letter_z, start, None, LETTERS, ink="accent"
                )
                of = (found.pattern.matrix.name, found.pattern.cell(found.t, found.seen[j]))
                piece.text(f"share {j}", found.percent[j], x, self.share_z, end, None, 1.15, of=of)
            mixed, wide, high = (
                self.words.note("new_of", letter=found.letter),
                COLUMN * self.pitch,
                self.top - stage.floor,
            )
            piece.text("mixed", mixed, self.result_x, self.share_z, beat.at(COMES))
            piece.outline(
                "empty mix", self.result_x, self.top - high / 2, wide + 0.3, high + 0.2, beat.at(COMES)
            )

    def take(self) -> None:
        """One row of them, large: number times share."""
        found, piece, stage = self.found, self.piece, self.stage
        n = len(found.seen)
        tile = min(4.2, TILE * self.pitch)
        self.taken_z, self.given_z = stage.middle - 3.6, stage.middle - 0.4
        self.given = piece.actor("given", "activation", n)
        colours = tones(found.values, found.trace, self.row)
        parts = relative(self.row * found.shares)
        at = self.z[self.feature]
        self.given.pose("row", *cells(stage, self.x, at, COLUMN * self.pitch, self.each, colours))
        self.given.pose("large", *cells(stage, self.x, self.given_z, tile, HIGH, colours))
        self.taken = piece.actor("taken", "activation", n)
        self.taken.pose("whole", *gone(cells(stage, self.x, self.given_z, tile, HIGH, colours)))
        self.taken.pose("part", *cells(stage, self.x, self.taken_z, tile, HIGH, parts))
        self.taken.pose("mix", *gone(cells(stage, self.result_x, stage.middle - 2.0, tile, HIGH, parts)))
        terms, total = (self.row * found.shares).tolist(), float(self.mixed[self.feature])
        if found.excerpt.folded:
            terms.append(total - sum(terms))
        self.written = written_sum(terms, total, n if found.excerpt.folded else None)
        with piece.beat("take", 4.0) as beat:
            end = beat.index + 2.0
            for column in self.columns:
                column.to("sheet", beat[0.05:0.25])
                column.exit(beat.at(0.26))
            self.given.enter("row", beat.at(0))
            self.given.to("large", beat[0.05:0.3])
            self.taken.enter("whole", beat.at(0.3))
            for j, (start, stop) in enumerate(beat.each(n, 0.36, 0.92, ease=0.85)):
                made = start + 0.7 * (stop - start)
                of = (found.values.matrix.name, found.values.cell(self.feature, found.seen[j]))
                self.given.write(j, number(self.row[j]), beat.at(0.3), end, of=of)
                self.taken.to("part", (start, made), only=[j])
                self.taken.write(j, self.written[j], made, end)
                piece.text(
                    f"times {j}",
                    f"× {found.percent[j]}",
                    self.x[j],
                    (self.given_z + self.taken_z) / 2,
                    start,
                    end,
                    SMALL,
                    ink="faint",
                )
            self.given.exit(end)
            self.taken.exit(end)

    def pour(self) -> None:
        """The shares are poured together: their sum is one number of the mix."""
        piece, stage, n = self.piece, self.stage, len(self.found.seen)
        z = stage.middle - 2.0
        sums = np.cumsum([0.0, *map(read, self.written[:-1])])
        total = self.total = piece.actor("total", "activation", 1)
        for k, colour in enumerate(tones(self.target, self.found.trace, sums)):
            total.pose(f"sum {k}", *cells(stage, self.result_x, z, *LARGE, colour))
        with piece.beat("pour", 3.2) as beat:
            end = beat.index + 1.0
            total.enter("sum 0", beat.at(0))
            spans = beat.each(len(sums) - 1, 0.05, 0.85)
            total.write(0, number(0.0), beat.at(0), spans[0][1], HERO)
            for k, (start, stop) in enumerate(spans):
                arrived = start + 0.8 * (stop - start)
                if k < n:
                    flying = piece.actor(f"poured {k}", "activation", 1)
                    for pose in ("part", "mix"):
                        stand = self.taken.stands[pose]
                        flying.pose(pose, stand.places[k], stand.sizes[k], stand.values[k])
                    flying.enter("part", start)
                    flying.to("mix", (start, arrived))
                    flying.exit(stop)
                total.to(f"sum {k + 1}", (arrived, stop))
                until = spans[k + 1][1] if k + 1 < len(spans) else end
                total.write(0, number(float(sums[k + 1])), stop, until, HERO)
            total.exit(end)

    def all(self) -> None:
        """All rows do the same at once, and the mix flies to its sheet."""
        found, piece = self.found, self.piece
        with piece.beat("all", 2.6) as beat:
            again = [self._column(j, s, "again") for j, s in enumerate(found.seen)]
            flying = [self._column(j, s, "flying") for j, s in enumerate(found.seen)]
            for column, copy in zip(again, flying, strict=True):
                column.enter("column", beat.at(0))
                column.to("taken", beat[0.05:0.3])
                copy.enter("taken", beat.at(0.32))
                copy.to("poured", beat[0.32:0.5])
                copy.exit(beat.at(0.52))
            self.mix.enter("unmade", beat.at(0.3))
            self.mix.to("column", beat[0.35:0.6], stagger=0.4)
        with piece.beat("home", 1.3) as beat:
            self.mix.to("sheet", beat[0.1:0.8])
            self.mix.stays(self.target)
