"""The loop: the chosen token joins the row and the model runs again, faster each time."""

from __future__ import annotations

from ...layout import names as thing
from ..framing import whole
from ..screenplay import Screenplay
from .machine import steps, under

FIRST, LEAST = 2.8, 0.6  # seconds of the first step, and of any at least
FASTER = 0.65  # of a step's time, that the next one takes
AFTER = 0.8  # seconds the finished line stands
FLIGHT, FLOWN = 0.4, 1.2  # of a step, and at most so many seconds: the token's way
LARGE = 4.0  # how much larger a token is on its way


def loop(play: Screenplay) -> None:
    """Step by step, with what stands there in large letters beside the model."""
    first = play.layout.n_prompt
    further = play.trace.n_positions - first
    if further < 1:
        return
    play.start("loop", "again")
    texts = steps(play, "loop")
    shown, _ = play.say("loop", under(play, texts[-1]), least=1.5)
    blocks = [block for block in play.layout.blocks.values() if block.role != "weight"]
    for step in range(1, further + 1):
        seconds = max(LEAST, FIRST * FASTER ** (step - 1)) * play.leisure
        start = play.now
        fly = min(FLOWN, FLIGHT * seconds)
        _fly_back(play, first + step - 1, start, start + fly)
        play.hold(seconds)
        play.compute(blocks, (start + fly, play.now - 0.02), step)
        play.appear(thing.prediction(first + step - 1), play.now - 0.02)
        play.appear(thing.thread(thing.prediction(first + step - 1)), play.now - 0.02)
        for text in texts[step - 1]:
            play.put(text, shown, start + fly)
        shown = start + fly
    play.stretch("loop")
    play.hold(AFTER)
    for text in texts[further]:
        play.put(text, shown, play.now)


def _fly_back(play: Screenplay, position: int, start: float, end: float) -> None:
    """The token written last flies over the model to its place in the row."""
    source = next(x for x in play.layout.letters if x.predicted and x.position == position - 1)
    target = next(x for x in play.layout.letters if not x.predicted and x.position == position)
    name, middle = thing.token(position), (start + end) / 2
    top = whole(play.layout).high[2] + 4 * play.layout.gap
    play.appear(name, start)
    play.appear(thing.thread(name), end)
    for channel, a, b in zip(("location_x", "location_y"), source.at, target.at, strict=False):
        play.move(name, channel, (start, end), a, b)
    play.move(name, "location_z", (start, middle), source.at[2], top, "smooth")
    play.move(name, "location_z", (middle, end), top, target.at[2], "smooth")
    play.move(name, "scale", (start, middle), 1.0, LARGE, "smooth")
    play.move(name, "scale", (middle, end), LARGE, 1.0, "smooth")
