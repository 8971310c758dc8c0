"""Embedding: two columns are picked, fly, and are added."""

from __future__ import annotations

from .. import pieces
from ..screenplay import Screenplay


def embedding(play: Screenplay) -> None:
    """One token's column in steps; then the same for every position; then what relief and hue mean."""
    play.start("embedding", "numbers")
    token = play.trace.tokens[play.focus.position]
    piece = pieces.lookup(play.layout, play.trace, play.focus, play.story.words)
    take = play.on_stage(piece)
    windows = [play.say("lookup_token", take, least=3.0, index=token)]
    if play.has("pos_embed.W_pos"):
        windows.append(play.say("lookup_position", least=3.0))
        windows.append(play.say("lookup_sum", least=3.0))
    else:
        windows.append((windows[0][1], windows[0][1] + 0.2))
        windows.append(play.say("lookup_land", least=2.6))
    play.perform(piece, *windows)
    made = play.blocks("resid_pre", layer=0)
    window = play.say("embedding", play.detail(made, beside=play.blocks("tokens")), least=2.6)
    play.compute(made, window)
    rows, columns = min(12, made[0].shape[0]), made[0].shape[1]
    play.say("relief", play.near(made[0], 0, 0, rows, columns), least=2.6)


def embedding_at_once(play: Screenplay) -> None:
    """The embedding of all positions."""
    play.start("embedding", "numbers")
    made = play.blocks("resid_pre", layer=0)
    tables = play.blocks("embed.W_E", "pos_embed.W_pos")
    window = play.say("embedding", play.detail(made, beside=[*tables, *play.blocks("tokens")]), least=2.0)
    play.compute(made, window)
    play.point_out(tables, window)
