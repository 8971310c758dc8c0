"""What is drawn: everything there is, once, under the names that cues use."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from llm_scene.film.props import Swarm
from llm_scene.layout import names
from llm_scene.layout.drawn import LINE, Text, text_width
from llm_scene.layout.layout import Block, Letter
from llm_scene.models import load
from llm_scene.staging.production import Production, produce
from llm_scene.staging.things import Bar, Ramp, Thing, Tubes, things


@cache
def made() -> Production:
    model = load("nano-gpt-sort", None, [])
    return produce(model, model.encode_prompt("CBABBC"))


@cache
def drawn() -> dict[str, Thing]:
    return {thing.name: thing for thing in things(made().layout, made().trace, made().film)}


def test_names_are_given_once() -> None:
    count = Counter(thing.name for thing in things(made().layout, made().trace, made().film))
    assert not [name for name, number in count.items() if number > 1]


def test_everything_is_there() -> None:
    layout, film = made().layout, made().film
    forms = [thing.form for thing in drawn().values()]
    assert [form for form in forms if isinstance(form, Block)] == list(layout.blocks.values())
    assert [form for form in forms if isinstance(form, Letter)] == list(layout.letters)
    assert [form for form in forms if isinstance(form, Swarm)] == [
        p for p in film.props if isinstance(p, Swarm)
    ]
    links = [link for form in forms if isinstance(form, Tubes) for link in form.links]
    assert sorted(map(repr, links)) == sorted(map(repr, layout.links))
    assert sum(isinstance(form, Bar) for form in forms) == len(layout.candidates)
    assert sum(isinstance(form, Ramp) for form in forms) == 4


def test_what_moves_along_comes_after_what_it_moves_along_with() -> None:
    known: set[str] = set()
    for thing in drawn().values():
        assert not thing.on or thing.on in known
        known.add(thing.name)


def test_cues_move_what_is_drawn() -> None:
    for target, channel in made().film.tracks:
        assert target in drawn(), f"{channel} of {target}"


def test_without_a_film_there_are_no_props() -> None:
    still = {thing.name for thing in things(made().layout, made().trace)}
    assert still == {name for name, thing in drawn().items() if thing.group[0] != "Props"}


def test_props_are_filed_by_their_piece() -> None:
    assert names.piece_of(names.prop("scores", "key 3")) == "scores"


def test_a_text_is_as_wide_as_its_longest_line_and_broad_letters_count() -> None:
    assert text_width("abcd\nab", 2.0) == pytest.approx(2 * sum(map(text_width, "abcd")))
    assert text_width("ij") < text_width("ab") < text_width("MW")
    assert text_width("é") == text_width("e")  # an accent makes a letter no wider
    assert text_width("注意") == 2.0
    text = Text("x", "abcd", (1.0, 2.0, 3.0), 2.0, "right")
    assert (text.box.high[0], text.box.low[2], text.box.size[2]) == (1.0, 3.0, 2.0)
    two = Text("x", "ab\ncd", (1.0, 2.0, 3.0), 2.0)
    assert two.box.size[2] == pytest.approx(2.0 * (1 + LINE))


def test_what_is_written_at_candidates_is_for_who_looks_around() -> None:
    """In a film's pictures it would be too small to be read; the bars are part of them."""
    parts = {
        name: thing
        for name, thing in drawn().items()
        if (found := names.as_candidate(name)) is not None and found[1] != "bar"
    }
    assert len(parts) == 2 * len(made().layout.candidates)
    assert all(thing.spare and isinstance(thing.form, Text) for thing in parts.values())
    assert not any(thing.spare for thing in drawn().values() if isinstance(thing.form, Bar))
    for name in parts:
        assert not [track for track in made().film.tracks if track[0] == name]
