"""The room: background, light, ground, and how light becomes a picture."""

from __future__ import annotations

import math

import bpy

from ..layout.layout import Box
from ..layout.look import Look, linear
from .engines import set_view
from .materials import ground_material
from .nodes import Tree


def furnish(scene: bpy.types.Scene, look: Look, box: Box, into: bpy.types.Collection) -> None:
    """Background, three suns and a floor for a model that fills `box`."""
    light(scene, look, into)
    _ground(look, box, into)


def light(scene: bpy.types.Scene, look: Look, into: bpy.types.Collection) -> None:
    """Background and three suns."""
    scene.world = _world(look)
    set_view(scene, tone_mapped=look.dark)
    key, fill, rim = (6.0, 1.2, 2.5) if look.dark else (1.5, 0.2, 0.2)
    _sun(into, "Key light", key, (1.0, 0.95, 0.88), (52, 8, -28), 12)
    _sun(into, "Fill light", fill, (0.7, 0.82, 1.0), (60, 0, 50), 40)
    _sun(into, "Rim light", rim, (0.6, 0.75, 1.0), (-55, 0, 20), 10)


def ground_height(box: Box) -> float:
    """Where the ground lies under a model that fills `box`."""
    return box.low[2] - 6


def _world(look: Look) -> bpy.types.World:
    """A gradient from the horizon up; the light it casts is a little of the same."""
    world = bpy.data.worlds.new("LLM Scene room")
    world.use_nodes = True
    world.node_tree.nodes.clear()
    tree = Tree(world.node_tree)
    direction = tree.node("ShaderNodeTexCoord").outputs["Generated"]
    height = tree.node("ShaderNodeSeparateXYZ")
    tree.wire(direction, height.inputs[0])
    lift = tree.math("MULTIPLY", tree.math("ABSOLUTE", height.outputs["Z"]), 2.2, clamp=True)
    lift = tree.call("ShaderNodeMapRange", lift, 0.0, 1.0, 0.0, 1.0, interpolation_type="SMOOTHSTEP")
    colour = tree.mix(lift, (*linear(look.horizon), 1.0), (*linear(look.background), 1.0))
    seen = tree.node("ShaderNodeLightPath").outputs["Is Camera Ray"]
    strength = tree.math("MULTIPLY_ADD", seen, 1 - look.ambient, look.ambient)
    tree.wire(
        tree.call("ShaderNodeBackground", colour, strength), tree.node("ShaderNodeOutputWorld").inputs[0]
    )
    return world


def _sun(
    into: bpy.types.Collection,
    name: str,
    strength: float,
    colour: tuple[float, float, float],
    degrees: tuple[float, float, float],
    softness: float,
) -> None:
    light = bpy.data.lights.new(name, "SUN")
    light.energy, light.color, light.angle = strength, colour, math.radians(softness)
    lamp = bpy.data.objects.new(name, light)
    lamp.rotation_euler = [math.radians(angle) for angle in degrees]
    into.objects.link(lamp)


def _ground(look: Look, box: Box, into: bpy.types.Collection) -> None:
    """A disc under the model, wide enough that its fading edge is out of every picture."""
    reach = 1.6 * max(box.size)
    corners = [(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]
    mesh = bpy.data.meshes.new("Ground")
    mesh.from_pydata([(x * reach, y * reach, z) for x, y, z in corners], [], [(0, 1, 2, 3)])
    mesh.materials.append(ground_material(look, reach))
    ground = bpy.data.objects.new("Ground", mesh)
    x, y, _ = box.centre
    ground.location = (x, y, ground_height(box))
    into.objects.link(ground)
