"""The MLP's activation: every number is laid on a line, lifted to the curve, and put back."""

from __future__ import annotations

import numpy as np

from ...layout.layout import Block
from ...network.activations import ACTIVATIONS
from ...network.ops import Array
from ..example import Example
from ..props import number
from ..shapes import cells, copies, pile, tones
from ..stagecraft import COMES, HERO, SMALL, Actor, Beat, SetPiece
from .experts import choice_of

LOW, HIGH = -3.0, 3.0  # what the line holds at least
COLUMN = 2.0  # the width of a column
SIDE = 5.2  # what a column takes at its side of the stage
DOT = 0.42  # the size of a number on the line
TOLD = (2.0, 0.0, -1.5)  # near these values a number is told apart from the others


def bend(example: Example) -> SetPiece:
    """Beats: line, curve, home."""
    after = _bent(example)
    telling = _Telling(SetPiece("bend", example.stage(after)), after, example)
    telling.line()
    telling.curve()
    telling.home()
    return telling.piece


def _bent(example: Example) -> Block:
    """What comes out of the curve; of a mixture of experts, in the one with the largest share."""
    blocks = example.layout.blocks.values()
    kinds = {block.kind for block in blocks if block.matrix.layer == example.focus.layer}
    if "mlp.share" in kinds:
        best = choice_of(example.layout, example.trace, example.focus).best
        return example.here(f"mlp.experts.{best}.act")
    return example.here("mlp.act" if "mlp.act" in kinds else "mlp.post")


class _Telling:
    """A column at the left, the line and the curve, and the same column after it."""

    def __init__(self, piece: SetPiece, after: Block, example: Example) -> None:
        self.piece, self.after = piece, after
        self.trace, self.words, self.t = example.trace, example.words, example.focus.position
        stage, trace = piece.stage, example.trace
        self.stage = stage
        self.before = example.layout.of(after.matrix.inputs[0])[0]
        assert after.matrix.op is not None
        self.act = after.matrix.op
        self.title = ACTIVATIONS[trace.network.config.activation].title
        self.x, self.y = (b.values(trace)[:, self.t].astype(float) for b in (self.before, after))
        self.low, self.high = min(LOW, float(self.x.min())), max(HIGH, float(self.x.max()))
        side = SIDE if not stage.upright else 2.6
        left, right = side - stage.reach, stage.reach - side
        self.k = (right - left) / (self.high - self.low)
        self.zero = left - self.k * self.low
        self.level = stage.floor + 2.9 + self.k * max(0.0, -float(self.y.min()))
        room = stage.top - 2.4 - self.level
        self.up = min(self.k, room / max(1.0, float(self.y.max())))
        self.wide = COLUMN if not stage.upright else 1.4
        self.numbers = self._numbers()

    def at(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Where a value stands on the stage."""
        return self.zero + self.k * x, self.level + self.up * y

    def _numbers(self) -> Actor:
        """All numbers of the column, as dots on the line and then on the curve."""
        n, stage = len(self.x), self.stage
        then, now = tones(self.before, self.trace, self.x), tones(self.after, self.trace, self.y)
        actor = self.piece.actor("numbers", "activation", n)
        z, each = pile(stage.top - 1.3, stage.top - 1.3 - stage.floor, n)
        sides = (self.wide / 2 - stage.reach, stage.reach - self.wide / 2)
        self.column = [
            cells(stage, x, z, self.wide, each, v) for x, v in zip(sides, (then, now), strict=True)
        ]
        actor.pose("column", *self.column[0])
        x, y = self.at(self.x, 0.0 * self.y)
        actor.pose("line", *cells(stage, x, y, DOT, DOT, then, DOT))
        x, y = self.at(self.x, self.y)
        actor.pose("curve", *cells(stage, x, y, DOT, DOT, now, DOT))
        return actor

    def told(self) -> list[int]:
        """The numbers that are told apart."""
        return sorted({int(np.abs(self.x - value).argmin()) for value in TOLD})

    # --- beats ---

    def line(self) -> None:
        """The column leaves its sheet; of each of its numbers a copy goes to its place on a line."""
        piece, stage, column = self.piece, self.stage, self.piece.actor("before", "activation", len(self.x))
        column.pose("sheet", *copies(self.before, self.trace, column=self.t))
        column.pose("column", *self.column[0])
        with piece.beat("line", 4.5) as beat:
            column.enter("sheet", beat.at(0))
            column.to("column", beat[0.02:0.3])
            self.numbers.enter("column", beat.at(0.4))
            self.numbers.to("line", beat[0.42:0.85], stagger=0.7, groups=16)
            ends = [(self.zero + self.k * v, self.level) for v in (self.low, self.high)]
            piece.line("axis", ends, beat.at(COMES), None, 0.09, "ink", y=0.3)
            for value in range(int(np.ceil(self.low)), int(self.high) + 1):
                if value % max(1, round((self.high - self.low) / 7)) == 0:
                    text, x = f"{value}".replace("-", "−"), self.zero + self.k * value
                    z = stage.floor + 0.5
                    piece.text(f"at {value}", text, x, z, beat.at(COMES), None, SMALL, ink="faint")
            for key, x in (("muted", self.low / 2), ("kept", self.high / 2)):
                said = self.words.note(key)
                piece.text(
                    key, said, self.zero + self.k * x, self.level + 1.6, beat.at(0.8), 1.0, ink="faint"
                )
            said = self.words.note("numbers", count=len(self.x))
            piece.text("count", said, -stage.reach, stage.top - 0.5, beat.at(COMES), None, align="left")

    def curve(self) -> None:
        """A curve is drawn, and every number rides up or down to it."""
        piece = self.piece
        with piece.beat("curve", 4.5) as beat:
            end = None
            grid = np.linspace(self.low, self.high, 80)
            x, y = self.at(grid, np.asarray(self.act.forward(grid, start=0), float))
            path = list(zip(x.tolist(), y.tolist(), strict=True))
            piece.line("curve", path, beat.at(0.02), end, 0.2, "ink", y=0.5)
            self.numbers.to("curve", beat[0.12:0.5], stagger=0.6, groups=16)
            middle, top = self.zero + self.k * self.low / 2, self.level + 0.62 * self.up * float(self.y.max())
            piece.text("name", self.title, middle, max(top, self.level + 3.0), beat.at(0.02), end, HERO)
            self._tell(beat, end)

    def _tell(self, beat: Beat, end: float | None) -> None:
        """What becomes of three of them."""
        for n, i in enumerate(self.told()):
            text = f"{number(self.x[i])} → {number(self.y[i])}"
            x, z = self.at(self.x[i : i + 1], self.y[i : i + 1])
            aside = "right" if self.x[i] > 0.5 else "centre"
            shift = -0.6 if aside == "right" else 0.0
            over = 0.3 if aside == "right" else 1.0 + 1.1 * (n % 2)
            at = float(x[0]) + shift, float(z[0]) + over
            start = beat.at(0.55 + 0.1 * n)
            self.piece.text(f"told {n}", text, *at, start, end, align=aside)  # type: ignore[arg-type]

    def home(self) -> None:
        """A column of what became of them, where what was muted is flush; it flies to its sheet."""
        after = self.piece.actor("after", "activation", len(self.x))
        after.stands["curve"] = self.numbers.stands["curve"]
        after.pose("column", *self.column[1])
        after.pose("back", *copies(self.after, self.trace, column=self.t))
        with self.piece.beat("column", 2.6) as beat:
            after.enter("curve", beat.at(0.0))
            after.to("column", beat[0.05:0.55], stagger=0.5, groups=16)
            said = self.words.note("after_curve", activation=self.title)
            self.piece.text(
                "after", said, self.stage.reach, self.stage.top - 0.5, beat.at(0.3), align="right"
            )
        with self.piece.beat("home", 1.3) as beat:
            after.to("back", beat[0.1:0.8])
            after.stays(self.after)
