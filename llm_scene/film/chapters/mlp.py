"""MLP: taller, bent along a curve, back again, and added to the stream."""

from __future__ import annotations

from ..pieces.mlp import bend
from ..pieces.residual import add
from ..screenplay import Screenplay
from .attention import BRISK, EASY, QUICK
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
    """The MLP's curve, and its result that is added, told in three captions."""
    if not play.has("mlp.post"):
        return
    play.start("mlp", "bend")
    play.compute(play.here("resid_mid"), (play.now - 0.5, play.now + 0.5))
    _bend(play, at_once=True)
    if play.has("mlp_out", "resid_post") and len(play.here("resid_post")[0].matrix.inputs) == 2:
        play.act(add(*play.scene, "mlp_out", "resid_post"), EASY / 2, stream="residual")
        play.undim()
    play.compute(play.here("resid_post"), (play.now - 0.5, play.now + 0.5))


def _bend(play: Screenplay, at_once: bool = False) -> None:
    piece = bend(*play.scene)
    if at_once:
        play.act(piece, QUICK, line="mlp_wide", curve="bend_curve")
    else:
        play.act(piece, BRISK, line="bend_line", curve="bend_curve")
    play.undim()
