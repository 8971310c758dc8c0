"""Phi-3 and Phi-4-mini (https://arxiv.org/abs/2404.14219): Llama with fused projections, a part of the
features turned, and LongRoPE."""

from __future__ import annotations

from ...fields import Fields
from ..config import Config
from ..graph import linear
from . import llama
from .family import Family, window

QKV = linear(f"{llama.BLOCK}.self_attn.qkv_proj")
GATE_UP = linear(f"{llama.BLOCK}.mlp.gate_up_proj")
KEYS = llama.KEYS | {
    "attn.W_Q": QKV.part("q", "q k v"),
    "attn.W_K": QKV.part("k", "q k v"),
    "attn.W_V": QKV.part("v", "q k v"),
    "mlp.W_gate": GATE_UP.part("gate", "gate up"),
    "mlp.W_in": GATE_UP.part("up", "gate up"),
}


def read(fields: Fields) -> Config:
    """Phi-3, Phi-3.5-mini, Phi-4-mini."""
    tables = (fields.table("rope_scaling"), fields.table("rope_parameters"))
    for table in tables:
        for key in ("type", "rope_type"):
            if table is not None and table.raw(key) in ("su", "yarn"):
                table.data[key] = "longrope"  # as older files call it
    return llama.sizes(fields, n_ctx=4096, eps=1e-5, partial=1.0, qkv_bias=False, window=window(fields, None))


PHI3 = Family("Phi-3", read, llama.declare, KEYS, idle=llama.NO_BIASES | {"lm_head_bias"})
