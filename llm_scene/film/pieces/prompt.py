"""The prompt: every token stands over the column of numbers that it becomes."""

from __future__ import annotations

import numpy as np

from ...layout.drawn import fitting
from ...network.ops import Array
from ..example import Example
from ..props import number
from ..shapes import HIGH, STEP, Shape, cells, row_of, rows_under, some, tones
from ..stage import Stage
from ..stagecraft import HERO, HOME, NUMBER, SetPiece
from ..story import told

MOST, FEW = 6, 4  # columns side by side, and in a narrow picture
HEADING, LETTERS = 3.0, 1.2 * HERO  # what the tokens take above their columns; their size at most
WIDEST, FILLED = 5.0, 0.9  # from column to column at most; of that, by a cell
ALL = 25.8  # all columns together at least, where there is room: a few are wider
THICK, OUT = 0.9, 0.7  # how thick a cell of value 0 is here, and how much further the largest come out
FLAT = 0.25  # and before it rises
FLY = slice(0.05, 0.9)  # of the last beat, all of them fly home
WAVE = slice(0.0, 0.25)  # of the beat, in which columns rise one after the other


def columns(example: Example) -> SetPiece:
    """Beats: rise, home. Under each of the last tokens numbers come out of flat plates, then fly home."""
    trace, block = example.trace, example.layout.find("resid_pre", 0)
    stage = example.stage(block)
    most = FEW if stage.upright else MOST
    positions = example.positions[-most:]
    rows = list(example.rows(int((stage.top - stage.floor - HEADING) / STEP)).shown)
    values = block.values(trace)[np.ix_(rows, positions)].astype(float)
    pitch = min(max(WIDEST, ALL / len(positions)), 2 * stage.reach / len(positions))
    x, z = row_of(len(positions), pitch), rows_under(stage.top - HEADING, len(rows))
    tokens = [told(example.tokens[position]) for position in positions]
    size = fitting(tokens, FILLED * pitch, LETTERS)
    piece = SetPiece("prompt", stage)
    with piece.beat("rise", 3.0) as beat:
        for n, (start, end) in enumerate(beat.each(len(positions), WAVE)):
            at = [(row, positions[n]) for row in rows]
            colours = tones(block, trace, values[:, n])
            actor = piece.actor(f"column {n}", block.role, len(rows))
            actor.pose("flat", *_column(stage, x[n], z, FILLED * pitch, colours, FLAT))
            actor.pose("column", *_column(stage, x[n], z, FILLED * pitch, colours, THICK + OUT * colours))
            actor.pose("sheet", *some(block, trace, at))
            actor.enter("flat" if n else "column", beat.at(0))  # one is there from the first moment
            if n:
                actor.to("column", (start, end))
            actor.exit(beat.end + 1.0)
            for i, value in enumerate(values[:, n].tolist()):
                of = (block.matrix.name, block.cell(*at[i]))
                actor.write(i, number(value), end if n else beat.at(0), beat.end, NUMBER, of)
            at_top = x[n], stage.top - HEADING / 2
            piece.text(f"token {n}", tokens[n], *at_top, beat.at(0), None, size, ink="accent")
    with piece.beat("home", HOME) as beat:
        for actor in piece.actors:
            actor.to("sheet", beat[FLY])
    return piece


def _column(stage: Stage, x: float, z: Array, wide: float, colours: Array, thick: Array | float) -> Shape:
    return cells(stage, x, z, wide, HIGH, colours, thick)
