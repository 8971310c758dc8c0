"""Output: the last norm, a score for every entry of the vocabulary, and the chance of each to come next."""

from __future__ import annotations

from ...layout import names as thing
from .. import temperatures
from ..pieces import choice
from ..screenplay import FADE, Screenplay
from .attention import BRISK, CALM, QUICK

FINAL = ("ln_final.mean", "ln_final.rms", "ln_final.std", "ln_final.out")
GROW = 0.6  # seconds in which all chances are computed behind the stage
NOTHING = 0.001  # the length of a bar before it grows
SOON = 1.2  # seconds before its end at which they are there


def output(play: Screenplay) -> None:
    """Norm, scores, chances."""
    play.start("output", "pick")
    made = play.blocks("ln_final.out")
    if made:
        before = play.layout.of(made[0].matrix.inputs[0])
        play.fill("final_norm", play.detail(made, beside=before), play.blocks(*FINAL), least=2.4)
    play.act(choice.choice(play.example), BRISK, asked="logits", scores="choice", chosen="chosen")
    bars(play)


def output_at_once(play: Screenplay) -> None:
    """Chances alone, and what heat does to them."""
    play.start("output", "pick")
    logits = play.trace["logits"][play.focus.position].astype(float)
    degrees = {"hot": {"temperature": f"{temperatures.hot_enough(logits):g}"}}
    captions = {"asked": "logits", "scores": "wins", "hot": "hot"}
    play.act(choice.choice(play.example, hotter=True), CALM, degrees, **captions)
    bars(play)


def winner(play: Screenplay) -> None:
    """The teaser's end: the bars grow, and one wins."""
    play.start("output", "pick")
    play.act(choice.choice(play.example, asked=False), QUICK, scores="wins")
    bars(play)


def bars(play: Screenplay) -> None:
    """Probabilities, the letters they stand for, and their bars, all in their places behind the stage."""
    play.undim(early=FADE)  # a film may end here
    grown = play.now - SOON
    start = grown - GROW
    play.compute(play.blocks("logits_max", "logits_sum", "probs"), (start, grown))
    for letter in play.letters(predicted=True):
        play.appear(thing.prediction(letter.position), grown)
        play.appear(thing.thread(thing.prediction(letter.position)), grown)
    for i in range(len(play.layout.candidates)):
        play.move(thing.candidate(i, "bar"), "scale_x", (start, grown), NOTHING, 1.0)
        play.appear(
            thing.candidate(i, "bar"), start
        )  # what is written there is too small for all of these views
