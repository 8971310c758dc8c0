"""One call from a model and a prompt to everything that can be shown."""

from __future__ import annotations

import numpy as np
import pytest

from llm_scene.errors import UserError
from llm_scene.layout import Arrangement
from llm_scene.models import load
from llm_scene.staging.options import Options
from llm_scene.staging.production import produce

TOKENS = (2, 1, 0, 1, 1, 2)


@pytest.fixture(scope="module")
def model():
    return load("nano-gpt-sort")


def test_everything_belongs_together(model) -> None:
    made = produce(model, TOKENS)
    assert made.reading.tokens[: len(TOKENS)] == TOKENS
    assert made.trace.tokens == list(made.reading.tokens)
    assert made.layout.n_prompt == len(TOKENS) == 6
    assert made.trace.network is model.network
    assert len(made.layout.blocks) == 206
    assert {target for target, channel in made.film.tracks if channel == "reveal"} >= {
        block.name for block in made.layout.blocks.values() if block.matrix.op is not None
    }
    assert (made.film.name, made.look.name) == ("full", "studio")


def test_letters_are_the_prompt_and_what_the_model_expects(model) -> None:
    made = produce(model, TOKENS)
    expected = "".join("ABC"[int(row.argmax())] for row in made.trace["probs"])
    assert "".join(letter.text for letter in made.layout.letters if not letter.predicted) == "CBABBCABBBC"
    assert "".join(letter.text for letter in made.layout.letters if letter.predicted) == expected
    assert expected[5:] == "ABBBCC"
    assert [letter.position for letter in made.layout.letters if letter.chosen] == [5]


def test_what_the_model_wrote_may_be_given(model) -> None:
    """Sampled elsewhere, for example: the film shows it instead of the greedy answer."""
    made = produce(model, TOKENS, written=(1, 1))
    assert made.reading.tokens == (*TOKENS, 1, 1)
    assert made.layout.n_prompt == 6


def test_the_teaser_shows_the_prompt_alone(model) -> None:
    assert produce(model, TOKENS, Options(cut="teaser")).reading.tokens == TOKENS
    assert produce(model, TOKENS, Options(cut="teaser"), written=(1,)).reading.tokens == TOKENS


def test_a_full_context_leaves_room_for_one_letter(model) -> None:
    made = produce(model, (2, 1, 0, 1, 1, 2, 0, 1, 1, 1, 2))
    assert len(made.reading.tokens) == 11
    assert "loop" not in [chapter.name for chapter in made.film.chapters]


def test_chapters_can_be_chosen(model) -> None:
    made = produce(model, TOKENS, Options(chapters=("mlp", "attention")))
    assert [chapter.name for chapter in made.film.chapters] == ["attention", "mlp"]


def test_candidates_are_the_likeliest_first_with_their_true_probabilities(model) -> None:
    made = produce(model, TOKENS)
    probabilities = dict(zip("ABC", made.trace["probs"][5].tolist(), strict=True))
    shown = [(candidate.text, candidate.probability) for candidate in made.layout.candidates]
    assert shown == sorted(probabilities.items(), key=lambda pair: -pair[1])


def test_choices_reach_the_film_and_the_scene(model) -> None:
    made = produce(model, TOKENS, Options(cut="teaser", language="zh", look="paper"))
    assert (made.film.name, made.look.name) == ("teaser", "paper")
    assert any(ord(letter) > 0x2E80 for letter in made.film.captions[0].text)


def test_no_captions_without_a_language(model) -> None:
    silent, spoken = produce(model, TOKENS, Options(language="none")), produce(model, TOKENS)
    assert silent.film.captions == []
    assert silent.film.duration == spoken.film.duration


def test_told_again_everything_stands_where_it_stood(model) -> None:
    made = produce(model, TOKENS, Options(heads="grid", blocks="columns"))
    assert made.layout.arrangement == Arrangement("grid", "columns")
    assert made.retold(language="zh").told(language="en").shots == made.film.shots
    assert made.film.shots[0].a != produce(model, TOKENS).film.shots[0].a


def test_twice_gives_the_same(model) -> None:
    one, other = produce(model, TOKENS), produce(model, TOKENS)
    assert one.film == other.film
    assert one.layout == other.layout
    assert all(np.array_equal(one.trace[name], other.trace[name]) for name in one.trace.arrays)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"cut": "epic"}, "There is no film 'epic': choose one of full, short, teaser"),
        ({"language": "tlh"}, "There is no language of captions 'tlh': choose one of en"),
        ({"heads": "ring"}, "There is no arrangement of heads 'ring'"),
        ({"blocks": "heap"}, "There is no arrangement of blocks 'heap'"),
    ],
)
def test_unknown_choices(model, choice: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        produce(model, TOKENS, Options(**choice))


def test_tokens_the_model_cannot_read(model) -> None:
    for tokens in ((), (3,), (0,) * 12):
        with pytest.raises(UserError):
            produce(model, tokens)
