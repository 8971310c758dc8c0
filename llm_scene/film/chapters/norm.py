"""Layer norm: one column is measured, moved, stretched and weighted; then all of them are."""

from __future__ import annotations

from ..pieces.norm import norm as calculation
from ..screenplay import Screenplay


def norm(play: Screenplay) -> None:
    """The calculation on one column, then every column."""
    if not play.has("ln1.out"):
        return
    play.start("norm", "look")
    calculated(play, "ln1")
    made = play.here("ln1.out")
    before = play.layout.of(made[0].matrix.inputs[0])
    play.fill("norm_all", play.detail(made, beside=before), made, least=2.4)


def calculated(play: Screenplay, kind: str) -> None:
    """One column step by step."""
    way = "norm" if play.has(f"{kind}.mean") else "rms"
    piece = calculation(play.example, kind)
    play.act(piece, lift=f"{way}_measure", shift=f"{way}_shift", weigh="norm_learned")
