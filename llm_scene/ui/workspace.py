"""A workspace of the add-on's own: the film's picture, a timeline over all of it, and the panel beside it.

The user's workspaces stay as they are, and keep their scene: ours has one pinned to it. Blender changes
workspaces between two events only, so `enter` and `leave` go on in a timer; without a window they do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import bpy

from ..scene.viewport import clear_picture
from . import views
from .ownership import own_scenes, tag_of

NAME = "LLM Scene"
LAID_OUT = "llm_scene_workspace"  # custom property of a workspace of ours: its areas, as they were made
BEFORE = "llm_scene_before"  # and the name of the one that was left for it
TIMELINE = 0.16  # of the window's height
TICK = 0.05  # seconds between two steps
PATIENCE = 40  # ticks that Blender has to change workspaces
Steps = Generator[None, None, None]


def own() -> bpy.types.WorkSpace | None:
    """The add-on's workspace in this file."""
    return next((space for space in bpy.data.workspaces if LAID_OUT in space), None)


def enter(window: bpy.types.Window, leaving: bpy.types.Scene) -> None:
    """Show the window's scene in our workspace, made where there is none; the others go back to `leaving`."""
    _go_on(_enter(window, window.scene.session_uid, leaving.name if tag_of(leaving) is None else ""))


def leave(window: bpy.types.Window | None) -> None:
    """Take our workspace away where no scene of ours is left, unless the user made something of it."""
    space = own()
    if window is None or space is None or own_scenes():
        return
    if space.name == NAME and space[LAID_OUT] == _areas(space):
        _go_on(_leave(window, space))


def show_whole_film(window: bpy.types.Window | None) -> None:
    """Let the timelines of our workspace reach over the film, which is another, or has another length."""
    if window is None or bpy.app.background or window.workspace != own():
        return
    for area in window.screen.areas:
        if area.ui_type == "TIMELINE":
            region = next(region for region in area.regions if region.type == "WINDOW")
            with bpy.context.temp_override(window=window, area=area, region=region):
                bpy.ops.action.view_all()


def _go_on(steps: Steps) -> None:
    """Take one step after the other, between events."""
    if not bpy.app.background:
        bpy.app.timers.register(lambda: next((TICK for _ in steps), None), first_interval=0.0)


def _enter(window: bpy.types.Window, shown: int, leaving: str) -> Steps:
    before, space = window.workspace, own()
    if before != space:
        window.scene = bpy.data.scenes.get(leaving) or window.scene
        if space is None:
            with bpy.context.temp_override(window=window):
                bpy.ops.workspace.duplicate()
        else:
            window.workspace = space
        yield from _until(lambda: window.workspace != before)
    made, space = space is None, window.workspace
    if made:
        space.name, space.use_pin_scene, space[LAID_OUT] = NAME, True, ""
    if before != space:
        space[BEFORE] = before.name
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == shown), None)  # renamed by now
    if scene is None:  # it was undone meanwhile
        return
    window.scene = scene
    if made:
        yield from _lay_out(window)
        space[LAID_OUT] = _areas(space)
    views.face_camera(window, scene)
    show_whole_film(window)


def _leave(window: bpy.types.Window, space: bpy.types.WorkSpace) -> Steps:
    before = bpy.data.workspaces.get(space.get(BEFORE, ""))
    if window.workspace == space and before is not None:
        window.workspace = before
        yield from _until(lambda: window.workspace == before)
    if window.workspace != space:
        bpy.data.batch_remove([space, *space.screens])


def _until(there: Callable[[], bool]) -> Steps:
    for _ in range(PATIENCE):
        if there():
            return
        yield


def _lay_out(window: bpy.types.Window) -> Steps:
    """One 3D view with its sidebar over a timeline, whatever areas there were."""
    for _ in range(len(window.screen.areas) - 1):
        _close_one(window)
        yield
    view = max(window.screen.areas, key=_size)
    view.type = "VIEW_3D"
    yield
    with bpy.context.temp_override(window=window, area=view):
        bpy.ops.screen.area_split(direction="HORIZONTAL", factor=TIMELINE)
    yield
    below = min(window.screen.areas, key=lambda area: area.y)
    below.ui_type = "TIMELINE"
    view = max(window.screen.areas, key=_size)
    view.spaces.active.show_region_ui = True
    clear_picture(view.spaces.active)
    yield
    region = next(region for region in view.regions if region.type == "UI")
    region.active_panel_category = NAME


def _close_one(window: bpy.types.Window) -> None:
    """Close the smallest area that Blender can; not all share a whole edge with a neighbour."""
    for area in sorted(window.screen.areas, key=_size)[:-1]:
        with bpy.context.temp_override(window=window, area=area):
            if bpy.ops.screen.area_close.poll() and bpy.ops.screen.area_close() == {"FINISHED"}:
                return


def _size(area: bpy.types.Area) -> int:
    return area.width * area.height


def _areas(space: bpy.types.WorkSpace) -> str:
    """The kinds of editors in a workspace."""
    return ", ".join(sorted(area.ui_type for screen in space.screens for area in screen.areas))
