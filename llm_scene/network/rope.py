"""Rotary positions as checkpoints ask for them, with the scalings that transformers computes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..fields import Fields
from .activations import Array
from .config import Rope

CONTEXT = 1 << 28  # more positions are a mistake
BASE, PARTIAL = "rope_theta", "partial_rotary_factor"


def read_rope(
    fields: Fields,
    d_head: int,
    n_ctx: int,
    *,
    theta: float = 10_000.0,
    partial: float | None = None,
    table: Fields | None = None,
    names: tuple[str, str] = (BASE, PARTIAL),
) -> Rope:
    """The angles per position of a model with `d_head` features a head.

    `theta` and `partial` are the family's defaults for the base and for the share of the features that
    turns; where `partial` is None, plain rotary positions turn all of them whatever the file says, as
    transformers has it. `table` is the object to read, where it is not the usual one, and `names` are those
    of base and share beside it, where the family has its own.
    """
    table = rope_table(fields) if table is None else table
    theta = table.number(BASE) if table.has(BASE) else fields.number(names[0], theta)
    kind = table.choice("rope_type" if table.has("rope_type") else "type", {k: k for k in KINDS}, "default")
    place, name = (table, PARTIAL) if table.has(PARTIAL) else (fields, names[1])
    share = place.number(name, partial or 1.0, most=1.0)
    if partial is None and share != 1.0:
        if kind not in ("default", "dynamic"):
            raise fields.error(f"{PARTIAL} with the rotary positions of type {kind} is not supported")
        fields.notes.append(f"{PARTIAL} = {share:g} is not used: transformers turns all features here.")
        share = 1.0
    turned = int(d_head * share)
    if turned % 2 or not turned:
        raise fields.error(f"rotary positions need an even number of features a head, not {turned}")
    exponent = np.arange(0, turned, 2, dtype=np.float32) / turned
    inv_freq = (1 / np.float32(theta) ** exponent).astype(np.float32)
    before = fields if fields.has("original_max_position_embeddings") else table
    original = before.size("original_max_position_embeddings", CONTEXT, default=n_ctx)
    scaled, factor = KINDS[kind](table, inv_freq, original, theta, n_ctx)
    return Rope(tuple(float(f) for f in scaled), factor)


def rope_table(fields: Fields) -> Fields:
    """What config.json says about rotary positions; the older entry counts as a whole where both stand."""
    older, newer = fields.table("rope_scaling"), fields.table("rope_parameters")
    table = older if older is not None and older.data else newer
    table = Fields(fields.path, {}) if table is None else table
    if any(isinstance(value, dict) for value in table.data.values()):
        raise fields.error("rotary positions that differ from layer to layer are not supported")
    return table


def _default(table: Fields, inv_freq: Array, original: int, theta: float, n_ctx: int) -> tuple[Array, float]:
    """No scaling. Dynamic NTK is the same as long as the context is not left, and it never is here."""
    return inv_freq, 1.0


def _linear(table: Fields, inv_freq: Array, original: int, theta: float, n_ctx: int) -> tuple[Array, float]:
    """Positions closer together (Chen et al. 2023, https://arxiv.org/abs/2306.15595)."""
    return inv_freq / np.float32(table.number("factor")), 1.0


def _llama3(table: Fields, inv_freq: Array, original: int, theta: float, n_ctx: int) -> tuple[Array, float]:
    """Llama 3.1: slow features are slowed down further, fast ones left alone, smoothly between."""
    factor = table.number("factor")
    low, high = table.number("low_freq_factor"), table.number("high_freq_factor")
    if high <= low:
        raise table.error("high_freq_factor must be above low_freq_factor")
    turns = original * inv_freq / (2 * math.pi)  # in the original context
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return ((1 - smooth) * inv_freq / factor + smooth * inv_freq).astype(np.float32), 1.0


def _yarn(table: Fields, inv_freq: Array, original: int, theta: float, n_ctx: int) -> tuple[Array, float]:
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


def _longrope(table: Fields, inv_freq: Array, original: int, theta: float, n_ctx: int) -> tuple[Array, float]:
    """LongRoPE (Ding et al. 2024, https://arxiv.org/abs/2402.13753) within its original context."""
    slower = np.asarray(table.numbers("short_factor", len(inv_freq)), np.float32)
    table.numbers("long_factor", len(inv_freq))
    factor = table.number("factor", n_ctx / original)
    if table.has("attention_factor"):
        return inv_freq / slower, table.number("attention_factor")
    stretched = factor > 1 and original > 1
    return inv_freq / slower, math.sqrt(1 + math.log(factor) / math.log(original)) if stretched else 1.0


KINDS: dict[str, Callable[[Fields, Array, int, float, int], tuple[Array, float]]] = {
    "default": _default,
    "dynamic": _default,
    "linear": _linear,
    "llama3": _llama3,
    "yarn": _yarn,
    "longrope": _longrope,
}


def unstretched(fields: Fields, n_ctx: int) -> int:
    """The positions that a model has room for.

    LongRoPE turns every position otherwise once a text outgrows the original context, which no graph of
    fixed angles can show: such a model ends where that begins.
    """
    table = rope_table(fields)
    if (table.raw("rope_type") or table.raw("type")) != "longrope":
        return n_ctx
    before = fields if fields.has("original_max_position_embeddings") else table
    original = before.size("original_max_position_embeddings", CONTEXT, default=n_ctx)
    if original < n_ctx:
        fields.notes.append(f"LongRoPE: shown up to its original context of {original:,} positions.")
    return min(original, n_ctx)
