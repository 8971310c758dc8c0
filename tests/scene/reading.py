"""Read a scene back as numpy arrays and plain values."""

from __future__ import annotations

import bpy
import numpy as np

FIELDS = ("raw", "value", "row", "column", "order", "state")


def points(mesh: bpy.types.Mesh) -> np.ndarray:
    """Vertex positions, `[n, 3]`."""
    out = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", out)
    return out.reshape(-1, 3)


def attribute(mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    """A float attribute of all points."""
    out = np.empty(len(mesh.vertices), np.float32)
    mesh.attributes[name].data.foreach_get("value", out)
    return out


def label(scene: bpy.types.Scene) -> None:
    """Show the names of the whole model: Blender does not place what no view shows."""
    for collection in scene.collection.children_recursive:
        if collection.name.partition(".")[0].endswith("Labels"):
            collection.hide_viewport = False


def matrices(scene: bpy.types.Scene) -> dict[str, bpy.types.Object]:
    """The objects of cells, under the names of their blocks."""
    return {thing.name: thing for thing in scene.objects if thing.modifiers.get("Cells")}


def curves(thing: bpy.types.ID) -> dict[tuple[str, int], list[tuple[float, float, str]]]:
    """All keyframes of a data-block: (frame, value, interpolation)."""
    found: dict[tuple[str, int], list[tuple[float, float, str]]] = {}
    data = thing.animation_data
    if data is None or data.action is None:
        return found
    bag = data.action.layers[0].strips[0].channelbag(data.action_slot)
    for curve in bag.fcurves:
        found[curve.data_path, curve.array_index] = [(*k.co, k.interpolation) for k in curve.keyframe_points]
    return found


def fingerprint(scene: bpy.types.Scene) -> dict[str, object]:
    """Everything that makes up a scene's content, comparable with ==."""
    found: dict[str, object] = {
        "markers": [(marker.name, marker.frame) for marker in scene.timeline_markers],
        "range": (scene.frame_start, scene.frame_end, scene.render.fps),
        "camera keys": curves(scene.camera.data),
    }
    for thing in scene.objects:
        place = tuple(tuple(row) for row in thing.matrix_world)
        users = tuple(collection.name for collection in thing.users_collection)
        found[thing.name] = (thing.type, place, users, sorted(map(str, thing.items())), curves(thing))
        if thing.type == "MESH":
            found[f"{thing.name} points"] = points(thing.data).tobytes()
        if thing.modifiers.get("Cells"):
            found[f"{thing.name} cells"] = [attribute(thing.data, name).tobytes() for name in FIELDS]
    return found
