"""Store what transformers computes in a small model of every family, as tests/reference/families.npz.

LLM_SCENE_LIVE=1 python -m tests.reference.make_family_reference
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from llm_scene.network import declare
from llm_scene.network.families import FAMILIES
from tests.models import hooked
from tests.models.formula_weights import formula_weights
from tests.network import family_cases

HERE = Path(__file__).resolve().parent
TOKENS = [3, 1, 4, 15, 9, 2]


def reference(name: str) -> dict[str, np.ndarray]:
    """All that transformers' modules return in a case, by our names."""
    kind, entries = family_cases.CASES[name]
    network = declare(family_cases.config(name))
    prefix = FAMILIES[kind].prefix
    head = FAMILIES[kind].keys["unembed.W_U"].weight.removesuffix(".weight")
    tensors = {
        key if key.startswith((prefix, head)) else prefix + key: value
        for key, value in formula_weights(network).items()
    }
    with tempfile.TemporaryDirectory() as folder:
        save_file(tensors, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        (Path(folder) / "config.json").write_text(json.dumps({"model_type": kind, **entries}))
        model = hooked.open_model(Path(folder))
    return hooked.intermediates(model, network, TOKENS)


def main() -> None:
    """Write the file."""
    arrays = {
        f"{name}/{matrix}": values.astype(np.float32)
        for name in family_cases.CASES
        for matrix, values in reference(name).items()
    }
    path = HERE / "families.npz"
    np.savez_compressed(path, **arrays)
    print(f"{len(arrays)} arrays, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
