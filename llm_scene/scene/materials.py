"""Materials. What moves in the film are custom properties of objects, read by the shaders.

`reveal` says how far a matrix is computed (see `film.front`) and `pose` where moving cells are;
`highlight` lifts a whole matrix, `dim` takes it back; `focus_column` and `focus_row` point at one
column or row (-1: none). No geometry is evaluated again, and no Python is needed to play the film.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..film.front import TAIL
from ..layout.look import Look, linear, to_linear
from ..network.graph import Role
from .nodes import Tree, Value

PROPERTIES = {
    "reveal": 0.0,
    "highlight": 0.0,
    "dim": 0.0,
    "focus_column": -1.0,
    "focus_row": -1.0,
    "rose": 0.0,
}
LIFT = {True: 0.8, False: 0.25}  # how much a highlight shines; in a light room less burns out
STATES = 6  # poses of a swarm with colours of their own; later ones keep the last
STOPS = 32  # the most a ColorRamp takes


def cell_material(look: Look, role: Role, signed: bool) -> bpy.types.Material:
    """The material of all matrices of a role."""
    material, tree = blank(f"LLM Scene {role}{'' if signed else ' positive'}")
    colour = colour_map(tree, look, role, signed, attribute(tree, "value"))
    state = attribute(tree, "state")
    for code, special in ((1.0, look.masked), (2.0, look.broken)):
        colour = tree.mix(tree.math("COMPARE", state, code, 0.1), colour, rgba(special))
    pointed = focus(tree, attribute(tree, "row"), attribute(tree, "column"))
    lift = tree.math("MAXIMUM", object_property(tree, "highlight"), pointed)
    glow = tree.math("MULTIPLY_ADD", lift, LIFT[look.dark], look.glow * (0.5 if role == "weight" else 1.0))
    if role != "weight":
        lit, flash = front(tree, attribute(tree, "order"))
        colour = tree.mix(lit, rgba(look.empty), colour)
        glow = tree.math("MULTIPLY_ADD", flash, 2.0, glow)
    surface(tree, look, colour, glow)
    return material


def swarm_material(look: Look, role: Role, signed: bool) -> bpy.types.Material:
    """Cells on the move: the colour goes with property `pose` from one state's value to the next."""
    material, tree = blank(f"LLM Scene moving {role}{'' if signed else ' positive'}")
    value = None
    for state in range(STATES):
        away = tree.math("ABSOLUTE", tree.math("SUBTRACT", object_property(tree, "pose"), float(state)))
        near = tree.math("SUBTRACT", 1.0, away, clamp=True)
        part = tree.math("MULTIPLY", near, attribute(tree, f"value {state}"))
        value = part if value is None else tree.math("ADD", value, part)
    colour = colour_map(tree, look, role, signed, value)
    glow = tree.math("MULTIPLY_ADD", object_property(tree, "highlight"), LIFT[look.dark], 1.3 * look.glow)
    surface(tree, look, colour, glow)
    return material


def link_material(look: Look, kind: str) -> bpy.types.Material:
    """The material of links: a pulse runs along `along` while `reveal` rises."""
    material, tree = blank(f"LLM Scene {kind} link")
    along, reveal = attribute(tree, "along"), object_property(tree, "reveal")
    behind = tree.math("SUBTRACT", reveal, along)
    lit = tree.math("MULTIPLY", behind, 12.0, clamp=True)
    pulse = tree.math("MULTIPLY", lit, tree.math("EXPONENT", tree.math("MULTIPLY", behind, -9.0)))
    colour = tree.mix(lit, rgba(look.idle), rgba(look.links[kind]))
    strength = {"trunk": 0.9, "data": 0.5, "weight": 0.2, "source": 0.9}[kind]
    glow = tree.math("MULTIPLY_ADD", pulse, 2.0, tree.math("MULTIPLY", lit, strength * look.glow * 2))
    surface(tree, look, colour, glow)
    return material


def ink_material(look: Look, name: str, code: str, strength: float = 1.0) -> bpy.types.Material:
    """Letters and brackets: they shine by themselves, so that no shadow makes them unreadable."""
    material, tree = blank(f"LLM Scene {name}")
    dim = tree.math("MULTIPLY", object_property(tree, "dim"), 0.9)
    colour = tree.mix(dim, rgba(code), rgba(look.background))
    glow = tree.call("ShaderNodeEmission", colour, strength)
    show(tree, glow)
    return material


def bar_material() -> bpy.types.Material:
    """The legend's bars show their colours as they are."""
    material, tree = blank("LLM Scene legend")
    colour = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="colour")
    glow = tree.call("ShaderNodeEmission", colour.outputs["Color"], 1.0)
    show(tree, glow)
    return material


def ground_material(look: Look, reach: float) -> bpy.types.Material:
    """A floor that fades into the background, so that there is no horizon line."""
    material, tree = blank("LLM Scene ground")
    place = tree.node("ShaderNodeTexCoord").outputs["Object"]
    distance = tree.node("ShaderNodeVectorMath", operation="LENGTH")
    tree.wire(place, distance.inputs[0])
    fade = tree.math("DIVIDE", distance.outputs["Value"], reach, clamp=True)
    fade = tree.math("POWER", fade, 0.7)
    floor = tree.node("ShaderNodeBsdfPrincipled")
    tree.wire(rgba(look.ground), floor.inputs["Base Color"])
    floor.inputs["Roughness"].default_value = 0.75
    floor.inputs["Specular IOR Level"].default_value = 0.15
    far = tree.call("ShaderNodeEmission", rgba(look.horizon), 1.0)
    mixed = tree.node("ShaderNodeMixShader")
    tree.wire(fade, mixed.inputs[0])
    tree.wire(floor.outputs[0], mixed.inputs[1])
    tree.wire(far, mixed.inputs[2])
    show(tree, mixed.outputs[0])
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


def blank(name: str) -> tuple[bpy.types.Material, Tree]:
    """A new material without nodes, and its tree."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.node_tree.nodes.clear()
    material.cycles.emission_sampling = "NONE"  # else every lit face becomes a lamp
    return material, Tree(material.node_tree)


def attribute(tree: Tree, name: str, output: str = "Fac") -> Value:
    """What the geometry says at a place."""
    node = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name=name)
    return node.outputs[output]


def object_property(tree: Tree, name: str, output: str = "Fac") -> Value:
    """A custom property of the object."""
    node = tree.node("ShaderNodeAttribute", attribute_type="OBJECT", attribute_name=name)
    return node.outputs[output]


def colour_map(tree: Tree, look: Look, role: Role, signed: bool, value: Value) -> Value:
    """The colour of a normalised value."""
    node = tree.node("ShaderNodeValToRGB", name="Colour map")
    set_ramp(node.color_ramp, look, role, signed)
    tree.wire(tree.math("MULTIPLY_ADD", value, 0.5, 0.5), node.inputs[0])
    return node.outputs["Color"]


def front(tree: Tree, order: Value) -> tuple[Value, Value]:
    """How far a cell is lit (0 to 1), and the glow of the front that just passed it."""
    behind = tree.math("SUBTRACT", object_property(tree, "reveal"), order)
    lit = tree.math("MULTIPLY", behind, 40.0, clamp=True)
    decay = tree.math("EXPONENT", tree.math("MULTIPLY", behind, -5.0 / TAIL))
    return lit, tree.math("MULTIPLY", lit, decay)


def focus(tree: Tree, row: Value, column: Value) -> Value:
    """1 on the column or row that is pointed at."""
    hits = [
        tree.math("COMPARE", place, object_property(tree, f"focus_{axis}"), 0.5)
        for axis, place in (("column", column), ("row", row))
    ]
    return tree.math("MAXIMUM", *hits)


def surface(tree: Tree, look: Look, colour: Value, glow: Value, normal: Value = None) -> None:
    """A matt surface that shines a little by itself; `dim` takes both back.

    Matt and shining are two cheap shaders: a Principled one costs a quarter more a frame.
    """
    keep = tree.math("MULTIPLY_ADD", object_property(tree, "dim"), -0.88, 1.0)
    shade = tree.mix(keep, rgba(look.dimmed), colour)
    matt = tree.call("ShaderNodeBsdfDiffuse", shade, None, normal)
    shine = tree.call("ShaderNodeEmission", shade, tree.math("MULTIPLY", glow, keep))
    both = tree.call("ShaderNodeAddShader", matt, shine)
    show(tree, both)


def show(tree: Tree, shader: Value) -> None:
    """Make a shader the material's surface.

    For Cycles a subsurface closure without any colour goes along. It adds no light; but Cycles gives
    objects with such closures search trees of their own. All others it melts into one tree of the scene's
    triangles, and as soon as one object's properties are animated it builds that tree anew for every
    frame, which takes most of a frame's time.
    """
    kept = tree.node("ShaderNodeSubsurfaceScattering")
    kept.inputs["Color"].default_value = (0.0, 0.0, 0.0, 1.0)
    kept.inputs["Scale"].default_value = 0.0
    both = tree.call("ShaderNodeAddShader", shader, kept.outputs[0])
    for target, closure in (("EEVEE", shader), ("CYCLES", both)):
        tree.wire(closure, tree.node("ShaderNodeOutputMaterial", target=target).inputs["Surface"])


def rgba(code: str) -> tuple[float, float, float, float]:
    """`#rrggbb` as a colour socket wants it."""
    return (*linear(code), 1.0)
