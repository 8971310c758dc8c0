"""Films of the shapes of real models, measured: random weights, since places do not depend on them."""

from __future__ import annotations

import functools

import numpy as np

from llm_scene.models import Model, load
from llm_scene.models.checkpoint import stored_shapes
from llm_scene.models.tokenizer import NumberTokenizer
from llm_scene.network import Config, Rope, declare
from llm_scene.network.ops import Array
from llm_scene.staging.measures import Measures, measure
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce

N_CTX = 64
CONFIGS = {
    "GPT-2 small": Config("gpt2", 12, 12, 768, 64, 3072, N_CTX, 50257, 12),
    "Llama of 30 blocks": Config(
        "llama", 30, 9, 576, 64, 1536, N_CTX, 49152, 3,
        activation="silu", out_bias=False, mlp_bias=False, qkv_bias=False, norm_bias=False,
        rope=Rope((0.5,) * 32),
    ),
}  # fmt: skip
STEPS = 3  # tokens that the model adds


@functools.cache
def model(name: str) -> Model:
    """A preset, or a model of random weights; tensors of one shape are one array."""
    if name not in CONFIGS:
        return load(name)
    network = declare(CONFIGS[name])
    random = np.random.default_rng(0)

    @functools.cache
    def tensor(shape: tuple[int, ...]) -> Array:
        return (random.random(shape, np.float32) - 0.5) * np.float32(4 / np.sqrt(shape[-1]))

    weights = {key: tensor(shape) for key, shape in stored_shapes(network).items()}
    return Model(name, name, CONFIGS[name], network, weights, NumberTokenizer(name))


@functools.cache
def film(name: str, length: int, **choices: str) -> Production:
    """The film of a model's prompt of so many tokens."""
    made = model(name)
    tokens = np.random.default_rng(length).integers(made.config.d_vocab, size=length).tolist()
    steps = min(STEPS, made.config.n_ctx - length + 1)
    return produce(made, tokens, Options(steps=steps, **choices))  # type: ignore[arg-type]


@functools.cache
def measured(name: str, length: int, every: float, **choices: str) -> Measures:
    """The film's measures."""
    return measure(film(name, length, **choices), every)
