"""A small model of every family and of what makes it special, as entries of config.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llm_scene.fields import Fields
from llm_scene.models.config_json import config_of
from llm_scene.network import Config

Entries = dict[str, Any]

OLD: Entries = {"n_layer": 2, "n_head": 4, "n_embd": 16, "n_positions": 32, "vocab_size": 23}
NEW: Entries = {
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "hidden_size": 16,
    "intermediate_size": 20,
    "max_position_embeddings": 32,
    "vocab_size": 23,
}
GROUPED = NEW | {"num_key_value_heads": 2}
GEMMA = GROUPED | {"head_dim": 6, "pad_token_id": None}
PHI = GROUPED | {"pad_token_id": None, "original_max_position_embeddings": 16}
EXPERTS = GROUPED | {"num_experts": 5, "num_experts_per_tok": 2, "moe_intermediate_size": 8}
LONG_ROPE = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "short_factor": [1.1],
    "long_factor": [3.0],
    "partial_rotary_factor": 0.5,
}

CASES: dict[str, tuple[str, Entries]] = {
    "gpt2": ("gpt2", OLD),
    "gpt2, scores by layer": ("gpt2", OLD | {"scale_attn_by_inverse_layer_idx": True}),
    "gpt2, scores unscaled": ("gpt2", OLD | {"scale_attn_weights": False}),
    "gptj": ("gptj", OLD | {"rotary_dim": 2}),
    "gpt_neox": ("gpt_neox", NEW | {"rotary_pct": 0.5}),
    "gpt_neox, one after the other": (
        "gpt_neox",
        NEW | {"use_parallel_residual": False, "attention_bias": False, "rotary_pct": 1.0},
    ),
    "llama": ("llama", GROUPED),
    "mistral": ("mistral", GROUPED | {"sliding_window": 3}),
    "qwen2": ("qwen2", GROUPED | {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1}),
    "qwen3": ("qwen3", GROUPED | {"head_dim": 6}),
    "smollm3": (
        "smollm3",
        GROUPED | {"num_hidden_layers": 2, "no_rope_layer_interval": 2, "pad_token_id": None},
    ),
    "granite": (
        "granite",
        GROUPED
        | {
            "embedding_multiplier": 12.0,
            "residual_multiplier": 0.22,
            "attention_multiplier": 0.3,
            "logits_scaling": 8.0,
        },
    ),
    "gemma": ("gemma", GEMMA),
    "gemma2": ("gemma2", GEMMA | {"sliding_window": 3, "query_pre_attn_scalar": 5}),
    "gemma3": (
        "gemma3_text",
        GEMMA
        | {
            "sliding_window": 3,
            "query_pre_attn_scalar": 5,
            "layer_types": ["sliding_attention", "full_attention"],
        },
    ),
    "phi3": ("phi3", PHI),
    "phi4-mini": ("phi3", PHI | {"rope_parameters": LONG_ROPE, "tie_word_embeddings": True}),
    "olmo2": ("olmo2", GROUPED | {"pad_token_id": None}),
    "stablelm": ("stablelm", GROUPED | {"partial_rotary_factor": 0.5, "use_qkv_bias": True}),
    "stablelm, parallel": (
        "stablelm",
        GROUPED | {"partial_rotary_factor": 0.5, "use_parallel_residual": True, "qk_layernorm": True},
    ),
    "starcoder2": ("starcoder2", GROUPED | {"sliding_window": 3}),
    "mixtral": ("mixtral", GROUPED | {"num_local_experts": 5}),
    "qwen2_moe": (
        "qwen2_moe",
        EXPERTS | {"shared_expert_intermediate_size": 7, "mlp_only_layers": [0]},
    ),
    "qwen3_moe": ("qwen3_moe", EXPERTS | {"norm_topk_prob": True, "head_dim": 6}),
    "gpt_oss": (
        "gpt_oss",
        GROUPED | {"num_local_experts": 5, "num_experts_per_tok": 2, "head_dim": 6, "sliding_window": 3},
    ),
}


def config(name: str, **other: Any) -> Config:
    """The shape of a case, with other entries."""
    family, entries = CASES[name]
    return config_of(Fields(Path("config.json"), {"model_type": family, **entries, **other}))[0]
