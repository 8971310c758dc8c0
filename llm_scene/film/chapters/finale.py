"""The end: what was given and what was made of it, and the machine that did it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...layout.drawn import LETTER, Says, fitting, text_width
from ...layout.layout import Layout
from ..framing import whole
from ..screen import wrapped
from ..screenplay import Screenplay, Take
from ..shapes import row_of
from ..stage import Stage, sides
from ..stagecraft import HERO, SMALL, Miniature, SetPiece
from ..story import sorted_places
from .machine import answer, light, under, whole_machine

FURTHER = 3.0  # degrees by which the last view is turned
WAVES = 2  # of light
FILLED = 0.9  # of the stage's width, by the whole machine behind it
LETTERS = 1.6 * HERO  # size of type of single letters
WIDEST, FILLS = 4.2, 0.9  # stage units between two letters at most, and what of them a letter fills
LETTER_ROOM = 1.9  # from a letter's line to the end of its arc
STEEP = 0.45  # how far an arc goes straight down before it turns, of its height
POINTS = 24  # of an arc
ARC = 0.14  # its width
LARGEST, SIZES = 4.0 * HERO, 40  # a longer text's size at most; so many are tried
TALLER = 1.8  # of the size, in an upright picture
IN_ROW, AWAY = 0.8, 1.2  # the size of a short one, beside the machine; from that to its line, in its size
LINE = 1.5  # from line to line of it, in its size
EACH, FIRST = 0.2, 0.3  # seconds: an arc, the prompt alone
REST, MOMENT = 1.2, 0.4  # and stillness at the end, and in shorter cuts


def finale(play: Screenplay) -> None:
    """The answer beside the prompt; then a wave of light runs through the whole machine under it, twice."""
    play.start("finale", "answer")
    _answered(play)
    take = _machine(play)
    start, _ = play.say("finale", take, least=3.2)
    _still(play, start)


def answered(play: Screenplay) -> None:
    """The same, quicker: the end of shorter cuts, where the model wrote an answer."""
    if play.trace.n_positions > play.layout.n_prompt:
        play.start("finale", "answer")
        _answered(play)
        start, _ = play.say("finale", replace(_machine(play), cut=True))
        _still(play, start, MOMENT)
        play.stretch("finale")


def _machine(play: Screenplay) -> Take:
    """The machine, and above it what it made of the prompt."""
    play.end_head()
    take = replace(whole_machine(play, FURTHER), tags=())
    if play.trace.n_positions > play.layout.n_prompt:
        texts = answer(play)
        take = replace(under(play, texts), tags=())  # its parts have their names by now
        for text in texts:
            play.put(text, play.now)
    return take


def _still(play: Screenplay, start: float, rest: float = REST) -> None:
    """The last picture stands; light runs through it."""
    play.undim()
    play.hold(rest)
    wave = (play.now - start) / WAVES
    for n in range(WAVES):
        light(play, start + n * wave, start + (n + 1) * wave)


def _answered(play: Screenplay) -> None:
    if play.trace.n_positions > play.layout.n_prompt:
        play.act(_answer(play), given="answer")


def _answer(play: Screenplay) -> SetPiece:
    """Beats: given, made. Arcs lead from every letter to its place where the answer holds the same ones."""
    piece = SetPiece("answer", _before_everything(play))
    piece.mapped = False  # it speaks of all of the model
    first = play.layout.n_prompt
    prompt, answer = play.story.words[:first], play.story.words[first:]
    places = sorted_places(prompt, answer)
    if places is None:
        _continued(piece, play.layout, play.story.prompt, play.story.answer)
    else:
        _sorted(piece, prompt, places)
    for name in ("still", "back"):
        with piece.beat(name, REST):
            pass
    return piece


def _before_everything(play: Screenplay) -> Stage:
    """A stage as large as the machine, before all of it."""
    box = whole(play.layout)
    wide, _, high = box.size
    width, height = sides(play.aspect)
    unit = max(wide / width, high / height) / FILLED
    x, _, z = box.centre
    return Stage((x, box.low[1] - 2 * unit, z), unit, width, height)


def _sorted(piece: SetPiece, prompt: tuple[str, ...], places: list[int]) -> None:
    stage = piece.stage
    x = row_of(len(prompt), min(WIDEST, 2 * stage.reach / len(prompt)), 0.0)
    above, below = stage.top - LETTERS, stage.floor + LETTERS
    size = min(LETTERS, FILLS * min(WIDEST, 2 * stage.reach / len(prompt)))
    with piece.beat("given", FIRST) as given:
        for i, word in enumerate(prompt):
            says = Says("place", i)
            piece.text(f"letter {i}", word.strip(), x[i], above, given.at(0.0), size=size, says=says)
    with piece.beat("made", EACH * len(prompt)) as made:
        for i, span in zip(np.argsort(places).tolist(), made.each(len(prompt)), strict=True):
            place = places[i]
            piece.line(
                f"arc {i}",
                _arc(x[i], above - LETTER_ROOM, x[place], below + LETTER_ROOM),
                span[0],
                width=ARC,
            )
            word, says = prompt[i].strip(), Says("place", len(prompt) + place)
            at = x[place], below
            piece.text(f"place {place}", word, *at, span[0], size=size, ink="accent", says=says)


def _arc(x0: float, z0: float, x1: float, z1: float) -> list[tuple[float, float]]:
    """A cubic curve that leaves and arrives upright."""
    t = np.linspace(0.0, 1.0, POINTS)
    a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
    lean = STEEP * (z0 - z1)
    xs = a * x0 + b * x0 + c * x1 + d * x1
    zs = a * z0 + b * (z0 - lean) + c * (z1 + lean) + d * z1
    return list(zip(xs.tolist(), zs.tolist(), strict=True))


def _continued(piece: SetPiece, layout: Layout, prompt: str, answer: str) -> None:
    """The prompt in lines, and under it the answer, line by line; between short ones the machine."""
    stage = piece.stage
    given, made, size = _as_large_as_fits(stage, prompt, answer)
    if len(given) + len(made) == 2:
        _through(piece, layout, given[0], made[0])
        return
    pitch = LINE * size
    top = stage.middle + pitch * (len(given) + len(made) - 1) / 2
    with piece.beat("given", FIRST) as beat:
        for n, line in enumerate(given):
            piece.text(f"given {n}", line, 0.0, top - pitch * n, beat.at(0.0), size=size)
    with piece.beat("made", EACH * len(made)) as beat:
        spans = beat.each(len(made))
        for n, (line, span) in enumerate(zip(made, spans, strict=True), len(given)):
            piece.text(f"made {n}", line, 0.0, top - pitch * n, span[0], size=size, ink="accent")


def _as_large_as_fits(stage: Stage, prompt: str, answer: str) -> tuple[list[str], list[str], float]:
    """Both texts in lines, and the size of type in which they fill the stage."""
    words = [prompt.split(), answer.split()]
    largest = max(HERO, fitting([*words[0], *words[1]], 2 * stage.reach, LARGEST))  # no word is parted
    found = []
    for wanted in np.linspace(largest, HERO, SIZES).tolist():
        room = 2 * stage.reach / (LETTER * wanted)
        given, made = (wrapped(" ".join(text), room) for text in words)
        fits = (stage.top - stage.floor) / (LINE * (len(given) + len(made)))
        size = fitting([*given, *made], 2 * stage.reach, max(HERO, min(wanted, fits)))
        found.append((given, made, size))
    return max(found, key=lambda lines: lines[2])


def _through(piece: SetPiece, layout: Layout, prompt: str, answer: str) -> None:
    """What goes in, the machine, and what comes out: from left to right, or in a narrow picture downwards."""
    stage = piece.stage
    wide, high = 2 * stage.reach, stage.top - stage.floor
    if stage.upright:
        size = fitting([prompt, answer], wide, (1.0 if stage.square else TALLER) * IN_ROW * HERO, SMALL)
        small = Miniature(whole(layout), wide, high - 2 * AWAY * size)
        up = (small.high + AWAY * size) / 2
        places = (0.0, stage.middle + up), (0.0, stage.middle - up)
    else:
        size = fitting([prompt, answer], wide / 3, IN_ROW * HERO, SMALL)
        before, after = text_width(prompt, size), text_width(answer, size)
        small = Miniature(whole(layout), wide - before - after - 2 * size, high)
        middle = (before - after) / 2
        places = (before / 2 - stage.reach, stage.middle), (stage.reach - after / 2, stage.middle)
    at = (0.0 if stage.upright else middle), stage.middle
    with piece.beat("given", FIRST) as beat:
        piece.text("given", prompt, *places[0], beat.at(0.0), size=size)
        piece.machine(layout, small, at, "machine {}".format, beat.at(0.0))
    with piece.beat("made", EACH) as beat:
        piece.text("made", answer, *places[1], beat.at(0.0), size=size, ink="accent")
