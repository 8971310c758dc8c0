"""Llama (Touvron et al. 2023, https://arxiv.org/abs/2302.13971) and its relatives.

Mistral adds a sliding window, Qwen2 biases for queries, keys and values, Qwen3 a norm of every query
and key, SmolLM3 layers without positions, Granite constants that scale what is added and scored.
"""

from __future__ import annotations

from typing import Any

from ...fields import Fields
from ..config import Config
from ..graph import Declaration, linear, plain
from ..parts import attention, decoder, gated_mlp, rms_norm, sequential
from ..rope import read_rope, unstretched
from .family import (
    CONTEXT,
    HEADS,
    LAYERS,
    TOKENS,
    WIDTH,
    Family,
    activation,
    divided,
    sliding_layers,
    window,
)

BLOCK = "model.layers.{layer}"
KEYS = {
    "embed.W_E": plain("model.embed_tokens"),
    "ln1": plain(f"{BLOCK}.input_layernorm"),
    "attn.W_Q": linear(f"{BLOCK}.self_attn.q_proj"),
    "attn.W_K": linear(f"{BLOCK}.self_attn.k_proj"),
    "attn.W_V": linear(f"{BLOCK}.self_attn.v_proj"),
    "attn.q_norm": plain(f"{BLOCK}.self_attn.q_norm"),
    "attn.k_norm": plain(f"{BLOCK}.self_attn.k_norm"),
    "attn.W_O": linear(f"{BLOCK}.self_attn.o_proj"),
    "ln2": plain(f"{BLOCK}.post_attention_layernorm"),
    "mlp.W_gate": linear(f"{BLOCK}.mlp.gate_proj"),
    "mlp.W_in": linear(f"{BLOCK}.mlp.up_proj"),
    "mlp.W_out": linear(f"{BLOCK}.mlp.down_proj"),
    "ln_final": plain("model.norm"),
    "unembed.W_U": plain("lm_head"),
}


def declare(net: Declaration) -> None:
    """RMS norms, rotary positions, a gated MLP."""
    decoder(net, sequential(rms_norm, attention(rms_norm), gated_mlp), rms_norm)


def sizes(
    fields: Fields,
    *,
    n_ctx: int,
    n_kv_head: int | None = None,
    d_head: int | None = None,
    tied: bool = False,
    eps: float = 1e-6,
    theta: float = 10_000.0,
    partial: float | None = None,
    **rest: Any,
) -> Config:
    """A config in Llama's words; the arguments are a family's own defaults, `rest` what it has settled."""
    d_model = fields.size("hidden_size", WIDTH)
    n_head = fields.size("num_attention_heads", HEADS)
    if fields.has("head_dim") or d_head:
        d_head = fields.size("head_dim", WIDTH, default=d_head)
    else:
        d_head = divided(fields, "hidden_size", d_model, n_head)
    positions = fields.size("max_position_embeddings", CONTEXT, default=n_ctx)
    known = {
        "family": fields.raw("model_type"),
        "n_layer": fields.size("num_hidden_layers", LAYERS),
        "n_head": n_head,
        "d_model": d_model,
        "d_head": d_head,
        "d_mlp": fields.size("intermediate_size", WIDTH),
        "n_ctx": positions,
        "d_vocab": fields.size("vocab_size", TOKENS),
        "n_kv_head": fields.size("num_key_value_heads", HEADS, default=n_kv_head or n_head),
        "tied": fields.flag("tie_word_embeddings", tied),
        "norm_bias": False,
        "mlp_bias": False,
        "out_bias": False,
    }
    if "eps" not in rest:
        known["eps"] = fields.number("rms_norm_eps", eps, most=1.0)
    if "activation" not in rest:
        known["activation"] = activation(fields, "hidden_act", "silu")
    if "qkv_bias" not in rest:
        known["qkv_bias"] = known["out_bias"] = fields.flag("attention_bias", False)
    if "rope" not in rest:
        known["rope"] = read_rope(fields, d_head, positions, theta=theta, partial=partial)
        known["n_ctx"] = unstretched(fields, positions)
    return Config(**(known | rest))


def read_llama(fields: Fields) -> Config:
    """Llama 1 to 3, SmolLM, SmolLM2, TinyLlama."""
    return sizes(fields, n_ctx=2048, mlp_bias=fields.flag("mlp_bias", False))


def read_granite(fields: Fields) -> Config:
    """Granite 3 (IBM 2024): four constants beside Llama."""
    return sizes(
        fields,
        n_ctx=2048,
        mlp_bias=fields.flag("mlp_bias", False),
        embed_scale=fields.number("embedding_multiplier", 1.0),
        residual_scale=fields.number("residual_multiplier", 1.0),
        score_scale=fields.number("attention_multiplier", 1.0),
        logit_scale=1 / fields.number("logits_scaling", 1.0),
    )


def read_mistral(fields: Fields) -> Config:
    """Mistral: every layer looks through a sliding window, unless it is set to null."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    return sizes(
        fields,
        n_kv_head=8,
        n_ctx=131072,
        qkv_bias=False,
        window=window(fields, 4096),
        window_layers=sliding_layers(fields, n_layer, None),
    )


def read_qwen2(fields: Fields) -> Config:
    """Qwen2 and Qwen2.5."""
    return sizes(fields, n_kv_head=32, n_ctx=32768, qkv_bias=True, **qwen_window(fields))


def read_qwen3(fields: Fields) -> Config:
    """Qwen3: queries and keys are normed."""
    return sizes(fields, n_kv_head=32, n_ctx=32768, d_head=128, qk_norm=True, **qwen_window(fields))


def read_smollm3(fields: Fields) -> Config:
    """SmolLM3: every fourth layer goes without positions."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    every = fields.size("no_rope_layer_interval", LAYERS, default=4)
    turned = fields.raw("no_rope_layers")  # 1 for a layer with rotary positions, despite its name
    if turned is None:
        turned = [int((layer + 1) % every != 0) for layer in range(n_layer)]
    if not isinstance(turned, list) or len(turned) != n_layer or not all(r in (0, 1) for r in turned):
        raise fields.error("no_rope_layers must be a list with 0 or 1 for every layer")
    seen = window(fields, None)
    switched = fields.flag("use_sliding_window", False) and seen is not None
    slide = ["sliding_attention" if switched and not r else "full_attention" for r in turned]
    return sizes(
        fields,
        n_kv_head=4,
        n_ctx=32768,
        theta=2_000_000.0,
        tied=True,
        mlp_bias=fields.flag("mlp_bias", False),
        window=seen,
        window_layers=sliding_layers(fields, n_layer, slide),
        nope_layers=tuple(layer for layer, rope in enumerate(turned) if not rope),
    )


def switched_window(fields: Fields) -> int | None:
    """The window of families that have a switch for it, which is off by default."""
    fields.raw("sliding_window")
    return window(fields, 4096) if fields.flag("use_sliding_window", False) else None


def qwen_window(fields: Fields) -> dict[str, Any]:
    """The window of Qwen2 and 3: off by default, and in the last layers where it is on."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    seen = switched_window(fields)
    first = fields.size("max_window_layers", 1 << 20, default=28, least=0)
    slide = ["full_attention" if seen is None or n < first else "sliding_attention" for n in range(n_layer)]
    return {"window": seen, "window_layers": sliding_layers(fields, n_layer, slide)}


NO_BIASES = frozenset({"attention_bias", "mlp_bias"})  # of families that have none, or always the same
LLAMA = Family("Llama", read_llama, declare, KEYS)
GRANITE = Family("Granite", read_granite, declare, KEYS)
MISTRAL = Family("Mistral", read_mistral, declare, KEYS, idle=NO_BIASES)
QWEN2 = Family("Qwen2", read_qwen2, declare, KEYS, idle=NO_BIASES)
QWEN3 = Family("Qwen3", read_qwen3, declare, KEYS, idle=frozenset({"mlp_bias"}))
SMOLLM3 = Family("SmolLM3", read_smollm3, declare, KEYS)
