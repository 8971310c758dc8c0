"""Where a lesson waits."""

from functools import cache

import pytest

from llm_scene.film.film import Film
from llm_scene.film.props import Formula
from llm_scene.film.stops import COME, LAST, MOVES, stops
from llm_scene.layout.drawn import Line, Text
from llm_scene.models import load
from llm_scene.staging.options import Options
from llm_scene.staging.production import produce

CUTS = ("teaser", "short", "full")


@cache
def filmed(preset: str, prompt: str, cut: str) -> Film:
    model = load(preset=preset)
    return produce(model, model.encode_prompt(prompt), Options(cut=cut)).film


def written(film: Film, time: float) -> set[str]:
    """What is written on the picture at a time."""
    forms = [prop.name for prop in film.props if isinstance(prop, Text | Line | Formula)]
    tracks = {name: film.tracks.get((name, "hidden"), []) for name in forms}
    return {name for name, cues in tracks.items() if [c.b for c in cues if c.end <= time][-1:] == [0.0]}


@pytest.fixture(params=CUTS)
def film(request: pytest.FixtureRequest) -> Film:
    return filmed("nano-gpt-sort", "CBABBC", request.param)


def test_waits_while_the_caption_is_there(film: Film) -> None:
    for caption, stop in zip(film.captions, stops(film, film.captions), strict=True):
        assert caption.start <= stop <= caption.end - LAST + 1e-6


def test_a_calculation_is_still_on_the_stage(film: Film) -> None:
    for caption, stop in zip(film.captions, stops(film, film.captions), strict=True):
        before = [caption.start + COME + i * 0.1 for i in range(int((stop - caption.start - COME) / 0.1))]
        most = max((len(written(film, time)) for time in before), default=0)
        assert len(written(film, stop)) >= most / 2, caption.key


def flying(film: Film, time: float) -> set[str]:
    """What is on its way at a time."""
    return {
        cue.target
        for (_, channel), cues in film.tracks.items()
        for cue in cues
        if channel in MOVES and cue.a != cue.b and cue.start < time < cue.end
    }


def test_nothing_is_on_its_way_where_there_is_a_pause(film: Film) -> None:
    for caption, stop in zip(film.captions, stops(film, film.captions), strict=True):
        moments = [stop - i * 0.05 for i in range(int((stop - caption.start - COME) / 0.05))]
        still = [not flying(film, moment) for moment in moments]
        paused = any(all(still[i : i + 4]) for i in range(len(still) - 3))
        assert not (flying(film, stop) and paused), caption.key


def test_the_answer_is_read_with_its_arcs() -> None:
    film = filmed("nano-gpt-sort", "CBABBC", "full")
    told = dict(zip([caption.key for caption in film.captions], stops(film, film.captions), strict=True))
    assert {f"answer: arc {i}" for i in range(6)} <= written(film, told["answer"])
