"""Materials. What moves in the film are custom properties of objects, read by the shaders.

`reveal` says how far a matrix is computed (see `film.front`) and `pose` where moving cells are;
`highlight` lifts a whole matrix, `dim` takes it back; `focus_column` and `focus_row` point at one
column or row (-1: none). No geometry is evaluated again, and no Python is needed to play the film.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..film.front import STRIDE, TAIL
from ..layout.look import Look, linear, to_linear
from ..network.graph import Role
from .nodes import Tree, Value

PROPERTIES = {"reveal": 0.0, "highlight": 0.0, "dim": 0.0, "focus_column": -1.0, "focus_row": -1.0}
LIFT = {True: 0.8, False: 0.25}  # how much a highlight shines; in a light room less burns out
STATES = 6  # poses of a swarm with colours of their own; later ones keep the last
GRID_REACH = 260.0  # from here on a slab's cells are about two pixels of a picture 640 wide
STOPS = 32  # the most a ColorRamp takes


def cell_material(look: Look, role: Role, signed: bool) -> bpy.types.Material:
    """The material of all matrices of a role."""
    material, tree = _blank(f"LLM Scene {role}{'' if signed else ' positive'}")
    colour = _ramp(tree, look, role, signed, _geometry(tree, "value"))
    state = _geometry(tree, "state")
    for code, special in ((1.0, look.masked), (2.0, look.broken)):
        colour = tree.mix(tree.math("COMPARE", state, code, 0.1), colour, _rgba(special))
    focus = _focus(tree, _geometry(tree, "row"), _geometry(tree, "column"))
    lift = tree.math("MAXIMUM", _property(tree, "highlight"), focus)
    glow = tree.math("MULTIPLY_ADD", lift, LIFT[look.dark], look.glow * (0.5 if role == "weight" else 1.0))
    if role != "weight":
        lit, flash = _front(tree, _geometry(tree, "order"))
        colour = tree.mix(lit, _rgba(look.empty), colour)
        glow = tree.math("MULTIPLY_ADD", flash, 2.0, glow)
    _surface(tree, look, colour, glow)
    return material


def swarm_material(look: Look, role: Role, signed: bool) -> bpy.types.Material:
    """Cells on the move: the colour goes with property `pose` from one state's value to the next."""
    material, tree = _blank(f"LLM Scene moving {role}{'' if signed else ' positive'}")
    value = None
    for state in range(STATES):
        away = tree.math("ABSOLUTE", tree.math("SUBTRACT", _property(tree, "pose"), float(state)))
        near = tree.math("SUBTRACT", 1.0, away, clamp=True)
        part = tree.math("MULTIPLY", near, _geometry(tree, f"value {state}"))
        value = part if value is None else tree.math("ADD", value, part)
    colour = _ramp(tree, look, role, signed, value)
    glow = tree.math("MULTIPLY_ADD", _property(tree, "highlight"), LIFT[look.dark], 1.3 * look.glow)
    _surface(tree, look, colour, glow)
    return material


class SlabMaterials:
    """Makes the materials of the tiles of one role's slabs; copies of one are far quicker than new ones."""

    def __init__(self, look: Look, role: Role, signed: bool) -> None:
        self._make = lambda: _slab_material(look, role, signed)
        self._first: bpy.types.Material | None = None

    def __call__(self, image: bpy.types.Image) -> bpy.types.Material:
        """The material that shows a picture of values."""
        if self._first is None:
            self._first = material = self._make()
        else:
            material = self._first.copy()
        material.name = f"LLM Scene {image.name}"
        material.node_tree.nodes["Values"].image = image
        return material


def _slab_material(look: Look, role: Role, signed: bool) -> bpy.types.Material:
    """The value comes from a picture, the cells from the shader."""
    material, tree = _blank("LLM Scene slab")
    picture = tree.node("ShaderNodeTexImage", name="Values", interpolation="Closest", extension="EXTEND")
    code = tree.math("MULTIPLY", picture.outputs["Color"], 255.0)
    value = tree.math("DIVIDE", tree.math("SUBTRACT", code, 128.0), 127.0)
    colour = _ramp(tree, look, role, signed, value)
    for special, shade in ((0.0, look.masked), (255.0, look.broken)):
        colour = tree.mix(tree.math("COMPARE", code, special, 0.4), colour, _rgba(shade))
    row, column = (tree.math("FLOOR", _geometry(tree, axis)) for axis in ("row", "column"))
    lift = tree.math("MAXIMUM", _property(tree, "highlight"), _focus(tree, row, column))
    glow = tree.math("MULTIPLY_ADD", lift, LIFT[look.dark], look.glow * (0.5 if role == "weight" else 1.0))
    if role != "weight":
        lit, flash = _front(tree, _running_order(tree, row, column))
        colour = tree.mix(lit, _rgba(look.empty), colour)
        glow = tree.math("MULTIPLY_ADD", flash, 2.0, glow)
    colour = tree.mix(_grid(tree), colour, _rgba(look.ground))
    _surface(tree, look, colour, glow)
    return material


def link_material(look: Look, kind: str) -> bpy.types.Material:
    """The material of links: a pulse runs along `along` while `reveal` rises."""
    material, tree = _blank(f"LLM Scene {kind} link")
    along, reveal = _geometry(tree, "along"), _property(tree, "reveal")
    behind = tree.math("SUBTRACT", reveal, along)
    lit = tree.math("MULTIPLY", behind, 12.0, clamp=True)
    pulse = tree.math("MULTIPLY", lit, tree.math("EXPONENT", tree.math("MULTIPLY", behind, -9.0)))
    colour = tree.mix(lit, _rgba(look.idle), _rgba(look.links[kind]))
    strength = {"trunk": 0.9, "data": 0.5, "weight": 0.2, "source": 0.9}[kind]
    glow = tree.math("MULTIPLY_ADD", pulse, 2.0, tree.math("MULTIPLY", lit, strength * look.glow * 2))
    _surface(tree, look, colour, glow)
    return material


def ink_material(look: Look, name: str, code: str, strength: float = 1.0) -> bpy.types.Material:
    """Letters and brackets: they shine by themselves, so that no shadow makes them unreadable."""
    material, tree = _blank(f"LLM Scene {name}")
    dim = tree.math("MULTIPLY", _property(tree, "dim"), 0.9)
    colour = tree.mix(dim, _rgba(code), _rgba(look.background))
    glow = tree.call("ShaderNodeEmission", colour, strength)
    tree.wire(glow, tree.node("ShaderNodeOutputMaterial").inputs["Surface"])
    return material


def bar_material() -> bpy.types.Material:
    """The legend's bars show their colours as they are."""
    material, tree = _blank("LLM Scene legend")
    colour = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="colour")
    glow = tree.call("ShaderNodeEmission", colour.outputs["Color"], 1.0)
    tree.wire(glow, tree.node("ShaderNodeOutputMaterial").inputs["Surface"])
    return material


def ground_material(look: Look, reach: float) -> bpy.types.Material:
    """A floor that fades into the background, so that there is no horizon line."""
    material, tree = _blank("LLM Scene ground")
    place = tree.node("ShaderNodeTexCoord").outputs["Object"]
    distance = tree.node("ShaderNodeVectorMath", operation="LENGTH")
    tree.wire(place, distance.inputs[0])
    fade = tree.math("DIVIDE", distance.outputs["Value"], reach, clamp=True)
    fade = tree.math("POWER", fade, 0.7)
    floor = tree.node("ShaderNodeBsdfPrincipled")
    tree.wire(_rgba(look.ground), floor.inputs["Base Color"])
    floor.inputs["Roughness"].default_value = 0.75
    floor.inputs["Specular IOR Level"].default_value = 0.15
    far = tree.call("ShaderNodeEmission", _rgba(look.horizon), 1.0)
    mixed = tree.node("ShaderNodeMixShader")
    tree.wire(fade, mixed.inputs[0])
    tree.wire(floor.outputs[0], mixed.inputs[1])
    tree.wire(far, mixed.inputs[2])
    tree.wire(mixed.outputs[0], tree.node("ShaderNodeOutputMaterial").inputs["Surface"])
    return material


def set_ramp(ramp: bpy.types.ColorRamp, look: Look, role: Role, signed: bool) -> None:
    """Fill a colour ramp with a look's colours for a role."""
    position = np.linspace(0, 1, STOPS)
    rgb = to_linear(look.ramp(role, signed).colours(2 * position - 1))
    elements = ramp.elements
    while len(elements) < STOPS:
        elements.new(1.0)
    for element, at, colour in zip(elements, position, rgb, strict=True):
        element.position = at
        element.color = (*colour, 1.0)


def _blank(name: str) -> tuple[bpy.types.Material, Tree]:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.node_tree.nodes.clear()
    material.cycles.emission_sampling = "NONE"  # else every lit face becomes a lamp
    return material, Tree(material.node_tree)


def _geometry(tree: Tree, name: str) -> Value:
    node = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=name)
    return node.outputs["Fac"]


def _property(tree: Tree, name: str) -> Value:
    node = tree.node("ShaderNodeAttribute", attribute_type="OBJECT", attribute_name=name)
    return node.outputs["Fac"]


def _ramp(tree: Tree, look: Look, role: Role, signed: bool, value: Value) -> Value:
    node = tree.node("ShaderNodeValToRGB", name="Colour map")
    set_ramp(node.color_ramp, look, role, signed)
    tree.wire(tree.math("MULTIPLY_ADD", value, 0.5, 0.5), node.inputs[0])
    return node.outputs["Color"]


def _running_order(tree: Tree, row: Value, column: Value) -> Value:
    """When a slab's cell is computed, 0 to 1, as `front.order_of` says it for cuboids."""
    by_rows, length, prompt = (_property(tree, name) for name in ("by_rows", "length", "n_prompt"))
    position, within = tree.blend(by_rows, column, row), tree.blend(by_rows, row, column)
    share = tree.math("DIVIDE", within, length)
    early = tree.math("DIVIDE", tree.math("ADD", position, share), prompt)
    step = tree.math("ADD", tree.math("SUBTRACT", position, prompt), 1.0)
    later = tree.math("MULTIPLY_ADD", step, STRIDE, share)
    return tree.blend(tree.math("GREATER_THAN", step, 0.5), early, later)


def _grid(tree: Tree) -> Value:
    """1 between cells, 0 on them; nothing where a cell is smaller than about two pixels.

    How large a pixel is there follows from the distance to the camera, at the width of a usual lens.
    """
    edges = []
    for axis in ("row", "column"):
        within = tree.math("FRACT", _geometry(tree, axis))
        edges.append(
            tree.math("GREATER_THAN", tree.math("ABSOLUTE", tree.math("SUBTRACT", within, 0.5)), 0.45)
        )
    distance = tree.node("ShaderNodeCameraData").outputs["View Distance"]
    fade = tree.math("SUBTRACT", 1.6, tree.math("DIVIDE", distance, GRID_REACH), clamp=True)
    return tree.math("MULTIPLY", tree.math("MAXIMUM", *edges), fade)


def _front(tree: Tree, order: Value) -> tuple[Value, Value]:
    """How far a cell is lit (0 to 1), and the glow of the front that just passed it."""
    behind = tree.math("SUBTRACT", _property(tree, "reveal"), order)
    lit = tree.math("MULTIPLY", behind, 40.0, clamp=True)
    decay = tree.math("EXPONENT", tree.math("MULTIPLY", behind, -5.0 / TAIL))
    return lit, tree.math("MULTIPLY", lit, decay)


def _focus(tree: Tree, row: Value, column: Value) -> Value:
    """1 on the column or row that is pointed at."""
    hits = [
        tree.math("COMPARE", place, _property(tree, f"focus_{axis}"), 0.5)
        for axis, place in (("column", column), ("row", row))
    ]
    return tree.math("MAXIMUM", *hits)


def _surface(tree: Tree, look: Look, colour: Value, glow: Value) -> None:
    """A matt surface that shines a little by itself; `dim` takes both back.

    Matt and shining are two cheap shaders: a Principled one costs a quarter more a frame.
    """
    keep = tree.math("MULTIPLY_ADD", _property(tree, "dim"), -0.88, 1.0)
    shade = tree.mix(keep, _rgba(look.dimmed), colour)
    matt = tree.call("ShaderNodeBsdfDiffuse", shade)
    shine = tree.call("ShaderNodeEmission", shade, tree.math("MULTIPLY", glow, keep))
    both = tree.call("ShaderNodeAddShader", matt, shine)
    tree.wire(both, tree.node("ShaderNodeOutputMaterial").inputs["Surface"])


def _rgba(code: str) -> tuple[float, float, float, float]:
    return (*linear(code), 1.0)
