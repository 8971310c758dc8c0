"""A large matrix as a slab: one box whose front shows a picture of the values, a texel a cell.

Many matrices share a picture (see `layout.mosaic`), and with it a material, so that a scene of hundreds
of slabs needs a handful of both. Beside each picture lie three smaller ones, which hold the mean and the
spread of 4 x 4, 16 x 16 and 64 x 64 cells: the shader takes those where cells are smaller than pixels, so
that a far matrix shows what its cells average to and never flickers. The same custom properties as with
cuboids reveal, lift and dim a slab.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import bpy
import numpy as np

from ..film.front import by_rows
from ..layout.layout import Block
from ..layout.mosaic import REDUCTIONS, Mosaic, Region, Tile, mosaic
from ..look import normalise
from ..network.graph import Role
from ..network.ops import Array, Numbers
from ..network.trace import Trace
from ..png import png_file
from .cells import DEFAULTS
from .roles import Roles
from .slab_material import slab_material

ZERO, STEP = 128, 127  # byte of a value v in -1 to 1: ZERO + v STEP
MASKED, BROKEN = 0, 255  # bytes that stand for no value; 1 to 254 hold values
BAND = 1024  # rows of a page that are averaged at a time
TEXELS = ("texel", "texel_low", "texel_high")  # attributes: place in the page, bounds of the tile there


@dataclass(frozen=True)
class Page:
    """A picture that holds many tiles, its smaller copies, and what shows them."""

    size: tuple[int, int]  # (rows, columns) in texels
    material: bpy.types.Material


@dataclass(frozen=True)
class Pictures:
    """Tiles and the pages they lie in."""

    mosaic: Mosaic
    pages: tuple[Page, ...]

    def of(self, block: Block) -> list[tuple[Tile, Page]]:
        """The tiles of a block."""
        return [(tile, self.pages[tile.page]) for tile in self.mosaic.tiles if tile.block is block]


def picture(
    blocks: Sequence[Block],
    trace: Trace,
    scales: dict[str, float],
    roles: Roles,
    role: Role,
    signed: bool,
    bits: int = 8,
) -> Pictures:
    """Put the fronts of blocks into pages, and make the pages' materials.

    `scales` are the magnitudes that fill the colour map, by matrix; `bits` (8 or 16) is how finely a picture
    holds a value.
    """
    laid = mosaic(blocks)
    pages = []
    for number, size in enumerate(laid.pages):
        codes: Numbers = np.zeros(size, np.uint8 if bits == 8 else np.uint16)
        for tile in laid.tiles:
            if tile.page == number:
                part = tile.block.values(trace)[tile.region.slices]
                codes[tile.slices] = encode(part, scales[tile.block.matrix.name], bits)
        name = f"{role}{'' if signed else ' positive'} values {number + 1}"
        images = [_image(name, codes)]
        filled = np.zeros(size, bool)
        for tile in laid.tiles:
            if tile.page == number:
                filled[tile.slices] = True
        for side, copy in zip(REDUCTIONS, reduced(codes, filled), strict=True):
            images.append(_image(f"{name}, {side} x {side}", copy))
        pages.append(Page(size, slab_material(roles, role, signed, images, size, bits)))
    return Pictures(laid, tuple(pages))


def slab_object(
    block: Block, pictures: Pictures, n_prompt: int, measures: Mapping[str, float] = DEFAULTS
) -> bpy.types.Object:
    """An object named after the block."""
    quads = _Quads.joined([_box(tile, page, block.shape) for tile, page in pictures.of(block)])
    materials = list(dict.fromkeys(page.material for _, page in pictures.of(block)))
    slots = [materials.index(page.material) for _, page in pictures.of(block)]
    mesh = bpy.data.meshes.new(block.name)
    for material in materials:
        mesh.materials.append(material)
    quads.renumbered(slots).write(mesh)
    slab = bpy.data.objects.new(block.name, mesh)
    slab.location = block.origin
    length = block.shape[1] if by_rows(block) else block.shape[0]
    slab["run"] = (float(by_rows(block)), float(length), float(n_prompt))
    slab["cell"] = tuple(measures.values())  # gap, relief, bevel
    return slab


def cut(slab: bpy.types.Object, hole: Region) -> None:
    """Leave some cells out of a slab, instead of those it left out before."""
    if "whole" not in slab:
        slab["whole"] = slab.data
    mesh = slab["whole"].copy()
    mesh.name = slab.name
    quads = _Quads.read(mesh).without(hole)
    mesh.clear_geometry()
    quads.write(mesh)
    old, slab.data = slab.data, mesh
    if old != slab["whole"]:
        bpy.data.meshes.remove(old)


@dataclass(frozen=True)
class _Quads:
    """Rectangles, each with corners of its own, since neighbours on a slab may lie apart in the picture.

    `corners [n, 4, 3]`; `places [n, 4, 2]` are row and column, `texels [n, 4, 2]` the same in the page from 0
    to 1, and `bounds [n, 4]` the lowest and highest texel of the tile there. `slots [n]` number materials.
    """

    corners: Array
    places: Array
    texels: Array
    bounds: Array
    slots: Numbers

    @staticmethod
    def joined(parts: Sequence[_Quads]) -> _Quads:
        """Quads of one part after the other; their slots become the parts' numbers."""
        slots = np.concatenate([np.full(len(part.slots), i) for i, part in enumerate(parts)])
        names = ("corners", "places", "texels", "bounds")
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return _Quads(**joined, slots=slots)

    def renumbered(self, slots: Sequence[int]) -> _Quads:
        """With other numbers for the materials."""
        return replace(self, slots=np.array(slots)[self.slots])

    def without(self, hole: Region) -> _Quads:
        """What is left of the front and the back, and the sides."""
        kept = []
        for n in range(len(self.slots)):
            one = self._one(n)
            if np.ptp(one.corners[0, :, 1]) > 0:  # a side, which reaches into depth
                kept.append(one)
            else:
                kept += [one._piece(region) for region in one._region().without(hole)]
        return _Quads.joined(kept).renumbered([int(one.slots[0]) for one in kept])

    def _one(self, n: int) -> _Quads:
        return _Quads(*(getattr(self, field.name)[n : n + 1] for field in fields(self)))

    def _region(self) -> Region:
        (top, left), (low, right) = self.places[0].min(axis=0), self.places[0].max(axis=0)
        return Region(int(top), int(left), int(low - top), int(right - left))

    def _piece(self, region: Region) -> _Quads:
        """The part of a single front or back that shows a region."""
        whole = self._region()
        ends = np.array(
            [[region.row, region.column], [region.row + region.rows, region.column + region.columns]]
        )
        begin, size = np.array([whole.row, whole.column]), np.array([whole.rows, whole.columns])
        far = (self.places[0] - begin) / size > 0.5  # which corners are the lower, the right ones
        places = np.where(far, ends[1], ends[0])
        share = (places - begin) / size
        x, _, z = (self.corners[0, :, i] for i in range(3))
        corners = self.corners.copy()
        corners[0, :, 0] = x.min() + share[:, 1] * np.ptp(x)
        corners[0, :, 2] = z.max() - share[:, 0] * np.ptp(z)
        u, v = self.texels[0, :, 0], self.texels[0, :, 1]
        texels = np.stack([u.min() + share[:, 1] * np.ptp(u), v.max() - share[:, 0] * np.ptp(v)], axis=-1)
        return replace(self, corners=corners, places=places[None], texels=texels[None])

    def write(self, mesh: bpy.types.Mesh) -> None:
        """Fill an empty mesh."""
        count = len(self.slots)
        mesh.from_pydata(
            self.corners.reshape(-1, 3).tolist(), [], np.arange(4 * count).reshape(count, 4).tolist()
        )
        mesh.polygons.foreach_set("material_index", self.slots.astype(np.int32))
        for i, name in enumerate(("row", "column")):
            numbers = mesh.attributes.new(name, "FLOAT", "POINT").data
            numbers.foreach_set("value", self.places[:, :, i].ravel().astype(np.float32))
        bounds = np.repeat(self.bounds[:, None], 4, axis=1)
        for name, pairs in zip(TEXELS, (self.texels, bounds[:, :, :2], bounds[:, :, 2:]), strict=True):
            vectors = mesh.attributes.new(name, "FLOAT_VECTOR", "POINT").data
            vectors.foreach_set("vector", np.pad(pairs, ((0, 0), (0, 0), (0, 1))).ravel().astype(np.float32))

    @staticmethod
    def read(mesh: bpy.types.Mesh) -> _Quads:
        """What was written into a mesh."""

        def column(data: bpy.types.bpy_prop_collection, name: str, width: int) -> Array:
            numbers = np.empty(len(data) * width, np.float32)
            data.foreach_get(name, numbers)
            return numbers.astype(float).reshape(-1, 4, width)

        places = [column(mesh.attributes[name].data, "value", 1) for name in ("row", "column")]
        texels, low, high = (column(mesh.attributes[name].data, "vector", 3)[:, :, :2] for name in TEXELS)
        slots = np.empty(len(mesh.polygons), np.int32)
        mesh.polygons.foreach_get("material_index", slots)
        bounds = np.concatenate([low[:, 0], high[:, 0]], axis=-1)
        corners = column(mesh.vertices, "co", 3)
        return _Quads(corners, np.concatenate(places, axis=-1), texels, bounds, slots)


Corners = Sequence[tuple[float, float]]  # rows and columns


def _box(tile: Tile, page: Page, shape: tuple[int, int]) -> _Quads:
    """A tile's front and back, and the sides of the slab where it reaches them.

    A side goes on with the colours of the cells beside it.
    """
    rows, columns = page.size
    region = tile.region
    top, left = region.row, region.column
    low, right = top + region.rows, left + region.columns
    around: Corners = [(low, left), (low, right), (top, right), (top, left)]
    quads: list[tuple[Corners, Corners, tuple[int, int, int, int]]] = [
        (around, around, (0, 0, 0, 0)),
        (around[::-1], around[::-1], (1, 1, 1, 1)),
    ]
    edges = (
        (top == 0, [(top, left), (top, right)], (0.5, 0)),
        (low == shape[0], [(low, right), (low, left)], (-0.5, 0)),
        (left == 0, [(low, left), (top, left)], (0, 0.5)),
        (right == shape[1], [(top, right), (low, right)], (0, -0.5)),
    )
    for outside, (a, b), (down, across) in edges:
        if outside:
            side = [a, b, b, a]
            quads.append((side, [(row + down, column + across) for row, column in side], (0, 0, 1, 1)))
    corners = np.array(
        [[(c, y, -r) for (r, c), y in zip(at, depth, strict=True)] for at, _, depth in quads], float
    )
    places = np.array([cells for _, cells, _ in quads], float)
    inside = places - (top, left) + (tile.top, tile.left)
    texels = np.stack([inside[:, :, 1] / columns, 1 - inside[:, :, 0] / rows], axis=-1)
    bounds = (
        tile.left / columns,
        1 - (tile.top + region.rows) / rows,
        (tile.left + region.columns) / columns,
        1 - tile.top / rows,
    )
    return _Quads(corners, places, texels, np.array([bounds] * len(quads)), np.zeros(len(quads), int))


def encode(values: Array, scale: float, bits: int = 8) -> Numbers:
    """What a picture holds of true values: bytes, or with 16 bits a byte and its 256 parts."""
    parts = 1 if bits == 8 else 256
    codes = np.rint(normalise(values, scale) * (STEP * parts)) + ZERO * parts
    codes = np.clip(codes, parts, BROKEN * parts - 1).astype(np.uint8 if bits == 8 else np.uint16)
    codes[np.isneginf(values)] = MASKED
    codes[np.isnan(values) | np.isposinf(values)] = BROKEN * parts
    return codes


def reduced(codes: Numbers, filled: Numbers) -> list[Numbers]:
    """The smaller copies of a page, one for each of `REDUCTIONS`, `[rows, columns, 4]` bytes.

    Red is the mean of the values, green their standard deviation, blue the share of masked cells, alpha that
    of cells that are not broken. `filled` says which texels hold cells; others count for nothing.
    """
    copies: list[list[Numbers]] = [[] for _ in REDUCTIONS]
    for row in range(0, len(codes), BAND):
        sums = _sums(codes[row : row + BAND], filled[row : row + BAND])
        done = 1
        for copy, side in zip(copies, REDUCTIONS, strict=True):
            sums, done = _gathered(sums, side // done), side
            copy.append(_moments(sums))
    return [np.concatenate(copy) for copy in copies]


def _sums(codes: Numbers, filled: Numbers) -> Array:
    """What adds up: cells, masked, broken, values, their squares, `[5, rows, columns]`."""
    whole = codes if codes.dtype == np.uint8 else codes >> 8
    parts = np.float32(1 if codes.dtype == np.uint8 else 256)
    masked, broken = filled & (whole == MASKED), filled & (whole == BROKEN)
    value = (codes / parts - np.float32(ZERO)) / np.float32(STEP) * (filled & ~masked & ~broken)
    return np.stack([filled, masked, broken, value, value * value]).astype(np.float32)


def _gathered(sums: Array, side: int) -> Array:
    kinds, rows, columns = sums.shape
    return sums.reshape(kinds, rows // side, side, columns // side, side).sum(axis=(2, 4))


def _moments(sums: Array) -> Numbers:
    cells, masked, broken, value, square = sums
    valid, cells = np.maximum(cells - masked - broken, 1), np.maximum(cells, 1)
    mean = value / valid
    spread = np.sqrt(np.maximum(square / valid - mean * mean, 0))
    shares = (mean * STEP + ZERO, spread * 255, masked / cells * 255, 255 - np.ceil(broken / cells * 255))
    return np.rint(np.stack(shares, axis=-1)).clip(0, 255).astype(np.uint8)


def png(codes: Numbers) -> bytes:
    """A PNG of bytes `[rows, columns]` or `[rows, columns, 4]`, or of 16 bits a cell as red and green.

    Huffman codes alone: weights have no repetitions to be found.
    """
    rows, columns = codes.shape[:2]
    if codes.dtype == np.uint16:
        codes = np.stack([codes >> 8, codes & 255, np.zeros_like(codes)], axis=-1).astype(np.uint8)
    kind = {1: 0, 3: 2, 4: 6}[codes.size // (rows * columns)]  # grey, RGB, RGBA
    lines = codes.reshape(rows, -1)
    raw = np.zeros((rows, lines.shape[1] + 1), np.uint8)  # every line begins with its filter: none
    raw[:, 1:] = lines
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    return png_file(columns, rows, kind, packer.compress(raw.tobytes()) + packer.flush())


def _image(name: str, codes: Numbers) -> bpy.types.Image:
    """A packed image, so that the file needs nothing beside it."""
    data = png(codes)
    image = bpy.data.images.new(f"LLM Scene {name}", codes.shape[1], codes.shape[0])
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    image.colorspace_settings.is_data = True
    image.alpha_mode = "CHANNEL_PACKED"
    return image
