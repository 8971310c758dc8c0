"""What of many numbers is shown, and how numbers are written so that they add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..network.ops import Array
from .props import number
from .story import largest_remainders

MOST = 12  # rows or columns that an excerpt shows


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


def spread(count: int, most: int = MOST) -> Excerpt:
    """Numbers at equal distances: a fair picture of them all."""
    keep = np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))
    return Excerpt(tuple(int(i) for i in keep), count)


def percentages(shares: Sequence[float]) -> list[str]:
    """Shares of one whole as percentages that add up to 100, by largest remainders."""
    return [f"{n} %" for n in largest_remainders(shares)]


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
    return [number(float(n) / 100) for n in (*cents, goal)]


def read(text: str) -> float:
    """The number that was written."""
    return float(text.replace("−", "-"))
