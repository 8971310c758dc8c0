"""Llama with a mixture of experts: Mixtral (https://arxiv.org/abs/2401.04088), Qwen2-MoE and Qwen3-MoE.

Qwen2-MoE has an expert more that always works; its and Qwen3's layers may be dense by turns.
"""

from __future__ import annotations

from typing import Any

from ...fields import Fields
from ..config import Config, Experts
from ..graph import Declaration, Stored, linear
from ..parts import attention, decoder, gated_mlp, mixture_or, rms_norm, sequential
from . import llama
from .family import LAYERS, WIDTH, Family, list_of_layers, sliding_layers, window

MOST = 1 << 12  # experts; more are a mistake


def experts(stem: str, gate: str, up: str, down: str) -> dict[str, Stored]:
    """The keys of experts that have a tensor each, all without biases."""
    names = {"W_gate": gate, "W_in": up, "W_out": down}
    stored = {
        f"mlp.experts.{kind}": Stored(f"{stem}.experts.{{expert}}.{name}.weight", transposed=True)
        for kind, name in names.items()
    }
    return stored | {"mlp.W_router": Stored(f"{stem}.gate.weight", transposed=True)}


QWEN = f"{llama.BLOCK}.mlp"
MIXTRAL_KEYS = llama.KEYS | experts(f"{llama.BLOCK}.block_sparse_moe", "w1", "w3", "w2")
QWEN3_KEYS = llama.KEYS | experts(QWEN, "gate_proj", "up_proj", "down_proj")
QWEN2_KEYS = QWEN3_KEYS | {
    "mlp.shared.W_gate": linear(f"{QWEN}.shared_expert.gate_proj"),
    "mlp.shared.W_in": linear(f"{QWEN}.shared_expert.up_proj"),
    "mlp.shared.W_out": linear(f"{QWEN}.shared_expert.down_proj"),
    "mlp.shared.W_open": Stored(f"{QWEN}.shared_expert_gate.weight", flat=True),
}


def declare(net: Declaration) -> None:
    """Llama's block, with experts in the place of its MLP."""
    block = sequential(rms_norm, attention(rms_norm), mixture_or(gated_mlp))
    decoder(net, block, rms_norm)


def read_mixtral(fields: Fields) -> Config:
    """Mixtral: all layers, and shares that add up to 1."""
    count = fields.size("num_local_experts", MOST, default=8)
    chosen = fields.size("num_experts_per_tok", MOST, default=2)
    return llama.sizes(
        fields,
        n_kv_head=8,
        n_ctx=131072,
        eps=1e-5,
        theta=1_000_000.0,
        qkv_bias=False,
        window=window(fields, None),
        experts=Experts(count, chosen, fields.size("intermediate_size", WIDTH)),
    )


def read_qwen2_moe(fields: Fields) -> Config:
    """Qwen1.5-MoE, Qwen2-MoE: with an expert that always works."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    use = fields.flag("use_sliding_window", False)
    first = fields.size("max_window_layers", 1 << 20, default=28, least=0)
    slide = [
        "sliding_attention" if use and n < first and n % 2 == 0 else "full_attention" for n in range(n_layer)
    ]
    shared = fields.size("shared_expert_intermediate_size", WIDTH, default=5632)
    return llama.sizes(
        fields,
        n_kv_head=16,
        n_ctx=32768,
        qkv_bias=fields.flag("qkv_bias", True),
        window=llama.switched_window(fields),
        window_layers=sliding_layers(fields, n_layer, slide),
        experts=_qwen_experts(fields, 60, 4, 1408, d_shared=shared),
    )


def read_qwen3_moe(fields: Fields) -> Config:
    """Qwen3-MoE: queries and keys are normed."""
    return llama.sizes(
        fields,
        n_kv_head=4,
        n_ctx=32768,
        qk_norm=True,
        window=llama.switched_window(fields),
        experts=_qwen_experts(fields, 128, 8, 768),
    )


def _qwen_experts(fields: Fields, count: int, chosen: int, d_mlp: int, **more: Any) -> Experts | None:
    """The mixture, and in which layers it is; the numbers are a family's defaults."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    step = fields.size("decoder_sparse_step", LAYERS, default=1)
    dense = list_of_layers(fields, "mlp_only_layers", n_layer)
    there = tuple(n for n in range(n_layer) if n not in dense and (n + 1) % step == 0)
    return Experts(
        fields.size("num_experts", MOST, default=count),
        fields.size("num_experts_per_tok", MOST, default=chosen),
        fields.size("moe_intermediate_size", WIDTH, default=d_mlp),
        fields.flag("norm_topk_prob", False),
        layers=there,
        **more,
    )


MIXTRAL = Family("Mixtral", read_mixtral, declare, MIXTRAL_KEYS, aliases={"num_experts": "num_local_experts"})
QWEN2_MOE = Family("Qwen2-MoE", read_qwen2_moe, declare, QWEN2_KEYS)
QWEN3_MOE = Family(
    "Qwen3-MoE", read_qwen3_moe, declare, QWEN3_KEYS, aliases={"num_local_experts": "num_experts"}
)
