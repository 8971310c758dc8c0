"""Models of the hub on the command line and in the panel, from a small hub on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from llm_scene import ui
from llm_scene.cli import main
from tests.models.hub_server import Hub, hub

SORT = Path(__file__).parents[1] / "presets" / "nano-gpt-sort"
NAME = "tests/nano"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    served = tmp_path / "served"
    served.mkdir()
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        shutil.copy(SORT / file, served / file)
    for key in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with hub({NAME: served}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        yield running


def test_on_the_command_line(server: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["predict", "--model", NAME, "--prompt", "CBABBC", "--steps", "6", "--json"]
    assert main([*asked, "--offline"]) == 2
    assert "downloading is switched off" in capsys.readouterr().err
    assert main(asked) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["continuation"] == "ABBBCC"
    assert f"llm-scene: Downloading {NAME}: 0.3 MB into" in err
    server.shutdown()
    assert main([*asked, "--offline"]) == 0


def test_a_line_that_breaks_is_no_news(server: Hub) -> None:
    """In a new process: huggingface_hub sets up its log when it is imported."""
    server.breaks = [100_000]
    command = [sys.executable, "-m", "llm_scene.cli", "info", "--model", NAME]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert told.count("\n") == 1 and told.startswith(f"llm-scene: Downloading {NAME}: 0.3 MB into")


def test_a_bare_name_says_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--model", "gpt2"]) == 2
    assert "openai-community/gpt2" in capsys.readouterr().err


def test_a_name_becomes_a_film(server: Hub, tmp_path: Path) -> None:
    """README's command, in small."""
    film = tmp_path / "film.mp4"
    few = ["--film", "teaser", "--resolution", "64x36", "--samples", "1", "--frames", "0-1"]
    assert main(["render", "--model", NAME, "--prompt", "CBABBC", *few, "-o", str(film)]) == 0
    assert film.stat().st_size > 500


def test_in_the_panel(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from llm_scene.ui import library

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # Blender's Python lacks it
    bpy.ops.wm.read_factory_settings()
    ui.register()
    try:
        settings = bpy.context.scene.llm_scene_settings
        settings.source, settings.folder = "FOLDER", NAME
        assert library.to_download(settings) == NAME
        if not bpy.app.online_access:
            with pytest.raises(RuntimeError, match="allow online access"):
                bpy.ops.llm_scene.download_model()
            assert not server.served
            bpy.context.preferences.system.use_online_access = True
        assert bpy.ops.llm_scene.download_model() == {"FINISHED"}
        assert library.to_download(settings) == ""
        assert library.model_of(settings).title == "nano"
        settings.prompt = "CBABBC"
        assert bpy.ops.llm_scene.generate() == {"FINISHED"}
        assert library.film_of(bpy.context.scene) is not None
        with pytest.raises(RuntimeError, match="no model to download"):
            bpy.ops.llm_scene.download_model()
    finally:
        ui.unregister()
