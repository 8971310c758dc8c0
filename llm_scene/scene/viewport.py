"""How a 3D view shows a film."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import bpy

SHOWN = {
    "shading.type": "MATERIAL",
    "shading.use_scene_lights": True,
    "shading.use_scene_world": True,
    "region_3d.view_perspective": "CAMERA",
}
CLEAR = {  # only where a view is ours: a user would not find out why these are off
    "overlay.show_relationship_lines": False,  # they would cut through the picture, as the next do
    "overlay.show_floor": False,
    "overlay.show_extras": False,
    "overlay.show_text": False,  # it would lie over the running head
    "overlay.show_axis_x": False,
    "overlay.show_axis_y": False,
    "overlay.show_cursor": False,
}
FAR = 100_000.0  # scene units that a view shows at least


def look_through(space: bpy.types.SpaceView3D, camera: bpy.types.Object) -> None:
    """Let a view look through a camera, with the scene's own light."""
    for path, value in SHOWN.items():
        set_value(space, path, value)
    space.clip_end = max(space.clip_end, FAR)
    space.camera = camera


def clear_picture(space: bpy.types.SpaceView3D) -> None:
    """Take out of a view what is no part of the picture."""
    for path, value in CLEAR.items():
        set_value(space, path, value)


def set_value(space: bpy.types.SpaceView3D, path: str, value: Any) -> None:
    """Set a property by its path, such as "overlay.show_floor"."""
    owner, _, name = path.rpartition(".")
    setattr(attrgetter(owner)(space), name, value)
