"""Tokens: each letter or word is a number of a fixed list."""

from __future__ import annotations

from ..pieces.indices import indices
from ..screenplay import Screenplay

PACE = 0.6  # of its natural time
SOON = 0.5  # seconds before its end that the row of tokens is there behind the stage


def tokens(play: Screenplay) -> None:
    """Each token's number, and the row of tokens."""
    play.start("tokens", "numbers")
    _, end = play.act(indices(play.example), PACE, numbers="tokens")
    play.compute(play.blocks("tokens"), (end - 2 * SOON, end - SOON))
