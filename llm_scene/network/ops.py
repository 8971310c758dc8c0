"""The operations a language model is made of.

Every operation says four things about itself, each from a single place:

- `forward(*inputs, start)`: whole arrays in, whole array out. `start` is the sequence position of the
  first row, so that the same code computes a prompt or one further position.
- `sources(cell, *inputs)`: for every input the cells that this cell is made of, as an index array
  `[n, ndim]`.
- `value(cell, *terms)`: the cell's value from the values of those cells alone, one 1-D array an input
  (`cell` itself matters to rotary positions only).
- `formula`: the rule in mathematical notation, for labels and tooltips.

`forward` and `value` are two independent ways to the same number; the tests hold them together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Cells = NDArray[np.intp]  # [n, ndim]
Cell = tuple[int, ...]


def cells(*axes: int | NDArray[np.intp] | range) -> Cells:
    """Index array `[n, len(axes)]`: scalars are repeated along the one axis given as a sequence."""
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(axis, dtype=np.intp)) for axis in axes))
    return np.stack(columns, axis=1)


class Op:
    """Base of all operations; they hold parameters only, never data."""

    formula: ClassVar[str] = ""

    def forward(self, *inputs: Array, start: int) -> Array:
        """The whole result."""
        raise NotImplementedError

    def sources(self, cell: Cell, *inputs: Array) -> tuple[Cells, ...]:
        """For every input, the cells that `cell` is computed from."""
        raise NotImplementedError

    def value(self, cell: Cell, *terms: Array) -> float:
        """The cell's value from its source values."""
        raise NotImplementedError

    def cost(self, *shapes: tuple[int, ...]) -> int:
        """How many source cells a typical cell has: what the pacing of the film goes by."""
        return 1


# --- embedding -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lookup(Op):
    """Row `tokens[t]` of a table."""

    formula: ClassVar[str] = "W_E[token(t), c]"

    def forward(self, tokens: Array, table: Array, *, start: int) -> Array:
        return table[tokens.astype(np.intp)]  # [T, C]

    def sources(self, cell: Cell, tokens: Array, table: Array) -> tuple[Cells, ...]:
        t, c = cell
        return cells(t), cells(int(tokens[t]), c)

    def value(self, cell: Cell, token: Array, row: Array) -> float:
        return float(row[0])


@dataclass(frozen=True)
class Position(Op):
    """Row t of the table of learned positions."""

    formula: ClassVar[str] = "W_pos[t, c]"

    def forward(self, tokens: Array, table: Array, *, start: int) -> Array:
        return table[start : start + len(tokens)]  # [T, C]

    def sources(self, cell: Cell, tokens: Array, table: Array) -> tuple[Cells, ...]:
        return np.empty((0, 1), np.intp), cells(*cell)

    def value(self, cell: Cell, token: Array, row: Array) -> float:
        return float(row[0])


@dataclass(frozen=True)
class TokenAndPosition(Op):
    """Sum of the token's row and the position's row (GPT-2's input embedding)."""

    formula: ClassVar[str] = "W_E[token(t), c] + W_pos[t, c]"

    def forward(self, tokens: Array, table: Array, positions: Array, *, start: int) -> Array:
        return table[tokens.astype(np.intp)] + positions[start : start + len(tokens)]  # [T, C]

    def sources(self, cell: Cell, tokens: Array, table: Array, positions: Array) -> tuple[Cells, ...]:
        t, c = cell
        return cells(t), cells(int(tokens[t]), c), cells(t, c)

    def value(self, cell: Cell, token: Array, row: Array, position: Array) -> float:
        return float(row[0] + position[0])


# --- cell by cell ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Add(Op):
    """Residual addition."""

    formula: ClassVar[str] = "a + b"

    def forward(self, a: Array, b: Array, *, start: int) -> Array:
        return a + b

    def sources(self, cell: Cell, a: Array, b: Array) -> tuple[Cells, ...]:
        return cells(*cell), cells(*cell)

    def value(self, cell: Cell, a: Array, b: Array) -> float:
        return float(a[0] + b[0])


@dataclass(frozen=True)
class Multiply(Op):
    """Gate times value (Shazeer 2020, https://arxiv.org/abs/2002.05202)."""

    formula: ClassVar[str] = "a · b"

    def forward(self, a: Array, b: Array, *, start: int) -> Array:
        return a * b

    def sources(self, cell: Cell, a: Array, b: Array) -> tuple[Cells, ...]:
        return cells(*cell), cells(*cell)

    def value(self, cell: Cell, a: Array, b: Array) -> float:
        return float(a[0] * b[0])


def gelu_tanh(x: Array) -> Array:
    """GELU in its tanh form (Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415)."""
    inner = x * x
    inner *= 0.044715
    inner += 1
    inner *= x
    inner *= math.sqrt(2 / math.pi)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= 0.5
    return inner


def gelu(x: Array) -> Array:
    """GELU by the error function, from math.erf: numpy has none."""
    erf = np.asarray(np.frompyfunc(math.erf, 1, 1)(x / math.sqrt(2))).astype(x.dtype)
    return 0.5 * x * (1 + erf)


def silu(x: Array) -> Array:
    """x times the logistic function, written with tanh so that it cannot overflow."""
    return 0.5 * x * (1 + np.tanh(0.5 * x))


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return np.maximum(x, 0)


ACTIVATIONS = {"gelu_tanh": gelu_tanh, "gelu": gelu, "silu": silu, "relu": relu}


@dataclass(frozen=True)
class Activation(Op):
    """The bend between the two layers of an MLP."""

    kind: str

    @property
    def formula(self) -> str:
        return {"gelu_tanh": "GELU(x)", "gelu": "GELU(x)", "silu": "x · σ(x)", "relu": "max(x, 0)"}[self.kind]

    def forward(self, x: Array, *, start: int) -> Array:
        return ACTIVATIONS[self.kind](x)

    def sources(self, cell: Cell, x: Array) -> tuple[Cells, ...]:
        return (cells(*cell),)

    def value(self, cell: Cell, x: Array) -> float:
        return float(ACTIVATIONS[self.kind](np.asarray(x, np.float64))[0])


# --- norms: over the last axis ---------------------------------------------------------------------


class OverRow(Op):
    """An aggregate over the last axis of its first input."""

    def sources(self, cell: Cell, x: Array) -> tuple[Cells, ...]:
        return (cells(*cell, range(x.shape[-1])),)

    def cost(self, x: tuple[int, ...]) -> int:
        return x[-1]


@dataclass(frozen=True)
class Mean(OverRow):
    """Mean of a position's channels."""

    formula: ClassVar[str] = "mean(x)"

    def forward(self, x: Array, *, start: int) -> Array:
        return x.mean(axis=-1)

    def value(self, cell: Cell, x: Array) -> float:
        return float(x.mean())


@dataclass(frozen=True)
class Std(OverRow):
    """Standard deviation of a position's channels, kept off zero by eps (Ba et al. 2016)."""

    eps: float
    formula: ClassVar[str] = "√(var(x) + ε)"

    def forward(self, x: Array, *, start: int) -> Array:
        return np.sqrt(x.var(axis=-1) + x.dtype.type(self.eps))

    def value(self, cell: Cell, x: Array) -> float:
        return math.sqrt(float(((x - x.mean()) ** 2).mean()) + self.eps)


@dataclass(frozen=True)
class Rms(OverRow):
    """Root mean square (Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467)."""

    eps: float
    formula: ClassVar[str] = "√(mean(x²) + ε)"

    def forward(self, x: Array, *, start: int) -> Array:
        return np.sqrt(np.square(x).mean(axis=-1) + x.dtype.type(self.eps))

    def value(self, cell: Cell, x: Array) -> float:
        return math.sqrt(float(np.dot(x, x)) / len(x) + self.eps)


@dataclass(frozen=True)
class LayerNorm(Op):
    """(x - mean) / std · γ (+ β)."""

    bias: bool = True

    @property
    def formula(self) -> str:
        return "(x − μ) / σ · γ + β" if self.bias else "(x − μ) / σ · γ"

    def forward(self, x: Array, mean: Array, std: Array, *scale: Array, start: int) -> Array:
        out = (x - mean[..., None]) / std[..., None] * scale[0]
        return out + scale[1] if self.bias else out

    def sources(self, cell: Cell, x: Array, mean: Array, std: Array, *scale: Array) -> tuple[Cells, ...]:
        return cells(*cell), cells(*cell[:-1]), cells(*cell[:-1]), *(cells(cell[-1]) for _ in scale)

    def value(self, cell: Cell, x: Array, mean: Array, std: Array, *scale: Array) -> float:
        out = (x[0] - mean[0]) / std[0] * scale[0][0]
        return float(out + scale[1][0]) if self.bias else float(out)


@dataclass(frozen=True)
class RmsNorm(Op):
    """x / rms · γ."""

    formula: ClassVar[str] = "x / rms · γ"

    def forward(self, x: Array, rms: Array, gain: Array, *, start: int) -> Array:
        return x / rms[..., None] * gain

    def sources(self, cell: Cell, x: Array, rms: Array, gain: Array) -> tuple[Cells, ...]:
        return cells(*cell), cells(*cell[:-1]), cells(cell[-1])

    def value(self, cell: Cell, x: Array, rms: Array, gain: Array) -> float:
        return float(x[0] / rms[0] * gain[0])


# --- matrix products -------------------------------------------------------------------------------


def dot(x: Array, w: Array, bias: tuple[Array, ...]) -> float:
    """Sum of products, plus the bias where there is one."""
    return float(np.dot(x, w) + (bias[0][0] if bias else 0))


@dataclass(frozen=True)
class Linear(Op):
    """x W + b, for every position."""

    formula: ClassVar[str] = "Σ x · W + b"

    def forward(self, x: Array, weight: Array, *bias: Array, start: int) -> Array:
        out = x @ weight  # [T, I] @ [I, O] -> [T, O]
        return out + bias[0] if bias else out

    def sources(self, cell: Cell, x: Array, weight: Array, *bias: Array) -> tuple[Cells, ...]:
        t, o = cell
        i = range(weight.shape[0])
        return cells(t, i), cells(i, o), *(cells(o) for _ in bias)

    def value(self, cell: Cell, x: Array, weight: Array, *bias: Array) -> float:
        return dot(x, weight, bias)

    def cost(self, x: tuple[int, ...], *rest: tuple[int, ...]) -> int:
        return x[-1]


@dataclass(frozen=True)
class Unembed(Op):
    """One dot product a vocabulary entry: x Wᵀ (+ b), with the table's own orientation kept."""

    formula: ClassVar[str] = "Σ x · W_U"

    def forward(self, x: Array, table: Array, *bias: Array, start: int) -> Array:
        out = x @ table.T  # [T, C] @ [C, V] -> [T, V]
        return out + bias[0] if bias else out

    def sources(self, cell: Cell, x: Array, table: Array, *bias: Array) -> tuple[Cells, ...]:
        t, v = cell
        c = range(table.shape[1])
        return cells(t, c), cells(v, c), *(cells(v) for _ in bias)

    def value(self, cell: Cell, x: Array, table: Array, *bias: Array) -> float:
        return dot(x, table, bias)

    def cost(self, x: tuple[int, ...], *rest: tuple[int, ...]) -> int:
        return x[-1]


@dataclass(frozen=True)
class HeadLinear(Op):
    """x W + b for every head: queries, keys, values."""

    formula: ClassVar[str] = "Σ x · W + b"

    def forward(self, x: Array, weight: Array, *bias: Array, start: int) -> Array:
        out = x @ weight  # [T, C] @ [H, C, A] -> [H, T, A]
        return out + bias[0][:, None, :] if bias else out

    def sources(self, cell: Cell, x: Array, weight: Array, *bias: Array) -> tuple[Cells, ...]:
        h, t, a = cell
        c = range(weight.shape[1])
        return cells(t, c), cells(h, c, a), *(cells(h, a) for _ in bias)

    def value(self, cell: Cell, x: Array, weight: Array, *bias: Array) -> float:
        return dot(x, weight, bias)

    def cost(self, x: tuple[int, ...], *rest: tuple[int, ...]) -> int:
        return x[-1]


@dataclass(frozen=True)
class MergeHeads(Op):
    """All heads' outputs side by side, times W, plus b: the projection back to d_model."""

    formula: ClassVar[str] = "Σ z · W_O + b"

    def forward(self, z: Array, weight: Array, *bias: Array, start: int) -> Array:
        n_head, rows, d_head = z.shape
        stacked = z.transpose(1, 0, 2).reshape(rows, n_head * d_head)  # [T, H A]
        out = stacked @ weight.reshape(n_head * d_head, -1)  # [T, C]
        return out + bias[0] if bias else out

    def sources(self, cell: Cell, z: Array, weight: Array, *bias: Array) -> tuple[Cells, ...]:
        t, c = cell
        h, a = (axis.ravel() for axis in np.indices((z.shape[0], z.shape[2])))
        return cells(h, t, a), cells(h, a, c), *(cells(c) for _ in bias)

    def value(self, cell: Cell, z: Array, weight: Array, *bias: Array) -> float:
        return dot(z, weight, bias)

    def cost(self, z: tuple[int, ...], *rest: tuple[int, ...]) -> int:
        return z[0] * z[-1]


# --- attention -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rotary(Op):
    """Turns each pair (a, a + d/2) of features by an angle that grows with the position.

    Half-split pairing as in Hugging Face checkpoints. Features past the rotated ones stay as they are.
    """

    inv_freq: tuple[float, ...]  # [d_rotary / 2]
    factor: float = 1.0
    formula: ClassVar[str] = "x · cos θ(t) ∓ x′ · sin θ(t)"

    def _angles(self, start: int, rows: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
        position = np.arange(start, start + rows, dtype=np.float32)
        angle = position[:, None] * np.asarray(self.inv_freq, np.float32)  # [T, d/2]
        return (np.cos(angle) * self.factor).astype(dtype), (np.sin(angle) * self.factor).astype(dtype)

    def forward(self, x: Array, *, start: int) -> Array:
        half = len(self.inv_freq)
        cos, sin = self._angles(start, x.shape[-2], x.dtype)
        first, second, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
        return np.concatenate([first * cos - second * sin, second * cos + first * sin, rest], axis=-1)

    def _partner(self, a: int) -> int | None:
        half = len(self.inv_freq)
        return None if a >= 2 * half else a + half if a < half else a - half

    def sources(self, cell: Cell, x: Array) -> tuple[Cells, ...]:
        h, t, a = cell
        partner = self._partner(a)
        return (cells(h, t, a if partner is None else np.array([a, partner])),)

    def value(self, cell: Cell, x: Array) -> float:
        _, t, a = cell
        if len(x) == 1:
            return float(x[0])
        half = len(self.inv_freq)
        angle = float(np.float32(t) * np.float32(self.inv_freq[a % half]))
        sign = -1 if a < half else 1
        return float(x[0] * math.cos(angle) + sign * x[1] * math.sin(angle)) * self.factor


@dataclass(frozen=True)
class Scores(Op):
    """Scaled dot product of a query with every key it may see; -inf where it may not.

    Vaswani et al. 2017, https://arxiv.org/abs/1706.03762. Query heads share keys in groups where there
    are fewer key heads (Ainslie et al. 2023).
    """

    window: int | None = None
    formula: ClassVar[str] = "q · k / √d_head"

    def seen(self, query: int) -> range:
        """The keys that a query position may look at."""
        first = 0 if self.window is None else max(0, query - self.window + 1)
        return range(first, query + 1)

    def forward(self, q: Array, k: Array, *, start: int) -> Array:
        n_head, rows, d_head = q.shape
        group = n_head // k.shape[0]
        grouped = q.reshape(k.shape[0], group * rows, d_head)
        scores = (grouped @ k.transpose(0, 2, 1)).reshape(n_head, rows, -1)  # [H, T, T_key]
        scores *= scores.dtype.type(1 / math.sqrt(d_head))
        query = np.arange(start, start + rows)[:, None]
        key = np.arange(scores.shape[-1])[None, :]
        hidden = key > query
        if self.window is not None:
            hidden |= key <= query - self.window
        scores[:, hidden] = -np.inf
        return scores

    def sources(self, cell: Cell, q: Array, k: Array) -> tuple[Cells, ...]:
        h, query, key = cell
        a = range(q.shape[-1] if key in self.seen(query) else 0)
        return cells(h, query, a), cells(h // (q.shape[0] // k.shape[0]), key, a)

    def value(self, cell: Cell, q: Array, k: Array) -> float:
        return float(np.dot(q, k)) / math.sqrt(len(q)) if len(q) else -math.inf

    def cost(self, q: tuple[int, ...], k: tuple[int, ...]) -> int:
        return q[-1]


@dataclass(frozen=True)
class WeightedValues(Op):
    """Sum of the values, each weighted by the attention paid to it."""

    formula: ClassVar[str] = "Σ pattern · v"

    def forward(self, pattern: Array, v: Array, *, start: int) -> Array:
        n_head, rows, keys = pattern.shape
        grouped = pattern.reshape(v.shape[0], -1, keys)
        return (grouped @ v).reshape(n_head, rows, -1)  # [H, T, A]

    def sources(self, cell: Cell, pattern: Array, v: Array) -> tuple[Cells, ...]:
        h, t, a = cell
        key = range(t + 1)
        return cells(h, t, key), cells(h // (pattern.shape[0] // v.shape[0]), key, a)

    def value(self, cell: Cell, pattern: Array, v: Array) -> float:
        return float(np.dot(pattern, v))

    def cost(self, pattern: tuple[int, ...], v: tuple[int, ...]) -> int:
        return pattern[-1]


# --- softmax: over the last axis -------------------------------------------------------------------


def _row(cell: Cell, x: Array, causal: bool) -> Cells:
    """The cells of the row that `cell` stands for; under causality only up to the query itself."""
    return cells(*cell, range(cell[-1] + 1 if causal else x.shape[-1]))


@dataclass(frozen=True)
class RowMax(Op):
    """Largest entry of a row: subtracting it keeps the exponentials finite."""

    causal: bool
    formula: ClassVar[str] = "max(x)"

    def forward(self, x: Array, *, start: int) -> Array:
        return x.max(axis=-1)

    def sources(self, cell: Cell, x: Array) -> tuple[Cells, ...]:
        return (_row(cell, x, self.causal),)

    def value(self, cell: Cell, x: Array) -> float:
        return float(x.max())

    def cost(self, x: tuple[int, ...]) -> int:
        return x[-1]


@dataclass(frozen=True)
class RowSumExp(Op):
    """Sum of the exponentials of a row, after subtracting its maximum."""

    causal: bool
    formula: ClassVar[str] = "Σ exp(x − max)"

    def forward(self, x: Array, largest: Array, *, start: int) -> Array:
        return np.exp(x - largest[..., None]).sum(axis=-1)

    def sources(self, cell: Cell, x: Array, largest: Array) -> tuple[Cells, ...]:
        return _row(cell, x, self.causal), cells(*cell)

    def value(self, cell: Cell, x: Array, largest: Array) -> float:
        return float(np.exp(x - largest[0]).sum())

    def cost(self, x: tuple[int, ...], largest: tuple[int, ...]) -> int:
        return x[-1]


@dataclass(frozen=True)
class Softmax(Op):
    """exp(x - max) / sum: shares that add up to 1."""

    formula: ClassVar[str] = "exp(x − max) / Σ"

    def forward(self, x: Array, largest: Array, total: Array, *, start: int) -> Array:
        return np.exp(x - largest[..., None]) / total[..., None]

    def sources(self, cell: Cell, x: Array, largest: Array, total: Array) -> tuple[Cells, ...]:
        return cells(*cell), cells(*cell[:-1]), cells(*cell[:-1])

    def value(self, cell: Cell, x: Array, largest: Array, total: Array) -> float:
        return math.exp(float(x[0] - largest[0])) / float(total[0])
