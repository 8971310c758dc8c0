"""Every language says everything, with the same facts in it."""

from __future__ import annotations

import re
import string

import pytest

from llm_scene.errors import UserError
from llm_scene.film.words import FOLDER, LINK, formulas, languages, reading_time, spoken, words
from llm_scene.models import load
from tests.film.staged import SHAPES, stage
from tests.staging.test_families import production

LANGUAGES = languages()


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_there_is_english_and_chinese() -> None:
    assert {"en", "zh"} <= set(LANGUAGES)
    assert sorted(path.stem for path in FOLDER.iterdir()) == LANGUAGES


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_key_and_its_facts(code: str) -> None:
    ours, english = words(code), words("en")
    assert set(ours.titles) == set(english.titles)
    assert set(ours.captions) == set(english.captions)
    for key, text in english.captions.items():
        assert placeholders(ours.captions[key]) == placeholders(text), key
    assert set(ours.things) == set(english.things)
    assert {key: placeholders(text) for key, text in ours.page.items()} == {
        key: placeholders(text) for key, text in english.page.items()
    }
    assert {key: placeholders(text) for key, text in ours.scale.items()} == {
        key: placeholders(text) for key, text in english.scale.items()
    }


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_caption_has_a_comment_of_two_to_five_sentences(code: str) -> None:
    ours, english = words(code), words("en")
    assert set(ours.comments) == set(ours.captions)
    for key, comment in ours.comments.items():
        sentences = re.findall(r"[.?!。？！]”?(?=\s|$|[^\x00-\x7f])", spoken(comment))
        assert 2 <= len(sentences) <= 5, key
        assert set(placeholders(comment)) <= {*FACTS, *units(code)}, key
        assert sorted(target for _, target in LINK.findall(comment)) == sorted(
            target for _, target in LINK.findall(english.comments[key])
        ), key


FACTS = {
    *("model", "task", "prompt", "answer", "parameters", "d_model", "d_head", "d_mlp", "d_vocab"),
    *("n_head", "n_layer", "head", "expansion", "activation", "position", "letter", "token", "probability"),
    *("group", "window", "times", "experts", "chosen", "block"),
}


def units(code: str) -> set[str]:
    return set(words(code).units["letter"])


def test_comments_speak_of_matrices_that_there_are() -> None:
    """Every link names a label, or an axis, of a model of either kind."""
    networks = [load(preset="nano-gpt-sort").network, stage(SHAPES[-1]).trace.network]
    labels = {matrix.label for network in networks for matrix in network} | {"RMS norm", "rms"}
    axes = {axis for network in networks for matrix in network for axis in matrix.axes}
    for key, comment in words("en").comments.items():
        for _, target in LINK.findall(comment):
            known = axes if target.startswith("=") else labels
            assert set(target.removeprefix("=").split("|")) <= known, key


def test_formulas_belong_to_captions_and_leave_out_what_a_model_has_not() -> None:
    told = formulas("silu", {"Q bias"})
    assert set(told) <= set(words("en").captions)
    assert "b_i" in told["dot_sum"]
    assert "b_O" not in told["project"]
    assert "W_P" not in told["embedding"]
    assert "W_P" in formulas("gelu", {"Position embedding"})["embedding"]
    assert "sigma" in told["bend_curve"]
    assert "min(max(x, 0), 6)" in formulas("relu6", set())["bend_curve"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_blank_or_broken_over_lines(code: str) -> None:
    ours = words(code)
    assert set(ours.tasks) == set(words("en").tasks)
    parts = (ours.titles, ours.captions, ours.tasks, ours.scale, ours.things)
    for text in (ours.language, *(text for part in parts for text in part.values())):
        assert text == text.strip() != ""
        assert "\n" not in text


def test_every_step_has_a_caption_and_no_caption_is_left_over() -> None:
    shown = {caption.key for shape in SHAPES for caption in stage(shape).film.captions}
    for family in ("gptj", "gemma2", "olmo2", "mixtral", "qwen2_moe"):
        shown |= {caption.key for caption in production(family, "full").film.captions}
    assert shown == set(words("en").captions)


def test_reading_time() -> None:
    assert reading_time("") == reading_time("Short") == 2.5
    assert reading_time("x" * 60) == pytest.approx(4.0)
    assert reading_time("字" * 60) == pytest.approx(8.0)


@pytest.mark.parametrize("code", ["xx", "", "none", "../captions/en", "EN"])
def test_unknown_language(code: str) -> None:
    with pytest.raises(UserError, match=r"choose one of .*en, zh.* or none"):
        words(code)
