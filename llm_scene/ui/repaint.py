"""Changes on what a user may have edited: only what is still as it was made is changed."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

CLOSE = 1e-5  # that values of 32 bits differ by and are the same


def repaint(thing: bpy.types.ID, old: bpy.types.ID, new: bpy.types.ID) -> None:
    """Give a material, a world or a group of nodes what differs between two ways in which it is made."""
    if isinstance(thing, bpy.types.Material):
        change(thing, "diffuse_color", old, new)
    trees = [each if isinstance(each, bpy.types.NodeTree) else each.node_tree for each in (thing, old, new)]
    mine, was, will = ({node.name: node for node in tree.nodes} for tree in trees)
    for name, node in will.items():
        if name in mine and name in was and mine[name].bl_idname == node.bl_idname:
            _change_node(mine[name], was[name], node)


def change(thing: Any, field: str, old: Any, new: Any) -> None:
    """Set a property from one value to the next, where there is such a property and it has the first."""
    if not hasattr(new, field) or _same(getattr(old, field), getattr(new, field)):
        return
    if _same(getattr(thing, field), getattr(old, field)):
        setattr(thing, field, getattr(new, field))


def _change_node(node: bpy.types.Node, old: bpy.types.Node, new: bpy.types.Node) -> None:
    for mine, was, will in zip(node.inputs, old.inputs, new.inputs, strict=False):
        change(mine, "default_value", was, will)
    if new.type == "VALTORGB":
        ramps = [list(each.color_ramp.elements) for each in (node, old, new)]
        if len({len(ramp) for ramp in ramps}) > 1:
            return
        for mine, was, will in zip(*ramps, strict=True):
            change(mine, "position", was, will)
            change(mine, "color", was, will)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (str, bool, type(None), bpy.types.ID)):
        return bool(one == other)
    return bool(np.allclose(np.array(one), np.array(other), rtol=CLOSE, atol=CLOSE))
