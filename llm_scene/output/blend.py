"""A .blend that needs nobody: only our scene, its font packed, no script in it, opened on its camera's view.

A scene that Blender writes out of an open file comes without windows: it opens on an empty scene, with a
warning. So another Blender opens it, and saves it with the usual windows; that one can be ended at any time.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import bpy

from ..scene.picture import literal
from ..scene.viewport import clear_picture, look_through
from ..steps import WRITING, Steps, finished
from ..writing import FULL, AnyPath, whole_file
from .render.worker import answer_file, answered

LOST = "Blender stopped while it wrote the file"
PART = ".scene"  # suffix of the file without windows
FILLING = 25.0  # zoom of a view in which the camera's picture nearly fills it


def save(scene: bpy.types.Scene, path: AnyPath) -> None:
    """Write `scene`, with everything it uses and nothing else, to a compressed .blend.

    Raises UserError where the file cannot be written; what was there stays then.
    """
    finished(write_blend(scene, Path(path)))


def write_blend(
    scene: bpy.types.Scene, path: Path, *, meanwhile: AbstractContextManager[None] | None = None
) -> Steps[None]:
    """`save` in small steps. The scene is read in one of them only, within `meanwhile`."""
    with whole_file(path) as temporary:
        yield 0.0, WRITING
        alone = temporary.with_suffix(PART)
        with meanwhile or nullcontext():
            write_alone(scene, alone, compress=False)
        request = {"scene": scene.name, "from": str(alone.resolve()), "to": str(temporary.resolve())}
        answer = yield from answered(furnish, request, (0.5, WRITING), LOST)
        if "reason" in answer:
            raise OSError(answer["number"], answer["reason"])


def write_alone(scene: bpy.types.Scene, path: Path, *, compress: bool = True) -> None:
    """Write `scene` and all it uses to a .blend without windows, for other processes of ours."""
    shown = scene.frame_current
    scene.frame_set(scene.frame_start)  # Blender 5.2 crashes when it writes a scene it never evaluated
    try:
        bpy.data.libraries.write(literal(path), {scene}, path_remap="ABSOLUTE", compress=compress)
    except (RuntimeError, OSError) as error:
        raise OSError(*_reason(error)) from None
    finally:
        scene.frame_set(shown)


def furnish(_: dict[str, Any]) -> None:
    """What the other Blender does: save a file that has none with windows that look through the camera."""
    answers = answer_file()
    request = json.loads(sys.stdin.readline())
    bpy.ops.wm.open_mainfile(filepath=request["from"], load_ui=False, use_scripts=False)
    scene = bpy.data.scenes[request["scene"]]
    for window in bpy.context.window_manager.windows:
        window.scene = scene
    spaces = (area.spaces.active for screen in bpy.data.screens for area in screen.areas)
    for space in spaces:
        if space.type == "VIEW_3D":
            look_through(space, scene.camera)
            clear_picture(space)
            space.region_3d.view_camera_zoom = FILLING
    answer: dict[str, Any] = {}
    try:
        bpy.ops.wm.save_as_mainfile(
            filepath=literal(Path(request["to"])), compress=True, relative_remap=False, check_existing=False
        )
    except RuntimeError as error:
        answer["number"], answer["reason"] = _reason(error)
    print(json.dumps(answer), file=answers, flush=True)


def _reason(error: Exception) -> tuple[int | None, str]:
    """Why Blender did not write: what it raises has no number, a line feed, and one of two types."""
    reason = str(error).rpartition(":")[2].strip(" .\n")
    return next((number for number in FULL if os.strerror(number) == reason), None), reason
