"""A .blend that needs nobody: only our scene, its font packed, no script in it."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..scene.picture import literal
from ..writing import FULL, AnyPath, whole_file


def save(scene: bpy.types.Scene, path: AnyPath) -> None:
    """Write `scene`, with everything it uses and nothing else, to a compressed .blend.

    Raises UserError where the file cannot be written; what was there stays then.
    """
    shown = scene.frame_current
    scene.frame_set(scene.frame_start)  # Blender 5.2 crashes when it writes a scene it never evaluated
    try:
        with whole_file(Path(path)) as temporary:
            _write(scene, temporary)
    finally:
        scene.frame_set(shown)


def _write(scene: bpy.types.Scene, path: Path) -> None:
    """Let Blender write; what it raises has no number, a line feed, and one of two types."""
    try:
        bpy.data.libraries.write(literal(path), {scene}, path_remap="ABSOLUTE", compress=True)
    except (RuntimeError, OSError) as error:
        reason = str(error).rpartition(":")[2].strip(" .\n")
        number = next((number for number in FULL if os.strerror(number) == reason), None)
        raise OSError(number, reason) from None
