"""A large matrix as a slab: one box whose front shows a picture of the values, a texel a cell.

Many matrices share a picture (see `layout.mosaic`), and with it a material, so that a scene of hundreds
of slabs needs a handful of both. Beside each picture lie three smaller ones, which hold the mean and the
spread of 4 x 4, 16 x 16 and 64 x 64 cells: the shader takes those where cells are smaller than pixels, so
that a far matrix shows what its cells average to and never flickers. The same custom properties as with
cuboids reveal, lift and dim a slab.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..film.front import by_rows
from ..layout.look import Look, normalise
from ..layout.mosaic import REDUCTIONS, Mosaic, Region, Tile, mosaic
from ..layout.plan import Block
from ..network.graph import Role
from ..network.ops import Array
from ..network.trace import Trace
from .cells import measures
from .slab_material import slab_material

ZERO, STEP = 128, 127  # byte of a value v in -1 to 1: ZERO + v STEP
MASKED, BROKEN = 0, 255  # bytes that stand for no value; 1 to 254 hold values
BAND = 1024  # rows of a page that are averaged at a time
Face = tuple[int, int, int, int]


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
    look: Look,
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
        codes = np.zeros(size, np.uint8 if bits == 8 else np.uint16)
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
        pages.append(Page(size, slab_material(look, role, signed, images, size, bits)))
    return Pictures(laid, tuple(pages))


def slab_object(
    block: Block, pictures: Pictures, n_prompt: int, window: Region | None = None
) -> bpy.types.Object:
    """An object named after the block, which leaves out the cells of a window."""
    sheet = _Sheet()
    for tile, page in pictures.of(block):
        for region in tile.region.without(window):
            sheet.front(tile, page, region)
        sheet.sides(tile, page, block.shape)
    mesh = bpy.data.meshes.new(block.name)
    sheet.write(mesh)
    slab = bpy.data.objects.new(block.name, mesh)
    slab.location = block.origin
    length = block.shape[1] if by_rows(block) else block.shape[0]
    slab["run"] = (float(by_rows(block)), float(length), float(n_prompt))
    slab["cell"] = tuple(measures(block).values())  # gap, relief, bevel
    return slab


class _Sheet:
    """Collects faces; every one has corners of its own, since neighbours lie apart in the picture."""

    def __init__(self) -> None:
        self.corners: list[tuple[float, float, float]] = []
        self.places: list[tuple[float, float]] = []  # row and column
        self.texels: list[tuple[float, float]] = []
        self.bounds: list[tuple[float, float, float, float]] = []
        self.slots: list[int] = []
        self.materials: list[bpy.types.Material] = []

    def front(self, tile: Tile, page: Page, region: Region) -> None:
        """A region of a tile, seen from the front, and again from behind."""
        rows, columns = (
            (region.row, region.row + region.rows),
            (region.column, region.column + region.columns),
        )
        around = [(rows[1], columns[0]), (rows[1], columns[1]), (rows[0], columns[1]), (rows[0], columns[0])]
        self._face(tile, page, [(column, 0, -row) for row, column in around], around)
        self._face(tile, page, [(column, 1, -row) for row, column in around[::-1]], around[::-1])

    def sides(self, tile: Tile, page: Page, shape: tuple[int, int]) -> None:
        """The edges of the slab that a tile touches go on with the cells beside them."""
        r, within = tile.region, 0.5
        top, low, left, right = r.row, r.row + r.rows, r.column, r.column + r.columns
        for row, beside, outside in ((top, top + within, top == 0), (low, low - within, low == shape[0])):
            if outside:
                run = [(left, 0, -row), (right, 0, -row), (right, 1, -row), (left, 1, -row)]
                self._face(
                    tile, page, run, [(beside, left), (beside, right), (beside, right), (beside, left)]
                )
        for column, beside, outside in (
            (left, left + within, left == 0),
            (right, right - within, right == shape[1]),
        ):
            if outside:
                run = [(column, 0, -top), (column, 0, -low), (column, 1, -low), (column, 1, -top)]
                self._face(tile, page, run, [(top, beside), (low, beside), (low, beside), (top, beside)])

    def _face(
        self,
        tile: Tile,
        page: Page,
        corners: list[tuple[float, float, float]],
        places: Sequence[tuple[float, float]],
    ) -> None:
        rows, columns = page.size
        top, left = tile.top - tile.region.row, tile.left - tile.region.column  # of the block, in the page
        self.corners += corners
        self.places += places
        self.texels += [((left + column) / columns, 1 - (top + row) / rows) for row, column in places]
        low = 1 - (tile.top + tile.region.rows) / rows
        bounds = (tile.left / columns, low, (tile.left + tile.region.columns) / columns, 1 - tile.top / rows)
        self.bounds += [bounds] * 4
        if page.material not in self.materials:
            self.materials.append(page.material)
        self.slots.append(self.materials.index(page.material))

    def write(self, mesh: bpy.types.Mesh) -> None:
        """Fill a mesh. Its attributes: place in the block, in the page, and the tile's bounds there."""
        count = len(self.corners) // 4
        mesh.from_pydata(self.corners, [], np.arange(4 * count).reshape(count, 4).tolist())
        for material in self.materials:
            mesh.materials.append(material)
        mesh.polygons.foreach_set("material_index", self.slots)
        places, bounds = np.array(self.places, np.float32), np.array(self.bounds, np.float32)
        for name, numbers in (("row", places[:, 0]), ("column", places[:, 1])):
            attribute = mesh.attributes.new(name, "FLOAT", "POINT")
            attribute.data.foreach_set("value", np.ascontiguousarray(numbers))
        texels = np.array(self.texels, np.float32)
        for name, pairs in (("texel", texels), ("texel_low", bounds[:, :2]), ("texel_high", bounds[:, 2:])):
            attribute = mesh.attributes.new(name, "FLOAT_VECTOR", "POINT")
            attribute.data.foreach_set("vector", np.pad(pairs, ((0, 0), (0, 1))).ravel())


def encode(values: Array, scale: float, bits: int = 8) -> Array:
    """What a picture holds of true values: bytes, or with 16 bits a byte and its 256 parts."""
    parts = 1 if bits == 8 else 256
    codes = np.rint(normalise(values, scale) * (STEP * parts)) + ZERO * parts
    codes = np.clip(codes, parts, BROKEN * parts - 1).astype(np.uint8 if bits == 8 else np.uint16)
    codes[np.isneginf(values)] = MASKED
    codes[np.isnan(values) | np.isposinf(values)] = BROKEN * parts
    return codes


def reduced(codes: Array, filled: Array) -> list[Array]:
    """The smaller copies of a page, one for each of `REDUCTIONS`, `[rows, columns, 4]` bytes.

    Red is the mean of the values, green their standard deviation, blue the share of masked cells, alpha that
    of cells that are not broken. `filled` says which texels hold cells; others count for nothing.
    """
    copies: list[list[Array]] = [[] for _ in REDUCTIONS]
    for row in range(0, len(codes), BAND):
        sums = _sums(codes[row : row + BAND], filled[row : row + BAND])
        done = 1
        for copy, side in zip(copies, REDUCTIONS, strict=True):
            sums, done = _gathered(sums, side // done), side
            copy.append(_moments(sums))
    return [np.concatenate(copy) for copy in copies]


def _sums(codes: Array, filled: Array) -> Array:
    """What adds up: cells, masked, broken, values, their squares, `[5, rows, columns]`."""
    whole = codes if codes.dtype == np.uint8 else codes >> 8
    parts = np.float32(1 if codes.dtype == np.uint8 else 256)
    masked, broken = filled & (whole == MASKED), filled & (whole == BROKEN)
    value = (codes / parts - np.float32(ZERO)) / np.float32(STEP) * (filled & ~masked & ~broken)
    return np.stack([filled, masked, broken, value, value * value]).astype(np.float32)


def _gathered(sums: Array, side: int) -> Array:
    kinds, rows, columns = sums.shape
    return sums.reshape(kinds, rows // side, side, columns // side, side).sum(axis=(2, 4))


def _moments(sums: Array) -> Array:
    cells, masked, broken, value, square = sums
    valid, cells = np.maximum(cells - masked - broken, 1), np.maximum(cells, 1)
    mean = value / valid
    spread = np.sqrt(np.maximum(square / valid - mean * mean, 0))
    shares = (mean * STEP + ZERO, spread * 255, masked / cells * 255, 255 - np.ceil(broken / cells * 255))
    return np.rint(np.stack(shares, axis=-1)).clip(0, 255).astype(np.uint8)


def png(codes: Array) -> bytes:
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

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0)
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    body = packer.compress(raw) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _image(name: str, codes: Array) -> bpy.types.Image:
    """A packed image, so that the file needs nothing beside it."""
    data = png(codes)
    image = bpy.data.images.new(f"LLM Scene {name}", codes.shape[1], codes.shape[0])
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    return image
