"""MLP: taller, bent along a curve, back again, and added to the stream."""

from __future__ import annotations

from ..pieces.mlp import bend
from ..screenplay import Screenplay
from .attention import BRISK, QUICK
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
    _bend(play, at_once=True)
    play.compute(play.here("resid_post"), (play.now, play.now + 1.0))


def _bend(play: Screenplay, at_once: bool = False) -> None:
    piece = bend(*play.scene)
    if at_once:
        play.act(piece, QUICK, line="bend_curve")
    else:
        play.act(piece, BRISK, line="bend_line", curve="bend_curve")
    play.undim()
