"""Inference: nano-GPT by itself, and models of random weights against torch in the same process.

Ours keeps every intermediate; torch keeps none. Both use all cores, or as many as OMP_NUM_THREADS and
OPENBLAS_NUM_THREADS allow. A figure is the best of several runs taken in turns, so that a busy machine
slows both alike; one thread each (`=1`) compares best where other programs are running.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from llm_scene.fields import Fields
from llm_scene.models import load
from llm_scene.models.checkpoint import own_key, stored_shapes
from llm_scene.models.config_json import config_of
from llm_scene.network import Evaluator, declare, run
from llm_scene.network.families import FAMILIES

from .bench_gpt2 import CONFIG
from .measure import in_turns
from .report import Row, budget, ratio, table

POSITIONS, REPEAT = 64, 7
LLAMA = {
    "model_type": "llama",
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "max_position_embeddings": 2048,
    "vocab_size": 49152,
    "tie_word_embeddings": True,
}


def best(functions: dict[str, Callable[[], Any]], repeat: int = REPEAT) -> dict[str, float]:
    """Milliseconds of the fastest of `repeat` runs of each function, taken in turns."""
    return {name: 1e3 * min(times) for name, times in in_turns(functions, repeat).items()}


def rows() -> list[Row]:
    """The small model, then the large one beside torch."""
    return [nano(), *against_torch()]


def nano() -> Row:
    """A trace of nano-GPT, every intermediate kept."""
    model = load("nano-gpt-sort")
    tokens = [2, 1, 0, 1, 1, 2, 0, 1, 1, 1, 2]
    times = best({"ours": lambda: model.trace(tokens)})
    return Row(
        "nano-GPT, trace of 11 positions", f"{times['ours']:.1f} ms", budget=budget(times["ours"], 20, " ms")
    )


def against_torch() -> list[Row]:
    """GPT-2 small and a Llama of SmolLM2's shape, whole traces; and one further position with the cache."""
    try:
        import torch
        import transformers  # noqa: F401 (used where models are compared)
    except ImportError:
        return [Row("GPT-2 small, trace", "not measured: torch and transformers are not installed")]
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    return [*_compared("GPT-2 small", CONFIG), _compared("Llama of 30 blocks, 576 wide", LLAMA)[0]]


def _compared(title: str, entries: dict[str, Any]) -> list[Row]:
    """A model with these entries of config.json and random weights: its trace, and one token more."""
    import torch
    import transformers

    kind = entries["model_type"]
    config = transformers.AutoConfig.for_model(**entries)
    maker: Any = transformers.AutoModelForCausalLM  # typed in part
    theirs = maker.from_config(config).eval()
    network = declare(config_of(Fields(Path("config.json"), entries))[0])
    needed, prefix = stored_shapes(network), FAMILIES[kind].prefix
    state = {own_key(key, needed, prefix): value.numpy() for key, value in theirs.state_dict().items()}
    tokens = np.random.default_rng(0).integers(entries["vocab_size"], size=POSITIONS).tolist()
    batch = torch.tensor([tokens])
    difference = np.abs(run(network, state, tokens)["logits"] - theirs(batch).logits[0].numpy()).max()
    assert difference < 1e-4, f"not the same model: logits differ by {difference:.1e}"

    ready = Evaluator(network, state, POSITIONS + 1)
    ready.append(tokens)
    cache = theirs(batch, use_cache=True).past_key_values

    def theirs_next() -> None:
        theirs(batch[:, :1], past_key_values=cache, use_cache=True)
        cache.crop(-1)

    def ours_next() -> None:
        ready.append(tokens[:1])
        ready.n_positions = POSITIONS

    whole = {"torch": lambda: theirs(batch, use_cache=False), "ours": lambda: run(network, state, tokens)}
    further = {"torch": theirs_next, "ours": ours_next}
    return [
        _row(f"{title}, trace of {POSITIONS} positions", best(whole), 1.2),
        _row(f"{title}, one further token", best(further, 3 * REPEAT), 1.5),
    ]


def _row(what: str, times: dict[str, float], most: float) -> Row:
    ours, torch = times["ours"], times["torch"]
    return Row(
        what, f"{ours:.0f} ms", f"torch: {torch:.0f} ms", ratio(ours, torch), budget(ours / torch, most, "x")
    )


if __name__ == "__main__":
    print(table(rows()))
