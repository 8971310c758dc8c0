"""Overview: something beautiful, the whole machine, and its task."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...layout import names as thing
from ...layout.layout import Block, Letter
from ...look.views import VIEWS
from ..film import Cue
from ..framing import outlook, whole
from ..front import begin, done
from ..piece import Window
from ..screenplay import Screenplay, Tag, Take, names
from ..story import letter_box

HOOK, PULL = 2.6, 3.4  # seconds near, and on the way back to all of it
QUICK = 0.5  # the least part of these that shorter cuts keep
REWIND = 0.8  # seconds in which the machine is emptied again
ROWS, COLUMNS = 9, 16  # cells that the first picture shows
ASIDE, SWEEP = -14.0, 7.0  # degrees: whence the first picture is seen, and how far the camera moves in it
PARTS = 5  # names of parts in a view of everything


def opening(play: Screenplay) -> None:
    """Cells seen close, the pull back to the whole machine, and the prompt's letters at its entrance."""
    play.start("overview", "numbers")
    _hook(play)
    play.say("machine", least=2.2)
    play.say("colours", least=2.2)
    letters = play.letters(predicted=False)
    start, end = play.say("task", entrance(play, letters), least=2.6)
    fall(play, letters, (start - 0.4, end - 0.6))


def glimpse(play: Screenplay) -> None:
    """The same, quicker, with the prompt in place: the opening of shorter cuts."""
    play.start("overview", "numbers")
    _hook(play)
    play.say("colours", least=1.2)
    letters = play.letters(predicted=False)
    start, end = play.say("task", entrance(play, letters), least=1.2)
    fall(play, letters, (start - 0.8, end - 0.8))


def flash(play: Screenplay) -> None:
    """The first picture and the pull back alone: the opening of the teaser."""
    play.start("overview", "numbers")
    _hook(play)
    fall(play, play.letters(predicted=False), (play.now - 1.0, play.now))


def whole_machine(play: Screenplay, turn: float = 0.0) -> Take:
    """Everything, with the names of its parts."""
    box = whole(play.layout)
    low, high = np.array(box.low) - 1e-6, np.array(box.high) + 1e-6
    inside = [
        block
        for block in play.layout.blocks.values()
        if (low <= block.box.low).all() and (block.box.high <= high).all()
    ]
    azimuth, elevation = outlook(play.layout)
    view = VIEWS["plan"]
    turned, risen = azimuth - view.azimuth + turn, elevation - view.elevation
    return Take("plan", [box], names(inside), tuple(part_tags(play)), turned, risen)


def part_tags(play: Screenplay) -> list[Tag]:
    """The names of the outermost parts; of many, the first and the last."""
    parts = [section for section in play.layout.sections if len(section.path) == 1]
    if len(parts) > PARTS:
        parts = [*parts[: PARTS - 2], *parts[-2:]]
    return [
        Tag(play.words.part(section.name, play.trace.network.config.n_layer), section.box)
        for section in parts
    ]


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


def _hook(play: Screenplay) -> None:
    """The finished machine from near, a wave of light through it, then back until all of it is seen."""
    share = max(QUICK, play.leisure)
    block = _liveliest(play)
    row, column = (block.shape[0] - ROWS) // 3, (block.shape[1] - COLUMNS) // 2
    near = play.near(block, row, column, ROWS, COLUMNS, turn=ASIDE)
    play.pose = play.framed(near, -SWEEP)
    play.go(near, HOOK * share)
    for other in play.layout.within(block.section[0]):
        play.flash(other, 0.2, HOOK * share)
    _, end = play.go(whole_machine(play), PULL * share)
    play.hold(REWIND)
    later = play.trace.n_positions - play.layout.n_prompt
    for other in play.layout.blocks.values():
        if other.role != "weight":
            cue = Cue(other.name, "reveal", end, end + REWIND, done(later), begin(0), "smooth")
            play.cues.append(cue)


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
