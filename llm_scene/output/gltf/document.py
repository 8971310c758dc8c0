"""A glTF 2.0 file in the making: its JSON, its buffer, and how both become a .glb."""

from __future__ import annotations

import itertools
import json
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...network.ops import Array, Numbers

Json = dict[str, Any]

COMPONENTS = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}
SHAPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
VERTICES, INDICES = 34962, 34963
ALIGNED = 4  # bytes
UNSCALED = [1, 1, 1]
FULL = 32767  # the largest of 16-bit numbers
UNITS = (0.004, 0.008, 0.032)  # of cells, that such numbers may count
LONG = 60  # places: to describe a list takes more room than fewer leave empty
FEW = 3 / 4  # of all vertices: so many are worth a list of which
QUANTIZATION = "KHR_mesh_quantization"
DIGITS = {"translation": 3, "scale": 6}  # that can be seen: sizes are also those of units
SHARES = {"rotation": np.int16, "weights": np.uint16}  # what is at most 1, as shares of these
PASSING = "Comes and goes"  # the node of what is gone in the end
NEAREST, LINEAR, LINEAR_MIPMAP_LINEAR = 9728, 9729, 9987
STRAY = 1e-3  # of a cell or of a size: how far a key less may take a node from its way
REPEAT, CLAMP = 10497, 33071
UNNAMED = re.compile(r"[\[\].:/]")  # what three.js leaves out of a name


@dataclass(frozen=True)
class Track:
    """What an animation says of a node: keys of "translation", "rotation", "scale" or "weights"."""

    node: int
    path: str
    times: Array  # [n]
    values: Array  # [n, size]
    step: bool  # held from key to key
    stray: float  # how far values may be away for want of a key


@dataclass(frozen=True)
class Part:
    """Triangles `[n, 3]` or their corners in a row, over vertex attributes `[n, size]`.

    `targets` are displacements of all vertices, to be mixed in by weights.
    """

    material: int
    indices: Numbers
    attributes: dict[str, Any]
    targets: Sequence[Array] = ()

    def counted(self, unit: float) -> Part:
        """The same with places as whole numbers of a unit."""
        place, *targets = (
            np.round(places / unit).astype(np.int16)
            for places in (self.attributes["POSITION"], *self.targets)
        )
        return replace(self, attributes={**self.attributes, "POSITION": place}, targets=targets)


class Document:
    """Collects what a file holds; equal arrays are stored once.

    Where places may be `counted`, those of what is drawn and of what moves are 16-bit numbers of units.
    """

    def __init__(self, generator: str, *, counted: bool = False) -> None:
        self.counted = counted
        self.asset = {"version": "2.0", "generator": generator}
        self.scene: Json = {"nodes": []}
        self.parts: dict[str, list[Json]] = {}
        self.extensions: set[str] = set()
        self.required: set[str] = set()  # of these, without which nothing can be seen
        self.shared: Json = {}  # extensions of the whole file
        self._views: list[bytearray] = []
        self._shared_views: dict[tuple[int | None, int], int] = {}
        self._arrays: dict[int, list[tuple[Json, bytes]]] = {}  # accessors and what they say, by view
        self._stored: dict[tuple[object, ...], int] = {}
        self._shown: dict[str, int] = {}  # meshes
        self._units: dict[int, float] = {}  # of meshes whose places are counted
        self._tinted: dict[tuple[int, tuple[int, ...]], int] = {}
        self._named: set[str] = set()

    # --- what a scene is made of ---

    def add(self, part: str, entry: Json) -> int:
        """Append to one of the file's lists; returns the place."""
        entries = self.parts.setdefault(part, [])
        entries.append(entry)
        return len(entries) - 1

    def node(self, name: str, parent: int | None = None, **fields: object) -> int:
        """A node under `parent`, or at the top; a name that another has, or nearly, is numbered."""
        name = self._own(name)
        if (unit := self.unit_of(fields.get("mesh"))) != 1:
            fields["scale"] = unit * np.asarray(fields.get("scale", UNSCALED))
        places = {key: rounded(key, value) for key, value in fields.items() if key in DIGITS}
        node = self.add("nodes", {"name": name, **fields, **places})
        above = self.scene if parent is None else self.parts["nodes"][parent]
        above.setdefault("nodes" if parent is None else "children", []).append(node)
        return node

    def move(self, node: int, parent: int) -> None:
        """Put a node that stands at the top under another."""
        self.scene["nodes"].remove(node)
        self.parts["nodes"][parent].setdefault("children", []).append(node)

    def _own(self, name: str) -> str:
        """A name that stays one of a kind in three.js, which finds what moves by name, without some signs."""
        names = itertools.chain([name], (f"{name} ({number})" for number in itertools.count(2)))
        plain, own = next(
            (p, n) for n in names if (p := UNNAMED.sub("", n.replace(" ", "_"))) not in self._named
        )
        self._named.add(plain)
        return own

    def primitive(self, material: int, indices: Numbers, **attributes: Any) -> Json:
        """Triangles `[n, 3]` or their corners in a row, over vertex attributes `[n, size]`."""
        return self.pooled([Part(material, indices, attributes)])[0]

    def unit(self, *reaches: float) -> float:
        """What places as far away are counted in: the finest unit that can, or 1 where none can."""
        fine = (unit for unit in UNITS if max(reaches, default=0.0) <= FULL * unit)
        return next(fine, 1.0) if self.counted else 1.0

    def unit_of(self, mesh: object) -> float:
        """By how much a node that shows a mesh makes it larger."""
        return self._units.get(mesh, 1.0) if isinstance(mesh, int) else 1.0

    def pooled(self, parts: Sequence[Part], unit: float = 1.0) -> list[Json]:
        """Primitives that share the arrays of their vertices, of which each shows some: to describe an array
        takes more room than a few vertices do. All have the same attributes, and as many targets.

        Their places are counted in a unit, which their mesh has to know, unless it is 1.
        """
        if unit != 1:
            self.extensions.add(QUANTIZATION)
            self.required.add(QUANTIZATION)
            parts = [part.counted(unit) for part in parts]
        counts = [len(part.attributes["POSITION"]) for part in parts]
        kind = np.uint16 if sum(counts) < 65536 else np.uint32
        whole = {n: np.concatenate([part.attributes[n] for part in parts]) for n in parts[0].attributes}
        shared: Json = {"attributes": {
            name: self._listed_places(array) if name == "POSITION" and parts[0].targets
            else self._vertices(name, array) for name, array in whole.items()
        }}  # fmt: skip
        if parts[0].targets:
            moved = [np.concatenate(arrays) for arrays in zip(*(part.targets for part in parts), strict=True)]
            shared["targets"] = [{"POSITION": self._listed_places(array)} for array in moved]
        starts = np.cumsum([0, *counts[:-1]])
        corners = [
            (part.indices + start).astype(kind).ravel() for part, start in zip(parts, starts, strict=True)
        ]
        return [
            {**shared, "indices": self.accessor(own, INDICES), "material": part.material}
            for part, own in zip(parts, corners, strict=True)
        ]

    def mesh(self, *primitives: Json, unit: float = 1.0) -> int:
        """A mesh of primitives, for all nodes that show them; a node has its name, and the size of its unit.

        What has targets is a node's own: Blender keeps their weights with the mesh.
        """
        own = any("targets" in primitive for primitive in primitives)
        key = repr((primitives, unit))
        if own or key not in self._shown:
            self._shown[key] = self.add("meshes", {"primitives": list(primitives)})
            self._units[self._shown[key]] = unit
        return self._shown[key]

    def material(self, name: str, **fields: object) -> int:
        """A material. Colours are shown as they are: no viewer's light changes what they say."""
        self.extensions.add("KHR_materials_unlit")
        surface = {"metallicFactor": 0, "roughnessFactor": 1, **fields.pop("surface", {})}  # type: ignore[dict-item]
        unlit: Json = {"KHR_materials_unlit": {}}
        return self.add(
            "materials", {"name": name, "pbrMetallicRoughness": surface, "extensions": unlit, **fields}
        )

    def tinted(self, material: int, colour: Sequence[int]) -> int:
        """A material like another, in a colour: bytes of linear light `[4]`, as vertices have them."""
        key = material, tuple(colour)
        if key not in self._tinted:
            like = self.parts["materials"][material]
            surface = like["pbrMetallicRoughness"]
            factor = [_plain(round(part / 255, 4)) for part in colour]
            own = {**like, "pbrMetallicRoughness": {**surface, "baseColorFactor": factor}}
            self._tinted[key] = self.add("materials", own)
        return self._tinted[key]

    def texture(self, name: str, png: bytes, magnified: int, repeated: bool = False) -> Json:
        """A reference to a picture, nearest or smooth where magnified, trilinear where minified."""
        wrap = REPEAT if repeated else CLAMP
        filters = {"magFilter": magnified, "minFilter": LINEAR_MIPMAP_LINEAR, "wrapS": wrap, "wrapT": wrap}
        image = {"name": name, "mimeType": "image/png", "bufferView": self._view(bytearray(png))}
        texture = {"sampler": self.add("samplers", filters), "source": self.add("images", image)}
        return {"index": self.add("textures", texture)}

    # --- arrays ---

    def accessor(
        self, array: Numbers, target: int | None = None, *, bounds: bool = False, shares: bool = False
    ) -> int:
        """Store an array `[n]` or `[n, size]`.

        Integers of vertices that have no sign, and others if asked for, count as shares of their range.
        """
        array = np.ascontiguousarray(array)
        normalized = shares or (target == VERTICES and array.dtype.kind == "u")
        key = (array.dtype.str, array.shape, target, normalized, array.tobytes())
        if key in self._stored:
            return self._stored[key]
        size = 1 if array.ndim == 1 else array.shape[1]
        data = _aligned(array) if target == VERTICES else array
        view = self._shared_view(target, array.itemsize * data.size // max(len(array), 1))
        entry: Json = {
            "bufferView": view,
            "componentType": COMPONENTS[array.dtype.name],
            "count": len(array),
            "type": SHAPES[size],
        }
        self._arrays.setdefault(view, []).append((entry, data.tobytes()))
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= _bounds(array.reshape(len(array), size))
        self._stored[key] = self.add("accessors", entry)
        return self._stored[key]

    def _listed_places(self, array: Numbers) -> int:
        """Store places or displacements `[n, 3]` of what has targets: where they are counted, those that are
        not 0 one after the other, for among vertices a quarter of the room would be left empty; the list of
        which is shared where it is all of them."""
        if array.dtype != np.int16 or len(array) < LONG:
            return self._vertices("POSITION", array)
        which = np.flatnonzero(array.any(axis=1))
        if not 0 < len(which) < FEW * len(array):
            which = np.arange(len(array))
        key = ("listed", array.shape, array.tobytes())
        if key not in self._stored:
            which = which.astype(np.uint16 if len(array) < 65536 else np.uint32)
            sparse = {
                "count": len(which),
                "indices": self._listed(which, componentType=COMPONENTS[which.dtype.name]),
                "values": self._listed(array[which]),
            }
            told = {"componentType": COMPONENTS[array.dtype.name], "count": len(array), "type": "VEC3"}
            self._stored[key] = self.add("accessors", {**told, **_bounds(array), "sparse": sparse})
        return self._stored[key]

    def _listed(self, array: Numbers, **told: int) -> Json:
        """Store an array of which hardly more than the place is told."""
        view = self._shared_view(None, array.nbytes // len(array))
        entry: Json = {"bufferView": view, **told}
        self._arrays.setdefault(view, []).append((entry, array.tobytes()))
        return entry

    def _vertices(self, name: str, array: Numbers) -> int:
        return self.accessor(array, VERTICES, bounds=name == "POSITION")

    def _shared_view(self, target: int | None, stride: int) -> int:
        """The view of all arrays of the same kind and stride."""
        key = (target, stride)
        if key not in self._shared_views:
            layout: Json = {} if target is None else {"target": target}
            if target == VERTICES:
                layout["byteStride"] = stride
            self._shared_views[key] = self._view(bytearray(), **layout)
        return self._shared_views[key]

    def _view(self, data: bytearray, **layout: int) -> int:
        self._views.append(data)
        return self.add("bufferViews", {"buffer": 0, **layout})

    # --- the file ---

    def resize(self, scale: float) -> None:
        """Put everything into one node that makes it larger or smaller."""
        all_of_it = {"name": "Scale", "scale": [scale] * 3, "children": self.scene["nodes"]}
        self.scene["nodes"] = [self.add("nodes", all_of_it)]

    def glb(self) -> bytes:
        """The file's bytes; the same content gives the same bytes."""
        self._pack()
        buffer = bytearray()
        for view, data in zip(self.parts.get("bufferViews", []), self._views, strict=True):
            view |= {"byteOffset": len(buffer), "byteLength": len(data)}
            buffer += data + bytes(-len(data) % 4)
        whole: Json = {"asset": self.asset, "scene": 0, "scenes": [self.scene], **self.parts}
        whole["buffers"] = [{"byteLength": len(buffer)}]
        if self.extensions:
            whole["extensionsUsed"] = sorted(self.extensions)
        if self.required:
            whole["extensionsRequired"] = sorted(self.required)
        if self.shared:
            whole["extensions"] = self.shared
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        length = 12 + 8 + len(text) + 8 + len(buffer)
        head = struct.pack("<4sII", b"glTF", 2, length)
        return head + _chunk(b"JSON", text) + _chunk(b"BIN\0", bytes(buffer))

    def _pack(self) -> None:
        """Put all arrays into their views, the longest first, for shorter ones may be parts of them."""
        for view, arrays in self._arrays.items():
            stored = self._views[view]
            for entry, data in sorted(arrays, key=lambda array: -len(array[1])):
                offset = _placed(data, stored)
                if offset:
                    entry["byteOffset"] = offset


class Clip:
    """One animation: tracks of nodes over times in seconds."""

    def __init__(self, document: Document, name: str, extras: Json) -> None:
        self.document = document
        self.json: Json = {"name": name, "channels": [], "samplers": []} | (
            {"extras": extras} if extras else {}
        )
        self.tracks: list[Track] = []
        self._passing: int | None = None
        self._samplers: dict[tuple[tuple[int, int], bool], int] = {}

    def track(
        self,
        node: int,
        path: str,
        times: Sequence[float] | Array,
        values: Array,
        *,
        step: bool = False,
        stray: float = STRAY,
    ) -> None:
        """Key a node's "translation", "rotation", "scale" or "weights" `[times, n]` at rising times."""
        rising, found = np.array(times, np.float32), np.asarray(values, np.float32)
        self.tracks.append(Track(node, path, rising, found, step, stray))

    def settle(self, node: int) -> None:
        """Let a node stand as its tracks leave it: for viewers that play nothing, all has happened."""
        ends = {track.path: rounded(track.path, track.values[-1]) for track in self.tracks
                if track.node == node and track.path in DIGITS}  # fmt: skip
        stands = self.document.parts["nodes"][node]
        stands |= ends
        if not any(stands.get("scale", UNSCALED)):
            self.document.move(node, self._passing_node())
            for path in ends:
                del stands[path]
        elif stands.get("scale") == UNSCALED:
            del stands["scale"]

    def _passing_node(self) -> int:
        """The node of all that is gone in the end, which has a size only where the animation is played."""
        if self._passing is None:
            self._passing = self.document.node(PASSING, scale=[0, 0, 0])
            self.track(self._passing, "scale", [0.0], np.ones((1, 3)), step=True)
        return self._passing

    def part(self, name: str, start: float, end: float, extras: Json) -> Clip:
        """What happens from one time to another, as a clip of its own that begins at 0."""
        clip = Clip(self.document, name, extras)
        for track in self.tracks:
            inside = (track.times > start) & (track.times < end)
            bounds = np.stack([_value(track, time) for time in (start, end)])
            kept = np.concatenate([bounds[:1], track.values[inside], bounds[1:]])
            if track.path == "rotation":
                kept /= np.linalg.norm(kept, axis=1, keepdims=True)
            moments = (np.concatenate([[start], track.times[inside], [end]]) - start).astype(np.float32)
            if np.all(kept == kept[0]):
                moments, kept = moments[:1], kept[:1]
            clip.tracks.append(replace(track, times=moments, values=kept))
        return clip

    def close(self) -> None:
        """Put the animation into the file, without keys that nothing would be seen of."""
        together: dict[bytes, list[Track]] = {}
        for track in self.tracks:
            together.setdefault(track.times.tobytes(), []).append(track)
        kept = {times: _needed(tracks) for times, tracks in together.items()}
        for track in self.tracks:
            self._write(track, kept[track.times.tobytes()])
        self.document.add("animations", self.json)

    def _write(self, track: Track, kept: Numbers) -> None:
        store, found = self.document.accessor, track.values[kept]
        if track.path in SHARES:
            found = np.round(found * np.iinfo(SHARES[track.path]).max).astype(SHARES[track.path])
        keys = (
            store(track.times[kept], bounds=True),
            store(found.ravel() if track.path == "weights" else found, shares=track.path in SHARES),
        )
        if (keys, track.step) not in self._samplers:
            self._samplers[keys, track.step] = len(self._samplers)
            held = {"interpolation": "STEP"} if track.step else {}  # linear where nothing is said
            self.json["samplers"].append({"input": keys[0], "output": keys[1], **held})
        target = {"node": track.node, "path": track.path}
        self.json["channels"].append({"sampler": self._samplers[keys, track.step], "target": target})


def straightened(times: Array, values: Array, allowed: Array | float) -> Numbers:
    """The keys `[times, n]` from which straight interpolation strays no further than allowed
    (Douglas-Peucker)."""
    keep, open_ends = {0, len(times) - 1}, [(0, len(times) - 1)]
    room = np.broadcast_to(allowed, values.shape)
    while open_ends:
        first, last = open_ends.pop()
        if last - first < 2:
            continue
        inner = slice(first + 1, last)
        share = ((times[inner] - times[first]) / (times[last] - times[first]))[:, None]
        way = values[first] + share * (values[last] - values[first])
        errors = (np.abs(values[inner] - way) / room[inner]).max(axis=1)
        if errors.max() > 1:
            worst = first + 1 + int(errors.argmax())
            keep.add(worst)
            open_ends += [(first, worst), (worst, last)]
    return np.array(sorted(keep))


def _needed(tracks: Sequence[Track]) -> Numbers:
    """Of keys that tracks have at the same times, those that any of them needs."""
    times = tracks[0].times
    if any(track.path == "rotation" for track in tracks):  # a camera's are few already
        return np.arange(len(times))
    kept = [np.zeros(1, int)]
    kept += [1 + np.flatnonzero((np.diff(t.values, axis=0) != 0).any(axis=1)) for t in tracks if t.step]
    if going := [track.values / track.stray for track in tracks if not track.step]:
        kept.append(straightened(times.astype(float), np.column_stack(going).astype(float), 1.0))
    return np.unique(np.concatenate(kept))


def _value(track: Track, time: float) -> Array:
    """What a track has come to at a time."""
    if track.step:
        return track.values[max(int(np.searchsorted(track.times, time, "right")) - 1, 0)]
    return np.array([np.interp(time, track.times, row) for row in track.values.T], np.float32)


def rounded(path: str, values: object) -> list[float]:
    """A "translation" or a "scale" with as many digits as can be seen."""
    return [_plain(round(float(number), DIGITS[path])) for number in np.asarray(values)]


def _aligned(array: Numbers) -> Numbers:
    """With as many columns `[n, size]` as make a row a multiple of four bytes."""
    rows = array.reshape(len(array), -1)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % (ALIGNED // min(ALIGNED, array.itemsize)))))


def _bounds(array: Numbers) -> Json:
    """The least and the largest of each column `[n, size]`."""
    return {"min": _short(array.min(axis=0)), "max": _short(array.max(axis=0))}


def _short(numbers: Array) -> list[float]:
    """Numbers with no more digits than they have."""
    return [_plain(float(str(number))) for number in numbers]


def _plain(number: float) -> float:
    """The same without the point of a whole number."""
    return int(number) if number.is_integer() else number


def _placed(data: bytes, stored: bytearray) -> int:
    """Where data is found in what is stored, or now follows behind it, at a multiple of four bytes."""
    at = stored.find(data)
    while at > 0 and at % ALIGNED:
        at = stored.find(data, at + 1)
    if at >= 0:
        return at
    stored += bytes(-len(stored) % ALIGNED)
    stored += data
    return len(stored) - len(data)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("<I4s", len(data), kind) + data
