"""gpt-oss (OpenAI 2025, https://arxiv.org/abs/2508.10925), as far as its weights are floats: attention
with sinks that take a share for nothing, and experts with a clipped gate."""

from __future__ import annotations

from ...fields import Fields
from ..config import Config, Experts
from ..graph import Declaration, Stored, linear
from ..parts import attention, decoder, mixture, rms_norm, sequential
from ..rope import read_rope
from . import llama
from .family import CONTEXT, LAYERS, WIDTH, Family, alternating, sliding_layers, window
from .mixtral import MOST

MLP = f"{llama.BLOCK}.mlp"
EXPERTS = f"{MLP}.experts"
GATE_UP = Stored(f"{EXPERTS}.gate_up_proj", f"{EXPERTS}.gate_up_proj_bias", together=True)
KEYS = llama.KEYS | {
    "attn.sinks": Stored(f"{llama.BLOCK}.self_attn.sinks"),
    "mlp.W_router": linear(f"{MLP}.router"),
    "mlp.experts.W_gate": GATE_UP.part("gate", "gate up", "cells"),
    "mlp.experts.W_in": GATE_UP.part("up", "gate up", "cells"),
    "mlp.experts.W_out": Stored(f"{EXPERTS}.down_proj", f"{EXPERTS}.down_proj_bias", together=True),
}
YARN = {  # where config.json says nothing
    "rope_type": "yarn",
    "factor": 32.0,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "truncate": False,
    "original_max_position_embeddings": 4096,
}


def declare(net: Declaration) -> None:
    """Llama's block with sinks and experts."""
    decoder(net, sequential(rms_norm, attention(), mixture), rms_norm)


def read(fields: Fields) -> Config:
    """gpt-oss 20B and 120B."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    d_head = fields.size("head_dim", WIDTH, default=64)
    n_ctx = fields.size("max_position_embeddings", CONTEXT, default=131072)
    said = fields.has("rope_scaling") or fields.has("rope_parameters")
    table = None if said else Fields(fields.path, dict(YARN))
    bias = fields.flag("attention_bias", True)
    fields.raw("hidden_act")  # the gate is always the clipped swish
    return llama.sizes(
        fields,
        n_kv_head=8,
        d_head=64,
        n_ctx=131072,
        eps=1e-5,
        activation="silu",
        qkv_bias=bias,
        out_bias=bias,
        window=window(fields, 128),
        window_layers=sliding_layers(fields, n_layer, alternating(n_layer, 2)),
        rope=read_rope(fields, d_head, n_ctx, theta=150_000.0, table=table),
        experts=Experts(
            fields.size("num_local_experts", MOST, default=128),
            fields.size("num_experts_per_tok", MOST, default=4),
            fields.size("intermediate_size", WIDTH),
            swish=(fields.number("swiglu_alpha", 1.702), fields.number("swiglu_limit", 7.0)),
        ),
    )


GPT_OSS = Family(
    "gpt-oss",
    read,
    declare,
    KEYS,
    aliases={"num_experts": "num_local_experts"},
    idle=frozenset({"experts_per_token", "initial_context_length"}),
)
