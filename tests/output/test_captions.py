from pathlib import Path

import pytest

from llm_scene.errors import UserError
from llm_scene.film.film import Caption
from llm_scene.output.captions import subtitles, write_captions

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
    write_captions(CAPTIONS, tmp_path / "film.SRT")
    assert (tmp_path / "film.SRT").read_text(encoding="utf-8") == subtitles(CAPTIONS, ".srt")
    with pytest.raises(UserError, match=r"\.srt or \.vtt"):
        write_captions(CAPTIONS, tmp_path / "film.txt")
    assert not (tmp_path / "film.txt").exists()
