"""Embedding: two columns are picked, fly, and are added."""

from __future__ import annotations

from ..excerpt import MOST
from ..pieces.residual import embed
from ..screenplay import Screenplay

ADDING, CALM = 0.8, 1.1  # of its natural time that the sum takes, and in the short


def embedding(play: Screenplay) -> None:
    """One token's column in steps; then the same for every position; then what relief and hue mean."""
    play.start("embedding", "numbers")
    if play.has("embed.W_E", "pos_embed.W_pos"):
        play.act(
            embed(play.example),
            ADDING,
            lookup="lookup_token",
            place="lookup_position",
            add="lookup_sum",
        )
    else:
        tables = play.blocks("embed.W_E")
        play.say("lookup_token", play.detail(tables, beside=play.blocks("tokens")), least=3.0)
        play.point_out(tables, (play.now - 2.0, play.now))
        if play.trace.network.config.embed_scale != 1.0:
            play.say("lookup_scaled")
    made = play.blocks("resid_pre", layer=0)
    window = play.say("embedding", play.detail(made, beside=play.blocks("tokens")), least=2.6)
    play.compute(made, window)
    rows, columns = min(MOST, made[0].shape[0]), made[0].shape[1]
    play.say("relief", play.near(made[0], 0, 0, rows, columns), least=2.6)


def embedding_at_once(play: Screenplay) -> None:
    """One token's column on the stage; the embedding of all positions behind it."""
    play.start("embedding", "numbers")
    made = play.blocks("resid_pre", layer=0)
    tables = play.blocks("embed.W_E", "pos_embed.W_pos")
    if play.has("embed.W_E", "pos_embed.W_pos"):
        window = play.act(embed(play.example), CALM, lookup="lookup_both", add="embedding")
        window = window[1] - 1.0, window[1]
    else:
        window = play.say("embedding", play.detail(made, beside=[*tables, *play.blocks("tokens")]), least=2.0)
        play.point_out(tables, window)
    play.compute(made, window)
    play.undim()
