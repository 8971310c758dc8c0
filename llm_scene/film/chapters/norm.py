"""Layer norm: one column is measured, moved, stretched and weighted; then all of them are."""

from __future__ import annotations

from .. import pieces
from ..screenplay import Screenplay


def norm(play: Screenplay) -> None:
    """The calculation on one column, then every column."""
    if not play.has("ln1.out"):
        return
    play.start("norm", "look")
    piece = pieces.norm_chart(play.layout, play.trace, play.focus, play.words)
    kind = "rms" if play.has("ln1.rms") else "norm"
    windows = [
        play.say(f"{kind}_measure", play.on_stage(piece), least=3.2, keep=()),
        play.say(f"{kind}_shift", least=3.0, keep=()),
        play.say("norm_learned", least=2.8, keep=()),
    ]
    play.perform(piece, *windows)
    made = play.here("ln1.out")
    take = play.detail(made, beside=play.here("ln1.mean", "ln1.rms", "ln1.std", "ln1.w", "ln1.b"))
    play.compute(made, play.say("norm_all", take, least=2.4))
