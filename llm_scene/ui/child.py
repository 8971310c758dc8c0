"""Run by another Blender: renders the scene of a .blend into a video, and says how far it has come.

    blender -b -P child.py -- film.blend film.mp4 FIRST LAST

It stands alone: the other Blender does not know this add-on.
"""

import os
import sys

import bpy


def main(blend: str, film: str, first: int, last: int) -> None:
    """Render frames `first` to `last`."""
    bpy.ops.wm.open_mainfile(filepath=blend, load_ui=False)
    scene = next(scene for scene in bpy.data.scenes if "llm_scene" in scene)
    bpy.context.window.scene = scene
    scene.frame_start, scene.frame_end = first, last
    render = scene.render
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
    render.ffmpeg.constant_rate_factor, render.ffmpeg.gopsize = "HIGH", 12
    render.use_file_extension = False
    render.filepath = film
    total, done = last - first + 1, 0

    def rendered(*_: object) -> None:
        nonlocal done
        done += 1
        print(f"rendered {done} of {total}", flush=True)

    bpy.app.handlers.render_post.append(rendered)
    bpy.ops.render.render(animation=True)


if __name__ == "__main__":
    path, video, start, end = sys.argv[sys.argv.index("--") + 1 :]
    main(path, video, int(start), int(end))
    sys.stdout.flush()
    os._exit(0)  # the film is written; Blender 4.5 as a module takes minutes to free its memory
