"""The few places where the supported Blender versions differ. Nothing else asks for the version."""

from __future__ import annotations

from typing import Any

import bpy

FIVE = bpy.app.version >= (5, 0, 0)
EEVEE = "BLENDER_EEVEE" if FIVE else "BLENDER_EEVEE_NEXT"


def with_nodes(owner: bpy.types.Material | bpy.types.World) -> bpy.types.NodeTree:
    """The node tree of a new material or world, which is always there from Blender 5 on."""
    if not FIVE:
        owner.use_nodes = True
    return owner.node_tree


def modifier_input(modifier: bpy.types.NodesModifier, identifier: str, value: object) -> None:
    """Set an input of a geometry nodes modifier."""
    if FIVE:
        getattr(modifier.properties.inputs, identifier).value = value
    else:
        modifier[identifier] = value


def modifier_value(modifier: bpy.types.NodesModifier, identifier: str) -> Any:
    """An input of a geometry nodes modifier as it is set."""
    return getattr(modifier.properties.inputs, identifier).value if FIVE else modifier[identifier]


def video_format(image_settings: bpy.types.ImageFormatSettings) -> None:
    """Choose video as the kind of output."""
    if FIVE:
        image_settings.media_type = "VIDEO"
    image_settings.file_format = "FFMPEG"


def image_format(image_settings: bpy.types.ImageFormatSettings, file_format: str) -> None:
    """Choose a still picture's format as the kind of output."""
    if FIVE:
        image_settings.media_type = "IMAGE"
    image_settings.file_format = file_format


def sync_layers(scene: bpy.types.Scene) -> None:
    """Tell a scene's view layers what is in its collections: else Blender 5 crashes on writing it.

    Asking which of them is active is enough; evaluating them can wait until they are shown.
    """
    for layer in scene.view_layers:
        getattr(layer.objects, "active", None)
