"""Every family equals transformers, as make_family_reference.py stored it: no torch is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llm_scene.network import declare, run
from llm_scene.network.families import FAMILIES
from tests.models.formula_weights import formula_weights
from tests.network import family_cases

STORED = Path(__file__).parents[1] / "reference" / "families.npz"
TOKENS = [3, 1, 4, 15, 9, 2]
CLOSE = 1e-4  # relative to the largest value of a matrix


def test_every_family_has_a_case() -> None:
    assert {kind for kind, _ in family_cases.CASES.values()} == set(FAMILIES)


@pytest.mark.parametrize("name", family_cases.CASES)
def test_intermediates_are_those_of_transformers(name: str) -> None:
    network = declare(family_cases.config(name))
    trace = run(network, formula_weights(network), TOKENS)
    with np.load(STORED) as stored:
        names = [key.removeprefix(f"{name}/") for key in stored.files if key.startswith(f"{name}/")]
        assert {"logits", "blocks.1.attn.pattern", "blocks.1.mlp_out", "blocks.1.attn_out"} <= set(names)
        for matrix in names:
            theirs = stored[f"{name}/{matrix}"]
            assert trace[matrix].shape == theirs.shape
            error = np.abs(trace[matrix] - theirs).max() / max(1.0, np.abs(theirs).max())
            assert error < CLOSE, f"{matrix}: {error:.2e}"
