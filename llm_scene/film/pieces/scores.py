"""Attention: a query meets the key of every letter, and what comes later is hidden from it."""

from __future__ import annotations

from ...layout.layout import Block
from ...network.ops import Array, Scores
from ..example import Example
from ..excerpt import largest, percentages, products, sum_of
from ..formula import part, setting
from ..props import number
from ..shapes import cells, copies, gone, pile, row_of, tones
from ..stage import LONG
from ..stagecraft import COMES, NUMBER, SMALL, Actor, Beat, SetPiece, along
from ..story import told
from ..words import Words
from . import turned

NAME = "scores"
MOST, FEW = 8, 5  # keys side by side, and in a narrow picture
TILE, COLUMN = 0.92, 0.4  # widths of a score and of a column, in the pitch of the keys
WIDEST, BROADEST = 4.0, 1.6  # and at most
ASIDE = 0.65  # of a column: how far query and key stand from the middle between them
HIGH = 1.3  # of a cell with a score on it
LETTERS = 1.5  # the size of the letters below
LEFT = 4.4  # what the query takes at the left
OFFERS = 0.3  # where what keys are begins, right of that
COLUMNS = 1.2  # from the top to the columns
FEET, SCORES, MASKED = 0.6, 2.1, 3.6  # over the floor: letters; scores, and those that another row is under
FORMULA, RIGHT = 1.15, 2.2  # its size; how far from the edge its middle is at least
ALIKE = 1e-3  # so close to a score is what makes it
# Parts of keys: the query comes, the keys do, what they are is said.
ASKS, ANSWERS, OFFERED = slice(0.02, 0.4), slice(COMES, 0.7), 0.5
# Of match: the query goes from key to key, and back to its place.
VISITS, BACK = slice(0.02, 0.9), slice(0.92, 1.0)
MEETS, SCORED = 0.35, 0.9  # of a visit: query and key are side by side, and their score is there
# Of mask: the first query is gone; an earlier one comes, goes from key to key, and back; holes are left.
CLEARED = 0.06
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
        self.left = LEFT - stage.reach
        self.pitch = (stage.reach - self.left) / len(found.seen)
        self.x = row_of(len(found.seen), self.pitch, (self.left + stage.reach) / 2)
        self.tile, self.wide = min(WIDEST, TILE * self.pitch), min(BROADEST, COLUMN * self.pitch)
        self.heading = stage.title
        self.letter_z = stage.floor + FEET
        self.rows = stage.floor + (MASKED if masked else SCORES), stage.floor + SCORES
        top, low = stage.top - COLUMNS, self.rows[0] + HIGH
        self.z, self.each = pile(top, top - low, found.keys.shape[0])
        self.query_x = self.left - LEFT / 2
        self.columns = [self._key(j, s) for j, s in enumerate(found.seen)]

    def _key(self, j: int, s: int) -> Actor:
        """The key of one letter."""
        return self._column(f"key {j}", self.found.keys, s, self.x[j] + ASIDE * self.wide)

    def _query(self, name: str, position: int, visited: int) -> Actor:
        """The query of one letter, which visits so many keys."""
        actor = self._column(name, self.found.queries, position, self.query_x)
        values = actor.stands["column"].values
        for j in range(visited):
            x = self.x[j] - ASIDE * self.wide
            actor.pose(f"at {j}", *cells(self.stage, x, self.z, self.wide, self.each, values))
        return actor

    def _column(self, name: str, block: Block, column: int, x: float) -> Actor:
        actor = self.piece.actor(name, "activation", block.shape[0])
        values = tones(block, self.found.trace, block.values(self.found.trace)[:, column])
        actor.pose("sheet", *copies(block, self.found.trace, column=column))
        actor.pose("column", *cells(self.stage, x, self.z, self.wide, self.each, values))
        return actor

    # --- beats ---

    def keys(self) -> None:
        """The query stands at the left, the keys of all letters in a row."""
        found, piece = self.found, self.piece
        self.query = self._query("query", found.t, len(found.seen))
        with piece.beat("keys", 3.0) as beat:
            self.query.enter("sheet", beat.at(0))
            self.query.to("column", beat[ASKS])
            said, at = self.words.note("asks", letter=found.letter), (self.query_x, self.heading)
            piece.text("asks", said, *at, beat.at(COMES), beat.end + 1.0, ink="accent")
            self._letter("row 0", found.letter, self.query_x, self.rows[0], beat.at(COMES))
            for j, (start, end) in enumerate(beat.each(len(found.seen), ANSWERS)):
                self.columns[j].enter("sheet", beat.at(0))
                self.columns[j].to("column", (start, end))
                self._letter(f"letter {j}", found.letters[j], self.x[j], self.letter_z, start)
                piece.outline(f"empty {j}", self.x[j], self.rows[0], self.tile, HIGH, start)
            offers, size = self.words.note("offers"), SMALL if self.stage.upright else NUMBER
            at = (self.left + OFFERS, self.heading)
            piece.text("offers", offers, *at, beat.at(OFFERED), size=size, align="left")

    def _letter(self, name: str, letter: str, x: float, z: float, start: float) -> None:
        self.piece.text(name, letter, x, z, start, None, LETTERS, ink="accent")

    def match(self) -> None:
        """The query visits key after key; each visit leaves a score."""
        n = len(self.found.seen)
        with self.piece.beat("match", 4.5) as beat:
            self._visit(self.query, "score", self.found.t, 0, n, beat.each(n, VISITS, ease=0.85))
            self.query.to("column", beat[BACK])
            if self.masked:
                self._formula(beat)
            else:
                self._figures(beat)

    def _formula(self, beat: Beat) -> None:
        """How a score is made, in signs: told at length only."""
        tex, lit = self._rule(part(1, r"q\cdot k")), {1: beat[VISITS]}
        middle = self.stage.reach - max(RIGHT, FORMULA * setting(tex).width / 2)
        at = (middle, self.heading)
        self.piece.formula("formula", tex, *at, beat.at(VISITS.start), beat.end, FORMULA, lit)

    def _figures(self, beat: Beat) -> None:
        """How the first score is made, in figures; where it is more than a scaled product, not at all."""
        found, scale = self.found, self.query.count**0.5
        query, key = (
            b.values(found.trace)[:, n].astype(float)
            for b, n in ((found.queries, found.t), (found.keys, found.seen[0]))
        )
        raw = float(found.raw[0])
        if self.stage.width < LONG or abs(float(query @ key) / scale - raw) > ALIKE * max(1.0, abs(raw)):
            return
        said, terms = products(query, key, range(len(query)), raw, scale)
        at = (self.stage.reach, self.heading)
        self.piece.text(sum_of(terms), said, *at, beat.at(VISITS.start), beat.end, SMALL, "right")

    def _rule(self, product: str) -> str:
        """How a product becomes a score: scaled, and by some models held within a cap."""
        op = self.found.scores.matrix.op
        assert isinstance(op, Scores)
        scale = r"/\sqrt{" + str(self.query.count) + "}" if op.scale is None else rf"\times {op.scale:.3g}"
        return product + scale if op.cap is None else rf"{op.cap:g}\tanh({product}{scale}/{op.cap:g})"

    def _visit(
        self, query: Actor, name: str, position: int, row: int, count: int, spans: list[tuple[float, float]]
    ) -> None:
        """A query goes from key to key and leaves its scores in a row."""
        found = self.found
        raw = found.scores.values(found.trace)[position, found.seen[:count]].astype(float)
        places: Array = self.x[:count]
        scores = self.piece.actor(name, "activation", count)
        colours = tones(found.scores, found.trace, raw)
        scores.pose("unmade", *gone(cells(self.stage, places, self.z[-1], self.tile, HIGH, colours)))
        scores.pose("made", *cells(self.stage, places, self.rows[row], self.tile, HIGH, colours))
        scores.enter("unmade", spans[0][0])
        for j, (start, end) in enumerate(spans):
            met, made = along((start, end), MEETS), along((start, end), SCORED)
            query.to(f"at {j}", (start, met))
            self.columns[j].glow((met, made))
            scores.to("made", (met, made), only=[j])
            of = (found.scores.matrix.name, found.scores.cell(position, found.seen[j]))
            scores.write(j, number(raw[j]), made, None, of=of)

    def mask(self) -> None:
        """An earlier letter asks as well; where later ones stand, its row has holes."""
        found, piece = self.found, self.piece
        if found.earlier is None:
            return
        count, position = found.earlier + 1, found.seen[found.earlier]
        with piece.beat("mask", 3.5) as beat:
            self.query.exit(beat.at(CLEARED))
            query = self._query("earlier", position, count)
            query.enter("sheet", beat.at(0))
            query.to("column", beat[ASKS_TOO])
            letter = found.letters[found.earlier]
            said = self.words.note("asks", letter=letter)
            piece.text("asks earlier", said, self.query_x, self.heading, beat.at(CLEARED), ink="accent")
            self._letter("row 1", letter, self.query_x, self.rows[1], beat.at(ASKS_TOO.stop))
            self._visit(query, "earlier score", position, 1, count, beat.each(count, VISITS_TOO))
            query.to("column", beat[BACK_TOO])
            later = self.x[count:]
            for j, x in enumerate(later):
                piece.outline(f"hole {j}", x, self.rows[1], self.tile, HIGH, beat.at(HOLES))
            said = self.words.note("later")
            piece.text("later", said, self.stage.reach, self.heading, beat.at(HOLES), align="right")
