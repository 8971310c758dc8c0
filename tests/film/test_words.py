"""Every language says everything, with the same facts in it."""

from __future__ import annotations

import string

import pytest

from llm_scene.errors import UserError
from llm_scene.film.words import FOLDER, languages, reading_time, words
from tests.film.staged import SHAPES, stage

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
    assert {key: placeholders(text) for key, text in ours.scale.items()} == {
        key: placeholders(text) for key, text in english.scale.items()
    }


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
    assert shown == set(words("en").captions)


def test_reading_time() -> None:
    assert reading_time("") == reading_time("Short") == 2.5
    assert reading_time("x" * 60) == pytest.approx(4.0)
    assert reading_time("字" * 60) == pytest.approx(8.0)


@pytest.mark.parametrize("code", ["xx", "", "none", "../captions/en", "EN"])
def test_unknown_language(code: str) -> None:
    with pytest.raises(UserError, match=r"choose one of .*en, zh.* or none"):
        words(code)
