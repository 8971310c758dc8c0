"""Where an operation reads, as letters for axes: `"t *i", "*i o", "o?"` is a matrix product with a bias.

The result's axes are given by letters too (`"t o"`). Then each input's pattern says, axis by axis:

- `c`: at the cell's own index along c;
- `*c`: at every index along c, what the operation runs over;
- `<c`: at every index along c up to the cell's time t, as causal attention does;
- `h/`: at the group that head h belongs to, where fewer heads are shared by more;
- `@`: at the index that the first input holds, as a lookup does;
- `#3`: always at index 3;
- `...` at the front: at all the cell's leading indices, however many there are.

`-` alone reads nothing. A pattern that ends in `?` belongs to an input that may be absent, one that ends
in `!` to a switch: where it is 0, nothing else is read.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.intp]  # [n, ndim]
Cell = tuple[int, ...]
Sizes = tuple[int, ...]


def axes_of(pattern: str) -> tuple[str, ...]:
    """The parts of a pattern, one an axis, without its final mark."""
    return tuple(pattern.rstrip("?!").split())


@functools.lru_cache(maxsize=256)
def expanded(pattern: str, out: str, rank: int) -> tuple[str, ...]:
    """A pattern with `...` written out as the leading axes "0 1 …" of a result with `rank` axes."""
    leading = [str(i) for i in range(rank - len(axes_of(out)) + 1)] if out.startswith("...") else []
    return tuple(part for axis in axes_of(pattern) for part in (leading if axis == "..." else [axis]))


def ranges(reads: Sequence[str], shapes: Sequence[Sizes]) -> dict[str, int]:
    """The axes that an operation runs over (`*c` or `<c`) with their lengths, in the order of reading."""
    found: dict[str, int] = {}
    for pattern, shape in zip(reads, shapes, strict=False):
        aligned = zip(reversed(axes_of(pattern)), reversed(shape), strict=False)  # `...` is at the front
        for part, size in reversed(list(aligned)):
            if part[0] in "*<":
                found.setdefault(part, size)
    return found


def sources(
    reads: Sequence[str], out: str, cell: Cell, inputs: Sequence[NDArray[np.floating[Any]]]
) -> tuple[Cells, ...]:
    """For every input the cells that `cell` is made of, in the order of the sum."""
    rank = len(cell)
    names = expanded(out, out, rank)
    at = dict(zip(names, cell, strict=True))
    over = ranges(reads, [x.shape for x in inputs])
    lengths = [at["t"] + 1 if part[0] == "<" else size for part, size in over.items()]
    places = np.indices(lengths).reshape(len(lengths), -1) if lengths else ()
    grid = dict(zip(over, places, strict=True))
    sizes = _sizes(reads, out, inputs, rank)

    def index(part: str, size: int) -> int | NDArray[np.intp]:
        if part in grid:
            return grid[part]
        if part == "@":
            return int(inputs[0][at["t"]])
        if part[0] == "#":
            return int(part[1:])
        return at[part[0]] * size // sizes[part[0]] if part.endswith("/") else at[part]

    def cell_of(pattern: str, x: NDArray[np.floating[Any]]) -> tuple[Any, ...]:
        return tuple(index(part, n) for part, n in zip(expanded(pattern, out, rank), x.shape, strict=True))

    off = any(p.endswith("!") and x[cell_of(p, x)] == 0 for p, x in zip(reads, inputs, strict=False))
    found = []
    for pattern, x in zip(reads, inputs, strict=False):
        if pattern == "-" or (off and not pattern.endswith("!")):
            found.append(np.empty((0, x.ndim), np.intp))
            continue
        columns = [np.atleast_1d(column) for column in cell_of(pattern, x)]
        found.append(np.stack(np.broadcast_arrays(*columns), axis=1).astype(np.intp, copy=False))
    return tuple(found)


def _sizes(
    reads: Sequence[str], out: str, inputs: Sequence[NDArray[np.floating[Any]]], rank: int
) -> dict[str, int]:
    """The lengths of the axes that are read at the cell's own index."""
    return {
        part: size
        for pattern, x in zip(reads, inputs, strict=False)
        if pattern != "-"
        for part, size in zip(expanded(pattern, out, rank), x.shape, strict=True)
        if part.isalpha()
    }
