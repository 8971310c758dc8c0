"""The end: what was given and what was made of it, and the machine that did it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...layout.drawn import LETTER, Says, fitting
from ..framing import whole
from ..screen import wrapped
from ..screenplay import Screenplay, Take
from ..shapes import row_of
from ..stage import Stage, sides
from ..stagecraft import HERO, SetPiece
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
LINE = 1.5 * HERO  # from line to line of longer texts
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
        _continued(piece, play.story.prompt, play.story.answer)
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


def _continued(piece: SetPiece, prompt: str, answer: str) -> None:
    """The prompt in lines, and under it the answer, line by line."""
    stage = piece.stage
    room = 2 * stage.reach / (LETTER * HERO)
    given = wrapped(" ".join(prompt.split()), room)
    made = wrapped(" ".join(answer.split()), room)
    size = fitting([*given, *made], 2 * stage.reach, HERO)  # a word may be longer than a line
    lines = len(given) + len(made)
    top = stage.middle + LINE * (lines - 1) / 2
    with piece.beat("given", FIRST) as beat:
        for n, line in enumerate(given):
            piece.text(f"given {n}", line, 0.0, top - LINE * n, beat.at(0.0), size=size)
    with piece.beat("made", EACH * len(made)) as beat:
        spans = beat.each(len(made))
        for n, (line, span) in enumerate(zip(made, spans, strict=True), len(given)):
            piece.text(f"made {n}", line, 0.0, top - LINE * n, span[0], size=size, ink="accent")
