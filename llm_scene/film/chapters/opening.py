"""Overview: the prompt and the task, the whole machine, and what its colours mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...layout import names as thing
from ...layout.layout import Letter
from ..film import Cue
from ..front import begin, done
from ..piece import Window
from ..pieces.prompt import columns
from ..screenplay import Screenplay, Take, names
from ..story import letter_box
from .machine import question, under

HOOK, PULL = 2.0, 2.6  # seconds near, and on the way back to all of it
QUICK = 0.42  # the least part of these that shorter cuts keep
REWIND = 0.8  # seconds in which the machine is emptied again
AT_LAST = 0.05  # and before the next picture
LOOK = 2.2  # seconds for each caption before the whole
SOON, SETTLED = 0.4, 0.6  # seconds before the entrance is seen that letters set out, and before its end
HIGH = 2.2  # gaps of the model, and two of its heights, that a letter falls
OVERLAP = 1.5  # of the time from letter to letter, that one falls
SEEN = 0.04  # of the area of what was learned, from which on what is worked out can be seen beside it
AWAKE = 0.05  # seconds into the film before anything appears
ASIDE, SWEEP = -16.0, 4.0  # degrees: whence the first picture is seen, and how far the camera moves in it


def opening(play: Screenplay) -> None:
    """The prompt as numbers, the pull back to the whole machine, and the prompt's letters at its entrance."""
    play.start("overview", "numbers")
    _hook(play, ["task", "relief"], ["machine", *(["colours"] if _green(play) else [])])
    letters = play.letters(predicted=False)
    start, end = play.say("entrance", entrance(play, letters), least=2.6)
    fall(play, letters, (start - SOON, end - SETTLED))


def glimpse(play: Screenplay) -> None:
    """The same, quicker and without a look at the entrance: the opening of shorter cuts."""
    play.start("overview", "numbers")
    start, end = _hook(play, ["task", "relief"], ["colours" if _green(play) else "machine"])
    fall(play, play.letters(predicted=False), (start, end))


def _green(play: Screenplay) -> bool:
    """Whether what is worked out can be seen in a view of everything, beside all that was learned."""
    areas: dict[bool, float] = {True: 0.0, False: 0.0}
    for block in play.layout.blocks.values():
        wide, _, high = block.box.size
        areas[block.role != "weight"] += wide * high
    return areas[True] > SEEN * areas[False]


def flash(play: Screenplay) -> None:
    """The first picture and the pull back alone: the opening of the teaser."""
    play.start("overview", "numbers")
    _, end = _hook(play)
    fall(play, play.letters(predicted=False), (end - 1.0, end))


def entrance(play: Screenplay, letters: Sequence[Letter]) -> Take:
    """Where the prompt comes in."""
    tokens = play.blocks("tokens")
    boxes = [*(play.written(b).grown(1) for b in tokens), *map(letter_box, letters)]
    return Take("detail", boxes, names(tokens), lit=names(tokens))


def fall(play: Screenplay, letters: Sequence[Letter], window: Window) -> None:
    """Letters come down to their places one after the other."""
    start, end = window
    each = (end - start) / (len(letters) + OVERLAP)
    for i, letter in enumerate(letters):
        name, z = thing.token(letter.position), letter.at[2]
        at = max(AWAKE, start + i * each)
        play.appear(name, at)
        play.appear(thing.thread(name), at + OVERLAP * each)
        drop = z + HIGH * play.layout.gap + 2 * letter.size
        play.move(name, "location_z", (at, at + OVERLAP * each), drop, z)


def _hook(play: Screenplay, near: Sequence[str] = (), far: Sequence[str] = ()) -> Window:
    """The prompt turns into columns of numbers, close up, and they fly into the finished machine.

    Captions tell of the first picture, and further ones of the machine, which stands between the prompt and
    a question mark and is emptied at the end. When all of it is seen is returned.
    """
    share = max(QUICK, play.leisure)
    piece = columns(play.example)
    piece.comes = 0.0
    take = replace(play.on_stage(piece), turn=ASIDE, lit=None)
    play.pose = play.framed(take, -SWEEP)
    for n, caption in enumerate(near):
        play.say(caption, None if n else take, least=LOOK)
    if not near:
        play.go(take, HOOK * share)
    asked = question(play)
    rise = play.now
    play.end_head()
    play.leave_room(*far)
    _, start = play.go(under(play, asked), PULL * share)
    play.end_head()  # on the way back it is still there
    play.perform(piece, (play.begun, rise), (rise, start))
    for caption in far:
        play.say(caption, least=LOOK)
    if not far:
        play.hold(REWIND)
    _rewind(play)
    for text in asked:
        play.put(text, rise, play.now)
    return start, play.now


def _rewind(play: Screenplay) -> None:
    """The machine is emptied again, just before the camera leaves; behind a cut nobody sees it."""
    later = play.trace.n_positions - play.layout.n_prompt
    start, end = play.now - 2 * AT_LAST, play.now - AT_LAST
    for block in play.layout.blocks.values():
        if block.role != "weight":
            play.cues.append(Cue(block.name, "reveal", start, end, done(later), begin(0), "smooth"))
