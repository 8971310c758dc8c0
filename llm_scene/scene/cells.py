"""A matrix as an object: a mesh of points that geometry nodes turn into cuboids.

The points carry what is known of each cell: `raw` (true value), `value` (normalised for the colour
map), `row`, `column`, `order` (when it is computed, as `reveal` counts) and
`state` (0 a number, 1 masked, 2 broken).
"""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from ..film.front import order_at
from ..layout.budget import Detail
from ..layout.layout import Block
from ..layout.mosaic import Region
from ..look import RECESS, THIN, normalise
from ..network.ops import Array, Numbers
from ..network.trace import Trace
from .compat import modifier_input
from .nodes import Tree, Value, framed, inputs, shape_group

GROUP = "LLM Scene cells"
MASKED, BROKEN = 1.0, 2.0
FRONT = "front"  # attribute: 1 on corners that the relief moves
DEFAULTS = Detail().measures
AROUND = 6  # cells to each side that far sheets average


def cell_object(
    block: Block,
    trace: Trace,
    scale: float,
    material: bpy.types.Material,
    n_prompt: int,
    group: bpy.types.NodeTree,
    region: Region | None = None,
    measures: Mapping[str, float] = DEFAULTS,
) -> bpy.types.Object:
    """An object named after the block, one point a cell; with a `region`, only for its cells.

    `group` is the scene's own `cell_group`, `measures` are its inputs.
    """
    region = region or Region(0, 0, *block.shape)
    values = block.values(trace)[region.slices]
    mesh = bpy.data.meshes.new(block.name)
    mesh.vertices.add(values.size)
    rows, columns = (axis.ravel() for axis in np.indices(values.shape))
    rows, columns = rows + region.row, columns + region.column
    points = np.stack([columns + 0.5, np.ones(values.size), -rows - 0.5], axis=1)
    mesh.vertices.foreach_set("co", points.astype(np.float32).ravel())
    state = np.where(np.isneginf(values), MASKED, np.where(np.isfinite(values), 0.0, BROKEN))
    _attribute(mesh, "raw", np.where(np.isfinite(values), values, 0))
    shares = normalise(values, scale)
    _attribute(mesh, "value", shares)
    for name, numbers in zip(("mean", "spread"), around(shares, np.isfinite(values)), strict=True):
        _attribute(mesh, name, numbers)
    _attribute(mesh, "row", rows)
    _attribute(mesh, "column", columns)
    _attribute(mesh, "order", order_at(block, rows, columns, n_prompt))
    _attribute(mesh, "state", state)
    mesh.materials.append(material)
    cells = bpy.data.objects.new(block.name, mesh)
    cells.location = block.origin
    cells["sheet"] = (float(block.shape[1]), float(block.shape[0]), 0.0)
    modifier = cells.modifiers.new("Cells", "NODES")
    modifier.node_group = group
    identifiers = inputs(group)
    modifier_input(modifier, identifiers["Material"], material)
    for name, value in measures.items():
        modifier_input(modifier, identifiers[name], value)
    return cells


def around(shares: Array, there: Numbers) -> tuple[Array, Array]:
    """Mean and spread of the values within `AROUND` cells of each cell, `[rows, columns]` each.

    `there` says which cells have a value.
    """
    numbers: Array = np.where(there, shares, 0.0)
    count, total, square = (_summed(part) for part in (there.astype(float), numbers, numbers**2))
    count = np.maximum(count, 1.0)
    mean = total / count
    return mean, np.sqrt(np.maximum(square / count - mean**2, 0.0))


def _summed(numbers: Array) -> Array:
    """Sums over the square within `AROUND` cells of each cell."""
    for axis in (0, 1):
        size = numbers.shape[axis]
        sums = np.concatenate([np.zeros_like(numbers.take([0], axis)), numbers.cumsum(axis)], axis)
        at = np.arange(size)
        high, low = np.minimum(at + AROUND + 1, size), np.maximum(at - AROUND, 0)
        numbers = sums.take(high, axis) - sums.take(low, axis)
    return numbers


def _attribute(mesh: bpy.types.Mesh, name: str, values: Numbers) -> None:
    attribute = mesh.attributes.new(name, "FLOAT", "POINT")
    attribute.data.foreach_set("value", np.ascontiguousarray(values, np.float32).ravel())


def cell_group() -> bpy.types.NodeTree:
    """A new geometry node group that all matrices of a scene share: points in, cuboids with relief out.

    Masked cells are holes. Every scene has its own, so that a user can change one scene's.
    """
    return shape_group(GROUP, _wire_group, DEFAULTS)


def _wire_group(tree: Tree) -> None:
    points = tree.node("NodeGroupInput").outputs
    place = tree.node("GeometryNodeInstanceOnPoints")
    tree.wire(points["Geometry"], place.inputs["Points"])
    masked = tree.math("COMPARE", tree.call("GeometryNodeInputNamedAttribute", "state"), MASKED, 0.1)
    tree.wire(tree.math("SUBTRACT", 1.0, masked), place.inputs["Selection"])
    tree.wire(_cuboid(tree, points["Gap"], points["Bevel"]), place.inputs["Instance"])
    real = tree.call("GeometryNodeRealizeInstances", place.outputs[0])
    raised = tree.node("GeometryNodeSetPosition")
    tree.wire(real, raised.inputs["Geometry"])
    out = tree.node("ShaderNodeCombineXYZ")
    tree.wire(tree.math("MULTIPLY", _relief(tree, points["Relief"]), -1.0), out.inputs[1])
    tree.wire(out.outputs[0], raised.inputs["Offset"])
    front = tree.call("GeometryNodeInputNamedAttribute", FRONT)
    tree.wire(tree.math("GREATER_THAN", front, 0.5), raised.inputs["Selection"])
    shaded = tree.node("GeometryNodeSetMaterial")
    tree.wire(raised.outputs[0], shaded.inputs["Geometry"])
    tree.wire(points["Material"], shaded.inputs["Material"])
    tree.wire(shaded.outputs[0], tree.node("NodeGroupOutput").inputs[0])


@framed("How far cells stand out")
def _relief(tree: Tree, relief: Value) -> Value:
    """How far a cell's front stands out, as `look.relief_of` says it."""
    value = tree.call("GeometryNodeInputNamedAttribute", "value")
    back = tree.math("MULTIPLY", tree.math("MINIMUM", value, 0.0), RECESS)
    out = tree.math("MULTIPLY", tree.math("ADD", tree.math("MAXIMUM", value, 0.0), back), relief)
    return tree.math("MAXIMUM", out, THIN - 1.0)


@framed("A cuboid")
def _cuboid(tree: Tree, gap: Value, bevel: Value) -> Value:
    """A unit cuboid open at the back, its front (towards -y) bevelled where `bevel` is not 0.

    The gap narrows to nothing at the back, where neighbours meet: a sheet is seen through nowhere.
    """
    width = tree.math("SUBTRACT", 1.0, gap)
    grid = tree.node("GeometryNodeMeshGrid")
    grid.inputs["Size X"].default_value = grid.inputs["Size Y"].default_value = 1.0
    grid.inputs["Vertices X"].default_value = grid.inputs["Vertices Y"].default_value = 2
    upright = tree.node("GeometryNodeTransform")
    tree.wire(grid.outputs["Mesh"], upright.inputs["Geometry"])
    upright.inputs["Rotation"].default_value = (1.5707963, 0.0, 0.0)
    body = _extrude(tree, upright.outputs[0], tree.math("SUBTRACT", 1.0, bevel))
    tapered = tree.node("GeometryNodeScaleElements")
    tree.wire(body.outputs["Mesh"], tapered.inputs["Geometry"])
    tree.wire(body.outputs["Top"], tapered.inputs["Selection"])
    tree.wire(width, tapered.inputs["Scale"])
    front = _extrude(tree, tapered.outputs[0], bevel, body.outputs["Top"])
    shrunk = tree.node("GeometryNodeScaleElements")
    tree.wire(front.outputs["Mesh"], shrunk.inputs["Geometry"])
    tree.wire(front.outputs["Top"], shrunk.inputs["Selection"])
    narrowing = tree.math("DIVIDE", tree.math("MULTIPLY", bevel, 2.0), width)
    tree.wire(tree.math("SUBTRACT", 1.0, narrowing), shrunk.inputs["Scale"])
    choice = tree.node("GeometryNodeSwitch", input_type="GEOMETRY")
    tree.wire(tree.math("GREATER_THAN", bevel, 0.0), choice.inputs["Switch"])
    tree.wire(tapered.outputs[0], choice.inputs["False"])
    tree.wire(shrunk.outputs[0], choice.inputs["True"])
    marked = tree.node("GeometryNodeStoreNamedAttribute", data_type="FLOAT", domain="POINT")
    tree.wire(choice.outputs[0], marked.inputs["Geometry"])
    marked.inputs["Name"].default_value = FRONT
    depth = tree.node("ShaderNodeSeparateXYZ")
    tree.wire(tree.call("GeometryNodeInputPosition"), depth.inputs[0])
    tree.wire(tree.math("LESS_THAN", depth.outputs["Y"], -0.5), marked.inputs["Value"])
    return marked.outputs[0]


def _extrude(tree: Tree, mesh: Value, by: Value, selection: Value = None) -> bpy.types.Node:
    node = tree.node("GeometryNodeExtrudeMesh", mode="FACES")
    tree.wire(mesh, node.inputs["Mesh"])
    tree.wire(by, node.inputs["Offset Scale"])
    if selection is not None:
        tree.wire(selection, node.inputs["Selection"])
    return node
