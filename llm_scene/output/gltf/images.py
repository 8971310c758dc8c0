"""Pictures: many rectangles packed into one, and PNG files."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from ...network.ops import Array
from ...png import png_file

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # of PNG, by the number of channels
INDEXED = 3
LEVEL = 6  # zlib's; 9 takes five times as long for 2 %


def shelves(sizes: Sequence[tuple[int, int]], width: int, pad: int) -> tuple[list[tuple[int, int]], int]:
    """Places (x, y) for rectangles (width, height) in rows, `pad` apart, and the height they take."""
    places = [(0, 0)] * len(sizes)
    x = y = pad
    tallest = 0
    for i in sorted(range(len(sizes)), key=lambda i: (-sizes[i][1], -sizes[i][0], i)):
        w, h = sizes[i]
        if x + w + pad > width and x > pad:
            x, y, tallest = pad, y + tallest + pad, 0
        places[i] = (x, y)
        x, tallest = x + w + pad, max(tallest, h)
    return places, y + tallest + pad


def png(pixels: Array, palette: Array | None = None) -> bytes:
    """The PNG file of 8-bit pixels `[height, width, channels]`, or of places in a palette `[n, 3]`.

    Rows are stored unfiltered: repeated texels and repeated rows are what the compressor finds by itself.
    """
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    kind = COLOUR_TYPES[channels] if palette is None else INDEXED
    colours = b"" if palette is None else palette.astype(np.uint8).tobytes()
    return png_file(width, height, kind, zlib.compress(rows.tobytes(), LEVEL), colours)
