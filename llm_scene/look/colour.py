"""Colours as numbers: sRGB, linear light, and OKLab, where equal steps look equal.

OKLab: Ottosson 2020, https://bottosson.github.io/posts/oklab/.
"""

from __future__ import annotations

import numpy as np

from ..network.ops import Array

Rgb = tuple[float, float, float]  # 0 to 1

_TO_LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                    [0.2119034982, 0.6806995451, 0.1073969566],
                    [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
_TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                    [1.9779984951, -2.4285922050, 0.4505937099],
                    [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip

_FROM_LMS, _FROM_LAB = np.linalg.inv(_TO_LMS), np.linalg.inv(_TO_LAB)


def srgb(code: str) -> Rgb:
    """`#rrggbb` as sRGB in 0 to 1."""
    return tuple(int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def linear(code: str) -> Rgb:
    """`#rrggbb` as linear light, as Blender's colour inputs want it."""
    return tuple(float(c) for c in to_linear(np.array(srgb(code))))  # type: ignore[return-value]


def to_linear(rgb: Array) -> Array:
    """sRGB to linear light."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def to_srgb(light: Array) -> Array:
    """Linear light to sRGB, both cut to 0 to 1."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def to_oklab(light: Array) -> Array:
    """Linear light `[..., 3]` to OKLab."""
    return np.cbrt(light @ _TO_LMS.T) @ _TO_LAB.T


def from_oklab(lab: Array) -> Array:
    """OKLab `[..., 3]` to linear light."""
    return (lab @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T


def between(a: str, b: str, share: float) -> str:
    """The colour `#rrggbb` that lies a share of the way from a to b, in OKLab."""
    ends = to_oklab(to_linear(np.array([srgb(a), srgb(b)])))
    rgb = to_srgb(from_oklab(ends[0] + share * (ends[1] - ends[0])))
    return "#" + "".join(f"{round(255 * float(c)):02x}" for c in rgb)
