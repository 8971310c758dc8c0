"""Small GGUF files, written as llama.cpp's converter writes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from llm_scene.models.checkpoint import stored_shapes
from llm_scene.models.config_json import shape_from_table
from llm_scene.models.convert.gguf_file import ARCHITECTURES, EXPERT, MIXTRAL
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
GEMMA = QWEN3 | {"sliding_window": 16}
PARTIAL = {"partial_rotary_factor": 0.5}
STABLE = {key: value for key, value in LLAMA.items() if key != "rms_norm_eps"} | {"layer_norm_eps": 1e-5}
NEOX = {
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "hidden_size": 32,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "layer_norm_eps": 1e-5,
    "rotary_pct": 0.25,
    "rotary_emb_base": 5000,
    "use_parallel_residual": True,
    "vocab_size": 61,
}
EXPERTS = QWEN3 | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
GPT2 = {"n_layer": 2, "n_head": 4, "n_embd": 32, "n_inner": 96, "n_positions": 24, "vocab_size": 61}
# By the name of the family in config.json: GGUF's name, and a small model.
FAMILIES = {
    "llama": ("llama", LLAMA),
    "qwen2": ("qwen2", LLAMA),
    "qwen3": ("qwen3", QWEN3),
    "smollm3": ("smollm3", LLAMA),
    "gpt2": ("gpt2", GPT2),
    "granite": ("granite", LLAMA | {"logits_scaling": 8.0, "embedding_multiplier": 12.0}),
    "gemma": ("gemma", QWEN3),
    "gemma2": ("gemma2", GEMMA | {"query_pre_attn_scalar": 16, "final_logit_softcapping": 30.0}),
    "gemma3_text": ("gemma3", GEMMA | {"query_pre_attn_scalar": 16}),
    "phi3": ("phi3", LLAMA),
    "olmo2": ("olmo2", LLAMA),
    "gpt_neox": ("gptneox", NEOX),
    "stablelm": ("stablelm", STABLE | PARTIAL | {"use_parallel_residual": False}),
    "starcoder2": ("starcoder2", {k: v for k, v in STABLE.items() if k[0] != "l"} | {"norm_epsilon": 1e-5}),
    "mixtral": ("llama", LLAMA | {"num_local_experts": 4, "num_experts_per_tok": 2}),
    "qwen2_moe": ("qwen2moe", EXPERTS | {"shared_expert_intermediate_size": 96}),
    "qwen3_moe": ("qwen3moe", EXPERTS | {"norm_topk_prob": True}),
}
CONFIGS = {kind: config for kind, config in FAMILIES.values() if "num_local_experts" not in config}


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
    architecture = MIXTRAL if "num_local_experts" in config else ARCHITECTURES[family]
    for key, name in architecture.entries.items():
        if name in config:
            add(writer, f"{family}.{key}", config[name])
    for key, value in {**(tokenizer or {}), **(extra or {})}.items():
        add(writer, key, value)
    arch = next(a for a, name in gguf.MODEL_ARCH_NAMES.items() if name == family)
    names = gguf.get_tensor_name_map(arch, 8)
    n_head = config.get("num_attention_heads", config.get("n_head"))
    if architecture.partial and architecture.partial in config:
        width = config["hidden_size"] // config["num_attention_heads"]
        add(writer, f"{family}.rope.dimension_count", int(config[architecture.partial] * width))
    for key, array in stacked(tensors).items():
        name = key if key.startswith("rope_") else names.get_name(key, (".weight", ".bias"))
        assert name is not None, key
        if architecture.raised and name.endswith("norm.weight"):
            array = array + np.float32(1)
        if architecture.split and ".attn_qkv." in name:
            heads = array.reshape(n_head, 3, array.shape[0] // 3 // n_head, *array.shape[1:])
            array = heads.swapaxes(0, 1).reshape(array.shape)
        if name.endswith("ffn_gate_inp_shexp.weight"):
            array = array[0]
        if architecture.permuted and ("q_proj" in key or "k_proj" in key):
            array = permuted(array, n_head if "q_proj" in key else config["num_key_value_heads"])
        if family == "gpt2" and array.ndim == 2 and name.startswith("blk."):
            array = array.T
        wanted = gguf.GGMLQuantizationType[kind if array.ndim >= 2 else "F32"]
        writer.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(array), wanted), raw_dtype=wanted)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def stacked(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """The experts of a layer as one tensor."""
    found: dict[str, Any] = {}
    for key, array in tensors.items():
        if EXPERT.search(key):
            found.setdefault(EXPERT.sub("experts.", key), []).append(array)
        else:
            found[key] = array
    return {key: np.stack(value) if isinstance(value, list) else value for key, value in found.items()}


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
