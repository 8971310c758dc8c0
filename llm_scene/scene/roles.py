"""What materials share: node groups.

Two belong to a role, so that it can be restyled in one place: one turns values into colours, the other
colours into a surface. Both are marked as assets. Two more say what is seen of a sheet, in any look.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import bpy

from ..look import Look
from ..network.graph import Role
from .footprint import footprint
from .marks import name_part
from .materials import colour_map, matt, plate
from .nodes import Tree, Value


class Roles:
    """The groups of a scene's roles in a look, made where first needed; `found` are there already."""

    def __init__(self, look: Look, found: Mapping[str, bpy.types.NodeTree] | None = None) -> None:
        self.look, self._found = look, found or {}
        self.made: list[bpy.types.NodeTree] = []
        self.colours = functools.cache(self._colours)
        self.surface = functools.cache(self._surface)
        self.footprint = functools.cache(self._footprint)
        self.plate = functools.cache(self._plate)

    def _colours(self, role: Role, signed: bool) -> bpy.types.NodeTree:
        """From a normalised value to its colour."""

        def wire(tree: Tree, value: Value) -> tuple[Value]:
            return (colour_map(tree, self.look, role, signed, value),)

        name = f"colours of {role}{'' if signed else ' positive'}"
        styled = {"kind": "colours", "role": role, "signed": signed}
        return self._group(name, wire, {"Value": "Float"}, {"Color": "Color"}, styled)

    def _surface(self, role: Role) -> bpy.types.NodeTree:
        """From a colour to a matt surface that shines a little by itself."""

        def wire(tree: Tree, colour: Value, glow: Value, normal: Value) -> tuple[Value]:
            return (matt(tree, self.look, colour, glow, normal),)

        given = {"Color": "Color", "Glow": "Float", "Normal": "Vector"}
        styled = {"kind": "surface", "role": role}
        return self._group(f"surface of {role}", wire, given, {"Surface": "Shader"}, styled)

    def _footprint(self) -> bpy.types.NodeTree:
        """How many cells of a sheet a pixel covers."""

        def wire(tree: Tree) -> tuple[Value, ...]:
            seen = footprint(tree)
            return seen.wide, seen.high, seen.far

        return self._group("footprint", wire, {}, dict.fromkeys(("Wide", "High", "Far"), "Float"))

    def _plate(self) -> bpy.types.NodeTree:
        """What is seen of a sheet that is not computed yet."""
        given = dict.fromkeys(("Order", "Wide", "High"), "Float")
        return self._group("plate", plate, given, {"There": "Float", "Grid": "Float"})

    def _group(
        self,
        name: str,
        wire: Callable[..., Iterable[Value]],
        given: Mapping[str, str],
        made: Mapping[str, str],
        styled: Mapping[str, str | bool] = MappingProxyType({}),
    ) -> bpy.types.NodeTree:
        """The group that `wire` fills, between sockets by name and kind.

        With what says for which role it is `styled` it is marked as an asset, without being kept beyond its
        users.
        """
        if name in self._found:
            return self._found[name]
        group = name_part(bpy.data.node_groups.new(f"LLM Scene {name}", "ShaderNodeTree"), name)
        self.made.append(group)
        for sockets, way in ((given, "INPUT"), (made, "OUTPUT")):
            for socket, kind in sockets.items():
                group.interface.new_socket(socket, in_out=way, socket_type=f"NodeSocket{kind}")
        tree = Tree(group)
        inside = list(tree.node("NodeGroupInput").outputs)[: len(given)]
        ends = tree.node("NodeGroupOutput").inputs
        for value, end in zip(wire(tree, *inside), ends, strict=False):
            tree.wire(value, end)
        tree.arrange()
        for key, value in styled.items():
            group[key] = value
        if styled:
            group.asset_mark()
            group.asset_data.description = "Edit it to restyle everything of this role at once"
            group.use_fake_user = False
        return group
