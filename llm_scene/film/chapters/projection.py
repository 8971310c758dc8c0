"""Projection: heads are stacked, mixed, and added to the residual stream."""

from __future__ import annotations

from .. import pieces
from ..pieces.residual import add
from ..screenplay import Screenplay

ADDING = 0.6  # of its natural time that the sum takes


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
    if play.has("resid_mid"):
        play.act(add(*play.scene, "attn_out", "resid_mid"), ADDING, stream="residual")
        play.undim()
        play.compute(play.here("resid_mid"), (play.now - 0.4, play.now + 0.6))


def residual(play: Screenplay, key: str, part: str, total: str) -> None:
    """What a part computed is added to the stream."""
    target, source = play.here(total), play.here(part)
    if not target or not source:
        return
    start, end = play.say(key, play.detail(target, beside=source), least=4.0)
    piece = pieces.flow(play.layout, play.trace, play.focus, part, total)
    play.perform(piece, (start, end - 0.3))
    play.compute(target, (start + 0.72 * (end - start), end))
