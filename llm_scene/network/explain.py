"""How one cell came about: its value, the formula with its numbers, and the cells it was made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import ops
from .activations import ACTIVATIONS
from .addresses import cell_name
from .graph import Matrix
from .ops import Array, Cell
from .trace import Source, Trace

TERMS = 5  # of a long sum that are spelled out
SHOWN_SOURCES = 8  # of each matrix in the text; the data has them all
MINUS = "−"
DUST = 1e-9  # of the largest term: less is left over by rounding


@dataclass(frozen=True)
class Input:
    """The cells of one matrix that a cell was made of, in the order of the sum."""

    matrix: str
    label: str
    axes: tuple[str, ...]
    cells: tuple[Cell, ...]
    values: tuple[float, ...]

    def address(self, i: int) -> str:
        """The i-th cell as `explain` reads it."""
        return f"{self.matrix}[{','.join(f'{a}={k}' for a, k in zip(self.axes, self.cells[i], strict=True))}]"


@dataclass(frozen=True)
class Explanation:
    """All that can be said about one cell."""

    address: str
    matrix: str
    label: str
    section: tuple[str, ...]
    cell: Cell
    axes: tuple[str, ...]
    value: float
    formula: str  # the rule: "q · k / √(size of a head)"; empty for weights and tokens
    numbers: str  # the rule with its numbers: "(0.41·0.9 + …) / √16 = 1.2"
    inputs: tuple[Input, ...]

    def text(self, title: str = "") -> str:
        """To be read in a terminal; `title` says where the matrix belongs, its path without one."""
        lines = [f"{self.address} = {number(self.value)}", title or " › ".join((*self.section, self.label))]
        if not self.formula:
            return "\n".join(lines)
        lines += ["", self.formula, *self.numbers.splitlines(), ""]
        for given in self.inputs:
            lines.append(f"from {given.label} ({given.matrix}), {_count(len(given.cells))}:")
            shown = len(given.cells) if len(given.cells) <= SHOWN_SOURCES + 1 else SHOWN_SOURCES
            lines += [f"  {given.address(i)} = {number(given.values[i])}" for i in range(shown)]
            if shown < len(given.cells):
                lines.append(f"  … and {len(given.cells) - shown} more")
        return "\n".join(lines)


def explain(trace: Trace, name: str, cell: Cell) -> Explanation:
    """How a cell of a trace came about."""
    matrix = trace.network[name]
    sources = trace.sources(name, cell)
    return Explanation(
        address=cell_name(matrix, cell),
        matrix=name,
        label=matrix.label,
        section=matrix.section,
        cell=cell,
        axes=matrix.axes,
        value=trace.value(name, cell),
        formula=matrix.op.formula if matrix.op is not None else "",
        numbers=_numbers(matrix, cell, sources, trace.value(name, cell)),
        inputs=tuple(_input(trace, source) for source in sources if len(source.cells)),
    )


def number(value: float) -> str:
    """Four significant digits with a real minus sign; whole numbers stay whole."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}∞"
    if value == int(value) and abs(value) < 1e6:
        text = str(int(value))
    else:
        text = f"{value:.4g}" if 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"
    return text.replace("-", MINUS)


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _input(trace: Trace, source: Source) -> Input:
    matrix = trace.network[source.matrix]
    places = tuple(tuple(int(i) for i in cell) for cell in source.cells)
    return Input(source.matrix, matrix.label, matrix.axes, places, tuple(float(v) for v in source.values))


# --- numbers: one line or two for each kind of operation --------------------------------------------


def _numbers(matrix: Matrix, cell: Cell, sources: list[Source], value: float) -> str:
    if matrix.op is None:
        return ""
    terms: list[Array] = [np.asarray(source.values, np.float64) for source in sources]
    worded = WORDS.get(type(matrix.op))
    if worded is None:
        raise ValueError(f"no words for {type(matrix.op).__name__}")
    return f"{worded(matrix.op, cell, terms)} = {number(value)}"


def _signed(value: float) -> str:
    """A number within a sum or product: negative ones in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def _sum(terms: Array, spell: Callable[[int], str]) -> str:
    """The largest terms spelled out in their order, and the sum of the rest."""
    if len(terms) <= TERMS + 1:
        return " + ".join(spell(i) for i in range(len(terms))) or "0"
    largest = sorted(np.argsort(-np.abs(terms), kind="stable")[:TERMS])
    others = np.delete(terms, largest)
    rest = math.fsum(others) if np.isfinite(others).all() else float(others.sum())
    spelled = " + ".join(spell(int(i)) for i in largest)
    return f"{spelled} + {_signed(_clean(rest, terms))} from {len(others)} smaller terms"


def _clean(rest: float, terms: Array) -> float:
    """A rest that is nothing but the rounding of the terms it is left of counts as 0."""
    finite = np.abs(terms[np.isfinite(terms)])
    return 0.0 if abs(rest) < DUST * finite.max(initial=0.0) else rest


def _dot(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    x, w, *bias = terms
    summed = _sum(x * w, lambda i: f"{_signed(x[i])}·{_signed(w[i])}")
    return f"{summed} + {_signed(bias[0][0])}" if bias else summed


def _capped(text: str, cap: float | None) -> str:
    return text if cap is None else f"{number(cap)} · tanh(({text}) / {number(cap)})"


def _unembed(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Unembed)
    summed = _dot(op, cell, terms)
    return _capped(summed if op.scale == 1 else f"{number(op.scale)} · ({summed})", op.cap)


def _scores(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Scores)
    if not len(terms[0]):
        return "hidden: a query sees no later key" if cell[2] > cell[1] else "hidden: outside the window"
    times = f" / √{len(terms[0])}" if op.scale is None else f" · {number(op.scale)}"
    return _capped(f"({_dot(op, cell, terms)}){times}", op.cap)


def _mean(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    (x,) = terms
    return f"({_sum(x, lambda i: _signed(x[i]))}) / {len(x)}"


def _std(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Std)
    (x,) = terms
    spread = (x - x.mean()) ** 2
    mean = _signed(float(x.mean()))
    summed = _sum(spread, lambda i: f"({number(x[i])} {MINUS} {mean})²")
    return f"√(({summed}) / {len(x)} + {number(op.eps)})"


def _rms(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Rms)
    (x,) = terms
    return f"√(({_sum(x * x, lambda i: f'{_signed(x[i])}²')}) / {len(x)} + {number(op.eps)})"


def _layer_norm(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    x, mean, std, gain, *shift = (float(term[0]) for term in terms)
    scaled = f"({number(x)} {MINUS} {_signed(mean)}) / {number(std)} · {_signed(gain)}"
    return f"{scaled} + {_signed(shift[0])}" if shift else scaled


def _rms_norm(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.RmsNorm)
    x, rms, gain = (float(term[0]) for term in terms)
    scale = f"({number(op.offset)} + {_signed(gain)})" if op.offset else _signed(gain)
    return f"{_signed(x)} / {number(rms)} · {scale}"


def _activation(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Activation)
    x = float(terms[0][0])
    return ACTIVATIONS[op.kind].spelled.replace("{(x)}", _signed(x)).replace("{x}", number(x))


def _clipped_swish(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.ClippedSwish)
    cut = min(float(terms[0][0]), op.limit)
    return f"{_signed(cut)} · σ({number(op.alpha)} · {_signed(cut)})"


def _clipped_multiply(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.ClippedMultiply)
    a, b = (float(term[0]) for term in terms)
    return f"{_signed(a)} · ({number(min(max(b, -op.limit), op.limit))} + 1)"


def _rotary(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Rotary)
    (x,) = terms
    pair = op.pair(cell[2])
    if pair is None:
        return f"{number(float(x[0]))} (not turned)"
    angle, sign = number(op.angle(cell[1], cell[2])), MINUS if pair[2] else "+"
    turned = f"{_signed(x[0])}·cos {angle} {sign} {_signed(x[1])}·sin {angle}"
    return turned if op.factor == 1 else f"({turned}) · {number(op.factor)}"


def _row_max(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    x = np.concatenate(terms)  # a sink comes last
    at = np.argsort(-x, kind="stable")[: TERMS + 1]
    more = ", …" if len(x) > len(at) else ""
    return f"max({', '.join(number(float(x[i])) for i in sorted(at))}{more})"


def _row_sum_exp(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    row, largest, *sink = terms
    x = np.concatenate([row, *sink])
    top = _signed(float(largest[0]))
    return _sum(np.exp(x - largest[0]), lambda i: f"exp({number(float(x[i]))} {MINUS} {top})")


def _softmax(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    x, largest, total = (float(term[0]) for term in terms)
    return f"exp({number(x)} {MINUS} {_signed(largest)}) / {number(total)}"


def _lookup(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Lookup)
    row = f"row of token {int(terms[0][0])} in the table"
    return row if op.scale == 1 else f"{row}: {_signed(terms[1][0])} · {number(op.scale)}"


def _position(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    return f"row {cell[0] + 1} of the table"


def _both(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    return f"{_signed(terms[1][0])} + {_signed(terms[2][0])}"


def _add(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Add)
    a, *added = (_signed(float(term[0])) for term in terms)
    together = " + ".join(added)
    if op.scale == 1:
        return f"{a} + {together}"
    return f"{a} + {number(op.scale)} · {together if len(added) == 1 else f'({together})'}"


def _multiply(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    return f"{_signed(terms[0][0])} · {_signed(terms[1][0])}"


def _choose(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Choose)
    (p,) = terms
    ranked = np.argsort(-p, kind="stable")
    rank = int(np.flatnonzero(ranked == cell[1])[0])
    if rank >= op.k:
        return f"idle: {number(float(p[cell[1]]))} is not among the {op.k} largest"
    own = number(float(p[cell[1]]))
    chosen = " + ".join(number(float(p[i])) for i in sorted(ranked[: op.k]))
    return f"{own} / ({chosen})" if op.renormed else own


def _expert(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    x, weight, share, *bias = terms
    if not share[0]:
        return "idle: the router did not choose this expert here"
    return _dot(op, cell, [x, weight, *bias])


def _gate(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    return f"σ({_dot(op, cell, terms)})"


def _mixture(op: ops.Op, cell: Cell, terms: list[Array]) -> str:
    assert isinstance(op, ops.Mixture)
    share, *results = (np.asarray(term) for term in terms)
    chosen = np.flatnonzero(share)
    mixed = _dot(op, cell, [share[chosen], np.array([results[e][0] for e in chosen])])
    return f"{mixed} + {_signed(results[-2][0])}·{_signed(results[-1][0])}" if op.shared else mixed


WORDS: dict[type[ops.Op], Callable[[ops.Op, Cell, list[Array]], str]] = {
    ops.Lookup: _lookup,
    ops.Position: _position,
    ops.TokenAndPosition: _both,
    ops.Add: _add,
    ops.Multiply: _multiply,
    ops.Activation: _activation,
    ops.Mean: _mean,
    ops.Std: _std,
    ops.Rms: _rms,
    ops.LayerNorm: _layer_norm,
    ops.RmsNorm: _rms_norm,
    ops.Linear: _dot,
    ops.Unembed: _unembed,
    ops.HeadLinear: _dot,
    ops.MergeHeads: _dot,
    ops.Rotary: _rotary,
    ops.Scores: _scores,
    ops.WeightedValues: _dot,
    ops.RowMax: _row_max,
    ops.RowSumExp: _row_sum_exp,
    ops.Softmax: _softmax,
    ops.ClippedSwish: _clipped_swish,
    ops.ClippedMultiply: _clipped_multiply,
    ops.Choose: _choose,
    ops.ExpertLinear: _expert,
    ops.Gate: _gate,
    ops.Mixture: _mixture,
}
