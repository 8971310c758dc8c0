"""PNG files."""

from __future__ import annotations

import zlib

import numpy as np

from ...network.ops import Numbers
from ...png import png_file

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # of PNG, by the number of channels
INDEXED = 3
ABOVE = 2  # PNG's filter of differences to the row above
LEVEL, HARD = 6, 8  # zlib's; letters become 6 % smaller by the second, colours of numbers hardly


def png(pixels: Numbers, palette: Numbers | None = None, *, letters: bool = False) -> bytes:
    """The PNG file of 8-bit pixels `[height, width, channels]`, or of places in a palette `[n, 3 or 4]`.

    Rows are stored unfiltered, for repeated texels are what the compressor finds by itself; but a row that
    repeats the one above says no more than that. Pictures of `letters` are worth a harder try.
    """
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    again = 1 + np.flatnonzero((rows[1:] == rows[:-1]).all(axis=1))
    rows[again] = 0
    rows[again, 0] = ABOVE
    kind = COLOUR_TYPES[channels] if palette is None else INDEXED
    known = np.zeros((0, 3), np.uint8) if palette is None else palette.astype(np.uint8)
    colours, opacity = known[:, :3].tobytes(), known[:, 3:].tobytes()
    return png_file(width, height, kind, _packed(rows.tobytes(), letters), colours, opacity)


def _packed(data: bytes, letters: bool) -> bytes:
    packer = zlib.compressobj(HARD, strategy=zlib.Z_FILTERED) if letters else zlib.compressobj(LEVEL)
    return packer.compress(data) + packer.flush()
