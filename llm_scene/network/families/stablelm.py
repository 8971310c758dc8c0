"""StableLM 2 (https://arxiv.org/abs/2402.17834): layer norms and a gated MLP, a quarter of the features
turned; some models norm the queries and keys of every head, some run both branches in parallel."""

from __future__ import annotations

import functools

from ...fields import Fields
from ..config import Config
from ..graph import Declaration, Stored
from ..parts import attention, decoder, gated_mlp, layer_norm, parallel, sequential
from . import llama
from .family import Family

KEYS = llama.KEYS | {
    f"attn.{low}_norm": Stored(f"{llama.BLOCK}.self_attn.{low}_layernorm.norms.*.weight") for low in "qk"
}


def declare(net: Declaration) -> None:
    """One after the other, or in parallel behind one norm."""
    attend = attention(functools.partial(layer_norm, over="head", bias=False))
    if net.config.parallel:
        block = parallel(layer_norm, attend, gated_mlp, share=True)
    else:
        block = sequential(layer_norm, attend, gated_mlp)
    decoder(net, block, layer_norm)


def read(fields: Fields) -> Config:
    """StableLM 3B, StableLM 2."""
    return llama.sizes(
        fields,
        n_kv_head=32,
        n_ctx=4096,
        partial=0.25,
        eps=fields.number("layer_norm_eps", 1e-5, most=1.0),
        norm_bias=True,
        qkv_bias=fields.flag("use_qkv_bias", False),
        qk_norm=fields.flag("qk_layernorm", False),
        parallel=fields.flag("use_parallel_residual", False),
    )


STABLELM = Family("StableLM", read, declare, KEYS)
