"""How the model's parts stand to each other: in a row, in lines that are read like text, or up a helix.

The parts are the outermost sections: the embedding, the transformer blocks, the output. Each is moved as
a whole; within it everything stays where it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from .layout import Arrangement, Block, Box, Line, Point

PICTURE = 2.0  # width by height that lines are broken for: a 16:9 picture less the room of its captions
# In gaps:
APART = 7.0  # between neighbours in a line: room for two lanes
ABOVE, BELOW = 11.0, 5.0  # over a line for its titles, and under it for the trunk on its way to another line
BEHIND = 4.0  # between a flight at the front and one at the back
BARS = 18.0  # right of the output, for the candidates
Moves = dict[str, Point]  # how far each part is moved


def stand(
    blocks: dict[str, Block], arrangement: Arrangement, gap: float
) -> tuple[dict[str, Block], tuple[Line, ...]]:
    """Blocks that were set down in a row on a floor at height 0, where they are to stand; and the lines."""
    parts = _parts(blocks.values())
    if arrangement.blocks == "row":
        return blocks, (Line(tuple(parts), 0.0, 0.0),)
    page = _Page(parts, arrangement, gap)
    moved = {}
    for name, block in blocks.items():
        (x, y, z), (dx, dy, dz) = block.origin, page.moves[block.section[0]]
        moved[name] = replace(block, origin=(x + dx, y + dy, z + dz))
    return moved, tuple(page.lines)


def _parts(blocks: Iterable[Block]) -> dict[str, Box]:
    """The outermost sections in their order, and what they fill."""
    found: dict[str, list[Box]] = {}
    for block in blocks:
        found.setdefault(block.section[0], []).append(block.box)
    return {name: Box.around(boxes) for name, boxes in found.items()}


class _Page:
    """Breaks the transformer blocks into lines of equal columns; the first line begins at x = 0."""

    def __init__(self, parts: dict[str, Box], arrangement: Arrangement, gap: float) -> None:
        (self.first, *self.layers, self.last), self.parts, self.gap = parts, parts, gap
        self.helix = arrangement.blocks == "helix"
        boxes = [parts[name] for name in self.layers]
        deep = max(box.size[1] for box in boxes)
        self.column = max(box.size[0] for box in boxes) + APART * gap
        self.rise = max(box.high[2] for box in boxes) + (ABOVE + BELOW) * gap
        self.deep = deep + BEHIND * gap if deep > 1 else 0.0
        if self.helix:
            self.deep = max(deep + BEHIND * gap, 0.9 * self.rise)
        self.across = self._across()
        n_lines = math.ceil(len(boxes) / self.across)
        heights = [self._height(i) for i in range(n_lines)]
        self.lines = [
            Line(tuple(self.layers[i * self.across : (i + 1) * self.across]), *heights[i])
            for i in range(n_lines)
        ]
        self.moves: Moves = {}
        for i, name in enumerate(self.layers):
            self._move(name, self._left(i), i // self.across)
        self._ends()

    def _across(self) -> int:
        """Blocks in a line, so that all lines together come nearest to the shape of a picture."""
        count = len(self.layers)
        ends = sum(min(self.parts[name].size[0], self.column) for name in (self.first, self.last))

        def misfit(across: int) -> float:
            high = math.ceil(count / across) * self.rise - (ABOVE + BELOW) * self.gap
            return abs(math.log((across * self.column + ends) / high / PICTURE))

        return min((math.ceil(count / n) for n in range(1, count + 1)), key=misfit)

    def _height(self, line: int) -> tuple[float, float]:
        """Depth and height of a line. Lines of text stand on steps that come down to the front, so that
        none hides another; flights climb, every other one at the back."""
        if self.helix:
            return (line % 2) * self.deep, line * self.rise
        return -line * self.deep, -line * self.rise

    def _left(self, i: int) -> float:
        """Where a block's column begins; flights at the back are walked from right to left."""
        line, column = divmod(i, self.across)
        return self.column * (self.across - 1 - column if self._back(line) else column)

    def _back(self, line: int) -> bool:
        return self.helix and line % 2 == 1

    def _ends(self) -> None:
        """The embedding stands in the margin before the first block, the output after the last one."""
        between = APART * self.gap
        first, last = self.parts[self.first], self.parts[self.last]
        self._move(self.first, -between - first.size[0], 0)
        line, left = len(self.lines) - 1, self._left(len(self.layers) - 1)
        x = left + self.column
        if last.low[2] < -self.gap or last.high[2] > self.rise - (ABOVE + BELOW) * self.gap:
            x = self.across * self.column  # too tall to stand among the lines
        elif self._back(line):
            x = left - BARS * self.gap - last.size[0]
        self._move(self.last, x, line)
        self.lines[0] = replace(self.lines[0], sections=(self.first, *self.lines[0].sections))
        self.lines[-1] = replace(self.lines[-1], sections=(*self.lines[-1].sections, self.last))

    def _move(self, name: str, left: float, line: int) -> None:
        self.moves[name] = (left - self.parts[name].low[0], self.lines[line].y, self.lines[line].z)
