"""The room: a wall that runs into the floor without an edge, and the light in it."""

from __future__ import annotations

import math

import bpy

from ..layout.layout import Box
from ..layout.room import profile, reach
from ..look import FRONT, Look, linear
from ..look.light import Sun
from .compat import with_nodes
from .engines import set_view
from .marks import name_part
from .materials import wall_material
from .nodes import Tree

UP = (0.0, 0.0, 1.0)


def furnish(scene: bpy.types.Scene, look: Look, box: Box, into: bpy.types.Collection) -> None:
    """Suns, wall and floor for a model that fills `box`."""
    light(scene, look, into)
    into.objects.link(_wall(look, box))


def light(scene: bpy.types.Scene, look: Look, into: bpy.types.Collection) -> None:
    """What comes from all around, and the suns."""
    scene.world = world(look)
    set_view(scene, look.light.tone)
    for sun in look.light.suns:
        into.objects.link(sun_object(sun))


def painted(look: Look, kind: str) -> bpy.types.Material:
    """The material of the "wall", or of a "backdrop": a piece of wall that comes before the model."""
    return wall_material(look, look.light.on(FRONT), look.light.on(UP), kind)


def world(look: Look) -> bpy.types.World:
    """Light from all around; where the wall ends one sees the wall's colours."""
    room = bpy.data.worlds.new("LLM Scene room")
    nodes = with_nodes(room)
    nodes.nodes.clear()
    tree = Tree(nodes)
    direction = tree.node("ShaderNodeTexCoord").outputs["Generated"]
    height = tree.node("ShaderNodeSeparateXYZ")
    tree.wire(direction, height.inputs[0])
    lift = tree.math("MULTIPLY", tree.math("ABSOLUTE", height.outputs["Z"]), 2.2, clamp=True)
    lift = tree.call("ShaderNodeMapRange", lift, 0.0, 1.0, 0.0, 1.0, interpolation_type="SMOOTHSTEP")
    seen = tree.mix(lift, (*linear(look.middle), 1.0), (*linear(look.wall), 1.0))
    camera = tree.node("ShaderNodeLightPath").outputs["Is Camera Ray"]
    colour = tree.mix(camera, (*(3 * (look.light.ambient,)), 1.0), seen)
    tree.wire(tree.call("ShaderNodeBackground", colour, 1.0), tree.node("ShaderNodeOutputWorld").inputs[0])
    tree.arrange()
    if hasattr(room, "cycles"):  # an add-on, which may be switched off
        room.cycles.sampling_method = "NONE"  # the same everywhere: any ray that gets away finds it
    return room


def sun_object(sun: Sun) -> bpy.types.Object:
    """A sun of a look."""
    light = bpy.data.lights.new(sun.name, "SUN")
    light.energy, light.color, light.angle = sun.strength, sun.colour, math.radians(sun.softness)
    lamp = name_part(bpy.data.objects.new(sun.name, light), sun.name)
    lamp.rotation_euler = [math.radians(angle) for angle in sun.degrees]
    return lamp


def _wall(look: Look, box: Box) -> bpy.types.Object:
    """One sheet along x: floor, bend and wall. It keeps no light out, not even the rim's from behind it."""
    outline = profile(box)
    middle, far = box.centre[0], reach(box)
    vertices = [(x, y, z) for y, z in outline for x in (middle - far, middle + far)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(len(outline) - 1)]
    mesh = bpy.data.meshes.new("Wall")
    mesh.from_pydata(vertices, [], faces)
    mesh.shade_smooth()
    mesh.materials.append(painted(look, "wall"))
    wall = bpy.data.objects.new("Wall", mesh)
    wall.visible_shadow = False
    wall.hide_select = True  # a click means what stands before it
    return wall
