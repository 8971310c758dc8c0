"""Writing: small texts as quads over one picture of all distinct lines, letters as solids.

A line is painted with exact coverage, so that it stays smooth when magnified and mipmaps keep it readable
from afar.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ...layout.contours import Outline, crossings, filled
from ...layout.drawn import Text
from ...layout.layout import Letter
from ...look import srgb
from ...network.ops import Array, Numbers
from ...packing import packed
from ...scene.outlines import outline
from .images import png
from .shapes import QUAD, Shape, light_on, painted, turned

SCANLINES = 4  # a texel
SHADES = 7  # of its coverage: fewer make a smaller file
PADDING = 8  # texels between lines, so that their mipmaps do not touch
PICTURE_WIDTH = 4096  # which every device can hold: in long rows the compressor finds letters again
IN_FRONT = 0.05  # of the sheet, as in Blender
DEPTH = 0.07  # of a letter's half, relative to its size

INKED = np.column_stack([np.full((SHADES + 1, 3), 255), np.linspace(0, 255, SHADES + 1).round()])


def coverage(text: Outline, scale: float) -> Array:
    """The text as shades `[height, width]`, `scale` texels to its size, with a texel of margin.

    Along a scanline every crossing adds its direction to all that lies right of it; the sum is how often
    contours wind around a texel, with the exact share of the texel that each crossing cuts.
    """
    low, high = _corner(text, scale), text.bounds[1]
    width, height = (int(n) for n in np.ceil((high - low) * scale) + 2)
    levels = (np.arange(height * SCANLINES) + 0.5) / SCANLINES
    line, x, sign = crossings(text, (levels - 1) / scale + low[1])
    x = (x - low[0]) * scale + 1
    column = x.astype(int)
    part = sign * (1 - (x - column))
    place = line * (width + 1) + column
    size = len(levels) * (width + 1)
    steps = np.bincount(place, part, size) + np.bincount(place + 1, sign - part, size)
    winding = np.abs(np.cumsum(steps.reshape(len(levels), width + 1), axis=1)[:, :width])
    share = np.minimum(winding, 1).reshape(height, SCANLINES, width).mean(axis=1)
    return np.round(share[::-1] * SHADES).astype(np.uint8)


def settled(text: Outline, scale: float) -> Outline:
    """The text with the left of each letter on the edge of a texel, half a texel away at most.

    So equal letters are equal texels, which take little room in a file.
    """
    left, right = np.sort(text.vertices[text.edges, 0], axis=1).T
    order = np.argsort(left)
    reach = np.maximum.accumulate(right[order])
    first = order[np.append(True, left[order][1:] > reach[:-1])] if len(order) else order
    letter = np.searchsorted(left[first], text.vertices[:, 0], "right") - 1
    shift = np.round(left[first] * scale) / scale - left[first]
    return replace(text, vertices=text.vertices + np.column_stack([shift[letter], 0 * letter]))


def _corner(text: Outline, scale: float) -> Array:
    """The lower left corner of a text, on the edges of texels; so is its baseline."""
    corner: Array = np.floor(text.bounds[0] * scale) / scale
    return corner


class Labels:
    """Texts and their colours, gathered to become one mesh over one picture."""

    def __init__(self) -> None:
        self._signs: list[tuple[Text, str]] = []
        self._texels: dict[str, float] = {}

    def add(self, sign: Text, colour: str, texels: float) -> None:
        """Write a text in a colour, `#rrggbb`, a line of it so many texels high."""
        self._signs.append((sign, colour))
        self._texels[sign.text] = max(self._texels.get(sign.text, 0.0), texels)

    def picture(self) -> tuple[bytes, list[tuple[Shape, Array]]]:
        """The picture as PNG; of every text, in the order they were added, a quad and its texture
        coordinates `[4, 2]`."""
        scales = {text: min(size, _fitting(text)) for text, size in sorted(self._texels.items())}
        lines = {text: settled(outline(text), size) for text, size in scales.items()}
        masks = [coverage(lines[text], size) for text, size in scales.items()]
        spots, pages = packed([(mask.shape[1], mask.shape[0]) for mask in masks], PICTURE_WIDTH, pad=PADDING)
        height = pages[0][1] if pages else 1
        pixels = np.zeros((height, PICTURE_WIDTH, 1), np.uint8)
        quads = {}
        for (text, size), mask, spot in zip(scales.items(), masks, spots, strict=True):
            (h, w), x, y = mask.shape, spot.x, spot.y
            pixels[y : y + h, x : x + w, 0] = mask
            left, bottom = _corner(lines[text], size) - 1 / size
            x0, y0, x1, y1 = np.array([x, y, x + w, y + h]) / (PICTURE_WIDTH, height, PICTURE_WIDTH, height)
            quads[text] = (
                np.array([left, bottom, left + w / size, bottom + h / size]),
                np.array([(x0, y1), (x1, y1), (x1, y0), (x0, y0)]),
            )
        written = []
        for sign, colour in self._signs:
            box, where = quads[sign.text]
            written.append((_quad(sign, box, colour), where))
        return png(pixels, INKED, letters=True), written


def _fitting(text: str) -> float:
    """How many texels high a line may be so that the picture is wide enough for it."""
    low, high = outline(text).bounds
    return float((PICTURE_WIDTH - 2 * PADDING - 3) / max((high - low)[0], 1e-6))


def _quad(sign: Text, box: Array, colour: str) -> Shape:
    """Where a sign stands: `box` (left, bottom, right, top) holds its text at size 1, centred."""
    left, bottom, right, top = box * sign.size
    shift = {"left": -left, "centre": 0.0, "right": -right}[sign.align]
    flat = np.array([(left, bottom), (right, bottom), (right, top), (left, top)]) + np.array([shift, 0])
    if sign.upright:
        flat = np.stack([-flat[:, 1], flat[:, 0]], axis=1)
    right, up, towards = _view(*map(math.radians, sign.facing))
    corners = turned(np.array(sign.at)) + flat @ np.array([right, up]) + IN_FRONT * towards
    return Shape(corners, QUAD, painted(np.broadcast_to(srgb(colour), (4, 3))))


def _view(azimuth: float, elevation: float) -> tuple[Array, Array, Array]:
    """To the right, up and towards whoever reads from these angles."""
    a, e = (np.array([math.sin(angle), math.cos(angle)]) for angle in (azimuth, elevation))
    right = np.array([a[1], 0.0, -a[0]])
    up = np.array([-a[0] * e[0], e[1], -a[1] * e[0]])
    return right, up, np.cross(right, up)


def solid(letter: Letter, colour: str) -> Shape:
    """A token as a solid letter: a front, a back and the wall between them."""
    flat, triangles = filled(outline(letter.text))
    flat = flat * letter.size
    depth = DEPTH * letter.size
    front, back = (np.column_stack([flat, np.full(len(flat), z)]) for z in (depth, -depth))
    rgb = np.array(srgb(colour))
    sides = _wall(flat, depth, _rim(triangles, len(flat)), rgb)
    plain = np.broadcast_to(rgb, (len(flat), 3))
    shape = Shape.joined([
        Shape(front, triangles, painted(plain)), Shape(back, triangles[:, ::-1], painted(plain, 0.5)), sides,
    ])  # fmt: skip
    return Shape(shape.vertices + turned(np.array(letter.at)), shape.triangles, shape.colours)


def _wall(flat: Array, depth: float, rim: Numbers, rgb: Array) -> Shape:
    """The sides between front and back along a rim `[e, 2]`, lit smoothly around it."""
    corners, rim = np.unique(rim, return_inverse=True)
    rim = rim.reshape(-1, 2)  # counting corners
    across = flat[corners][rim[:, 1]] - flat[corners][rim[:, 0]]
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    outwards = np.zeros((len(corners), 3))
    for end in (0, 1):
        np.add.at(outwards, rim[:, end], np.column_stack([across[:, 1], -across[:, 0], 0 * across[:, 0]]))
    outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-9)
    vertices = np.concatenate(
        [np.column_stack([flat[corners], np.full(len(corners), z)]) for z in (depth, -depth)]
    )
    back = rim + len(corners)
    triangles = np.concatenate(
        [np.column_stack([back, rim[:, 1]]), np.column_stack([back[:, 0], rim[:, ::-1]])]
    )
    return Shape(
        vertices, triangles, painted(np.broadcast_to(rgb, vertices.shape), np.tile(light_on(outwards), 2))
    )


def _rim(triangles: Numbers, count: int) -> Numbers:
    """The edges that belong to one triangle only, with the inside on their left."""
    edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)]).astype(np.int64)
    inner = np.isin(edges @ (count, 1), edges[:, ::-1] @ (count, 1))
    return edges[~inner]
