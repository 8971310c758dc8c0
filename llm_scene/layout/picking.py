"""Which cell a ray meets first, without asking Blender: the same for cuboids and slabs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..look import normalise, relief_of, scale_of
from ..network.ops import Array, Cell
from ..network.trace import Trace
from .layout import Block, Layout
from .polylines import passing

# For blocks that stand elsewhere than the layout has them: `[4, 4]`, which leads from there to where they are
Moved = Mapping[str, Array]
NOWHERE: Moved = MappingProxyType({})
LANDING = 3.0  # how far before its sheet a copy of a cell may stand
SAME = 0.02  # of a colour map, by which a copy of a cell may differ from it


@dataclass(frozen=True)
class Hit:
    """A cell of a block, and how far along the ray its surface is, in scene units."""

    block: Block
    row: int
    column: int
    distance: float

    @property
    def cell(self) -> Cell:
        """The cell's indices in its matrix."""
        return self.block.cell(self.row, self.column)


class Picker:
    """Finds cells of one layout. The boxes are tested all at once, cells only where a box is met."""

    def __init__(self, layout: Layout, trace: Trace) -> None:
        self._blocks = list(layout.blocks.values())
        self._low = np.array([block.box.low for block in self._blocks])  # [n_block, 3]
        self._high = np.array([block.box.high for block in self._blocks])
        self._trace = trace
        self._scales: dict[str, float] = {}

    def pick(
        self,
        origin: Array,
        direction: Array,
        relief: float = 0.0,
        hidden: Collection[str] = (),
        moved: Moved = NOWHERE,
    ) -> Hit | None:
        """The first cell on a ray, or None.

        Cells stand out towards -y by the share of their value in the matrix's scale, at most by `relief`,
        and are set back where it is negative: see `look.relief_of`.
        Blocks named in `hidden` let the ray pass; those in `moved` are met where they are now.
        """
        origins, directions = self._rays(np.asarray(origin, float), np.asarray(direction, float), moved)
        low = self._low - np.array([0.0, relief, 0.0])
        enter, leave = passing(origins, directions, low, self._high)
        met = np.flatnonzero((leave >= np.maximum(enter, 0)) & np.isfinite(enter))
        found: Hit | None = None
        for i in met[np.argsort(enter[met])]:
            if found is not None and enter[i] > found.distance:
                break
            block = self._blocks[i]
            if block.name in hidden:
                continue
            hit = self._cell(block, origins[i], directions[i], max(enter[i], 0.0), leave[i], relief)
            if hit is not None and (found is None or hit.distance < found.distance):
                found = hit
        return found

    def copied(self, point: Array, value: float) -> Hit | None:
        """The cell at a point `[3]` of the layout with such a value, -1 to 1 as colours count it; or None."""
        around = np.array([0.0, LANDING, 0.0])
        inside = (self._low - around <= point) & (point <= self._high + around)
        for i in np.flatnonzero(inside.all(axis=1)):
            block = self._blocks[i]
            x, _, z = block.origin
            row, column = np.array([int(z - point[2])]), np.array([int(point[0] - x)])
            row, column = np.minimum(row, block.shape[0] - 1), np.minimum(column, block.shape[1] - 1)
            if abs(self._shares(block, row, column)[0] - value) < SAME:
                return Hit(block, int(row[0]), int(column[0]), 0.0)
        return None

    def _rays(self, origin: Array, direction: Array, moved: Moved) -> tuple[Array, Array]:
        """The ray as every block meets it where the layout has it, `[n_block, 3]` each."""
        count = len(self._blocks)
        origins, directions = np.tile(origin, (count, 1)), np.tile(direction, (count, 1))
        for i, block in enumerate(self._blocks):
            if block.name in moved:
                back = np.linalg.inv(moved[block.name])
                origins[i] = back[:3, :3] @ origin + back[:3, 3]
                directions[i] = back[:3, :3] @ direction
        return origins, directions

    def _cell(
        self, block: Block, origin: Array, direction: Array, enter: float, leave: float, relief: float
    ) -> Hit | None:
        """The first cell of a block between two places of the ray: walk the grid from cell to cell."""
        x, y, z = block.origin
        rows, columns = block.shape
        stops = [np.array([enter, leave])]
        for along, start, size in (
            (direction[0], origin[0] - x, columns),
            (-direction[2], z - origin[2], rows),
        ):
            if along:
                ends = sorted(((start + along * enter), (start + along * leave)))
                first, last = max(int(np.ceil(ends[0])), 0), min(int(np.floor(ends[1])), size)
                stops.append((np.arange(first, last + 1) - start) / along)
        at = np.unique(np.clip(np.concatenate(stops), enter, leave))
        if len(at) < 2:
            at = np.array([enter, leave])
        middle = (at[:-1] + at[1:]) / 2  # [n_crossed]
        column = np.clip(np.floor(origin[0] + direction[0] * middle - x), 0, columns - 1).astype(int)
        row = np.clip(np.floor(z - origin[2] - direction[2] * middle), 0, rows - 1).astype(int)
        front = y - relief_of(self._shares(block, row, column), relief)
        depth = origin[1] + direction[1] * at
        reached = np.maximum(depth[:-1], depth[1:]) >= front
        if not reached.any():
            return None
        i = int(np.argmax(reached))
        return Hit(
            block, int(row[i]), int(column[i]), self._meets(at[i], at[i + 1], front[i], origin, direction)
        )

    @staticmethod
    def _meets(start: float, end: float, front: float, origin: Array, direction: Array) -> float:
        """Where the ray reaches a cell between two of its stops: its front, or else its side."""
        if origin[1] + direction[1] * start >= front or not direction[1]:
            return float(start)
        return float(min(max((front - origin[1]) / direction[1], start), end))

    def _shares(self, block: Block, row: Array, column: Array) -> Array:
        """Values in -1 to 1, as the relief takes them."""
        values = block.values(self._trace)
        if block.name not in self._scales:
            self._scales[block.name] = scale_of(self._trace[block.matrix.name])
        return normalise(values[row, column].astype(float), self._scales[block.name])
