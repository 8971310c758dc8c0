"""Dot products in figures, "0.4 × 2 + … = 3.1": what was learned stays, and the other numbers follow."""

from __future__ import annotations

from collections.abc import Callable

from ..excerpt import SIGNED, read, terms_of
from ..pieces.choice import CHOICE
from ..pieces.mlp import NAME as MLP
from ..pieces.scores import NAME as SCORES
from .shaping import CloseUp, Shaping
from .sums import Number


def words(shaping: Shaping) -> None:
    """A score of what may come next, what the MLP answers, and how well a key fits a query."""
    _scored(CloseUp(shaping, CHOICE))
    _scored(CloseUp(shaping, MLP))
    _matched(CloseUp(shaping, SCORES))


def _scored(close: CloseUp) -> None:
    inputs, scores = close.numbered(r"last (\d+) 0"), close.numbered(r"made (\d+) 0")
    if 0 in scores:
        _write(close, lambda i: close.sums.cell(inputs[i]), close.sums.cell(scores[0]))


def _matched(close: CloseUp) -> None:
    """Here both sides follow: a query and a key of the same head, or one that its group shares."""
    scores, sums = close.numbered(r"score (\d+) 0"), close.sums
    for which, (name, (head, t, s)) in scores.items():
        queries, keys = next(m for m in sums.trace.network if m.name == name).inputs[:2]
        group = len(sums.trace[queries]) // len(sums.trace[keys])

        def query(i: int, at: tuple[str, int, int] = (queries, head, t)) -> Number:
            return sums.cell((at[0], (*at[1:], i)))

        def key(i: int, at: tuple[str, int, int] = (keys, head // group, s)) -> Number:
            return sums.cell((at[0], (*at[1:], i)))

        _write(close, key, sums.cell(scores[which]), query, which)


def _write(
    close: CloseUp,
    second: Callable[[int], Number],
    total: Number,
    first: Callable[[int], Number] | None = None,
    which: int = 0,
) -> None:
    """The numbers of such a text, whose name says which sum it is and what products it writes: `first`
    factors that are not given stay what they are."""
    for name, text in close.written.items():
        found = terms_of(name)
        if found is None or found[0] != which:
            continue
        _, terms = found
        figures, numbers = [read(sign) for sign in SIGNED.findall(text.text)], []
        for place, i in enumerate(terms):
            kept = close.sums.constant(figures[2 * place])
            numbers += [kept if first is None else first(i), second(i)]
        divided = [close.sums.constant(n) for n in figures[2 * len(terms) : -1]]
        close.write(name, *numbers, *divided, total)
