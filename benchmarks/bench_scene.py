"""From token ids to a scene: nano-GPT at all its 11 positions, from a warm interpreter.

    python -m benchmarks.bench_scene

Times are the best of several runs, in milliseconds: a busy machine can only make them longer.
"""

from __future__ import annotations

import functools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROMPT = (2, 1, 0, 1, 1, 2, 0, 1, 1, 1, 2)
REPEAT = 5

Row = tuple[str, str, str]


def rows() -> list[Row]:
    """What it takes, against what it may take."""
    import bpy

    from llm_scene.models import load
    from llm_scene.output.production import produce
    from llm_scene.scene.build import build

    model = load("nano-gpt-sort")
    trace = best(lambda: model.trace(PROMPT), 20)
    composed = best(lambda: produce(model, PROMPT))
    made = produce(model, PROMPT)

    def scene() -> bpy.types.Scene:
        return build(made.layout, made.trace, made.film, made.look)

    def show(scene: bpy.types.Scene) -> None:
        bpy.context.window.scene = scene
        bpy.context.view_layer.update()

    def play(scene: bpy.types.Scene) -> None:
        for frame in range(1, 200, 20):
            scene.frame_set(frame)

    building, showing, playing = [], [], []
    for _ in range(REPEAT):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        seconds, built = timed(scene)
        building.append(seconds)
        for times, action in ((showing, show), (playing, play)):
            times.append(timed(functools.partial(action, built))[0])
    n_cells = sum(block.n_cells for block in made.layout.blocks.values())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.blend"
        saving = timed(lambda: bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True, copy=True))[0]
        size = path.stat().st_size / 1e6
    shown = f"{n_cells:,} cells in {len(made.layout.blocks)} blocks"
    return [
        ("trace, 11 positions", f"{trace * 1e3:.1f} ms", "20 ms"),
        ("trace, layout and film", f"{composed * 1e3:.0f} ms", ""),
        (f"scene with keyframes, {shown}", f"{min(building):.2f} s", "1.5 s"),
        ("showing it in the window", f"{min(showing):.2f} s", ""),
        ("a further frame", f"{min(playing) * 100:.1f} ms", ""),
        ("its .blend, compressed", f"{size:.1f} MB in {saving:.2f} s", ""),
    ]


def timed(function: Callable[[], object]) -> tuple[float, object]:
    """Seconds a call takes, and what it returns."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def best(function: Callable[[], object], repeat: int = REPEAT) -> float:
    """Seconds of the fastest of several calls, after one to warm up."""
    function()
    return min(timed(function)[0] for _ in range(repeat))


if __name__ == "__main__":
    for what, figure, budget in rows():
        print(f"{what:60} {figure:>18}  {f'budget {budget}' if budget else ''}")
