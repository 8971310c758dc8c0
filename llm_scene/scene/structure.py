"""Models as structures: all boxes of a role are one mesh of points that geometry nodes turn into boxes.

Their material draws the cells: lines between single cells near by, between tens, hundreds and thousands
farther away, each fading before it would be finer than a pixel. What is many times farther than the
camera's subject fades into the background; the scene's property `reach` is how far that subject is.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..layout.layout import Point
from ..layout.structure import ROLES, Boxes, Structure
from ..look import Look
from ..network.ops import Array
from .compat import modifier_input
from .materials import blank, rgba, show
from .nodes import Tree, Value, inputs, shape_group

GROUP = "LLM Scene boxes"
REACH = "reach"  # the scene's property: distance of the camera's subject
HAZE = (3.0, 16.0)  # where haze begins and is complete, in distances of the subject
DECADES = 7  # from lines between cells to lines between millions
FINEST = 0.014  # the least spacing of lines, relative to the distance: about eight pixels of 640
GAP = 0.1  # the most a line takes of its spacing, as the gaps between cells do
HAIR = 0.0022  # the most it takes of the picture, relative to the distance
TONES, GOLDEN = 0.45, 0.618034  # how far tones go, and what spreads them
CUT, RULED = 0.75, 0.22  # how strong lines are on boxes and on the ground


def structure_objects(
    name: str,
    structure: Structure,
    offset: Point,
    materials: dict[str, bpy.types.Material],
    group: bpy.types.NodeTree,
) -> list[bpy.types.Object]:
    """An object for each role, and one for the residual stream; `group` is the scene's own `box_group`."""
    low, high = (np.array([getattr(beam, side) for beam in structure.trunk]) for side in ("low", "high"))
    parts = {"trunk": (low, high - low, np.zeros(len(low)))}
    tones = _tones(structure.boxes)
    for number, role in enumerate(ROLES):
        chosen = structure.boxes.role == number
        boxes = structure.boxes[chosen]
        parts[role] = (boxes.low, boxes.size, tones[chosen])
    return [boxes_object(f"{name} {part}", *parts[part], offset, materials[part], group) for part in parts]


def structure_materials(look: Look) -> dict[str, bpy.types.Material]:
    """The materials of the roles, and of the residual stream."""
    colours = {role: look.ramp(role, True).positive[0] for role in ROLES}
    made = {role: structure_material(look, role, code) for role, code in colours.items()}
    return made | {"trunk": structure_material(look, "trunk", look.links["trunk"], glow=0.6, lined=False)}


def _tones(boxes: Boxes) -> Array:
    """How far each box steps back into the ground's colour: alike in all blocks, so that matrices differ."""
    _, number = np.unique(boxes.kind, return_inverse=True)
    share: Array = (number * GOLDEN) % 1.0
    return TONES * share


def boxes_object(
    name: str,
    low: Array,
    size: Array,
    tone: Array,
    offset: Point,
    material: bpy.types.Material,
    group: bpy.types.NodeTree,
) -> bpy.types.Object:
    """A point for every box with its `size` and `tone`, which the modifier turns into boxes."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(np.empty((0, 3)), [], [])
    mesh.vertices.add(len(low))
    mesh.vertices.foreach_set("co", low.astype(np.float32).ravel())
    attribute = mesh.attributes.new("size", "FLOAT_VECTOR", "POINT")
    attribute.data.foreach_set("vector", size.astype(np.float32).ravel())
    mesh.attributes.new("tone", "FLOAT", "POINT").data.foreach_set("value", tone.astype(np.float32))
    mesh.materials.append(material)
    thing = bpy.data.objects.new(name, mesh)
    thing.location = offset
    modifier = thing.modifiers.new("Boxes", "NODES")
    modifier.node_group = group
    modifier_input(modifier, inputs(group)["Material"], material)
    return thing


def box_group() -> bpy.types.NodeTree:
    """A new geometry node group that all boxes of a scene share: points with a `size` in, boxes out.

    `share` runs over every box from 0 to 1 along each axis.
    """
    return shape_group(GROUP, _wire_group)


def _wire_group(tree: Tree) -> None:
    points = tree.node("NodeGroupInput").outputs
    cube = tree.node("GeometryNodeMeshCube")
    cube.inputs["Size"].default_value = (1.0, 1.0, 1.0)
    moved = tree.node("GeometryNodeTransform")
    tree.wire(cube.outputs["Mesh"], moved.inputs["Geometry"])
    moved.inputs["Translation"].default_value = (0.5, 0.5, 0.5)
    shared = tree.node("GeometryNodeStoreNamedAttribute", data_type="FLOAT_VECTOR", domain="POINT")
    tree.wire(moved.outputs[0], shared.inputs["Geometry"])
    shared.inputs["Name"].default_value = "share"
    tree.wire(tree.call("GeometryNodeInputPosition"), shared.inputs["Value"])
    size = tree.node("GeometryNodeInputNamedAttribute", data_type="FLOAT_VECTOR")
    size.inputs["Name"].default_value = "size"
    place = tree.node("GeometryNodeInstanceOnPoints")
    tree.wire(points["Geometry"], place.inputs["Points"])
    tree.wire(shared.outputs[0], place.inputs["Instance"])
    tree.wire(size.outputs[0], place.inputs["Scale"])
    real = tree.call("GeometryNodeRealizeInstances", place.outputs[0])
    shaded = tree.node("GeometryNodeSetMaterial")
    tree.wire(real, shaded.inputs["Geometry"])
    tree.wire(points["Material"], shaded.inputs["Material"])
    tree.wire(shaded.outputs[0], tree.node("NodeGroupOutput").inputs[0])


# --- materials ---


def structure_material(
    look: Look, name: str, code: str, glow: float = 0.5, lined: bool = True
) -> bpy.types.Material:
    """Matt boxes in one colour, their cells drawn as lines."""
    material, tree = blank(f"structure {name}", rgba(code), kind="structure", part=name)
    tone = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="tone")
    colour = tree.mix(tone.outputs["Fac"], rgba(code), rgba(look.floor))
    if lined:
        lines = tree.math("MULTIPLY", _lines(tree, _cells(tree), "XZ"), CUT)
        colour = tree.mix(lines, colour, rgba(look.floor))
    matt = tree.call("ShaderNodeBsdfDiffuse", colour)
    shine = tree.call("ShaderNodeEmission", colour, glow * look.light.glow)
    both = tree.call("ShaderNodeAddShader", matt, shine)
    _finish(tree, look, both)
    return material


def card_material(look: Look, name: str, code: str) -> bpy.types.Material:
    """Letters of cards: they shine by themselves."""
    material, tree = blank(name, rgba(code), kind="card")
    _finish(tree, look, tree.call("ShaderNodeEmission", rgba(code), 1.0))
    return material


def plain_material(look: Look) -> bpy.types.Material:
    """The ground under models of all sizes, ruled like their cells."""
    material, tree = blank("plain", rgba(look.floor), kind="plain")
    place = tree.node("ShaderNodeNewGeometry").outputs["Position"]
    seen = tree.math("MULTIPLY", _lines(tree, place, "XY"), RULED)
    matt = tree.call("ShaderNodeBsdfDiffuse", rgba(look.floor))
    lines = tree.call("ShaderNodeEmission", rgba(look.faint), 1.0)
    mixed = tree.node("ShaderNodeMixShader")
    tree.wire(seen, mixed.inputs[0])
    tree.wire(matt, mixed.inputs[1])
    tree.wire(lines, mixed.inputs[2])
    _finish(tree, look, mixed.outputs[0])
    return material


def _cells(tree: Tree) -> Value:
    """Where on its box a point lies, in cells."""
    share, size = (
        tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=name).outputs["Vector"]
        for name in ("share", "size")
    )
    place = tree.node("ShaderNodeVectorMath", operation="MULTIPLY")
    tree.wire(share, place.inputs[0])
    tree.wire(size, place.inputs[1])
    return place.outputs[0]


def _lines(tree: Tree, place: Value, axes: str) -> Value:
    """How much of a line is seen at a point, 0 to 1: the lines between 1, 10, 100 … cells.

    They are as wide as the gaps between cells, or a pixel or two where that is less.
    """
    split = tree.node("ShaderNodeSeparateXYZ")
    tree.wire(place, split.inputs[0])
    distance = tree.node("ShaderNodeCameraData").outputs["View Distance"]
    found = None
    for decade in range(DECADES):
        share = tree.math("DIVIDE", distance, 10.0**decade)  # the distance in spacings
        near = tree.math("DIVIDE", 1 / FINEST, share)  # 1: as fine as a line may be
        seen = tree.call("ShaderNodeMapRange", near, 1.0, 5.0, 0.0, 1.0, interpolation_type="SMOOTHSTEP")
        half = tree.math("MINIMUM", tree.math("MULTIPLY", share, HAIR / 2), GAP / 2)
        edges = []
        for axis in axes:
            within = tree.math("FRACT", tree.math("DIVIDE", split.outputs[axis], 10.0**decade))
            away = tree.math("ABSOLUTE", tree.math("SUBTRACT", within, 0.5))
            edges.append(tree.math("GREATER_THAN", tree.math("ADD", away, half), 0.5))
        line = tree.math("MULTIPLY", tree.math("MAXIMUM", *edges), seen)
        found = line if found is None else tree.math("MAXIMUM", found, line)
    return found


def _finish(tree: Tree, look: Look, shader: Value) -> None:
    """Haze over a surface, and out."""
    distance = tree.node("ShaderNodeCameraData").outputs["View Distance"]
    reach = tree.node("ShaderNodeAttribute", attribute_type="VIEW_LAYER", attribute_name=REACH).outputs["Fac"]
    far = tree.math("DIVIDE", distance, reach)
    haze = tree.call("ShaderNodeMapRange", far, *HAZE, 0.0, 1.0, interpolation_type="SMOOTHSTEP")
    mixed = tree.node("ShaderNodeMixShader")
    tree.wire(haze, mixed.inputs[0])
    tree.wire(shader, mixed.inputs[1])
    tree.wire(tree.call("ShaderNodeEmission", _sky(tree, look), 1.0), mixed.inputs[2])
    show(tree, mixed.outputs[0])


def _sky(tree: Tree, look: Look) -> Value:
    """What the world shows in the direction of view, as `room` paints it."""
    incoming = tree.node("ShaderNodeNewGeometry").outputs["Incoming"]
    height = tree.node("ShaderNodeSeparateXYZ")
    tree.wire(incoming, height.inputs[0])
    lift = tree.math("MULTIPLY", tree.math("ABSOLUTE", height.outputs["Z"]), 2.2, clamp=True)
    lift = tree.call("ShaderNodeMapRange", lift, 0.0, 1.0, 0.0, 1.0, interpolation_type="SMOOTHSTEP")
    return tree.mix(lift, rgba(look.middle), rgba(look.wall))


def plain(look: Look, reach: float) -> bpy.types.Object:
    """The ground: rings that double in size, so that near and far are both exact."""
    count, radius, radii = 48, 64.0, [0.0]
    while radii[-1] < reach:
        radii.append(radius)
        radius *= 2
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles), np.zeros(count)], axis=1)
    vertices = np.concatenate([r * circle for r in radii[1:]])
    faces = [tuple(range(count))]
    for ring in range(len(radii) - 2):
        inner, outer = ring * count, (ring + 1) * count
        faces += [
            (inner + i, outer + i, outer + (i + 1) % count, inner + (i + 1) % count) for i in range(count)
        ]
    mesh = bpy.data.meshes.new("Ground")
    mesh.from_pydata(vertices.tolist(), [], faces)
    mesh.materials.append(plain_material(look))
    ground = bpy.data.objects.new("Ground", mesh)
    ground.hide_select = True  # a click means what stands on it
    return ground
