"""A large matrix as a slab: one box whose front shows a picture of the values, a texel a cell.

The picture holds 8 bits a cell, nearest-sampled; the grid between the cells is drawn by the shader and
fades where cells become smaller than pixels. A front wider or taller than a picture may be is laid in
tiles. The same custom properties as with cuboids reveal, lift and dim it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from itertools import product

import bpy
import numpy as np

from ..film.front import by_rows
from ..layout.budget import TILE
from ..layout.look import normalise
from ..layout.plan import Block
from ..network.ops import Array

ZERO, STEP = 128, 127  # byte of a value v in -1 to 1: ZERO + v STEP
MASKED, BROKEN = 0, 255  # bytes that stand for no value; 1 to 254 hold values


def slab_object(
    block: Block,
    values: Array,
    scale: float,
    materials: Callable[[bpy.types.Image], bpy.types.Material],
    n_prompt: int,
) -> bpy.types.Object:
    """An object named after the block. `values` are the true ones, [rows, columns].

    `materials` makes the material that shows a tile's picture.
    """
    rows, columns = block.shape
    codes = encode(values, scale)
    mesh = bpy.data.meshes.new(block.name)
    corners: list[tuple[float, float, float]] = []
    faces: list[tuple[int, ...]] = []
    for row, column in product(range(0, rows, TILE), range(0, columns, TILE)):
        low, right = min(row + TILE, rows), min(column + TILE, columns)
        first = len(corners)
        corners += [(column, 0, -low), (right, 0, -low), (right, 0, -row), (column, 0, -row)]
        faces.append((first, first + 1, first + 2, first + 3))
        image = _image(f"{block.name} {row} {column}", codes[row:low, column:right])
        mesh.materials.append(materials(image))
    first = len(corners)
    corners += [(x, y, z) for y in (0, 1) for z in (-rows, 0) for x in (0, columns)]
    sides = ((0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3), (4, 6, 7, 5))
    faces += [tuple(first + corner for corner in side) for side in sides]
    mesh.from_pydata(corners, [], faces)
    tiles = len(mesh.materials)
    mesh.polygons.foreach_set("material_index", [i if i < tiles else 0 for i in range(len(faces))])
    _write_uv(mesh, tiles)
    _write_place(mesh, corners)
    slab = bpy.data.objects.new(block.name, mesh)
    slab.location = block.origin
    slab["length"] = float(columns if by_rows(block) else rows)
    slab["by_rows"], slab["n_prompt"] = float(by_rows(block)), float(n_prompt)
    return slab


def encode(values: Array, scale: float) -> Array:
    """Bytes of true values: what the picture holds."""
    codes = np.rint(ZERO + np.clip(normalise(values, scale) * STEP, 1 - ZERO, 126)).astype(np.uint8)
    codes[np.isneginf(values)] = MASKED
    codes[np.isnan(values) | np.isposinf(values)] = BROKEN
    return codes


def png(codes: Array) -> bytes:
    """A grey PNG of bytes `[rows, columns]`; hardly compressed, since weights hardly can be."""
    rows, columns = codes.shape
    raw = np.zeros((rows, columns + 1), np.uint8)  # every line begins with its filter: none
    raw[:, 1:] = codes

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    body = zlib.compress(raw.tobytes(), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _image(name: str, codes: Array) -> bpy.types.Image:
    """A packed image, so that the file needs nothing beside it."""
    data = png(codes)
    image = bpy.data.images.new(name, codes.shape[1], codes.shape[0])
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    image.colorspace_settings.name = "Non-Color"
    return image


def _write_uv(mesh: bpy.types.Mesh, tiles: int) -> None:
    """Every tile shows its whole picture; the sides show its first texel."""
    uv = np.zeros((len(mesh.loops), 2), np.float32)
    uv[: 4 * tiles] = np.tile([(0, 0), (1, 0), (1, 1), (0, 1)], (tiles, 1))
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", uv.ravel())


def _write_place(mesh: bpy.types.Mesh, corners: list[tuple[float, float, float]]) -> None:
    """Row and column as numbers that run smoothly over the front; the shader takes their whole part."""
    place = np.array(corners, np.float32)
    for name, numbers in (("column", place[:, 0]), ("row", -place[:, 2])):
        attribute = mesh.attributes.new(name, "FLOAT", "POINT")
        attribute.data.foreach_set("value", np.ascontiguousarray(numbers))
