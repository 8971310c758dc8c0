"""A .blend that needs nobody: only our scene, its font packed, no script in it."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..errors import UserError
from ..film.film import Film
from ..scene.edit import SUFFIX, edit_scene
from ..writing import whole_file


def save(scene: bpy.types.Scene, path: Path, film: Film | None = None, name: str | None = None) -> None:
    """Write `scene`, with everything it uses and nothing else, to a compressed .blend.

    With a film, a second scene holds its captions as text strips over the first one, to be edited; it is
    called as the first one and "edit", or `name`. Blender opens the scene whose name comes first.
    Raises UserError where the file cannot be written; what was there stays then.
    """
    name = name or scene.name + SUFFIX
    captioned = edit_scene(scene, film, name) if film is not None and (film.captions or film.cards) else None
    scenes, shown = {scene, captioned} - {None}, scene.frame_current
    for each in scenes:
        each.frame_set(each.frame_start)  # Blender 5.2 crashes when it writes a scene it never evaluated
    try:
        with whole_file(path) as temporary:
            bpy.data.libraries.write(str(temporary), scenes, path_remap="ABSOLUTE", compress=True)
    except (RuntimeError, OSError) as error:  # Blender's own come without a number and with a line feed
        reason = getattr(error, "strerror", None) or str(error).rpartition(":")[2].strip(" .\n")
        raise UserError(f"{path} could not be written: {reason}.") from None
    finally:
        scene.frame_set(shown)
        if captioned is not None:
            bpy.data.scenes.remove(captioned)
