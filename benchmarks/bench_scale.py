"""Structures and comparisons: from names to a scene that is shown, beside nano-GPT alone.

A structure has no values; it is a few objects whatever its size, and is compared with the boxes it draws.
"""

from __future__ import annotations

from .measure import process
from .report import Row, budget, ratio

REPEAT = 3
BUDGET = 5.0  # seconds that a structure may take
ALONE = ("nano-gpt-sort",)
LINEUPS = {
    "GPT-3 as a structure": ("gpt3",),
    "Llama 3 8B as a structure": ("llama3-8b",),
    "nano-GPT, GPT-2 small, XL and GPT-3": ("nano-gpt-sort", "gpt2-small", "gpt2-xl", "gpt3"),
}


def rows() -> list[Row]:
    """What each line-up takes, in turns with nano-GPT's."""
    found = []
    for what, names in LINEUPS.items():
        with process() as ours, process() as other:
            pairs = [(ours(shown, names), other(shown, ALONE)) for _ in range(REPEAT)]
        mine, theirs = min(pair[0][0] for pair in pairs), min(pair[1][0] for pair in pairs)
        figure = f"{mine:.2f} s, {pairs[0][0][1]:,} boxes"
        allowed = budget(mine, BUDGET, " s") if len(names) == 1 else ""
        found.append(Row(what, figure, f"nano-GPT: {theirs:.2f} s", ratio(mine, theirs), allowed))
    return found


def shown(names: tuple[str, ...]) -> tuple[float, int]:
    """Seconds until a line-up with its film is shown, and the boxes it has; in a process of its own."""
    import time

    import bpy

    from llm_scene.layout.structure import Structure
    from llm_scene.models import load
    from llm_scene.scene.comparison import build_comparison
    from llm_scene.staging.comparison import compare

    bpy.ops.wm.read_factory_settings(use_empty=True)
    start = time.perf_counter()
    made = compare([load(name) for name in names])
    bpy.context.window.scene = build_comparison(made)
    bpy.context.view_layer.update()
    spent = time.perf_counter() - start
    return spent, sum(len(m.boxes.low) for m in made.models.values() if isinstance(m, Structure))
