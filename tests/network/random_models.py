"""Random small models of every family, for hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from llm_scene.models.checkpoint import stored_shapes
from llm_scene.network import Config, Network, Rope
from llm_scene.network.activations import ACTIVATIONS
from llm_scene.network.ops import Array
from tests.network import family_cases

Weights = dict[str, Array]


def configs() -> st.SearchStrategy[Config]:
    """Small models: GPT-2 and Llama with every choice either way, and a few of every family."""
    return st.one_of(chosen(), st.sampled_from(sorted(family_cases.CASES)).map(family_cases.config))


@st.composite
def chosen(draw: st.DrawFn) -> Config:
    """GPT-2 and Llama with every choice either way."""
    flag = st.booleans()
    n_kv_head = draw(st.integers(1, 3))
    family = draw(st.sampled_from(["gpt2", "llama"]))
    n_layer = draw(st.integers(1, 2))
    sizes = {
        "n_layer": n_layer,
        "d_mlp": draw(st.integers(1, 9)),
        "n_ctx": 12,
        "d_vocab": draw(st.integers(1, 7)),
        "activation": draw(st.sampled_from(sorted(ACTIVATIONS))),
        "tied": draw(flag),
        "qkv_bias": draw(flag),
        "out_bias": draw(flag),
        "mlp_bias": draw(flag),
        "window": draw(st.sampled_from([None, 1, 3])),
        "window_layers": draw(st.sampled_from([None, (0,), ()])),
    }
    if family == "gpt2":
        n_head, d_head = draw(st.integers(1, 3)), draw(st.integers(1, 4))
        return Config(
            family=family,
            n_head=n_head,
            n_kv_head=n_head,
            d_head=d_head,
            d_model=n_head * d_head,
            norm_bias=draw(flag),
            head_bias=draw(flag),
            **sizes,
        )
    d_head = 2 * draw(st.integers(1, 3))
    rope = Rope(tuple(draw(st.lists(st.floats(0.01, 1), min_size=d_head // 2, max_size=d_head // 2))), 1.2)
    return Config(
        family=family,
        n_head=n_kv_head * draw(st.integers(1, 3)),
        n_kv_head=n_kv_head,
        d_head=d_head,
        d_model=draw(st.integers(2, 9)),
        norm_bias=False,
        qk_norm=draw(flag),
        rope=draw(st.sampled_from([rope, None])),
        nope_layers=draw(st.sampled_from([(), (0,)])),
        **sizes,
    )


def random_weights(network: Network, seed: int = 0) -> Weights:
    """A tensor for every key that the network reads, in the stored layout."""
    rng = np.random.default_rng(seed)
    return {k: rng.standard_normal(s).astype(np.float32) for k, s in stored_shapes(network).items()}
