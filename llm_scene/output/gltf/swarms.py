"""Cells that move on their own: a node for each swarm, whose shapes are morph targets."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...film.film import Film
from ...film.keys import rising, straight
from ...film.props import Swarm
from ...look import Look
from ...network.ops import Array, Numbers
from .actors import MOMENT, PIECES, Motion, Track
from .document import STRAY, Clip, Document, Part, rounded
from .shapes import OPEN_BOX, SHADOW, open_boxes, painted, turned

SAME = 2e-3  # cells, within which a size is the same
ALIKE = 1 / 31  # of the largest value, within which colours are the same: a step of what sheets show
NUMBER = re.compile(r" \d+$")  # of swarms that belong together


@dataclass(frozen=True)
class _State:
    """Poses in which the colours are the same."""

    first: int
    last: int
    values: Array  # [n]


def add_swarms(
    document: Document,
    clip: Clip | None,
    swarms: Iterable[tuple[Swarm, Motion]],
    film: Film,
    look: Look,
    paint: int,
) -> None:
    """Nodes for swarms, each in the colours of a pose from half way to it on.

    Between two poses cells go in straight lines. Colours do not change with time in glTF, so what is ever
    seen close is in the colours of that. Of its motion a swarm takes when it is hidden: nothing else moves
    it.
    """
    all_of_them = (_flight(document, clip, swarm, motion, film, look) for swarm, motion in swarms)
    flights = [flight for flight in all_of_them if flight.colours]
    pools: dict[tuple[str, int, int], list[_Flight]] = {}
    for flight in flights:
        alike = NUMBER.sub("", flight.swarm.name), len(flight.shapes), len(flight.colours)
        pools.setdefault(alike, []).append(flight)
    meshes: dict[_Flight, tuple[int, ...]] = {}
    for pool in pools.values():
        meshes.update(zip(pool, _pooled(document, pool, paint), strict=True))
    for flight in flights:
        flight.stand(meshes[flight])


def _flight(
    document: Document, clip: Clip | None, swarm: Swarm, motion: Motion, film: Film, look: Look
) -> _Flight:
    cues = film.tracks.get((swarm.name, "pose"), [])
    times, poses = rising(straight(cues, PIECES) or [(0.0, 0.0)], MOMENT)
    coloured = [  # what is never seen had gone on before a cut
        (_shown(swarm, state, times, poses, motion.hidden), state.values) for state in _states(swarm)
    ]
    seen = [(track, values) for track, values in coloured if any(there for _, there in track)]
    changes: Array = np.unique([time for track, _ in seen for time, _ in track])
    close = (swarm.name, "rose") in film.tracks  # seen close, where the film turns negative values rose
    ramp = (look.close_ramp if close else look.ramp)(swarm.role, swarm.signed)
    colours = [(track, ramp.colours(values)) for track, values in seen]
    return _Flight(document, clip, swarm, times, poses, _apart(changes), colours, *_shapes(swarm))


def _shapes(swarm: Swarm) -> tuple[list[Array], Numbers, Array]:
    """The different shapes `[n, 8, 3]` that all cells have together, which one each pose has, and the places
    `[poses, 3]` that these shapes are around: one only, where they carry the cells.
    """
    corners = np.stack([_corners(swarm, pose) for pose in range(len(swarm.places))])
    way = turned(swarm.places[:, 0])
    around, ahead = _different(corners - way[:, None, None]), _different(corners - way[0])
    if len(around[0]) > 1 and len(ahead[0]) == len(around[0]):
        return *ahead, way[:1]
    return *around, way


def _different(corners: Array) -> tuple[list[Array], Numbers]:
    """The different shapes among those of all poses `[poses, n, 8, 3]`, and which one each pose has."""
    shapes: list[Array] = []
    taken = []
    for shape in np.round(corners, 3):
        same = [i for i, known in enumerate(shapes) if np.abs(known - shape).max() < SAME]
        taken.append(same[0] if same else len(shapes))
        shapes += [] if same else [shape]
    return shapes, np.array(taken)


def _pooled(document: Document, pool: Sequence[_Flight], paint: int) -> Iterator[tuple[int, ...]]:
    """Meshes of flights, one for each colours: they share the arrays of their vertices."""
    reach = math.ceil(max(np.abs(shape).max() for flight in pool for shape in flight.shapes))
    unit = document.unit(reach, *(flight.furthest for flight in pool))
    each = []
    for number in range(len(pool[0].colours)):
        parts = [flight.part(paint, number) for flight in pool]
        if parts[-1].targets:
            parts[-1] = _reaching(parts[-1], reach)
        each.append([document.mesh(primitive, unit=unit) for primitive in document.pooled(parts, unit)])
    return zip(*each, strict=True)


def _reaching(part: Part, reach: float) -> Part:
    """With two corners that nothing shows, as far away as targets take others: Babylon.js leaves out what is
    not in view without its targets."""
    ends = {
        "POSITION": np.array([[-reach] * 3, [reach] * 3], np.float32),
        "COLOR_0": np.zeros((2, 4), np.uint8),
    }
    attributes = {name: np.concatenate([array, ends[name]]) for name, array in part.attributes.items()}
    return replace(
        part, attributes=attributes, targets=[np.pad(way, ((0, 2), (0, 0))) for way in part.targets]
    )


def _states(swarm: Swarm) -> list[_State]:
    states: list[_State] = []
    for pose in range(len(swarm.places)):
        values = swarm.values[min(pose, len(swarm.values) - 1)]
        if states and np.abs(states[-1].values - values).max() < ALIKE:
            states[-1] = replace(states[-1], last=pose)
        else:
            states.append(_State(pose, pose, values))
    return states


def _shown(swarm: Swarm, state: _State, times: Array, poses: Array, hidden: Track) -> Track:
    """From when on a state is seen, 1, or not, 0: the swarm is there, and nearest to the state's poses."""
    last = len(swarm.places) - 1
    low = -1.0 if state.first == 0 else state.first - 0.5
    high = last + 1.0 if state.last == last else state.last + 0.5
    crossed = [_crossings(times, poses, level) for level in (low, high)]
    held = np.array([max(time, 0.0) for time, _ in hidden] or [0.0])
    edges: Array = np.unique(np.concatenate([[0.0], times, *crossed, held]))
    middle = np.append((edges[1:] + edges[:-1]) / 2, edges[-1] + 1)
    pose = np.interp(middle, times, poses)
    there = (pose > low) & (pose < high)
    if hidden:
        values = np.array([value for _, value in hidden])
        there &= values[np.maximum(np.searchsorted(held, middle, "right") - 1, 0)] < 0.5
    changes = np.append(True, there[1:] != there[:-1])
    return tuple(zip(edges[changes].tolist(), there[changes].astype(float).tolist(), strict=True))


def _apart(times: Array) -> Array:
    """Times `[n]` of keys, without those that come too soon after another."""
    return times[np.append(True, np.diff(times) > MOMENT / 4)]


@dataclass(frozen=True, eq=False)
class _Flight:
    """A swarm on its way: `poses` at `times`, straight between; at `changes` something comes or goes.

    Each of its `colours` `[n, 3]` is seen now and then. In each pose it has the shape `taken`, around a place
    on its `way`.
    """

    document: Document
    clip: Clip | None
    swarm: Swarm
    times: Array
    poses: Array
    changes: Array
    colours: list[tuple[Track, Array]]
    shapes: list[Array]
    taken: Numbers
    way: Array

    def part(self, paint: int, number: int) -> Part:
        """All cells in some of its colours; targets are their further shapes."""
        first, *others = self.shapes
        targets = [(shape - first).reshape(-1, 3).astype(np.float32) for shape in others]
        return Part(paint, _triangles(len(first)), _painted(first, self.colours[number][1]), targets)

    @property
    def furthest(self) -> float:
        """How far a shape takes a corner from the first, in cells."""
        return max(float(np.abs(shape - self.shapes[0]).max()) for shape in self.shapes)

    def stand(self, meshes: Sequence[int]) -> None:
        """Nodes that show meshes, one for each colours."""
        for number, ((seen, _), mesh) in enumerate(zip(self.colours, meshes, strict=True), 1):
            name = self.swarm.name if len(self.colours) == 1 else f"{self.swarm.name} {number}"
            node = self.document.node(name, mesh=mesh)
            self._key(node, "translation", self.way, STRAY)
            if len(self.shapes) > 1:
                weights = np.stack([self.taken == i for i in range(1, len(self.shapes))], axis=1)
                self._key(node, "weights", weights, STRAY / self.furthest)
                if seen[-1][1]:
                    self.document.parts["meshes"][mesh]["weights"] = weights[-1].astype(int).tolist()
            self._show(node, seen, self.document.unit_of(mesh))
            if self.clip is not None:
                self.clip.settle(node)

    def _show(self, node: int, seen: Track, size: float) -> None:
        """Let a node have its size while it is seen."""
        self.document.parts["nodes"][node]["scale"] = rounded("scale", np.full(3, size * seen[-1][1]))
        if self.clip is not None and len(seen) > 1:
            self.clip.track(node, "scale", self.changes, size * _there(seen, self.changes), step=True)

    def _key(self, node: int, path: str, values: Array, stray: float) -> None:
        """Let a node take these values `[poses, n]`, pose by pose; what never changes is no track."""
        if path != "weights":
            self.document.parts["nodes"][node][path] = rounded(path, values[0])
        if self.clip is not None and np.ptp(values.astype(float), axis=0).max() >= SAME:
            moved = [np.interp(self.poses, np.arange(len(values)), axis) for axis in values.T]
            self.clip.track(node, path, self.times, np.column_stack(moved), stray=stray)


def _there(seen: Track, times: Array) -> Array:
    """The size of a state, which is 1 while it is seen, from each time on `[n, 3]`."""
    since, there = np.array(seen).T
    now = there[np.maximum(np.searchsorted(since, times + MOMENT / 4, "right") - 1, 0)]
    return np.repeat(now[:, None], 3, axis=1)


def _crossings(times: Array, poses: Array, level: float) -> Array:
    """When the pose passes a level."""
    a, b = poses[:-1], poses[1:]
    passes = (a - level) * (b - level) < 0
    share = (level - a[passes]) / (b - a)[passes]
    return times[:-1][passes] + share * np.diff(times)[passes]


def _corners(swarm: Swarm, pose: int) -> Array:
    """Corners `[n, 8, 3]` of the cells in a pose, in glTF's axes."""
    return open_boxes(turned(swarm.places[pose]), swarm.sizes[pose][:, [0, 2, 1]])


def _painted(vertices: Array, rgb: Array) -> dict[str, Any]:
    """Attributes of cuboids `[n, 8, 3]`, darker at their backs."""
    shares = np.broadcast_to(np.where(np.arange(8) < 4, 1.0, SHADOW), vertices.shape[:2])
    colours = painted(np.broadcast_to(rgb[:, None], vertices.shape), shares)
    return {"POSITION": np.round(vertices, 3).reshape(-1, 3).astype(np.float32), "COLOR_0": colours}


def _triangles(count: int) -> Numbers:
    return (OPEN_BOX[None] + 8 * np.arange(count)[:, None, None]).reshape(-1, 3)
