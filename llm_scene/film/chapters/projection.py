"""Projection: heads are stacked, mixed, and added to the residual stream."""

from __future__ import annotations

from ..pieces.heads import mixed
from ..pieces.residual import add
from ..screenplay import Screenplay
from .norm import calculated

ADDING, MIXING = 0.6, 0.72  # of their natural time that the sum and the mix take
BEFORE, AFTER = 0.4, 0.6  # seconds around the sum's end in which all of it is computed


def projection(play: Screenplay) -> None:
    """Stack, mix, add."""
    if not play.has("attn_out", "attn.W_O"):
        return
    play.start("projection", "added")
    made = play.here("attn_out")
    play.act(mixed(play.example), MIXING, answers="stack", mix="project")
    play.compute(made, (play.now - 1.0, play.now))
    after_norm(play, "ln1_post")
    residual(play, "residual", "resid_mid")


def after_norm(play: Screenplay, kind: str) -> None:
    """In post-norm models what is added is evened out first; the first of these norms is shown in steps."""
    made = play.here(f"{kind}.out")
    if not made:
        return
    if kind == "ln1_post" and not play.has("ln1.out"):
        calculated(play, kind)
    play.fill("norm_post", play.detail(made, beside=play.here(f"{kind}.w")), made, least=2.0)


def residual(play: Screenplay, key: str, total: str, pace: float = ADDING) -> None:
    """What was computed is added to the stream: one part on the stage, or two that worked side by side."""
    if not play.has(total):
        return
    (target,) = play.here(total)
    _, *sources = [block for name in target.matrix.inputs for block in play.layout.of(name)]
    if len(sources) == 1:
        play.act(add(play.example, total), pace, both=key)
        play.compute([target], (play.now - BEFORE, play.now + AFTER))
    else:
        play.fill(key, play.detail([target], beside=sources), [target], least=4.0)
