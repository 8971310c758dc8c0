"""A model's structure: a box for every matrix in its true size, without values, however large the model.

Every transformer block is arranged as `arrange` does it. The blocks stand in rows like the words of a
page, read from left to right and from front to back, so that a model of a hundred blocks is a town and
no thread. Heads stand closer together, and tables over the vocabulary lie along the ground instead of
standing up. Plain arrays, because a giant has more than a hundred thousand matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from ..network import Config, declare
from ..network.graph import Role
from ..network.ops import Array
from ..network.sections import EMBEDDING, OUTPUT
from ..network.sections import block as block_section
from .arrange import set_down
from .lanes import TRUNK
from .layout import Arrangement, Block, Box, Point

ROLES: tuple[Role, ...] = ("weight", "activation", "aggregate")
PROPORTION = 1.25  # width of the ground a model takes, relative to its depth
AISLE = 0.6  # clear ground behind a row, relative to its height
BEAM = 0.2  # thickness of the residual stream, relative to the height of its sheets
FAN = 4.0  # from head to head, relative to a head's features
Column = np.ndarray[Any, np.dtype[Any]]
NONE = -1  # the layer or head of a matrix that has none


@dataclass(frozen=True, eq=False)
class Boxes:
    """Matrices as boxes, or heads' shares of them; every array has an entry for each."""

    kind: Column  # names, as `Matrix.kind`
    role: Column  # index in ROLES
    layer: Column
    head: Column
    low: Array  # [n, 3], the corner at the left, in front, at the bottom
    size: Array  # [n, 3] in cells: columns, 1, rows

    def __len__(self) -> int:
        return len(self.low)

    def __getitem__(self, which: Column) -> Boxes:
        columns = (self.kind, self.role, self.layer, self.head, self.low, self.size)
        return Boxes(*(column[which] for column in columns))

    @property
    def cells(self) -> Column:
        """Number of cells of each."""
        return (self.size[:, 0] * self.size[:, 2]).astype(np.int64)

    @property
    def box(self) -> Box:
        """Around all of them."""
        return Box(_point(self.low.min(axis=0)), _point((self.low + self.size).max(axis=0)))

    def moved(self, x: float, y: float, z: float) -> Boxes:
        """The same boxes elsewhere."""
        return replace(self, low=self.low + np.array([x, y, z]))

    def at_origin(self) -> Boxes:
        """The same boxes with their left front corner at the origin, standing on z = 0."""
        return replace(self, low=self.low - self.low.min(axis=0))

    @staticmethod
    def joined(parts: Sequence[Boxes]) -> Boxes:
        """The boxes of several."""
        names = ("kind", "role", "layer", "head", "low", "size")
        return Boxes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True, eq=False)
class Structure:
    """Where every matrix of a model stands, over `n_positions` positions; x = y = z = 0 is its corner."""

    config: Config
    n_positions: int
    boxes: Boxes
    trunk: tuple[Box, ...]  # beams that join the sheets of the residual stream, in order

    @property
    def box(self) -> Box:
        """The room it takes."""
        return Box.around([self.boxes.box, *self.trunk])


def structure(config: Config, n_positions: int | None = None) -> Structure:
    """The structure of a model of this shape, by default over its whole context."""
    T = config.n_ctx if n_positions is None else n_positions
    gap = max(6.0, config.d_model / 8)
    first, block, last = _parts(config, T, turned=True)
    still = _parts(config, T, turned=False)[1] if config.nope_layers else block
    blocks = [_at_layer(still if n in config.nope_layers else block, n) for n in range(config.n_layer)]
    output = _lying(last, gap)
    count = _blocks_a_row(first, blocks[0], len(blocks), output, gap)
    lines = [blocks[n : n + count] for n in range(0, len(blocks), count)]
    boxes = _in_rows([[first], *lines, [output]], gap)
    return Structure(config, T, boxes, _trunk(boxes, gap))


def _parts(config: Config, T: int, turned: bool) -> tuple[Boxes, Boxes, Boxes]:
    """Embedding, a block and output as they stand in a model of one block, whose positions turn or not."""
    shape = replace(config, n_layer=1, nope_layers=() if turned else (0,))
    found: dict[str, list[Block]] = {EMBEDDING: [], block_section(0): [], OUTPUT: []}
    for block in set_down(declare(shape), T, Arrangement("fan", "row")).blocks.values():
        found[block.section[0]].append(block)
    first, middle, last = (_boxes(blocks).at_origin() for blocks in found.values())
    return first, _gathered(middle, FAN * config.d_head), last


def _gathered(block: Boxes, pitch: float) -> Boxes:
    """A block with its heads so far from each other."""
    return replace(
        block, low=np.stack([block.low[:, 0], np.maximum(block.head, 0) * pitch, block.low[:, 2]], axis=1)
    )


def _boxes(blocks: list[Block]) -> Boxes:
    return Boxes(
        np.array([block.kind for block in blocks]),
        np.array([ROLES.index(block.role) for block in blocks]),
        np.array([NONE if block.matrix.layer is None else block.matrix.layer for block in blocks]),
        np.array([NONE if block.head is None else block.head for block in blocks]),
        np.array([block.box.low for block in blocks], float),
        np.array([(block.shape[1], 1, block.shape[0]) for block in blocks], float),
    )


def _at_layer(block: Boxes, layer: int) -> Boxes:
    return replace(block, layer=np.full(len(block), layer))


def _lying(output: Boxes, gap: float) -> Boxes:
    """The output with everything over the vocabulary lying along the ground, one behind the other."""
    norm = np.char.startswith(output.kind, "ln_final")
    standing, tables = output[norm].at_origin(), output[~norm]
    size = np.where((tables.size[:, 2] > tables.size[:, 0])[:, None], tables.size[:, ::-1], tables.size)
    low = np.zeros_like(size)
    low[:, 0] = standing.box.high[0] + 2 * gap
    low[1:, 1] = np.cumsum(np.maximum(size[:-1, 2], gap))
    return Boxes.joined([standing, replace(tables, low=low, size=size)])


def _blocks_a_row(first: Boxes, block: Boxes, n_layer: int, last: Boxes, gap: float) -> int:
    """How many blocks fill a row and bring the ground nearest to its proportion."""
    tables = max(first.box.size[0], last.box.size[0])
    each = block.box.size[0] + 3 * gap

    def off(count: int) -> float:
        rows = -(-n_layer // count)
        depth = sum(map(_depth, (first, last))) + rows * _depth(block)
        return abs(float(np.log(max(tables, count * each) / depth / PROPORTION)))

    return min(range(min(n_layer, max(1, int(tables // each))), n_layer + 1), key=off)


def _depth(part: Boxes) -> float:
    """How much ground a row of such parts takes from front to back."""
    _, depth, height = part.box.size
    return depth + AISLE * height


def _in_rows(rows: Sequence[Sequence[Boxes]], gap: float) -> Boxes:
    placed, y = [], 0.0
    for row in rows:
        x = 0.0
        for part in row:
            placed.append(part.moved(x, y, 0.0))
            x += part.box.size[0] + 3 * gap
        y += max(map(_depth, row))
    return Boxes.joined(placed)


def _trunk(boxes: Boxes, gap: float) -> tuple[Box, ...]:
    """Beams from sheet to sheet of the residual stream; round the end of a row to the next one."""
    sheets = boxes[np.isin(boxes.kind, (*TRUNK, "ln_final.out"))]
    half = BEAM / 2 * float(sheets.size[0, 2])
    middle = float(sheets.size[0, 2]) / 2
    right = float((boxes.low + boxes.size)[:, 0].max()) + 2 * gap
    beams = []
    for n, m in pairwise(range(len(sheets))):
        start, end = (
            sheets.low[n] + sheets.size[n] * (1, 0.5, 0),
            sheets.low[m] + sheets.size[m] * (0, 0.5, 0),
        )
        way = [start, end]
        if start[1] != end[1]:  # out to the right, back between the rows, in from the left
            between, left = end[1] - gap, -2 * gap
            way = [
                start,
                (right, start[1], 0),
                (right, between, 0),
                (left, between, 0),
                (left, end[1], 0),
                end,
            ]
        for a, b in pairwise(np.array([(x, y, middle) for x, y, _ in way])):
            thick = half * (a == b)
            beams.append(Box(_point(np.minimum(a, b) - thick), _point(np.maximum(a, b) + thick)))
    return tuple(beams)


def _point(values: Array) -> Point:
    x, y, z = map(float, values)
    return x, y, z
