"""A window of cuboids in a slab: the cells around one of them as solid as in a small matrix."""

from __future__ import annotations

import bpy

from ..layout.budget import WINDOW
from ..layout.layout import Block
from ..layout.mosaic import Region
from ..network.trace import Trace
from .animate import follow
from .cells import cell_object
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
    old = slab.get("window")
    if old is not None:
        data = old.data
        bpy.data.objects.remove(old)
        bpy.data.meshes.remove(data)
    cut(slab, region)
    window = cell_object(block, trace, slab["scale"], material, n_prompt, region)
    window.name = f"{PREFIX}{block.name}"
    for name in ("scale", *PROPERTIES):
        window[name] = slab[name]
    for collection in slab.users_collection:
        collection.objects.link(window)
    follow(window, slab)
    slab["window"] = window
    return window
