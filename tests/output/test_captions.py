from dataclasses import replace
from pathlib import Path

import pytest

from llm_scene.errors import UserError
from llm_scene.film.film import Caption, Chapter, Film
from llm_scene.output.captions import subtitles, write_captions
from tests.film.staged import Shape, stage

CAPTIONS = [Caption(0.0, 2.5, "a", "How A & B <continue>"), Caption(3599.9996, 3661.0421, "b", "每个词元")]


def test_srt() -> None:
    assert subtitles(CAPTIONS, ".srt") == (
        "1\n00:00:00,000 --> 00:00:02,500\nHow A & B <continue>\n\n"
        "2\n01:00:00,000 --> 01:01:01,042\n每个词元\n"
    )


def test_vtt() -> None:
    assert subtitles(CAPTIONS, ".vtt") == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.500\nHow A &amp; B &lt;continue&gt;\n\n"
        "2\n01:00:00.000 --> 01:01:01.042\n每个词元\n"
    )


def test_a_file_is_written_as_its_suffix_says(tmp_path: Path) -> None:
    made = stage(Shape("gpt2", 1, 1, 1, "teaser", d_head=4))
    made = replace(made, film=Film("told", (Chapter("all", "", 0.0, 3700.0, (), (), tuple(CAPTIONS)),)))
    write_captions(tmp_path / "film.SRT", made)
    assert (tmp_path / "film.SRT").read_text(encoding="utf-8") == subtitles(CAPTIONS, ".srt")
    with pytest.raises(UserError, match=r"\.srt or \.vtt"):
        write_captions(tmp_path / "film.txt", made)
    assert not (tmp_path / "film.txt").exists()
