"""Projection: heads are stacked, mixed, and added to the residual stream."""

from __future__ import annotations

from .. import pieces
from ..screenplay import Screenplay


def projection(play: Screenplay) -> None:
    """Stack, mix, add."""
    if not play.has("attn_out", "attn.W_O"):
        return
    play.start("projection", "added")
    made, weights = play.here("attn_out"), play.here("attn.W_O")
    piece = pieces.stack(play.layout, play.trace, play.focus)
    take = play.detail(made, beside=weights)
    first = play.say("stack", take, least=3.4)
    second = play.say("project", least=3.0)
    play.perform(piece, (first[0], second[1]))
    play.compute(made, second)
    play.point_out(weights, second)
    residual(play, "residual", "attn_out", "resid_mid")


def residual(play: Screenplay, key: str, part: str, total: str) -> None:
    """What a part computed is added to the stream."""
    target, source = play.here(total), play.here(part)
    if not target or not source:
        return
    start, end = play.say(key, play.detail(target, beside=source), least=4.0)
    piece = pieces.flow(play.layout, play.trace, play.focus, part, total)
    play.perform(piece, (start, end - 0.3))
    play.compute(target, (start + 0.72 * (end - start), end))
