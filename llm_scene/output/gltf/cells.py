"""The cells of all matrices: as a picture on a box, as instances of one cuboid, or as a mesh."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...errors import UserError
from ...film.film import Film
from ...layout.layout import Block, Layout
from ...look import GAP, Look, colours, normalise, relief_of, scale_of, srgb
from ...network.ops import Array, Numbers
from ...network.trace import Trace
from ...packing import packed
from .document import NEAREST, Document
from .images import png
from .motion import lit_at
from .shapes import BOX, BOX_NORMALS, BOX_TRIANGLES, OPEN_BOX, SHADOW, light_on, open_boxes, painted, turned

LARGEST = 4096  # texels a side, which every device can hold
WIDTHS = 64  # of the atlas that are tried: the less is left empty, the smaller the file
TILES = (6, 5, 4, 3, 2)  # texels a cell, one of them the gap
SHORT = 8191  # cuboids whose corners can be counted in 16 bits
INSTANCING = "EXT_mesh_gpu_instancing"
BETWEEN = "#000000"  # gaps between cells, where little light gets
GRAINS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # every so many rows and columns are shown where not all fit
KEPT = 32  # rows or columns that a sheet keeps at least
PADDING = 2  # cells between matrices, so that their mipmaps do not touch
Shape = tuple[int, int]  # rows and columns
Fit = tuple[int, int, list[Shape], int]  # texels a cell, width, places, height


class Cells:
    """The matrices of a traced model, in a look."""

    def __init__(self, layout: Layout, trace: Trace, look: Look) -> None:
        self.layout = layout
        self.look = look
        self.values = {block.name: block.values(trace) for block in layout.blocks.values()}
        self.scales = {m.name: scale_of(trace[m.name]) for m in trace.network if m.shown}

    def scale(self, block: Block) -> float:
        """The magnitude that fills the colour map."""
        return self.scales[block.matrix.name]

    def rgb(self, block: Block) -> Array:
        """sRGB colours `[rows, columns, 3]`."""
        return colours(self.values[block.name], block.matrix, self.look, self.scale(block))

    def relief(self, block: Block) -> Array:
        """How far cells stand out of their sheet, `[rows, columns]`, in cells."""
        return relief_of(normalise(self.values[block.name], self.scale(block)))

    def extras(self, block: Block) -> dict[str, Any]:
        """What is known of a sheet, for programs that read the file."""
        matrix, values = block.matrix, self.values[block.name]
        finite = values[np.isfinite(values)]
        known: dict[str, Any] = {
            "matrix": matrix.name,
            "shape": list(block.shape),
            "range": [float(f"{v:.6g}") for v in (finite.min(), finite.max())] if finite.size else None,
        }
        return known if block.head is None else known | {"head": block.head}

    def matrices(self) -> dict[str, dict[str, Any]]:
        """What is known of each matrix, of which every head shows a sheet."""
        return {block.matrix.name: self._matrix(block) for block in self.layout.blocks.values()}

    def _matrix(self, block: Block) -> dict[str, Any]:
        matrix = block.matrix
        known: dict[str, Any] = {
            "label": block.label,
            "role": block.role,
            "axes": list(block.axes),
            "scale": float(f"{self.scale(block):.6g}"),
        }
        if matrix.op is not None:
            known |= {"formula": matrix.op.formula, "inputs": list(matrix.inputs)}
        return known


def place(block: Block) -> dict[str, Any]:
    """The node fields of a block's upper left front corner."""
    return {"translation": turned(np.array(block.origin)).tolist()}


# --- texture: a box a matrix over one picture ---


def texture_cells(
    document: Document, cells: Cells, parents: dict[str, int], film: Film | None
) -> dict[str, int]:
    """A node a block: a unit box, scaled to the block's size, that shows its part of the atlas.

    Where the atlas has no room for all cells, large matrices show every second, fourth … row and column;
    `every` in a node's extras says which.
    """
    blocks = list(cells.layout.blocks.values())
    steps, (tile, width, places, height) = _thinned([block.shape for block in blocks])
    palette = Palette(blocks, cells.look)
    pixels = np.full((height, width, 1), palette.GAP, np.uint8)
    paint = document.material("Cells", surface={"baseColorTexture": {}})
    shade = painted(np.ones((24, 3)), light_on(BOX_NORMALS))
    nodes = {}
    for block, (down, along), (x, y) in zip(blocks, steps, places, strict=True):
        shown = cells.values[block.name][::down, ::along]
        rows, columns = (tile * count + 1 for count in shown.shape)
        colour = palette.index(block, shown, cells.scale(block))
        _tiles(colour, tile, pixels[y : y + rows, x : x + columns, 0])
        where = (_unwrapped(rows, columns, tile) + np.array([x, y])) / (width, height)
        where = np.round(where * 65535).astype(np.uint16)
        box = document.primitive(paint, BOX_TRIANGLES, POSITION=BOX, COLOR_0=shade, TEXCOORD_0=where)
        size = [float(block.shape[1]), float(block.shape[0]), 1.0]
        mesh = document.mesh(box)
        extras = cells.extras(block) | ({"every": [down, along]} if down * along > 1 else {})
        fields = place(block) | {"scale": size, "mesh": mesh, "extras": extras}
        nodes[block.name] = document.node(block.name, parents[block.name], **fields)
    texture = document.texture("Cells", png(pixels, palette.colours), NEAREST)
    document.parts["materials"][paint]["pbrMetallicRoughness"]["baseColorTexture"] = texture
    return nodes


def _thinned(shapes: list[Shape]) -> tuple[list[Shape], Fit]:
    """(every which row and column is shown of each sheet, how they fit into the atlas)."""
    for grain in GRAINS:
        steps = [tuple(min(grain, max(1, count // KEPT)) for count in shape) for shape in shapes]
        sizes = [
            (math.ceil(rows / down), math.ceil(columns / along))
            for (rows, columns), (down, along) in zip(shapes, steps, strict=True)
        ]
        if (fit := _fit(sizes)) is not None:
            return [(down, along) for down, along in steps], fit
    raise UserError(
        f"{len(shapes):,} matrices do not fit into a glTF texture: use mode “instances” or a smaller model."
    )


def _fit(shapes: list[Shape]) -> Fit | None:
    """The largest tiles that an atlas has room for, in the smallest one; None where none fit."""
    for tile in TILES:
        sizes = [(tile * columns + 1, tile * rows + 1) for rows, columns in shapes]
        widest, area = max(w for w, _ in sizes) + 2 * PADDING * tile, sum(w * h for w, h in sizes)
        fits = []
        for width in range(LARGEST // 4, LARGEST + 1, LARGEST // WIDTHS):
            if widest <= width and area <= width * LARGEST:
                spots, [(_, height)] = packed(sizes, width, pad=PADDING * tile)
                fits.append((tile, width, [(spot.x, spot.y) for spot in spots], height))
        if fits := [fit for fit in fits if fit[-1] <= LARGEST]:
            return min(fits, key=lambda fit: fit[1] * fit[-1])
    return None


def _tiles(cells: Numbers, tile: int, into: Numbers) -> None:
    """Enlarge cells `[rows, columns]` to tiles; the gaps, one texel all round, keep their colour."""
    gap = into[0, 0]
    into[1:, 1:] = cells.repeat(tile, axis=0).repeat(tile, axis=1)
    into[::tile] = into[:, ::tile] = gap


def _unwrapped(rows: int, columns: int, tile: int) -> Array:
    """Which texel of the sheet, from its upper left, each corner of the box shows.

    Sides show the outermost cells, one cell deep, from inside the gap on.
    """
    depth = np.where(BOX[:, 2] == 0, 1.02, tile - 0.02)[:, None]
    inwards = -BOX_NORMALS[:, :2] * depth
    return np.column_stack([BOX[:, 0] * columns + inwards[:, 0], -(BOX[:, 1] * rows + inwards[:, 1])])


# --- instances: one cuboid, drawn for every cell ---


def instanced_cells(
    document: Document, cells: Cells, parents: dict[str, int], film: Film | None
) -> dict[str, int]:
    """A node a block whose instances are its cells; equal grids are stored once.

    All cells are equally deep: a scale for each would be a quarter of the file. `_T_ON`, of computed
    values, is the time in seconds at which the film lights a cell.
    """
    document.extensions.add(INSTANCING)
    document.required.add(INSTANCING)
    paint = document.material("Cells")
    corners = (BOX + np.array([-0.5, 0.5, 1])) * (1 - GAP, 1 - GAP, 1)
    shade = painted(np.ones((24, 3)), light_on(BOX_NORMALS))
    cuboid = document.primitive(paint, BOX_TRIANGLES, POSITION=corners.astype(np.float32), COLOR_0=shade)
    mesh = document.mesh(cuboid)
    nodes = {}
    for block in cells.layout.blocks.values():
        attributes = {
            "TRANSLATION": document.accessor(_grid(block.shape)),
            "_COLOR_0": document.accessor(painted(cells.rgb(block))[:, :3], shares=True),
        }
        if film is not None and block.role != "weight":
            lit = lit_at(film, block, cells.layout.n_prompt)
            attributes["_T_ON"] = document.accessor(lit.astype(np.float32))
        instances = {"extensions": {INSTANCING: {"attributes": attributes}}}
        fields = place(block) | instances | {"mesh": mesh, "extras": cells.extras(block)}
        nodes[block.name] = document.node(block.name, parents[block.name], **fields)
    return nodes


def _grid(shape: tuple[int, int]) -> Array:
    """Where the cells of a sheet stand, at the middle of their backs."""
    rows, columns = (axis.ravel() for axis in np.indices(shape))
    return np.stack([columns + 0.5, -rows - 0.5, -np.ones(rows.size)], axis=1).astype(np.float32)


# --- mesh: every cell a cuboid of its own ---


def meshed_cells(
    document: Document, cells: Cells, parents: dict[str, int], film: Film | None
) -> dict[str, int]:
    """A mesh a block, of cuboids without backs; colours are those of the front, darker at the back."""
    paint = document.material("Cells")
    nodes = {}
    for block in cells.layout.blocks.values():
        depth = 1.0 + cells.relief(block).ravel()
        sizes = np.column_stack([np.full((block.n_cells, 2), 1 - GAP), depth])
        vertices = open_boxes(_grid(block.shape) + np.outer(depth / 2, (0, 0, 1)), sizes)  # [cells, 8, 3]
        shares = np.where(np.arange(8) < 4, 1.0, SHADOW)
        rgb = np.broadcast_to(cells.rgb(block).reshape(-1, 1, 3), vertices.shape)
        colours = painted(rgb, np.broadcast_to(shares, rgb.shape[:2])).reshape(-1, 8, 4)
        pieces = []
        for start in range(0, block.n_cells, SHORT):
            chosen = slice(start, start + SHORT)
            count = len(vertices[chosen])
            triangles = (OPEN_BOX[None] + 8 * np.arange(count)[:, None, None]).reshape(-1, 3)
            points = vertices[chosen].reshape(-1, 3).astype(np.float32)
            colour = colours[chosen].reshape(-1, 4)
            pieces.append(document.primitive(paint, triangles, POSITION=points, COLOR_0=colour))
        fields = place(block) | {"mesh": document.mesh(*pieces), "extras": cells.extras(block)}
        nodes[block.name] = document.node(block.name, parents[block.name], **fields)
    return nodes


# --- colours of the atlas ---


class Palette:
    """At most 256 colours that stand for all values: a byte a texel instead of three."""

    GAP, MASKED, BROKEN, RAMPS = 0, 1, 2, 3

    def __init__(self, blocks: list[Block], look: Look) -> None:
        kinds = sorted({(block.role, block.matrix.signed) for block in blocks})
        self.levels = (256 - self.RAMPS - len(kinds)) // sum(2 if signed else 1 for _, signed in kinds)
        colours = [np.array([srgb(code) for code in (BETWEEN, look.wall, look.broken)])]
        self.zero = {}
        start = self.RAMPS
        for role, signed in kinds:
            below = self.levels if signed else 0
            self.zero[role, signed] = start + below
            values = np.arange(-below, self.levels + 1) / self.levels
            colours.append(look.ramp(role, signed).colours(values))
            start += len(values)
        self.colours = np.round(np.concatenate(colours) * 255).astype(np.uint8)  # [n, 3]

    def index(self, block: Block, values: Array, scale: float) -> Array:
        """The colours of true values, as places in the palette."""
        share = np.round(normalise(values, scale) * self.levels).astype(int)
        if not block.matrix.signed:
            share = np.maximum(share, 0)
        special = np.where(np.isneginf(values), self.MASKED, self.BROKEN)
        return np.where(np.isfinite(values), self.zero[block.role, block.matrix.signed] + share, special)
