"""Writes a film's cues and shots as native F-curves: a slot of an action for every object."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import bpy
import numpy as np

from ..film.blur import shutter
from ..film.film import Cue, Film, Pose, Shot
from ..film.keys import Key, distinct, keys
from .picture import SHUTTER, set_rate
from .rig import Rig, channels, optics

INTERPOLATION = {"linear": "LINEAR", "smooth": "SINE", "cubic": "CUBIC", "step": "CONSTANT"}
JUMP = 0.02  # of a frame, between the two keys of a value that jumps: so little that it moves nothing else


class Curves:
    """F-curves, made through an action's layers, which both supported Blenders share.

    Blender goes through everything there is for each new slot, so those for objects that are still to be
    made are made `ahead`, by their names; and it looks slots up one by one, so after `SLOTS` of them
    another action begins.
    """

    SLOTS = 2048

    def __init__(self, name: str, ahead: Iterable[str] = ()) -> None:
        self.name = name
        self._count = 0
        self._bags: dict[bpy.types.ID, bpy.types.ActionChannelbag] = {}
        self._ahead = {target: self._slot("OBJECT", target) for target in ahead}

    def write(
        self, owner: bpy.types.ID, path: str, index: int, keys: Sequence[Key], fps: float = 1.0
    ) -> None:
        """Keys of one property, at seconds of so many frames, or at frames."""
        curve = self._bag(owner).fcurves.new(path, index=index)
        points = curve.keyframe_points
        points.add(len(keys))
        points.foreach_set("co", np.array([(key[0] * fps, key[1]) for key in keys], np.float32).ravel())
        points.foreach_set("interpolation", [_number("interpolation", INTERPOLATION[key[2]]) for key in keys])
        points.foreach_set("easing", [_number("easing", "EASE_IN_OUT")] * len(keys))
        curve.update()

    def take(self, owner: bpy.types.ID, target: str) -> None:
        """Give an object the slot that was made ahead for it."""
        if owner not in self._bags and target in self._ahead:
            self._bags[owner] = self._assigned(owner, *self._ahead[target])

    def write_smooth(
        self, owner: bpy.types.ID, path: str, index: int, keys: list[tuple[float, float]]
    ) -> None:
        """Keys (frame, value) of one property, joined without a bend."""
        curve = self._bag(owner).fcurves.new(path, index=index)
        curve.keyframe_points.add(len(keys))
        curve.keyframe_points.foreach_set("co", np.array(keys, np.float32).ravel())
        for point in curve.keyframe_points:
            point.interpolation = "BEZIER"
            point.handle_left_type = point.handle_right_type = "AUTO"
        curve.update()

    def _bag(self, owner: bpy.types.ID) -> bpy.types.ActionChannelbag:
        if owner not in self._bags:
            self._bags[owner] = self._assigned(owner, *self._slot(owner.id_type, owner.name))
        return self._bags[owner]

    def _slot(self, kind: str, name: str) -> tuple[bpy.types.Action, bpy.types.ActionSlot]:
        if self._count % self.SLOTS == 0:
            self._action = bpy.data.actions.new(self.name)
            self._action.layers.new("Film").strips.new(type="KEYFRAME")
        self._count += 1
        return self._action, self._action.slots.new(kind, name)

    def _assigned(
        self, owner: bpy.types.ID, action: bpy.types.Action, slot: bpy.types.ActionSlot
    ) -> bpy.types.ActionChannelbag:
        data = owner.animation_data_create()
        data.action, data.action_slot = action, slot
        return action.layers[0].strips[0].channelbag(slot, ensure=True)


@functools.cache
def _number(name: str, choice: str) -> int:
    """What Blender counts a choice of a key's property as: all keys at once are set by numbers."""
    return bpy.types.Keyframe.bl_rna.properties[name].enum_items[choice].value


def animate(
    scene: bpy.types.Scene,
    film: Film,
    objects: dict[str, bpy.types.Object],
    rig: Rig,
    curves: Curves,
) -> Iterator[float]:
    """Key everything the film moves, set the frame range and put a marker at every chapter.

    Yields the share done.
    """
    for n, ((target, channel), cues) in enumerate(film.tracks.items()):
        yield n / len(film.tracks)
        if target in objects:
            curves.take(objects[target], target)
            key_channel(curves, objects[target], channel, cues, film.fps)
            if channel == "pose":
                _key_shapes(curves, objects[target].data.shape_keys, cues, film.fps)
    _key_camera(curves, film, rig)
    key_shutter(curves, scene, film)
    set_timeline(scene, film)


def key_shutter(curves: Curves, scene: bpy.types.Scene, film: Film) -> None:
    """Open the shutter where pictures are to be blurred."""
    scene.render.use_motion_blur = True
    curves.write(scene, SHUTTER, 0, shutter(film), film.fps)


def set_timeline(scene: bpy.types.Scene, film: Film) -> None:
    """Give a scene the film's pace, length and chapters, and let it stand at the first frame."""
    set_rate(scene.render, film.fps)
    scene.sync_mode = "FRAME_DROP"  # slow machines keep time
    scene.frame_start, scene.frame_end = 0, film.n_frames - 1
    scene.frame_current = 0  # shown, or rendered, it is evaluated then: once
    for chapter in film.chapters:
        scene.timeline_markers.new(chapter.title, frame=round(chapter.start * film.fps))


def follow(thing: bpy.types.Object, leader: bpy.types.Object) -> None:
    """Give an object the animation of another: they share its slot."""
    lead = leader.animation_data
    if lead is not None and lead.action is not None:
        data = thing.animation_data_create()
        data.action, data.action_slot = lead.action, lead.action_slot


# Channels that are no custom properties, and the properties they write.
PATHS = {
    "location_x": [("location", 0)],
    "location_y": [("location", 1)],
    "location_z": [("location", 2)],
    "scale_x": [("scale", 0)],
    "scale": [("scale", 0), ("scale", 1), ("scale", 2)],
    "hidden": [("hide_render", 0), ("hide_viewport", 0)],
}


def key_channel(curves: Curves, thing: bpy.types.Object, channel: str, cues: list[Cue], fps: float) -> None:
    """Key the cues of one channel of one object."""
    found = keys(cues, JUMP / fps)
    for path, index in PATHS.get(channel, [(f'["{channel}"]', 0)]):
        curves.write(thing, path, index, found, fps)


def _key_shapes(curves: Curves, shapes: bpy.types.Key, cues: list[Cue], fps: float) -> None:
    """The shape keys of a swarm: every move takes one of them out and another in."""
    shares: dict[int, list[Cue]] = {}
    for cue in cues:
        if cue.a == cue.b:
            shares.setdefault(round(cue.a), []).append(replace(cue, end=cue.start, a=1.0, b=1.0))
            continue
        shares.setdefault(round(cue.a), []).append(replace(cue, a=1.0, b=0.0))
        shares.setdefault(round(cue.b), []).append(replace(cue, a=0.0, b=1.0))
    for pose, moves in shares.items():
        if pose:  # the first is what the others are relative to
            curves.write(shapes, f'key_blocks["pose {pose}"].value', 0, keys(moves, JUMP / fps), fps)


def _key_camera(curves: Curves, film: Film, rig: Rig) -> None:
    for owner, path, index, read in (*channels(rig), *optics(rig)):
        curves.write(owner, path, index, shot_keys(film.shots, film.fps, read), film.fps)


def shot_keys(shots: list[Shot], fps: float, read: Callable[[Pose], float]) -> list[Key]:
    """Keys, in seconds, of a number that follows from where the camera is."""
    found: list[Key] = []
    for shot in shots:
        found += [(shot.start, read(shot.a), shot.easing), (shot.end, read(shot.b), "step")]
    return distinct(found, JUMP / fps)
