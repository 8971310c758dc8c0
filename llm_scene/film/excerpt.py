"""What of many numbers is shown, and how numbers are written so that they add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..network.ops import Array
from .props import number, share_text
from .story import largest_remainders

MOST = 12  # rows or columns that an excerpt shows
TINY = 1e-9  # what is written as zero, with its sign
TERMS = 2  # of a sum of products, that are written
SUM = "sum"  # how names of such texts begin
SIGNED = re.compile(r"−?\d+(?:\.\d+)?")  # a number in such a text


@dataclass(frozen=True)
class Excerpt:
    """Some of `count` numbers, by their indices in order; the others are folded into one place."""

    shown: tuple[int, ...]
    count: int

    @property
    def folded(self) -> list[int]:
        """The indices that are not shown."""
        return [i for i in range(self.count) if i not in self.shown]

    def __len__(self) -> int:
        return len(self.shown)


def largest(values: Array, most: int = MOST) -> Excerpt:
    """The numbers that matter most, in their order; all of them where they are few."""
    keep = np.argsort(-np.abs(values), kind="stable")[:most]
    return Excerpt(tuple(sorted(int(i) for i in keep)), len(values))


def first(count: int, most: int = MOST) -> Excerpt:
    """Those at the top, so that a column is known again where all of it stands."""
    return Excerpt(tuple(range(min(most, count))), count)


def spread(count: int, most: int = MOST) -> Excerpt:
    """Numbers at equal distances: a fair picture of them all."""
    keep = np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))
    return Excerpt(tuple(int(i) for i in keep), count)


def percentages(shares: Sequence[float]) -> list[str]:
    """Shares of one whole as percentages that add up to 100, by largest remainders."""
    return [f"{n} %" for n in largest_remainders(shares)]


def chances(shares: Sequence[float]) -> list[str]:
    """All of one whole as percentages with a decimal that add up to 100; none is a certainty, or nothing."""
    return [share_text(n / 1000) for n in largest_remainders(shares, 1000)]


def written_sum(terms: Sequence[float], total: float, spare: int | None = None) -> list[str]:
    """Terms and their total, so that what is written adds up.

    The term number `spare`, a sum of what is folded, takes up the rounding; without it the terms that were
    rounded most do, a cent each.
    """
    exact = 100 * np.asarray(terms, float)
    cents, goal = np.round(exact), round(100 * total)
    missing = int(goal - cents.sum())
    if spare is not None:
        cents[spare] += missing
    else:
        lost = (exact - cents) * np.sign(missing)
        cents[np.argsort(-lost, kind="stable")[: abs(missing)]] += np.sign(missing)
    written, meant = np.array([*cents, goal]) / 100, np.array([*terms, total], float)
    return [number(n) for n in np.where(written == 0, TINY * np.sign(meant), written).tolist()]


def as_written(terms: Sequence[float]) -> list[str]:
    """Terms as they are, and the sum of what is written of them."""
    written = [number(term) for term in terms]
    return [*written, number(sum(map(read, written)))]


def products(
    weights: Array, inputs: Array, shown: Sequence[int], total: float, root: int | None = None
) -> tuple[str, list[int]]:
    """A dot product in figures, "0.4 × 2 + … = 3.1", and which terms are written: the first of those shown.

    Where it is divided by the square root of a number, that is written too, and one term fewer.
    """
    terms = list(shown[: TERMS if root is None else TERMS - 1])
    written = " + ".join(f"{number(weights[i])} × {number(inputs[i])}" for i in terms)
    left = f"{written} + …" if root is None else f"({written} + …) / √{root}"
    return f"{left} = {number(total)}", terms


def sum_of(terms: Iterable[int], which: int = 0) -> str:
    """What a text that writes these terms of a sum is called in its piece, where there may be several."""
    return " ".join(map(str, (SUM, which, *terms)))


def terms_of(name: str) -> tuple[int, list[int]] | None:
    """Which sum a text of that name writes, and the terms of it; None where it writes none."""
    kind, *numbers = name.split()
    if kind != SUM or len(numbers) < 2:
        return None
    which, *terms = map(int, numbers)
    return which, terms


def read(text: str) -> float:
    """The number that was written."""
    return float(text.replace("−", "-"))
