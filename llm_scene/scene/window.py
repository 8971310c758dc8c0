"""A window of cuboids in a slab: the cells around one of them as solid as in a small matrix."""

from __future__ import annotations

import bpy

from ..layout.budget import WINDOW
from ..layout.layout import Block
from ..layout.mosaic import Region
from ..network.trace import Trace
from .animate import follow
from .cells import DEFAULTS, GROUP, cell_group, cell_object
from .marks import name_part, part_of
from .materials import PROPERTIES
from .slabs import cut

PREFIX = "window in "  # how the objects of windows are called, before the slab's name


def open_window(
    slab: bpy.types.Object,
    block: Block,
    trace: Trace,
    place: tuple[int, int],
    material: bpy.types.Material,
    n_prompt: int,
) -> bpy.types.Object:
    """Cut `WINDOW` x `WINDOW` cells around a (row, column) out of a slab and put cuboids there.

    They share all that moves the slab. A window that was there before is closed. `material` is that of the
    block's cuboids.
    """
    region = Region.around(*place, WINDOW, block.shape)
    old, group = slab.get("window"), _group(slab)
    if old is not None:
        data = old.data
        bpy.data.objects.remove(old)
        bpy.data.meshes.remove(data)
    cut(slab, region)
    measures = dict(zip(DEFAULTS, slab["cell"], strict=True))
    window = cell_object(block, trace, slab["scale"], material, n_prompt, group, region, measures)
    window.name = f"{PREFIX}{block.name}"
    name_part(window, window.name)
    for name in ("scale", *PROPERTIES):
        window[name] = slab[name]
    for collection in slab.users_collection:
        collection.objects.link(window)
    follow(window, slab)
    slab["window"] = window
    return window


def _group(slab: bpy.types.Object) -> bpy.types.NodeTree:
    """The node group of the cuboids that stand in the slab's scene, or a new one."""
    things = (thing for scene in slab.users_scene for thing in scene.collection.all_objects)
    modifiers = (modifier for thing in things for modifier in thing.modifiers if part_of(thing))
    groups = (modifier.node_group for modifier in modifiers if modifier.type == "NODES")
    return next((group for group in groups if group and part_of(group) == GROUP), None) or cell_group()
