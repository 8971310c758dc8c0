"""Overview: something beautiful, the whole machine, and its task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...layout import names as thing
from ...layout.layout import Block, Letter
from ..film import Cue
from ..front import begin, done
from ..piece import Window
from ..screenplay import Screenplay, Take, names
from ..story import letter_box
from .machine import question, under

HOOK, PULL = 2.0, 2.6  # seconds near, and on the way back to all of it
QUICK = 0.5  # the least part of these that shorter cuts keep
REWIND = 0.8  # seconds in which the machine is emptied again
AT_LAST = 0.05  # and before the next picture
LOOK = 2.2  # seconds for each caption before the whole
WHOLE, ROWS, COLUMNS = 16, 12, 16  # rows of a sheet that is seen as a whole; cells of a larger one
ASIDE, SWEEP = -30.0, 2.0  # degrees: whence the first picture is seen, and how far the camera moves in it


def opening(play: Screenplay) -> None:
    """Cells seen close, the pull back to the whole machine, and the prompt's letters at its entrance."""
    play.start("overview", "numbers")
    _hook(play, "", "task", "machine", "colours")
    letters = play.letters(predicted=False)
    start, end = play.say("entrance", entrance(play, letters), least=2.6)
    fall(play, letters, (start - 0.4, end - 0.6))


def glimpse(play: Screenplay) -> None:
    """The same, quicker and without a look at the entrance: the opening of shorter cuts."""
    play.start("overview", "numbers")
    start, end = _hook(play, "relief", "task", "colours")
    fall(play, play.letters(predicted=False), (start, end))


def flash(play: Screenplay) -> None:
    """The first picture and the pull back alone: the opening of the teaser."""
    play.start("overview", "numbers")
    _, end = _hook(play)
    fall(play, play.letters(predicted=False), (end - 1.0, end))


def entrance(play: Screenplay, letters: Sequence[Letter]) -> Take:
    """Where the prompt comes in."""
    tokens = play.blocks("tokens")
    return Take("detail", [*(b.box.grown(1) for b in tokens), *map(letter_box, letters)], names(tokens))


def fall(play: Screenplay, letters: Sequence[Letter], window: Window) -> None:
    """Letters come down to their places one after the other."""
    start, end = window
    each = (end - start) / (len(letters) + 1.5)
    for i, letter in enumerate(letters):
        name, z = thing.token(letter.position), letter.at[2]
        at = max(0.05, start + i * each)
        play.appear(name, at)
        play.appear(thing.thread(name), at + 1.5 * each)
        drop = z + 2.2 * play.layout.gap + 2 * letter.size
        play.move(name, "location_z", (at, at + 1.5 * each), drop, z)


def _hook(play: Screenplay, caption: str = "", *captions: str) -> Window:
    """The finished machine from near, a wave of light through it, then back until all of it is seen.

    One caption tells of the cells. Then the machine stands between the prompt and a question mark, is told by
    further captions, and emptied at the end. When all of it is seen is returned.
    """
    share = max(QUICK, play.leisure)
    block = _liveliest(play)
    rows = WHOLE if block.shape[0] <= WHOLE else ROWS
    row, column = (block.shape[0] - rows) // 3, (block.shape[1] - COLUMNS) // 2
    near = replace(play.near(block, row, column, rows, COLUMNS, turn=ASIDE), tags=())
    play.pose = play.framed(near, -SWEEP)
    if caption:
        play.say(caption, near)
    else:
        play.go(near, HOOK * share)
    for other in play.layout.within(block.section[0]):
        play.flash(other, 0.2, play.now)
    asked = question(play)
    _, start = play.go(under(play, asked), PULL * share)
    for caption in captions:
        play.say(caption, least=LOOK)
    if not captions:
        play.hold(REWIND)
    _rewind(play)
    for text in asked:
        play.put(text, start, play.now)
    return start, play.now


def _rewind(play: Screenplay) -> None:
    """The machine is emptied again, just before the camera leaves; behind a cut nobody sees it."""
    later = play.trace.n_positions - play.layout.n_prompt
    start, end = play.now - (REWIND if play.cut.travels else 2 * AT_LAST), play.now - AT_LAST
    for block in play.layout.blocks.values():
        if block.role != "weight":
            play.cues.append(Cue(block.name, "reveal", start, end, done(later), begin(0), "smooth"))


def _liveliest(play: Screenplay) -> Block:
    """The computed matrix that looks best from near: broad, and of many different values."""

    def liveliness(block: Block) -> float:
        values = block.values(play.trace)
        finite = np.abs(values[np.isfinite(values)])
        room = min(block.shape[1], COLUMNS) * min(block.shape[0], ROWS)
        return float(room * finite.std() / (finite.max() + 1e-9))

    computed = [
        b for b in play.layout.blocks.values() if b.role == "activation" and b.matrix.layer in (None, 0, 1)
    ]
    return max(computed, key=liveliness)
