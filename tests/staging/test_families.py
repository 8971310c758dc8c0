"""A random model of every family is laid out, filmed and exported; nothing is left dark."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llm_scene.film.props import Formula, Swarm
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


def production(name: str, cut: str, prompt: Sequence[int] = (3, 1, 4), **entries: Any) -> Production:
    """A case, with other entries of config.json, over a prompt and two tokens that it writes."""
    network = declare(family_cases.config(name, **entries))
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


def test_what_scales_and_caps_is_told() -> None:
    """Gemma 2 multiplies embeddings and caps scores; others do neither."""
    for name, told in (("gemma2", True), ("llama", False)):
        film = production(name, "full").film
        rules = {prop.tex for prop in film.props if isinstance(prop, Formula) and r"q\cdot k" in prop.tex}
        assert rules and all(("tanh" in rule) == told for rule in rules)
        said = [caption.text for caption in film.captions if caption.key == "lookup_scaled"]
        assert said == (["All its numbers are multiplied by 4"] if told else [])


@pytest.mark.parametrize("cut", ["full", "short"])
@pytest.mark.parametrize(
    ("dense", "layer"), [([], 0), ([0], 1), ([0, 1], 2), ([0, 2], 1), ([0, 1, 2, 3], None)]
)
def test_experts_are_told_in_the_first_block_that_has_them(
    dense: list[int], layer: int | None, cut: str
) -> None:
    made = production("qwen2_moe", cut, num_hidden_layers=4, mlp_only_layers=dense)
    keys = [caption.key for caption in made.film.captions]
    assert keys.count("experts_chosen") == (layer is not None)
    here = [caption.text for caption in made.film.captions if caption.key == "experts_here"]
    assert here == ([f"In block {layer + 1}, experts take the MLP’s place"] if layer else [])
    assert keys.count("blocks") == 1
    for one, other in itertools.pairwise(made.film.captions):
        assert one.end <= other.start
    for block in made.layout.blocks.values():
        if block.matrix.op is not None:
            assert made.film.value(block.name, "reveal", made.film.duration, 0.0) > 0
    if layer is not None:
        router = next(b for b in made.layout.blocks.values() if b.name == f"blocks.{layer}.mlp.router")
        chapter = next(c for c in made.film.chapters if c.name == ("blocks" if layer else "mlp"))
        assert any(cue.target == router.name and cue.channel == "reveal" for cue in chapter.cues)
