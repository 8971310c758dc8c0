"""Rotary positions as checkpoints ask for them, with the scalings that transformers computes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..network import Rope
from ..network.ops import Array
from .config_json import CONTEXT, Fields


def read_rope(fields: Fields, d_head: int, n_ctx: int) -> Rope:
    """The angles per position of a model with `d_head` features a head."""
    table = fields.table("rope_parameters") or fields.table("rope_scaling") or Fields(fields.path, {})
    if any(isinstance(value, dict) for value in table.data.values()):
        raise fields.error("rotary positions that differ from layer to layer are not supported")
    theta = (table if table.has("rope_theta") else fields).number("rope_theta", 10_000.0)
    kind = table.choice("rope_type" if table.has("rope_type") else "type", {k: k for k in KINDS}, "default")
    for where in (fields, table):
        if where.number("partial_rotary_factor", 1.0) != 1.0:
            raise fields.error("rotary positions on a part of the features are not supported")
    if d_head % 2:
        raise fields.error(f"rotary positions need an even number of features a head, not {d_head}")
    inv_freq = (1 / np.float32(theta) ** (np.arange(0, d_head, 2, dtype=np.float32) / d_head)).astype(
        np.float32
    )
    before = fields if fields.has("original_max_position_embeddings") else table
    original = before.size("original_max_position_embeddings", CONTEXT, default=n_ctx)
    scaled, factor = KINDS[kind](table, inv_freq, original, theta)
    return Rope(tuple(float(f) for f in scaled), factor)


def _default(table: Fields, inv_freq: Array, original: int, theta: float) -> tuple[Array, float]:
    """No scaling. Dynamic NTK is the same as long as the context is not left, and it never is here."""
    return inv_freq, 1.0


def _linear(table: Fields, inv_freq: Array, original: int, theta: float) -> tuple[Array, float]:
    """Positions closer together (Chen et al. 2023, https://arxiv.org/abs/2306.15595)."""
    return inv_freq / np.float32(table.number("factor")), 1.0


def _llama3(table: Fields, inv_freq: Array, original: int, theta: float) -> tuple[Array, float]:
    """Llama 3.1: slow features are slowed down further, fast ones left alone, smoothly between."""
    factor = table.number("factor")
    low, high = table.number("low_freq_factor"), table.number("high_freq_factor")
    if high <= low:
        raise table.error("high_freq_factor must be above low_freq_factor")
    turns = original * inv_freq / (2 * math.pi)  # in the original context
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return ((1 - smooth) * inv_freq / factor + smooth * inv_freq).astype(np.float32), 1.0


def _yarn(table: Fields, inv_freq: Array, original: int, theta: float) -> tuple[Array, float]:
    """YaRN (Peng et al. 2023, https://arxiv.org/abs/2309.00071)."""
    factor = table.number("factor")
    d_head = 2 * len(inv_freq)
    fast, slow = table.number("beta_fast", 32.0), table.number("beta_slow", 1.0)
    if theta <= 1:
        raise table.error("rope_theta must be above 1 for yarn")

    def dimension(turns: float) -> float:
        """The feature pair that turns this often in the original context."""
        return d_head * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(theta))

    low, high = dimension(fast), dimension(slow)
    if table.flag("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, d_head - 1)
    high += 0.001 if low == high else 0
    ramp = np.clip((np.arange(d_head // 2, dtype=np.float32) - low) / (high - low), 0, 1)
    scaled = inv_freq / factor * ramp + inv_freq * (1 - ramp)
    return scaled.astype(np.float32), _yarn_attention(table, factor)


def _yarn_attention(table: Fields, factor: float) -> float:
    def mscale(by: float) -> float:
        return 0.1 * by * math.log(factor) + 1.0 if factor > 1 else 1.0

    if table.has("attention_factor"):
        return table.number("attention_factor")
    if table.has("mscale") and table.has("mscale_all_dim"):
        return mscale(table.number("mscale")) / mscale(table.number("mscale_all_dim"))
    return mscale(1.0)


KINDS: dict[str, Callable[[Fields, Array, int, float], tuple[Array, float]]] = {
    "default": _default,
    "dynamic": _default,
    "linear": _linear,
    "llama3": _llama3,
    "yarn": _yarn,
}
