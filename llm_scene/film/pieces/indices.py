"""Tokens: each is a number, its place in the model's fixed list."""

from __future__ import annotations

from ...layout.drawn import fitting
from ..example import Example
from ..shapes import cells, row_of, some, tones
from ..stagecraft import COMES, HERO, HOME, SetPiece
from ..story import told

MOST, FEW = 6, 3  # tokens side by side, and in a narrow picture
FILLED = 0.84  # of the way to the next token, by a cell
LETTERS, APART = 1.9 * HERO, 0.6  # the size of a token at most; what two of them leave free
ABOVE, HIGH = 5.6, 5.0  # from the middle of the cells to that of the tokens; how high a cell is
LOWER = 2.6  # how far the middle of the cells is under that of the stage
HIGHER = 1.7  # times as much, in an upright picture
NUMBERED = slice(0.3, 0.75)  # part of numbers: one after the other turns up


def indices(example: Example) -> SetPiece:
    """Beats: numbers, home. Under each of the last tokens stands its number."""
    block, trace = example.layout.find("tokens"), example.trace
    stage = example.stage(block)
    positions = example.positions[-(FEW if stage.upright else MOST) :]
    pitch = 2 * stage.reach / len(positions)
    tall = HIGHER if stage.upright and not stage.square else 1.0
    x, z = row_of(len(positions), pitch), stage.middle - tall * LOWER
    piece = SetPiece("indices", stage)
    said = [told(example.tokens[position]) for position in positions]
    letters = fitting(said, pitch - APART, LETTERS)
    written = [str(trace.tokens[position]) for position in positions]
    digits = fitting(written, FILLED * pitch - APART, HERO)
    at = [(0, position) for position in positions]
    cell = piece.actor("cells", block.role, len(at))
    cell.pose("sheet", *some(block, trace, at))
    colours = tones(block, trace, block.values(trace)[0, positions])
    cell.pose("row", *cells(stage, x, z, FILLED * pitch, tall * HIGH, colours))
    with piece.beat("numbers", 4.0) as beat:
        cell.enter("row", beat.at(0))
        for n, (start, _) in enumerate(beat.each(len(at), NUMBERED)):
            piece.text(
                f"token {n}", said[n], x[n], z + tall * ABOVE, beat.at(COMES), None, letters, ink="accent"
            )
            of = (block.matrix.name, block.cell(*at[n]))
            cell.write(n, written[n], start, None, digits, of)
    piece.home((cell, block), seconds=HOME)
    return piece
