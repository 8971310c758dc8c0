"""Moves everything that is keyed in a scene to other frames: keys, strips, markers, and the scene's range."""

from __future__ import annotations

import json
from collections.abc import Iterator

import bpy
import numpy as np

from ..film.retiming import Retiming
from ..network.ops import Array
from .animate import JUMP
from .picture import rate

TIMES = "llm_scene_times"  # custom property of a scene: its film's times, and where they are now, in seconds
Slot = tuple[bpy.types.Action, int]  # an action, and the handle of a slot in it
APART = 0.8 * JUMP  # frames between keys; what jumps has its two keys `JUMP` apart, and Blender melts 0.01


def retiming_of(scene: bpy.types.Scene) -> Retiming:
    """How a scene has been retimed since it was made, in seconds."""
    return Retiming(tuple((float(a), float(b)) for a, b in json.loads(scene.get(TIMES, "[]"))))


def retime(scene: bpy.types.Scene, when: Retiming) -> int:
    """Move all that happens in a scene, `when` in frames; returns how many keys there are."""
    count = 0
    for curve in curves(scene):
        count += len(curve.keyframe_points)
        _move_keys(curve, when)
    for thing in animated(scene):
        _move_strips(thing, when)
    for marker in scene.timeline_markers:
        marker.frame = round(when.at(marker.frame))
    _move_sounds(scene, when)
    shown = scene.frame_current
    scene.frame_start, scene.frame_end = (
        round(when.at(scene.frame_start)),
        round(when.at(scene.frame_end + 1)) - 1,
    )
    scene[TIMES] = json.dumps(retiming_of(scene).then(when.scaled(1 / rate(scene.render))).knots)
    scene.frame_set(round(when.at(shown)))
    return count


def curves(scene: bpy.types.Scene) -> list[bpy.types.FCurve]:
    """All F-curves that move what is in a scene, each once."""
    return [curve for found in slots(scene).values() for curve in found]


def slots(scene: bpy.types.Scene) -> dict[Slot, list[bpy.types.FCurve]]:
    """The same by the slots of actions that hold them."""
    used = {}
    for thing in animated(scene):
        data = thing.animation_data
        if data.action is not None and data.action_slot is not None:
            used[data.action, data.action_slot.handle] = data.action_slot
    return {(action, handle): [*_of_slot(action, slot)] for (action, handle), slot in used.items()}


def animated(scene: bpy.types.Scene) -> Iterator[bpy.types.ID]:
    """Everything in a scene that has animation data of its own, each once."""
    found: dict[bpy.types.ID, None] = dict.fromkeys((scene, *filter(None, [scene.world])))
    for thing in scene.collection.all_objects:
        found[thing] = None
        for part in (thing.data, getattr(thing.data, "shape_keys", None), *_materials(thing)):
            if part is not None:
                found[part] = None
                tree = getattr(part, "node_tree", None)
                found |= {} if tree is None else {tree: None}
    yield from (thing for thing in found if thing.animation_data is not None)


def _materials(thing: bpy.types.Object) -> Iterator[bpy.types.Material | None]:
    yield from (slot.material for slot in thing.material_slots)


def _of_slot(action: bpy.types.Action, slot: bpy.types.ActionSlot) -> Iterator[bpy.types.FCurve]:
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(slot)
            yield from bag.fcurves if bag is not None else ()


def _move_keys(curve: bpy.types.FCurve, when: Retiming) -> None:
    points = curve.keyframe_points
    for name in ("co", "handle_left", "handle_right"):
        places = np.empty(2 * len(points), np.float32)
        points.foreach_get(name, places)
        places[::2] = when(places[::2].astype(float))
        if name == "co":
            places[::2] = _apart(places[::2])
        points.foreach_set(name, places)
    curve.update()


def _apart(frames: Array) -> Array:
    """Frames of keys, `[n]`, each a little after the one before: Blender melts keys that lie closer."""
    steps = APART * np.arange(len(frames))
    found: Array = np.maximum.accumulate(frames - steps) + steps
    return found


def _move_strips(thing: bpy.types.ID, when: Retiming) -> None:
    for track in thing.animation_data.nla_tracks:
        for strip in track.strips:
            start, end = when.at(strip.frame_start), when.at(strip.frame_end)
            strip.scale *= (end - start) / (strip.frame_end - strip.frame_start)
            strip.frame_start, strip.frame_end = start, end


def _move_sounds(scene: bpy.types.Scene, when: Retiming) -> None:
    """Let strips of the sequencer begin with what they accompany; their own pace is the user's."""
    editor = scene.sequence_editor
    for strip in editor.strips_all if editor is not None and hasattr(editor, "strips_all") else ():
        strip.frame_start += round(when.at(strip.frame_final_start)) - strip.frame_final_start
