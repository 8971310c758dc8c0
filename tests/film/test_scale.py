"""The film Scale: what it says is true, what it shows can be seen, and it is one move."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest

from llm_scene.film.film import Film
from llm_scene.film.framing import project
from llm_scene.film.scale import (
    PIN,
    THINGS,
    Start,
    compared,
    compose_scale,
    metres,
    pin_height,
    ratio,
    square_metres,
)
from llm_scene.film.words import languages, length, words
from llm_scene.layout import names
from llm_scene.layout.layout import Box
from llm_scene.layout.lineup import Exhibit, Place, lineup
from llm_scene.layout.structure import structure
from llm_scene.models.presets import find_preset
from llm_scene.network import declare

NAMES = ("gpt2-small", "gpt2-xl", "llama3-8b", "gpt3")
CELL = Box((2, 0, 40), (3, 1, 41))
ASPECTS = (16 / 9, 1.0, 9 / 16)


def exhibits() -> list[Exhibit]:
    found = [Exhibit("nano", "nano-GPT", _shape("gpt2-small"), 85_728, Box((0, 0, 0), (1680, 70, 290)))]
    for name in NAMES:
        config = _shape(name)
        title = find_preset(name).title
        found.append(Exhibit(name, title, config, declare(config).n_params(), structure(config).box))
    return found


def _shape(name: str):
    config = find_preset(name).shape
    assert config is not None
    return config


PLACES = lineup(exhibits())


def film(language: str = "en", aspect: float = 16 / 9, places: tuple[Place, ...] = PLACES) -> Film:
    sizes = {place.exhibit.name: max(place.box.size) for place in places} | {"a label": 3.0}
    return compose_scale(places, Start(CELL, "0.49"), sizes, words(language), aspect=aspect)


FILM = film()


def said(made: Film, key: str) -> list[str]:
    return [caption.text for caption in made.captions if caption.key == key]


# --- words ---


def test_a_chapter_for_the_cell_and_for_every_model() -> None:
    names = ["cell", *(place.exhibit.name for place in PLACES)]
    assert [chapter.name for chapter in FILM.chapters] == names
    assert [chapter.title for chapter in FILM.chapters][1:] == [p.exhibit.title for p in PLACES]
    for before, after in itertools.pairwise(FILM.chapters):
        assert before.end == after.start


def test_sizes_are_those_of_the_layout_as_if_a_cell_were_a_millimetre() -> None:
    texts = said(FILM, "size")
    assert len(texts) == len(PLACES)
    for text, place in zip(texts, PLACES, strict=True):
        found = re.search(r"^([\d.]+) (m|km) wide at 1 mm a cell: ([\d.]+) × (.+)$", text)
        assert found is not None, text
        width = (place.box.high[0] - place.box.low[0]) / 1000 / (1000 if found[2] == "km" else 1)
        digits = len(found[1].partition(".")[2])
        assert float(found[1]) == pytest.approx(width, abs=0.5000001 * 10**-digits)
        thing = next(key for key, name in words("en").things.items() if name == found[4])
        share = (place.box.high[0] - place.box.low[0]) / 1000 / THINGS[thing]
        assert float(found[3]) == pytest.approx(share, rel=0.05)


def test_how_many_times_as_many_is_the_ratio_of_the_parameters() -> None:
    texts = said(FILM, "larger")
    for text, (before, after) in zip(texts, itertools.pairwise(PLACES), strict=True):
        found = re.fullmatch(r"(.+): ([\d,]+), ([\d.,]+) times (.+)", text)
        assert found is not None
        assert (found[1], found[4]) == (after.exhibit.title, before.exhibit.title)
        assert int(found[2].replace(",", "")) == after.exhibit.n_params
        ratio = after.exhibit.n_params / before.exhibit.n_params
        assert float(found[3].replace(",", "")) == pytest.approx(ratio, rel=0.05)


def test_the_ground_that_weights_cover() -> None:
    assert said(FILM, "pitches") == ["Laid flat: 174,604 m², 24 football pitches"]
    count = PLACES[-1].exhibit.n_params  # square millimetres
    assert count / 1e6 == pytest.approx(174_604, abs=0.5)
    assert count / 1e6 / (105 * 68) == pytest.approx(24, abs=0.5)
    small = film(places=lineup(exhibits()[:2]))
    assert said(small, "area") == ["Laid flat, its weights cover 124 m²"]


def test_the_first_caption_tells_the_number_on_the_cell() -> None:
    assert said(FILM, "cell") == ["One cell is one number of the model: 0.49"]
    none = compose_scale(PLACES, Start(CELL), {}, words("en"))
    assert [caption.key for caption in none.chapters[0].captions] == ["shape_cell", "grain"]


def test_every_text_is_used() -> None:
    keys = {caption.key for caption in FILM.captions} | {"title", "shape_cell", "area"}
    assert keys == set(words("en").scale)
    assert set(THINGS) == set(words("en").things)


@pytest.mark.parametrize("code", languages())
def test_captions_can_be_read_in_their_time_and_never_overlap(code: str) -> None:
    made = film(code)
    for caption in made.captions:
        assert length(caption.text) / (caption.end - caption.start) < 16
        assert length(caption.text) <= 56  # a line of a picture 640 wide
    for before, after in itertools.pairwise(made.captions):
        assert before.end <= after.start + 1e-9


def test_without_captions_the_move_is_the_same() -> None:
    silent = compose_scale(PLACES, Start(CELL, "0.49"), {}, words("en"), captions=False)
    assert silent.captions == []
    assert (silent.duration, silent.pose(20.0)) == (FILM.duration, FILM.pose(20.0))


@pytest.mark.parametrize(
    ("length", "thing", "times"),
    [(0.1, "sheet", "0.34"), (1.7, "sheet", "5.7"), (50.0, "pool", "1.0"), (900, "tower", "2.7")],
)
def test_things_to_compare_with(length: float, thing: str, times: str) -> None:
    assert compared(length) == (thing, times)


def test_measures_as_they_are_written() -> None:
    assert [metres(x) for x in (0.31, 1.68, 53.2, 1112.2)] == ["31 cm", "1.7 m", "53 m", "1.1 km"]
    assert [square_metres(x) for x in (0.0857, 1.5, 124.4)] == ["857 cm²", "1.5 m²", "124 m²"]
    assert [ratio(x) for x in (0.337, 1.04, 112.1, 1451.6)] == ["0.34", "1.0", "112", "1,452"]


# --- pictures ---


@pytest.mark.parametrize("aspect", ASPECTS)
def test_the_camera_goes_back_in_one_move(aspect: float) -> None:
    made = film(aspect=aspect)
    poses = [made.pose(frame / made.fps) for frame in range(made.n_frames)]
    speeds = np.diff([math.log(pose.distance) for pose in poses])
    assert (speeds >= 0).all() and speeds.max() < 0.06
    assert np.abs(np.diff(speeds)).max() < 0.002
    assert poses[-1].distance / poses[0].distance > 1e5
    for one, other in itertools.pairwise(poses):
        assert math.dist(one.target, other.target) < 0.06 * one.distance


def stations(made: Film) -> list[float]:
    """The times at the cell, and at every model."""
    first, _, *models, _ = made.shots[0].path.times  # type: ignore[attr-defined]
    return [first, *models]


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_model_is_whole_in_the_picture_while_it_is_spoken_of(aspect: float) -> None:
    made = film(aspect=aspect)
    for time, chapter, place in zip(stations(made)[1:], made.chapters[1:], PLACES, strict=True):
        assert chapter.start < time < chapter.end
        for box in (place.box, place.card_box):
            seen = project(box.corners(), made.pose(time), aspect)
            assert (seen[:, 2] > 0).all()
            assert np.abs(seen[:, :2]).max() < 1.0, place.exhibit.name
        width = np.ptp(project(place.box.corners(), made.pose(time), aspect)[:, 0])
        assert width > 0.9, f"{place.exhibit.name} is small in the picture"


def test_cards_can_be_read_at_their_time() -> None:
    """Heights of letters in a picture 640 pixels wide."""
    for time, place in zip(stations(FILM)[1:], PLACES, strict=True):
        pose = FILM.pose(time)
        for n, line in enumerate(place.card):
            _, _, depth = project(np.array([line.at]), pose)[0]
            pixels = line.size * pose.lens / 36 / depth * 640
            assert pixels > (6.5 if n else 14), (place.exhibit.name, line.text, pixels)


def test_the_cell_fills_the_picture_when_the_film_begins() -> None:
    seen = project(CELL.corners(), FILM.pose(0.0))
    assert np.abs(seen[:, :2]).max() < 1.0
    assert np.ptp(seen[:, 1]) > 0.5


def test_cards_give_way_to_pins_of_one_size() -> None:
    for place in PLACES[:-1]:
        card, pin = (FILM.tracks.get((name(place.exhibit.name), "scale")) for name in (names.card, names.pin))
        assert (card is None) == (pin is None)
        if card is None or pin is None:  # its card can be read to the end
            continue
        assert (card[0].a, card[0].b) == (place.card[0].size, 0.0)
        assert card[0].start == pin[0].start
        for time in np.linspace(pin[1].start, FILM.duration, 50):
            size = FILM.value(names.pin(place.exhibit.name), "scale", float(time))
            assert size == pytest.approx(FILM.pose(float(time)).distance, rel=0.01)
            assert size * PIN * 32 / 36 / FILM.pose(float(time)).distance * 640 > 11
    assert (names.pin(PLACES[-1].exhibit.name), "scale") not in FILM.tracks


def test_pins_never_cover_each_other() -> None:
    heights = [pin_height(rank) for rank in range(5)]
    assert all(b - a > 1.5 * PIN for a, b in itertools.pairwise(heights))


def test_what_is_too_small_to_be_seen_is_hidden_from_then_on() -> None:
    (cue,) = FILM.tracks["a label", "hidden"]
    before, after = (FILM.pose(cue.start + by) for by in (-0.1, 0.1))
    pixels = [3.0 * 32 / 36 / pose.distance * 640 for pose in (before, after)]
    assert 1.3 > pixels[0] > pixels[1] > 1.0
    assert (FILM.value("a label", "hidden", 0), FILM.value("a label", "hidden", 60)) == (0, 1)
    assert ("gpt3", "hidden") not in FILM.tracks


def test_models_of_one_size_do_not_turn_the_camera_back() -> None:
    config = _shape("gpt2-small")
    twins = [Exhibit(n, n, config, 124_439_808, structure(config).box) for n in ("a", "b")]
    made = film(places=lineup(twins))
    distances = [made.pose(frame / 24).distance for frame in range(made.n_frames)]
    assert distances == sorted(distances)


def test_twice_gives_the_same() -> None:
    assert film() == FILM
