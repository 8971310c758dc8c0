"""MLP: taller, bent along a curve, back again, and added to the stream."""

from __future__ import annotations

from .. import pieces
from ..screenplay import Screenplay
from .projection import residual

WIDE = ("mlp.pre", "mlp.pre_linear")


def mlp(play: Screenplay) -> None:
    """Questions, the curve, the way back, the sum."""
    if not play.has("mlp.post"):
        return
    play.start("mlp", "bend")
    wide, weights = play.here(*WIDE), play.here("mlp.W_in", "mlp.W_gate")
    window = play.say("mlp_wide", play.detail(wide, beside=weights), least=3.4)
    play.compute(wide, window)
    play.point_out(weights, window)
    _bend(play)
    narrow, weights = play.here("mlp_out"), play.here("mlp.W_out")
    window = play.say("mlp_narrow", play.detail(narrow, beside=[*weights, *play.here("mlp.post")]), least=3.0)
    play.compute(narrow, window)
    play.point_out(weights, window)
    residual(play, "mlp_residual", "mlp_out", "resid_post")


def mlp_at_once(play: Screenplay) -> None:
    """Residual, MLP and its curve, told in three captions."""
    if not play.has("mlp.post"):
        return
    play.start("mlp", "bend")
    residual(play, "residual", "attn_out", "resid_mid")
    play.compute(play.here(*WIDE), (play.now, play.now + 1.2))
    _bend(play)
    play.compute(play.here("resid_post"), (play.now, play.now + 1.0))


def transform(play: Screenplay) -> None:
    """The teaser's MLP; the other blocks are computed while the camera passes them."""
    play.start("mlp", "bend")
    made = play.here(*WIDE, "mlp.post", "mlp_out", "resid_post")
    window = play.say("transform", play.detail(made), least=1.8)
    play.compute(made, window)
    play.compute(play.blocks("ln_final.out"), (play.now - 0.3, play.now + 1.0))


def _bend(play: Screenplay) -> None:
    piece = pieces.bend(play.layout, play.trace, play.focus, str(play.facts["activation"]))
    windows = [
        play.say("bend_line", play.on_stage(piece), least=3.0, keep=()),
        play.say("bend_curve", least=3.6, keep=()),
    ]
    play.perform(piece, *windows)
    play.undim()
