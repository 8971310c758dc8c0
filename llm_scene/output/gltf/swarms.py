"""Cells that move on their own: nodes where they keep their shape, morph targets where they do not."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...film.film import Film
from ...film.keys import rising, straight
from ...film.props import Swarm
from ...look import Look
from ...network.ops import Array, Numbers
from .actors import MOMENT, PIECES, Motion, Track
from .document import Clip, Document, Json, Part, rounded
from .shapes import OPEN_BOX, SHADOW, open_boxes, painted, turned

RIGID = 12  # groups of cells, at most, that become nodes
SAME = 2e-3  # cells, within which a size is the same
ALIKE = 1 / 62  # of the largest value, within which colours are the same: sheets show steps twice as large
NUMBER = re.compile(r" \d+$")  # of swarms that belong together
UNIT = open_boxes(np.zeros((1, 3)), np.ones((1, 3)))  # [1, 8, 3]


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
    flights = [_flight(document, clip, swarm, motion, film, look) for swarm, motion in swarms]
    pools: dict[tuple[str, int], list[tuple[_Flight, _Crowd]]] = {}
    for flight in flights:
        for crowd in flight.crowds:
            alike = (NUMBER.sub("", flight.swarm.name), len(crowd.shapes))
            pools.setdefault(alike, []).append((flight, crowd))
    reach = max(
        (np.abs(shape).max() for flight in flights for c in flight.crowds for shape in c.shapes), default=0
    )
    primitives: dict[tuple[int, int, int], Json] = {}
    for pool in pools.values():
        primitives.update(_pooled(document, pool, paint, math.ceil(reach)))
    for flight in flights:
        flight.stand(primitives)


def _flight(
    document: Document, clip: Clip | None, swarm: Swarm, motion: Motion, film: Film, look: Look
) -> _Flight:
    cues = film.tracks.get((swarm.name, "pose"), [])
    times, poses = rising(straight(cues, PIECES) or [(0.0, 0.0)], MOMENT)
    states = _states(swarm)
    shown = [_shown(swarm, state, times, poses, motion.hidden) for state in states]
    changes: Array = np.unique([time for track in shown for time, _ in track])
    close = (swarm.name, "rose") in film.tracks  # seen close, where the film turns negative values rose
    ramp = (look.close_ramp if close else look.ramp)(swarm.role, swarm.signed)
    colours = [ramp.colours(state.values) for state in states]
    return _Flight(document, clip, swarm, times, poses, _apart(changes), shown, colours, _crowds(swarm))


def _pooled(
    document: Document, pool: list[tuple[_Flight, _Crowd]], paint: int, reach: float
) -> Iterator[tuple[tuple[int, int, int], Json]]:
    """Primitives of crowds that fly alike, by flight, crowd and colours: they share their vertices."""
    for number in range(max(len(flight.colours) for flight, _ in pool)):
        parts = [
            crowd.part(paint, flight.colours[min(number, len(flight.colours) - 1)]) for flight, crowd in pool
        ]
        if parts[-1].targets:
            parts[-1] = _reaching(parts[-1], reach)
        for (flight, crowd), primitive in zip(pool, document.pooled(parts), strict=True):
            yield (id(flight), id(crowd), number), primitive


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
class _Crowd:
    """Cells of a swarm that are one node: the different shapes `[n, 8, 3]` that they take around the first,
    and which one each pose has."""

    cells: Numbers
    shapes: list[Array]
    taken: Numbers
    carried: bool  # by its shapes, which are around where the first cell is at first

    def part(self, paint: int, rgb: Array) -> Part:
        """The cells in their swarm's colours `[n, 3]`; targets are their further shapes."""
        first, *others = self.shapes
        targets = [(shape - first).reshape(-1, 3).astype(np.float32) for shape in others]
        return Part(paint, _triangles(len(self.cells)), _painted(first, rgb[self.cells]), targets)

    @property
    def weights(self) -> Array:
        """Of targets, pose by pose."""
        return np.stack([self.taken == i for i in range(1, len(self.shapes))], axis=1)


def _crowds(swarm: Swarm) -> list[_Crowd]:
    return [_crowd(swarm, cells) for cells in _groups(swarm)]


def _crowd(swarm: Swarm, cells: Numbers) -> _Crowd:
    """One cell is the same cuboid for all, which its node gives a size."""
    if len(cells) == 1:
        return _Crowd(cells, [UNIT], np.zeros(len(swarm.places), int), carried=False)
    corners = np.stack([_corners(swarm, pose)[cells] for pose in range(len(swarm.places))])
    way = turned(swarm.places[:, cells[0]])
    around, ahead = _different(corners - way[:, None, None]), _different(corners - way[0])
    if len(around[0]) > 1 and len(ahead[0]) == len(around[0]):
        return _Crowd(cells, *ahead, carried=True)
    return _Crowd(cells, *around, carried=False)


def _different(corners: Array) -> tuple[list[Array], Numbers]:
    """The different shapes among those of all poses `[poses, n, 8, 3]`, and which one each pose has."""
    shapes: list[Array] = []
    taken = []
    for shape in np.round(corners, 3):
        same = [i for i, known in enumerate(shapes) if np.abs(known - shape).max() < SAME]
        taken.append(same[0] if same else len(shapes))
        shapes += [] if same else [shape]
    return shapes, np.array(taken)


def _groups(swarm: Swarm) -> list[Numbers]:
    """Cells that keep their size and go the same way; all as one where those are too many groups."""
    places, sizes = swarm.places, swarm.sizes
    ways = np.concatenate([places - places[0], sizes - sizes[0]], axis=2).transpose(1, 0, 2)
    _, group = np.unique(np.round(ways.reshape(len(ways), -1), 3), axis=0, return_inverse=True)
    few = group.max() < RIGID and np.ptp(sizes, axis=0).max() < SAME
    group = group.ravel() if few else 0 * group.ravel()
    return [np.flatnonzero(group == i) for i in range(group.max() + 1)]


@dataclass(frozen=True, eq=False)
class _Flight:
    """A swarm on its way: `poses` at `times`, straight between; at `changes` something comes or goes.

    It is `shown` now and then in each of its `colours` `[n, 3]`.
    """

    document: Document
    clip: Clip | None
    swarm: Swarm
    times: Array
    poses: Array
    changes: Array
    shown: list[Track]
    colours: list[Array]
    crowds: list[_Crowd]

    def stand(self, primitives: dict[tuple[int, int, int], Json]) -> None:
        """Nodes that show primitives, by flight, crowd and colours."""
        for number, seen in enumerate(self.shown):
            if not any(there for _, there in seen):
                continue  # before a cut it had gone on
            name = self.swarm.name if len(self.shown) == 1 else f"{self.swarm.name} {number + 1}"
            for place, crowd in enumerate(self.crowds):
                own = name if len(self.crowds) == 1 else f"{name}, cells {place}"
                mesh = self.document.mesh(primitives[id(self), id(crowd), number])
                node = self.document.node(own, mesh=mesh)
                if len(crowd.cells) == 1:
                    self._sized(node, int(crowd.cells[0]), seen)
                else:
                    self._shaped(node, crowd, seen)
                if self.clip is not None:
                    self.clip.settle(node)

    def _sized(self, node: int, cell: int, seen: Track) -> None:
        """One cell, which has its own size."""
        places, sizes = turned(self.swarm.places[:, cell]), self.swarm.sizes[:, cell][:, [0, 2, 1]]
        if self.clip is None or np.ptp(sizes, axis=0).max() < SAME:
            self._key(node, "translation", places, self.times)
            self._show(node, seen, sizes[0])
        else:
            times = _apart(np.unique(np.concatenate([self.times, self.changes[1:] - MOMENT, self.changes])))
            self._key(node, "translation", places, times)
            self.clip.track(node, "scale", times, self._at(times, sizes) * _there(seen, times))

    def _shaped(self, node: int, crowd: _Crowd, seen: Track) -> None:
        """Several cells, which go with the first and take their shapes around it, or are carried by these."""
        way = turned(self.swarm.places[:, crowd.cells[0]])
        self._key(node, "translation", way[:1] if crowd.carried else way, self.times)
        if len(crowd.shapes) > 1:
            self._key(node, "weights", crowd.weights, self.times)
            if seen[-1][1]:
                mesh = self.document.parts["nodes"][node]["mesh"]
                self.document.parts["meshes"][mesh]["weights"] = crowd.weights[-1].astype(int).tolist()
        self._show(node, seen, np.ones(3))

    def _show(self, node: int, seen: Track, size: Array) -> None:
        """Let a node have its size while it is seen."""
        self.document.parts["nodes"][node]["scale"] = rounded(size * seen[-1][1])
        if self.clip is not None and len(seen) > 1:
            self.clip.track(node, "scale", self.changes, _there(seen, self.changes) * size, step=True)

    def _key(self, node: int, path: str, values: Array, times: Array) -> None:
        """Let a node take these values `[poses, n]`, pose by pose; what never changes is no track."""
        if path != "weights":
            self.document.parts["nodes"][node][path] = rounded(values[0])
        if self.clip is not None and np.ptp(values.astype(float), axis=0).max() >= SAME:
            self.clip.track(node, path, times, self._at(times, values))

    def _at(self, times: Array, values: Array) -> Array:
        """Values `[poses, n]` at times."""
        poses = np.interp(times, self.times, self.poses)
        return np.column_stack([np.interp(poses, np.arange(len(values)), axis) for axis in values.T])


def _there(seen: Track, times: Array) -> Array:
    """Whether a state is seen, 1 or 0, from each time on `[n, 1]`."""
    since, there = np.array(seen).T
    return there[np.maximum(np.searchsorted(since, times + MOMENT / 4, "right") - 1, 0), None]


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
