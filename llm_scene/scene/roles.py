"""What the materials of a role share: two node groups, so that a role can be restyled in one place.

One turns values into colours, the other colours into a surface. Both are marked as assets.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import bpy

from ..look import Look
from ..network.graph import Role
from .marks import name_part
from .materials import colour_map, matt
from .nodes import Tree


class Roles:
    """The groups of a scene's roles in a look, made where first needed; `found` are there already."""

    def __init__(self, look: Look, found: Mapping[str, bpy.types.NodeTree] | None = None) -> None:
        self.look, self._found = look, found or {}
        self.made: list[bpy.types.NodeTree] = []
        self.colours = functools.cache(self._colours)
        self.surface = functools.cache(self._surface)

    def _colours(self, role: Role, signed: bool) -> bpy.types.NodeTree:
        """From a normalised value to its colour."""
        name = f"colours of {role}{'' if signed else ' positive'}"
        if name in self._found:
            return self._found[name]
        group = self._new(name, kind="colours", role=role, signed=signed)
        group.interface.new_socket("Value", in_out="INPUT", socket_type="NodeSocketFloat")
        group.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
        tree = Tree(group)
        value = tree.node("NodeGroupInput").outputs[0]
        tree.wire(colour_map(tree, self.look, role, signed, value), tree.node("NodeGroupOutput").inputs[0])
        tree.arrange()
        return group

    def _surface(self, role: Role) -> bpy.types.NodeTree:
        """From a colour to a matt surface that shines a little by itself."""
        name = f"surface of {role}"
        if name in self._found:
            return self._found[name]
        group = self._new(name, kind="surface", role=role)
        for socket, kind in (("Color", "Color"), ("Glow", "Float"), ("Normal", "Vector")):
            group.interface.new_socket(socket, in_out="INPUT", socket_type=f"NodeSocket{kind}")
        group.interface.new_socket("Surface", in_out="OUTPUT", socket_type="NodeSocketShader")
        tree = Tree(group)
        given = tree.node("NodeGroupInput").outputs
        shader = matt(tree, self.look, given["Color"], given["Glow"], given["Normal"])
        tree.wire(shader, tree.node("NodeGroupOutput").inputs[0])
        tree.arrange()
        return group

    def _new(self, name: str, **what: str | bool) -> bpy.types.NodeTree:
        """A new group of shader nodes, marked as an asset without being kept beyond its users."""
        group = name_part(bpy.data.node_groups.new(f"LLM Scene {name}", "ShaderNodeTree"), name)
        for key, value in what.items():
            group[key] = value
        self.made.append(group)
        group.asset_mark()
        group.asset_data.description = "Edit it to restyle everything of this role at once"
        group.use_fake_user = False
        return group
