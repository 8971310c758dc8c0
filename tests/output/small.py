"""A small animated scene that renders in a blink."""

import hashlib
from pathlib import Path

import bpy


def small_scene(samples: int = 1, n_frames: int = 6) -> bpy.types.Scene:
    """A cube that a keyframed lamp and camera fly past, 64x36, Cycles; nothing else in the file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.data.scenes.new("small")
    bpy.context.window.scene = scene
    bpy.ops.mesh.primitive_monkey_add()
    bpy.ops.object.light_add(type="SUN", rotation=(0.6, 0.3, 0))
    bpy.ops.object.camera_add(location=(0, -5, 0), rotation=(1.5708, 0, 0))
    scene.camera = bpy.context.object
    for frame, x in ((0, -1.0), (n_frames - 1, 1.0)):
        scene.camera.location.x = x
        scene.camera.keyframe_insert("location", frame=frame)
    scene.frame_start, scene.frame_end = 0, n_frames - 1
    render = scene.render
    render.resolution_x, render.resolution_y, render.fps = 64, 36, 24
    render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", samples, False
    scene.cycles.seed = 0
    return scene


def hashes(folder: Path) -> dict[str, str]:
    """The hash of every frame in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.png"))}
