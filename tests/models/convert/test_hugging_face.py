"""Folders with pytorch_model.bin, converted and then compared with what was in them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.models.convert import convert
from tests.models.test_hostile import GPT2, LLAMA, write_model

PREFIXES = ["", "module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod."]


@pytest.mark.parametrize("prefix", [*PREFIXES, "module.model."])
@pytest.mark.parametrize("config", [GPT2, LLAMA], ids=["gpt2", "llama"])
def test_safetensors_with_prefixes_load_as_they_are(
    tmp_path: Path, config: dict[str, Any], prefix: str
) -> None:
    path = write_model(tmp_path, config) / "model.safetensors"
    tensors = load_file(path)
    save_file({prefix + key: array for key, array in tensors.items()}, path)
    model = load(folder=tmp_path)
    assert not model.warnings
    for key, array in model.weights.items():
        np.testing.assert_array_equal(array, tensors[key])


@pytest.mark.live
class TestTorch:
    def write(
        self, folder: Path, config: dict[str, Any], prefix: str = "", shards: int = 1
    ) -> dict[str, Any]:
        torch = pytest.importorskip("torch")
        write_model(folder, config)
        tensors = load_file(folder / "model.safetensors")
        (folder / "model.safetensors").unlink()
        state = {prefix + key: torch.from_numpy(array) for key, array in tensors.items()}
        if shards == 1:
            torch.save(state, folder / "pytorch_model.bin")
            return tensors
        names = [f"pytorch_model-{i + 1:05}-of-{shards:05}.bin" for i in range(shards)]
        table = {key: names[i % shards] for i, key in enumerate(state)}
        for name in names:
            torch.save({key: state[key] for key in state if table[key] == name}, folder / name)
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": table}))
        return tensors

    @pytest.mark.parametrize("prefix", [*PREFIXES, "transformer."])
    @pytest.mark.parametrize("config", [GPT2, LLAMA], ids=["gpt2", "llama"])
    def test_a_folder(self, tmp_path: Path, config: dict[str, Any], prefix: str) -> None:
        tensors = self.write(tmp_path / "in", config, prefix)
        assert convert(tmp_path / "in", tmp_path / "out") == ()
        model = load(folder=tmp_path / "out")
        assert not model.warnings
        assert model.tokenizer.encode("CAB") == [2, 0, 1]
        for key, array in model.weights.items():
            np.testing.assert_array_equal(array, tensors[key])

    def test_shards(self, tmp_path: Path) -> None:
        tensors = self.write(tmp_path / "in", LLAMA, shards=3)
        convert(tmp_path / "in", tmp_path / "out")
        assert set(load(folder=tmp_path / "out").weights) == set(tensors)

    def test_the_file_stands_for_its_folder(self, tmp_path: Path) -> None:
        self.write(tmp_path / "in", GPT2)
        convert(tmp_path / "in" / "pytorch_model.bin", tmp_path / "out")
        assert load(folder=tmp_path / "out").config.n_layer == 1

    @pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
    def test_number_formats(self, tmp_path: Path, kind: str) -> None:
        import torch

        self.write(tmp_path / "in", GPT2)
        path = tmp_path / "in" / "pytorch_model.bin"
        state = {key: value.to(getattr(torch, kind)) for key, value in torch.load(path).items()}
        torch.save(state, path)
        convert(tmp_path / "in", tmp_path / "out")
        model = load(folder=tmp_path / "out")
        assert model.dtype == {"float64": "float32"}.get(kind, kind)
        key = "h.0.mlp.c_fc.weight"
        np.testing.assert_array_equal(model.weights[key], state[key].float().numpy())

    def test_a_missing_shard(self, tmp_path: Path) -> None:
        self.write(tmp_path / "in", LLAMA, shards=2)
        (tmp_path / "in" / "pytorch_model-00002-of-00002.bin").unlink()
        with pytest.raises(UserError, match=r"00002-of-00002\.bin does not exist"):
            convert(tmp_path / "in", tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_nothing_is_executed(self, tmp_path: Path) -> None:
        import torch

        class Trap:
            def __reduce__(self) -> Any:
                return (os.system, (f"touch {tmp_path / 'trapped'}",))

        self.write(tmp_path / "in", GPT2)
        torch.save({"x": Trap()}, tmp_path / "in" / "pytorch_model.bin")
        with pytest.raises(
            UserError, match=r"weights alone: it holds an object of .*system.*save its tensors"
        ) as caught:
            convert(tmp_path / "in", tmp_path / "out")
        assert "\x1b" not in str(caught.value)
        assert not (tmp_path / "trapped").exists()

    def test_a_folder_is_told_so(self, tmp_path: Path) -> None:
        self.write(tmp_path / "in", GPT2)
        with pytest.raises(UserError, match=r"llm-scene convert .*/in FOLDER"):
            load(folder=tmp_path / "in")

    def test_one_without_weights(self, tmp_path: Path) -> None:
        write_model(tmp_path / "in")
        (tmp_path / "in" / "model.safetensors").unlink()
        with pytest.raises(UserError, match="has neither pytorch_model"):
            convert(tmp_path / "in", tmp_path / "out")
        shutil.rmtree(tmp_path / "in")
