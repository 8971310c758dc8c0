"""What people give instead of a model's folder: one sentence that says what it is, and the way out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_scene.errors import UserError, words_of
from llm_scene.models import load
from tests.models.test_hostile import LLAMA, write_model

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 548105171\n"


def refused(folder: Path, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        load(folder=folder)
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_pointer_of_git_lfs(tmp_path: Path, file: str) -> None:
    (write_model(tmp_path) / file).write_text(POINTER)
    refused(tmp_path, rf"{file} is a pointer of Git LFS, not the file: run `git lfs pull`")


def test_a_lora_adapter(tmp_path: Path) -> None:
    adapter = {"base_model_name_or_path": "openai-community/gpt2", "peft_type": "LORA"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(adapter))
    refused(tmp_path, "is a LoRA adapter for openai-community/gpt2: merge it into that model first")


def test_a_gguf(tmp_path: Path) -> None:
    file = tmp_path / "tinyllama.Q4_K_M.gguf"
    file.write_bytes(b"GGUF\x03\0\0\0" + bytes(64))
    for given in (tmp_path, file):
        refused(given, rf"is a GGUF file: convert it with `llm-scene convert {file} FOLDER`")


def test_mistrals_own_form(tmp_path: Path) -> None:
    write_model(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "consolidated.safetensors")
    (tmp_path / "config.json").rename(tmp_path / "params.json")
    refused(tmp_path, "its makers' own format")


def test_a_variant(tmp_path: Path) -> None:
    write_model(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "model.fp16.safetensors")
    refused(tmp_path, r"model\.fp16\.safetensors.*rename it to model\.safetensors")


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("gptq", "GPTQ"),
        ("awq", "AWQ"),
        ("fp8", "FP8"),
        ("bitsandbytes", "bitsandbytes"),
        ("compressed-tensors", "compressed-tensors"),
        (None, "quantised"),
    ],
)
def test_quantised_weights(tmp_path: Path, method: str | None, says: str) -> None:
    write_model(tmp_path, LLAMA)
    config = LLAMA | {"quantization_config": {"quant_method": method, "bits": 4}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    refused(tmp_path, rf"{says}.*float16 or bfloat16.*GGUF")


def test_quantised_weights_without_a_word_in_the_configuration(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    path = write_model(tmp_path, LLAMA) / "model.safetensors"
    tensors = load_file(path)
    save_file({key.replace("proj.weight", "proj.qweight"): tensors[key] for key in tensors}, path)
    refused(tmp_path, r"quantised .*proj\.qweight is packed.*float16 or bfloat16")


def test_the_words_of_others_are_plain() -> None:
    assert words_of(ValueError("\x1b[1mweights\x1b[0m only\n failed.")) == "weights only failed"
    assert words_of(KeyError()) == "KeyError"
