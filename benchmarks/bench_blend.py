"""A .blend: its size and the time to save and to open it, beside a merged mesh of the same cells."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .bench_cells import MERGED, OURS, build
from .bench_gpt2 import make, open_blend
from .measure import process, seconds
from .report import Row, ratio, table

CELLS, REPEAT = 10**6, 2
Costs = tuple[float, float, float]  # seconds to save, bytes, seconds to open


def rows() -> list[Row]:
    """nano-GPT's scene with its film, then many cells in both ways."""
    return [nano(), *against_merged(CELLS, REPEAT)]


def nano() -> Row:
    """The whole scene."""
    with tempfile.TemporaryDirectory() as folder, process() as maker, process() as reader:
        path = Path(folder) / "scene.blend"
        made = maker(make, {"preset": "nano-gpt-sort"}, path)
        opened = reader(open_blend, path)
    figure = (
        f"saved in {made['saving the .blend']:.2f} s, {made['size'] / 1e6:.1f} MB, opened in {opened:.2f} s"
    )
    return Row("nano-GPT with its full film", figure)


def against_merged(n: int, repeat: int) -> list[Row]:
    """One matrix of `n` cells, saved and opened, in turns."""
    found: dict[str, list[Costs]] = {}
    for _ in range(repeat):
        for way in (OURS, MERGED):
            found.setdefault(way, []).append(_saved_and_opened(way, n))
    ours, merged = (map(min, zip(*found[way], strict=True)) for way in (OURS, MERGED))
    texts = ("{:.2f} s", "{:.1f} MB", "{:.2f} s")
    return [
        Row(
            f"{n:,} cells in a .blend, {what}",
            text.format(mine),
            f"{MERGED}: {text.format(other)}",
            ratio(mine, other),
        )
        for what, text, mine, other in zip(("saved", "size", "opened"), texts, ours, merged, strict=True)
    ]


def _saved_and_opened(way: str, n: int) -> Costs:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.blend"
        with process() as maker:
            maker(build, way, n)
            saving = maker(save, path)
        with process() as reader:
            return saving, path.stat().st_size / 1e6, reader(open_blend, path)


def save(path: Path) -> float:
    """Seconds to write everything there is to a compressed .blend."""
    import bpy

    return seconds(lambda: bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True, copy=True))


if __name__ == "__main__":
    print(table(rows()))
