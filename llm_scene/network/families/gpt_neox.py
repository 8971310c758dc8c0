"""GPT-NeoX (Black et al. 2022, https://arxiv.org/abs/2204.06745) and Pythia: attention and MLP in
parallel, each behind a norm; a quarter of the features turns."""

from __future__ import annotations

from ...fields import Fields
from ..config import Config
from ..graph import Declaration, linear, plain
from ..parts import attention, decoder, layer_norm, mlp, parallel, sequential
from ..rope import read_rope, unstretched
from .family import CONTEXT, HEADS, LAYERS, TOKENS, WIDTH, Family, activation, divided

BLOCK = "gpt_neox.layers.{layer}"
QKV = linear(f"{BLOCK}.attention.query_key_value")
KEYS = {
    "embed.W_E": plain("gpt_neox.embed_in"),
    "ln1": plain(f"{BLOCK}.input_layernorm"),
    "attn.W_Q": QKV.part("q", "q k v", "heads"),
    "attn.W_K": QKV.part("k", "q k v", "heads"),
    "attn.W_V": QKV.part("v", "q k v", "heads"),
    "attn.W_O": linear(f"{BLOCK}.attention.dense"),
    "ln2": plain(f"{BLOCK}.post_attention_layernorm"),
    "mlp.W_in": linear(f"{BLOCK}.mlp.dense_h_to_4h"),
    "mlp.W_out": linear(f"{BLOCK}.mlp.dense_4h_to_h"),
    "ln_final": plain("gpt_neox.final_layer_norm"),
    "unembed.W_U": plain("embed_out"),
}


def declare(net: Declaration) -> None:
    """Parallel branches, or one after the other where the config says so."""
    order = parallel if net.config.parallel else sequential
    decoder(net, order(layer_norm, attention(), mlp), layer_norm)


def read(fields: Fields) -> Config:
    """GPT-NeoX 20B, Pythia."""
    d_model = fields.size("hidden_size", WIDTH)
    n_head = fields.size("num_attention_heads", HEADS)
    d_head = divided(fields, "hidden_size", d_model, n_head)
    n_ctx = fields.size("max_position_embeddings", CONTEXT, default=2048)
    bias = fields.flag("attention_bias", True)
    return Config(
        family="gpt_neox",
        n_layer=fields.size("num_hidden_layers", LAYERS),
        n_head=n_head,
        d_model=d_model,
        d_head=d_head,
        d_mlp=fields.size("intermediate_size", WIDTH),
        n_ctx=unstretched(fields, n_ctx),
        d_vocab=fields.size("vocab_size", TOKENS),
        n_kv_head=n_head,
        eps=fields.number("layer_norm_eps", 1e-5, most=1.0),
        activation=activation(fields, "hidden_act", "gelu"),
        tied=fields.flag("tie_word_embeddings", False),
        qkv_bias=bias,
        out_bias=bias,
        parallel=fields.flag("use_parallel_residual", True),
        rope=read_rope(
            fields,
            d_head,
            n_ctx,
            partial=0.25,
            names=("rotary_emb_base", "rotary_pct"),
        ),
    )


GPT_NEOX = Family("GPT-NeoX", read, declare, KEYS, "gpt_neox.")
