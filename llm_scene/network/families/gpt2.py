"""GPT-2 (Radford et al. 2019), as nanoGPT and Hugging Face's GPT2LMHeadModel compute it.

Its linear weights are stored [in, out], with queries, keys and values side by side.
"""

from __future__ import annotations

from typing import Any

from ...fields import Fields
from ..config import Config
from ..graph import Declaration, plain
from ..parts import attention, decoder, layer_norm, mlp, sequential
from .family import CONTEXT, HEADS, LAYERS, TOKENS, WIDTH, Family, activation, divided

KEYS = {
    "embed.W_E": plain("wte"),
    "pos_embed.W_pos": plain("wpe"),
    "ln1": plain("h.{layer}.ln_1"),
    "attn.W_Q": plain("h.{layer}.attn.c_attn").part("q", "q k v"),
    "attn.W_K": plain("h.{layer}.attn.c_attn").part("k", "q k v"),
    "attn.W_V": plain("h.{layer}.attn.c_attn").part("v", "q k v"),
    "attn.W_O": plain("h.{layer}.attn.c_proj"),
    "ln2": plain("h.{layer}.ln_2"),
    "mlp.W_in": plain("h.{layer}.mlp.c_fc"),
    "mlp.W_out": plain("h.{layer}.mlp.c_proj"),
    "ln_final": plain("ln_f"),
    "unembed.W_U": plain("lm_head"),
}
ALIASES = {
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
    "num_attention_heads": "n_head",
    "num_hidden_layers": "n_layer",
}


def declare(net: Declaration) -> None:
    """Layer norms, learned positions, a plain MLP."""
    decoder(net, sequential(layer_norm, attention(), mlp), layer_norm)


def sizes(fields: Fields, *, n_ctx: int, tied: bool, **more: Any) -> Config:
    """A config from the entries that GPT-2 and its kin share; `n_ctx` and `tied` where the file is silent."""
    d_model = fields.size("n_embd", WIDTH)
    n_head = fields.size("n_head", HEADS)
    return Config(
        n_layer=fields.size("n_layer", LAYERS),
        n_head=n_head,
        d_model=d_model,
        d_head=divided(fields, "n_embd", d_model, n_head),
        d_mlp=fields.size("n_inner", WIDTH, default=4 * d_model),
        n_ctx=fields.size("n_positions", CONTEXT, default=n_ctx),
        d_vocab=fields.size("vocab_size", TOKENS),
        n_kv_head=n_head,
        eps=fields.number("layer_norm_epsilon", 1e-5, most=1.0),
        activation=activation(fields, "activation_function", "gelu_new"),
        tied=fields.flag("tie_word_embeddings", tied),
        **more,
    )


def read(fields: Fields) -> Config:
    """GPT-2 and what is converted to it (nanoGPT, minGPT)."""
    bias = fields.flag("bias", True)  # nanoGPT without biases; transformers' own always have them
    return sizes(
        fields,
        family="gpt2",
        n_ctx=fields.size("n_ctx", CONTEXT, default=1024),
        tied=True,
        out_bias=bias,
        mlp_bias=bias,
        qkv_bias=bias,
        norm_bias=bias,
        score_scale=None if fields.flag("scale_attn_weights", True) else 1.0,
        score_by_layer=fields.flag("scale_attn_by_inverse_layer_idx", False),
    )


IDLE = """reorder_and_upcast_attn summary_activation summary_first_dropout summary_proj_to_labels
    summary_type summary_use_proj"""
GPT2 = Family("GPT-2", read, declare, KEYS, "transformer.", ALIASES, frozenset(IDLE.split()))
