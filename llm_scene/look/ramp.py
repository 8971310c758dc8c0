"""Colour maps: hue says the role, lightness the value.

A map runs through OKLab from dark, for the lowest values, over its hue's middle at zero to light. So sign
and size survive colour blindness and grey, and a sheet keeps its hue from any distance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..network.ops import Array
from .colour import from_oklab, srgb, to_linear, to_oklab, to_srgb

BEND = 0.85  # maps run along |value|^BEND, so that small values are told apart


@dataclass(frozen=True)
class Ramp:
    """A colour map by its anchors, from zero outwards; without `negative` it begins at zero.

    Negative values begin at zero's colour, or with one of their own just `below`.
    """

    zero: str
    positive: tuple[str, ...]
    negative: tuple[str, ...] = ()
    below: str = ""

    def colours(self, values: Array) -> Array:
        """sRGB colours `[..., 3]` of normalised values in -1 to 1 (0 to 1 where there is no `negative`)."""
        up, down = _stops(self.zero, *self.positive), _stops(*self.falling)
        size = np.abs(values) ** BEND
        mixed = np.where(np.asarray(values)[..., None] >= 0, _along(up, size), _along(down, size))
        return to_srgb(from_oklab(mixed))

    @property
    def falling(self) -> tuple[str, ...]:
        """The anchors of negative values, from zero outwards."""
        return (self.below or self.zero, *self.negative)

    def turning(self, negative: tuple[str, ...]) -> Ramp:
        """The same map with other colours for negative values, where it has any."""
        if not self.negative or not negative:
            return self
        return replace(self, below=negative[0], negative=negative[1:])


def _stops(*anchors: str) -> Array:
    """OKLab anchors `[n, 3]`, two at least."""
    codes = anchors if len(anchors) > 1 else 2 * anchors
    return to_oklab(to_linear(np.array([srgb(code) for code in codes])))


def _along(stops: Array, amount: Array) -> Array:
    """Piecewise linear between equally spaced anchors."""
    knots = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(amount, knots, channel) for channel in stops.T], axis=-1)


# Shared by all rooms: blue has been learned, green is computed, silver sums up.
MAPS = {
    "weight signed": Ramp("#2a5db8", ("#5f9bf0", "#cfe6ff"), ("#17356f", "#081429")),
    "weight positive": Ramp("#2a5db8", ("#5f9bf0", "#cfe6ff")),
    "activation signed": Ramp("#11795c", ("#2fd39f", "#d2ffee"), ("#0a4636", "#031711")),
    "activation positive": Ramp("#063b2e", ("#1db587", "#d2ffee")),
    "aggregate signed": Ramp("#80868f", ("#b9bec6", "#f3f5f8"), ("#51565e", "#23262b")),
    "aggregate positive": Ramp("#51565e", ("#a4a9b1", "#f3f5f8")),
}
# Negative values where cells are seen close, from just below zero outwards: rose from the smallest on.
ROSE = {
    "weight signed": ("#523a4e", "#8a4a74", "#cc6090", "#ff6f91"),
    "activation signed": ("#4a3640", "#8a4a60", "#d06080", "#ff6f91"),
    "aggregate signed": ("#5a4a50", "#906572", "#d06c86", "#ff6f91"),
}
