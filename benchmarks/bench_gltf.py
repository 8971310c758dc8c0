"""Export: how long a .glb takes and how large it is, nano-GPT with its full film; beside Blender's exporter.

Blender's writes the evaluated cells alone: no film, no colours, no labels.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from .measure import process, seconds
from .report import Row, budget, ratio, table

LONGEST, LARGEST = 1.5, {"texture": 1.5, "instances": 1.5, "mesh": 25}  # seconds and MB at most
BLENDER, REPEAT = "Blender's exporter", 3
Cost = tuple[float, float]  # seconds, MB


def rows() -> list[Row]:
    """The best of several exports in every mode, in turns."""
    found: dict[str, Cost] = {}
    with process() as ours, process() as blender:
        for _ in range(REPEAT):
            for mode in LARGEST:
                found[mode] = min(cost := ours(export, mode), found.get(mode, cost))
            found[BLENDER] = min(cost := blender(export_cells), found.get(BLENDER, cost))
    other = found.pop(BLENDER)
    return [
        Row(
            f"nano-GPT as glTF, {mode}",
            _text(cost),
            f"{BLENDER}: {_text(other)}",
            ratio(cost[0], other[0]),
            f"{budget(cost[0], LONGEST, ' s')}; {budget(cost[1], LARGEST[mode], ' MB')}",
        )
        for mode, cost in found.items()
    ]


def export(mode: str) -> Cost:
    """Our export of the whole scene with its film."""
    from llm_scene.models import load
    from llm_scene.output.gltf import glb
    from llm_scene.staging.production import produce

    model = load(preset="nano-gpt-sort")
    made = produce(model, model.encode_prompt("CBABBC"))
    found: list[bytes] = []
    spent = seconds(lambda: found.append(glb(made, mode=mode)))
    return spent, len(found[0]) / 1e6


def export_cells() -> Cost:
    """What Blender's own exporter makes of the matrices."""
    import bpy

    from llm_scene.models import load
    from llm_scene.scene.build import build
    from llm_scene.staging.production import produce

    bpy.ops.wm.read_factory_settings(use_empty=True)
    model = load(preset="nano-gpt-sort")
    made = produce(model, model.encode_prompt("CBABBC"))
    scene = build(made, still=True)
    bpy.context.window.scene = scene
    for thing in list(scene.objects):
        if thing.name not in made.layout.blocks:
            bpy.data.objects.remove(thing)
    bpy.context.view_layer.update()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.glb"
        spent = seconds(
            lambda: bpy.ops.export_scene.gltf(
                filepath=str(path), export_apply=True, export_animations=False, use_active_scene=True
            )
        )
        return spent, path.stat().st_size / 1e6


def _text(cost: Cost) -> str:
    return f"{cost[0]:.2f} s, {cost[1]:.2f} MB"


if __name__ == "__main__":
    print(table(rows()))
