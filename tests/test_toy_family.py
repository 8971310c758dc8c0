"""A family of one's own is one entry: here it is written down, and then predicts, and is filmed, built,
exported and explained like any other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from llm_scene.cli import main
from llm_scene.fields import Fields
from llm_scene.layout.facts import model_facts
from llm_scene.models import Model, load
from llm_scene.models.checkpoint import stored_shapes
from llm_scene.models.config_json import read_config
from llm_scene.network import Config, declare, ops
from llm_scene.network.explain import explain
from llm_scene.network.families import FAMILIES, Family
from llm_scene.network.graph import Declaration, linear, plain
from llm_scene.network.parts import attention, decoder, layer_norm, mlp, parallel
from llm_scene.output.gltf import export_gltf
from llm_scene.output.page import facts, page
from llm_scene.scene.build import build
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce

TOKENIZER = Path(__file__).parents[1] / "presets" / "nano-gpt-sort" / "tokenizer.json"

# --- the family ---


def toy_mlp(net: Declaration, x: str) -> str:
    """An MLP whose result is doubled: a matrix of a kind that nobody has heard of."""
    out = mlp(net, x)
    return net.compute("mlp.twice", "position channel", ops.Add(), out, out, label="Twice the result")


def toy(net: Declaration) -> None:
    """Attention and MLP in parallel behind one norm, and no positions at all."""
    decoder(net, parallel(layer_norm, attention(), toy_mlp, share=True), layer_norm)


def read_toy(fields: Fields) -> Config:
    """Its config.json has words of its own."""
    width, heads = fields.size("breadth", 64), fields.size("eyes", 8)
    return Config(
        family="toy",
        n_layer=fields.size("depth", 8),
        n_head=heads,
        d_model=width,
        d_head=width // heads,
        d_mlp=2 * width,
        n_ctx=16,
        d_vocab=3,
        n_kv_head=heads,
        activation="mish",
        parallel=True,
    )


KEYS = {
    "embed.W_E": plain("words"),
    "ln1": plain("floor.{layer}.ruler"),
    "attn.W_Q": linear("floor.{layer}.look.qkv").part("q", "q k v"),
    "attn.W_K": linear("floor.{layer}.look.qkv").part("k", "q k v"),
    "attn.W_V": linear("floor.{layer}.look.qkv").part("v", "q k v"),
    "attn.W_O": linear("floor.{layer}.look.out"),
    "mlp.W_in": linear("floor.{layer}.think.up"),
    "mlp.W_out": linear("floor.{layer}.think.down"),
    "ln_final": plain("ruler"),
    "unembed.W_U": plain("voice"),
}
TOY = Family("Toy", read_toy, toy, KEYS, prefix="toy.")

# --- what comes of it ---


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkpoint of the family, which is known as long as the module's tests run."""
    FAMILIES["toy"] = TOY
    folder = tmp_path_factory.mktemp("toy")
    entries = {"model_type": "toy", "depth": 2, "breadth": 8, "eyes": 2, "colour": "blue"}
    (folder / "config.json").write_text(json.dumps(entries))
    shutil.copy(TOKENIZER, folder / "tokenizer.json")
    rng = np.random.default_rng(0)
    shapes = stored_shapes(declare(read_config(folder)))
    tensors = {f"toy.{key}": rng.standard_normal(shape).astype(np.float32) for key, shape in shapes.items()}
    save_file(tensors, folder / "model.safetensors")
    yield folder
    del FAMILIES["toy"]


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return load(folder=folder)


@pytest.fixture(scope="module")
def made(model: Model) -> Production:
    return produce(model, "CAB", Options(steps=2))


def test_it_predicts(folder: Path, model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    assert dict(model_facts(model))["Family"] == "Toy"
    assert model.warnings == ["config.json has entries that are not known here and were not used: colour."]
    assert "floor.1.look.qkv.weight.k" in model.network
    assert main(["predict", "--model", str(folder), "--prompt", "CAB", "--steps", "2"]) == 0
    assert "probability" in capsys.readouterr().out


def test_its_blocks_are_computed_from_the_stream_alone(model: Model) -> None:
    trace = model.trace([2, 0, 1])
    total = trace["blocks.0.resid_pre"] + trace["blocks.0.attn_out"] + 2 * trace["blocks.0.mlp_out"]
    np.testing.assert_allclose(trace["blocks.0.resid_post"], total, atol=1e-5)
    assert "tanh(ln(1 + exp(" in explain(trace, "blocks.0.mlp.post", (1, 3)).numbers


@pytest.mark.parametrize("cut", ["full", "short", "teaser"])
def test_every_matrix_has_a_place_and_is_computed_in_the_film(model: Model, cut: str) -> None:
    made = produce(model, "CAB", Options(cut=cut, steps=2))
    shown = {block.matrix.name for block in made.layout.blocks.values()}
    assert shown == {matrix.name for matrix in made.model.network if matrix.shown}
    film = made.film
    for block in made.layout.blocks.values():
        if block.matrix.op is not None:
            assert film.value(block.name, "reveal", film.duration, 0.0) > 0, block.name


def test_it_is_built_in_blender(made: Production) -> None:
    scene = build(made)
    assert any(thing.name.startswith("blocks.0.mlp.twice") for thing in scene.objects)


def test_it_is_exported(made: Production, tmp_path: Path) -> None:
    export_gltf(tmp_path / "toy.glb", made)
    assert b"blocks.1.mlp.twice" in (tmp_path / "toy.glb").read_bytes()
    assert len(page(made)) > 100_000
    told = facts.matrices(made.trace, facts.Numbers())
    assert "blocks.1.mlp.twice" in [row["name"] for row in told]
