"""Attention: a query meets the key of every letter, and what comes later is hidden from it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ...layout.drawn import fitting, text_width
from ...layout.layout import Block
from ...network.ops import Array, Scores
from ..example import Example
from ..excerpt import first, largest, percentages, products, sum_of
from ..formula import part, setting
from ..props import number
from ..shapes import (
    COUNTED,
    HIGH,
    PILE,
    Shape,
    cells,
    copies,
    listed,
    pile,
    row_of,
    rows_under,
    tones,
    unfilled,
)
from ..stage import LONG
from ..stagecraft import DROP, LEGIBLE, NUMBER, SMALL, Actor, Beat, SetPiece, Span, along
from ..story import told
from ..words import Words
from . import turned

NAME = "scores"
MOST, FEW = 8, 4  # keys side by side, and in a narrow picture
TILE, COLUMN = 0.92, 0.4  # widths of a score and of a column, in the pitch of the keys
WIDEST, BROADEST = 4.0, 1.6  # and at most
NUMBERED, SLIM = 2.95, 0.75  # a column with numbers on it; the query that goes from key to key then
BESIDE = 0.16  # from it to the key that it visits
ROOM = 0.95  # of the pitch, by the longest of the texts that stand side by side
OVERHANG = 0.3  # by which a score is wider than the key over it
STEPS = 1.2, 1.5  # from number to number in a column, at least and at most
FILLED = 0.87  # of that, by a cell
ROWS, WRITTEN = 6, 0.97  # numbers of a column at most, and their size
LETTERS = 1.35  # the size of the letters below
LEFT, LESS = 4.4, 3.2  # what the query takes at the left, and in an upright picture
OFFERS = 0.3  # where what keys are begins, right of that
COLUMNS, RIDER = 2.4, 0.7  # from the top to the columns; how far over these what a column is stands
RIDING, RIDES = 1.0, 0.75  # and its size; of the pitch, by its width
FEET, LOW = 0.7, 0.5  # from the floor to letters, and in an upright picture
SCORES, MASKED = 2.1, 3.6  # to scores, and those that another row is under
FORMULA, RIGHT = 1.15, 2.2  # its size; how far from the edge its middle is at least
ALIKE = 1e-3  # so close to a score is what makes it
# Parts of keys: the query comes, the keys do, what they are is said.
ASKS, ANSWERS, OFFERED = slice(0.0, 0.2), slice(0.05, 0.4), 0.1
SAID = 0.06  # of keys and of mask: who asks; then an earlier query has no room beside the first, which goes
# Of match: the query goes from key to key, and back to its place.
VISITS, BACK = slice(0.02, 0.9), slice(0.92, 1.0)
MATCH, ALONE = 4.5, 8.0  # seconds of match, and where no mask follows
EASE = 0.85  # of a visit, that the next one takes
MEETS, SCORED = 0.35, 0.9  # of a visit: query and key are side by side, and their score is there
TOLD = 0.6  # that of one that is told in figures
# Of mask: an earlier query comes, goes from key to key, and back; holes are left.
ASKS_TOO, VISITS_TOO, BACK_TOO = slice(0.02, 0.18), slice(0.2, 0.62), slice(0.64, 0.72)
HOLES = 0.66


class Attention:
    """What one query finds: the keys shown, its scores and its shares."""

    def __init__(self, example: Example, most: int) -> None:
        trace, focus = example.trace, example.focus
        t = focus.position
        self.trace, self.t = trace, t
        self.scores, self.pattern = (
            example.here(f"attn.{kind}", head=True) for kind in ("scores", "pattern")
        )
        self.queries, self.keys, self.values = (turned(example.layout, letter, focus) for letter in "qkv")
        self.row = self.pattern.values(trace)[t, : t + 1].astype(float)
        op = self.scores.matrix.op
        assert op is not None
        visible = [s for s in range(t + 1) if not op.hidden((focus.head, t, s))]  # some look back only so far
        self.excerpt = largest(self.row[visible], most)
        self.seen = [visible[i] for i in self.excerpt.shown]
        self.raw = self.scores.values(trace)[t, self.seen].astype(float)
        self.shares = self.row[self.seen]
        sinks = f"blocks.{focus.layer}.attn.sinks" in trace.network.matrices
        sunk = 1 - float(self.row.sum()) if sinks else 0.0  # a share that nobody gets
        self.rest = float(self.row[visible][self.excerpt.folded].sum()) + sunk
        self.letter = example.letter
        self.letters = [told(example.tokens[s]) for s in self.seen]

    @property
    def percent(self) -> list[str]:
        """The shares as they are written; the last one is what all that is not shown has together."""
        return percentages([*self.shares, self.rest])

    def ink(self, j: int) -> str:
        """That of a key's letter: of all of them who asks stands out."""
        return "accent" if self.seen[j] == self.t else "ink"

    @property
    def earlier(self) -> int | None:
        """Which of the keys shown belongs to a letter that asks before others are there."""
        return (len(self.seen) - 1) // 2 if len(self.seen) > 1 else None


def meeting(example: Example, masked: bool = True) -> SetPiece:
    """Beats: keys, match, mask. The query visits every key; an earlier one does not see later letters.

    Without that last beat unless it is `masked`.
    """
    stage = example.stage(example.here("attn.scores", head=True), (example.focus.position,) * 2)
    found = Attention(example, FEW if stage.upright else MOST)
    telling = _Meeting(SetPiece(NAME, stage), found, example.words, masked)
    telling.keys()
    telling.match()
    if masked:
        telling.mask()
    return telling.piece


class _Meeting:
    """Queries at the left, keys in a row, and scores below them."""

    def __init__(self, piece: SetPiece, found: Attention, words: Words, masked: bool) -> None:
        self.piece, self.found, self.words, self.masked = piece, found, words, masked
        stage = self.stage = piece.stage
        aside = LESS if stage.upright else LEFT
        self.left = aside - stage.reach
        self.pitch = (stage.reach - self.left) / len(found.seen)
        self.x = row_of(len(found.seen), self.pitch, (self.left + stage.reach) / 2)
        self.numbered = not masked and self.pitch >= NUMBERED + SLIM + 2 * BESIDE
        self.wide = NUMBERED if self.numbered else min(BROADEST, COLUMN * self.pitch)
        self.slim = SLIM if self.numbered else min(self.wide, self.pitch - self.wide - 2 * BESIDE)
        self.tile = self.wide + OVERHANG if self.numbered else min(WIDEST, TILE * self.pitch)
        self.letter_size = fitting(found.letters, ROOM * self.pitch, LETTERS, SMALL)
        self.figure_size = fitting(map(number, found.raw.tolist()), ROOM * self.pitch, NUMBER, LEGIBLE)
        self.key_x = self.x + (self.slim + BESIDE) / 2  # a query that visits stands at its left
        self.heading = stage.title
        self.letter_z = stage.floor + (LOW if stage.upright else FEET)
        self.rows = stage.floor + (MASKED if masked else SCORES), stage.floor + SCORES
        self.top, self.low = stage.top - COLUMNS, self.rows[0] + HIGH
        self.query_x = self.left - aside / 2
        self._list(found.keys.shape[0])
        self.columns = [self._key(j, s) for j, s in enumerate(found.seen)]

    def _list(self, count: int) -> None:
        """Which numbers of a column can be read, and where they stand; the others are a pile below."""
        room, (least, most) = self.top - self.low, STEPS
        fit = room if count * least <= room else room - PILE - (1 - FILLED) * least
        self.excerpt = first(count, min(ROWS, int(fit / least)) if self.numbered else 0)
        shown = len(self.excerpt)
        step = min(most, fit / shown) if shown else (self.top - self.low) / count
        self.z, self.tall = rows_under(self.top, shown + 1, step), FILLED * step

    def _key(self, j: int, s: int) -> Actor:
        """The key of one letter."""
        return self._column(f"key {j}", self.found.keys, s, float(self.key_x[j]))

    def _column(self, name: str, block: Block, column: int, x: float) -> Actor:
        actor = self.piece.actor(name, "activation", block.shape[0])
        values = tones(block, self.found.trace, block.values(self.found.trace)[:, column])
        actor.pose("sheet", *copies(block, self.found.trace, column=column))
        actor.pose("column", *self._standing(x, self.wide, values))
        return actor

    def _standing(self, x: float, wide: float, values: Array) -> Shape:
        """A column around a place: cells with numbers and a pile, or slices alone."""
        if self.numbered:
            return listed(self.stage, x, self.z, wide, self.excerpt, values, self.tall)
        z, each = pile(self.top, self.top - self.low, len(values))
        return cells(self.stage, x, z, wide, each, values)

    def _write(self, actor: Actor, block: Block, column: int, start: float) -> None:
        """The numbers on a column."""
        values = block.values(self.found.trace)[:, column].astype(float)
        for i in self.excerpt.shown:
            of = (block.matrix.name, block.cell(i, column))
            actor.write(i, number(values[i]), start, None, WRITTEN, of)

    def _query(self, name: str, position: int, letter: str, beat: Beat, comes: slice) -> Actor:
        """The query of a letter comes to its place at the left."""
        block = self.found.queries
        query = self._column(name, block, position, self.query_x)
        query.enter("sheet", beat.at(0))
        query.to("column", beat[comes])
        self._write(query, block, position, beat.at(comes.stop))
        said = self.words.note("asks", letter=letter)
        half = text_width(said, NUMBER) / 2
        x = max(self.query_x, half - self.stage.reach)
        self.asked = x + half  # where it ends
        self.piece.text(f"asks {name}", said, x, self.heading, beat.at(SAID), ink="accent")
        return query

    def _ride(self, name: str, query: Actor, spans: list[Span], back: Span) -> None:
        """A query goes from key to key and back; one with numbers sends a copy, which is called one and gone
        after its last visit."""
        rider, values = query, query.stands["column"].values
        if self.numbered:
            rider = self.piece.actor(name, "activation", query.count)
            rider.stands["column"] = query.stands["column"]
            rider.enter("column", spans[0][0])
            self.piece.until(spans[0][0], "called")
            rider.exit(back[0])
        for j, (start, end) in enumerate(spans):
            x = self.x[j] - (self.wide + BESIDE) / 2
            rider.pose(f"at {j}", *self._standing(x, self.slim, values))
            rider.to(f"at {j}", (start, along((start, end), MEETS)))
        if not self.numbered:
            rider.to("column", back)
        else:
            over = RIDER + self.tall / 2
            said = self.words.note("query").lower()
            size = fitting([said], RIDES * self.pitch, RIDING, SMALL)
            rider.write(0, said, along(spans[0], MEETS), back[0], size, ink="accent", lift=over)

    # --- beats ---

    def keys(self) -> None:
        """The query stands at the left, the keys of all letters in a row."""
        found, piece = self.found, self.piece
        with piece.beat("keys", 3.0) as beat:
            self.query = self._query("query", found.t, found.letter, beat, ASKS)
            if self.masked:  # there are two rows
                self._letter("row 0", found.letter, self.query_x, self.rows[0], beat.at(SAID))
            for j, (start, end) in enumerate(beat.each(len(found.seen), ANSWERS)):
                self.columns[j].enter("sheet", beat.at(0))
                self.columns[j].to("column", (start, end))
                self._write(self.columns[j], found.keys, found.seen[j], end)
                self._letter(
                    f"letter {j}", found.letters[j], self.key_x[j], self.letter_z, start, found.ink(j)
                )
                piece.outline(f"empty {j}", self.key_x[j], self.rows[0], self.tile, HIGH, beat.at(SAID))
            offers, size = self.words.note("offers"), SMALL if self.stage.upright else NUMBER
            at = (self._offered(), self.heading)
            piece.text("offers", offers, *at, beat.at(OFFERED), size=size, align="left")
            if self.numbered:
                said, over = self.words.note("query").lower(), self.top + RIDER
                piece.text("called", said, self.query_x, over, beat.at(SAID), None, SMALL, ink="faint")
            if self.numbered and self.excerpt.folded:
                said = self.words.note("others", count=len(self.excerpt.folded))
                at = (self.query_x, float(self.z[-1]) + self.tall / 2 - PILE / 2 - COUNTED - 2 * DROP)
                piece.text("others", said, *at, beat.at(SAID), None, SMALL, ink="faint")

    def _letter(self, name: str, letter: str, x: float, z: float, start: float, ink: str = "accent") -> None:
        self.piece.text(name, letter, x, z, start, None, self.letter_size, ink=ink)

    def _offered(self) -> float:
        """Where what keys are begins: over them, and right of who asks."""
        return max(self.left, self.asked) + OFFERS

    def match(self) -> None:
        """The query visits key after key; each visit leaves a score."""
        n = len(self.found.seen)
        with self.piece.beat("match", MATCH if self.masked else ALONE) as beat:
            spans = beat.each(n, VISITS, ease=EASE)
            self._visit("score", self.found.t, 0, n, spans)
            self._ride("rider", self.query, spans, beat[BACK])
            if self.masked:
                self._formula(beat)
            else:
                self._figures(spans, beat.end)

    def _formula(self, beat: Beat) -> None:
        """How a score is made, in signs: told at length only."""
        tex, lit = self._rule(part(1, r"q\cdot k")), {1: beat[VISITS]}
        middle = self.stage.reach - max(RIGHT, FORMULA * setting(tex).width / 2)
        at = (middle, self.heading)
        self.piece.formula("formula", tex, *at, beat.at(VISITS.start), beat.end, FORMULA, lit)

    def _figures(self, visits: Sequence[Span], end: float) -> None:
        """How each score is made, in figures, from when it is there until the next one is; where it is more
        than a scaled product, not at all. Whose it is is said where there is room."""
        found, count = self.found, self.query.count
        query = found.queries.values(found.trace)[:, found.t].astype(float)
        keys = found.keys.values(found.trace)[:, found.seen].astype(float)  # [d_head, seen]
        raw = found.raw.astype(float)
        scaled = query @ keys / count**0.5
        if self.stage.width < LONG or (np.abs(scaled - raw) > ALIKE * np.maximum(1.0, np.abs(raw))).any():
            return
        sums = [products(query, keys[:, j], range(count), raw[j], count) for j in range(len(raw))]
        whose = [f"{said}:" for said in self._whose()]
        offered = self._offered() + text_width(self.words.note("offers"), NUMBER) + OFFERS
        takes = [
            text_width(a, SMALL) + OFFERS + text_width(b[0], SMALL) for a, b in zip(whose, sums, strict=True)
        ]
        named = offered + OFFERS + max(takes) <= self.stage.reach
        made = [*(along(visit, TOLD) for visit in visits), end]
        for j, ((said, terms), (start, until)) in enumerate(zip(sums, pairwise(made), strict=True)):
            x = self.stage.reach - text_width(said, SMALL)
            self.piece.text(sum_of(terms, j), said, x, self.heading, start, until, SMALL, "left")
            at = (x - OFFERS, self.heading)
            if named:
                self.piece.text(f"whose {j}", whose[j], *at, start, until, SMALL, "right", ink=found.ink(j))

    def _whose(self) -> list[str]:
        """What keys are called: by their places, where several have the same letter."""
        letters = self.found.letters
        if len(set(letters)) == len(letters):
            return list(letters)
        return [self.words.note("of_place", position=position + 1) for position in self.found.seen]

    def _rule(self, product: str) -> str:
        """How a product becomes a score: scaled, and by some models held within a cap."""
        op = self.found.scores.matrix.op
        assert isinstance(op, Scores)
        scale = r"/\sqrt{" + str(self.query.count) + "}" if op.scale is None else rf"\times {op.scale:.3g}"
        return product + scale if op.cap is None else rf"{op.cap:g}\tanh({product}{scale}/{op.cap:g})"

    def _visit(self, name: str, position: int, row: int, count: int, spans: list[Span]) -> None:
        """Where a query visits a key, it leaves a score."""
        found = self.found
        raw = found.scores.values(found.trace)[position, found.seen[:count]].astype(float)
        places: Array = self.key_x[:count]
        scores = self.piece.actor(name, "activation", count)
        colours = tones(found.scores, found.trace, raw)
        filled = cells(self.stage, places, self.rows[row], self.tile, HIGH, colours)
        scores.pose("unmade", *unfilled(filled))
        scores.pose("made", *filled)
        scores.enter("unmade", spans[0][0])
        for j, (start, end) in enumerate(spans):
            scored = SCORED if self.masked else TOLD
            met, made = along((start, end), MEETS), along((start, end), scored)
            self.columns[j].glow((met, made))
            scores.to("made", (met, made), only=[j])
            of = (found.scores.matrix.name, found.scores.cell(position, found.seen[j]))
            scores.write(j, number(raw[j]), made, None, self.figure_size, of)

    def mask(self) -> None:
        """An earlier letter asks as well; where later ones stand, its row has holes."""
        found, piece = self.found, self.piece
        if found.earlier is None:
            return
        count, position = found.earlier + 1, found.seen[found.earlier]
        with piece.beat("mask", 3.5) as beat:
            self.query.exit(beat.at(SAID))
            piece.until(beat.at(SAID), "asks query", "offers")  # nor all keys
            letter = found.letters[found.earlier]
            query = self._query("earlier", position, letter, beat, ASKS_TOO)
            self._letter("row 1", letter, self.query_x, self.rows[1], beat.at(ASKS_TOO.stop))
            spans = beat.each(count, VISITS_TOO)
            self._visit("earlier score", position, 1, count, spans)
            self._ride("earlier rider", query, spans, beat[BACK_TOO])
            later = self.key_x[count:]
            for j, x in enumerate(later):
                piece.outline(f"hole {j}", x, self.rows[1], self.tile, HIGH, beat.at(HOLES))
            said = self.words.note("later")
            piece.text("later", said, self.stage.reach, self.heading, beat.at(HOLES), align="right")
