"""What a true value looks like: its share of the matrix's scale, its colour, its relief."""

from __future__ import annotations

import numpy as np

from ..network.graph import Matrix, Role
from ..network.ops import Array
from .colour import srgb, to_linear
from .look import Look
from .studio import STUDIO

ROBUST = 99.5  # percentile of |v| that fills the map
RELIEF = 2.0  # cells by which the largest values stand out of their sheet
RECESS = 0.4  # the share of that by which the lowest are set back: a sheet is one cell thick
THIN = 0.1  # the least a cell is deep, in cells
GAP = 0.1  # between cells, as a part of a cell
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear red, green and blue
HALF_WAY = (
    0.23  # of a colour that is lit and shows four fifths of it: then white and ink have the same contrast
)
BEVEL = 0.09  # of a cell's front edges


def scale_of(values: Array) -> float:
    """The magnitude that fills the colour map: a robust maximum, blind to masked and broken cells."""
    finite = np.abs(values[np.isfinite(values)])
    if not finite.size:
        return 1.0
    scale = float(np.percentile(finite, ROBUST))
    return scale or float(finite.max()) or 1.0


def normalise(values: Array, scale: float) -> Array:
    """Values in -1 to 1 for the colour map; masked and broken cells become 0."""
    return np.clip(np.where(np.isfinite(values), values, 0) / scale, -1, 1)


def relief_of(shares: Array, relief: float = RELIEF) -> Array:
    """How far cells with these normalised values stand out of their sheet, in cells; negative: set back."""
    return np.maximum(relief * np.where(shares < 0, RECESS * shares, shares), THIN - 1.0)


def reads_dark(role: Role, signed: bool, share: float) -> bool:
    """Whether a cell seen close, of a normalised value, is so dark that white is read on it best."""
    rgb = STUDIO.close_ramp(role, signed).colours(np.array([share]))[0]
    return bool(to_linear(rgb) @ LUMINANCE < HALF_WAY)


def colours(values: Array, matrix: Matrix, look: Look, scale: float) -> Array:
    """sRGB colours `[..., 3]` of true values; masked cells (-inf) are holes, which show the wall."""
    rgb = look.ramp(matrix.role, matrix.signed).colours(normalise(values, scale))
    rgb[np.isneginf(values)] = srgb(look.wall)
    rgb[np.isnan(values) | np.isposinf(values)] = srgb(look.broken)
    return rgb
