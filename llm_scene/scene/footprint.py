"""How much of a sheet a pixel covers: what is finer than pixels is averaged, so that nothing flickers."""

from __future__ import annotations

from dataclasses import dataclass

from ..film.framing import SENSOR
from .nodes import Tree, Value, framed

AVERAGED, CRISP = 4.5, 6.0  # pixels of a cell below which a sheet is one calm tone, and from which cells show
GAP_SHADE = 0.55  # between cells one sees their sides, which get less light


@dataclass(frozen=True)
class Footprint:
    """How many cells a pixel covers."""

    wide: Value  # along a row
    high: Value  # along a column
    far: Value  # 1 where cells are too small to be shown one by one


@framed("How many cells a pixel covers")
def footprint(tree: Tree) -> Footprint:
    """A pixel covers a disc across the ray, which the sheet cuts at a slant.

    With ray direction d, the sheet's normal along y, and a disc of diameter p, the cut reaches over
    p sqrt(1 + (dx/dy)²) along x, and likewise along z.
    """
    setting = [scene_value(tree, f"render.resolution_{axis}") for axis in "xy"]
    percent = scene_value(tree, "render.resolution_percentage")
    pixels = tree.math("MULTIPLY", tree.math("MAXIMUM", *setting), tree.math("DIVIDE", percent, 100.0))
    focal = tree.math("MAXIMUM", scene_value(tree, "camera.data.lens"), 1.0)
    angle = tree.math("DIVIDE", SENSOR, tree.math("MULTIPLY", focal, tree.math("MAXIMUM", pixels, 16.0)))
    distance = tree.node("ShaderNodeCameraData").outputs["View Distance"]
    pixel = tree.math("MULTIPLY", distance, angle)
    x, y, z = parts(tree, tree.node("ShaderNodeNewGeometry").outputs["Incoming"])
    facing = tree.math("MAXIMUM", tree.math("MULTIPLY", y, y), 4e-4)
    wide, high = (
        tree.math("MULTIPLY", pixel, tree.math("SQRT", tree.math("MULTIPLY_ADD", slant, slant, 1.0)))
        for slant in (tree.math("DIVIDE", side, tree.math("SQRT", facing)) for side in (x, z))
    )
    pixels = tree.math("DIVIDE", 1.0, tree.math("MAXIMUM", tree.math("MAXIMUM", wide, high), 1e-4))
    far = tree.math("DIVIDE", tree.math("SUBTRACT", CRISP, pixels), CRISP - AVERAGED, clamp=True)
    return Footprint(wide, high, far)


@framed("Between cells")
def between(tree: Tree, row: Value, column: Value, wide: Value, high: Value, gap: Value) -> Value:
    """How much of a pixel that covers `wide` by `high` cells falls between them."""
    free = [
        tree.math("SUBTRACT", 1.0, _covered(tree, at, width, gap))
        for at, width in ((column, wide), (row, high))
    ]
    return tree.math("SUBTRACT", 1.0, tree.math("MULTIPLY", *free))


def _covered(tree: Tree, at: Value, width: Value, gap: Value) -> Value:
    """The share of [at - width/2, at + width/2] within half a gap of a whole number."""
    width = tree.math("MAXIMUM", width, 0.01)
    shifted = tree.math("MULTIPLY_ADD", gap, 0.5, at)
    wholes, rests = [], []
    for sign in (0.5, -0.5):
        end = tree.math("MULTIPLY_ADD", width, sign, shifted)
        wholes.append(tree.math("FLOOR", end))
        rests.append(tree.math("MINIMUM", tree.math("FRACT", end), gap))
    whole = tree.math("MULTIPLY", tree.math("SUBTRACT", *wholes), gap)
    rest = tree.math("SUBTRACT", *rests)
    return tree.math("DIVIDE", tree.math("ADD", whole, rest), width)


def parts(tree: Tree, vector: Value) -> tuple[Value, Value, Value]:
    """The three numbers of a vector."""
    split = tree.node("ShaderNodeSeparateXYZ")
    tree.wire(vector, split.inputs[0])
    x, y, z = split.outputs
    return x, y, z


def scene_value(tree: Tree, path: str) -> Value:
    """A setting of the scene that is rendered, such as the width of the picture: no Python, no driver."""
    return tree.node("ShaderNodeAttribute", attribute_type="VIEW_LAYER", attribute_name=path).outputs["Fac"]
