"""Whose model a film shows: said in its first picture, where the model's files tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_scene.film.screen import CREDITED, screen_texts
from llm_scene.models import load
from llm_scene.staging.options import Options
from llm_scene.staging.production import CREDIT, produce
from tests.models.test_hostile import write_model


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("---\nlicense: mit\nbase_model: a/b\n---\n# It", "It · mit · a/b"),
        ("---\nlicense: mit\n---\n", "mit"),
        ("", ""),
    ],
)
def test_is_written_over_the_first_picture(tmp_path: Path, card: str, said: str) -> None:
    (write_model(tmp_path) / "README.md").write_text(card, encoding="utf-8")
    film = produce(load(folder=tmp_path), [1, 2], Options(cut="teaser")).film
    shown = [text for text in screen_texts(film) if text.name == "credit"]
    assert [text.text for text in shown] == ([said] if said else [])
    for text in shown:
        end = min(film.chapters[0].end, max(CREDITED, film.heads[0].end))
        assert (text.start, text.end) == (0.0, end)


def test_is_gone_before_the_camera_draws_back(tmp_path: Path) -> None:
    (write_model(tmp_path) / "README.md").write_text("# It", encoding="utf-8")
    film = produce(load(folder=tmp_path), [1, 2], Options(cut="short")).film
    (shown,) = (text for text in screen_texts(film) if text.name == "credit")
    assert CREDITED < shown.end == film.heads[0].end < film.chapters[0].end


def test_long_ones_are_cut_and_without_captions_there_is_none(tmp_path: Path) -> None:
    (write_model(tmp_path) / "README.md").write_text(f"# {'long ' * 40}", encoding="utf-8")
    model = load(folder=tmp_path)
    assert len(produce(model, [1, 2], Options(cut="teaser")).film.credit) == CREDIT
    assert produce(model, [1, 2], Options(cut="teaser", language="none")).film.credit == ""


def test_presets_need_none() -> None:
    assert produce(load("nano-gpt-sort"), "A", Options(cut="teaser")).film.credit == ""


@pytest.mark.parametrize(
    ("title", "called"), [("It", "It"), ("", None), ("A name that is too long for a caption", None)]
)
def test_captions_call_a_model_as_its_files_do(tmp_path: Path, title: str, called: str | None) -> None:
    (write_model(tmp_path) / "README.md").write_text(f"# {title}", encoding="utf-8")
    model = load(folder=tmp_path)
    texts = [caption.text for caption in produce(model, [1, 2], Options(cut="full")).film.captions]
    assert any(f"{called or model.title} does it with" in text for text in texts)
