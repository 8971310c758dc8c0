"""3D views while a film is shown in them, and how they were before."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import bpy

from ..scene.viewport import FAR, SHOWN, look_through, set_value
from .ownership import tag_of

KEPT = "llm_scene_views"  # custom property of a scene: what its views were like before it came into them
STANDPOINT = (  # from where a view looks, which its camera's place is written over
    "region_3d.view_location",
    "region_3d.view_rotation",
    "region_3d.view_distance",
    "region_3d.view_camera_zoom",
    "region_3d.view_camera_offset",
)
Views = dict[str, dict[str, Any]]  # properties by their paths, by screen and number of the area


def face_camera(window: bpy.types.Window, scene: bpy.types.Scene) -> None:
    """Look through the film's camera in every 3D view, with the scene's own light."""
    for _, area in _areas(window.screen):
        space = area.spaces.active
        look_through(space, scene.camera)
        region = next(region for region in area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.view_center_camera()  # as large as the view allows
        _clear_sides(area, region)


def _clear_sides(area: bpy.types.Area, region: bpy.types.Region) -> None:
    """Show the camera's picture between the toolbar and the sidebar, where these lie over the view.

    A picture that fills the view takes the share f = (√2 + zoom / 50)² / 4 of its width, and an offset of x
    moves it by 2 f x of that to the left.
    """
    if area.type != "VIEW_3D" or region.width < area.width - 8:  # they stand beside it
        return
    left, right = (
        sum(side.width for side in area.regions if side.type == kind and side.width > 1)
        for kind in ("TOOLS", "UI")
    )
    shown = area.spaces.active.region_3d
    share = (math.sqrt(2) + shown.view_camera_zoom / 50) ** 2 / 4
    free = 1 - (left + right) / region.width
    if free < 0.3:
        return
    share = min(share, free)
    shown.view_camera_zoom = 50 * (2 * math.sqrt(share) - math.sqrt(2))
    shown.view_camera_offset[0] = (right - left) / region.width / 4 / share


def keep(window: bpy.types.Window, leaving: bpy.types.Scene, entering: bpy.types.Scene) -> None:
    """Let a scene of ours know how the window's views are; where ours is in view, how they were before."""
    now = {key: _state(area.spaces.active) for key, area in _areas(window.screen)}
    entering[KEPT] = json.dumps(now | (kept(leaving) if tag_of(leaving) is not None else {}))


def kept(scene: bpy.types.Scene) -> Views:
    """How views were before a scene of ours came into them."""
    try:
        found = json.loads(scene.get(KEPT, "{}"))
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def restore(views: Views) -> None:
    """Give views back what they were like, except where the user has changed it meanwhile."""
    for screen in bpy.data.screens:
        for key, area in _areas(screen):
            if key in views:
                _restore(area.spaces.active, views[key])


def _restore(space: bpy.types.SpaceView3D, before: dict[str, Any]) -> None:
    as_shown = [path for path, value in SHOWN.items() if attrgetter(path)(space) == value]
    through_camera = "region_3d.view_perspective" in as_shown
    for path in (*as_shown, *(STANDPOINT if through_camera else ())):
        set_value(space, path, before[path])
    if space.clip_end == FAR:
        space.clip_end = before["clip_end"]
    if space.use_local_camera:
        space.camera = bpy.data.objects.get(before["camera"])


def _state(space: bpy.types.SpaceView3D) -> dict[str, Any]:
    paths = (*SHOWN, *STANDPOINT, "clip_end")
    state = {path: _plain(attrgetter(path)(space)) for path in paths}
    return state | {"camera": space.camera.name if space.camera is not None else ""}


def _areas(screen: bpy.types.Screen) -> Iterator[tuple[str, bpy.types.Area]]:
    """The 3D views of a screen, each with a name."""
    for number, area in enumerate(screen.areas):
        if area.type == "VIEW_3D":
            yield f"{screen.name}/{number}", area


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str)) else list(value)
