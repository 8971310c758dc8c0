"""What was changed by hand in a scene of ours since it was made: another Generate would lose it.

What the panel itself changes at once, such as the look, is no edit: the next scene is made with it, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator

import bpy
import numpy as np

from ..scene.cells import DEFAULTS
from ..scene.compat import modifier_value
from ..scene.marks import part_of
from ..scene.nodes import inputs
from ..scene.retime import curves, slots
from . import appearance
from .ownership import marked, tag_of

MADE = "llm_scene_made"  # custom property of a scene: hashes of what it is made of, by English titles
PLACED = ("location", "rotation_euler", "scale", "hide_render")  # of an object, unless animated
TITLES = ("Texts", "Timing", "Objects", "Materials", "Light", "Hidden Parts")
Things = list[bpy.types.Object]
Said = Iterator[object]


def remember(scene: bpy.types.Scene) -> None:
    """Note how a scene is, as it was made."""
    scene[MADE] = json.dumps(_state(scene))


def edits(scene: bpy.types.Scene) -> list[str]:
    """What differs by now from how a scene was made, by English titles."""
    made = _made(scene)
    now = _state(scene) if made else {}
    return [title for title in now if now[title] != made.get(title)]


@contextlib.contextmanager
def not_by_hand(scene: bpy.types.Scene) -> Iterator[None]:
    """What the block changes is no edit; what was edited before stays one."""
    made = _made(scene)
    before = _state(scene) if made else {}
    yield
    if made:
        now = _state(scene)
        scene[MADE] = json.dumps({t: now[t] if made.get(t) == before[t] else made.get(t) for t in now})


def _made(scene: bpy.types.Scene) -> dict[str, str]:
    found: dict[str, str] = json.loads(scene.get(MADE, "{}"))
    return found


def _state(scene: bpy.types.Scene) -> dict[str, str]:
    ours = sorted((thing for thing in scene.collection.all_objects if part_of(thing)), key=part_of)
    said = (
        _texts(ours),
        _timing(scene),
        _objects(scene, ours),
        _materials(scene),
        _light(scene),
        _hidden(scene),
    )
    return {title: _hash(parts) for title, parts in zip(TITLES, said, strict=True)}


def _hash(said: Said) -> str:
    digest = hashlib.sha256()
    for part in said:
        digest.update(part if isinstance(part, bytes) else f"{part!r};".encode())
    return digest.hexdigest()[:16]


def _texts(ours: Things) -> Said:
    for thing in ours:
        if isinstance(thing.data, bpy.types.TextCurve):
            yield part_of(thing), thing.data.body, thing.data.size


def _timing(scene: bpy.types.Scene) -> Said:
    """Chapters and keys."""
    yield sorted((marker.frame, marker.name) for marker in scene.timeline_markers)
    yield scene.frame_start, scene.frame_end
    for curve in curves(scene):
        keys = curve.keyframe_points
        places, kinds = np.empty(2 * len(keys), np.float32), np.empty(len(keys), np.int32)
        keys.foreach_get("co", places)
        keys.foreach_get("interpolation", kinds)
        yield curve.data_path, curve.array_index, curve.mute
        yield places.tobytes() + kinds.tobytes()


def _objects(scene: bpy.types.Scene, ours: Things) -> Said:
    """Which there are, where they stand, and what they are drawn with."""
    moved = {slot: {curve.data_path for curve in found} for slot, found in slots(scene).items()}
    for thing in ours:
        data = thing.animation_data
        animated = moved.get((data.action, data.action_slot_handle), ()) if data is not None else ()
        yield (
            part_of(thing),
            [_plain(getattr(thing, name)) for name in PLACED if name not in animated],
            [(modifier.name, modifier.type, modifier.show_render) for modifier in thing.modifiers],
            [slot.material.name if slot.material is not None else "" for slot in thing.material_slots],
        )
    for matrix in appearance.matrices(scene):
        yield _measures(scene, matrix)


def _measures(scene: bpy.types.Scene, matrix: bpy.types.Object) -> list[float]:
    """How far the measures of a matrix's cells are from the panel's."""
    group, panel = appearance.group_of(matrix), scene.llm_scene_settings
    if group is None:
        own = dict(zip(DEFAULTS, matrix["cell"], strict=True))
    else:
        ways = inputs(group)
        own = {
            name: modifier_value(matrix.modifiers["Cells"], ways[name]) for name in DEFAULTS if name in ways
        }
    return [round(value - getattr(panel, name.lower()), 4) for name, value in own.items()]


def _materials(scene: bpy.types.Scene) -> Said:
    """How materials and the groups in them are wired and set."""
    for thing in sorted(marked(tag_of(scene) or ""), key=lambda thing: (type(thing).__name__, thing.name)):
        if isinstance(thing, bpy.types.NodeTree):
            yield from _tree(thing)
        elif isinstance(thing, bpy.types.Material) and thing.node_tree is not None:
            yield from _tree(thing.node_tree)


def _tree(tree: bpy.types.NodeTree) -> Said:
    for node in tree.nodes:
        yield node.bl_idname, node.mute, getattr(node, "operation", ""), getattr(node, "blend_type", "")
        yield [_plain(socket.default_value) for socket in node.inputs if hasattr(socket, "default_value")]
        if hasattr(node, "color_ramp"):
            yield [(stop.position, tuple(stop.color)) for stop in node.color_ramp.elements]
    yield sorted((link.from_socket.path_from_id(), link.to_socket.path_from_id()) for link in tree.links)


def _light(scene: bpy.types.Scene) -> Said:
    view = scene.view_settings
    yield view.view_transform, view.look, view.exposure, view.gamma
    for lamp in (thing for thing in marked(tag_of(scene) or "") if isinstance(thing, bpy.types.Light)):
        yield lamp.type, lamp.energy, tuple(lamp.color)
    if scene.world is not None and scene.world.node_tree is not None:
        yield from _tree(scene.world.node_tree)


def _hidden(scene: bpy.types.Scene) -> Said:
    for part in appearance.shown_parts(scene):
        yield part, appearance.shows(scene, part)


def _plain(value: object) -> object:
    """A value as it can be written down: one of ours by its name."""
    if isinstance(value, bpy.types.ID):
        return value.name
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value  # type: ignore[arg-type]
