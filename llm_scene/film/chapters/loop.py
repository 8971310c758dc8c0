"""The loop: the chosen token joins the row and the model runs again, faster each time."""

from __future__ import annotations

from collections.abc import Sequence

from ...layout import names as thing
from ...layout.drawn import Text, text_width
from ..framing import whole
from ..piece import Window
from ..screenplay import Screenplay
from .machine import steps, under

FIRST, LEAST = 2.6, 0.6  # seconds of the first step, and of any at least
FASTER = 0.65  # of a step's time, that the next one takes
AFTER = 0.8  # seconds the finished line stands
FLIGHT, FLOWN = 0.4, 1.2  # of a step, and at most so many seconds: the token's way
HARDLY = 0.001  # of a way or a size: a value is set by a change
UP = 0.3  # of the way, until the token is over the model


def loop(play: Screenplay) -> None:
    """Step by step, with what stands there in large letters beside the model."""
    first = play.layout.n_prompt
    further = play.trace.n_positions - first
    if further < 1:
        return
    play.start("loop", "again")
    texts = steps(play)
    shown, _ = play.say("loop", under(play, texts[-1]), least=1.5)
    blocks = [block for block in play.layout.blocks.values() if block.role != "weight"]
    for step in range(1, further + 1):
        seconds = max(LEAST, FIRST * FASTER ** (step - 1)) * play.leisure
        start = play.now
        fly = min(FLOWN, FLIGHT * seconds)
        _fly_back(play, first + step - 1, (start, start + fly), texts[step - 1], texts[step])
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


def _fly_back(
    play: Screenplay, position: int, window: Window, before: Sequence[Text], after: Sequence[Text]
) -> None:
    """The token written last flies over the model from where it came out to the others that go in.

    It is as large as they are, and then stands small in its own place.
    """
    letter = next(x for x in play.layout.letters if not x.predicted and x.position == position)
    name, (start, end) = thing.token(position), window
    out, into = before[-1], after[0]
    source = (out.box.low[0] + text_width(letter.text, out.size) / 2, *out.at[1:])
    target = (into.box.high[0] - text_width(letter.text, into.size) / 2, *into.at[1:])
    top, large = whole(play.layout).high[2] + play.layout.gap, out.size / letter.size
    up, down = (start + share * (end - start) for share in (UP, 1 - UP))
    play.appear(name, start)
    play.appear(thing.thread(name), end)
    for channel, a, b, own in zip(("location_x", "location_y"), source, target, letter.at, strict=False):
        play.move(name, channel, (start, up), a, a + HARDLY * (b - a), "smooth")
        play.move(name, channel, (up, down), a + HARDLY * (b - a), b, "smooth")
        play.move(name, channel, (end, end), b, own, "step")
    play.move(name, "location_z", (start, up), source[2], top, "smooth")
    play.move(name, "location_z", (down, end), top, target[2], "smooth")
    play.move(name, "location_z", (end, end), target[2], letter.at[2], "step")
    play.move(name, "scale", window, large, large * (1 - HARDLY))
    play.move(name, "scale", (end, end), large * (1 - HARDLY), 1.0, "step")
