"""One dot product: the colours of products and of their sum, and what is written on them."""

from __future__ import annotations

from ..pieces.dot import NAME
from .shaping import CloseUp, Shaping, running
from .sums import Number


def shape(shaping: Shaping) -> None:
    """What its cells are painted by."""
    close = CloseUp(shaping, NAME)
    terms, matrix = terms_of(close)
    if not terms:
        return
    largest = close.sums.most(close.sums.made("size", term) for term in terms)
    for i, term in enumerate(terms):
        for actor in (f"term {i}", f"flying {i}"):
            close.all_poses(actor, term / largest)
    close.counts("total", [n for _, n in running(terms)], matrix)


def words(shaping: Shaping) -> None:
    """The numbers that it tells."""
    close = CloseUp(shaping, NAME)
    terms, _ = terms_of(close)
    for i, term in enumerate(terms):
        close.write(f"term {i} 0 0", term)
    for n, total in running(terms):
        close.write(f"total 0 {n}", total)


def terms_of(close: CloseUp) -> tuple[list[Number], str]:
    """The products that are shown, what is folded, the bias; and the matrix that their sum is a cell of."""
    sums = close.sums
    weights, inputs = close.numbered(r"weights (\d+) 0"), close.numbered(r"inputs (\d+) 0")
    if not weights or weights.keys() != inputs.keys():
        return [], ""
    terms = [sums.cell(weights[i]) * sums.cell(inputs[i]) for i in weights]
    (name, (head, *_, feature)), (source, (t, *_)) = weights[min(weights)], inputs[min(inputs)]
    made = next(m for m in sums.trace.network if m.inputs[:2] == (source, name))
    bias = [sums.cell((made.inputs[2], (head, feature)))] if len(made.inputs) == 3 else []
    whole = sums.cell((made.name, (head, t, feature)))
    if len(terms) < sums.trace[source].shape[-1]:
        terms.append(whole - sums.total([*terms, *bias]))
    return [*terms, *bias], made.name
