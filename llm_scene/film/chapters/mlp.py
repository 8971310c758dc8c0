"""MLP: taller, bent along a curve, back again, and added to the stream; or a few of many experts do that."""

from __future__ import annotations

from ...layout.layout import Block
from ..pieces.experts import choice_of, choose, mixture
from ..pieces.mlp import bend
from ..screenplay import Screenplay, Tag, Take, names
from .attention import BRISK, CALM, QUICK, STEADY
from .projection import after_norm, residual

PARTS = ("mlp.W_in", "mlp.W_gate", "mlp.pre", "mlp.act", "mlp.pre_linear", "mlp.post", "mlp.W_out")
WIDE = ("mlp.pre", "mlp.pre_linear")
EXPERTS = "mlp.experts."


def mlp(play: Screenplay) -> None:
    """Questions, the curve, the way back, the sum."""
    if not play.has("mlp_out"):
        return
    play.start("mlp", "bend")
    if play.has("mlp.share"):
        experts(play)
    else:
        _questions(play)
    after_norm(play, "ln2_post")
    residual(play, "mlp_residual" if play.has("resid_mid") else "both_added", "resid_post")


def mlp_at_once(play: Screenplay) -> None:
    """The MLP's curve, or the choice of experts; and its result that is added."""
    if not play.has("mlp_out"):
        return
    play.start("mlp", "bend")
    play.compute(play.here("resid_mid"), (play.now - 0.5, play.now + 0.5))
    if play.has("mlp.share"):
        experts_at_once(play)
    else:
        piece = bend(play.example, asked=True)
        play.act(piece, STEADY, asked="mlp_wide", line="bend_curve")
    residual(play, "mlp_back" if play.has("resid_mid") else "both_added", "resid_post", CALM / 2)


def _questions(play: Screenplay) -> None:
    """Every position thinks for itself; where there is a gate its answers open and shut a second row."""
    piece = bend(play.example, asked=True)
    play.act(piece, BRISK, asked="mlp_wide", line="bend_line", curve="bend_curve")
    bent = "mlp.act" if play.has("mlp.act") else "mlp.post"
    play.compute(play.here(*WIDE, bent), (play.now - 1.0, play.now))
    if bent == "mlp.act" and (gated := play.here("mlp.post")):
        pair = play.here("mlp.act", "mlp.pre_linear")
        play.fill("mlp_gated", play.detail(gated, beside=pair), gated, least=3.0)
    play.fill("mlp_narrow", _half(play, "mlp.W_out", "mlp_out"), play.here("mlp_out"), least=3.0)


def _half(play: Screenplay, *named: str) -> Take:
    """All of the MLP, which is too tall to be seen near, from questions to the way back; some of it named."""
    shown = play.here(*dict.fromkeys((*PARTS, *named)))
    tags = tuple(Tag(play.name_of(block), block.box) for block in play.here(*named))
    return Take("plan", [play.written(block) for block in shown], names(shown), tags, names(shown))


def experts(play: Screenplay, curve: bool = True) -> None:
    """A router chooses, those chosen work while the others are dim, and their answers are mixed; with the
    `curve` unless it has been shown."""
    router, weights = play.here("mlp.router"), play.here("mlp.W_router")
    play.fill("experts", play.detail(router, beside=weights), router, least=2.4)
    play.act(choose(play.example), BRISK, scores="experts_scores", choose="experts_chosen")
    chosen = _of_the_chosen(play)
    everyone = [b for b in play.layout.blocks.values() if _of_expert(play, b) is not None]
    take = Take("plan", [block.box for block in everyone], names(everyone), lit=names(chosen))
    window = play.say("experts_lit", take, least=3.6)
    play.compute([b for b in everyone if b.role != "weight"], window)
    play.point_out(chosen, window)
    if curve:
        play.act(bend(play.example), BRISK, line="bend_line", curve="bend_curve")
    play.act(mixture(play.example), BRISK, answers="experts_mixed")
    made = play.here("mlp_out")
    play.fill("experts_all", play.detail(made, beside=play.here("mlp.share")), made, least=2.4)


def experts_at_once(play: Screenplay) -> None:
    """The choice, and the answers that are mixed."""
    play.act(choose(play.example), QUICK, scores="experts_scores", choose="experts_chosen")
    play.act(mixture(play.example), QUICK, answers="experts_mixed")


def _of_expert(play: Screenplay, block: Block) -> int | None:
    """The expert of the focused layer that a block belongs to."""
    if block.matrix.layer != play.focus.layer or not block.kind.startswith(EXPERTS):
        return None
    return int(block.kind.removeprefix(EXPERTS).partition(".")[0])


def _of_the_chosen(play: Screenplay) -> list[Block]:
    """The blocks of the experts that work for the focused letter."""
    chosen = choice_of(play.layout, play.trace, play.focus).chosen
    return [block for block in play.layout.blocks.values() if _of_expert(play, block) in chosen]
