"""Small GGUF files, written as llama.cpp's converter writes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from llm_scene.models.checkpoint import stored_shapes
from llm_scene.models.config_json import shape_from_table
from llm_scene.models.convert.gguf_file import ARCHITECTURES
from llm_scene.network import declare
from llm_scene.network.ops import Array

LLAMA = {
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "rope_theta": 5000.0,
    "vocab_size": 61,
}
QWEN3 = LLAMA | {"head_dim": 16}
GPT2 = {"n_layer": 2, "n_head": 4, "n_embd": 32, "n_inner": 96, "n_positions": 24, "vocab_size": 61}
CONFIGS = {"llama": LLAMA, "qwen2": LLAMA, "qwen3": QWEN3, "smollm3": LLAMA, "gpt2": GPT2}


def random_tensors(config: Mapping[str, Any], seed: int = 0) -> dict[str, Array]:
    """A tensor for every key of the model that a config.json describes."""
    rng = np.random.default_rng(seed)
    shapes = stored_shapes(declare(shape_from_table(Path("config.json"), config)))
    return {key: rng.standard_normal(shape).astype(np.float32) / 4 for key, shape in shapes.items()}


def permuted(array: Array, n_head: int) -> Array:
    """What llama.cpp's converter does to queries and keys of Llama (LlamaModel.permute)."""
    halves = array.reshape(n_head, 2, array.shape[0] // n_head // 2, *array.shape[1:])
    return halves.swapaxes(1, 2).reshape(array.shape)


def write_gguf(
    path: Path,
    family: str,
    config: Mapping[str, Any],
    tensors: Mapping[str, Array],
    kind: str = "F32",
    tokenizer: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Path:
    """A model in GGUF: linear weights as `kind`, all else as float32."""
    writer = gguf.GGUFWriter(path, family)
    for key, name in ARCHITECTURES[family].entries.items():
        if name in config:
            add(writer, f"{family}.{key}", config[name])
    for key, value in {**(tokenizer or {}), **(extra or {})}.items():
        add(writer, key, value)
    arch = next(a for a, name in gguf.MODEL_ARCH_NAMES.items() if name == family)
    names = gguf.get_tensor_name_map(arch, 8)
    n_head = config.get("num_attention_heads", config.get("n_head"))
    for key, array in tensors.items():
        name = names.get_name(key, (".weight", ".bias"))
        assert name is not None
        if family in ("llama", "smollm3") and ("q_proj" in key or "k_proj" in key):
            array = permuted(array, n_head if "q_proj" in key else config["num_key_value_heads"])
        if family == "gpt2" and array.ndim == 2 and name.startswith("blk."):
            array = array.T
        wanted = gguf.GGMLQuantizationType[kind if array.ndim == 2 else "F32"]
        writer.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(array), wanted), raw_dtype=wanted)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    """Metadata of whatever type."""
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_array(key, value)
