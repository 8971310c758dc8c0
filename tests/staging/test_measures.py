"""Whole films measured: the shapes of real models, prompts, formats, arrangements, both rooms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from llm_scene.film.film import Caption, Chapter, Cue, Film, Pose
from llm_scene.layout.drawn import Text
from llm_scene.staging import measures
from llm_scene.staging.measures import RULES, measure
from tests.staging.measured import film, measured

NANO, AUSTEN, GPT2, LLAMA = "nano-gpt-sort", "tiny-austen", "GPT-2 small", "Llama of 30 blocks"
CASES = [  # model, tokens of the prompt, seconds between measures, choices
    (NANO, 6, 0.5, {"cut": "short"}),
    (NANO, 6, 1.0, {"cut": "full"}),
    (NANO, 1, 1.0, {"cut": "short", "format": "square", "heads": "fan"}),
    (NANO, 6, 1.0, {"cut": "short", "format": "vertical"}),
    (AUSTEN, 40, 1.0, {"cut": "short"}),
    (AUSTEN, 6, 1.0, {"cut": "short", "format": "square"}),
    (GPT2, 1, 2.0, {"cut": "short", "format": "vertical"}),
    (GPT2, 6, 2.0, {"cut": "short"}),
    (GPT2, 40, 1.0, {"cut": "teaser"}),
    (LLAMA, 1, 1.0, {"cut": "teaser", "format": "square"}),
    (LLAMA, 6, 2.0, {"cut": "short"}),
    (LLAMA, 40, 1.0, {"cut": "teaser", "heads": "fan"}),
    (NANO, 6, 1.0, {"cut": "full", "format": "square"}),
    (NANO, 6, 1.0, {"cut": "full", "format": "vertical"}),
    (NANO, 3, 1.0, {"cut": "full", "heads": "fan"}),
    (AUSTEN, 40, 2.0, {"cut": "full"}),
    (GPT2, 6, 2.0, {"cut": "full"}),
    (LLAMA, 6, 2.0, {"cut": "full"}),
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("name", "length", "every", "choices"), CASES)
def test_films_hold_to_the_rules(
    name: str, length: int, every: float, choices: dict[str, str], rule: str
) -> None:
    broken = measured(name, length, every, **choices).breaches(rule)
    assert not broken, f"{RULES[rule].says} {broken[:5]}"


def test_both_rooms_show_the_same_film() -> None:
    studio, paper = (film(NANO, 6, cut="teaser", look=look) for look in ("studio", "paper"))
    assert studio.film == paper.film and studio.layout == paper.layout


# --- the instrument sees what is wrong ---


def test_a_caption_on_the_way_is_seen() -> None:
    made = film(NANO, 6, cut="teaser")
    travel = next(shot for shot in made.film.shots if not shot.holds)
    caption = Caption(travel.start + 0.1, travel.end, "early", "Too early")
    (chapter,) = [c for c in made.film.chapters if c.start <= travel.start < c.end]
    chapters = tuple(
        replace(c, captions=(*c.captions, caption)) if c is chapter else c for c in made.film.chapters
    )
    found = measure(replace(made, film=replace(made.film, chapters=chapters)), 4.0).breaches("captions")
    assert [breach.what for breach in found] == ["early: on the way"]


def test_a_name_over_cells_and_a_small_one_are_seen() -> None:
    made = film(NANO, 6, cut="teaser")
    shot = max((s for s in made.film.shots if s.subject), key=lambda s: s.end - s.start)
    x, y, z = made.layout[shot.subject[0]].box.centre
    name = Text("label 99: 0", "Name", (x, y - 1.0, z), 0.2)
    found = measure(replace(made, film=replace(made.film, props=(*made.film.props, name))), 1.0)
    assert any("“Name”" in breach.what for breach in found.breaches("text"))
    assert any("Name" in breach.what for breach in found.breaches("names on cells"))


def test_a_matrix_that_is_emptied_is_seen() -> None:
    made = film(NANO, 6, cut="teaser")
    (*chapters, last) = made.film.chapters
    block = next(b for b in made.layout.blocks.values() if b.role != "weight")
    end = made.film.duration
    emptied = replace(last, cues=(*last.cues, Cue(block.name, "reveal", end - 0.2, end, 1.35, 0.0)))
    found = measure(replace(made, film=replace(made.film, chapters=(*chapters, emptied))), 4.0)
    assert f"{block.name} is emptied" in [breach.what for breach in found.breaches("results")]


def test_a_sharp_flight_and_an_empty_stage_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    made = film(NANO, 6, cut="teaser")
    assert not measure(made, 4.0).breaches("rush")
    monkeypatch.setattr(measures, "blurred", lambda film: np.zeros(film.n_frames, bool))
    assert measure(made, 4.0).breaches("rush")
    staged = next(shot for shot in made.film.shots if shot.kind == "stage")
    for name in {prop.name for prop in made.film.props}:
        made.film.tracks.pop((name, "hidden"), None)
    emptied = replace(made.film, props=(), chapters=made.film.chapters)
    found = measure(replace(made, film=emptied), 0.5).breaches("fill")
    assert any(staged.start <= breach.time < staged.end for breach in found)


def test_an_empty_travel_and_a_fast_shot_are_seen() -> None:
    made = film(NANO, 6, cut="teaser")
    shot = max((s for s in made.film.shots if s.holds), key=lambda s: s.end - s.start)

    def moved(by: float) -> Pose:
        return replace(shot.a, target=(shot.a.target[0] + by, *shot.a.target[1:]))

    def with_shot(**changes: object) -> Film:
        def change(chapter: Chapter) -> Chapter:
            shots = tuple(replace(s, **changes) if s is shot else s for s in chapter.shots)  # type: ignore[arg-type]
            return replace(chapter, shots=shots)

        return replace(made.film, chapters=tuple(map(change, made.film.chapters)))

    assert measure(replace(made, film=with_shot(a=moved(1e4), b=moved(1e4), holds=())), 0.5).breaches("empty")
    assert measure(replace(made, film=with_shot(b=moved(shot.a.distance))), 0.5).breaches("speed")
    assert not measure(made, 0.5).breaches("speed")
