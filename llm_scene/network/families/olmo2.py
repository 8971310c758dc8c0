"""OLMo 2 (https://arxiv.org/abs/2501.00656): what the branches add is normed, not what they read, and
queries and keys are normed over all heads together."""

from __future__ import annotations

import functools

from ...fields import Fields
from ..config import Config
from ..graph import Declaration, plain
from ..parts import attention, decoder, gated_mlp, rms_norm, sequential
from . import llama
from .family import Family

KEYS = llama.KEYS | {
    "ln1_post": plain(f"{llama.BLOCK}.post_attention_layernorm"),
    "ln2_post": plain(f"{llama.BLOCK}.post_feedforward_layernorm"),
}


def declare(net: Declaration) -> None:
    """Post-norm blocks."""
    qk_norm = functools.partial(rms_norm, over="heads")
    block = sequential(rms_norm, attention(qk_norm), gated_mlp, before=False, after=True)
    decoder(net, block, rms_norm)


def read(fields: Fields) -> Config:
    """OLMo 2."""
    return llama.sizes(fields, n_ctx=2048, eps=1e-5, qk_norm=True)


OLMO2 = Family("OLMo 2", read, declare, KEYS)
