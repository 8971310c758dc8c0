"""Projection: heads are stacked, mixed, and added to the residual stream."""

from __future__ import annotations

from ..pieces.heads import mixed
from ..pieces.residual import add
from ..screenplay import Screenplay

ADDING, MIXING = 0.6, 0.72  # of their natural time that the sum and the mix take


def projection(play: Screenplay) -> None:
    """Stack, mix, add."""
    if not play.has("attn_out", "attn.W_O"):
        return
    play.start("projection", "added")
    made, weights = play.here("attn_out"), play.here("attn.W_O")
    play.act(mixed(*play.scene), MIXING, answers="stack", mix="project")
    play.compute(made, (play.now - 1.0, play.now))
    play.point_out(weights, (play.now - 1.0, play.now))
    if play.has("resid_mid"):
        residual(play, "residual", "attn_out", "resid_mid")


def residual(play: Screenplay, key: str, part: str, total: str) -> None:
    """What a part computed is added to the stream."""
    target = play.here(total)
    if not target or not play.here(part):
        return
    if len(target[0].matrix.inputs) == 2:
        play.act(add(*play.scene, part, total), ADDING, stream=key)
        play.undim()
        play.compute(target, (play.now - 0.4, play.now + 0.6))
    else:
        play.compute(target, play.say(key, play.detail(target, beside=play.here(part)), least=3.0))
