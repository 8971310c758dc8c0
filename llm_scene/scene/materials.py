"""Materials. What moves in the film are custom properties of objects, read by the shaders.

`reveal` says how far a matrix is computed (see `film.front`) and `pose` where moving cells are;
`highlight` lifts a whole matrix, `dim` takes it half way to the wall, `rose` paints negative values rose, for
cells that are seen close; `focus_column` and `focus_row` point at one column or row (-1: none). No geometry
is evaluated again, and no Python is needed to play the film.

What a material is for it says in its own properties: `kind`, and `role` and `signed`, `ink` or `link`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
import numpy as np

from ..film.front import STRIDE, TAIL
from ..look import DIM, FLASH, GAP, INK_DIM, Look, Ramp, linear, to_linear
from ..network.graph import Role
from ..network.ops import Array
from .compat import with_nodes
from .footprint import GAP_SHADE, Footprint, between, parts
from .marks import name_part
from .nodes import Tree, Value, framed

if TYPE_CHECKING:
    from .roles import Roles

Colour = tuple[float, float, float, float]
PROPERTIES = {
    "reveal": 0.0,
    "highlight": 0.0,
    "dim": 0.0,
    "rose": 0.0,
    "focus_column": -1.0,
    "focus_row": -1.0,
}
MOVING = {"pose": 0.0, "highlight": 0.0, "dim": 0.0, "rose": 0.0}  # properties of cells on the move
STEEP = 4.0  # how quickly a veil grows dense from its edge
DENSE = 0.95  # how much of what is behind a veil it covers at most
STOPS = 32  # the most a ColorRamp takes
EARLY = 0.01  # of `reveal`, before a step begins
BELOW = 1e-5  # of the scale: just under zero
ENTRY = 1 / 128  # of the scale, from -1 to 1: an entry of the table that Blender makes of a ramp
SOLID = 0.35  # the value whose colour stands for a role in views without light
MIDWAY = "#808080"  # stands for a strip of all colours in views without light
MIDDLE = (0.5, 0.55, 0.0)  # of the picture, where the wall is brightest


def cell_material(roles: Roles, role: Role, signed: bool) -> bpy.types.Material:
    """The material of all matrices of a role: cells, from afar a calm tone, and not computed yet a plate."""
    look = roles.look
    name, plain = f"{role}{'' if signed else ' positive'}", role_colour(look, role, signed)
    material, tree = blank(name, plain, kind="cell", role=role, signed=signed)
    colours = roles.colours(role, signed)
    colour = tree.group(colours, attribute(tree, "value"))
    colour = tree.mix(tree.math("COMPARE", attribute(tree, "state"), 2.0, 0.1), colour, rgba(look.broken))
    pointed = focus(tree, attribute(tree, "row"), attribute(tree, "column"))
    lift = tree.math("MAXIMUM", object_property(tree, "highlight"), pointed)
    glow = tree.math("MULTIPLY_ADD", lift, look.lift, look.light.glow)
    seen = Footprint(*tree.results(roles.footprint()))
    tone = _tone(tree, colours)
    normal = tree.node("ShaderNodeNewGeometry").outputs["Normal"]
    if role == "weight":
        solid = tree.group(roles.surface(role), colour, glow, normal)
        shines = tree.math("ADD", glow, 1 - look.light.glow)
        show(tree, tree.blend_shaders(seen.far, solid, _shining(tree, look, tone, shines)))
        return material
    order = attribute(tree, "order")
    lit, flash = front(tree, order)
    glow = tree.math("MULTIPLY_ADD", flash, FLASH, glow)
    solid = tree.group(roles.surface(role), colour, glow, normal)
    shines = tree.math("ADD", glow, 1 - look.light.glow)
    computed = tree.blend_shaders(seen.far, solid, _shining(tree, look, tone, shines))
    there, grid = tree.results(roles.plate(), order, seen.wide, seen.high)
    show(tree, tree.blend_shaders(lit, _plate(tree, look, there, grid), computed))
    return material


def role_colour(look: Look, role: Role, signed: bool) -> Colour:
    """What a role looks like where a view shows one colour an object."""
    r, g, b = to_linear(look.ramp(role, signed).colours(np.array([SOLID])))[0]
    return float(r), float(g), float(b), 1.0


@framed("From afar, one calm tone")
def _tone(tree: Tree, colours: bpy.types.NodeTree) -> Value:
    """What the cells around a cell average to, with the gaps between them.

    The average of the colour map over values with this mean and spread, by its values at one spread below and
    above: the two-point Gauss-Hermite rule.
    """
    mean, spread = attribute(tree, "mean"), attribute(tree, "spread")
    ends = [tree.group(colours, tree.math(way, mean, spread)) for way in ("SUBTRACT", "ADD")]
    covered = (1 - GAP) ** 2
    return tree.mix(covered + (1 - covered) * GAP_SHADE, rgba("#000000"), tree.mix(0.5, *ends))


def _shining(tree: Tree, look: Look, colour: Value, strength: Value) -> Value:
    """A flat colour that no light and no shadow changes."""
    return tree.call("ShaderNodeEmission", dimmed(tree, look, colour), strength)


@framed("Not computed yet")
def _plate(tree: Tree, look: Look, there: Value, grid: Value) -> Value:
    """A flat sheet with its grid, and nothing where it is not."""
    colour = tree.mix(grid, rgba(look.plate), rgba(look.grid))
    clear = tree.call("ShaderNodeBsdfTransparent")
    return tree.blend_shaders(there, clear, _shining(tree, look, colour, 1.0))


def plate(tree: Tree, order: Value, wide: Value, high: Value) -> tuple[Value, Value]:
    """Where the flat sheet of what is not computed yet is seen, and how much of it there is its grid.

    Whatever stands behind it, it is drawn where the ray meets its plane. What stands out of it beyond its
    edges is not seen, nor are positions that are not written yet.
    """
    x, y, z = parts(tree, tree.node("ShaderNodeTexCoord").outputs["Object"])
    dx, dy, dz = parts(tree, tree.node("ShaderNodeNewGeometry").outputs["Incoming"])
    back = tree.math("DIVIDE", y, dy)  # from the point met to the plane, along the ray
    column = tree.math("SUBTRACT", x, tree.math("MULTIPLY", back, dx))
    row = tree.math("MULTIPLY", tree.math("SUBTRACT", z, tree.math("MULTIPLY", back, dz)), -1.0)
    columns, rows, _ = parts(tree, object_property(tree, "sheet", "Vector"))
    inside = [
        tree.math("LESS_THAN", tree.math("ABSOLUTE", tree.math("MULTIPLY_ADD", size, -0.5, at)), half)
        for at, size, half in (
            (column, columns, tree.math("MULTIPLY", columns, 0.5)),
            (row, rows, tree.math("MULTIPLY", rows, 0.5)),
        )
    ]
    behind = tree.math("GREATER_THAN", y, 0.01)  # sides of the sheet
    there = tree.math("MAXIMUM", tree.math("MULTIPLY", *inside), behind)
    there = tree.math("MULTIPLY", there, written(tree, order))
    return there, between(tree, row, column, wide, high, GAP)


def swarm_material(roles: Roles, role: Role, signed: bool, poses: int) -> bpy.types.Material:
    """Cells on the move: the colour goes with property `pose` from one pose's value to the next."""
    look = roles.look
    name = f"moving {role}{'' if signed else ' positive'} {poses}"
    plain = role_colour(look, role, signed)
    material, tree = blank(name, plain, kind="moving", role=role, signed=signed, poses=poses)
    value = None
    for state in range(poses):
        away = tree.math("ABSOLUTE", tree.math("SUBTRACT", object_property(tree, "pose"), float(state)))
        near = tree.math("SUBTRACT", 1.0, away, clamp=True)
        part = tree.math("MULTIPLY", near, attribute(tree, f"value {state}"))
        value = part if value is None else tree.math("ADD", value, part)
    colour = tree.group(roles.colours(role, signed), value)
    glow = tree.math("MULTIPLY_ADD", object_property(tree, "highlight"), look.lift, look.light.glow)
    normal = tree.node("ShaderNodeNewGeometry").outputs["Normal"]
    show(tree, tree.group(roles.surface(role), colour, glow, normal))
    return material


def link_material(look: Look, kind: str) -> bpy.types.Material:
    """The material of links: a pulse runs along `along` while `reveal` rises."""
    material, tree = blank(f"{kind} link", rgba(look.links[kind]), kind="link", link=kind)
    along, reveal = attribute(tree, "along"), object_property(tree, "reveal")
    behind = tree.math("SUBTRACT", reveal, along)
    lit = tree.math("MULTIPLY", behind, 12.0, clamp=True)
    pulse = tree.math("MULTIPLY", lit, tree.math("EXPONENT", tree.math("MULTIPLY", behind, -9.0)))
    colour = tree.mix(lit, rgba(look.idle), rgba(look.links[kind]))
    show(tree, matt(tree, look, colour, tree.math("MULTIPLY_ADD", pulse, FLASH, look.light.glow)))
    return material


def ink_material(look: Look, ink: str) -> bpy.types.Material:
    """Letters and brackets, in an ink of the look's table: they shine by themselves."""
    code, strength = look.inked(ink)
    material, tree = blank(ink, rgba(code), kind="ink", ink=ink)
    dim = tree.math("MULTIPLY", object_property(tree, "dim"), INK_DIM)
    colour = tree.mix(dim, rgba(code), rgba(look.wall))
    glow = tree.call("ShaderNodeEmission", colour, strength)
    show(tree, glow)
    return material


def screen_material(look: Look) -> bpy.types.Material:
    """Text before the camera: it shines by itself, and is not there at all while `shown` is 0."""
    material, tree = blank("screen", rgba(look.ink), kind="screen")
    clear = tree.call("ShaderNodeBsdfTransparent")
    shine = tree.call("ShaderNodeEmission", rgba(look.ink), 1.0)
    show(tree, tree.blend_shaders(object_property(tree, "shown"), clear, shine))
    return material


def veil_material(look: Look) -> bpy.types.Material:
    """The wall's colour behind texts on the picture: dense along one edge and not there at the other."""
    material, tree = blank("veil", (*linear(look.wall), 0.0), kind="veil")
    cover = attribute(tree, "cover")
    soft = tree.math("SUBTRACT", 1.0, tree.math("POWER", tree.math("SUBTRACT", 1.0, cover), STEEP))
    share = tree.math("MULTIPLY", tree.math("MULTIPLY", soft, DENSE), object_property(tree, "shown"))
    clear = tree.call("ShaderNodeBsdfTransparent")
    veil = tree.call("ShaderNodeEmission", rgba(look.wall), 1.0)
    show(tree, tree.blend_shaders(share, clear, veil))
    return material


def bar_material() -> bpy.types.Material:
    """The legend's bars show their colours as they are."""
    material, tree = blank("legend", rgba(MIDWAY), kind="bar")
    colour = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="colour")
    glow = tree.call("ShaderNodeEmission", colour.outputs["Color"], 1.0)
    show(tree, glow)
    return material


def wall_material(
    look: Look, wall_light: Array, floor_light: Array, kind: str = "wall"
) -> bpy.types.Material:
    """Wall and floor, seen in the look's colours, since the light that falls on either is divided out.

    The wall is brightest in the middle of the picture, behind the subject, wherever the camera goes.
    """
    material, tree = blank(kind, rgba(look.middle), kind=kind)
    away = tree.vector("SUBTRACT", tree.node("ShaderNodeTexCoord").outputs["Window"], MIDDLE)
    away = tree.vector("MULTIPLY", away, (1.0, 0.8, 0.0))
    distance = tree.node("ShaderNodeVectorMath", operation="LENGTH")
    tree.wire(away, distance.inputs[0])
    fade = tree.call(
        "ShaderNodeMapRange", distance.outputs["Value"], 0.0, 0.62, 0.0, 1.0, interpolation_type="SMOOTHSTEP"
    )
    upright = tree.mix(fade, lit_by(look.middle, wall_light), lit_by(look.wall, wall_light))
    slope = tree.node("ShaderNodeSeparateXYZ")
    tree.wire(tree.node("ShaderNodeNewGeometry").outputs["Normal"], slope.inputs[0])
    flat = tree.math("POWER", tree.math("MAXIMUM", slope.outputs["Z"], 0.0), 1.5)
    colour = tree.mix(flat, upright, lit_by(look.floor, floor_light))
    lit = tree.call("ShaderNodeBsdfDiffuse", colour)
    shine = tree.call("ShaderNodeEmission", colour, look.light.glow)
    show(tree, tree.call("ShaderNodeAddShader", lit, shine))
    return material


def lit_by(code: str, light: Array) -> Colour:
    """What a surface is painted with that shows a colour in this light."""
    r, g, b = (float(c) for c in np.array(linear(code)) / light)
    return r, g, b, 1.0


def set_ramp(ramp: bpy.types.ColorRamp, colours: Ramp) -> None:
    """Fill a colour ramp with a colour map."""
    down, up = np.linspace(-1.0, 0.0, STOPS // 2), np.linspace(0.0, 1.0, STOPS // 2)
    down[-1] = -BELOW  # a map may leap at zero
    values = np.r_[down, up]
    position, rgb = (values + 1) / 2, to_linear(colours.colours(values))
    elements = ramp.elements
    while len(elements) < STOPS:
        elements.new(1.0)
    for element, at, colour in zip(elements, position, rgb, strict=True):
        element.position = at
        element.color = (*colour, 1.0)


def blank(name: str, plain: Colour, **what: str | int) -> tuple[bpy.types.Material, Tree]:
    """A new material without nodes that carries what it is for, and its tree.

    `plain` is what it looks like in views without light, which show one colour an object.
    """
    material = name_part(bpy.data.materials.new(f"LLM Scene {name}"), name)
    material.diffuse_color = plain
    for key, value in what.items():
        material[key] = value
    with_nodes(material).nodes.clear()
    if hasattr(material, "cycles"):  # an add-on, which may be switched off
        material.cycles.emission_sampling = "NONE"  # else every lit face becomes a lamp
    return material, Tree(material.node_tree)


def attribute(tree: Tree, name: str, output: str = "Fac") -> Value:
    """What the geometry says at a place."""
    node = tree.node("ShaderNodeAttribute", label=name, attribute_type="GEOMETRY", attribute_name=name)
    return node.outputs[output]


def object_property(tree: Tree, name: str, output: str = "Fac") -> Value:
    """A custom property of the object."""
    node = tree.node("ShaderNodeAttribute", label=name, attribute_type="OBJECT", attribute_name=name)
    return node.outputs[output]


def colour_map(tree: Tree, look: Look, role: Role, signed: bool, value: Value) -> Value:
    """The colour of a normalised value; negative ones turn rose with the object's property."""
    place = tree.math("MULTIPLY_ADD", _off_zero(tree, value) if signed else value, 0.5, 0.5)
    maps = [look.ramp(role, signed), look.close_ramp(role, signed)]
    found = []
    for name, ramp in zip(("Colour map", "Close colour map"), maps[: 1 + signed], strict=False):
        node = tree.node("ShaderNodeValToRGB", name=name)
        set_ramp(node.color_ramp, ramp)
        tree.wire(place, node.inputs[0])
        found.append(node.outputs["Color"])
    return tree.mix(object_property(tree, "rose"), *found) if signed else found[0]


def _off_zero(tree: Tree, value: Value) -> Value:
    """A value no nearer to zero than an entry of Blender's table of a ramp, in which a leap would blur."""
    side = tree.math("MULTIPLY_ADD", tree.math("LESS_THAN", value, 0.0), -2.0, 1.0)
    return tree.math("MULTIPLY", tree.math("MAXIMUM", tree.math("ABSOLUTE", value), ENTRY), side)


@framed("The front of computation")
def front(tree: Tree, order: Value) -> tuple[Value, Value]:
    """How far a cell is lit (0 to 1), and the glow of the front that just passed it."""
    behind = tree.math("SUBTRACT", object_property(tree, "reveal"), order)
    lit = tree.math("MULTIPLY", behind, 40.0, clamp=True)
    decay = tree.math("EXPONENT", tree.math("MULTIPLY", behind, -5.0 / TAIL))
    return lit, tree.math("MULTIPLY", lit, decay)


@framed("Whether its position is written")
def written(tree: Tree, order: Value) -> Value:
    """1 from the beginning of the step that computes a cell: what is still to be written has no place yet."""
    step = tree.math("FLOOR", tree.math("DIVIDE", tree.math("ADD", order, EARLY), STRIDE))
    begun = tree.math("MULTIPLY_ADD", step, STRIDE, -EARLY)
    return tree.math("GREATER_THAN", object_property(tree, "reveal"), begun)


@framed("The row or column pointed at")
def focus(tree: Tree, row: Value, column: Value) -> Value:
    """1 on the column or row that is pointed at."""
    hits = [
        tree.math("COMPARE", place, object_property(tree, f"focus_{axis}"), 0.5)
        for axis, place in (("column", column), ("row", row))
    ]
    return tree.math("MAXIMUM", *hits)


@framed("Matt, shining a little by itself")
def matt(tree: Tree, look: Look, colour: Value, glow: Value, normal: Value = None) -> Value:
    """A matt surface that shines a little by itself; `dim` takes it half way to the wall.

    Matt and shining are two cheap shaders: a Principled one costs a quarter more a frame.
    """
    shade = dimmed(tree, look, colour)
    diffuse = tree.call("ShaderNodeBsdfDiffuse", shade, None, normal)
    shine = tree.call("ShaderNodeEmission", shade, glow)
    return tree.call("ShaderNodeAddShader", diffuse, shine)


def dimmed(tree: Tree, look: Look, colour: Value) -> Value:
    """A colour, or half way to the wall where the object's `dim` is 1."""
    return tree.mix(tree.math("MULTIPLY", object_property(tree, "dim"), DIM), colour, rgba(look.dimmed))


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
    tree.arrange()


def rgba(code: str) -> Colour:
    """`#rrggbb` as a colour socket wants it."""
    return (*linear(code), 1.0)
