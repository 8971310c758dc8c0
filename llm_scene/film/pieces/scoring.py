"""Learned rows meet the last letter's column: each makes a candidate's score, or an answer in the MLP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...layout.drawn import fitting, text_width
from ...layout.layout import Block
from ...network.ops import Array, Linear, Normed, Unembed
from ..example import Example
from ..excerpt import Excerpt, largest, products, sum_of
from ..props import number
from ..shapes import Shape, cells, some, tones, unfilled
from ..stagecraft import COMES, HERO, NUMBER, SMALL, Actor, Beat, SetPiece
from .learned import table_of

MOST, LEAST = 7, 2  # numbers of a row that are shown
CELL, FILLED = 3.4, 0.94  # a number with its cell at least, in stage units; what of that the cell fills
ROW, HIGH, FLAT = 3.9, 1.3, 0.62  # from row to row at most; a cell at most, and of its row
HIGHER = 1.6  # of these, in an upright picture
TITLE = 1.2  # what the words above the column take
LETTER, ROOM = 0.24, 0.6  # the letters' share of the stage's width at most; between them and their row
SCORE, EQUALS = 3.4, 1.6  # a score, and the sign before it
FOLD, NEXT, PILED = 0.7, 0.4, 6  # a pile of so many others, and how far it is from those shown
SMALLER = 0.75  # in a narrow picture
BELOW = 0.8  # from a row to what is said under it
BETWEEN = 1.25  # two rows: so much leaves room for what is added up
COMING, READ = slice(0.02, 0.26), 0.26  # of its beat: column and rows come; their numbers
VISITS = slice(0.34, 0.86)  # row after row
SCORED = 0.6  # of a visit: its score is there


@dataclass(frozen=True, eq=False)
class Scoring:
    """The last letter's numbers, the learned table, and which of its rows are shown, with their names."""

    example: Example
    made: Block  # what the table makes of the column: the scores
    column: Block
    table: Block
    tokens: Sequence[int]  # rows, one for each token or question
    letters: Sequence[str]
    answers: Sequence[str] = ()  # what the scores mean, in words
    others: str = ""  # what is said of the rows that are not shown

    @property
    def t(self) -> int:
        """The position that is looked at."""
        return self.example.focus.position

    @property
    def inputs(self) -> Array:
        """The last letter's numbers."""
        return self.column.values(self.example.trace)[:, self.t].astype(float)

    @property
    def wide(self) -> bool:
        """Whether a token has a column of the table instead of a row."""
        return self.table.shape[0] != self.made.shape[0]

    def at(self, token: int, i: int) -> tuple[int, int]:
        """Where a token's number stands in the table."""
        return (i, token) if self.wide else (token, i)

    def learned(self, token: int) -> Array:
        """What was learned for a token."""
        values = self.table.values(self.example.trace)
        return (values[:, token] if self.wide else values[token]).astype(float)

    def score(self, token: int) -> float:
        """What comes of it."""
        return float(self.made.values(self.example.trace)[token, self.t])

    def shown(self, most: int) -> Excerpt:
        """The numbers that matter most for the first one."""
        return largest(self.inputs * self.learned(self.tokens[0]), most)


def scoring(example: Example, made: Block, tokens: Sequence[int], letters: Sequence[str]) -> Scoring | None:
    """How some numbers of the last letter's are made; None where no table is shown that makes them."""
    table = table_of(example.layout, made)
    sources = [block for name in made.matrix.inputs for block in example.layout.of(name)]
    column = next((block for block in sources if block.role != "weight"), None)
    if table is None or column is None:
        return None
    return Scoring(example, made, column, table, tokens, letters)


def meet(piece: SetPiece, found: Scoring, seconds: float) -> Shape:
    """One beat, asked: the column lies over the rows, and each row makes a score of it. How the scores stand
    in the end is returned."""
    with piece.beat("asked", seconds) as beat:
        return _Meeting(piece, found).play(beat)


class _Meeting:
    """The last letter's numbers on top, learned rows under them, and the scores at the right."""

    def __init__(self, piece: SetPiece, found: Scoring) -> None:
        self.piece, self.found, self.words = piece, found, found.example.words
        stage = self.stage = piece.stage
        self.trace = found.example.trace
        small = SMALLER if stage.upright or stage.square else 1.0
        self.size = small * HERO
        told = [*found.letters, f"“{found.example.letter}”"]
        letter = min(max(text_width(text, self.size) for text in told), LETTER * stage.width)
        self.letter_room, self.letter_x = letter, letter / 2 - stage.reach
        left = letter + ROOM - stage.reach
        self.score_wide = small * SCORE
        self.score_x = stage.reach - self.score_wide / 2
        self.equals_x = stage.reach - self.score_wide - EQUALS / 2
        right = stage.reach - self.score_wide - EQUALS - FOLD - NEXT
        self.excerpt = found.shown(max(LEAST, min(MOST, int((right - left) / CELL))))
        self.kept = [*self.excerpt.shown, *self.excerpt.folded[:PILED]]  # numbers that are there as cells
        pitch = (right - left) / len(self.excerpt)
        self.left, self.cell = left, FILLED * pitch
        self.x = left + pitch * (np.arange(len(self.excerpt)) + 0.5)
        room = stage.top - TITLE - stage.floor
        tall = HIGHER if stage.upright and not stage.square else 1.0
        self.row = min(tall * ROW, room / (len(found.tokens) + 1))
        self.high = min(tall * HIGH, FLAT * self.row)
        self.z = stage.top - TITLE - self.row * np.arange(len(found.tokens) + 1) - self.high / 2

    def play(self, beat: Beat) -> Shape:
        """All of it."""
        found = self.found
        tops = [(i, found.t) for i in self.kept]
        last = self._numbers("last", found.column, tops, found.inputs, 0, beat)
        self._letter("asking", f"“{found.example.letter}”", 0, beat)
        evened = isinstance(found.column.matrix.op, Normed)
        key, shown = "some_rescaled" if evened else "some", len(self.excerpt)
        said = self.words.note(key, shown=shown, count=len(found.inputs))
        self._note("asking said", said, self.stage.title, beat.at(COMES))
        scores, made = self._scores()
        for n, (span, token) in enumerate(
            zip(beat.each(len(found.tokens), VISITS), found.tokens, strict=True)
        ):
            at = [found.at(token, i) for i in self.kept]
            row = self._numbers(f"row {n}", found.table, at, found.learned(token), n + 1, beat)
            self._letter(f"asked {n}", found.letters[n], n + 1, beat)
            for actor in (last, row):
                actor.glow(span)
            done = span[0] + SCORED * (span[1] - span[0])
            self.piece.text(f"equals {n}", "=", self.equals_x, self.z[n + 1], span[0], beat.end, NUMBER)
            if n == 0:
                made_at = done
                scores.enter("unmade", span[0])
            scores.to("made", (span[0], done), only=[n])
            of = (found.made.matrix.name, found.made.cell(token, found.t))
            scores.write(n, number(found.score(token)), done, None, min(self.size, NUMBER), of)
            for said in found.answers[n : n + 1]:
                under = self.score_x, self.z[n + 1] - self.high / 2 - BELOW
                self.piece.text(f"answer {n}", said, *under, done, beat.end, NUMBER)
        if found.others:
            self._note("others", found.others, self.z[-1] - self.high / 2 - BELOW, beat.at(READ))
        op = found.made.matrix.op
        plain = isinstance(op, Linear) or (isinstance(op, Unembed) and op.plain)
        if plain and self.row - self.high > BETWEEN:
            self._written(made_at)
        scores.exit(beat.end)
        return made

    def _numbers(
        self, name: str, block: Block, at: list[tuple[int, int]], values: Array, row: int, beat: Beat
    ) -> Actor:
        """Numbers side by side: those shown as cells, the others as a pile at their right."""
        values, count, shown = values[self.kept], len(self.kept), len(self.excerpt)
        x, wide = np.zeros(count), np.full(count, self.cell)
        x[:shown] = self.x
        if count > shown:
            each = FOLD / (count - shown)
            x[shown:] = self.x[-1] + self.cell / 2 + NEXT + each * (np.arange(count - shown) + 0.5)
            wide[shown:] = each
        actor = self.piece.actor(name, block.role, count)
        actor.pose("sheet", *some(block, self.trace, at))
        colours = tones(block, self.trace, values)
        actor.pose("row", *cells(self.stage, x, self.z[row], wide, self.high, colours))
        actor.enter("sheet", beat.at(0))
        actor.to("row", beat[COMING])
        for i in range(shown):
            of = (block.matrix.name, block.cell(*at[i])) if block.role != "weight" else None
            actor.write(i, number(values[i]), beat.at(READ), None, min(self.size, NUMBER), of)
        actor.exit(beat.end)
        return actor

    def _letter(self, name: str, letter: str, row: int, beat: Beat) -> None:
        size = fitting([letter], self.letter_room, self.size)
        ink = "accent" if row == 0 else "ink"
        self.piece.text(name, letter, self.letter_x, self.z[row], beat.at(COMES), beat.end, size, ink=ink)

    def _note(self, name: str, said: str, z: float, start: float, ink: str = "faint") -> None:
        end = float(len(self.piece.beats))
        self.piece.text(name, said, self.left, z, start, end, SMALL, "left", ink)

    def _scores(self) -> tuple[Actor, Shape]:
        """A score at the end of each row."""
        found = self.found
        raw = np.array([found.score(token) for token in found.tokens])
        colours = tones(found.made, self.trace, raw)
        made = cells(self.stage, self.score_x, self.z[1:], self.score_wide, self.high, colours)
        actor = self.piece.actor("made", "activation", len(raw))
        actor.pose("unmade", *unfilled(made))
        actor.pose("made", *made)
        return actor, made

    def _written(self, start: float) -> None:
        """What is added up for the first one, in figures."""
        found, token = self.found, self.found.tokens[0]
        said, terms = products(found.learned(token), found.inputs, self.excerpt.shown, found.score(token))
        if text_width(said, SMALL) > self.stage.reach - self.left:
            return
        name = sum_of(map(self.kept.index, terms))
        self._note(name, said, self.z[1] - self.row / 2, start, "ink")
