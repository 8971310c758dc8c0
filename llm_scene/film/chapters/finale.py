"""The end: the answer, and the machine that made it."""

from __future__ import annotations

from ..screenplay import Screenplay
from .opening import whole_machine

FURTHER = 3.0  # degrees by which the last view is turned
WAVES = 2


def finale(play: Screenplay) -> None:
    """The whole machine; a wave of light runs through it, twice."""
    play.start("finale", "again")
    start, end = play.say("finale", whole_machine(play, FURTHER), least=3.2)
    play.hold(2.0)
    _pulse(play, start - 1.0, end + 1.5)


def _pulse(play: Screenplay, start: float, end: float) -> None:
    parts = [section for section in play.layout.sections if len(section.path) == 1]
    wave = (end - start) / WAVES
    for n in range(WAVES):
        for i, section in enumerate(parts):
            low, size = section.box.low[0], max(section.box.size[0], 1e-9)
            for block in play.layout.within(section.name):
                far = (i + (block.box.centre[0] - low) / size) / len(parts)
                at = start + wave * (n + 0.7 * far)
                play.flash(block, at, at + 0.3 * wave)
