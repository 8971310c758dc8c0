"""A user's own model, as transformers saves it, through the command line and through the panel."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest

from llm_scene import ui
from llm_scene.cli import main

pytestmark = pytest.mark.live
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

WORDS = ["[UNK]", *"ABCDEFGHIJK"]
KINDS = {
    "gpt2": {"n_layer": 2, "n_head": 2, "n_embd": 32, "n_positions": 24, "vocab_size": len(WORDS)},
    "llama": {
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "hidden_size": 32,
        "intermediate_size": 56,
        "max_position_embeddings": 32,
        "vocab_size": len(WORDS),
    },
}
SMALL = ["--resolution", "64x36", "--samples", "1"]


@pytest.fixture(scope="module", params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(5)
    path = tmp_path_factory.mktemp(request.param)
    config = transformers.AutoConfig.for_model(request.param, **KINDS[request.param], eos_token_id=None)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(path)
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    library = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    library.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    library.save(str(path / "tokenizer.json"))
    return path


def test_on_the_command_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--model", str(folder), "--prompt", "ABCA"]
    assert main(["predict", *asked, "--steps", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["prompt_tokens"] == [1, 2, 3, 1]
    assert len(told["tokens"]) == 3
    assert main(["info", "--model", str(folder)]) == 0
    assert f"WordLevel, {len(WORDS)} tokens" in capsys.readouterr().out
    assert main(["generate", *asked, "-o", str(tmp_path / "scene.blend")]) == 0
    assert (tmp_path / "scene.blend").stat().st_size > 100_000
    assert main(["render", *asked, *SMALL, "--frames", "900-901", "-o", str(tmp_path / "film.mp4")]) == 0
    assert (tmp_path / "film.mp4").stat().st_size > 500
    assert len(list((tmp_path / "film.frames").glob("*.png"))) == 2
    assert main(["export", *asked, "-o", str(tmp_path / "scene.glb")]) == 0
    assert (tmp_path / "scene.glb").read_bytes()[:4] == b"glTF"


def test_from_the_panel(folder: Path, tmp_path: Path) -> None:
    bpy.ops.wm.read_factory_settings()
    ui.register()
    try:
        settings = bpy.context.scene.llm_scene_settings
        assert bpy.ops.llm_scene.open_model(filepath=str(folder / "model.safetensors")) == {"FINISHED"}
        assert settings.source == "FOLDER"
        settings.prompt, settings.steps, settings.cut = "ABCA", 3, "full"
        assert bpy.ops.llm_scene.generate() == {"FINISHED"}
        scene = bpy.context.scene
        assert scene.name == "LLM Scene"
        assert len(scene.timeline_markers) == 12
        scene.render.resolution_x, scene.render.resolution_y, scene.cycles.samples = 64, 36, 1
        scene.frame_set(900)
        scene.render.filepath = str(tmp_path / "still.png")
        bpy.ops.render.render(write_still=True)
        assert (tmp_path / "still.png").stat().st_size > 500
        assert bpy.ops.llm_scene.export_gltf(filepath=str(tmp_path / "panel.glb")) == {"FINISHED"}
        assert bpy.ops.llm_scene.save_blend(filepath=str(tmp_path / "panel.blend")) == {"FINISHED"}
    finally:
        ui.unregister()
