"""The attention pattern as a table of shares: who asks, who is looked at, and what is hidden."""

from __future__ import annotations

import numpy as np

from ...layout.drawn import LINE, Align, text_width
from ..example import Example
from ..excerpt import percentages
from ..shapes import cells, some, tones
from ..stage import LONG
from ..stagecraft import COMES, NUMBER, SMALL, Actor, Beat, SetPiece
from ..words import Words
from .scores import FEW, LETTERS, MOST, Attention

LEFT, SLIM, ABOVE = 5.0, 3.0, 2.6  # what letters take at the left, in a narrow picture, and above
WIDEST, GAP = 4.0, 0.25  # a cell at most, and between two of them
ALL = 20.0  # all of a row together at least: few cells are wider
LEAST = 0.005  # a share that is written
FRAME = 0.1  # round the row of the letter that the film follows
BESIDE, OVER, CLOSE = 1.2, 0.9, 0.4  # how far letters stand from the table, and where they are words
ROWS, FOLLOWED = slice(0.02, 0.55), 0.6  # parts of rows: row after row comes; the last one is framed
SOONER = 1.2  # seconds of the last beat


def grid(example: Example) -> SetPiece:
    """Beats: rows, home. Every letter has a row of its own, with holes where later ones stand."""
    stage = example.stage(example.here("attn.pattern", head=True), (example.focus.position,) * 2)
    found = Attention(example, FEW if stage.width < LONG else MOST)
    telling = _Telling(SetPiece("grid", stage), found, example.words)
    telling.rows()
    telling.home()
    return telling.piece


class _Telling:
    """Shares on and under the diagonal, letters at the left and above."""

    def __init__(self, piece: SetPiece, found: Attention, words: Words) -> None:
        self.piece, self.found, self.words = piece, found, words
        stage, n = piece.stage, len(found.seen)
        longest = max(text_width(letter) for letter in found.letters)
        aside = max(SLIM if stage.width < LONG else LEFT, SMALL * longest + 2 * CLOSE)
        self.wide = min(max(WIDEST, ALL / n), (2 * stage.reach - aside) / n)
        self.high = (stage.top - ABOVE - stage.floor) / n
        self.left, self.top = (aside - n * self.wide) / 2, stage.top - ABOVE
        self.x = self.left + self.wide * (np.arange(n) + 0.5)
        self.z = self.top - self.high * (np.arange(n) + 0.5)
        self.size = max(
            SMALL, min(LETTERS, (min(self.wide, aside - CLOSE) - GAP) / longest, self.high / LINE)
        )
        long = self.size * longest > 2 * (BESIDE - CLOSE)
        self.aside = CLOSE if long else BESIDE
        self.align: Align = "right" if long else "centre"
        self.places = [(i, j) for i in range(n) for j in range(i + 1)]
        self.pattern = found.pattern.values(found.trace)
        self.shares = self._shares()

    def _shares(self) -> Actor:
        """One cell for everybody who is looked at by somebody."""
        found, stage = self.found, self.piece.stage
        rows, columns = np.array(self.places).T
        seen = np.array(found.seen)
        colours = tones(found.pattern, found.trace, self.pattern[seen[rows], seen[columns]])
        actor = self.piece.actor("shares", "activation", len(rows), signed=False)
        at = list(zip(seen[rows].tolist(), seen[columns].tolist(), strict=True))
        actor.pose("sheet", *some(found.pattern, found.trace, at))
        size = (self.wide - GAP, self.high - GAP)
        actor.pose("table", *cells(stage, self.x[columns], self.z[rows], *size, colours))
        return actor

    # --- beats ---

    def rows(self) -> None:
        """Row by row: a letter asks, and looks at itself and those before it."""
        n = len(self.found.seen)
        with self.piece.beat("rows", 4.0) as beat:
            self.shares.enter("sheet", beat.at(0))
            for i, (start, end) in enumerate(beat.each(n, ROWS)):
                row = [k for k, place in enumerate(self.places) if place[0] == i]
                self.shares.to("table", (start, end), only=row)
                self._write(i, row, end)
                at = self.left - self.aside, float(self.z[i])
                ink = "accent" if i == n - 1 else "ink"  # the letter that the film follows
                said = self.found.letters[i]
                self.piece.text(f"row {i}", said, *at, start, None, self.size, align=self.align, ink=ink)
            self._around(beat)

    def _write(self, i: int, row: list[int], start: float) -> None:
        """The shares of a row, which add up."""
        found = self.found
        shares = self.pattern[found.seen[i], found.seen[: i + 1]].astype(float)
        texts = percentages([*shares, max(0.0, 1 - float(shares.sum()))])
        for j, (k, share) in enumerate(zip(row, shares.tolist(), strict=True)):
            if share >= LEAST:
                of = (found.pattern.matrix.name, found.pattern.cell(found.seen[i], found.seen[j]))
                self.shares.write(k, texts[j], start, None, NUMBER, of)

    def _around(self, beat: Beat) -> None:
        """Who is looked at, above; holes where nobody may look; what both sides are."""
        n, come = len(self.found.seen), beat.at(COMES)
        for j in range(n):
            at = float(self.x[j]), self.top + OVER
            self.piece.text(f"column {j}", self.found.letters[j], *at, come, None, self.size)
            for i in range(j):
                size = (self.wide - GAP, self.high - GAP)
                self.piece.outline(f"hole {i} {j}", float(self.x[j]), float(self.z[i]), *size, come)
        row = self.left + n * self.wide / 2, float(self.z[-1]), n * self.wide + FRAME, self.high + FRAME
        self.piece.frame("followed", row, beat.at(FOLLOWED), width=0.12, y=-1.2)
        asking, looked_at = self.words.note("asking"), self.words.note("looked_at")
        middle = self.left + n * self.wide / 2
        at = self.left - self.aside, self.top + OVER
        self.piece.text("asking", asking, *at, come, None, SMALL, align=self.align, ink="faint")
        at = middle, self.piece.stage.title
        self.piece.text("looked at", looked_at, *at, come, None, SMALL, ink="faint")

    def home(self) -> None:
        """The shares go to their sheet."""
        self.piece.home((self.shares, self.found.pattern), seconds=SOONER)
