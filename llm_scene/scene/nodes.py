"""A short way to write node trees: `tree.math("MULTIPLY", a, 2.0)` adds a node and wires it."""

from __future__ import annotations

import contextlib
import functools
import graphlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

import bpy

from .marks import name_part

Given = ParamSpec("Given")
Made = TypeVar("Made")
WIDTH = 220  # from column to column of nodes
MARGIN = 80  # between frames
Value = Any  # a socket, or a constant for a socket's default


class Tree:
    """Builds nodes from left to right; every call returns the new node's first output."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree
        self._made: list[tuple[bpy.types.Node, str]] = []  # nodes, and the titles of their frames
        self._frame = ""

    def node(self, kind: str, **settings: object) -> bpy.types.Node:
        """A node with its settings."""
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        self._made.append((node, self._frame))
        return node

    @contextlib.contextmanager
    def frame(self, title: str) -> Iterator[None]:
        """What is made within the block stands in a frame with a title; frames do not nest."""
        outer = self._frame
        self._frame = outer or title
        try:
            yield
        finally:
            self._frame = outer

    def arrange(self) -> None:
        """Set the nodes out from left to right as values flow, each frame in rows of its own."""
        depth = self._depths()
        below = 0.0
        places: dict[bpy.types.Node, tuple[float, float]] = {}
        for title in dict.fromkeys(title for _, title in self._made):
            ends: dict[int, float] = {}
            nodes = [node for node, frame in self._made if frame == title]
            for node in nodes:
                at = ends.get(depth[node], below)
                places[node] = -WIDTH * depth[node], at
                ends[depth[node]] = at - _height(node)
            below = min(ends.values()) - MARGIN
        self._place(places)

    def _place(self, places: Mapping[bpy.types.Node, tuple[float, float]]) -> None:
        """Put the nodes there, all at once: Blender goes through the tree for every node that is moved."""
        nodes = self.tree.nodes
        nodes.foreach_set("location", [number for node in nodes for number in places[node]])
        nodes.foreach_set("select", [False] * len(nodes))
        for title in dict.fromkeys(title for _, title in self._made if title):
            frame = nodes.new("NodeFrame")
            frame.label = title
            for node in (node for node, around in self._made if around == title):
                node.parent = frame

    def _depths(self) -> dict[bpy.types.Node, int]:
        """How many nodes a node's values go through, at most, before they leave."""
        readers: dict[bpy.types.Node, list[bpy.types.Node]] = {}
        for link in self.tree.links:
            readers.setdefault(link.from_node, []).append(link.to_node)
        depth: dict[bpy.types.Node, int] = {}
        for node in _ordered([node for node, _ in self._made], readers):
            depth[node] = max((depth[reader] + 1 for reader in readers.get(node, ())), default=0)
        return depth

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

    def group(self, group: bpy.types.NodeTree, *values: Value) -> bpy.types.NodeSocket:
        """The first of what a group of shader nodes makes of values."""
        return self.results(group, *values)[0]

    def results(self, group: bpy.types.NodeTree, *values: Value) -> list[bpy.types.NodeSocket]:
        """All that a group of shader nodes makes of values."""
        node = self.node("ShaderNodeGroup", node_tree=group, label=group.name.removeprefix("LLM Scene "))
        for value, socket in zip(values, node.inputs, strict=True):
            self.wire(value, socket)
        return list(node.outputs)

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


def framed(title: str) -> Callable[[Callable[Given, Made]], Callable[Given, Made]]:
    """A function that adds nodes to a tree, its first argument, does so in a frame with this title."""

    def wrap(function: Callable[Given, Made]) -> Callable[Given, Made]:
        @functools.wraps(function)
        def inside(*args: Given.args, **kwargs: Given.kwargs) -> Made:
            tree = args[0]
            assert isinstance(tree, Tree)
            with tree.frame(title):
                return function(*args, **kwargs)

        return inside

    return wrap


def _ordered(
    nodes: list[bpy.types.Node], readers: Mapping[bpy.types.Node, list[bpy.types.Node]]
) -> list[bpy.types.Node]:
    """Nodes, those that read others before these."""
    return list(graphlib.TopologicalSorter({node: readers.get(node, ()) for node in nodes}).static_order())


def _height(node: bpy.types.Node) -> float:
    """About how high a node is drawn, with the room beneath it."""
    ramp = 120 if node.type == "VALTORGB" else 0
    return 100 + 24 * (len(node.inputs) + len(node.outputs)) + ramp


def inputs(group: bpy.types.NodeTree) -> dict[str, str]:
    """The identifiers of a group's inputs, by their names."""
    items = group.interface.items_tree
    return {item.name: item.identifier for item in items if getattr(item, "in_out", "") == "INPUT"}


def shape_group(
    name: str, wire: Callable[[Tree], None], numbers: Mapping[str, float] = MappingProxyType({})
) -> bpy.types.NodeTree:
    """A new geometry node group that turns a geometry into another one of a material, by what `wire` puts in.

    `numbers` are further inputs from 0 to 4, with their defaults.
    """
    group = name_part(bpy.data.node_groups.new(name, "GeometryNodeTree"), name)
    face = group.interface
    face.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    face.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    face.new_socket("Material", in_out="INPUT", socket_type="NodeSocketMaterial")
    for number, default in numbers.items():
        socket = face.new_socket(number, in_out="INPUT", socket_type="NodeSocketFloat")
        socket.default_value, socket.min_value, socket.max_value = default, 0.0, 4.0
    tree = Tree(group)
    wire(tree)
    tree.arrange()
    return group
