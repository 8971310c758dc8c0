"""Numbers that close-ups work out from several cells, as sums of products of cells.

Which cells they take is read off the numbers beside them, which say it themselves: a product stands between
its two factors, a share over the value that it is taken of.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from ...layout.drawn import Text
from ...network.ops import Cell, LayerNorm, RmsNorm
from ...network.trace import Trace

At = tuple[str, Cell]  # a matrix and a cell of it
Term = tuple[float, tuple[At, ...]]  # a factor, and cells to multiply it by
Sum = list[Term]


def worked(written: Mapping[str, Text], trace: Trace, position: int) -> dict[str, Sum]:
    """What each number is worked out from, by the name of its text, in close-ups of a position."""
    of = {name: text.of for name, text in written.items() if text.of is not None}
    return {**_norm(trace, position), **_dot(of, trace), **_softmax(of, trace), **_mix(of)}


def value(found: Sum, trace: Trace) -> float:
    """What a sum comes to."""
    return sum(factor * math.prod(trace.value(*at) for at in cells) for factor, cells in found)


def _product(*cells: At) -> Term:
    return 1.0, cells


def _numbered(of: Mapping[str, At], pattern: str) -> dict[int, At]:
    """The cells of texts whose names match, by the number in the name."""
    matches = ((re.fullmatch(pattern, name), at) for name, at in of.items())
    return {int(match[1]): at for match, at in matches if match is not None}


def _norm(trace: Trace, position: int) -> dict[str, Sum]:
    """Mean and spread of a column, or its size alone: those of the first norm."""
    first = next((m for m in trace.network if isinstance(m.op, LayerNorm | RmsNorm)), None)
    if first is None or first.op is None:
        return {}
    names = ("norm: mean", "norm: spread") if isinstance(first.op, LayerNorm) else ("norm: spread",)
    statistics = first.inputs[1 : 1 + len(names)]
    return {name: [_product((matrix, (position,)))] for name, matrix in zip(names, statistics, strict=True)}


def _dot(of: Mapping[str, At], trace: Trace) -> dict[str, Sum]:
    """Products of a learned row and a column, their running sum, what is folded, and the bias."""
    weights = _numbered(of, r"dot: weights (\d+) 0")
    inputs = _numbered(of, r"dot: inputs (\d+) 0")
    if not weights or weights.keys() != inputs.keys():
        return {}
    terms = [[_product(weights[i], inputs[i])] for i in sorted(weights)]
    (name, (head, *_, feature)), (source, (t, *_)) = weights[min(weights)], inputs[min(inputs)]
    made = next(m for m in trace.network if m.inputs[:2] == (source, name))
    whole = _product((made.name, (head, t, feature)))
    bias = [_product((made.inputs[2], (head, feature)))] if len(made.inputs) == 3 else []
    shown = [term for sum_ in terms for term in sum_]
    terms.append([whole, *_minus([*shown, *bias])])
    terms += [bias] if bias else []
    found = {f"dot: term {i} 0 0": term for i, term in enumerate(terms)}
    return found | {f"dot: total 0 {n}": _joined(terms[:n]) for n in range(1, len(terms) + 1)}


def _minus(terms: Sum) -> Sum:
    return [(-factor, cells) for factor, cells in terms]


def _joined(sums: Iterable[Sum]) -> Sum:
    return [term for found in sums for term in found]


def _softmax(of: Mapping[str, At], trace: Trace) -> dict[str, Sum]:
    """Scores, what they are below the largest, their powers, and the sum of these."""
    shares = _numbered(of, r"scores: softmax share (\d+)") | _numbered(of, r"scores: softmax bars (\d+) 0")
    found: dict[str, Sum] = {}
    for j, (pattern, cell) in shares.items():
        scores, largest, total = trace.network[pattern].inputs[:3]
        score, most, all_ = (scores, cell), (largest, cell[:2]), (total, cell[:2])
        found[f"scores: softmax score {j}"] = [_product(score)]
        found[f"scores: softmax below {j}"] = [_product(score), (-1.0, (most,))]
        found[f"scores: softmax power {j}"] = [_product((pattern, cell), all_)]
        found["scores: softmax total"] = [_product(all_)]
    return found


def _mix(of: Mapping[str, At]) -> dict[str, Sum]:
    """What is taken of each value, by its share, and the running sum."""
    shares, given = _numbered(of, r"mix: share (\d+)"), _numbered(of, r"mix: given (\d+) 0")
    if shares.keys() != given.keys():
        return {}
    taken = {j: [_product(shares[j], given[j])] for j in sorted(given)}
    found = {f"mix: taken {j} 0": term for j, term in taken.items()}
    found |= {f"mix: times {j}": [_product(shares[j])] for j in taken}
    return found | {f"mix: total 0 {n}": _joined(list(taken.values())[:n]) for n in range(1, len(taken) + 1)}
