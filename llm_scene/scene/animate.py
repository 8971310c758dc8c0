"""Writes a film's cues and shots as native F-curves: a slot of an action for every object."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import bpy
import numpy as np

from ..film.film import Cue, Film, Pose, Shot
from .camera import aperture

INTERPOLATION = {"linear": "LINEAR", "smooth": "SINE", "cubic": "CUBIC", "step": "CONSTANT"}
Key = tuple[float, float, str]  # frame, value, easing to the next key


class Curves:
    """F-curves, made through an action's layers, which both supported Blenders share.

    Blender goes through everything there is for each new slot, so those for objects that are still to be
    made are made `ahead`, by their names; and it looks slots up one by one, so after `SLOTS` of them
    another action begins.
    """

    SLOTS = 1024

    def __init__(self, name: str, ahead: Iterable[str] = ()) -> None:
        self.name = name
        self._count = 0
        self._bags: dict[bpy.types.ID, bpy.types.ActionChannelbag] = {}
        self._ahead = {target: self._slot("OBJECT", target) for target in ahead}

    def write(self, owner: bpy.types.ID, path: str, index: int, keys: list[Key]) -> None:
        """Keys of one property. Consecutive keys of the same value and frame are written once."""
        keys = _distinct(keys)
        curve = self._bag(owner).fcurves.new(path, index=index)
        curve.keyframe_points.add(len(keys))
        curve.keyframe_points.foreach_set("co", np.array([key[:2] for key in keys], np.float32).ravel())
        for point, key in zip(curve.keyframe_points, keys, strict=True):
            point.interpolation, point.easing = INTERPOLATION[key[2]], "EASE_IN_OUT"
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


def animate(
    scene: bpy.types.Scene,
    film: Film,
    objects: dict[str, bpy.types.Object],
    rig: tuple[bpy.types.Object, bpy.types.Object],
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
    _key_camera(curves, film, *rig)
    set_timeline(scene, film)


def set_timeline(scene: bpy.types.Scene, film: Film) -> None:
    """Give a scene the film's pace, length and chapters, and show the first frame."""
    scene.render.fps = film.fps
    scene.frame_start, scene.frame_end = 0, film.n_frames - 1
    scene.frame_set(0)  # also evaluates: Blender 5.2 crashes on writing a scene that never was
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


def key_channel(curves: Curves, thing: bpy.types.Object, channel: str, cues: list[Cue], fps: int) -> None:
    """Key the cues of one channel of one object."""
    keys = []
    for cue in cues:
        keys += [(cue.start * fps, cue.a, cue.easing), (cue.end * fps, cue.b, "step")]
    for path, index in PATHS.get(channel, [(f'["{channel}"]', 0)]):
        curves.write(thing, path, index, keys)


def _key_shapes(curves: Curves, shapes: bpy.types.Key, cues: list[Cue], fps: int) -> None:
    """The shape keys of a swarm: every move takes one of them out and another in."""
    keys: dict[int, list[Key]] = {}
    for cue in cues:
        for pose, a, b in ((round(cue.a), 1.0, 0.0), (round(cue.b), 0.0, 1.0)):
            if cue.a != cue.b:
                keys.setdefault(pose, []).extend(
                    [(cue.start * fps, a, cue.easing), (cue.end * fps, b, "step")]
                )
            else:
                keys.setdefault(pose, []).append((cue.start * fps, 1.0, "step"))
    for pose, row in keys.items():
        if pose:  # the first is what the others are relative to
            curves.write(shapes, f'key_blocks["pose {pose}"].value', 0, row)


def _key_camera(curves: Curves, film: Film, camera: bpy.types.Object, target: bpy.types.Object) -> None:
    channels: tuple[tuple[bpy.types.ID, str, int, Callable[[Pose], float]], ...] = (
        (target, "location", 0, lambda p: p.target[0]),
        (target, "location", 1, lambda p: p.target[1]),
        (target, "location", 2, lambda p: p.target[2]),
        (target, "rotation_euler", 0, lambda p: -math.radians(p.elevation)),
        (target, "rotation_euler", 2, lambda p: math.radians(p.azimuth)),
        (camera, "location", 1, lambda p: -p.distance),
        (camera.data, "lens", 0, lambda p: p.lens),
        (camera.data, "dof.aperture_fstop", 0, aperture),
    )
    for owner, path, index, read in channels:
        curves.write(owner, path, index, shot_keys(film.shots, film.fps, read))


def shot_keys(shots: list[Shot], fps: int, read: Callable[[Pose], float]) -> list[Key]:
    """Keys of a number that follows from where the camera is."""
    keys: list[Key] = []
    for shot in shots:
        keys += [(shot.start * fps, read(shot.a), shot.easing), (shot.end * fps, read(shot.b), "step")]
    return keys


def _distinct(keys: list[Key]) -> list[Key]:
    """A key that falls on its follower's frame gives way to it, unless the value jumps there.

    A jump keeps its value up to half a frame before, so that no frame shows a mixture.
    """
    out: list[Key] = []
    for key in keys:
        if out and abs(out[-1][0] - key[0]) < 1e-3:
            if abs(out[-1][1] - key[1]) > 1e-9:
                out[-1] = (out[-1][0] - 0.5, out[-1][1], "step")
            else:
                out.pop()
        out.append(key)
    return out
