"""Where config.json and the weights disagree, or say something unusual: nothing passes in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.models.config_json import read_config
from tests.models.test_hostile import GPT2, LLAMA, write_model

TIED = LLAMA | {"tie_word_embeddings": True}


def add(folder: Path, **tensors: np.ndarray) -> None:
    """Further tensors for the file of a model."""
    path = folder / "model.safetensors"
    save_file(load_file(path) | tensors, path)


class TestHead:
    def test_one_that_differs_from_the_table_is_used(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "model", TIED)
        before = load(folder=folder).trace([1, 2])["logits"]
        add(folder, **{"lm_head.weight": np.eye(3, 4, dtype=np.float32)})
        model = load(folder=folder)
        assert not model.config.tied
        assert "lm_head.weight differs from model.embed_tokens.weight" in model.warnings[0]
        trace = model.trace([1, 2])
        assert not np.allclose(trace["logits"], before)
        np.testing.assert_allclose(trace["logits"], trace["ln_final.out"][:, :3], atol=1e-6)

    def test_one_like_the_table_is_the_table(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "model", TIED)
        table = load_file(folder / "model.safetensors")["model.embed_tokens.weight"]
        add(folder, **{"lm_head.weight": table.copy()})
        model = load(folder=folder)
        assert (model.config.tied, model.warnings) == (True, [])

    def test_one_alone_is_the_table(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "model", TIED)
        expected = load(folder=folder).trace([1, 2])["logits"]
        tensors = load_file(folder / "model.safetensors")
        tensors["lm_head.weight"] = tensors.pop("model.embed_tokens.weight")
        save_file(tensors, folder / "model.safetensors")
        model = load(folder=folder)
        assert model.warnings == []
        assert (model.trace([1, 2])["logits"] == expected).all()


def test_biases_that_config_json_denies_are_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", GPT2)
    (folder / "config.json").write_text(json.dumps(GPT2 | {"bias": False}))
    with pytest.raises(UserError, match=r"although config\.json says that there is no such bias"):
        load(folder=folder)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (GPT2 | {"num_attention_heads": 1}, "n_head = 2 contradicts num_attention_heads = 1"),
        (GPT2 | {"is_causal": False}, "is_causal = False is not supported"),
        (LLAMA | {"is_causal": False}, "is_causal = False is not supported"),
        (GPT2 | {"add_cross_attention": True}, "add_cross_attention = True is not supported"),
        (GPT2 | {"pruned_heads": {"0": [1]}}, "pruned_heads"),
    ],
)
def test_another_model_is_refused(tmp_path: Path, config: dict[str, Any], problem: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=problem):
        read_config(tmp_path)


def test_aliases_alone_are_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**GPT2, "num_attention_heads": 2} | {"n_head": None}))
    assert read_config(tmp_path).n_head == 2


def test_the_older_entry_for_positions_counts_as_a_whole(tmp_path: Path) -> None:
    newer = {"rope_type": "linear", "factor": 4.0, "rope_theta": 10.0}
    (tmp_path / "config.json").write_text(
        json.dumps(LLAMA | {"rope_scaling": {"rope_type": "default"}, "rope_parameters": newer})
    )
    rope = read_config(tmp_path).rope
    assert rope is not None and rope.inv_freq == (1.0,)


@pytest.mark.parametrize(
    ("kind", "theta"), [("smollm3", 2_000_000.0), ("mixtral", 1_000_000.0), ("llama", 10_000.0)]
)
def test_a_familys_own_base_of_positions(tmp_path: Path, kind: str, theta: float) -> None:
    entries = LLAMA | {"model_type": kind, "hidden_size": 16}
    (tmp_path / "config.json").write_text(json.dumps(entries))
    rope = read_config(tmp_path).rope
    assert rope is not None and rope.inv_freq[1] == pytest.approx(theta**-0.25, rel=1e-5)


def test_entries_that_nobody_knows_are_named(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", LLAMA)
    (folder / "config.json").write_text(json.dumps(LLAMA | {"secret_sauce": 3, "attention_dropout": 0.5}))
    (warning,) = load(folder=folder).warnings
    assert warning == "config.json has entries that are not known here and were not used: secret_sauce."
