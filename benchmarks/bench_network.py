"""Inference: nano-GPT by itself, and a GPT-2 small of random weights against torch in the same process.

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
from llm_scene.models.config_json import config_of
from llm_scene.network import Evaluator, declare, run

from .bench_gpt2 import CONFIG
from .measure import in_turns
from .report import Row, budget, ratio, table

POSITIONS, REPEAT = 64, 7


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
    """GPT-2 small, the whole trace, and one further position with the cache."""
    try:
        import torch
        import transformers
    except ImportError:
        return [Row("GPT-2 small, trace", "not measured: torch and transformers are not installed")]
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    theirs = transformers.GPT2LMHeadModel(transformers.GPT2Config(**CONFIG)).eval()
    state = {key.removeprefix("transformer."): value.numpy() for key, value in theirs.state_dict().items()}
    network = declare(config_of(Fields(Path("config.json"), CONFIG))[0])
    tokens = np.random.default_rng(0).integers(CONFIG["vocab_size"], size=POSITIONS).tolist()
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
        _row(f"GPT-2 small, trace of {POSITIONS} positions", best(whole)),
        _row("GPT-2 small, one further token", best(further, 3 * REPEAT)),
    ]


def _row(what: str, times: dict[str, float]) -> Row:
    ours, torch = times["ours"], times["torch"]
    return Row(
        what, f"{ours:.0f} ms", f"torch: {torch:.0f} ms", ratio(ours, torch), budget(ours / torch, 1.5, "x")
    )


if __name__ == "__main__":
    print(table(rows()))
