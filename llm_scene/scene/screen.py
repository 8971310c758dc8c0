"""Captions and running heads as objects that hang before the camera, to be seen and edited in place.

An artist writes into a text, or moves its keys; `as_it_stands` takes what stands there back into the film.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import bpy

from ..film.film import Caption, Film, Writing
from ..film.framing import SENSOR
from ..film.keys import Key
from ..film.retiming import retimed
from ..film.screen import ScreenText, joined, screen_texts, shades
from ..look import Look
from .animate import Curves, shot_keys
from .faces import in_order, set_text
from .labels import ALIGN, quiet
from .marks import name_part, part_of
from .materials import screen_material, veil_material
from .picture import curve_of
from .retime import retiming_of

SCREEN = "Screen"
BEHIND = 0.01  # units by which shades hang behind the texts
HALF = 2 / SENSOR  # at this share of the lens before the camera, half the picture's longer side is a unit


def hang_screen(
    film: Film, look: Look, camera: bpy.types.Object, into: bpy.types.Collection, curves: Curves
) -> None:
    """Hang all of a film's texts before its camera; they come and go by keys of their own."""
    screen = hang_texts(film, look, camera, into, curves)
    keys = shot_keys(film.shots, film.fps, lambda pose: -HALF * pose.lens)
    screen.location.z = keys[0][1]
    curves.write(screen, "location", 2, keys, film.fps)


def hang_texts(
    film: Film, look: Look, camera: bpy.types.Object, into: bpy.types.Collection, curves: Curves
) -> bpy.types.Object:
    """The same without a place: what carries them, to be kept `HALF` times the lens before the camera."""
    screen = name_part(bpy.data.objects.new(SCREEN, None), SCREEN)
    screen.parent, screen.empty_display_size = camera, 0.01
    into.objects.link(screen)
    _hang_shades(film, look, screen, into, curves)
    ink = screen_material(look)
    for text in screen_texts(film):
        thing = name_part(_text(text, ink), text.name)
        thing.parent = screen
        into.objects.link(thing)
        curves.write(thing, '["shown"]', 0, _coming(text.start, text.end, film.fps))
        _hide(thing, [(text.start, text.end)], film.fps, curves)
    return screen


def screen_of(camera: bpy.types.Object) -> bpy.types.Object | None:
    """What carries the texts before a camera: half the picture's longer side is its unit."""
    return next((child for child in camera.children if part_of(child) == SCREEN), None)


def as_it_stands(scene: bpy.types.Scene, film: Film) -> Film:
    """The film at its scene's times, with its captions and running heads, be they edited, moved or gone.

    What is as it was made keeps its text as it was told, whichever way letters had to be put to be shown.
    """
    film = retimed(film, retiming_of(scene))
    made = {text.name: text for text in screen_texts(film)}
    said = {f"caption {n}": caption for n, caption in enumerate(film.captions)}
    said |= {f"head {n}": head for n, head in enumerate(film.heads)}
    found: dict[str, list[Caption]] = {"caption": [], "head": []}
    for thing in scene.collection.all_objects:
        part = part_of(thing)
        if thing.type == "FONT" and part in said:
            found[part.split()[0]].append(_read(thing, made[part], said[part], film))
    captions, heads = (tuple(sorted(those, key=lambda c: c.start)) for those in found.values())
    if captions == tuple(film.captions) and heads == tuple(film.heads):
        return film
    return replace(film, edited=Writing(captions, heads))


def _read(thing: bpy.types.Object, made: ScreenText, said: Caption, film: Film) -> Caption:
    """A caption as its object shows it."""
    body = thing.data.body
    text = said.text if body == in_order(made.text) else joined(body.splitlines())
    start, end = _times(thing, film)
    close = max(abs(start - said.start), abs(end - said.end)) * film.fps < 0.01
    return replace(said, text=text) if close else replace(said, text=text, start=start, end=end)


def _times(thing: bpy.types.Object, film: Film) -> tuple[float, float]:
    """From when until when a text is there, in seconds: the whole film without keys."""
    curve = curve_of(thing, '["shown"]')
    if curve is None or not curve.keyframe_points:
        return 0.0, film.duration
    first, last = curve.keyframe_points[0], curve.keyframe_points[-1]
    return max(0.0, first.co.x / film.fps), min(film.duration, last.co.x / film.fps)


def _hang_shades(
    film: Film, look: Look, screen: bpy.types.Object, into: bpy.types.Collection, curves: Curves
) -> None:
    """Hang soft strips of the wall's colour behind the texts, so that they are read before anything."""
    material = veil_material(look)
    for shade in shades(film):
        mesh = bpy.data.meshes.new(shade.name)
        mesh.from_pydata([(x, y, -BEHIND) for x, y, _ in shade.corners], [], shade.faces)
        cover = mesh.attributes.new("cover", "FLOAT", "POINT")
        cover.data.foreach_set("value", [share for _, _, share in shade.corners])
        mesh.materials.append(material)
        thing = quiet(bpy.data.objects.new(shade.name, mesh))
        thing["shown"], thing.hide_select = 0.0, True  # a click means the caption, or what is behind
        thing.parent = screen
        into.objects.link(thing)
        curves.write(thing, '["shown"]', 0, [key for run in shade.runs for key in _coming(*run, film.fps)])
        _hide(thing, shade.runs, film.fps, curves)


def _hide(thing: bpy.types.Object, runs: Sequence[tuple[float, float]], fps: float, curves: Curves) -> None:
    """Hide a thing but for some runs, in seconds: a view shows white what it has no shader of yet."""
    keys: list[Key] = [(0.0, 1.0, "step")] if runs[0][0] > 0 else []
    for start, end in runs:
        keys += [(start * fps, 0.0, "step"), (end * fps, 1.0, "step")]
    for path in ("hide_render", "hide_viewport"):
        curves.write(thing, path, 0, keys)


def _coming(start: float, end: float, fps: float) -> list[Key]:
    """Keys of what comes and goes at once, with its picture: a word that is half there is no word."""
    return [(start * fps, 1.0, "step"), (end * fps, 0.0, "step")]


def _text(text: ScreenText, ink: bpy.types.Material) -> bpy.types.Object:
    curve = bpy.data.curves.new(text.name, "FONT")
    set_text(curve, text.text, text.size)
    curve.align_x, curve.align_y = ALIGN[text.align], "BOTTOM_BASELINE"
    curve.resolution_u, curve.fill_mode = 2, "FRONT"
    curve.materials.append(ink)
    thing = bpy.data.objects.new(text.name, curve)
    thing.location = (*text.at, 0.0)
    thing["shown"] = 0.0
    return quiet(thing)
