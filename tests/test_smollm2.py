"""A real model, from its wheel through the command line; `pytest -m live`."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_scene.cli import main

pytestmark = pytest.mark.live
PROMPT = ["--prompt", "The capital of France is"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tools.smollm2 import gguf_of_wheel

    place = tmp_path_factory.mktemp("smollm2")
    file = gguf_of_wheel(place)
    assert main(["convert", str(file), str(place / "model"), "--dtype", "float16"]) == 0
    return place / "model"


def test_what_it_is_and_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--model", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "134,515,008" in told and "apache-2.0" in told and "float16" in told
    assert main(["predict", "--model", str(folder), *PROMPT]) == 0
    assert "The capital of France is →  Paris" in capsys.readouterr().out
    cell = "blocks.29.attn.pattern[head=0,query=4,key=4]"
    assert main(["explain", "--model", str(folder), *PROMPT, cell]) == 0
    assert "query" in capsys.readouterr().out


def test_its_film_as_gltf(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = ["export", "--model", str(folder), *PROMPT, "--film", "short", "--steps", "1"]
    assert main([*film, "-o", str(tmp_path / "film.glb")]) == 0
    assert 1e6 < (tmp_path / "film.glb").stat().st_size < 30e6
    assert main([*film, "-o", str(tmp_path / "page.html")]) == 2
    assert "export it as .glb" in capsys.readouterr().err
