"""Output: the last norm, a score for every entry of the vocabulary, and the chance of each to come next."""

from __future__ import annotations

from ...layout import names as thing
from ..film import Cue
from ..screenplay import Screenplay, Take

FINAL = ("ln_final.mean", "ln_final.rms", "ln_final.std", "ln_final.out")
GROW = 0.6  # seconds in which a bar grows
SOON = 0.1  # seconds after which the first bar grows
AFTER = 0.06  # seconds between two bars


def output(play: Screenplay) -> None:
    """Norm, scores, chances."""
    play.start("output", "pick")
    made = play.blocks("ln_final.out")
    if made:
        take = play.detail(made, beside=play.blocks("ln_final.w", "ln_final.b", *FINAL[:3]))
        play.compute(play.blocks(*FINAL), play.say("final_norm", take, least=2.4))
    logits, weights = play.blocks("logits"), play.blocks("unembed.W_U")
    window = play.say("logits", play.detail(logits, beside=weights), least=2.6)
    play.compute(logits, window)
    play.point_out(weights, window)
    bars(play)


def output_at_once(play: Screenplay) -> None:
    """Chances alone."""
    play.start("output", "pick")
    bars(play, ("chosen",))


def bars(play: Screenplay, keys: tuple[str, ...] = ("choice", "chosen")) -> None:
    """Probabilities, the letters they stand for, and bars that grow."""
    made = play.blocks("logits_max", "logits_sum", "probs")
    letters = play.letters(predicted=True)
    shown = [candidate.box for candidate in play.layout.candidates]
    start, _ = play.say(keys[0], Take("detail", shown), least=2.6)
    grown = start + SOON
    play.compute(made, (start - 0.6, grown))
    for letter in letters:
        play.appear(thing.prediction(letter.position), grown)
        play.appear(thing.thread(thing.prediction(letter.position)), grown)
    for i in range(len(play.layout.candidates)):
        at = grown + AFTER * i
        play.cues.append(Cue(thing.candidate(i, "bar"), "scale_x", at, at + GROW, 0.001, 1.0, "cubic"))
        play.appear(thing.candidate(i, "bar"), at)
        play.appear(thing.candidate(i, "token"), at)
        play.appear(thing.candidate(i, "share"), at + GROW)
    for key in keys[1:]:
        play.say(key, least=2.0)
