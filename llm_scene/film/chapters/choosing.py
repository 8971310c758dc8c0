"""Choosing: greedy, colder, hotter, and by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...layout import names as thing
from ...layout.drawn import Text
from ...network.ops import Array
from ...network.sampling import softmax
from ..film import Cue
from ..piece import Window
from ..props import share_text
from ..screenplay import Screenplay, Take

COLD, HOT = 0.5, (1.5, 2.0, 3.0, 5.0, 8.0, 12.0)  # one that sharpens, and those that may flatten
FLAT = 0.7  # a bar below this lets others come up
DRAWS = 7
CHANGE = 1.2  # seconds in which bars change their length
JUMP = 0.2  # seconds in which the pointer moves on
LEAST = 0.05  # of its height: the length of a bar that is as good as none


@dataclass(frozen=True)
class Telling:
    """From when on the bars show the shares at a temperature."""

    start: float
    temperature: float
    shares: Array  # of the candidates


def choosing(play: Screenplay) -> None:
    """The same scores at three temperatures, and dice."""
    if len(play.layout.candidates) < 2:
        return
    play.start("choosing", "pick")
    logits = play.trace["logits"][play.focus.position].astype(float)
    likely = np.argsort(-play.trace["probs"][play.focus.position], kind="stable")[
        : len(play.layout.candidates)
    ]
    hot = next((t for t in HOT if softmax(logits / t).max() < FLAT), HOT[-1])
    for i in range(len(likely)):
        play.vanish(thing.candidate(i, "share"), play.begun, since=play.begun)
    window = play.say("greedy", _take(play), least=2.6)
    tellings = [Telling(play.begun, 1.0, softmax(logits)[likely])]
    for key, temperature in (("cold", COLD), ("hot", hot)):
        start, _ = play.say(key, least=3.2, temperature=f"{temperature:g}")
        tellings.append(Telling(start, temperature, softmax(logits / temperature)[likely]))
    window = play.say("sampling", least=4.0)
    _tell(play, tellings, play.now)
    _draw(play, tellings[-1].shares, window, play.now)
    back = play.now
    for i in range(len(likely)):
        scale = _stretch(play, i, tellings[-1].shares[i])
        play.move(thing.candidate(i, "bar"), "scale_x", (back, back + 0.6), scale, 1.0, "smooth")
        play.appear_again(thing.candidate(i, "share"), back + 0.6, since=back)


def _take(play: Screenplay) -> Take:
    """The bars, with the pointer's place before them and the temperature above."""
    boxes = [c.box for c in play.layout.candidates]
    return Take("detail", [*boxes, _temperature(play, 1.0, 0).box, _pointer(play).box])


def _temperature(play: Screenplay, temperature: float, n: int) -> Text:
    """The temperature above the bars."""
    text = play.words.note("temperature", value=f"{temperature:g}")
    top = max(play.layout.candidates, key=lambda c: c.at[2])
    x, y, z = top.at
    return Text(
        thing.prop("choosing", f"temperature {n}"),
        text,
        (x, y, z + 1.5 * top.height),
        0.8 * top.height,
        "left",
    )


def _tell(play: Screenplay, tellings: list[Telling], end: float) -> None:
    """Bars and percentages at every temperature, and which it is."""
    ends = [telling.start for telling in tellings[1:]] + [end]
    for n, (telling, until) in enumerate(zip(tellings, ends, strict=True)):
        play.put(_temperature(play, telling.temperature, n), telling.start, until)
        for i, candidate in enumerate(play.layout.candidates):
            scale = _stretch(play, i, telling.shares[i])
            if n:
                before = _stretch(play, i, tellings[n - 1].shares[i])
                window = (telling.start, telling.start + CHANGE)
                play.move(thing.candidate(i, "bar"), "scale_x", window, before, scale, "smooth")
            size = 0.6 * candidate.height
            x, y, z = candidate.at
            at = (x + candidate.length * scale + 0.6 * size, y, z - 0.36 * size)
            share = Text(
                thing.prop("choosing", f"share {n} {i}"),
                share_text(float(telling.shares[i])),
                at,
                size,
                "left",
            )
            play.put(share, telling.start + CHANGE if n else telling.start, until)


def _stretch(play: Screenplay, i: int, share: float) -> float:
    """By how much a candidate's bar is longer than it was built, to show a share."""
    first, bar = play.layout.candidates[0], play.layout.candidates[i]
    length = share * first.length / first.probability  # the first one's bar is never too short to be true
    return float(max(length, LEAST * bar.height) / bar.length)


def _pointer(play: Screenplay) -> Text:
    first = play.layout.candidates[0]
    x, y, z = first.at
    size = 0.9 * first.height
    at = (x - 2.6 * first.height, y - 0.3, z - 0.36 * size)
    return Text(thing.prop("choosing", "pointer"), "▶", at, size, "right", "accent")


def _draw(play: Screenplay, shares: Array, window: Window, end: float) -> None:
    """A pointer that stands at the likeliest while greedy, and jumps by chance while sampling."""
    pointer = _pointer(play)
    play.put(pointer, play.begun + 0.4, end)
    drawn = np.random.default_rng(0).choice(len(shares), size=DRAWS, p=shares / shares.sum())
    first = play.layout.candidates[0].at[2]
    heights = [candidate.at[2] - first + pointer.at[2] for candidate in play.layout.candidates]
    last = heights[0]
    for at, which in zip(np.linspace(*window, DRAWS + 1).tolist(), drawn, strict=False):
        if heights[which] != last:
            play.cues.append(Cue(pointer.name, "location_z", at, at + JUMP, last, heights[which], "cubic"))
            last = heights[which]
