"""Gemma 1, 2 and 3 (https://arxiv.org/abs/2403.08295, 2408.00118, 2503.19786), as far as they read text.

Embeddings are scaled by the root of their width and gains count from 1. Gemma 2 norms what the branches
add, caps scores and logits softly and slides in every other layer; Gemma 3 norms queries and keys and
turns them faster in the layers that slide.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from ...fields import Fields
from ..config import Config
from ..graph import Declaration, plain
from ..parts import attention, decoder, gated_mlp, rms_norm, sequential
from ..rope import read_rope
from . import llama
from .family import CONTEXT, LAYERS, WIDTH, Family, activation, alternating, sliding_layers, window

BLOCK = llama.BLOCK
AROUND = {  # norms before and after both branches
    "ln1": plain(f"{BLOCK}.input_layernorm"),
    "ln1_post": plain(f"{BLOCK}.post_attention_layernorm"),
    "ln2": plain(f"{BLOCK}.pre_feedforward_layernorm"),
    "ln2_post": plain(f"{BLOCK}.post_feedforward_layernorm"),
}
norm = functools.partial(rms_norm, offset=1.0)


def declare(net: Declaration) -> None:
    """Llama's block, with norms after the branches too where checkpoints have them."""
    after = net.has("ln2_post")
    decoder(net, sequential(norm, attention(norm), gated_mlp, after=after), norm)


def sizes(fields: Fields, **rest: Any) -> Config:
    """What all three have in common."""
    width = fields.size("hidden_size", WIDTH)
    return llama.sizes(fields, d_head=256, tied=True, embed_scale=math.sqrt(width), **rest)


def read_gemma(fields: Fields) -> Config:
    """Gemma 1. Its files say "gelu" and mean the tanh form."""
    bend = activation(fields, "hidden_act", "gelu_pytorch_tanh")
    bend = "gelu_tanh" if fields.raw("hidden_act") == "gelu" else bend
    return sizes(fields, n_kv_head=16, n_ctx=8192, activation=bend)


def read_gemma2(fields: Fields) -> Config:
    """Gemma 2."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    return sizes(
        fields,
        n_kv_head=4,
        n_ctx=8192,
        window=window(fields, 4096),
        window_layers=sliding_layers(fields, n_layer, alternating(n_layer, 2)),
        score_cap=_cap(fields, "attn_logit_softcapping", 50.0),
        logit_cap=_cap(fields, "final_logit_softcapping", 30.0),
        **_scored(fields),
    )


def read_gemma3(fields: Fields) -> Config:
    """Gemma 3's text model."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    d_head = fields.size("head_dim", WIDTH, default=256)
    n_ctx = fields.size("max_position_embeddings", CONTEXT, default=131072)
    every = fields.size("sliding_window_pattern", LAYERS, default=6)
    fields.raw("_sliding_window_pattern")
    full, sliding = _rope_tables(fields)
    local = fields.number("rope_local_base_freq", 10_000.0)
    if fields.has("attn_logit_softcapping"):
        fields.notes.append("attn_logit_softcapping is not used: transformers caps no scores of Gemma 3.")
    return sizes(
        fields,
        n_kv_head=4,
        n_ctx=131072,
        qk_norm=True,
        window=window(fields, 4096),
        window_layers=sliding_layers(fields, n_layer, alternating(n_layer, every)),
        rope=read_rope(fields, d_head, n_ctx, theta=1_000_000.0, table=full),
        rope_sliding=read_rope(Fields(fields.path, {}), d_head, n_ctx, theta=local, table=sliding),
        logit_cap=_cap(fields, "final_logit_softcapping", None),
        **_scored(fields),
    )


def _scored(fields: Fields) -> dict[str, Any]:
    """The activation under its newer name, and what scores are scaled by."""
    return {
        "activation": activation(fields, "hidden_activation", "gelu_pytorch_tanh"),
        "score_scale": fields.number("query_pre_attn_scalar", 256) ** -0.5,
    }


def _cap(fields: Fields, key: str, default: float | None) -> float | None:
    if key in fields.data and not fields.has(key):
        return None
    return fields.number(key, default) if default or fields.has(key) else None


def _rope_tables(fields: Fields) -> tuple[Fields, Fields]:
    """What is said about rotary positions of full and of sliding layers.

    The older entry is set into the newer one, whose own default says that nothing is scaled: an older
    `type` has no effect then, as transformers has it.
    """
    nested = fields.table("rope_parameters") or Fields(fields.path, {})
    if nested.data and not any(key in nested.data for key in ("full_attention", "sliding_attention")):
        raise fields.error("rope_parameters must say full_attention and sliding_attention")
    full = nested.table("full_attention") or Fields(fields.path, {})
    sliding = nested.table("sliding_attention") or Fields(fields.path, {})
    older = fields.table("rope_scaling")
    plain = {} if nested.data else {"rope_type": "default"}
    return Fields(fields.path, plain | full.data | (older.data if older else {})), sliding


KEYS = llama.KEYS | AROUND
OLD_NAMES = frozenset({"hidden_act"})  # beside the newer name, and not read
GEMMA = Family("Gemma", read_gemma, declare, llama.KEYS, idle=frozenset({"hidden_activation"}))
GEMMA2 = Family("Gemma 2", read_gemma2, declare, KEYS, idle=OLD_NAMES | {"cache_implementation"})
GEMMA3 = Family("Gemma 3", read_gemma3, declare, KEYS, idle=OLD_NAMES | {"cache_implementation"})
