"""Layer norm: one column is measured, moved to mean 0 and size 1, and weighted row by row."""

from __future__ import annotations

import numpy as np

from ...layout.layout import Block
from ...network.ops import Array
from ...network.trace import Trace
from ..example import Example
from ..excerpt import spread
from ..formula import part
from ..props import number
from ..shapes import bars, copies, relative, row_of
from ..stagecraft import SMALL, Actor, SetPiece
from ..story import Focus

MOST = 48  # bars side by side; of a longer column a fair choice
BAR = 0.76  # the width of a bar, in their pitch
TALL = 0.36  # of the stage's height: the highest bar
HEADING = 0.6  # from the top
MEASURED = 5.0  # until its last beat everything stays
FORMULA_SIZE = 1.5


def norm(example: Example, kind: str = "ln1") -> SetPiece:
    """Beats: lift, measure, shift, scale, weigh, home. `kind` is which norm of the layer."""
    out = example.here(f"{kind}.out")
    telling = _Telling(SetPiece("norm", example.stage(out)), out, example, kind)
    telling.lift(example.letter)
    telling.measure()
    telling.shift()
    telling.scale()
    telling.weigh()
    telling.home()
    return telling.piece


def measures(trace: Trace, focus: Focus, kind: str = "ln1") -> tuple[float | None, float]:
    """Mean and spread of the focused column before a norm; no mean where it takes the size alone."""
    stem = f"blocks.{focus.layer}.{kind}"
    if f"{stem}.mean" in trace.network.matrices:
        return float(trace[f"{stem}.mean"][focus.position]), float(trace[f"{stem}.std"][focus.position])
    return None, float(trace[f"{stem}.rms"][focus.position])


class _Telling:
    """A bar for every number of the column, around a level."""

    def __init__(self, piece: SetPiece, out: Block, example: Example, kind: str) -> None:
        trace, self.piece, self.out = example.trace, piece, out
        self.trace, self.words, self.t = trace, example.words, example.focus.position
        self.source = example.layout.of(self.out.matrix.inputs[0])[0]
        self.mean, self.size = measures(trace, example.focus, kind)
        shown = list(spread(self.source.shape[0], MOST).shown)
        self.folded = self.source.shape[0] - len(shown)
        x = self.source.values(trace)[shown, self.t].astype(float)
        self.states = {
            "raw": x,
            "shifted": x - (self.mean or 0.0),
            "scaled": (x - (self.mean or 0.0)) / self.size,
            "weighed": self.out.values(trace)[shown, self.t].astype(float),
        }
        stage = self.stage = piece.stage
        self.level = (stage.floor + stage.top - HEADING) / 2
        self.k = TALL * stage.height / max(float(np.abs(v).max()) for v in self.states.values())
        self.x = row_of(len(x), 2 * stage.reach / len(x))
        self.bars = self._bars(shown)

    def _bars(self, shown: list[int]) -> Actor:
        actor = self.piece.actor("cells", "activation", len(shown))
        wide = BAR * 2 * self.stage.reach / len(shown)
        for block, pose in ((self.source, "sheet"), (self.out, "back")):
            places, sizes, values = copies(block, self.trace, column=self.t)
            actor.pose(pose, places[shown], sizes[shown], values[shown])
        for pose, values in self.states.items():
            heights: Array = self.k * values
            actor.pose(pose, *bars(self.stage, self.x, self.level, heights, wide, relative(values)))
        return actor

    def _at(self, value: float) -> float:
        """How high a value stands."""
        return self.level + self.k * value

    def _note(self, name: str, key: str, side: float, start: float, end: float, **facts: object) -> None:
        x, align = side * self.stage.reach, "left" if side < 0 else "right"
        z = self.stage.top - HEADING
        self.piece.text(name, self.words.note(key, **facts), x, z, start, end, align=align)  # type: ignore[arg-type]

    # --- beats ---

    def lift(self, letter: str) -> None:
        """The column leaves its sheet and becomes bars: up where positive, down where negative."""
        with self.piece.beat("lift", 2.6) as beat:
            self.bars.enter("sheet", beat.at(0))
            self.bars.to("raw", beat[0.05:0.75], stagger=0.5)
            reach = self.stage.reach
            self.piece.line("level", [(-reach, self.level), (reach, self.level)], beat.at(0.4), MEASURED)
            said = self.words.note("column_of", letter=letter, count=self.source.shape[0])
            self.piece.text("column", said, 0.0, self.stage.top - HEADING, beat.at(0.5), 1.0)
            if self.folded:
                more = self.words.note("folded", count=self.folded)
                self.piece.text(
                    "folded", more, 0.0, self.stage.floor + 0.5, beat.at(0.7), MEASURED, SMALL, ink="faint"
                )

    def measure(self) -> None:
        """Their mean as a line, their spread as a band around it."""
        mean = self.mean or 0.0
        with self.piece.beat("measure", 2.4) as beat:
            reach, until = self.stage.reach, 3.0
            if self.mean is not None:
                self._note("mean", "mean", -1, beat.at(0.05), 2.5, value=number(self.mean))
                z = self._at(mean)
                self.piece.line(
                    "mean line", [(-reach, z), (reach, z)], beat.at(0.05), 2.5, 0.14, "ink", y=-1.2
                )
            key = "spread" if self.mean is not None else "size"
            self._note("spread", key, 1, beat.at(0.5), 3.5, value=number(self.size))
            for side in (-1, 1):
                z = self._at(mean + side * self.size)
                self.piece.line(f"band {side}", [(-reach, z), (reach, z)], beat.at(0.5), until, 0.07, y=-1.2)

    def shift(self) -> None:
        """All move by the mean."""
        with self.piece.beat("shift", 1.8 if self.mean is not None else 0.2) as beat:
            self.bars.to("shifted", beat[0.05:0.6])
            if self.mean is not None:
                self._note("mean now", "mean", -1, 2.5, MEASURED, value=0)
            self._formula(beat.at(0.0))

    def scale(self) -> None:
        """All are divided by the spread."""
        with self.piece.beat("scale", 1.8) as beat:
            self.bars.to("scaled", beat[0.1:0.6])
            key = "spread" if self.mean is not None else "size"
            self._note("spread now", key, 1, 3.5, MEASURED, value=1)

    def _formula(self, start: float) -> None:
        top = part(1, "x") if self.mean is None else part(1, r"x-\mathrm{mean}")
        below = r"\mathrm{size}" if self.mean is None else r"\mathrm{spread}"
        tex = r"\frac{" + top + "}{" + part(2, below) + "}"
        lit = {1: (2.0, 3.0), 2: (3.0, 4.0)}
        self.piece.formula("formula", tex, 0.0, self.stage.top - 1.4, start, 4.0, FORMULA_SIZE, lit)

    def weigh(self) -> None:
        """Every row is multiplied by what was learned for it."""
        with self.piece.beat("weigh", 2.6) as beat:
            self.bars.to("weighed", beat[0.15:0.7], stagger=0.4)
            said = self.words.note("times_learned")
            self.piece.text("learned", said, 0.0, self.stage.top - HEADING, beat.at(0.05), MEASURED)

    def home(self) -> None:
        """They become the column of the next sheet."""
        with self.piece.beat("home", 1.3) as beat:
            self.bars.to("back", beat[0.1:0.8])
            self.bars.stays(self.out)
