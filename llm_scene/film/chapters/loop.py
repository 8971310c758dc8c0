"""The loop: the chosen token joins the row and the model runs again, faster each time."""

from __future__ import annotations

from dataclasses import replace

from ...layout import names as thing
from ...layout.drawn import Text, text_width
from ..framing import whole
from ..piece import Window
from ..screenplay import Screenplay
from ..story import told
from .machine import steps, under

FIRST, LEAST = 2.8, 0.7  # seconds of the first step, and of any at least
FASTER = 0.65  # of a step's time, that the next one takes
LOOK = 0.6  # seconds before the first step
AFTER = 0.7  # seconds the finished line stands
FLIGHT, FLOWN = 0.55, 1.8  # of a step, and at most so many seconds: the token's way
SOON, SEEN = 0.1, 0.2  # of a step, before its end, and seconds at least: the next token comes out
TURN, CLEAR = 0.3, 0.6  # of the way, until the token is under the model; and of its size, how far


def loop(play: Screenplay) -> None:
    """Step by step, with what stands there in large letters beside the model."""
    first = play.layout.n_prompt
    further = play.trace.n_positions - first
    if further < 1:
        return
    play.start("loop", "again")
    texts = steps(play)
    shown, _ = play.begin("loop", replace(under(play, texts[-1]), tags=()), LOOK)
    came = shown
    blocks = [block for block in play.layout.blocks.values() if block.role != "weight"]
    for step in range(1, further + 1):
        seconds = max(LEAST, FIRST * FASTER ** (step - 1)) * play.leisure
        start, position = play.now, first + step - 1
        back = start + min(FLOWN, FLIGHT * seconds)
        given, made = texts[step - 1][:-1], texts[step - 1][-1]
        if given:
            _fly_back(play, position, (start, back), made, texts[step][-2])
        for name in (thing.token(position), thing.thread(thing.token(position))):
            play.appear(name, back)
        play.hold(seconds)
        out = play.now - max(SEEN, SOON * seconds)
        play.compute(blocks, (back, out), step)
        for name in (thing.prediction(position), thing.thread(thing.prediction(position))):
            play.appear(name, out)
        for text in given:
            play.put(text, shown, back)
        play.put(made, came, start if given else back)
        shown, came = back, out if given else back
    play.hold(AFTER)
    play.stretch("loop")
    for text in texts[further]:
        play.put(text, came if text is texts[further][-1] else shown, play.now)


def _fly_back(play: Screenplay, position: int, window: Window, out: Text, into: Text) -> None:
    """The token written last flies under the model from where it came out to the others that go in.

    There no name and no heading is in its way.
    """
    start, end = window
    drawn = next(x.text for x in play.layout.letters if not x.predicted and x.position == position)
    letter = told(play.story.words[position]).strip() or drawn  # what is blank has a sign
    forward = out.at[1] - CLEAR * out.size  # before all links; and the wall bends forward down there
    flown = replace(out, name=thing.prop("flown", position), text=letter, at=(out.at[0], forward, out.at[2]))
    last = into.text.split("\n")[-1]
    x, z = into.at[0] + text_width(last, into.size) - text_width(letter, into.size), into.at[2]
    low = whole(play.layout).low[2] - play.layout.gap - CLEAR * flown.size
    down, up = (start + share * (end - start) for share in (TURN, 1 - TURN))
    play.put(flown, start, end)
    play.move(flown.name, "location_y", (up, end), forward, into.at[1], "smooth")
    play.move(flown.name, "location_z", (start, down), out.at[2], low, "smooth")
    play.move(flown.name, "location_x", (down, up), out.at[0], x, "smooth")
    play.move(flown.name, "location_z", (up, end), low, z, "smooth")
