"""Numbers that are worked out from cells of the model: a list that is gone through once.

A row is an operation and up to three operands: numbers, cells, or the rows that it works on. So what a
close-up shows by words, colours, places and sizes is said once, and worked out again for any other prompt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from ...look import normalise, scale_of
from ...network.ops import Array, Cell, Lookup, TokenAndPosition
from ...network.sampling import softmax
from ...network.trace import Trace

At = tuple[str, Cell]  # a matrix and a cell of it

# On cells and tokens: what is looked up. On numbers: what is worked out.
LOOKED_UP = (
    "constant", "cell", "tone", "entry", "entry_tone", "letter", "scale", "token", "ranked", "chance",
)  # fmt: skip
WORKED: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "less": lambda a, b: a - b,
    "times": lambda a, b: a * b,
    "over": lambda a, b: a / b if b else 0.0,
    "most": max,
    "least": min,
    "size": abs,
    "exp": lambda a: math.exp(min(a, 700.0)),
    "pick": lambda a, b, c: b if a >= 0 else c,
}
OPERATIONS = (*LOOKED_UP, *WORKED)


@dataclass(frozen=True)
class Number:
    """A row of the list; arithmetic with it makes further ones."""

    sums: Sums = field(repr=False)
    row: int

    def __add__(self, other: Number | float) -> Number:
        return self.sums.made("add", self, other)

    def __sub__(self, other: Number | float) -> Number:
        return self.sums.made("less", self, other)

    def __mul__(self, other: Number | float) -> Number:
        return self.sums.made("times", self, other)

    def __truediv__(self, other: Number | float) -> Number:
        return self.sums.made("over", self, other)

    @property
    def own(self) -> float:
        """What it comes to in the film."""
        return self.sums.own[self.row]


class Sums:
    """The list. `position` is the one that close-ups look at: whose next token is chosen."""

    def __init__(self, trace: Trace, position: int) -> None:
        self.trace, self.position = trace, position
        lookups = (m for m in trace.network if isinstance(m.op, Lookup | TokenAndPosition))
        self.table = next((m.inputs[1] for m in lookups), "")  # where tokens are looked up
        self._order = {matrix.name: i for i, matrix in enumerate(trace.network)}
        self._names = list(self._order)
        self._rows: dict[tuple[float, ...], int] = {}
        self._list: list[tuple[float, ...]] = []
        self._scales: dict[str, float] = {}
        self.own: list[float] = []  # what the rows come to in the film

    # --- what is looked up ---

    def constant(self, value: float) -> Number:
        """A number that no prompt changes."""
        return self._row("constant", float(value))

    def cell(self, at: At) -> Number:
        """The value of a cell; where the film looked it up for its letter, what is looked up for another."""
        return self._row("entry" if self._looked_up(at) else "cell", *self._place(at))

    def tone(self, at: At, still: bool = False) -> Number:
        """The same for the colour map, -1 to 1. `still`: that of this very cell, whatever is looked up."""
        followed = self._looked_up(at) and not still
        return self._row("entry_tone" if followed else "tone", *self._place(at))

    def letter(self) -> Number:
        """The token at the position."""
        return self._row("letter")

    def _looked_up(self, at: At) -> bool:
        return at[0] == self.table and at[1][0] == self.trace.tokens[self.position]

    def scale(self, matrix: str) -> Number:
        """The magnitude that fills the colour map of a matrix."""
        return self._row("scale", self._order[matrix])

    def token(self, rank: int) -> Number:
        """The token that is the so many-likeliest next one."""
        return self._row("token", rank)

    def ranked(self, matrix: str, rank: int) -> Number:
        """What `logits` or `probs` say of the so many-likeliest token."""
        return self._row("ranked", self._order[matrix], rank)

    def chance(self, rank: int, temperature: float) -> Number:
        """How likely that token is at a temperature."""
        return self._row("chance", rank, temperature)

    def beneath(self, tone: int) -> Number | None:
        """The value of the cell whose colour a row gives, where it is that of a cell."""
        operation, *place = self._list[tone] if tone >= 0 else (0.0,)
        kind = {"tone": "cell", "entry_tone": "entry"}.get(OPERATIONS[int(operation)])
        return None if kind is None else self._row(kind, *place)

    def matrix_of(self, cell: Number) -> str:
        """The matrix that a cell is in."""
        return self._names[int(self._list[cell.row][1])]

    # --- what is worked out ---

    def made(self, operation: str, *of: Number | float) -> Number:
        """A number worked out from others."""
        numbers = [n if isinstance(n, Number) else self.constant(n) for n in of]
        return self._row(operation, *(n.row for n in numbers))

    def most(self, numbers: Iterable[Number | float]) -> Number:
        """The largest."""
        return self._folded("most", numbers)

    def least(self, numbers: Iterable[Number | float]) -> Number:
        """The smallest."""
        return self._folded("least", numbers)

    def total(self, numbers: Iterable[Number | float]) -> Number:
        """All added up."""
        return self._folded("add", numbers)

    def _folded(self, operation: str, numbers: Iterable[Number | float]) -> Number:
        first, *rest = numbers
        begin = first if isinstance(first, Number) else self.constant(first)
        return reduce(lambda a, b: self.made(operation, a, b), rest, begin)

    # --- the list ---

    def _place(self, at: At) -> tuple[int, int]:
        matrix, cell = at
        return self._order[matrix], int(np.ravel_multi_index(cell, self.trace[matrix].shape))

    def _row(self, operation: str, *operands: float) -> Number:
        key = (OPERATIONS.index(operation), *operands)
        if key not in self._rows:
            self._rows[key] = len(self._rows)
            self._list.append(key)
            self.own.append(self._value(key, self.own, self.trace, self._scales))
        return Number(self, self._rows[key])

    def rows(self) -> Array:
        """All rows `[n, 4]`: operation and operands."""
        return np.array([[*row, 0.0, 0.0, 0.0][:4] for row in self._list])

    def values(self, trace: Trace) -> list[float]:
        """What all rows come to in another trace of the same network and tokens."""
        found: list[float] = []
        scales: dict[str, float] = {}
        for row in self._list:
            found.append(self._value(row, found, trace, scales))
        return found

    def _value(
        self, row: tuple[float, ...], made: list[float], trace: Trace, scales: dict[str, float]
    ) -> float:
        operation, operands = OPERATIONS[int(row[0])], row[1:]
        if operation in WORKED:
            return WORKED[operation](*(made[int(place)] for place in operands))
        if operation == "constant":
            return operands[0]
        if operation == "letter":
            return trace.tokens[self.position]
        if operation in ("token", "ranked", "chance"):
            return self._of_rank(operation, operands, trace)
        name = self._names[int(operands[0])]
        if operation in ("cell", "entry"):
            return float(trace[name].flat[int(operands[1])])
        if name not in scales:
            scales[name] = scale_of(trace[name])
        if operation == "scale":
            return scales[name]
        return float(normalise(np.array(trace[name].flat[int(operands[1])]), scales[name]))

    def _of_rank(self, operation: str, operands: tuple[float, ...], trace: Trace) -> float:
        t, rank = self.position, int(operands[-1 if operation == "ranked" else 0])
        token = int(np.argsort(-trace["probs"][t], kind="stable")[rank])
        if operation == "token":
            return token
        if operation == "ranked":
            return float(trace[self._names[int(operands[0])]][t, token])
        return float(softmax(trace["logits"][t].astype(float) / operands[1])[token])
