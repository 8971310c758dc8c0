"""Values into an evaluated scene: ours against other ways to build the same cuboids, and slabs beyond them.

Every figure comes from a fresh process that builds one matrix, shows it and evaluates it. A slab's
pictures are packed then, but no renderer has read them yet. `results.svg` is drawn from the same figures.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from llm_scene.layout.layout import Block
from llm_scene.look import LOOKS
from llm_scene.network.graph import Matrix
from llm_scene.network.ops import Array

from .chart import Series, chart
from .measure import SkippedError, alone, need, seconds
from .report import Row, ratio, table

SHAPES = {
    10**3: (25, 40),
    10**4: (100, 100),
    10**5: (250, 400),
    10**6: (1000, 1000),
    10**7: (2500, 4000),
    10**8: (10_000, 10_000),
}
OURS, PLAIN, SLABS = "cuboids", "cuboids without bevels", "slabs"
OBJECTS, MERGED, DATABPY = "one object a cell", "merged mesh", "databpy"  # without bevels, too
NAMES = {way: f"ours: {way}" for way in (OURS, PLAIN, SLABS)}  # in the chart
SIZES = {
    OURS: (10**3, 10**4, 10**5, 10**6),
    PLAIN: (10**3, 10**4, 10**5, 10**6, 10**7),
    SLABS: (10**6, 10**7, 10**8),
    OBJECTS: (10**3, 10**4),
    MERGED: (10**3, 10**4, 10**5, 10**6, 10**7),
    DATABPY: (10**3, 10**4, 10**5, 10**6, 10**7),
}
BYTES = {
    OURS: 2000,
    PLAIN: 1100,
    SLABS: 20,
    OBJECTS: 20_000,
    MERGED: 1100,
    DATABPY: 1100,
}  # a cell takes, at most
REPEAT = {10**7: 2, 10**8: 2}  # of the others, three
BEVELLED, PLAINLY = 9, 5  # faces of a cuboid without its back
Cost = tuple[float, float]  # seconds, bytes


@dataclass(frozen=True)
class Figures:
    """What every way costs at every size; or why it was not measured."""

    costs: dict[tuple[str, int], Cost]
    skipped: dict[tuple[str, int], str]

    def seconds(self, way: str) -> dict[int, float]:
        """Seconds by cells."""
        return {n: spent for (name, n), (spent, _) in self.costs.items() if name == way}

    def exponent(self, way: str, least: int = 10**4) -> float:
        """The slope of log seconds over log cells, from the least size that counts."""
        found = self.seconds(way)
        sizes = [n for n in found if n >= least]
        return float(np.polyfit(np.log(sizes), np.log([found[n] for n in sizes]), 1)[0])


def rows() -> list[Row]:
    """Ours at every size beside every other way, then how all of them grow."""
    found = figures()
    return [*compared(found), *growth(found)]


def picture() -> str:
    """The chart of the same figures."""
    return drawn(figures())


@functools.cache
def figures(largest: int = 10**8, repeat: int = 3) -> Figures:
    """Everything measured, up to a size; the ways take turns."""
    costs: dict[tuple[str, int], Cost] = {}
    skipped: dict[tuple[str, int], str] = {}
    for n in (n for n in SHAPES if n <= largest):
        for _ in range(min(repeat, REPEAT.get(n, repeat))):
            for way in (way for way, sizes in SIZES.items() if n in sizes):
                try:
                    need(BYTES[way] * n)
                    cost = alone(build, way, n)
                except SkippedError as reason:
                    skipped[way, n] = str(reason)
                    continue
                costs[way, n] = min(cost, costs.get((way, n), cost))
    return Figures(costs, {key: reason for key, reason in skipped.items() if key not in costs})


def compared(found: Figures) -> list[Row]:
    """A row for every size and other way, a row for what could not be measured."""
    lines = []
    for (way, n), reason in found.skipped.items():
        lines.append(Row(_what(n, way), f"not measured: {reason}"))
    for (way, n), ours in found.costs.items():
        others = [name for name in (PLAIN, OBJECTS, MERGED, DATABPY) if (name, n) in found.costs]
        if way == SLABS:
            others = [name for name in (OURS, PLAIN) if (name, n) in found.costs][:1] or [""]
        elif way != OURS:
            continue
        lines += [_beside(n, way, ours, other, found.costs.get((other, n))) for other in others]
    return lines


def growth(found: Figures) -> list[Row]:
    """The exponents of ours and of each other way; the smallest size counts only where there is one more."""
    ours = _slopes(found, OURS, 10**4)
    others = [way for way in (PLAIN, OBJECTS, MERGED, DATABPY, SLABS) if len(found.seconds(way)) > 1]
    return [
        Row(
            "time grows with cells to the power of",
            ours,
            f"{way}: {_slopes(found, way, 10**3 if way == OBJECTS else 10**4)}",
        )
        for way in others
    ]


def drawn(found: Figures) -> str:
    """The chart of these figures."""
    lines = [
        Series(NAMES.get(way, way), tuple(sorted(found.seconds(way).items())))
        for way in SIZES
        if found.seconds(way)
    ]
    return chart("From values to an evaluated scene", "cells", "seconds", lines)


def build(way: str, n: int) -> float:
    """Seconds to build `n` cells in a new scene and to evaluate them; for a process of its own."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    values = np.clip(np.random.default_rng(0).normal(0, 0.4, SHAPES[n]), -1, 1).astype(np.float32)
    scene = bpy.data.scenes.new("cells")

    def show() -> None:
        for thing in makers()[way](values):
            scene.collection.objects.link(thing)
        bpy.context.window.scene = scene
        bpy.context.view_layer.update()

    spent = seconds(show)
    faces = sum(len(i.object.data.polygons) for i in bpy.context.evaluated_depsgraph_get().object_instances)
    expected = (BEVELLED if way == OURS else PLAINLY) * n
    assert way == SLABS or faces == expected, f"{way}: {faces} faces are not {n} cuboids"
    return spent


def makers() -> dict[str, Callable[[Array], Iterable[Any]]]:
    """What makes the objects of a matrix, by way."""
    from llm_scene.scene.cells import cell_group, cell_object
    from llm_scene.scene.compat import modifier_input
    from llm_scene.scene.materials import cell_material
    from llm_scene.scene.nodes import inputs
    from llm_scene.scene.roles import Roles
    from llm_scene.scene.slabs import picture, slab_object

    from . import rivals

    look = LOOKS["studio"]

    def slab(values: Array) -> list[Any]:
        one = block(values.shape)
        return [
            slab_object(one, picture([one], trace(values), {"weights": 1.0}, Roles(look), "weight", True), 1)
        ]

    def cuboids(values: Array) -> list[Any]:
        material = cell_material(Roles(look), "weight", True)
        return [cell_object(block(values.shape), trace(values), 1.0, material, 1, cell_group())]

    def plain(values: Array) -> list[Any]:
        (cells,) = cuboids(values)
        modifier = cells.modifiers["Cells"]
        modifier_input(modifier, inputs(modifier.node_group)["Bevel"], 0.0)
        return [cells]

    def rival(make: Callable[..., Iterable[Any]]) -> Callable[[Array], Iterable[Any]]:
        return lambda values: make(values, cell_material(Roles(look), "weight", True))

    return {
        OURS: cuboids,
        PLAIN: plain,
        SLABS: slab,
        OBJECTS: rival(rivals.one_object_a_cell),
        MERGED: rival(rivals.merged_mesh),
        DATABPY: rival(rivals.databpy_points),
    }


def block(shape: tuple[int, ...]) -> Block:
    """A weight matrix of this shape, at the origin."""
    rows, columns = shape
    axes = ("channel", "feature")
    matrix = Matrix("weights", "weights", "weight", axes, (rows, columns), "Weights", ("Matrices",))
    return Block("weights", matrix, None, axes, (rows, columns), (0.0, 0.0, 0.0))


def trace(values: Array) -> Any:
    """All that is asked of a trace here: the values by the matrix's name."""
    return {"weights": values}


def _slopes(found: Figures, way: str, least: int) -> str:
    whole = found.exponent(way, least)
    last = found.exponent(way, sorted(found.seconds(way))[-2])
    return f"{whole:.2f}, in the last decade {last:.2f}"


def _beside(n: int, way: str, ours: Cost, other: str, theirs: Cost | None) -> Row:
    figure = f"{_cost(ours)}, {n / ours[0] / 1e6:.2g} M cells/s"
    if theirs is None:
        return Row(_what(n, way), figure)
    return Row(_what(n, way), figure, f"{other}: {_cost(theirs)}", ratio(ours[0], theirs[0]))


def _what(n: int, way: str) -> str:
    return f"{n:,} cells, {way}"


def _cost(cost: Cost) -> str:
    return f"{cost[0]:.3g} s, {cost[1] / 1e9:.2g} GB"


if __name__ == "__main__":
    print(table(rows()))
