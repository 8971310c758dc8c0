"""Every format takes a production, and everything that offers formats has them from one list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llm_scene.cli import parser
from llm_scene.errors import UserError
from llm_scene.film.film import Chapter, Film, Shot
from llm_scene.film.framing import overview
from llm_scene.models import load
from llm_scene.output.formats import FORMATS, export, format_of
from llm_scene.output.render.ledger import LEDGER
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce
from llm_scene.steps import finished

# What tells a file of each kind, by its first bytes.
BEGINNINGS = {
    ".glb": b"glTF",
    ".html": b"<!doctype html>",
    ".srt": b"1\n",
    ".vtt": b"WEBVTT",
    ".blend": b"\x28\xb5\x2f\xfd",  # Zstandard's
}


@pytest.fixture(scope="module")
def made() -> Production:
    return produce(load("nano-gpt-sort"), "CBA", Options(cut="teaser"))


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_a_production_leaves_as_its_suffix_says(suffix: str, made: Production, tmp_path: Path) -> None:
    path = tmp_path / f"scene{suffix}"
    export(path, made)
    assert path.read_bytes().startswith(BEGINNINGS[suffix])


def test_it_leaves_as_a_video(made: Production, tmp_path: Path) -> None:
    view = overview(made.layout)
    still = Film("still", (Chapter("still", "Still", 0.0, 0.08, (Shot(0.0, 0.08, (), view, view),), (), ()),))
    heard = []
    export(tmp_path / "film.mp4", replace(made, film=still), report=heard.append, preset="draft", samples=1)
    assert b"ftyp" in (tmp_path / "film.mp4").read_bytes()[:16]
    assert heard[-1].done == heard[-1].total == still.n_frames


def test_it_leaves_as_a_folder_for_farms(made: Production, tmp_path: Path) -> None:
    export(tmp_path / "farm", made, "farm", preset="draft")
    assert (tmp_path / "farm" / "scene.blend").is_file()
    with pytest.raises(UserError, match="holds other files"):
        (tmp_path / "letter.txt").touch()
        export(tmp_path, made, "farm")


@pytest.mark.parametrize("name", ["gltf", "page", "blend", "farm"])
def test_it_is_written_in_small_steps_and_ended_between_two_it_leaves_nothing(
    name: str, made: Production, tmp_path: Path
) -> None:
    form = FORMATS[name]
    path = tmp_path / f"a{''.join(form.suffixes)}"
    for end in (0.0, 0.1, 0.8):  # of the work
        steps = form.write(path, made, None, *form.values({}))
        while next(steps)[0] < end:
            pass
        steps.close()
        assert {found.name for found in tmp_path.rglob("*") if found.is_file()} <= {LEDGER}
    shares: list[float] = []
    finished(form.write(path, made, None, *form.values({})), lambda share, what: shares.append(share))
    assert path.exists() and len(set(shares)) >= 4
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1


def test_what_there_is_not_is_said_in_a_sentence(made: Production, tmp_path: Path) -> None:
    for path, form, chosen, says in (
        ("a.usd", "", {}, "should end in .glb"),
        ("a", "usd", {}, "There is no format 'usd'"),
        ("a.html", "", {"mode": "mesh"}, "Web Page has no choice “mode”"),
        ("a.blend", "", {"chapter_clips": True}, "no choice “chapter-clips”"),
        ("a.glb", "", {"mode": "points"}, "no glTF mode 'points'"),
        ("a.mp4", "", {"samples": 0}, "1 to 65536"),
        ("no/a.mp4", "", {}, "does not exist"),
    ):
        with pytest.raises(UserError, match=says):
            export(tmp_path / path, made, form, **chosen)
    assert not list(tmp_path.iterdir())


def test_a_suffix_belongs_to_one_format() -> None:
    suffixes = [suffix for form in FORMATS.values() for suffix in form.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    for form in FORMATS.values():
        assert all(format_of(Path(f"a{suffix}")) is form for suffix in form.suffixes)


def test_the_command_line_asks_for_every_choice_of_every_format() -> None:
    line = ["export", "-o", "a.glb", "--mode", "mesh", "--render-preset", "draft", "--bits", "16"]
    asked = vars(parser().parse_args(line))
    chosen = asked["asked"].arguments["chosen"].take(asked)
    assert chosen == {"mode": "mesh", "preset": "draft", "bits": 16}
