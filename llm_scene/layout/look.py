"""Looks: which colour a value of which role has, and the room it stands in.

Colour maps run through OKLab (Ottosson 2020, https://bottosson.github.io/posts/oklab/), where equal
steps look equal, from a quiet centre at zero to two ends of equal strength. Hue says the role, lightness
the magnitude, so that sign survives colour blindness and magnitude survives grey. Weights are the stage
and stay quieter than the activations, which are the actors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..network.graph import Matrix, Role
from ..network.ops import Array

Rgb = tuple[float, float, float]  # sRGB, 0 to 1
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear red, green and blue
HALF_WAY = 0.18  # a luminance on which white and ink have the same contrast
ROBUST = 99.5  # percentile of |v| that fills the map


@dataclass(frozen=True)
class Ramp:
    """A colour map by its anchors: `negative` and `positive` ends around `zero`, with a bend on the way."""

    zero: str
    positive: tuple[str, ...]
    negative: tuple[str, ...] = ()  # empty: sequential

    def colours(self, values: Array) -> Array:
        """sRGB colours `[..., 3]` of normalised values in -1 to 1 (0 to 1 where sequential)."""
        up, down = _stops(self.zero, self.positive), _stops(self.zero, self.negative)
        mixed = np.where(
            values[..., None] >= 0, _along(up, np.maximum(values, 0)), _along(down, np.maximum(-values, 0))
        )
        return _to_srgb(mixed)


@dataclass(frozen=True)
class Ink:
    """What is written or drawn with: a colour of the look or `#rrggbb`, and how brightly it shines."""

    colour: str
    strength: float


INKS = {
    "ink": Ink("ink", 1.2),  # letters, words of the film
    "accent": Ink("accent", 1.2),
    "faint": Ink("faint", 1.0),
    "names": Ink("ink", 1.0),
    "threads": Ink("faint", 0.7),
    "chosen": Ink("accent", 1.0),  # the likeliest candidate's bar, and the others'
    "candidate": Ink("trunk", 0.8),
    "back": Ink("background", 1.0),
    "on dark": Ink("#ffffff", 1.0),  # numbers on cells of either room
    "on light": Ink("#06121f", 1.0),
}


@dataclass(frozen=True)
class Look:
    """A room, its light and its colours."""

    name: str
    title: str
    background: str
    horizon: str
    ground: str
    ink: str  # letters and labels
    faint: str  # brackets, threads, quiet labels
    accent: str  # what the film points at
    empty: str  # cells not computed yet
    masked: str  # cells that causality forbids
    broken: str  # NaN and infinite values
    ambient: float  # how much light the background casts, compared with how bright it looks
    dimmed: str  # what a dimmed cell fades to
    glow: float  # how much cells shine by themselves
    links: dict[str, str]  # trunk, data, weight; from the sources of an inspected cell
    idle: str  # links nothing has run along yet
    ramps: dict[str, Ramp]
    dark: bool

    def inked(self, ink: str) -> tuple[str, float]:
        """`#rrggbb` and strength of an ink."""
        wanted = INKS[ink]
        if wanted.colour.startswith("#"):
            return wanted.colour, wanted.strength
        return self.links.get(wanted.colour) or getattr(self, wanted.colour), wanted.strength

    def ramp(self, role: Role, signed: bool) -> Ramp:
        """The colour map of a role."""
        return self.ramps[f"{role} {'signed' if signed else 'positive'}"]


STUDIO = Look(
    name="studio",
    title="Dark studio",
    background="#05070c",
    horizon="#1b2433",
    ground="#12161e",
    ink="#f2f5fa",
    faint="#8f9bb2",
    accent="#ffd166",
    empty="#232c3f",
    masked="#0b0e15",
    broken="#ff00d0",
    ambient=1.0,
    dimmed="#0a0e17",
    glow=0.4,
    links={"trunk": "#23b58f", "data": "#6d8f9c", "weight": "#47608f", "source": "#4cd6ff"},
    idle="#3a465c",
    ramps={
        "weight signed": Ramp("#1d2638", ("#38609f", "#83abe8"), ("#65564f", "#b5a08f")),
        "weight positive": Ramp("#1d2638", ("#38609f", "#83abe8")),
        "activation signed": Ramp("#0f1d20", ("#0b8f76", "#58f2c4"), ("#8a2aa8", "#eda2ff")),
        "activation positive": Ramp("#0f1d20", ("#0b8f76", "#58f2c4", "#f0fff8")),
        "aggregate signed": Ramp("#241b0c", ("#b0720c", "#ffc94d"), ("#4a5a86", "#a9bdf2")),
        "aggregate positive": Ramp("#241b0c", ("#b0720c", "#ffc94d", "#fff3cf")),
    },
    dark=True,
)

PAPER = Look(
    name="paper",
    title="Light paper",
    background="#f4f1ea",
    horizon="#ffffff",
    ground="#e9e4d9",
    ink="#1c2230",
    faint="#8a8779",
    accent="#d9480f",
    empty="#c9c3b5",
    masked="#f0ece2",
    broken="#e5007d",
    ambient=0.4,
    dimmed="#e6e1d6",
    glow=0.12,
    links={"trunk": "#0d8a6c", "data": "#57a894", "weight": "#8fa3cc", "source": "#0a86c2"},
    idle="#b9b3a5",
    ramps={
        "weight signed": Ramp("#e6e5e4", ("#8eaadf", "#2f5fb8"), ("#c4b09c", "#846548")),
        "weight positive": Ramp("#e6e5e4", ("#8eaadf", "#2f5fb8")),
        "activation signed": Ramp("#ecebe6", ("#5fc4a6", "#00735a"), ("#dd8ef6", "#8f1cab")),
        "activation positive": Ramp("#ecebe6", ("#5fc4a6", "#00735a", "#003a2e")),
        "aggregate signed": Ramp("#f0eadc", ("#eeb23e", "#a86200"), ("#98aade", "#4c62ab")),
        "aggregate positive": Ramp("#f0eadc", ("#eeb23e", "#a86200", "#5a3300")),
    },
    dark=False,
)

LOOKS = {look.name: look for look in (STUDIO, PAPER)}

# Colour maps by name: title and description. "look" keeps what the look brings.
COLOUR_MAPS = {
    "look": ("From the Look", "Hue tells weights, computed values and aggregates apart"),
    "blue_orange": ("Blue and Orange", "Negative blue, positive orange, whatever the role"),
    "grey": ("Greys", "Magnitude as brightness; the sign shows in the relief and the inspector only"),
}
_MAPPED = {  # by the map and whether the look is dark: for all roles
    ("blue_orange", True): Ramp("#15171c", ("#b8651b", "#ffc27a"), ("#2f62b5", "#9cc7ff")),
    ("blue_orange", False): Ramp("#eeece8", ("#e59a4e", "#a34f00"), ("#7fa9e0", "#1f4f9e")),
    ("grey", True): Ramp("#16181c", ("#7d828c", "#f4f6fa"), ("#7d828c", "#f4f6fa")),
    ("grey", False): Ramp("#f0eee9", ("#96938c", "#1b1c1f"), ("#96938c", "#1b1c1f")),
}


def look_of(name: str, colour_map: str = "look") -> Look:
    """A look by its name, with another colour map where one is chosen."""
    look = LOOKS[name]
    if colour_map == "look":
        return look
    signed = _MAPPED[colour_map, look.dark]
    positive = replace(signed, negative=())
    ramps = {role: signed if role.endswith("signed") else positive for role in look.ramps}
    return replace(look, ramps=ramps)


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


def colours(values: Array, matrix: Matrix, look: Look, scale: float) -> Array:
    """sRGB colours `[..., 3]` of true values, with masked (-inf) and broken cells in their own colours."""
    rgb = look.ramp(matrix.role, matrix.signed).colours(normalise(values, scale))
    rgb[np.isneginf(values)] = srgb(look.masked)
    rgb[np.isnan(values) | np.isposinf(values)] = srgb(look.broken)
    return rgb


def reads_dark(role: Role, signed: bool, value: float) -> bool:
    """Whether a cell of a normalised value is so dark that white letters are read on it, in either room."""
    rgb = STUDIO.ramp(role, signed).colours(np.array([value]))[0]
    return bool(to_linear(rgb) @ LUMINANCE < HALF_WAY)


def srgb(code: str) -> Rgb:
    """`#rrggbb` as sRGB in 0 to 1."""
    return tuple(int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def linear(code: str) -> Rgb:
    """`#rrggbb` as linear light, as Blender's colour inputs want it."""
    return tuple(float(c) for c in to_linear(np.array(srgb(code))))  # type: ignore[return-value]


def to_linear(rgb: Array) -> Array:
    """sRGB to linear light."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


_TO_LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                    [0.2119034982, 0.6806995451, 0.1073969566],
                    [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
_TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                    [1.9779984951, -2.4285922050, 0.4505937099],
                    [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip


def _stops(zero: str, ends: tuple[str, ...]) -> Array:
    """OKLab anchors `[n, 3]` from the centre outwards."""
    rgb = to_linear(np.array([srgb(code) for code in (zero, *(ends or (zero,)))]))
    return np.cbrt(rgb @ _TO_LMS.T) @ _TO_LAB.T


def _along(stops: Array, amount: Array) -> Array:
    """Piecewise linear between equally spaced anchors."""
    knots = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(amount, knots, channel) for channel in stops.T], axis=-1)


def _to_srgb(lab: Array) -> Array:
    rgb = (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T
    rgb = np.clip(rgb, 0, 1)
    return np.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb ** (1 / 2.4) - 0.055)
