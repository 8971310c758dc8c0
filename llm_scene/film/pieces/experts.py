"""A mixture of experts: a router scores them, the best few are chosen, and what they found out is mixed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...layout.layout import Block, Layout
from ...network.ops import Array
from ...network.trace import Trace
from ..example import Example
from ..excerpt import Excerpt, percentages, written_sum
from ..props import number
from ..shapes import HIGH, bars, cells, copies, gone, pile, row_of, tones
from ..stagecraft import COMES, HERO, LANDS, NUMBER, SMALL, Actor, Beat, SetPiece
from ..story import Focus
from ..words import Words

MOST, FEW = 8, 4  # experts side by side, and in a narrow picture
TILE, BAR, COLUMN = 0.86, 0.6, 0.4  # widths of a score, a bar and a column, in the pitch of the experts
WIDEST, ROOMY = 4.0, 4.6  # a score or column at most; the pitch from which on names have their full size
FOLD = 0.4  # of a bar, of those that are folded together
IDLE = 0.12  # what is left of the bar of an expert that is not chosen
NAMES, SCORES, BASE = 0.9, 2.4, 1.4  # from the top: names, and scores; over the floor: the level of the bars
CLEAR, OVER, REST = 1.2, 0.7, 0.8  # from score to bar, from bar to number, and from the level to what rests
AROUND, BEFORE = 0.3, -1.3  # how much larger than a score its frame is, and its way to the front
CHOSEN = 0.8 * HERO  # the size of the numbers of those chosen
SHARES, ALL = 1.15, 2.0  # until these moments, in beats: softmax's shares; all of the choice
# Parts of scores: they come, are written, and become bars.
COME, READ, BARS = slice(0.02, 0.4), 0.45, slice(0.5, 0.8)
# Of choose: bars find their lengths; those chosen have frames.
SETTLE, PICK = slice(0.15, 0.5), 0.2
RIGHT, NUDGE = 7.0, 0.6  # what the mix takes at the right, and how far from the middle of that it stands
LEAST, DROP = 0.05, 0.1  # a share of a column at least; of it, what flies into the mix
SHARE = 1.8  # from the top to the shares under the names
COLUMNS, FEET = 2.6, 2.2  # and to the columns; from the floor to these
TERMS, MORE = 0.9, -0.2  # how far under them the numbers stand; over the floor: how many more there are
ANSWER, REMARK = slice(0.05, 0.75), 0.8  # of answers: column after column, and how many more there are
# Of pour: columns shrink to their shares, and these are written.
SHRINK, WRITTEN = slice(0.05, 0.35), 0.36
# They are there once more, fly, and are gone; the mix is made, and written.
AGAIN, FLY, POURED = 0.44, slice(0.45, 0.75), 0.78
MIXED, TOTAL = slice(0.55, 0.8), 0.82


@dataclass(frozen=True)
class Choice:
    """What the router says of the experts at one position; arrays are `[n_expert]`."""

    trace: Trace
    router: Block
    probs: Block
    share: Block
    layer: int
    position: int

    def column(self, block: Block) -> Array:
        """The numbers of a block at the position."""
        return block.values(self.trace)[:, self.position].astype(float)

    @property
    def shares(self) -> Array:
        """What the experts chosen have of the mix, the others 0."""
        return self.column(self.share)

    @property
    def chosen(self) -> list[int]:
        """The experts that work, in their order."""
        return [int(i) for i in np.flatnonzero(self.shares)]

    @property
    def best(self) -> int:
        """The expert with the largest share."""
        return int(self.shares.argmax())

    def excerpt(self, most: int) -> Excerpt:
        """The likeliest experts, in their order."""
        likely = np.argsort(-self.column(self.probs), kind="stable")[:most]
        return Excerpt(tuple(sorted(int(i) for i in likely)), len(self.shares))


def choice_of(layout: Layout, trace: Trace, focus: Focus) -> Choice:
    """What the router of the focused layer says of the focused position."""
    router, probs, share = (
        layout.find(f"mlp.{kind}", focus.layer) for kind in ("router", "router_probs", "share")
    )
    return Choice(trace, router, probs, share, focus.layer, focus.position)


def choose(example: Example) -> SetPiece:
    """Beats: scores, choose, home."""
    found = choice_of(example.layout, example.trace, example.focus)
    telling = _Choosing(SetPiece("choose", example.stage(found.share)), found, example.words)
    telling.scores()
    telling.choose()
    telling.home()
    return telling.piece


def mixture(example: Example) -> SetPiece:
    """Beats: answers, pour, home."""
    found = choice_of(example.layout, example.trace, example.focus)
    telling = _Mixing(SetPiece("experts", example.stage(example.here("mlp_out"))), found, example)
    telling.answers()
    telling.pour()
    telling.home()
    return telling.piece


class _Choosing:
    """Scores in a row, and below them a bar for every expert."""

    def __init__(self, piece: SetPiece, found: Choice, words: Words) -> None:
        self.piece, self.found, self.words = piece, found, words
        stage = self.stage = piece.stage
        self.excerpt = found.excerpt(FEW if stage.upright else MOST)
        self.shown, self.folded = list(self.excerpt.shown), self.excerpt.folded
        slots = len(self.shown) + bool(self.folded)
        self.pitch = 2 * stage.reach / slots
        self.x = row_of(slots, self.pitch)
        self.names, self.score_z, self.base = stage.top - NAMES, stage.top - SCORES, stage.floor + BASE
        self.tile = min(WIDEST, TILE * self.pitch)
        self.raw, self.probs = found.column(found.router), found.column(found.probs)
        most = max(float(self.probs.max()), float(found.shares.max()))
        self.k = (self.score_z - HIGH - CLEAR - self.base) / most
        self.cells, self.bars = self._cells(), self._bars()

    def _places(self) -> Array:
        """Where the experts stand; those that are folded share a place."""
        x = np.full(self.excerpt.count, self.x[-1])
        x[self.shown] = self.x[: len(self.shown)]
        return x

    def _cells(self) -> Actor:
        """The router's scores."""
        found, count = self.found, self.excerpt.count
        z, high = np.full(count, self.score_z), np.full(count, HIGH)
        if self.folded:
            z[self.folded], high[self.folded] = pile(self.score_z + HIGH / 2, HIGH, len(self.folded))
        values = tones(found.router, found.trace, self.raw)
        actor = self.piece.actor("scores", "activation", count)
        actor.pose("sheet", *copies(found.router, found.trace, column=found.position))
        actor.pose("row", *cells(self.stage, self._places(), z, self.tile, high, values))
        return actor

    def _bars(self) -> Actor:
        """The shares that softmax makes of them, and what is left of these after the choice."""
        found, stage, x = self.found, self.stage, self._places()
        shares = found.shares
        wide = BAR * self.pitch
        actor = self.piece.actor("bars", "activation", len(x), signed=False)
        high = np.where(
            np.isin(np.arange(len(x)), self.shown), self.k * self.probs, FOLD * self.k * self.probs
        )
        actor.pose("unmade", *gone(bars(stage, x, self.score_z, high, wide, self.probs)))
        actor.pose("shares", *bars(stage, x, self.base, high, wide, self.probs / self.probs.max()))
        left = np.where(shares > 0, self.k * shares, IDLE * self.k * self.probs)
        actor.pose("chosen", *bars(stage, x, self.base, left, wide, shares / shares.max()))
        actor.pose("sheet", *copies(found.share, found.trace, column=found.position))
        return actor

    # --- beats ---

    def scores(self) -> None:
        """A score for every expert, and softmax's shares below."""
        with self.piece.beat("scores", 4.5) as beat:
            self.cells.enter("sheet", beat.at(0))
            self.cells.to("row", beat[COME], stagger=0.3)
            self.bars.enter("unmade", beat.at(BARS.start))
            self.bars.to("shares", beat[BARS], stagger=0.3)
            percent = percentages([*self.probs[self.shown], float(self.probs[self.folded].sum())])
            for j, i in enumerate(self.shown):
                self._expert(j, i, percent[j], beat)
            if self.folded:
                more, at = self.words.note("folded", count=len(self.folded)), (self.x[-1], self.names)
                self.piece.text("folded", more, *at, beat.at(READ), ALL, SMALL, ink="faint")
            ends = -self.stage.reach, self.stage.reach
            self.piece.level("level", ends, self.base, beat.at(BARS.start), ALL)
        self.cells.exit(ALL)

    def _expert(self, j: int, i: int, percent: str, beat: Beat) -> None:
        """An expert's name, its score and its share, in one of the places."""
        found, name = self.found, self.words.note("expert", n=i + 1)
        size = NUMBER if self.pitch > ROOMY else SMALL
        self.piece.text(f"name {i}", name, self.x[j], self.names, beat.at(COMES), ALL, size, ink="faint")
        of = (found.router.matrix.name, found.router.cell(i, found.position))
        self.cells.write(i, number(self.raw[i]), beat.at(READ), ALL, of=of)
        of = (found.probs.matrix.name, found.probs.cell(i, found.position))
        z = self._over(self.probs[i])
        self.piece.text(f"share {i}", percent, self.x[j], z, beat.at(BARS.stop), SHARES, of=of)

    def _over(self, share: float) -> float:
        """How high a number over a bar stands."""
        return self.base + self.k * float(share) + OVER

    def choose(self) -> None:
        """The best keep their bars; the others rest."""
        with self.piece.beat("choose", 3.4) as beat:
            self.bars.to("chosen", beat[SETTLE])
            for j, i in enumerate(self.shown):
                if i in self.found.chosen:
                    self._pick(j, i, beat)
                else:
                    rests, at = self.words.note("rests"), (self.x[j], self.base - REST)
                    self.piece.text(f"rests {i}", rests, *at, beat.at(SETTLE.stop), ALL, SMALL, ink="faint")

    def _pick(self, j: int, i: int, beat: Beat) -> None:
        """An expert is chosen: a frame around its score, its share over its bar."""
        found, share = self.found, float(self.found.shares[i])
        of = (found.share.matrix.name, found.share.cell(i, found.position))
        at, start = (self.x[j], self._over(share)), beat.at(SETTLE.stop)
        self.piece.text(f"chosen {i}", number(share), *at, start, ALL, CHOSEN, ink="accent", of=of)
        around = self.x[j], self.score_z, self.tile + AROUND, HIGH + AROUND
        self.piece.frame(f"pick {i}", around, beat.at(PICK), ALL, y=BEFORE)

    def home(self) -> None:
        """The shares become a column of their sheet."""
        self.piece.home((self.bars, self.found.share))


class _Mixing:
    """What the experts chosen found out, in columns, and their mix at the right."""

    def __init__(self, piece: SetPiece, found: Choice, example: Example) -> None:
        layout, self.piece, self.found, self.words = example.layout, piece, found, example.words
        self.target = example.here("mlp_out")
        stage = self.stage = piece.stage
        likely = sorted(found.chosen, key=lambda i: -found.shares[i])[: (FEW if stage.upright else MOST) - 1]
        outs = [layout.find(f"mlp.experts.{i}.out", found.layer) for i in sorted(likely)]
        shares = [float(found.shares[i]) for i in sorted(likely)]
        named = [example.words.note("expert", n=i + 1) for i in sorted(likely)]
        if "mlp.shared.out" in {b.kind for b in layout.blocks.values() if b.matrix.layer == found.layer}:
            outs.append(layout.find("mlp.shared.out", found.layer))
            gate = layout.find("mlp.shared.gate", found.layer)
            shares.append(float(gate.values(found.trace).ravel()[found.position]))
            named.append(example.words.note("always"))
        self.outs, self.shares, self.named = outs, shares, named
        self.more = len(found.chosen) - len(likely)
        n = len(outs)
        self.pitch = (2 * stage.reach - RIGHT) / n
        self.x = row_of(n, self.pitch, -RIGHT / 2)
        self.wide = min(WIDEST, COLUMN * self.pitch)
        self.result_x = stage.reach - RIGHT / 2 + NUDGE
        self.top, self.low = stage.top - COLUMNS, stage.floor + FEET
        self.z, self.each = pile(self.top, self.top - self.low, self.target.shape[0])
        self.row = int(np.abs(found.column(self.target)).argmax())
        self.columns = [self._column(j) for j in range(n)]
        self.mix = self._mix()

    def _column(self, j: int, name: str = "answer") -> Actor:
        """What one expert found out, and its share of it."""
        found, block, stage = self.found, self.outs[j], self.stage
        values = tones(self.target, found.trace, found.column(block)).clip(-1, 1)
        actor = self.piece.actor(f"{name} {j}", "activation", block.shape[0])
        part = self.wide * max(LEAST, min(1.0, self.shares[j]))
        actor.pose("sheet", *copies(block, found.trace, column=found.position))
        actor.pose("column", *cells(stage, self.x[j], self.z, self.wide, self.each, values))
        actor.pose("taken", *cells(stage, self.x[j], self.z, part, self.each, values))
        actor.pose("poured", *cells(stage, self.result_x, self.z, DROP * part, self.each, values))
        return actor

    def _mix(self) -> Actor:
        found, stage = self.found, self.stage
        values = tones(self.target, found.trace, found.column(self.target))
        actor = self.piece.actor("mix", "activation", len(values))
        shape = cells(stage, self.result_x, self.z, self.wide, self.each, values)
        actor.pose("unmade", *gone(shape))
        actor.pose("column", *shape)
        actor.pose("sheet", *copies(self.target, found.trace, column=found.position))
        return actor

    def _terms(self) -> list[str]:
        """Share times number in the row told apart, for every column, and the sum."""
        terms = [s * self.found.column(b)[self.row] for s, b in zip(self.shares, self.outs, strict=True)]
        total = float(self.found.column(self.target)[self.row])
        if self.more:
            terms.append(total - sum(terms))
        return written_sum(terms, total, len(terms) - 1 if self.more else None)

    # --- beats ---

    def answers(self) -> None:
        """The experts that work give a column each."""
        piece = self.piece
        with piece.beat("answers", 3.2) as beat:
            for j, (start, end) in enumerate(beat.each(len(self.columns), ANSWER)):
                self.columns[j].enter("sheet", beat.at(0))
                self.columns[j].to("column", (start, end), stagger=0.3)
                size = NUMBER if self.pitch > ROOMY else SMALL
                piece.text(f"name {j}", self.named[j], self.x[j], self.stage.title, start, None, size)
                share, at = f"× {number(self.shares[j])}", (self.x[j], self.stage.top - SHARE)
                piece.text(f"share {j}", share, *at, end, None, ink="accent")
            if self.more:
                more, at = self.words.note("folded", count=self.more), (self.x[-1], self.stage.floor + MORE)
                piece.text("more", more, *at, beat.at(REMARK), None, SMALL, ink="faint")

    def pour(self) -> None:
        """Each is taken by its share, and all are added."""
        piece, words = self.piece, self._terms()
        with piece.beat("pour", 4.2) as beat:
            for column in self.columns:
                column.to("taken", beat[SHRINK])
            low = self.low - TERMS
            for j in range(len(self.columns)):
                piece.text(f"term {j}", words[j], self.x[j], low, beat.at(WRITTEN), None)
                if j:
                    middle = (self.x[j - 1] + self.x[j]) / 2
                    piece.text(f"plus {j}", "+", middle, low, beat.at(WRITTEN), None, ink="faint")
            for copy in (self._column(j, "poured") for j in range(len(self.columns))):
                copy.enter("taken", beat.at(AGAIN))
                copy.to("poured", beat[FLY], stagger=0.4)
                copy.exit(beat.at(POURED))
            self.mix.enter("unmade", beat.at(FLY.start))
            self.mix.to("column", beat[MIXED], stagger=0.4)
            piece.text("equals", f"= {words[-1]}", self.result_x, low, beat.at(TOTAL), None)
            at = self.result_x, self.stage.title
            piece.text("mixed", self.words.note("mixed"), *at, beat.at(MIXED.start), None)

    def home(self) -> None:
        """The mix flies to its sheet."""
        beat = self.piece.home((self.mix, self.target))
        for column in self.columns:
            column.exit(beat.at(LANDS.start))
