"""Cells that move on their own: nodes where they keep their shape, morph targets where they do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...film.film import Film
from ...film.keys import rising, straight
from ...film.props import Swarm
from ...look import Look
from ...network.ops import Array, Numbers
from .actors import MOMENT, PIECES
from .document import Clip, Document, rounded
from .shapes import OPEN_BOX, SHADOW, open_boxes, painted, turned

RIGID = 12  # groups of cells, at most, that become nodes
SAME = 2e-3  # cells, within which a size is the same
UNIT = open_boxes(np.zeros((1, 3)), np.ones((1, 3)))  # [1, 8, 3]


@dataclass(frozen=True)
class _State:
    """Poses in which the colours are the same."""

    first: int
    last: int
    values: Array  # [n]


def add_swarm(document: Document, clip: Clip | None, swarm: Swarm, film: Film, look: Look, paint: int) -> int:
    """A node that holds a swarm, in the colours of each pose from half way to it on; returns the node.

    Between two poses cells go in straight lines. Colours do not change with time in glTF, so what is ever
    seen close is in the colours of that.
    """
    cues = film.tracks.get((swarm.name, "pose"), [])
    flight = _Flight(document, clip, swarm, paint, *rising(straight(cues, PIECES) or [(0.0, 0.0)], MOMENT))
    holder = document.node(swarm.name)
    states = _states(swarm)
    close = (swarm.name, "rose") in film.tracks  # seen close, where the film turns negative values rose
    ramp = (look.close_ramp if close else look.ramp)(swarm.role, swarm.signed)
    for number, state in enumerate(states, 1):
        parent = holder
        if len(states) > 1:
            parent = document.node(f"{swarm.name} {number}", holder)
            flight.switch(parent, state)
        flight.cells(parent, ramp.colours(state.values))
    return holder


def _states(swarm: Swarm) -> list[_State]:
    states: list[_State] = []
    for pose in range(len(swarm.places)):
        values = swarm.values[min(pose, len(swarm.values) - 1)]
        if states and np.array_equal(states[-1].values, values):
            states[-1] = _State(states[-1].first, pose, values)
        else:
            states.append(_State(pose, pose, values))
    return states


@dataclass(frozen=True)
class _Flight:
    """A swarm on its way: `poses` at `times`, straight between."""

    document: Document
    clip: Clip | None
    swarm: Swarm
    paint: int
    times: Array
    poses: Array

    def cells(self, parent: int, rgb: Array) -> None:
        """All cells in their colours `[n, 3]`."""
        for number, cells in enumerate(self._groups()):
            self._node(parent, number, cells, rgb[cells])

    def switch(self, node: int, state: _State) -> None:
        """Show a node while the swarm is nearer to its poses than to others."""
        if self.clip is None:
            return
        times, poses, last = self.times, self.poses, len(self.swarm.places) - 1
        low = -1.0 if state.first == 0 else state.first - 0.5
        high = last + 1.0 if state.last == last else state.last + 0.5
        crossed = [_crossings(times, poses, level) for level in (low, high)]
        edges: Array = np.unique(np.concatenate([times, *crossed]))
        middle = np.interp(np.append((edges[1:] + edges[:-1]) / 2, edges[-1] + 1), times, poses)
        there = (middle > low) & (middle < high)
        starts = np.append(0.0, edges[1:])
        changes = np.append(True, there[1:] != there[:-1])
        sizes = np.repeat(there[changes, None].astype(float), 3, axis=1)
        self.clip.track(node, "scale", starts[changes].tolist(), sizes, step=True)

    def _node(self, parent: int, number: int, cells: Array, rgb: Array) -> None:
        """Cells `[n]` that go about together: their node goes with the first."""
        above = self.document.parts["nodes"][parent]["name"]
        node = self.document.node(f"{above}, cells {number}", parent)
        if len(cells) == 1:
            self._sized(node, int(cells[0]), rgb)
        else:
            self._shaped(node, cells, rgb)
        self._key(node, "translation", turned(self.swarm.places[:, cells[0]]))

    def _sized(self, node: int, cell: int, rgb: Array) -> None:
        """One cell: all such nodes show the same cuboid, each in its own size and colour."""
        cuboid = self.document.primitive(self.paint, _triangles(1), **_painted(UNIT, rgb))
        self.document.parts["nodes"][node]["mesh"] = self.document.mesh(cuboid)
        self._key(node, "scale", self.swarm.sizes[:, cell][:, [0, 2, 1]])

    def _shaped(self, node: int, cells: Array, rgb: Array) -> None:
        """Several cells: targets are what shapes they take around the first."""
        shapes, taken = self._shapes(cells)
        faces, moved = _triangles(len(cells)), [(shape - shapes[0]).reshape(-1, 3) for shape in shapes[1:]]
        cuboids = self.document.primitive(self.paint, faces, moved, **_painted(shapes[0], rgb))
        self.document.parts["nodes"][node]["mesh"] = self.document.mesh(cuboids)
        if moved:
            self._key(node, "weights", np.stack([taken == i for i in range(1, len(shapes))], axis=1))

    def _key(self, node: int, path: str, values: Array) -> None:
        """Let a node take these values `[poses, n]`, pose by pose; what never changes is no track."""
        if path != "weights":
            self.document.parts["nodes"][node][path] = rounded(values[0])
        if self.clip is None or np.ptp(values.astype(float), axis=0).max() < SAME:
            return
        poses = np.arange(len(values))
        keyed = np.column_stack([np.interp(self.poses, poses, axis) for axis in values.T])
        self.clip.track(node, path, self.times.tolist(), keyed)

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
    return {"POSITION": np.round(vertices, 4).reshape(-1, 3).astype(np.float32), "COLOR_0": colours}


def _triangles(count: int) -> Numbers:
    return (OPEN_BOX[None] + 8 * np.arange(count)[:, None, None]).reshape(-1, 3)
