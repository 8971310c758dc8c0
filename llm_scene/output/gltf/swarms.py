"""Cells that move on their own: nodes where they keep their shape, morph targets where they do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...film.film import Film
from ...film.keys import rising, straight
from ...film.props import Swarm
from ...look import Look
from ...network.ops import Array, Numbers
from .actors import MOMENT, PIECES, Motion, Track
from .document import Clip, Document, rounded
from .shapes import OPEN_BOX, SHADOW, open_boxes, painted, turned

RIGID = 12  # groups of cells, at most, that become nodes
SAME = 2e-3  # cells, within which a size is the same
ALIKE = 1 / 62  # of the largest value, within which colours are the same: sheets show steps twice as large
UNIT = open_boxes(np.zeros((1, 3)), np.ones((1, 3)))  # [1, 8, 3]


@dataclass(frozen=True)
class _State:
    """Poses in which the colours are the same."""

    first: int
    last: int
    values: Array  # [n]


def add_swarm(
    document: Document, clip: Clip | None, swarm: Swarm, film: Film, look: Look, motion: Motion, paint: int
) -> None:
    """Nodes for a swarm, each in the colours of a pose from half way to it on.

    Between two poses cells go in straight lines. Colours do not change with time in glTF, so what is ever
    seen close is in the colours of that. Of its `motion` it takes when it is hidden: nothing else moves it.
    """
    cues = film.tracks.get((swarm.name, "pose"), [])
    times, poses = rising(straight(cues, PIECES) or [(0.0, 0.0)], MOMENT)
    states = _states(swarm)
    shown = [_shown(swarm, state, times, poses, motion.hidden) for state in states]
    changes: Array = np.unique([time for track in shown for time, _ in track])
    flight = _Flight(document, clip, swarm, paint, times, poses, _apart(changes))
    close = (swarm.name, "rose") in film.tracks  # seen close, where the film turns negative values rose
    ramp = (look.close_ramp if close else look.ramp)(swarm.role, swarm.signed)
    for number, (state, seen) in enumerate(zip(states, shown, strict=True), 1):
        name = swarm.name if len(states) == 1 else f"{swarm.name} {number}"
        if any(there for _, there in seen):  # or, before a cut, it had gone on
            flight.cells(name, seen, ramp.colours(state.values))


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


@dataclass(frozen=True)
class _Flight:
    """A swarm on its way: `poses` at `times`, straight between; at `changes` something comes or goes."""

    document: Document
    clip: Clip | None
    swarm: Swarm
    paint: int
    times: Array
    poses: Array
    changes: Array

    def cells(self, name: str, seen: Track, rgb: Array) -> None:
        """All cells in the colours `[n, 3]` of a state, while that is seen."""
        groups = self._groups()
        for number, cells in enumerate(groups):
            own = name if len(groups) == 1 else f"{name}, cells {number}"
            node = self.document.node(own)
            if len(cells) == 1:
                self._sized(node, int(cells[0]), rgb[cells], seen)
            else:
                self._shaped(node, cells, rgb[cells], seen)
            if self.clip is not None:
                self.clip.settle(node)

    def _sized(self, node: int, cell: int, rgb: Array, seen: Track) -> None:
        """One cell: all such nodes show the same cuboid, each in its own size and colour."""
        cuboid = self.document.primitive(self.paint, _triangles(1), **_painted(UNIT, rgb))
        self.document.parts["nodes"][node]["mesh"] = self.document.mesh(cuboid)
        places, sizes = turned(self.swarm.places[:, cell]), self.swarm.sizes[:, cell][:, [0, 2, 1]]
        if self.clip is None or np.ptp(sizes, axis=0).max() < SAME:
            self._key(node, "translation", places, self.times)
            self._show(node, seen, sizes[0])
        else:
            times = _apart(np.unique(np.concatenate([self.times, self.changes[1:] - MOMENT, self.changes])))
            self._key(node, "translation", places, times)
            self.clip.track(node, "scale", times, self._at(times, sizes) * _there(seen, times))

    def _shaped(self, node: int, cells: Array, rgb: Array, seen: Track) -> None:
        """Several cells: targets are what shapes they take around the first, with which their node goes.

        Targets do not carry them: Babylon.js leaves out what is not in view without its targets.
        """
        shapes, taken = self._shapes(cells)
        faces, moved = _triangles(len(cells)), [(shape - shapes[0]).reshape(-1, 3) for shape in shapes[1:]]
        cuboids = self.document.primitive(self.paint, faces, moved, **_painted(shapes[0], rgb))
        mesh = self.document.mesh(cuboids)
        self.document.parts["nodes"][node]["mesh"] = mesh
        self._key(node, "translation", turned(self.swarm.places[:, cells[0]]), self.times)
        if moved:
            weights = np.stack([taken == i for i in range(1, len(shapes))], axis=1)
            self._key(node, "weights", weights, self.times)
            if seen[-1][1]:
                self.document.parts["meshes"][mesh]["weights"] = weights[-1].astype(int).tolist()
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

    def _shapes(self, cells: Array) -> tuple[list[Array], Array]:
        """The different shapes `[n, 8, 3]` that cells take around the first, and which one each pose has."""
        shapes: list[Array] = []
        taken = []
        for pose in range(len(self.swarm.places)):
            corners = _corners(self.swarm, pose)[cells]
            shape = np.round(corners - turned(self.swarm.places[pose, cells[0]]), 3)
            same = [i for i, known in enumerate(shapes) if np.abs(known - shape).max() < SAME]
            taken.append(same[0] if same else len(shapes))
            shapes += [] if same else [shape]
        return shapes, np.array(taken)

    def _groups(self) -> list[Numbers]:
        """Cells that keep their size and go the same way; all as one where those are too many groups."""
        places, sizes = self.swarm.places, self.swarm.sizes
        ways = np.concatenate([places - places[0], sizes - sizes[0]], axis=2).transpose(1, 0, 2)
        _, group = np.unique(np.round(ways.reshape(len(ways), -1), 3), axis=0, return_inverse=True)
        group = (
            group.ravel() if group.max() < RIGID and np.ptp(sizes, axis=0).max() < SAME else 0 * group.ravel()
        )
        return [np.flatnonzero(group == i) for i in range(group.max() + 1)]


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
