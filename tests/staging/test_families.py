"""A random model of every family is laid out, filmed and exported; nothing is left dark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from llm_scene.film.props import Swarm
from llm_scene.models import Model
from llm_scene.models.tokenizer import NumberTokenizer
from llm_scene.network import declare
from llm_scene.output.gltf import export_gltf
from llm_scene.output.page import page
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce
from tests.models.formula_weights import formula_weights
from tests.network import family_cases

APART = ("gpt_neox", "gemma3", "olmo2", "qwen2_moe", "gpt_oss")  # built unlike all others


def production(name: str, cut: str, prompt: Sequence[int] = (3, 1, 4)) -> Production:
    """A case, over a prompt and two tokens that it writes."""
    network = declare(family_cases.config(name))
    weights, words = formula_weights(network), NumberTokenizer(name)
    model = Model(name, name, network.config, network, weights, words)
    return produce(model, list(prompt), Options(cut=cut, steps=2))


@pytest.mark.parametrize("cut", ["short", "teaser"])
@pytest.mark.parametrize("name", family_cases.CASES)
def test_everything_has_a_place_and_is_computed_in_the_film(name: str, cut: str) -> None:
    made = production(name, cut)
    blocks, end = made.layout.blocks.values(), made.film.duration
    assert {block.matrix.name for block in blocks} == {m.name for m in made.model.network if m.shown}
    computed = [block.name for block in blocks if block.matrix.op is not None]
    assert [name for name in computed if made.film.value(name, "reveal", end, 0.0) <= 0] == []


@pytest.mark.parametrize("name", APART)
def test_every_chapter_can_be_told_and_exported(name: str, tmp_path: Path) -> None:
    made = production(name, "full")
    assert len(made.film.chapters) >= 9
    export_gltf(tmp_path / "family.glb", made)
    assert (tmp_path / "family.glb").stat().st_size > 10_000
    assert "<canvas" in page(made)


@pytest.mark.parametrize("name", ["mistral", "gemma2", "gpt_oss"])
def test_keys_before_the_window_are_not_on_the_stage(name: str) -> None:
    made = production(name, "full", prompt=(3, 1, 4, 1, 5))
    for swarm in (prop for prop in made.film.props if isinstance(prop, Swarm)):
        for poses in (swarm.places, swarm.sizes, swarm.values):
            assert np.isfinite(poses).all(), swarm.name
