"""Captions as native text strips in Blender's sequencer: burnt into videos, and editable in a .blend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import bpy

from ..film.plan import Caption, Film
from ..scene.compat import add_strip
from ..scene.labels import face

SUFFIX = " edit"  # of the scene that holds the captions
LINES = 15  # the height of a caption's letters is this part of the picture's shorter side
INK, BOX = (1.0, 1.0, 1.0, 1.0), (0.01, 0.015, 0.03, 0.72)


def add_captions(scene: bpy.types.Scene, captions: Iterable[Caption], frames: Sequence[int]) -> None:
    """Put captions into a scene's sequencer, in the lower third: light letters in a dark box.

    `frames` are the film's frames that the scene shows, one after the other from its start.
    """
    editor = scene.sequence_editor or scene.sequence_editor_create()
    render = scene.render
    for caption, start, length in runs(captions, frames, render.fps):
        strip = add_strip(editor, caption.key, "TEXT", 2, scene.frame_start + start, length)
        strip.text, strip.font, strip.color = caption.text, face(), INK
        strip.font_size = min(render.resolution_x, render.resolution_y) / LINES
        strip.location, strip.wrap_width = (0.5, 0.06), 0.86
        strip.alignment_x, strip.anchor_x, strip.anchor_y = "CENTER", "CENTER", "BOTTOM"
        strip.use_box, strip.box_color = True, BOX
        strip.box_margin, strip.box_roundness = 0.012, 0.3
        strip.use_shadow = False


def runs(captions: Iterable[Caption], frames: Sequence[int], fps: int) -> list[tuple[Caption, int, int]]:
    """(caption, position of its first frame, how many frames) of every run of frames under one caption."""
    texts = list(captions)
    shown = (next((c for c in texts if c.start <= frame / fps < c.end), None) for frame in frames)
    found, position = [], 0
    for caption, run in groupby(shown):
        length = sum(1 for _ in run)
        if caption is not None:
            found.append((caption, position, length))
        position += length
    return found


def edit_scene(scene: bpy.types.Scene, film: Film) -> bpy.types.Scene:
    """A scene that shows another one through its camera, with the film's captions over it."""
    edit = bpy.data.scenes.new(scene.name + SUFFIX)
    copy_format(scene.render, edit.render)
    edit.frame_start, edit.frame_end = scene.frame_start, scene.frame_end
    for name in ("view_transform", "look", "exposure", "gamma"):
        setattr(edit.view_settings, name, getattr(scene.view_settings, name))
    strip = edit.sequence_editor_create().strips.new_scene(scene.name, scene, 1, scene.frame_start)
    strip.scene_input = "CAMERA"
    add_captions(edit, film.captions, range(scene.frame_start, scene.frame_end + 1))
    return edit


def copy_format(source: bpy.types.RenderSettings, target: bpy.types.RenderSettings) -> None:
    """Take over size and frame rate."""
    for name in ("resolution_x", "resolution_y", "resolution_percentage", "fps", "fps_base"):
        setattr(target, name, getattr(source, name))
