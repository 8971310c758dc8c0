r"""Formulas in mathematical type, as outlines. ziamath sets them, from TeX, in the face STIX Two.

Parts of a formula that are lit one by one are marked: `part(1, r"w_i x_i")`; all else is part 0.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np
import ziamath

from ..layout.contours import Flat, Outline, few, filled
from ..network.ops import Array, Numbers

EM = 100.0  # ziamath's units to the size of the type; it rounds to a few decimals
STEPS = 4  # straight pieces that a curve becomes
COMMAND = re.compile(r"([MLQCZ])([^MLQCZ]*)")


@dataclass(frozen=True, eq=False)
class Setting:
    """A formula of size 1 around its middle: closed outlines `[n, 2]` of every part, and how large it is."""

    parts: dict[int, list[Array]]
    width: float
    height: float


def part(number: int, tex: str) -> str:
    """TeX of a part that can be lit by itself."""
    return rf"{{\color{{#{number:06x}}} {tex}}}"


@functools.cache
def setting(tex: str) -> Setting:
    """The outlines of a formula."""
    ziamath.config.svg2 = False  # outlines where they are used, not symbols
    drawn = list(ziamath.Latex(tex, size=EM).svgxml())
    parts: dict[int, list[Array]] = {}
    for element in drawn:
        fill = element.attrib["fill"]
        which = int(fill[1:], 16) if fill.startswith("#") else 0
        parts.setdefault(which, []).extend(_outlines(element))
    corners = np.concatenate([outline for outlines in parts.values() for outline in outlines])
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle, flip = (low + high) / 2, np.array([1.0, -1.0]) / EM
    placed = {k: [(outline - middle) * flip for outline in outlines] for k, outlines in parts.items()}
    width, height = ((high - low) / EM).tolist()
    return Setting(placed, width, height)


def filled_part(tex: str, part: int, coarse: float = 0.0) -> Flat:
    """What the outlines of a part of a formula of size 1 enclose: corners `[n, 2]`, and triangles.

    Outlines may stray by `coarse`, so that they have fewer corners.
    """
    whole = setting(tex).parts[part]
    outlines = [few(outline, coarse) for outline in whole] if coarse else whole
    starts = np.cumsum([0, *map(len, outlines)])
    edges = [_round(start, len(outline)) for start, outline in zip(starts, outlines, strict=False)]
    return filled(Outline(np.concatenate(outlines), np.concatenate(edges)))


def _round(start: int, count: int) -> Numbers:
    """The edges of a closed outline whose points are numbered from `start` on."""
    here = start + np.arange(count)
    return np.stack([here, np.roll(here, -1)], axis=1)


def _outlines(element: Element) -> list[Array]:
    """The closed outlines of a glyph or a stroke of a fraction or root."""
    if element.tag == "rect":
        x, y, w, h = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
        return [np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])]
    outlines: list[Array] = []
    points: list[Array] = []
    for command, numbers in COMMAND.findall(element.attrib["d"]):
        given = np.array(numbers.split(), float).reshape(-1, 2)
        if command == "M":
            points = [given[0]]
        elif command == "Z":
            outlines.append(_distinct(np.array(points)))
        else:
            points += _curve(np.array([points[-1], *given]))
    return [outline for outline in outlines if len(outline) > 2]


def _curve(control: Array) -> list[Array]:
    """Points along a line or Bézier curve of control points `[n, 2]`, without its first one."""
    if len(control) == 2:
        return [control[1]]
    found = []
    for t in np.linspace(0, 1, STEPS + 1)[1:]:
        mixed = control
        while len(mixed) > 1:  # de Casteljau
            mixed = mixed[:-1] + t * (mixed[1:] - mixed[:-1])
        found.append(mixed[0])
    return found


def _distinct(outline: Array) -> Array:
    """An outline without points that repeat the one before."""
    moved = np.abs(outline - np.roll(outline, 1, axis=0)).max(axis=1) > 1e-6
    return outline[moved]
