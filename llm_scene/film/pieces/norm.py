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
from ..stagecraft import LINE, SMALL, Actor, SetPiece
from ..story import Focus

NAME = "norm"
MOST = 48  # bars side by side; of a longer column a fair choice
BAR = 0.76  # the width of a bar, in their pitch
UNDER, OVER = 3.0, 1.0  # what is free from the top to the highest bar, and from the floor to the lowest
HEADING = 0.6  # from the top
AXIS, MARK = 1.6, 0.55  # what the marks of 1 and -1 take at the left; from their lines to them
FOLDED = 0.5  # over the floor: how many are not shown
FORMULA, FORMULA_SIZE = 1.4, 1.5  # how far under the top it stands
TINY = 1e-9  # what keeps from dividing by nothing
BEFORE = -1.2  # the way from the bars to lines that are drawn across them
THICK, THIN = 0.14, 0.07  # the line of the mean, and those of the spread
# The beats lift, measure, shift, scale, weigh, in which parts of the formula are lit; all stays until home.
SHIFT, SCALE, MEASURED = (2.0, 3.0), (3.0, 4.0), 5.0
# Parts of lift: bars come on their level; what they are is told, and how many are not shown.
RISE, GROUND = slice(0.05, 0.75), 0.4
TOLD, MORE = 0.5, 0.7
MEAN, SPREAD = 0.05, 0.5  # of measure: these are there
MOVE, AT_ONCE = slice(0.05, 0.6), 0.2  # of shift; and the seconds of that without a mean
DIVIDE = slice(0.1, 0.6)  # of scale
# Mean and spread are told of bars that stand: until they go, and when they have come.
MEAN_TOLD, SPREAD_TOLD = SHIFT[0] + MOVE.start, SCALE[0] + DIVIDE.start
WEIGH = slice(0.15, 0.7)  # of weigh
WEIGHED = 4.05  # when, in beats, mean and spread are no longer said, but what bars are weighed by


def norm(example: Example, kind: str = "ln1") -> SetPiece:
    """Beats: lift, measure, shift, scale, weigh, home. `kind` is which norm of the layer."""
    out = example.here(f"{kind}.out")
    telling = _Telling(SetPiece(NAME, example.stage(out)), out, example, kind)
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
        low, high = stage.floor + OVER, stage.top - UNDER
        most, least = (float(f([*self.states.values(), 0 * x])) for f in (np.max, np.min))
        self.k = (high - low) / max(TINY, most - least)
        self.level = low - self.k * least
        self.pitch = (2 * stage.reach - AXIS) / len(x)
        self.x = row_of(len(x), self.pitch, AXIS / 2)
        self.bars = self._bars(shown)

    def _bars(self, shown: list[int]) -> Actor:
        actor = self.piece.actor("cells", "activation", len(shown))
        wide = BAR * self.pitch
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

    def _across(
        self,
        name: str,
        z: float,
        start: float,
        end: float,
        width: float = LINE,
        ink: str = "faint",
        y: float = 0.0,
    ) -> None:
        ends = [(-self.stage.reach, z), (self.stage.reach, z)]
        self.piece.line(name, ends, start, end, width, ink, y)

    def _marked(self, start: float) -> None:
        """Where 1 and -1 are, which the spread will reach."""
        for value, mark in ((1, "1"), (-1, "−1")):
            z = self._at(value)
            self._across(f"at {value}", z, start, MEASURED)
            at = -self.stage.reach, z + value * MARK
            self.piece.text(f"mark {value}", mark, *at, start, MEASURED, SMALL, "left", "faint")

    # --- beats ---

    def lift(self, letter: str) -> None:
        """The column leaves its sheet and becomes bars: up where positive, down where negative."""
        with self.piece.beat("lift", 2.6) as beat:
            self.bars.enter("sheet", beat.at(0))
            self.bars.to("raw", beat[RISE], stagger=0.5)
            self._across("level", self.level, beat.at(GROUND), MEASURED)
            self._marked(beat.at(GROUND))
            said = self.words.note("column_of", letter=letter, count=self.source.shape[0])
            self.piece.text("column", said, 0.0, self.stage.top - HEADING, beat.at(TOLD), beat.end)
            if self.folded:
                more, z = self.words.note("folded", count=self.folded), self.stage.floor + FOLDED
                self.piece.text("folded", more, 0.0, z, beat.at(MORE), MEASURED, SMALL, ink="faint")

    def measure(self) -> None:
        """Their mean as a line, their spread as a band around it."""
        mean = self.mean or 0.0
        with self.piece.beat("measure", 2.4) as beat:
            if self.mean is not None:
                self._note("mean", "mean", -1, beat.at(MEAN), MEAN_TOLD, value=number(self.mean))
                z = self._at(mean)
                self._across("mean line", z, beat.at(MEAN), MEAN_TOLD, width=THICK, ink="ink", y=BEFORE)
            key = "spread" if self.mean is not None else "size"
            self._note("spread", key, 1, beat.at(SPREAD), SPREAD_TOLD, value=number(self.size))
            for side in (-1, 1):
                z = self._at(mean + side * self.size)
                self._across(f"band {side}", z, beat.at(SPREAD), SHIFT[1], width=THIN, y=BEFORE)

    def shift(self) -> None:
        """All move by the mean."""
        with self.piece.beat("shift", 1.8 if self.mean is not None else AT_ONCE) as beat:
            self.bars.to("shifted", beat[MOVE])
            if self.mean is not None:
                self._note("mean now", "mean", -1, beat.at(MOVE.stop), WEIGHED, value=0)
            self._formula(beat.at(0.0))

    def scale(self) -> None:
        """All are divided by the spread."""
        with self.piece.beat("scale", 1.8) as beat:
            self.bars.to("scaled", beat[DIVIDE])
            key = "spread" if self.mean is not None else "size"
            self._note("spread now", key, 1, beat.at(DIVIDE.stop), WEIGHED, value=1)

    def _formula(self, start: float) -> None:
        top = part(1, "x") if self.mean is None else part(1, r"x-\mathrm{mean}")
        below = r"\mathrm{size}" if self.mean is None else r"\mathrm{spread}"
        tex = r"\frac{" + top + "}{" + part(2, below) + "}"
        z, lit = self.stage.top - FORMULA, {1: SHIFT, 2: SCALE}
        self.piece.formula("formula", tex, 0.0, z, start, SCALE[1], FORMULA_SIZE, lit)

    def weigh(self) -> None:
        """Every row is multiplied by what was learned for it."""
        with self.piece.beat("weigh", 2.6) as beat:
            self.bars.to("weighed", beat[WEIGH], stagger=0.4)
            said, z = self.words.note("times_learned"), self.stage.top - HEADING
            self.piece.text("learned", said, 0.0, z, WEIGHED, MEASURED)

    def home(self) -> None:
        """They become the column of the next sheet."""
        self.piece.home((self.bars, self.out), pose="back")
