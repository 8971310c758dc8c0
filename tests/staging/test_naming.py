"""What people read of a model: counted from 1, in one way everywhere, in every language that films have."""

import re

import pytest

from llm_scene import models
from llm_scene.film.words import languages
from llm_scene.layout import arrange
from llm_scene.layout.inspection import inspect
from llm_scene.layout.lineup import Exhibit, lineup
from llm_scene.layout.naming import Naming, noun, nouns
from llm_scene.layout.signs import dimension_signs, name_sign, section_signs
from llm_scene.network import Network, declare, run
from llm_scene.network.families import FAMILIES
from llm_scene.staging.naming import naming
from llm_scene.staging.options import Options
from llm_scene.staging.production import produce
from llm_scene.staging.things import things
from tests.network import family_cases
from tests.network.random_models import random_weights

ENGLISH = re.compile(r"(?<![A-Za-z_.])[A-Za-z]{3,}")  # but for three letters and more of mathematics
SAME = {"MLP", "exp", "max", "rms", "cos", "sin", "tanh", "GELU", "erf", "min", "key"}


def foreign(text: str) -> set[str]:
    """English words of a text, but for names in the field that stand in brackets after its own."""
    return set(ENGLISH.findall(re.sub(r" \([A-Z][^)]*\)", "", text))) - SAME


def nano() -> Network:
    return models.load("nano-gpt-sort").network


@pytest.mark.parametrize("language", languages())
def test_parts_are_counted_from_one(language: str) -> None:
    told = naming(language, nano())
    for name, number in (("Transformer 0", 1), ("Transformer 2", 3), ("Head 0", 1), ("Head 2", 3)):
        assert re.findall(r"\d+", told.part(name)) in ([str(number), "3"], ["3", str(number)])
    assert "0" not in told.title(("Transformer 0", "Self-attention", "Head 0"), "Scores")


def test_a_title_says_where_and_what_as_films_do() -> None:
    title = naming("en", nano()).title(("Transformer 0", "Self-attention", "Head 2"), "Q weights")
    assert title == "Block 1 of 3 › Self-attention › Head 3 of 3 › Learned for queries (Q weights)"


def test_axes_are_said_in_words() -> None:
    axes = {
        axis for case in family_cases.CASES for m in declare(family_cases.config(case)) for axis in m.axes
    }
    for axis in axes:
        assert noun(axis).isalpha() and nouns(axis).isalpha() and nouns(axis) != noun(axis)
    assert (nouns("query"), nouns("slot"), noun("kv_head")) == ("queries", "positions", "head")


def test_phrases_take_over_what_changes() -> None:
    told = Naming(phrases={"{n} from {m} smaller terms": "{m} kleinere: {n}", "(none)": "(keine)"})
    assert told.said("0.5 + 0.1 from 43 smaller terms = (none)") == "0.5 + 43 kleinere: 0.1 = (keine)"


@pytest.mark.parametrize("case", family_cases.CASES)
def test_every_explanation_is_said_in_chinese(case: str) -> None:
    network = declare(family_cases.config(case))
    trace = run(network, random_weights(network), [0, 1, 2, 3])
    layout, told = arrange(network, 4), naming("zh", network)
    for block in layout.blocks.values():
        seen = inspect(layout, trace, block, block.cell(0, 0), str, told)
        assert not foreign("\n".join(line for line, _ in seen.lines())), block.name


@pytest.mark.parametrize("case", family_cases.CASES)
def test_every_sign_is_written_in_chinese(case: str) -> None:
    network = declare(family_cases.config(case))
    layout, told = arrange(network, 4), naming("zh", network)
    signs = [name_sign(block, told) for block in layout.blocks.values()]
    signs += [sign for block in layout.blocks.values() for sign in dimension_signs(block, told)[0]]
    signs += section_signs(layout, told)[0]
    assert not foreign("\n".join(sign.text for sign in signs))


def test_a_scene_is_written_in_the_language_of_its_film() -> None:
    model = models.load("nano-gpt-sort")
    made = produce(model, "CBABBC", Options(cut="teaser", language="zh"))
    spare = [thing for thing in things(made.layout, made.trace, made.film, language="zh") if thing.spare]
    texts = [
        getattr(text, "text", "")
        for thing in spare
        for text in (thing.form, *getattr(thing.form, "texts", ()))
    ]
    assert len(texts) > 300 and not foreign("\n".join(texts))


def test_cards_of_a_comparison_are_written_in_chinese() -> None:
    shapes = [model for name in ("gpt2-small", "llama-3.2-1b") if (model := models.load(name))]
    exhibits = [
        Exhibit(m.name, "", m.config, m.network.n_params(), arrange(m.network, 4).box) for m in shapes
    ]
    cards = [line.text for place in lineup(exhibits, naming("zh", nano())) for line in place.card]
    assert "12 层, 12 个头, 768 个通道" in cards
    assert not foreign("\n".join(cards))


def test_families_are_all_here() -> None:
    assert {family for family, _ in family_cases.CASES.values()} >= set(FAMILIES) - {"gpt2"}
