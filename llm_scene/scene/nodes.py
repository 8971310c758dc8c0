"""A short way to write node trees: `tree.math("MULTIPLY", a, 2.0)` adds a node and wires it."""

from __future__ import annotations

from typing import Any

import bpy

from .marks import name_part

Value = Any  # a socket, or a constant for a socket's default


class Tree:
    """Builds nodes from left to right; every call returns the new node's first output."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree
        self.count = 0

    def node(self, kind: str, **settings: object) -> bpy.types.Node:
        """A node with its settings, set out in reading order so that an artist can follow."""
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        node.location = (200 * (self.count // 4), -220 * (self.count % 4))
        self.count += 1
        return node

    def wire(self, value: Value, socket: bpy.types.NodeSocket) -> None:
        """Connect a socket, or set a constant."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        else:
            socket.default_value = value

    def call(self, kind: str, *values: Value, **settings: object) -> bpy.types.NodeSocket:
        """A node with its first inputs wired in order."""
        node = self.node(kind, **settings)
        for value, socket in zip(values, node.inputs, strict=False):
            if value is not None:
                self.wire(value, socket)
        return node.outputs[0]

    def math(self, operation: str, *values: Value, clamp: bool = False) -> bpy.types.NodeSocket:
        """Scalar arithmetic."""
        return self.call("ShaderNodeMath", *values, operation=operation, use_clamp=clamp)

    def vector(self, operation: str, *values: Value) -> bpy.types.NodeSocket:
        """Arithmetic on vectors, number by number."""
        return self.call("ShaderNodeVectorMath", *values, operation=operation)

    def blend(self, factor: Value, a: Value, b: Value) -> bpy.types.NodeSocket:
        """Number a to number b."""
        node = self.node("ShaderNodeMix", data_type="FLOAT")
        for value, socket in zip(
            (factor, a, b), (node.inputs[0], node.inputs[2], node.inputs[3]), strict=True
        ):
            self.wire(value, socket)
        return node.outputs[0]

    def mix(self, factor: Value, a: Value, b: Value) -> bpy.types.NodeSocket:
        """Colour a to colour b."""
        node = self.node("ShaderNodeMix", data_type="RGBA")
        for value, name in ((factor, "Factor_Float"), (a, "A_Color"), (b, "B_Color")):
            self.wire(value, next(s for s in node.inputs if s.identifier == name))
        return next(s for s in node.outputs if s.identifier == "Result_Color")

    def blend_shaders(self, factor: Value, a: Value, b: Value) -> bpy.types.NodeSocket:
        """Shader a to shader b; of two, Cycles works out only what is needed."""
        node = self.node("ShaderNodeMixShader")
        for value, socket in zip((factor, a, b), node.inputs, strict=True):
            self.wire(value, socket)
        return node.outputs[0]


def inputs(group: bpy.types.NodeTree) -> dict[str, str]:
    """The identifiers of a group's inputs, by their names."""
    items = group.interface.items_tree
    return {item.name: item.identifier for item in items if getattr(item, "in_out", "") == "INPUT"}


def shape_group(name: str) -> bpy.types.NodeTree:
    """A new geometry node group that turns a geometry into another one of a material."""
    group = name_part(bpy.data.node_groups.new(name, "GeometryNodeTree"), name)
    face = group.interface
    face.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    face.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    face.new_socket("Material", in_out="INPUT", socket_type="NodeSocketMaterial")
    return group
