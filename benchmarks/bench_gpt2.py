"""A GPT-2 small with all its 124 million weights, from a folder to rendered frames, beside nano-GPT.

The weights are random, of the right shapes; both models read six tokens, write six more and get the full
film. Frames are 640x360, preset "draft", rendered in turns by processes that open the .blend files.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from llm_scene.models.checkpoint import stored_shapes
from llm_scene.models.config_json import read_config
from llm_scene.network import declare

from .frames import Frames, frames, show
from .measure import SkippedError, alone, need, process, seconds
from .report import Row, budget, ratio, table

CONFIG: dict[str, Any] = {
    "model_type": "gpt2",
    "n_layer": 12,
    "n_head": 12,
    "n_embd": 768,
    "n_positions": 1024,
    "vocab_size": 50257,
}
PROMPT = (2, 1, 0, 1, 1, 2)
FRAMES = 7
MEMORY = 10e9
STEPS = ("trace, layout and film", "building the scene", "saving the .blend")


def rows() -> list[Row]:
    """Every step, the memory it takes, and frames."""
    try:
        need(MEMORY)
        return measured(FRAMES)
    except SkippedError as reason:
        return [Row("GPT-2 small", f"not measured: {reason}")]


def measured(n_frames: int, config: dict[str, Any] = CONFIG) -> list[Row]:
    """The same, of a model of this shape."""
    with tempfile.TemporaryDirectory() as name:
        folder = write_model(Path(name) / "model", config)
        blends = {"ours": folder / "gpt2.blend", "nano": folder / "nano.blend"}
        ours, made_peak = alone(make, {"folder": folder}, blends["ours"])
        nano, nano_peak = alone(make, {"preset": "nano-gpt-sort"}, blends["nano"])
        with process() as large, process() as small:
            processes = {"ours": large, "nano": small}
            opened = [each(open_to_render, blends[name]) for name, each in processes.items()]
            times = frames(processes, n_frames)
            rendered = (large.peak(), small.peak())
    whole = [sum(map(made.__getitem__, STEPS)) for made in (ours, nano)]
    figures = [
        Row("what it shows", _counts(ours), f"nano-GPT: {_counts(nano)}"),
        _seconds("all up to the .blend", whole[0], whole[1], 60),
        *(_seconds(step, ours[step], nano[step]) for step in STEPS),
        _bytes("peak memory up to the .blend", made_peak, nano_peak, 6e9),
        _bytes("size of the .blend", ours["size"], nano["size"], 400e6),
        _seconds("opening the .blend", *opened),
        *_frames(times["ours"], times["nano"]),
        _bytes("peak memory of rendering it", *rendered, 6e9),
    ]
    return [row._replace(what=f"GPT-2 small, {row.what}") for row in figures]


def make(source: dict[str, Any], path: Path) -> dict[str, float]:
    """Load a model, make its scene with the full film, and save it; seconds by step."""
    from llm_scene.models import load
    from llm_scene.output.blend import save
    from llm_scene.scene.build import build
    from llm_scene.staging.production import Production, produce

    made: list[Production] = []
    scenes = []
    times = (
        seconds(lambda: made.append(produce(load(**source), PROMPT))),
        seconds(lambda: scenes.append(build(made[0]))),
        seconds(lambda: save(scenes[0], path)),
    )
    blocks = made[0].layout.blocks.values()
    return {
        **dict(zip(STEPS, times, strict=True)),
        "matrices": len(blocks),
        "cells": sum(block.n_cells for block in blocks),
        "size": path.stat().st_size,
    }


def open_blend(path: Path) -> float:
    """Seconds to open a .blend and evaluate its scene."""
    import bpy

    def open_it() -> None:
        bpy.ops.wm.open_mainfile(filepath=str(path))
        bpy.context.view_layer.update()

    return seconds(open_it)


def open_to_render(path: Path) -> float:
    """The same, and make its scene the one that this process renders."""
    import bpy

    spent = open_blend(path)
    show(bpy.context.scene)
    return spent


def write_model(folder: Path, config: dict[str, Any]) -> Path:
    """A checkpoint of random weights as transformers saves it."""
    from safetensors.numpy import save_file

    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    shapes = stored_shapes(declare(read_config(folder)))
    rng = np.random.default_rng(0)
    weights = {key: 0.02 * rng.standard_normal(shape, np.float32) for key, shape in shapes.items()}
    for key in weights:
        if ".ln_" in f".{key}" and key.endswith("weight"):
            weights[key] += 1
    save_file(weights, folder / "model.safetensors")
    return folder


def _counts(made: dict[str, float]) -> str:
    return f"{made['cells']:,} cells in {made['matrices']:,} matrices"


def _frames(ours: Frames, nano: Frames) -> list[Row]:
    later = ours.median / nano.median
    return [
        _seconds("first frame", ours.first, nano.first, 20),
        Row(
            "a later frame",
            f"{ours.median:.1f} s",
            f"nano-GPT: {nano.median:.1f} s",
            ratio(ours.median, nano.median),
            budget(later, 1.5, "x"),
        ),
    ]


def _seconds(what: str, ours: float, nano: float, most: float | None = None) -> Row:
    limit = "" if most is None else budget(ours, most, " s")
    return Row(what, f"{ours:.1f} s", f"nano-GPT: {nano:.1f} s", ratio(ours, nano), limit)


def _bytes(what: str, ours: float, nano: float, most: float) -> Row:
    unit, size = ("GB", 1e9) if most >= 1e9 else ("MB", 1e6)
    mine, other = (f"{each / size:.3g} {unit}" for each in (ours, nano))
    limit = budget(ours / size, most / size, f" {unit}")
    return Row(what, mine, f"nano-GPT: {other}", ratio(ours, nano), limit)


if __name__ == "__main__":
    print(table(rows()))
