"""GPT-J (Wang & Komatsuzaki 2021): attention and MLP in parallel behind one norm, rotary positions that
turn neighbouring features."""

from __future__ import annotations

import numpy as np

from ...fields import Fields
from ..config import Config, Rope
from ..graph import Declaration, linear, plain
from ..parts import attention, decoder, layer_norm, mlp, parallel
from .family import WIDTH, Family
from .gpt2 import ALIASES, sizes

KEYS = {
    "embed.W_E": plain("wte"),
    "ln1": plain("h.{layer}.ln_1"),
    "attn.W_Q": linear("h.{layer}.attn.q_proj"),
    "attn.W_K": linear("h.{layer}.attn.k_proj"),
    "attn.W_V": linear("h.{layer}.attn.v_proj"),
    "attn.W_O": linear("h.{layer}.attn.out_proj"),
    "mlp.W_in": linear("h.{layer}.mlp.fc_in"),
    "mlp.W_out": linear("h.{layer}.mlp.fc_out"),
    "ln_final": plain("ln_f"),
    "unembed.W_U": plain("lm_head"),
}


def declare(net: Declaration) -> None:
    """One norm, read by attention and MLP alike."""
    decoder(net, parallel(layer_norm, attention(), mlp, share=True), layer_norm)


def read(fields: Fields) -> Config:
    """GPT-J 6B and its kin."""
    if "rotary_dim" in fields.data and not fields.has("rotary_dim"):
        raise fields.error("rotary_dim must be a whole number, not null")
    turned = fields.size("rotary_dim", WIDTH, default=64)
    if turned % 2:
        raise fields.error(f"rotary positions need an even number of features, not {turned}")
    inv_freq = 1 / 10_000.0 ** (np.arange(0, turned, 2, dtype=np.float32) / turned)
    return sizes(
        fields,
        family="gptj",
        n_ctx=2048,
        tied=False,
        out_bias=False,
        qkv_bias=False,
        head_bias=True,
        parallel=True,
        rope=Rope(tuple(float(f) for f in inv_freq), neighbours=True),
    )


GPTJ = Family("GPT-J", read, declare, KEYS, "transformer.", ALIASES, frozenset({"rotary"}))
