"""The material of slabs: it draws cells from a picture of their values, at any distance.

Near, it draws what cuboids would show: gaps between cells, bevelled edges, and the shadows that high cells
cast on low ones. As cells grow smaller than pixels it changes over to smaller copies of the picture, which
hold the mean m and the spread s of the values under a texel; the colour there is the average of the
colour map at m - s and m + s, in linear light. That is the two-point Gauss-Hermite rule: the average of any
colour map that bends no more than a cubic, so that a matrix is as bright from afar as from close by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ..film.front import STRIDE
from ..layout.mosaic import REDUCTIONS
from ..look import FLASH, RECESS
from ..network.graph import Role
from .footprint import GAP_SHADE, Footprint, between, parts
from .materials import (
    attribute,
    blank,
    focus,
    front,
    object_property,
    rgba,
    role_colour,
    show,
    written,
)
from .nodes import Tree, Value, framed
from .roles import Roles

KEY_LIGHT = (1.77, 1.47)  # how far the key light's shadows fall to the right and down, by a cell's height
CALM = 24.0  # cells that a texel of the smaller copy is taken from, by those that a pixel covers
SHADOW = 0.6  # what is left of the light there


def in_look(old: bpy.types.Material, roles: Roles, role: Role, signed: bool) -> bpy.types.Material:
    """The material of the same page in another look."""
    names = ("Values", *(_copy_name(side) for side in REDUCTIONS))
    images = [old.node_tree.nodes[name].image for name in names]
    rows, columns, bits = old["page"]
    return slab_material(roles, role, signed, images, (rows, columns), bits)


@dataclass(frozen=True)
class _Place:
    """Where on a slab a ray has met it."""

    row: Value
    column: Value
    seen: Footprint


def slab_material(
    roles: Roles,
    role: Role,
    signed: bool,
    images: Sequence[bpy.types.Image],
    size: tuple[int, int],
    bits: int,
) -> bpy.types.Material:
    """The material that shows a page: `images` are the picture, of `size` (rows, columns), and its copies."""
    look, name = roles.look, f"slab {role}{'' if signed else ' positive'}"
    material, tree = blank(name, role_colour(look, role, signed), kind="slab", role=role, signed=signed)
    material["page"] = (*size, bits)
    gap, relief, bevel = parts(tree, object_property(tree, "cell", "Vector"))
    seen = Footprint(*tree.results(roles.footprint()))
    place = _Place(attribute(tree, "row"), attribute(tree, "column"), seen)
    mean, spread, masked, broken, height = _filtered(tree, images, size, bits, place)
    colour = _average_colour(tree, roles.colours(role, signed), mean, spread)
    colour = tree.mix(masked, colour, rgba(look.wall))
    colour = tree.mix(broken, colour, rgba(look.broken))
    row, column = (tree.math("FLOOR", axis) for axis in (place.row, place.column))
    lift = tree.math("MAXIMUM", object_property(tree, "highlight"), focus(tree, row, column))
    glow = tree.math("MULTIPLY_ADD", lift, look.lift, look.light.glow)
    if role != "weight":
        order = _running_order(tree, row, column)
        lit, flash = front(tree, order)
        colour = tree.mix(lit, rgba(look.plate), colour)
        glow = tree.math("MULTIPLY_ADD", flash, FLASH, glow)
        height = tuple(tree.math("MULTIPLY", out, lit) for out in height)
    gaps = between(tree, place.row, place.column, place.seen.wide, place.seen.high, gap)
    shade = tree.math("MULTIPLY", _shadow(tree, place, height, relief, gap), tree.blend(gaps, 1.0, GAP_SHADE))
    colour = tree.mix(shade, rgba("#000000"), colour)
    surface = tree.group(roles.surface(role), colour, glow, _normal(tree, place, gap, bevel))
    if role != "weight":
        clear = tree.call("ShaderNodeBsdfTransparent")
        surface = tree.blend_shaders(written(tree, order), clear, surface)
    show(tree, surface)
    return material


@framed("Values from the picture, near and far")
def _filtered(
    tree: Tree, images: Sequence[bpy.types.Image], size: tuple[int, int], bits: int, place: _Place
) -> tuple[Value, Value, Value, Value, tuple[Value, Value, Value]]:
    """Mean, spread, shares of masked and broken cells under a pixel; and how far the cell and its neighbours
    to the left and above stand out, whose shadows fall on it."""
    texel, low, high = (attribute(tree, name, "Vector") for name in ("texel", "texel_low", "texel_high"))
    rows, columns = size
    value, masked, broken, heights = None, None, None, []
    for name, x, y in (("Values", 0, 0), ("Values left", -1, 0), ("Values above", 0, 1)):
        at = tree.vector("ADD", texel, (x / columns, y / rows, 0.0)) if x or y else texel
        code = _code(tree, name, images[0], bits, _kept(tree, at, low, high, 0.5 / columns, 0.5 / rows))
        number = tree.math("MULTIPLY", tree.math("SUBTRACT", code, 128.0), 1 / 127)
        is_masked = tree.math("LESS_THAN", code, 0.5)
        is_broken = tree.math("GREATER_THAN", code, 254.998)
        none = tree.math("ADD", is_masked, is_broken)
        number = tree.math("MULTIPLY", number, tree.math("SUBTRACT", 1.0, none))
        heights.append(_standing(tree, number))
        if name == "Values":
            value, masked, broken = number, is_masked, is_broken
    assert value is not None
    # Between two copies their means and mean squares are mixed, which keeps the spread that is between them.
    now: list[Value] = [value, tree.math("MULTIPLY", value, value), masked, broken]
    cells = tree.math("SQRT", tree.math("MULTIPLY", place.seen.wide, place.seen.high))
    level = tree.math("DIVIDE", tree.math("LOGARITHM", tree.math("MULTIPLY", cells, CALM), 2.0), 2.0)
    level = tree.math("MULTIPLY", tree.math("MAXIMUM", level, 1.0), place.seen.far)
    for i, (side, image) in enumerate(zip(REDUCTIONS, images[1:], strict=True)):
        at = _kept(tree, texel, low, high, side / 2 / columns, side / 2 / rows)
        copy = tree.node(
            "ShaderNodeTexImage", name=_copy_name(side), interpolation="Linear", extension="EXTEND"
        )
        copy.image = image
        tree.wire(at, copy.inputs["Vector"])
        split = tree.node("ShaderNodeSeparateColor")
        tree.wire(copy.outputs["Color"], split.inputs[0])
        mean = tree.math("MULTIPLY_ADD", split.outputs[0], 255 / 127, -128 / 127)
        square = tree.math("MULTIPLY_ADD", mean, mean, tree.math("POWER", split.outputs[1], 2.0))
        found = [mean, square, split.outputs[2], tree.math("SUBTRACT", 1.0, copy.outputs["Alpha"])]
        share = tree.math("SUBTRACT", level, float(i), clamp=True)
        now = [tree.blend(share, a, b) for a, b in zip(now, found, strict=True)]
    mean, square, masked, broken = now
    variance = tree.math("SUBTRACT", square, tree.math("MULTIPLY", mean, mean))
    spread = tree.math("SQRT", tree.math("MAXIMUM", variance, 0.0))
    here, left, above = heights
    return mean, spread, masked, broken, (here, left, above)


def _standing(tree: Tree, value: Value) -> Value:
    """How far a cell stands out, by the largest that does, as `look.relief_of` says it."""
    back = tree.math("MULTIPLY", tree.math("MINIMUM", value, 0.0), RECESS)
    return tree.math("ADD", tree.math("MAXIMUM", value, 0.0), back)


def _copy_name(side: int) -> str:
    return f"Values, {side} x {side}"


def _code(tree: Tree, name: str, image: bpy.types.Image, bits: int, at: Value) -> Value:
    """The byte of the cell at a place in the picture, with its parts where it has any."""
    node = tree.node("ShaderNodeTexImage", name=name, interpolation="Closest", extension="EXTEND")
    node.image = image
    tree.wire(at, node.inputs["Vector"])
    split = tree.node("ShaderNodeSeparateColor")
    tree.wire(node.outputs["Color"], split.inputs[0])
    code = tree.math("MULTIPLY", split.outputs[0], 255.0)
    if bits == 16:
        code = tree.math("MULTIPLY_ADD", split.outputs[1], 255 / 256, code)
    return code


def _kept(tree: Tree, at: Value, low: Value, high: Value, across: float, up: float) -> Value:
    """A place in the picture, kept half a texel within its tile: beyond lie other matrices."""
    margin = (across, up, 0.0)
    inside = tree.vector("MINIMUM", at, tree.vector("SUBTRACT", high, margin))
    return tree.vector("MAXIMUM", inside, tree.vector("ADD", low, margin))


@framed("The average colour of a pixel's cells")
def _average_colour(tree: Tree, colours: bpy.types.NodeTree, mean: Value, spread: Value) -> Value:
    ends = [tree.group(colours, tree.math(side, mean, spread)) for side in ("SUBTRACT", "ADD")]
    return tree.mix(0.5, *ends)


@framed("Shadows of higher cells")
def _shadow(
    tree: Tree, place: _Place, heights: tuple[Value, Value, Value], relief: Value, gap: Value
) -> Value:
    """The light that higher neighbours, to the left and above, leave to a cell; 1 where cells are small."""
    here, left, above = heights
    lights = []
    for higher, at, reach in ((left, place.column, KEY_LIGHT[0]), (above, place.row, KEY_LIGHT[1])):
        step = tree.math("MULTIPLY", tree.math("SUBTRACT", higher, here), relief)
        length = tree.math("SUBTRACT", tree.math("MULTIPLY", step, reach), gap)
        from_edge = tree.math("SUBTRACT", tree.math("FRACT", at), tree.math("MULTIPLY", gap, 0.5))
        inside = tree.math("MULTIPLY", tree.math("SUBTRACT", length, from_edge), 8.0, clamp=True)
        lights.append(tree.math("MULTIPLY_ADD", inside, SHADOW - 1.0, 1.0))
    light = tree.math("MINIMUM", *lights)
    return tree.blend(_near(tree, place), 1.0, light)


@framed("Bevelled edges")
def _normal(tree: Tree, place: _Place, gap: Value, bevel: Value) -> Value:
    """The direction a cell faces: forward, and aslant where its edges are bevelled."""
    half = tree.math("MULTIPLY_ADD", gap, -0.5, 0.5)
    flat = tree.math("SUBTRACT", half, bevel)
    near = _near(tree, place)
    slants = []
    for at in (place.column, place.row):
        off = tree.math("SUBTRACT", tree.math("FRACT", at), 0.5)
        steep = tree.math("GREATER_THAN", tree.math("ABSOLUTE", off), flat)
        slants.append(tree.math("MULTIPLY", tree.math("MULTIPLY", tree.math("SIGN", off), steep), near))
    true = tree.node("ShaderNodeNewGeometry").outputs["True Normal"]
    tilt = tree.node("ShaderNodeCombineXYZ")
    tree.wire(slants[0], tilt.inputs[0])
    tree.wire(tree.math("MULTIPLY", slants[1], -1.0), tilt.inputs[2])
    return tree.vector("NORMALIZE", tree.vector("ADD", true, tilt.outputs[0]))


def _near(tree: Tree, place: _Place) -> Value:
    """1 where a cell takes more than eight pixels, 0 where it takes fewer than three."""
    cells = tree.math("MAXIMUM", place.seen.wide, place.seen.high)
    pixels = tree.math("DIVIDE", 1.0, tree.math("MAXIMUM", cells, 1e-4))
    return tree.math("DIVIDE", tree.math("SUBTRACT", pixels, 3.0), 5.0, clamp=True)


@framed("When a cell is computed")
def _running_order(tree: Tree, row: Value, column: Value) -> Value:
    """When a slab's cell is computed, 0 to 1, as `front.order_of` says it for cuboids."""
    by_rows, length, prompt = parts(tree, object_property(tree, "run", "Vector"))
    position, within = tree.blend(by_rows, column, row), tree.blend(by_rows, row, column)
    share = tree.math("DIVIDE", within, length)
    early = tree.math("DIVIDE", tree.math("ADD", position, share), prompt)
    step = tree.math("ADD", tree.math("SUBTRACT", position, prompt), 1.0)
    later = tree.math("MULTIPLY_ADD", step, STRIDE, share)
    return tree.blend(tree.math("GREATER_THAN", step, 0.5), early, later)
