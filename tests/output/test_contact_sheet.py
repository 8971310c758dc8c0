"""Frames on a sheet with their measures: light in both rooms, and whether a program can read them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from llm_scene.cli import main
from llm_scene.models import load
from llm_scene.output.render.contact_sheet import DARKEST, DATA, FRAMES, LIGHT, REPORT, SHEET, look_at
from llm_scene.output.render.pixels import (
    can_read,
    load_picture,
    measure_pixels,
    save_picture,
    words_in,
    words_of,
)
from llm_scene.scene.build import build
from llm_scene.scene.engines import apply_quality
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce
from llm_scene.staging.quality import Quality
from llm_scene.staging.sight import Sight

PROMPT = (2, 1, 0, 1, 1, 2)
READ = 0.95  # of a caption's words


def frames_of(made: Production, count: int) -> list[int]:
    """Frames from the middles of so many shots that stand still under a caption."""
    shots = [shot for shot in made.film.shots if shot.holds]
    middles = [(shot.start + shot.end) / 2 for shot in shots]
    said = [t for t in middles if made.film.caption(t) is not None]
    chosen = np.linspace(0, len(said) - 1, count).round().astype(int)
    return sorted({round(said[i] * made.film.fps) for i in chosen})


@pytest.mark.parametrize(("look", "brightest"), [("studio", LIGHT[1]), ("paper", 1.0)])  # paper: not yet
def test_frames_are_neither_dark_nor_bright(
    look: str, brightest: float, empty_scene: None, tmp_path: Path
) -> None:
    made = produce(load("nano-gpt-sort"), PROMPT, Options(cut="short", look=look))
    scene = build(made)
    apply_quality(scene, Quality("draft", 4, (320, 180)))
    frames = frames_of(made, 4)
    found = look_at(scene, made, tmp_path / "look", frames)
    for one in found:
        assert LIGHT[0] <= one.pixels.luminance <= brightest, (one.time, one.pixels)
        assert one.pixels.dark <= DARKEST, (one.time, one.pixels)
        assert one.pixels.sharpness > 0.02, (one.time, one.pixels)
    data = json.loads((tmp_path / "look" / DATA).read_text())
    assert [one["frame"] for one in data["frames"]] == frames
    assert data["rules"]["captions"] == []
    assert len((tmp_path / "look" / REPORT).read_text().splitlines()) == len(frames) + 2
    height, width, _ = load_picture(tmp_path / "look" / SHEET).shape
    assert (height % 180, width % 320) == (0, 0)


@pytest.mark.skipif(not can_read(), reason="tesseract is not installed")
def test_a_program_reads_the_captions(empty_scene: None, tmp_path: Path) -> None:
    made = produce(load("nano-gpt-sort"), PROMPT, Options(cut="short"))
    scene = build(made)
    apply_quality(scene, Quality("preview", 4))
    frames = frames_of(made, 4)
    look_at(scene, made, tmp_path / "look", frames)
    wanted, missed = 0, []
    for frame in frames:
        texts = Sight(made).at(frame / made.film.fps).texts
        words = words_of(" ".join(text.text for text in texts if text.kind == "caption"))
        seen = set(words_in(tmp_path / "look" / FRAMES / f"{frame:05}.png"))
        wanted += len(words)
        missed += [word for word in words if word not in seen]
    assert wanted and len(missed) <= (1 - READ) * wanted, f"{len(missed)} of {wanted}: {missed}"


def test_a_blend_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blend, folder = tmp_path / "scene.blend", tmp_path / "look"
    small = ["--resolution", "64x36", "--samples", "1"]
    assert main(["generate", "--film", "teaser", "-o", str(blend), *small]) == 0
    assert (
        main(["look", "--blend", str(blend), "-o", str(folder), "--frames", "0-95", "--every", "2", *small])
        == 0
    )
    assert "2 frames" in capsys.readouterr().out
    data = json.loads((folder / DATA).read_text())
    assert [one["frame"] for one in data["frames"]] == [0, 48]
    assert data["frames"][0]["geometry"] is None and "rules" not in data


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--blend", "nothing.blend"], "There is no file nothing.blend"),
        (["--every", "0"], "is no time of 0.01 to 3600 seconds"),
        (["--cluster", "local:2"], "leave out --cluster"),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["look", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and says in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_pixels_of_plain_pictures(tmp_path: Path) -> None:
    picture = np.full((36, 64, 3), 0.2, np.float32)
    picture[:, :32] = 0.8
    subject = np.zeros((9, 16), bool)
    subject[:, :8] = True
    found = measure_pixels(picture, subject)
    assert (found.luminance, found.dark) == (pytest.approx(0.5), 0)
    assert found.contrast == pytest.approx(4)
    assert measure_pixels(picture * 0.1).dark == pytest.approx(0.5)
    save_picture(picture, tmp_path / "a.png")
    np.testing.assert_allclose(load_picture(tmp_path / "a.png"), picture, atol=1 / 255)
