"""A hash of everything a scene's pictures depend on, the same in every session of the same Blender."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import bpy
import numpy as np

# What changes without changing a picture, follows from something else that is read, or leads in circles.
SKIPPED = {
    "rna_type", "original", "users", "session_uid", "is_evaluated", "library_weak_reference", "preview",
    "matrix_world", "matrix_local", "matrix_basis", "filepath", "frame_start", "frame_end", "frame_current",
    "frame_preview_start", "frame_preview_end", "frame_float", "threads", "threads_mode", "image_settings",
    "ffmpeg", "cursor", "tool_settings", "depsgraph", "unit_settings", "sequence_editor",
    "display", "select", "show_expanded", "edit_text", "body_format", "dimensions", "users_collection",
    "use_overwrite", "use_placeholder", "use_file_extension", "use_stamp", "objects", "all_objects",
    "children_recursive", "children", "internal_links", "interface", "select_control_point",
    "select_left_handle", "select_right_handle", "location_absolute", "dimensions_absolute", "tag",
    "action_suitable_slots", "pixels", "hide_viewport", "hide_select", "display_type", "sync_mode",
    "active", "active_layer_collection", "active_material", "active_material_index", "active_object",
    "active_shape_key", "active_shape_key_index", "active_index", "active_view_layer_index",
    "use_preview_range", "use_lock_interface", "keying_sets", "use_fake_user", "asset_data",
}  # fmt: skip
LAID_OUT = {
    "location",
    "location_absolute",
    "width",
    "height",
    "label",
    "hide",
    "color",
    "use_custom_color",
    "parent",
}
OURS = "llm_scene"  # how properties of ours begin that say what things are, and nothing of how they look
FRAME = 0  # at which animated values are read
GONE = object()
Identity = tuple[type, int]  # of a structure: a modifier's inputs lie where the modifier does
# Attributes by the name of their values, their numpy type and how many there are an element.
VALUES = {
    "FLOAT": ("value", np.float32, 1),
    "INT": ("value", np.int32, 1),
    "BOOLEAN": ("value", bool, 1),
    "INT8": ("value", np.int8, 1),
    "INT16_2D": ("value", np.int16, 2),
    "INT32_2D": ("value", np.int32, 2),
    "FLOAT2": ("vector", np.float32, 2),
    "FLOAT_VECTOR": ("vector", np.float32, 3),
    "FLOAT_COLOR": ("color", np.float32, 4),
    "BYTE_COLOR": ("color", np.float32, 4),
    "QUATERNION": ("value", np.float32, 4),
}


def fingerprint(scene: bpy.types.Scene) -> str:
    """A hash over a scene, its settings and all data that it uses, whichever frames are to be rendered."""
    lines = (f"{name} {digest}" for name, digest in digests(scene).items())
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def digests(scene: bpy.types.Scene) -> dict[str, str]:
    """A hash of each data-block that a scene's pictures depend on, by its kind and name."""
    window, frame = bpy.context.window, scene.frame_current
    shown, window.scene = window.scene, scene  # animation is evaluated only there
    try:
        scene.frame_set(FRAME)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of properties that Blender will drop
            return _Reader().read(scene)
    finally:
        scene.frame_set(frame)
        window.scene = shown


class _Reader:
    """Walks from data block to data block; each is described once."""

    def __init__(self) -> None:
        self._found: dict[bpy.types.ID, str] = {}
        self._todo: list[bpy.types.ID] = []

    def read(self, first: bpy.types.Scene) -> dict[str, str]:
        self._refer(first)
        found = {}
        while self._todo:
            block = self._todo.pop()
            digest = hashlib.sha256()
            for part in self._block(block):
                digest.update(part if isinstance(part, bytes) else part.encode())
            found[self._found[block]] = digest.hexdigest()
        return found

    def _refer(self, block: bpy.types.ID) -> str:
        if block not in self._found:
            self._found[block] = "Scene" if isinstance(block, bpy.types.Scene) else _name(block)
            self._todo.append(block)
        return self._found[block]

    def _block(self, block: bpy.types.ID) -> Iterator[str | bytes]:
        if isinstance(block, bpy.types.Mesh):
            yield from _geometry(block)
            yield from (self._refer(material) for material in block.materials if material)
            yield from self._custom(block)
        elif isinstance(block, bpy.types.VectorFont):
            yield block.packed_file.data if block.packed_file else block.filepath
        elif isinstance(block, bpy.types.Image) and block.source != "VIEWER":
            yield from self._struct(block, ())
            yield _picture(block)
        else:
            yield from self._struct(block, ())
        if isinstance(block, (bpy.types.Scene, bpy.types.Collection)):
            yield from self._members(block)

    def _members(self, owner: bpy.types.Scene | bpy.types.Collection) -> Iterator[str]:
        collection = owner.collection if isinstance(owner, bpy.types.Scene) else owner
        for name in ("objects", "children"):
            yield from sorted(self._refer(thing) for thing in getattr(collection, name))

    def _struct(self, thing: Any, above: tuple[Identity, ...]) -> Iterator[str | bytes]:
        """Every property that can be set, and what is in structures below."""
        if isinstance(thing, bpy.types.FCurve):
            yield from _curve(thing)
            return
        if isinstance(thing, bpy.types.NodeLink):
            yield f"{thing.from_node.name} {thing.from_socket.identifier}"
            yield f"{thing.to_node.name} {thing.to_socket.identifier}"
            return
        yield type(thing).__name__
        above = (*above, _identity(thing))
        for name, kind in _properties(type(thing)):  # type: ignore[arg-type]  # typeshed's: python/mypy#12352
            value: Any = getattr(thing, name, GONE)
            if value is GONE:  # an add-on had defined it and was switched off
                continue
            if kind == "POINTER":
                yield from self._pointer(name, value, above)
            elif kind == "COLLECTION":
                for item in value:
                    if not isinstance(item, bpy.types.TimelineMarker) or item.camera is not None:
                        yield from self._pointer(name, item, above)
            else:
                yield f"{name}={_plain(value)};"
        yield from self._custom(thing)

    def _pointer(self, name: str, thing: Any, above: tuple[Identity, ...]) -> Iterator[str | bytes]:
        if isinstance(thing, bpy.types.ID) and not thing.is_embedded_data:
            yield f"{name}->{self._refer(thing)};"
        elif thing is not None and _identity(thing) not in above:
            yield name
            yield from self._struct(thing, above)

    def _custom(self, thing: Any) -> Iterator[str | bytes]:
        """Custom properties, among them the inputs of modifiers."""
        try:
            items = sorted(thing.items())
        except TypeError:
            return
        for name, value in items:
            if name.startswith(OURS):
                continue
            if isinstance(value, bpy.types.ID):
                yield f"[{name}]->{self._refer(value)};"
            else:
                yield f"[{name}]={_plain(value)};"


def _identity(thing: Any) -> Identity:
    return type(thing), thing.as_pointer()


def _name(block: bpy.types.ID) -> str:
    owner = block.id_data if block.is_embedded_data else None
    of = "" if owner is None else f" of {'the scene' if isinstance(owner, bpy.types.Scene) else owner.name}"
    return f"{type(block).__name__} {block.name}{of}"


@cache
def _properties(kind: Any) -> list[tuple[str, str]]:
    """(name, type) of all that is worth reading of a structure."""
    return [
        (rna.identifier, rna.type)
        for rna in kind.bl_rna.properties
        if rna.identifier not in SKIPPED
        and not rna.identifier.startswith(("is_", "show_", "bl_", "audio_", "use_audio", OURS))
        and not (issubclass(kind, bpy.types.Node) and rna.identifier in LAID_OUT)
        and not (issubclass(kind, bpy.types.Scene) and rna.identifier in ("name", "name_full"))
        and (rna.type in ("POINTER", "COLLECTION") or not rna.is_readonly)
    ]


def _plain(value: Any) -> str:
    """A value as text that is the same wherever the value is."""
    if isinstance(value, set):
        return repr(sorted(value))
    if isinstance(value, (bool, int, float, str)) or value is None:
        return repr(value)
    if hasattr(value, "to_dict"):
        return repr(sorted((key, _plain(each)) for key, each in value.to_dict().items()))
    return repr([_plain(each) for each in value]) if isinstance(value, Iterable) else type(value).__name__


def _curve(curve: bpy.types.FCurve) -> Iterator[str | bytes]:
    keys = curve.keyframe_points
    yield f"{curve.data_path}[{curve.array_index}] {curve.mute} {curve.extrapolation}"
    for name, kind, width in (
        ("co", np.float32, 2),
        ("handle_left", np.float32, 2),
        ("handle_right", np.float32, 2),
        ("interpolation", np.int32, 1),
        ("easing", np.int32, 1),
    ):
        yield _array(keys.foreach_get, len(keys), name, kind, width)


def _picture(image: bpy.types.Image) -> bytes:
    """What an image shows: its file where the .blend holds that, which is far smaller than its pixels."""
    if image.packed_file:
        return bytes(image.packed_file.data)
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.tobytes()


def _geometry(mesh: bpy.types.Mesh) -> Iterator[str | bytes]:
    yield f"{len(mesh.vertices)} {len(mesh.edges)} {len(mesh.polygons)}"
    yield _array(mesh.polygons.foreach_get, len(mesh.polygons), "loop_start", np.int32, 1)
    for attribute in mesh.attributes:
        if attribute.data_type in VALUES and not attribute.name.startswith(".select"):
            yield f"{attribute.name} {attribute.domain}"
            yield _array(attribute.data.foreach_get, len(attribute.data), *VALUES[attribute.data_type])


def _array(get: Callable[[str, Any], None], count: int, name: str, kind: type, width: int) -> bytes:
    values: np.ndarray[Any, Any] = np.empty(count * width, kind)
    get(name, values)
    return values.tobytes()
