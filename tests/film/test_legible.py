"""Letters of the model are there where they can be read, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from llm_scene.look.views import LEAST
from llm_scene.staging.sight import Sight
from tests.staging.measured import film

NANO, AUSTEN, LLAMA = "nano-gpt-sort", "tiny-austen", "Llama of 30 blocks"
FILMS = [(NANO, 6, "full"), (NANO, 6, "short"), (AUSTEN, 40, "short"), (LLAMA, 6, "teaser")]


@pytest.mark.parametrize(("name", "length", "cut"), FILMS)
def test_no_letter_is_too_small_to_be_read(name: str, length: int, cut: str) -> None:
    sight = Sight(film(name, length, cut=cut))
    for t in np.arange(0.25, sight.film.duration, 0.5):
        picture = sight.at(float(t))
        if not picture.travels:
            letters = [text for text in picture.texts if text.kind == "letter"]
            assert not [text for text in letters if text.capital < LEAST - 1e-6], t


def test_letters_are_there_where_they_come_in_and_when_all_is_over() -> None:
    made = film(NANO, 6, cut="full")
    sight, drawn = Sight(made), made.film
    entrance = next(caption for caption in drawn.captions if caption.key == "entrance")
    there = [text.text for text in sight.at(entrance.end - 0.1).texts if text.kind == "letter"]
    assert "".join(there) == "".join(letter.text for letter in made.layout.letters[:6])
    for letter in made.layout.letters:
        if not letter.predicted:
            assert drawn.presence(letter.name)[-1] == (drawn.duration, np.inf)


def test_a_letter_hidden_for_its_size_was_there_before() -> None:
    """What legibility adds are pauses: a letter is nowhere before it comes in."""
    made = film(NANO, 6, cut="full")
    first = made.layout.letters[0]
    come, _ = made.film.presence(first.name)[0]
    opening = made.film.chapters[0]
    assert opening.start < come < opening.end
    assert len(made.film.presence(first.name)) > 2
