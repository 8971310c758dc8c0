"""Evaluates a network and keeps every intermediate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .activations import Array
from .graph import Matrix, Network
from .reads import Cell, Cells


@dataclass(frozen=True)
class Source:
    """Cells of one matrix that a cell is made of, with their values."""

    matrix: str
    cells: Cells  # [n, ndim]
    values: Array  # [n]


@dataclass(frozen=True)
class Trace:
    """Every matrix of a forward pass, weights included, as float32 arrays under their names."""

    network: Network
    arrays: dict[str, Array] = field(repr=False)

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    @property
    def tokens(self) -> list[int]:
        """The token ids."""
        return [int(token) for token in self.arrays["tokens"]]

    @property
    def n_positions(self) -> int:
        """The length of the sequence."""
        return len(self.arrays["tokens"])

    def value(self, name: str, cell: Cell) -> float:
        """The value of a cell."""
        return float(self.arrays[name][cell])

    def sources(self, name: str, cell: Cell) -> list[Source]:
        """The cells that a cell is computed from, input by input; none for weights and tokens."""
        matrix = self.network[name]
        if matrix.op is None:
            return []
        inputs = [self.arrays[i] for i in matrix.inputs]
        found = matrix.op.sources(cell, *inputs)
        return [Source(i, c, x[tuple(c.T)]) for i, c, x in zip(matrix.inputs, found, inputs, strict=True)]

    def recompute(self, name: str, cell: Cell) -> float:
        """The value of a cell from the values of its source cells alone."""
        matrix = self.network[name]
        if matrix.op is None:
            return self.value(name, cell)
        terms = (np.asarray(source.values, np.float64) for source in self.sources(name, cell))
        return matrix.op.value(cell, *terms)


class Evaluator:
    """Runs a network, first on a prompt and then on each further position alone.

    What earlier positions computed is kept (the key/value cache, and everything else the scene shows),
    in buffers for `capacity` positions.
    """

    def __init__(self, network: Network, weights: Mapping[str, Array], capacity: int) -> None:
        self.network = network
        self.capacity = capacity
        self.n_positions = 0
        self._weights = {m.name: m.view.read(weights) for m in network.weights if m.view}
        self._buffers: dict[str, Array] = {}

    def append(self, tokens: Sequence[int], progress: Callable[[float], None] | None = None) -> None:
        """Compute further positions. `progress` is told the share of matrices done."""
        start, end = self.n_positions, self.n_positions + len(tokens)
        if end > self.capacity:
            raise ValueError(f"{end} positions do not fit into {self.capacity}")
        self._store(self.network["tokens"], np.asarray(tokens, np.float32), start)
        computed = self.network.computed
        with np.errstate(all="ignore"):  # weights that are not finite show as such; that is no news here
            self._compute(computed, start, end, progress)
        self.n_positions = end

    def _compute(
        self, computed: list[Matrix], start: int, end: int, progress: Callable[[float], None] | None
    ) -> None:
        for done, matrix in enumerate(computed):
            assert matrix.op is not None
            inputs = [self._rows(self.network[name], matrix, start, end) for name in matrix.inputs]
            self._store(matrix, matrix.op.forward(*inputs, start=start), start)
            if progress is not None:
                progress((done + 1) / len(computed))

    def trace(self) -> Trace:
        """All matrices as far as computed; a view, so later positions do not disturb it."""
        filled = {name: self._window(self.network[name], 0, self.n_positions) for name in self._buffers}
        return Trace(self.network, {**self._weights, **filled})

    def _rows(self, matrix: Matrix, reader: Matrix, start: int, end: int) -> Array:
        """What `reader` needs of an input: its new rows, or all keys where it looks back."""
        if matrix.view is not None:
            return self._weights[matrix.name]
        looks_back = "key" in matrix.axes and reader.axes[reader.time_axis() or 0] == "query"
        whole = looks_back and "query" not in matrix.axes
        return self._window(matrix, 0 if whole else start, end)

    def _window(self, matrix: Matrix, start: int, end: int) -> Array:
        """Rows `start` to `end`; a second time axis (keys of a pattern) reaches from 0 to `end`."""
        first = matrix.time_axis()
        time = [slice(0, end) if size is None else slice(None) for size in matrix.sizes]
        if first is not None:
            time[first] = slice(start, end)
        return self._buffers[matrix.name][tuple(time)]

    def _store(self, matrix: Matrix, rows: Array, start: int) -> None:
        """Put new rows in their place."""
        if start == 0 and len(rows) and rows.shape == matrix.shape(self.capacity):
            self._buffers[matrix.name] = rows
            return
        if matrix.name not in self._buffers:
            empty = matrix.op.blank if matrix.op is not None else 0.0
            blank = np.full(matrix.shape(self.capacity), empty, np.float32)
            self._buffers[matrix.name] = blank
        end = start + rows.shape[matrix.time_axis() or 0]
        self._window(matrix, start, end)[...] = rows


def run(
    network: Network,
    weights: Mapping[str, Array],
    tokens: Sequence[int],
    progress: Callable[[float], None] | None = None,
) -> Trace:
    """The forward pass over `tokens` (ids), every intermediate kept.

    `weights` maps checkpoint keys to float32 tensors as stored there.
    """
    evaluator = Evaluator(network, weights, len(tokens))
    evaluator.append(tokens, progress)
    return evaluator.trace()
