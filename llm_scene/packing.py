"""Rectangles packed into pages, in shelves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Size = tuple[int, int]  # width, height


@dataclass(frozen=True)
class Spot:
    """Where a rectangle lies: its page, and its upper left corner there."""

    page: int
    x: int
    y: int


def packed(
    sizes: Sequence[Size], width: int, height: float = math.inf, pad: int = 0
) -> tuple[list[Spot], list[Size]]:
    """A spot for every rectangle, `pad` from its neighbours and the edges, and what each page needs.

    The tallest come first, side by side until a shelf is full, shelf under shelf until a page of
    `width` by `height` is full.
    """
    spots = [Spot(0, 0, 0)] * len(sizes)
    pages: list[Size] = []
    x = shelf = foot = pad  # how far the shelf is filled, where it begins and the next one does
    for i in sorted(range(len(sizes)), key=lambda i: (-sizes[i][1], -sizes[i][0], i)):
        wide, high = sizes[i]
        if not pages or (x > pad and x + wide + pad > width):
            x, shelf = pad, foot
            if not pages or shelf + high + pad > height:
                pages.append((0, 0))
                shelf = pad
            foot = shelf + high + pad
        spots[i] = Spot(len(pages) - 1, x, shelf)
        x += wide + pad
        pages[-1] = max(pages[-1][0], x), max(pages[-1][1], foot)
    return spots, pages
