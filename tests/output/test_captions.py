import re
import shutil
import subprocess
import unicodedata
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
        "1\n00:00:00,000 --> 00:00:02,500\nHow A & B <\u2060continue>\n\n"
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


HOSTILE = [
    "one\n\n2\n00:00:01,000 --> 00:00:02,000\ninjected",
    "<b>bold</b> <font color=red>red</font> {\\an8}top {b}x",
    "\u202eturned\u202c \x1b[31mred\x1b[0m \x00\x07\u2028line",
    "\n \n\t",
    "a --> b &lt; <i>",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_no_text_breaks_a_cue_or_becomes_markup(text: str, suffix: str) -> None:
    written = subtitles([Caption(0.0, 2.0, "a", text), Caption(2.0, 4.0, "b", "next")], suffix)
    blocks = written.strip().split("\n\n")
    assert len(blocks) == 2 + (suffix == ".vtt")
    for block in blocks[-2:]:
        number, times, *lines = block.split("\n")
        assert (
            number.isdecimal() and times.count("-->") == 1 and lines and all(line.strip() for line in lines)
        )
        assert "-->" not in "".join(lines)
        assert not re.search(r"</?(b|i|font)\b" + (r"|\{[\\b]" if suffix == ".srt" else ""), "".join(lines))
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in written)
    assert "\u202e" not in written and "\u2028" not in written


TOKENS = [
    *("<bos>", "a <unk> b", "</s>", "<0x0A>", "<start_of_turn>", "<|endoftext|>", "<!-- x -->", "a < b > c"),
    *("f(x) = {x}", "{\\an8}top", "{\n\\an8}top", "{y:i}x", "C:\\New", "\\hx", "{", "}{"),
]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_players_show_all_of_a_text_as_text(suffix: str, tmp_path: Path) -> None:
    """What ffmpeg, and what is built on it, hands over to be drawn."""
    captions = [Caption(2.0 * n, 2.0 * n + 1, "a", text) for n, text in enumerate(TOKENS)]
    source, drawn = tmp_path / f"film{suffix}", tmp_path / "film.ass"
    source.write_text(subtitles(captions, suffix), encoding="utf-8")
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, drawn], check=True)
    events = [line for line in drawn.read_text(encoding="utf-8").splitlines() if line.startswith("Dialogue")]
    lines = [line.split(",", 9)[9] for line in events]
    assert not any(re.search(r"(?<!\\)\{", line) for line in lines)
    plain = [re.sub(r"\\([{}])", r"\1", line.replace("\\N", "\n")).replace("\u2060", "") for line in lines]
    assert [line.translate({0xFF5B: "{", 0xFF5D: "}"}) for line in plain] == TOKENS


def test_names_keep_their_order_in_a_sentence() -> None:
    from llm_scene.film.words import words

    english = words("en")
    key = next(key for key, text in english.captions.items() if "{prompt}" in text)
    facts = dict.fromkeys(re.findall(r"\{(\w+)", english.captions[key]), "x") | {"prompt": "שלום\nעולם"}
    assert "\u2068שלום עולם\u2069" in english.caption(key, **facts)
