"""Captions and titles as native strips in Blender's sequencer: burnt into videos, editable in a .blend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TypeVar

import bpy

from ..film.film import Caption, Card, Chapter, Film
from ..layout.drawn import text_width
from .compat import add_strip
from .labels import face

SUFFIX = " edit"  # of the scene that holds the captions
LINES = 17  # the height of a caption's letters is this part of the picture's shorter side
INK, BOX = (1.0, 1.0, 1.0, 1.0), (0.01, 0.015, 0.03, 0.72)
SHADE = (0.005, 0.008, 0.016)  # of a card's picture
FADE = 8  # frames in which a card comes and goes
Text = TypeVar("Text", Caption, Card, Chapter)


def add_captions(scene: bpy.types.Scene, captions: Iterable[Caption], frames: Sequence[int]) -> None:
    """Put captions into a scene's sequencer, in the lower third: light letters in a dark box.

    `frames` are the film's frames that the scene shows, one after the other from its start.
    """
    editor = scene.sequence_editor or scene.sequence_editor_create()
    render = scene.render
    for caption, start, length in runs(captions, frames, render.fps):
        strip = add_strip(editor, caption.key, "TEXT", 2, scene.frame_start + start, length)
        strip.text, strip.font, strip.color = caption.text, face(caption.text), INK
        strip.font_size = min(render.resolution_x, render.resolution_y) / LINES
        strip.location, strip.wrap_width = (0.5, 0.06), 0.86
        strip.alignment_x, strip.anchor_x, strip.anchor_y = "CENTER", "CENTER", "BOTTOM"
        strip.use_box, strip.box_color = True, BOX
        strip.box_margin, strip.box_roundness = 0.012, 0.3
        strip.use_shadow = False


def add_cards(scene: bpy.types.Scene, cards: Iterable[Card], frames: Sequence[int]) -> None:
    """Put chapter titles into a scene's sequencer: large letters over a picture that darkens meanwhile."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    render = scene.render
    side = min(render.resolution_x, render.resolution_y)
    for card, start, length in runs(cards, frames, render.fps):
        first = scene.frame_start + start
        strips = [add_strip(editor, card.title, "COLOR", 3, first, length)]
        strips[0].color = SHADE
        for text, size, height, channel in ((card.title, 9, 0.5, 4), (card.line, 18, 0.42, 5)):
            strip = add_strip(editor, text, "TEXT", channel, first, length)
            strip.text, strip.font, strip.color = text, face(text), INK
            strip.font_size = min(side / size, render.resolution_x / (1.1 * max(0.56, text_width(text))))
            strip.location, strip.wrap_width = (0.5, height), 0.9
            strip.alignment_x, strip.anchor_x, strip.anchor_y = "CENTER", "CENTER", "BOTTOM"
            strip.use_shadow = False
            strips.append(strip)
        strips[2].anchor_y = "TOP"
        for strip, full in zip(strips, (0.6, 1.0, 0.8), strict=True):
            _fade(strip, first, length, full)


def _fade(strip: bpy.types.Strip, first: int, length: int, full: float) -> None:
    """Let a strip come and go; one too short for that just stands there."""
    strip.blend_type = "ALPHA_OVER"
    strip.blend_alpha = full
    if length < 2 * FADE + 2:
        return
    last = first + length
    for frame, alpha in ((first, 0.0), (first + FADE, full), (last - FADE, full), (last, 0.0)):
        strip.blend_alpha = alpha
        strip.keyframe_insert("blend_alpha", frame=frame)


def runs(captions: Iterable[Text], frames: Sequence[int], fps: int) -> list[tuple[Text, int, int]]:
    """(text, position of its first frame, how many frames) of every run of frames under one text."""
    texts = list(captions)
    shown = (next((c for c in texts if c.start <= frame / fps < c.end), None) for frame in frames)
    found, position = [], 0
    for caption, run in groupby(shown):
        length = sum(1 for _ in run)
        if caption is not None:
            found.append((caption, position, length))
        position += length
    return found


def edit_scene(scene: bpy.types.Scene, film: Film, name: str) -> bpy.types.Scene:
    """A scene that shows another one through its camera, with the film's captions over it."""
    edit = bpy.data.scenes.new(name)
    copy_format(scene.render, edit.render)
    copy_output(scene.render, edit.render)
    edit.frame_start, edit.frame_end = scene.frame_start, scene.frame_end
    for name in ("view_transform", "look", "exposure", "gamma"):
        setattr(edit.view_settings, name, getattr(scene.view_settings, name))
    strip = edit.sequence_editor_create().strips.new_scene(scene.name, scene, 1, scene.frame_start)
    strip.scene_input = "CAMERA"
    frames = range(scene.frame_start, scene.frame_end + 1)
    add_captions(edit, film.captions, frames)
    add_cards(edit, film.cards, frames)
    return edit


def copy_format(source: bpy.types.RenderSettings, target: bpy.types.RenderSettings) -> None:
    """Take over size and frame rate."""
    for name in ("resolution_x", "resolution_y", "resolution_percentage", "fps", "fps_base"):
        setattr(target, name, getattr(source, name))


def copy_output(source: bpy.types.RenderSettings, target: bpy.types.RenderSettings) -> None:
    """Take over where pictures go, and the kind of file where that is a picture."""
    for name in ("filepath", "use_overwrite", "use_placeholder", "use_file_extension"):
        setattr(target, name, getattr(source, name))
    if source.image_settings.file_format == "PNG":
        for name in ("file_format", "color_mode", "color_depth", "compression"):
            setattr(target.image_settings, name, getattr(source.image_settings, name))
