"""The pictures that a scene puts out: how large, how many a second, and where to."""

from __future__ import annotations

import re
from pathlib import Path

import bpy

from ..errors import UserError

SHUTTER = "render.motion_blur_shutter"  # property of a scene


def picture_size(render: bpy.types.RenderSettings) -> tuple[int, int]:
    """Width and height of a picture in pixels, rounded as Blender does."""
    percent = render.resolution_percentage
    return render.resolution_x * percent // 100, render.resolution_y * percent // 100


def rate(render: bpy.types.RenderSettings) -> float:
    """Frames a second of a scene, such as 23.976 from 24 and 1.001."""
    return render.fps / render.fps_base


def set_rate(render: bpy.types.RenderSettings, fps: float) -> None:
    """Give a scene its frames a second, whole ones or any others."""
    render.fps = max(1, round(fps))
    render.fps_base = render.fps / fps


def literal(path: Path) -> str:
    """A path as Blender takes it literally: two slashes at its start would mean beside the .blend.

    Raises UserError for a backslash in a name, which Blender takes for a slash on every system.
    """
    path = path.absolute()
    for place in (*reversed(path.parents), path):
        if "\\" in place.name:
            raise UserError(f"Blender cannot reach {place}, as it takes a backslash for a slash: rename it.")
    return re.sub("^//+", "/", str(path))


def output_path(path: Path) -> str:
    """A path as Blender's render output takes it literally: braces would name variables there, too.

    A `#` stands for the frame's number, but in the name of the file only.
    """
    return literal(path).replace("{", "{{").replace("}", "}}")


def check_whole(render: bpy.types.RenderSettings) -> None:
    """Raise UserError where a scene renders anything but one whole picture a frame."""
    if render.use_border:
        raise UserError("The scene renders a part of the picture only: switch off Render Region.")
    if render.use_multiview:
        raise UserError("The scene renders for two eyes: switch off Stereoscopy.")
    if min(picture_size(render)) < 1:
        raise UserError("The scene's resolution leaves no pixel: choose a larger one, or a larger share.")


def curve_of(owner: bpy.types.ID, path: str) -> bpy.types.FCurve | None:
    """The F-curve of one property; None where it has no keys."""
    data = owner.animation_data
    if data is None or data.action is None:
        return None
    bags = (layer.strips[0].channelbag(data.action_slot) for layer in data.action.layers if layer.strips)
    return next((curve for bag in bags if bag for curve in bag.fcurves if curve.data_path == path), None)
