"""Random models of any shape, traced, laid out and filmed: what the tests of film and scene look at."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llm_scene.layout import Box
from llm_scene.layout.layout import BLOCKS, HEADS
from llm_scene.models import Model
from llm_scene.models.checkpoint import stored_shapes
from llm_scene.models.tokenizer import NumberTokenizer
from llm_scene.network import Config, Rope, declare
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce

LETTERS = "ABCDE"


@dataclass(frozen=True)
class Shape:
    """A model's shape, the length of its prompt and the cut of its film."""

    family: str
    n_layer: int
    n_head: int
    n_positions: int
    cut: str = "full"
    n_kv_head: int | None = None
    qk_norm: bool = False
    d_head: int = 16
    seed: int = 0
    heads: str = "fan"
    blocks: str = "row"

    def __str__(self) -> str:
        extras = f"-kv{self.n_kv_head}" if self.n_kv_head else ""
        extras += "-qknorm" if self.qk_norm else ""
        extras += f"-{self.heads}-{self.blocks}" if (self.heads, self.blocks) != ("fan", "row") else ""
        return f"{self.family}-{self.n_layer}x{self.n_head}{extras}-{self.n_positions}-{self.cut}"

    @property
    def config(self) -> Config:
        """Sized like nano-GPT: 16 features a head, 11 positions at most."""
        width = self.n_head * self.d_head
        if self.family == "gpt2":
            return Config(
                "gpt2", self.n_layer, self.n_head, width, self.d_head, 4 * width, 11, 3, self.n_head
            )
        return Config(
            "llama",
            self.n_layer,
            self.n_head,
            width,
            self.d_head,
            int(2.5 * width),
            11,
            5,
            self.n_kv_head or self.n_head,
            activation="silu",
            out_bias=False,
            mlp_bias=False,
            qkv_bias=False,
            norm_bias=False,
            qk_norm=self.qk_norm,
            rope=Rope((0.5,) * (self.d_head // 2)),
        )


class Letters(NumberTokenizer):
    """Words of one letter."""

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(map(self.piece, ids))

    def piece(self, token: int) -> str:
        return LETTERS[token]


def box_at(made: Production, name: str, t: float) -> Box:
    """Where a block is at a time; heads may rise to make way."""
    box = made.layout[name].box
    rest = made.layout[name].origin[2]
    up = made.film.value(name, "location_z", t, rest) - rest
    return Box((*box.low[:2], box.low[2] + up), (*box.high[:2], box.high[2] + up))


@functools.cache
def stage(shape: Shape, language: str = "en", format: str = "landscape") -> Production:
    """The film of a model with random weights and a random prompt."""
    network = declare(shape.config)
    rng = np.random.default_rng(shape.seed)
    weights = {
        key: (0.3 * rng.standard_normal(size)).astype(np.float32)
        for key, size in stored_shapes(network).items()
    }
    model = Model("random", "nano-GPT", shape.config, network, weights, Letters("nano-GPT"))
    tokens = [int(token) for token in rng.integers(network.config.d_vocab, size=shape.n_positions)]
    options = Options(
        steps=min(4, network.config.n_ctx - len(tokens) + 1),
        heads=shape.heads,
        blocks=shape.blocks,
        cut=shape.cut,
        language=language,
        format=format,
    )
    return produce(model, tokens, options)


NANO = Shape("gpt2", 3, 3, 6)

# Every number of layers and heads from 1 to 4, lengths from 1 to the whole context, both families with
# and without shared keys and normed queries; each in both cuts.
SHAPES = [
    Shape(*sizes, cut=cut, **extras)  # type: ignore[arg-type]
    for cut in ("full", "short", "teaser")
    for sizes, extras in (
        (("gpt2", 3, 3, 6), {}),
        (("gpt2", 3, 3, 11), {}),
        (("gpt2", 1, 1, 1), {}),
        (("gpt2", 1, 4, 11), {}),
        (("gpt2", 2, 3, 2), {"seed": 1}),
        (("gpt2", 2, 2, 1), {"seed": 2}),
        (("gpt2", 3, 2, 7), {"seed": 3}),
        (("gpt2", 4, 1, 11), {}),
        (("gpt2", 4, 4, 5), {"seed": 4}),
        (("llama", 1, 1, 6), {}),
        (("llama", 1, 4, 11), {"n_kv_head": 2}),
        (("llama", 2, 3, 6), {"n_kv_head": 1, "qk_norm": True}),
        (("llama", 3, 2, 1), {}),
        (("llama", 4, 4, 4), {"n_kv_head": 1, "seed": 5}),
    )
]

# Every arrangement but the usual one, in few lines and in many.
ARRANGED = [
    Shape(*sizes, heads=heads, blocks=blocks, **extras)  # type: ignore[arg-type]
    for heads in HEADS
    for blocks in BLOCKS
    if (heads, blocks) != ("fan", "row")
    for sizes, extras in (
        (("gpt2", 3, 3, 6), {}),
        (("gpt2", 9, 6, 4, "short"), {"seed": 2, "d_head": 4}),
        (("llama", 5, 4, 4), {"n_kv_head": 1, "qk_norm": True, "seed": 5}),
    )
]
