"""StarCoder2 (https://arxiv.org/abs/2402.19173): layer norms, a plain MLP, biases, a sliding window."""

from __future__ import annotations

from ...fields import Fields
from ..config import Config
from ..graph import Declaration, linear
from ..parts import attention, decoder, layer_norm, mlp, sequential
from . import llama
from .family import Family, activation, window

KEYS = llama.KEYS | {
    "mlp.W_in": linear(f"{llama.BLOCK}.mlp.c_fc"),
    "mlp.W_out": linear(f"{llama.BLOCK}.mlp.c_proj"),
}


def declare(net: Declaration) -> None:
    """GPT-2's block with rotary positions."""
    decoder(net, sequential(layer_norm, attention(), mlp), layer_norm)


def read(fields: Fields) -> Config:
    """StarCoder2."""
    bias = fields.flag("use_bias", True)
    return llama.sizes(
        fields,
        n_kv_head=2,
        n_ctx=4096,
        tied=True,
        eps=fields.number("norm_epsilon", 1e-5, most=1.0),
        activation=activation(fields, "hidden_act", "gelu_pytorch_tanh"),
        norm_bias=True,
        qkv_bias=bias,
        out_bias=bias,
        mlp_bias=bias,
        window=window(fields, None),
    )


STARCODER2 = Family("StarCoder2", read, declare, KEYS)
