"""Projection: heads are stacked, mixed, and added to the residual stream."""

from __future__ import annotations

from .. import pieces
from ..pieces.residual import add
from ..screenplay import Screenplay
from .norm import calculated

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
    after_norm(play, "ln1_post")
    if play.has("resid_mid"):
        play.act(add(*play.scene, "resid_mid"), ADDING, stream="residual")
        play.undim()
        play.compute(play.here("resid_mid"), (play.now - 0.4, play.now + 0.6))


def after_norm(play: Screenplay, kind: str) -> None:
    """In post-norm models what is added is evened out first; the first of these norms is shown in steps."""
    made = play.here(f"{kind}.out")
    if not made:
        return
    if kind == "ln1_post" and not play.has("ln1.out"):
        calculated(play, kind)
    play.compute(made, play.say("norm_post", play.detail(made, beside=play.here(f"{kind}.w")), least=2.0))


def residual(play: Screenplay, key: str, total: str) -> None:
    """What was computed is added to the stream: by one part, or by two that worked side by side."""
    if not play.has(total):
        return
    (target,) = play.here(total)
    sources = [block for name in target.matrix.inputs[1:] for block in play.layout.of(name)]
    start, end = play.say(key, play.detail([target], beside=sources), least=4.0)
    play.perform(pieces.flow(play.layout, play.trace, play.focus, total), (start, end - 0.3))
    play.compute([target], (start + 0.72 * (end - start), end))
