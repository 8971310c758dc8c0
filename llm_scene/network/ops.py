"""The operations a language model is made of.

Every operation says five things about itself, each from a single place:

- `forward(*inputs, start)`: whole arrays in, whole array out. `start` is the sequence position of the
  first row, so that the same code computes a prompt or one further position.
- `reads` and `out`: which cells of every input a cell is made of, as letters for axes (see `reads.py`).
  `sources`, `cost` and what the web page shows follow from them.
- `value(cell, *terms)`: the cell's value from the values of those cells alone, one 1-D array an input
  (`cell` itself matters where a rule depends on the place).
- `formula`: the rule in mathematical notation, for labels and tooltips.

`forward` and `value` are two independent ways to the same number; the tests hold them together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from . import reads as reading
from .activations import ACTIVATIONS, sigmoid
from .activations import Array as Array
from .activations import Numbers as Numbers
from .reads import Cell as Cell
from .reads import Cells as Cells


class Op:
    """Base of all operations; they hold parameters only, never data."""

    reads: ClassVar[tuple[str, ...]] = ()  # a pattern an input
    out: ClassVar[str] = "..."  # the result's axes
    formula: ClassVar[str] = ""
    blank: ClassVar[float] = 0.0  # what memory beyond the sequence holds

    def forward(self, *inputs: Array, start: int) -> Array:
        """The whole result."""
        raise NotImplementedError

    def hidden(self, cell: Cell) -> bool:
        """Whether a cell is left out of the computation, whatever the inputs."""
        return False

    def sources(self, cell: Cell, *inputs: Array) -> tuple[Cells, ...]:
        """For every input, the cells that `cell` is computed from, `[n, ndim]`."""
        if self.hidden(cell):
            return tuple(np.empty((0, x.ndim), np.intp) for x in inputs)
        return reading.sources(self.reads, self.out, cell, inputs)

    def value(self, cell: Cell, *terms: Array) -> float:
        """The cell's value from its source values."""
        raise NotImplementedError

    def cost(self, *shapes: tuple[int, ...]) -> int:
        """How many source cells a typical cell has: what the pacing of the film goes by."""
        return math.prod(reading.ranges(self.reads, shapes).values())


# --- embedding -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lookup(Op):
    """Row `tokens[t]` of a table, times a constant (Gemma, Granite)."""

    scale: float = 1.0
    reads: ClassVar[tuple[str, ...]] = ("t", "@ c")
    out: ClassVar[str] = "t c"

    @property
    def formula(self) -> str:
        return "W_E[token(t), c]" if self.scale == 1 else "W_E[token(t), c] · s"

    def forward(self, tokens: Array, table: Array, *, start: int) -> Array:
        rows = table[tokens.astype(np.intp)]  # [T, C]
        return rows if self.scale == 1 else rows * rows.dtype.type(self.scale)

    def value(self, cell: Cell, token: Array, row: Array) -> float:
        return float(row[0]) * self.scale


@dataclass(frozen=True)
class Position(Op):
    """Row t of the table of learned positions."""

    reads: ClassVar[tuple[str, ...]] = ("-", "t c")
    out: ClassVar[str] = "t c"
    formula: ClassVar[str] = "W_pos[t, c]"

    def forward(self, tokens: Array, table: Array, *, start: int) -> Array:
        return table[start : start + len(tokens)]  # [T, C]

    def value(self, cell: Cell, token: Array, row: Array) -> float:
        return float(row[0])


@dataclass(frozen=True)
class TokenAndPosition(Op):
    """Sum of the token's row and the position's row (GPT-2's input embedding)."""

    reads: ClassVar[tuple[str, ...]] = ("t", "@ c", "t c")
    out: ClassVar[str] = "t c"
    formula: ClassVar[str] = "W_E[token(t), c] + W_pos[t, c]"

    def forward(self, tokens: Array, table: Array, positions: Array, *, start: int) -> Array:
        return table[tokens.astype(np.intp)] + positions[start : start + len(tokens)]  # [T, C]

    def value(self, cell: Cell, token: Array, row: Array, position: Array) -> float:
        return float(row[0] + position[0])


# --- cell by cell ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Add(Op):
    """Residual addition: of one branch, or of two that ran in parallel. Granite scales what is added."""

    scale: float = 1.0
    reads: ClassVar[tuple[str, ...]] = ("...", "...", "...?")

    @property
    def formula(self) -> str:
        return "a + b" if self.scale == 1 else "a + s · b"

    def forward(self, a: Array, *added: Array, start: int) -> Array:
        branches = added[0] if len(added) == 1 else added[0] + added[1]
        return a + (branches if self.scale == 1 else branches * a.dtype.type(self.scale))

    def value(self, cell: Cell, a: Array, *added: Array) -> float:
        return float(a[0] + self.scale * sum(b[0] for b in added))


@dataclass(frozen=True)
class Multiply(Op):
    """Gate times value (Shazeer 2020, https://arxiv.org/abs/2002.05202)."""

    reads: ClassVar[tuple[str, ...]] = ("...", "...")
    formula: ClassVar[str] = "a · b"

    def forward(self, a: Array, b: Array, *, start: int) -> Array:
        return a * b

    def value(self, cell: Cell, a: Array, b: Array) -> float:
        return float(a[0] * b[0])


@dataclass(frozen=True)
class Activation(Op):
    """The bend between the two layers of an MLP."""

    kind: str
    reads: ClassVar[tuple[str, ...]] = ("...",)

    @property
    def formula(self) -> str:
        return ACTIVATIONS[self.kind].formula

    def forward(self, x: Array, *, start: int) -> Array:
        return ACTIVATIONS[self.kind].function(x)

    def value(self, cell: Cell, x: Array) -> float:
        return float(ACTIVATIONS[self.kind].function(np.asarray(x, np.float64))[0])


@dataclass(frozen=True)
class ClippedSwish(Op):
    """The gate of gpt-oss: x · σ(α · x), with x cut off above the limit."""

    alpha: float
    limit: float
    reads: ClassVar[tuple[str, ...]] = ("...",)
    formula: ClassVar[str] = "min(x, l) · σ(α · min(x, l))"

    def forward(self, x: Array, *, start: int) -> Array:
        cut = np.minimum(x, x.dtype.type(self.limit))
        return cut * sigmoid(x.dtype.type(self.alpha) * cut)

    def value(self, cell: Cell, x: Array) -> float:
        cut = min(float(x[0]), self.limit)
        return cut / (1 + math.exp(-self.alpha * cut)) if self.alpha * cut > -700 else 0.0


@dataclass(frozen=True)
class ClippedMultiply(Op):
    """Gate times one more than the value, with the value cut off at both sides (gpt-oss)."""

    limit: float
    reads: ClassVar[tuple[str, ...]] = ("...", "...")
    formula: ClassVar[str] = "a · (min(max(b, −l), l) + 1)"

    def forward(self, a: Array, b: Array, *, start: int) -> Array:
        limit = b.dtype.type(self.limit)
        return a * (np.clip(b, -limit, limit) + 1)

    def value(self, cell: Cell, a: Array, b: Array) -> float:
        return float(a[0]) * (min(max(float(b[0]), -self.limit), self.limit) + 1)


# --- norms: over the last axis, or over all features of all heads ------------------------------------

# What a norm shares: "row": each row has statistics of its own and all rows one gain; "head": every head
# has a gain of its own (StableLM); "heads": a position's heads have statistics in common too (OLMo 2).
Over = Literal["row", "head", "heads"]
ROW = {"row": "... *x", "head": "... *x", "heads": "*h t *x"}
NORMED = {  # the result, its statistics, its gain
    "row": ("... c", "...", "c"),
    "head": ("h t c", "h t", "h c"),
    "heads": ("h t c", "t", "h c"),
}


class OverRow(Op):
    """An aggregate over the cells that are normed together."""

    over: Over

    @property
    def reads(self) -> tuple[str, ...]:
        return (ROW[self.over],)

    @property
    def out(self) -> str:
        return "t" if self.over == "heads" else "..."

    def axes(self) -> int | tuple[int, ...]:
        """What `forward` runs over."""
        return (0, 2) if self.over == "heads" else -1


@dataclass(frozen=True)
class Mean(OverRow):
    """Mean of a row."""

    over: Over = "row"
    formula: ClassVar[str] = "mean(x)"

    def forward(self, x: Array, *, start: int) -> Array:
        return x.mean(axis=self.axes())  # [..., C] -> [...]

    def value(self, cell: Cell, x: Array) -> float:
        return float(x.mean())


@dataclass(frozen=True)
class Std(OverRow):
    """Standard deviation of a row, kept off zero by eps (Ba et al. 2016)."""

    eps: float
    over: Over = "row"
    formula: ClassVar[str] = "√(var(x) + ε)"

    def forward(self, x: Array, *, start: int) -> Array:
        return np.sqrt(x.var(axis=self.axes()) + x.dtype.type(self.eps))  # [..., C] -> [...]

    def value(self, cell: Cell, x: Array) -> float:
        return math.sqrt(float(((x - x.mean()) ** 2).mean()) + self.eps)


@dataclass(frozen=True)
class Rms(OverRow):
    """Root mean square (Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467)."""

    eps: float
    over: Over = "row"
    formula: ClassVar[str] = "√(mean(x²) + ε)"

    def forward(self, x: Array, *, start: int) -> Array:
        return np.sqrt(np.square(x).mean(axis=self.axes()) + x.dtype.type(self.eps))  # [..., C] -> [...]

    def value(self, cell: Cell, x: Array) -> float:
        return math.sqrt(float(np.dot(x, x)) / len(x) + self.eps)


class Normed(Op):
    """A row divided by its statistics and scaled by what was learned."""

    over: Over

    @property
    def out(self) -> str:
        return NORMED[self.over][0]

    def stretched(self, statistics: Array) -> Array:
        """Statistics with the axes that they lack, to divide a row by."""
        return statistics[:, None] if self.over == "heads" else statistics[..., None]

    def spread(self, gain: Array) -> Array:
        """A gain with the axes that it lacks, to multiply a row by."""
        return gain if self.over == "row" else gain[:, None, :]


@dataclass(frozen=True)
class LayerNorm(Normed):
    """(x - mean) / std · γ (+ β)."""

    bias: bool = True
    over: Over = "row"

    @property
    def reads(self) -> tuple[str, ...]:
        out, statistics, gain = NORMED[self.over]
        return (out, statistics, statistics, gain, f"{gain}?")

    @property
    def formula(self) -> str:
        return "(x − μ) / σ · γ + β" if self.bias else "(x − μ) / σ · γ"

    def forward(self, x: Array, mean: Array, std: Array, *scale: Array, start: int) -> Array:
        out = (x - self.stretched(mean)) / self.stretched(std) * self.spread(scale[0])  # [..., C]
        return out + self.spread(scale[1]) if self.bias else out

    def value(self, cell: Cell, x: Array, mean: Array, std: Array, *scale: Array) -> float:
        out = (x[0] - mean[0]) / std[0] * scale[0][0]
        return float(out + scale[1][0]) if self.bias else float(out)


@dataclass(frozen=True)
class RmsNorm(Normed):
    """x / rms · γ, or · (1 + γ) as in Gemma."""

    offset: float = 0.0
    over: Over = "row"

    @property
    def reads(self) -> tuple[str, ...]:
        return NORMED[self.over]

    @property
    def formula(self) -> str:
        return "x / rms · (1 + γ)" if self.offset else "x / rms · γ"

    def forward(self, x: Array, rms: Array, gain: Array, *, start: int) -> Array:
        gain = self.spread(gain)
        return x / self.stretched(rms) * (gain + gain.dtype.type(self.offset) if self.offset else gain)

    def value(self, cell: Cell, x: Array, rms: Array, gain: Array) -> float:
        return float(x[0] / rms[0] * (gain[0] + self.offset))


# --- matrix products -------------------------------------------------------------------------------


def dot(x: Array, w: Array, bias: tuple[Array, ...]) -> float:
    """Sum of products, plus the bias where there is one."""
    return float(np.dot(x, w) + (bias[0][0] if bias else 0))


def soft_cap(x: Array, cap: float) -> Array:
    """x kept between -cap and cap by a smooth bend (Gemma 2, https://arxiv.org/abs/2408.00118)."""
    limit = x.dtype.type(cap)
    return np.tanh(x / limit) * limit


@dataclass(frozen=True)
class Linear(Op):
    """x W + b, for every position."""

    reads: ClassVar[tuple[str, ...]] = ("t *i", "*i o", "o?")
    out: ClassVar[str] = "t o"
    formula: ClassVar[str] = "Σ x · W + b"

    def forward(self, x: Array, weight: Array, *bias: Array, start: int) -> Array:
        out = x @ weight  # [T, I] @ [I, O] -> [T, O]
        return out + bias[0] if bias else out

    def value(self, cell: Cell, x: Array, weight: Array, *bias: Array) -> float:
        return dot(x, weight, bias)


@dataclass(frozen=True)
class Unembed(Op):
    """One dot product a vocabulary entry: x Wᵀ (+ b), with the table's own orientation kept.

    Granite divides the result by a constant, Gemma 2 caps it softly.
    """

    scale: float = 1.0
    cap: float | None = None
    reads: ClassVar[tuple[str, ...]] = ("t *c", "v *c", "v?")
    out: ClassVar[str] = "t v"

    @property
    def plain(self) -> bool:
        """Whether a score is a dot product and no more."""
        return self.scale == 1 and self.cap is None

    @property
    def formula(self) -> str:
        rule = "Σ x · W_U" if self.scale == 1 else "s · Σ x · W_U"
        return rule if self.cap is None else f"l · tanh({rule} / l)"

    def forward(self, x: Array, table: Array, *bias: Array, start: int) -> Array:
        out = x @ table.T  # [T, C] @ [C, V] -> [T, V]
        out = out + bias[0] if bias else out
        out = out if self.scale == 1 else out * out.dtype.type(self.scale)
        return out if self.cap is None else soft_cap(out, self.cap)

    def value(self, cell: Cell, x: Array, table: Array, *bias: Array) -> float:
        raw = dot(x, table, bias) * self.scale
        return raw if self.cap is None else math.tanh(raw / self.cap) * self.cap


@dataclass(frozen=True)
class HeadLinear(Op):
    """x W + b for every head: queries, keys, values."""

    reads: ClassVar[tuple[str, ...]] = ("t *c", "h *c a", "h a?")
    out: ClassVar[str] = "h t a"
    formula: ClassVar[str] = "Σ x · W + b"

    def forward(self, x: Array, weight: Array, *bias: Array, start: int) -> Array:
        out = x @ weight  # [T, C] @ [H, C, A] -> [H, T, A]
        return out + bias[0][:, None, :] if bias else out

    def value(self, cell: Cell, x: Array, weight: Array, *bias: Array) -> float:
        return dot(x, weight, bias)


@dataclass(frozen=True)
class MergeHeads(Op):
    """All heads' outputs side by side, times W, plus b: the projection back to d_model."""

    reads: ClassVar[tuple[str, ...]] = ("*h t *a", "*h *a c", "c?")
    out: ClassVar[str] = "t c"
    formula: ClassVar[str] = "Σ z · W_O + b"

    def forward(self, z: Array, weight: Array, *bias: Array, start: int) -> Array:
        n_head, rows, d_head = z.shape
        stacked = z.transpose(1, 0, 2).reshape(rows, n_head * d_head)  # [T, H A]
        out = stacked @ weight.reshape(n_head * d_head, -1)  # [T, C]
        return out + bias[0] if bias else out

    def value(self, cell: Cell, z: Array, weight: Array, *bias: Array) -> float:
        return dot(z, weight, bias)


# --- attention -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rotary(Op):
    """Turns pairs of features by an angle that grows with the position.

    A pair is (a, a + d/2) as in Hugging Face's Llama, or two neighbours as in GPT-J. Features past the
    rotated ones stay as they are.
    """

    inv_freq: tuple[float, ...]  # [d_rotary / 2]
    factor: float = 1.0
    neighbours: bool = False
    reads: ClassVar[tuple[str, ...]] = ("h t a",)
    out: ClassVar[str] = "h t a"
    formula: ClassVar[str] = "x · cos θ(t) ∓ x′ · sin θ(t)"

    def _angles(self, start: int, rows: int, dtype: np.dtype[Any]) -> tuple[Array, Array]:
        position = np.arange(start, start + rows, dtype=np.float32)
        angle = position[:, None] * np.asarray(self.inv_freq, np.float32)  # [T, d/2]
        return (np.cos(angle) * self.factor).astype(dtype), (np.sin(angle) * self.factor).astype(dtype)

    def forward(self, x: Array, *, start: int) -> Array:
        half = len(self.inv_freq)
        cos, sin = self._angles(start, x.shape[-2], x.dtype)
        rest = x[..., 2 * half :]
        if self.neighbours:
            first, second = x[..., 0 : 2 * half : 2], x[..., 1 : 2 * half : 2]
        else:
            first, second = x[..., :half], x[..., half : 2 * half]
        turned = first * cos - second * sin, second * cos + first * sin  # [H, T, d/2] each
        if self.neighbours:
            pairs = np.stack(turned, axis=-1).reshape(*x.shape[:-1], 2 * half)
            return np.concatenate([pairs, rest], axis=-1)
        return np.concatenate([*turned, rest], axis=-1)

    def pair(self, a: int) -> tuple[int, int, bool] | None:
        """(number of its pair, its partner, whether it is the first) of a feature that is turned."""
        half = len(self.inv_freq)
        if a >= 2 * half:
            return None
        if self.neighbours:
            return a // 2, a ^ 1, a % 2 == 0
        return a % half, a + half if a < half else a - half, a < half

    def angle(self, t: int, a: int) -> float:
        """The angle in radians by which feature a is turned at position t."""
        found = self.pair(a)
        assert found is not None
        return float(np.float32(t) * np.float32(self.inv_freq[found[0]]))

    def sources(self, cell: Cell, *inputs: Array) -> tuple[Cells, ...]:
        h, t, a = cell
        found = self.pair(a)
        return (np.array([cell] if found is None else [cell, (h, t, found[1])], np.intp),)

    def value(self, cell: Cell, x: Array) -> float:
        _, t, a = cell
        found = self.pair(a)
        if found is None:
            return float(x[0])
        angle, sign = self.angle(t, a), -1 if found[2] else 1
        return float(x[0] * math.cos(angle) + sign * x[1] * math.sin(angle)) * self.factor


@dataclass(frozen=True)
class Scores(Op):
    """Scaled dot product of a query with every key it may see; -inf where it may not.

    Vaswani et al. 2017, https://arxiv.org/abs/1706.03762. Query heads share keys in groups where there
    are fewer key heads (Ainslie et al. 2023). Gemma 2 caps the result softly.
    """

    window: int | None = None
    scale: float | None = None  # None: one over the root of the features
    cap: float | None = None
    reads: ClassVar[tuple[str, ...]] = ("h t *a", "h/ k *a")
    out: ClassVar[str] = "h t k"
    blank: ClassVar[float] = -math.inf

    @property
    def formula(self) -> str:
        rule = "q · k / √(size of a head)" if self.scale is None else "q · k · s"
        return rule if self.cap is None else f"l · tanh({rule} / l)"

    def hidden(self, cell: Cell) -> bool:
        _, query, key = cell
        return key > query or (self.window is not None and key <= query - self.window)

    def forward(self, q: Array, k: Array, *, start: int) -> Array:
        n_head, rows, d_head = q.shape
        group = n_head // k.shape[0]
        grouped = q.reshape(k.shape[0], group * rows, d_head)
        scores: Array = (grouped @ k.transpose(0, 2, 1)).reshape(n_head, rows, -1)  # [H, T, T_key]
        scores *= scores.dtype.type(self.times(d_head))
        if self.cap is not None:
            scores = soft_cap(scores, self.cap)
        query = np.arange(start, start + rows)[:, None]
        key = np.arange(scores.shape[-1])[None, :]
        hidden = key > query
        if self.window is not None:
            hidden |= key <= query - self.window
        scores[:, hidden] = -np.inf
        return scores

    def times(self, d_head: int) -> float:
        """What a product of a query and a key is multiplied by."""
        return 1 / math.sqrt(d_head) if self.scale is None else self.scale

    def value(self, cell: Cell, q: Array, k: Array) -> float:
        if not len(q):
            return -math.inf
        raw = float(np.dot(q, k)) * self.times(len(q))
        return raw if self.cap is None else math.tanh(raw / self.cap) * self.cap


@dataclass(frozen=True)
class WeightedValues(Op):
    """Sum of the values, each weighted by the attention paid to it."""

    reads: ClassVar[tuple[str, ...]] = ("h t <k", "h/ <k a")
    out: ClassVar[str] = "h t a"
    formula: ClassVar[str] = "Σ pattern · v"

    def forward(self, pattern: Array, v: Array, *, start: int) -> Array:
        n_head, rows, keys = pattern.shape
        grouped = pattern.reshape(v.shape[0], -1, keys)
        return (grouped @ v).reshape(n_head, rows, -1)  # [H, T, A]

    def value(self, cell: Cell, pattern: Array, v: Array) -> float:
        return float(np.dot(pattern, v))


# --- softmax: over the last axis -------------------------------------------------------------------


class Softmaxed(Op):
    """A part of the softmax. The largest entry is kept as a matrix of its own: subtracting it keeps the
    exponentials finite and changes no share."""

    causal: bool

    @property
    def row(self) -> str:
        """The row that a cell stands for; under causality only up to the query itself."""
        return "h t <k" if self.causal else "... *x"

    @property
    def out(self) -> str:
        return "h t" if self.causal else "..."


@dataclass(frozen=True)
class RowMax(Softmaxed):
    """Largest entry of a row, and of the head's sink where there is one (gpt-oss)."""

    causal: bool
    formula: ClassVar[str] = "max(x)"

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.row, "h?")

    def forward(self, x: Array, *sink: Array, start: int) -> Array:
        largest = x.max(axis=-1)  # [..., K] -> [...]
        return np.maximum(largest, sink[0][:, None]) if sink else largest

    def value(self, cell: Cell, x: Array, *sink: Array) -> float:
        return float(max(x.max(), *(s[0] for s in sink))) if sink else float(x.max())


@dataclass(frozen=True)
class RowSumExp(Softmaxed):
    """Sum of the exponentials of a row after subtracting its maximum; a sink takes part in it."""

    causal: bool
    formula: ClassVar[str] = "Σ exp(x − max)"

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.row, self.out, "h?")

    def forward(self, x: Array, largest: Array, *sink: Array, start: int) -> Array:
        total = np.exp(x - largest[..., None]).sum(axis=-1)  # [..., K] -> [...]
        return total + np.exp(sink[0][:, None] - largest) if sink else total

    def value(self, cell: Cell, x: Array, largest: Array, *sink: Array) -> float:
        return float(np.exp(np.concatenate([x, *sink]) - largest[0]).sum())


@dataclass(frozen=True)
class Softmax(Op):
    """exp(x - max) / sum: shares that add up to 1, or to less where a sink takes some."""

    reads: ClassVar[tuple[str, ...]] = ("... x", "...", "...")
    out: ClassVar[str] = "... x"
    formula: ClassVar[str] = "exp(x − max) / Σ"

    def forward(self, x: Array, largest: Array, total: Array, *, start: int) -> Array:
        return np.exp(x - largest[..., None]) / total[..., None]  # [..., K]

    def value(self, cell: Cell, x: Array, largest: Array, total: Array) -> float:
        return math.exp(float(x[0] - largest[0])) / float(total[0])


# --- mixture of experts (Shazeer et al. 2017, https://arxiv.org/abs/1701.06538) ----------------------


@dataclass(frozen=True)
class Choose(Op):
    """The shares of the k likeliest experts, the others 0; renormed, they add up to 1 again."""

    k: int
    renormed: bool
    reads: ClassVar[tuple[str, ...]] = ("t *e",)
    out: ClassVar[str] = "t e"

    @property
    def formula(self) -> str:
        chosen = f"one of the {self.k} largest, else 0"
        return f"p / Σ p, if {chosen}" if self.renormed else f"p, if {chosen}"

    def forward(self, probs: Array, *, start: int) -> Array:
        chosen = np.argsort(-probs, axis=-1, kind="stable")[:, : self.k]  # [T, k]
        shares = np.zeros_like(probs)  # [T, E]
        np.put_along_axis(shares, chosen, np.take_along_axis(probs, chosen, axis=-1), axis=-1)
        return shares / shares.sum(axis=-1, keepdims=True) if self.renormed else shares

    def value(self, cell: Cell, probs: Array) -> float:
        chosen = np.argsort(-probs, kind="stable")[: self.k]
        if cell[1] not in chosen:
            return 0.0
        return float(probs[cell[1]] / probs[chosen].sum()) if self.renormed else float(probs[cell[1]])


@dataclass(frozen=True)
class ExpertLinear(Op):
    """x W + b at the positions where an expert was chosen; 0 where it is idle."""

    expert: int
    out: ClassVar[str] = "t o"
    formula: ClassVar[str] = "Σ x · W + b, where the expert was chosen"

    @property
    def reads(self) -> tuple[str, ...]:
        return ("t *i", "*i o", f"t #{self.expert}!", "o?")

    def forward(self, x: Array, weight: Array, share: Array, *bias: Array, start: int) -> Array:
        out = np.zeros((len(x), weight.shape[-1]), x.dtype)  # [T, O]
        rows = np.flatnonzero(share[:, self.expert])
        if len(rows):
            made = x[rows] @ weight  # [n, I] @ [I, O]
            out[rows] = made + bias[0] if bias else made
        return out

    def value(self, cell: Cell, x: Array, weight: Array, share: Array, *bias: Array) -> float:
        return dot(x, weight, bias) if share[0] else 0.0


@dataclass(frozen=True)
class Gate(Op):
    """σ(x · w): how far the shared expert is let through (Qwen2-MoE)."""

    reads: ClassVar[tuple[str, ...]] = ("t *c", "*c")
    out: ClassVar[str] = "t"
    formula: ClassVar[str] = "σ(Σ x · w)"

    def forward(self, x: Array, weight: Array, *, start: int) -> Array:
        return sigmoid(x @ weight)  # [T, C] @ [C] -> [T]

    def value(self, cell: Cell, x: Array, weight: Array) -> float:
        return 1 / (1 + math.exp(-max(float(np.dot(x, weight)), -700.0)))


@dataclass(frozen=True)
class Mixture(Op):
    """The experts' results, each weighted by its share, and the shared expert's by its gate."""

    count: int
    shared: bool = False
    out: ClassVar[str] = "t c"
    formula: ClassVar[str] = "Σ share · result"

    @property
    def reads(self) -> tuple[str, ...]:
        return ("t *e", *(["t c"] * self.count), *(("t", "t c") if self.shared else ()))

    def forward(self, share: Array, *results: Array, start: int) -> Array:
        out = np.zeros_like(results[0])  # [T, C]
        for expert in np.flatnonzero(share.any(axis=0)):
            out += share[:, expert, None] * results[expert]
        return out + results[-2][:, None] * results[-1] if self.shared else out

    def value(self, cell: Cell, share: Array, *results: Array) -> float:
        mixed = sum(float(share[e] * results[e][0]) for e in range(self.count))
        return mixed + float(results[-2][0] * results[-1][0]) if self.shared else mixed
