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
    neighbours: bool = False  # a pair are two neighbours, not features half a head apart


@dataclass(frozen=True)
class Experts:
    """A mixture of experts in the place of an MLP. All sizes are counts of cells."""

    count: int
    chosen: int  # so many work at a position
    d_mlp: int  # neurons of each
    renormed: bool = True  # the shares of those chosen add up to 1
    d_shared: int = 0  # neurons of the expert that always works; 0: there is none
    layers: tuple[int, ...] | None = None  # where they are; None means in all of them
    swish: tuple[float, float] | None = None  # gpt-oss: (α, limit) of its clipped gate


@dataclass(frozen=True)
class Config:
    """The shape of a model. All sizes are counts of cells."""

    family: str  # a name in `families.FAMILIES`
    n_layer: int
    n_head: int
    d_model: int
    d_head: int
    d_mlp: int
    n_ctx: int
    d_vocab: int
    n_kv_head: int  # equals n_head unless query heads share keys and values
    eps: float = 1e-5
    activation: str = "gelu_tanh"  # a name in `activations.ACTIVATIONS`
    tied: bool = False  # the head reads the token table
    out_bias: bool = True  # the projection of attention
    mlp_bias: bool = True
    qkv_bias: bool = True
    norm_bias: bool = True
    head_bias: bool = False
    qk_norm: bool = False  # queries and keys are normed
    parallel: bool = False  # attention and MLP read the same stream and are added together
    window: int | None = None  # sliding attention: a query sees this many keys, itself included
    window_layers: tuple[int, ...] | None = None  # layers that slide; None means all of them
    rope: Rope | None = None
    rope_sliding: Rope | None = None  # of the layers that slide, where they have their own (Gemma 3)
    nope_layers: tuple[int, ...] = ()  # SmolLM3: layers without rotary positions
    experts: Experts | None = None
    score_scale: float | None = None  # of attention scores; None: one over the root of d_head
    score_by_layer: bool = False  # GPT-2's option to divide scores by the number of the layer
    score_cap: float | None = None  # Gemma 2: a soft limit for scores
    logit_cap: float | None = None  # and for logits
    embed_scale: float = 1.0
    residual_scale: float = 1.0  # of what is added to the stream
    logit_scale: float = 1.0

    def slides(self, layer: int) -> bool:
        """Whether a layer's attention slides."""
        listed = self.window_layers is None or layer in self.window_layers
        return self.window is not None and listed

    def window_of(self, layer: int) -> int | None:
        """The sliding window of a layer, None where every earlier key is seen."""
        return self.window if self.slides(layer) else None

    def rope_of(self, layer: int) -> Rope | None:
        """The rotary positions of a layer."""
        if layer in self.nope_layers:
            return None
        own = self.window_layers is not None and layer in self.window_layers
        return self.rope_sliding if own and self.rope_sliding is not None else self.rope

    def score_scale_of(self, layer: int) -> float | None:
        """What a layer multiplies scores by; None: one over the root of d_head."""
        if not self.score_by_layer:
            return self.score_scale
        scale = self.d_head**-0.5 if self.score_scale is None else self.score_scale
        return scale / (layer + 1)

    def has_experts(self, layer: int) -> bool:
        """Whether a layer is a mixture of experts."""
        return self.experts is not None and (self.experts.layers is None or layer in self.experts.layers)
