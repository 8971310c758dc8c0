"""GPT-J (Wang & Komatsuzaki 2021): attention and MLP in parallel behind one norm, rotary positions that
turn neighbouring features."""

from __future__ import annotations

import numpy as np

from ...fields import Fields
from ..config import Config, Rope
from ..graph import Declaration, linear, plain
from ..parts import attention, decoder, layer_norm, mlp, parallel
from .family import CONTEXT, HEADS, LAYERS, TOKENS, WIDTH, Family, activation, divided
from .gpt2 import ALIASES

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
    d_model = fields.size("n_embd", WIDTH)
    n_head = fields.size("n_head", HEADS)
    if "rotary_dim" in fields.data and not fields.has("rotary_dim"):
        raise fields.error("rotary_dim must be a whole number, not null")
    turned = fields.size("rotary_dim", WIDTH, default=64)
    if turned % 2:
        raise fields.error(f"rotary positions need an even number of features, not {turned}")
    inv_freq = 1 / 10_000.0 ** (np.arange(0, turned, 2, dtype=np.float32) / turned)
    return Config(
        family="gptj",
        n_layer=fields.size("n_layer", LAYERS),
        n_head=n_head,
        d_model=d_model,
        d_head=divided(fields, "n_embd", d_model, n_head),
        d_mlp=fields.size("n_inner", WIDTH, default=4 * d_model),
        n_ctx=fields.size("n_positions", CONTEXT, default=2048),
        d_vocab=fields.size("vocab_size", TOKENS),
        n_kv_head=n_head,
        eps=fields.number("layer_norm_epsilon", 1e-5, most=1.0),
        activation=activation(fields, "activation_function", "gelu_new"),
        tied=fields.flag("tie_word_embeddings", False),
        out_bias=False,
        qkv_bias=False,
        head_bias=True,
        parallel=True,
        rope=Rope(tuple(float(f) for f in inv_freq), neighbours=True),
    )


GPTJ = Family("GPT-J", read, declare, KEYS, "transformer.", ALIASES, frozenset({"rotary"}))
