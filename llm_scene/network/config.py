"""The sizes and choices that make a model's shape, under the names the papers use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rope:
    """Rotary positions (Su et al. 2021, https://arxiv.org/abs/2104.09864).

    `inv_freq[i]` is the angle in radians by which feature pair i turns per position, after whatever
    scaling the checkpoint asks for; `attention_factor` multiplies cosine and sine (YaRN, else 1).
    """

    inv_freq: tuple[float, ...]  # [d_rotary / 2]
    attention_factor: float = 1.0


@dataclass(frozen=True)
class Config:
    """The shape of a model. All sizes are counts of cells."""

    family: str  # "gpt2" or "llama"
    n_layer: int
    n_head: int
    d_model: int
    d_head: int
    d_mlp: int
    n_ctx: int
    d_vocab: int
    n_kv_head: int  # equals n_head unless query heads share keys and values
    eps: float = 1e-5
    activation: str = "gelu_tanh"  # or "gelu", "relu", "silu"
    tied: bool = False  # the head reads the token table
    out_bias: bool = True  # the projection of attention
    mlp_bias: bool = True
    qkv_bias: bool = True
    norm_bias: bool = True
    head_bias: bool = False
    qk_norm: bool = False  # Qwen3: RMS norm of every query and key
    window: int | None = None  # sliding attention: a query sees this many keys, itself included
    window_layers: tuple[int, ...] | None = None  # layers that slide; None means all of them
    rope: Rope | None = None
    nope_layers: tuple[int, ...] = ()  # SmolLM3: layers without rotary positions

    def window_of(self, layer: int) -> int | None:
        """The sliding window of a layer, None where every earlier key is seen."""
        slides = self.window_layers is None or layer in self.window_layers
        return self.window if slides else None
