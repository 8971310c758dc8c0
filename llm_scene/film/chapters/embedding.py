"""Embedding: two columns are picked, fly, and are added."""

from __future__ import annotations

from ..pieces.residual import embed
from ..screenplay import Screenplay

ADDING, CALM = 0.8, 1.1  # of its natural time that the sum takes, and in the short
SOON = 1.0  # seconds before the end of it: all other columns are made


def embedding(play: Screenplay) -> None:
    """One token's column in steps; then the same for every position."""
    play.start("embedding", "numbers")
    play.act(embed(play.example), ADDING, None, **_captions(play))
    made = play.blocks("resid_pre", layer=0)
    tables = play.blocks("embed.W_E", "pos_embed.W_pos")
    play.fill("embedding", play.detail(made, beside=tables), made, least=2.6)


def embedding_at_once(play: Screenplay) -> None:
    """One token's column on the stage; the embedding of all positions behind it."""
    play.start("embedding", "numbers")
    made = play.blocks("resid_pre", layer=0)
    placed = play.has("pos_embed.W_pos")
    first = (
        {"lookup": "lookup_both", "add": "embedding"} if placed else _captions(play) | {"become": "embedding"}
    )
    _, end = play.act(embed(play.example, numbered=True), CALM, None, **first)
    play.compute(made, (end - SOON, end))


def _captions(play: Screenplay) -> dict[str, str]:
    """What is said of the beats of the piece, one by one."""
    if play.has("pos_embed.W_pos"):
        return {"lookup": "lookup_token", "place": "lookup_position", "add": "lookup_sum"}
    scaled = play.trace.network.config.embed_scale != 1.0
    return {"lookup": "lookup_token"} | ({"become": "lookup_scaled"} if scaled else {})
