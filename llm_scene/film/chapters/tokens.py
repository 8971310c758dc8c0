"""Tokens: letters become indices, and an index picks a column of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...layout import names as thing
from ...layout.drawn import Text
from ...layout.layout import Letter
from ..piece import Piece
from ..screenplay import Screenplay
from .opening import entrance

DIGIT = 0.62  # size of an index beside its letter's
RISE = 1.05  # how far it stands above, in sizes of the letter
LONGEST = 2.6  # digits of that size that have room over a letter
SOON, ALL, STAY = 0.2, 0.6, 0.4  # seconds until the first, until the last comes, and after the caption's end


def tokens(play: Screenplay) -> None:
    """Each letter's index, and the row of tokens."""
    play.start("tokens", "numbers")
    letters = play.letters(predicted=False)
    indices = _indices(play, letters)
    take = entrance(play, letters)
    take = replace(take, boxes=[*take.boxes, *indices.boxes])
    start, end = play.say("tokens", take, least=2.6)
    play.compute(play.blocks("tokens"), (start, end))
    play.perform(indices, (start + SOON, end + STAY))


def _indices(play: Screenplay, letters: Sequence[Letter]) -> Piece:
    """The index of every token above it."""
    piece = Piece("indices")
    for i, letter in enumerate(letters):
        size = DIGIT * letter.size
        x, y, z = letter.at
        text = str(play.trace.tokens[letter.position])
        note = Text(
            thing.prop(piece.name, letter.position),
            text,
            (x, y, z + RISE * letter.size),
            min(size, LONGEST * size / len(text)),
            ink="accent",
            of=("tokens", (letter.position,)),
        )
        piece.show(note, SOON + ALL * i / len(letters))
    return piece
