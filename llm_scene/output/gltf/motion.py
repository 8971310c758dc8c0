"""The film as node animation, which every viewer plays: above all covers that draw back.

A cover is a dark box around a matrix that has not been computed. It steps back column by column (row by
row where positions run down) as the film's `reveal` rises. Over the column that is being computed, a
smaller one runs back along the cells with a glow at its edge; matrices that are computed one after the
other share it, so that the file stays small in nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ...film.film import Cue, Film
from ...film.front import STRIDE, lines_done, order_of
from ...film.keys import straight
from ...layout.layout import Block, Layout, Point
from ...look import Look, srgb
from ...network.ops import Array, Numbers
from .actors import MOMENT, Motion
from .document import NEAREST, Clip, Document
from .images import png
from .shapes import BOX, BOX_NORMALS, BOX_TRIANGLES, QUAD, Shape, light_on, painted, turned

MARGIN = 0.1  # by which covers stand off the cells at the sides
BEHIND = 0.03  # by which the cover of a line stands behind that of all lines, where they overlap
QUAD_CORNERS = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
SHOWN = 1 / 60  # seconds, within which a screen shows one picture
TRAIL = 0.4  # of a column, lit behind the front
HIDDEN = (0.0, 0.0, 0.0)  # a scale


# --- the front ---


@dataclass(frozen=True)
class Piece:
    """From `start` to `end` the front moves evenly from `a` to `b`, within one line of cells."""

    start: float
    end: float
    a: float
    b: float

    @property
    def line(self) -> int:
        """Which line (column or row) the front is in; past the last one where all is computed."""
        return math.floor((self.a + self.b) / 2)

    @property
    def moves(self) -> bool:
        """Whether anything is computed meanwhile."""
        return self.a != self.b


def pieces(cues: Sequence[Cue], lines: int, n_prompt: int, duration: float) -> list[Piece]:
    """How the front moves through the lines of a matrix over the whole film."""
    knots = _broken([(0.0, cues[0].a), *straight(cues), (duration, cues[-1].b)])
    steps = [(t, lines_done(value, n_prompt, lines)) for t, value in knots]
    return [part for one, other in pairwise(steps) for part in _split(one, other)]


def turns(moves: Sequence[Piece], least: float) -> list[list[Piece]]:
    """When something is computed without a pause, and for long enough to be seen."""
    found: list[list[Piece]] = []
    for piece in moves:
        if piece.b > piece.a:
            if found and piece.start - found[-1][-1].end < MOMENT:
                found[-1].append(piece)
            else:
                found.append([piece])
    return [turn for turn in found if turn[-1].end - turn[0].start >= least]


def _broken(knots: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """With further knots where a step's last line is done: `reveal` runs on while a glow decays."""
    out = knots[:1]
    for (t0, a), (t1, b) in pairwise(knots):
        ends = 1 + STRIDE * np.arange(math.ceil(max(a, b) / STRIDE) + 1)
        inside = ends[(ends > min(a, b)) & (ends < max(a, b))]
        times = t0 + (inside - a) / (b - a) * (t1 - t0) if len(inside) else inside
        out += [*sorted(zip(times.tolist(), inside.tolist(), strict=True)), (t1, b)]
    return out


def lit_at(film: Film, block: Block, n_prompt: int) -> Array:
    """When each cell lights up, in seconds, row by row; 0 where the film does not compute the block."""
    cues = film.tracks.get((block.name, "reveal"))
    if not cues:
        return np.zeros(block.n_cells)
    times, values = np.array(straight(cues)).T
    return np.interp(order_of(block, n_prompt).ravel(), np.maximum.accumulate(values), times)


def _split(one: tuple[float, float], other: tuple[float, float]) -> list[Piece]:
    """A movement, cut where it passes from one line into the next; nothing where it takes no time."""
    (t0, a), (t1, b) = one, other
    if t1 <= t0:
        return []
    low, high = sorted((a, b))
    between = np.arange(math.floor(low) + 1, math.ceil(high))
    stops = np.array([a, *(between if b > a else between[::-1]), b], float)
    times = np.interp(stops, *((a, b), (t0, t1))) if b > a else np.interp(-stops, (-a, -b), (t0, t1))
    if a == b:
        times = np.array([t0, t1])
    return [Piece(*map(float, p)) for p in zip(times, times[1:], stops, stops[1:], strict=False)]


# --- covers ---


@dataclass(frozen=True)
class Group:
    """Blocks that are computed side by side at the same place in the sheet: all heads of a matrix."""

    blocks: list[Block]
    cues: tuple[Cue, ...]
    motion: Motion  # where they go together
    twins: list[Point] = field(default_factory=list)  # where the same is computed at the same time, from here

    @property
    def first(self) -> Block:
        """The one in front."""
        return self.blocks[0]

    @property
    def name(self) -> str:
        """The matrix's name."""
        return self.first.matrix.name

    @property
    def depths(self) -> tuple[float, ...]:
        """How far each stands behind the first."""
        return tuple(block.origin[1] - self.first.origin[1] for block in self.blocks)

    @property
    def by_rows(self) -> bool:
        """Whether rows are computed one after the other, rather than columns."""
        return self.first.axes[0] in ("position", "query")

    @property
    def lines(self) -> int:
        """How many rows or columns are computed one after the other."""
        return self.first.shape[0 if self.by_rows else 1]

    @property
    def length(self) -> int:
        """How many cells each of them has."""
        return self.first.shape[1 if self.by_rows else 0]


def grouped(layout: Layout, film: Film, motions: Mapping[str, Motion]) -> list[Group]:
    """All blocks that the film computes, those together that one cover can serve; `motions` by block."""
    found: dict[tuple[object, ...], Group] = {}
    for block in layout.blocks.values():
        cues = tuple(film.tracks.get((block.name, "reveal"), ()))
        if not cues or block.role == "weight":
            continue
        x, _, z = block.origin
        alike = tuple((c.start, c.end, c.a, c.b, c.easing) for c in cues)
        motion = motions[block.name]
        group = found.setdefault(
            (block.matrix.name, alike, x, z, block.shape, motion), Group([], cues, motion)
        )
        group.blocks.append(block)
    return _paired(found)


def _paired(found: Mapping[tuple[object, ...], Group]) -> list[Group]:
    """Groups that only differ in where they stand, as heads in a grid do, as twins of one."""
    paired: dict[tuple[object, ...], Group] = {}
    for (matrix, alike, _, _, shape, motion), group in found.items():
        first = paired.setdefault((matrix, alike, shape, motion, group.depths), group)
        if first is not group:
            here, there = np.array(first.first.origin), np.array(group.first.origin)
            first.twins.append(tuple(np.round(there - here, 3).tolist()))
    return list(paired.values())


class Covers:
    """Puts covers into a document and keys them in a clip."""

    def __init__(
        self, document: Document, clip: Clip, film: Film, look: Look, relief: float, n_prompt: int
    ) -> None:
        self.document = document
        self.clip = clip
        self.film = film
        self.n_prompt = n_prompt
        self.lead = 0.5 / film.fps  # keys stand half a frame early: no frame falls on a jump
        self.front = 0.15 + relief  # how far covers stand out, in front of the highest cell
        self._top = document.node("Not computed yet")
        self._parents = {Motion(): self._top}
        self.empty = _empty_material(document, look)
        self.glow = document.material("Front", alphaMode="BLEND", doubleSided=True)
        self.light = srgb(look.ink)
        self.lanes: dict[tuple[object, ...], list[_Lane]] = {}
        self._turns: list[tuple[Group, list[Piece]]] = []

    def add(self, group: Group) -> None:
        """A cover for a group, which also takes its turns on lanes."""
        moves = pieces(group.cues, group.lines, self.n_prompt, self.film.duration)
        self._cover(group, moves)
        if group.length > 1:
            self._turns += [(group, turn) for turn in turns(moves, 1 / self.film.fps)]

    def parent(self, group: Group) -> int:
        """The node under which a group's covers go where its blocks go."""
        if group.motion not in self._parents:
            moving = self.document.node(f"moving {group.name}", self._top)
            group.motion.key(self.clip, moving, (0.0, 0.0, 0.0))
            self._parents[group.motion] = moving
        return self._parents[group.motion]

    def beside(self, group: Group, name: str, mesh: int, at: Sequence[float] = (0.0, 0.0, 0.0)) -> list[int]:
        """Hidden nodes that show a mesh where a group's twins are."""
        made = []
        for number, offset in enumerate(group.twins, 1):
            holder = self.document.node(
                f"{name} aside {number}", self.parent(group), translation=turned(np.array(offset))
            )
            fields = {"mesh": mesh, "translation": list(map(float, at)), "scale": list(HIDDEN)}
            made.append(self.document.node(f"{name} {number}", holder, **fields))
        return made

    def close(self) -> None:
        """Key all lanes: turns take the first that is free."""
        for group, turn in sorted(self._turns, key=lambda turn: turn[1][0].start):
            self._run(group, turn)
        for lanes in self.lanes.values():
            for lane in lanes:
                lane.close(self.clip)

    def _cover(self, group: Group, moves: list[Piece]) -> None:
        """The lines that have not been begun, as a box that steps back to its far end."""
        rows, columns = group.first.shape
        x, y, z = turned(np.array(group.first.origin))
        vertices = _boxes(group.depths, self.front)
        cell = vertices[:, :2].copy()  # a texture coordinate is a count of cells
        if group.by_rows:
            vertices[:, 0] = vertices[:, 0] * (columns + 2 * MARGIN) - MARGIN
            vertices[:, 1] += 1
            cell = np.column_stack([vertices[:, 0], np.full(len(cell), 0.5)])
            at, axis = (x, y - rows - MARGIN, z), 1
        else:
            vertices[:, 0] -= 1
            vertices[:, 1] = vertices[:, 1] * (rows + 2 * MARGIN) + MARGIN
            cell = np.column_stack([np.full(len(cell), 0.5), -vertices[:, 1]])
            at, axis = (x + columns + MARGIN, y, z), 0
        shade = painted(np.ones((len(vertices), 3)), np.tile(light_on(BOX_NORMALS), len(group.depths)))
        box = self.document.primitive(
            self.empty,
            _repeated(len(group.depths)),
            POSITION=vertices,
            COLOR_0=shade,
            TEXCOORD_0=cell.astype(np.float32),
        )
        mesh = self.document.mesh(box)
        node = self.document.node(
            f"cover {group.name}",
            self.parent(group),
            mesh=mesh,
            translation=list(map(float, at)),
            scale=list(HIDDEN),
        )
        times: list[float] = []
        scales: list[list[float]] = []
        for piece in moves:
            left = group.lines - (piece.line + 1 if piece.moves else math.ceil(piece.a))
            scale = list(HIDDEN) if left <= 0 else [1.0, 1.0, 1.0]
            if left > 0:
                scale[axis] = left + MARGIN * (2 if left == group.lines else 1)  # all of it, or up to a line
            if not scales or scale != scales[-1]:
                times.append(max(0.0, piece.start - self.lead))
                scales.append(scale)
        times, scales = _rising(times, scales)
        for cover in [node, *self.beside(group, f"cover {group.name}", mesh, at)]:
            self.clip.track(cover, "scale", times, np.array(scales), step=True)

    def _run(self, group: Group, moves: list[Piece]) -> None:
        """A turn on the first lane of this kind that is free by then."""
        lanes = self.lanes.setdefault((group.by_rows, group.depths, group.motion, tuple(group.twins)), [])
        free = next((lane for lane in lanes if lane.busy_until <= moves[0].start), None)
        if free is None:
            free = _Lane(self, group, len(lanes))
            lanes.append(free)
        free.run(group, moves, self.lead)


@dataclass
class _Keys:
    """Where a front stands over time, see `_stand`; nothing is seen of it at first."""

    times: list[float] = field(default_factory=lambda: [0.0])
    stands: list[Array] = field(default_factory=lambda: [np.zeros((3, 3))])

    def add(self, time: float, stand: Array) -> None:
        """A further key; one that comes too soon after the last is left out."""
        if time > self.times[-1] + MOMENT / 4:
            self.times.append(float(time))
            self.stands.append(stand)

    def reopen(self, time: float) -> None:
        """Forget a last key at this time: the front goes on without a pause."""
        if len(self.times) > 1 and self.times[-1] > time - MOMENT:
            self.times.pop()
            self.stands.pop()


class _Lane:
    """The front in the line being computed: a node that goes with it, under which a cover hides the rest of
    the line and a glow fades behind it."""

    def __init__(self, covers: Covers, group: Group, number: int) -> None:
        kind = f"{'row' if group.by_rows else 'column'} {len(covers.lanes)}.{number}"
        self.front = covers.document.node(f"front {kind}", covers.parent(group))
        self.rests: list[int] = []
        self.glows: list[int] = []
        rest, glow = self._meshes(covers, group)
        for suffix, above in self._places(covers.document, group, kind):
            for found, name, mesh in ((self.rests, "rest", rest), (self.glows, "glow", glow)):
                node = covers.document.node(f"{name} {kind}{suffix}", above, mesh=mesh, scale=list(HIDDEN))
                found.append(node)
        self.busy_until = 0.0
        self.keys = _Keys()

    @staticmethod
    def _meshes(covers: Covers, group: Group) -> tuple[int, int]:
        """A cover that reaches from the front on, and a glow behind it."""
        document = covers.document
        vertices = _boxes(group.depths, covers.front - BEHIND)
        across = 1 if group.by_rows else 0
        vertices[:, 1] += group.by_rows
        vertices[:, across] = vertices[:, across] * (1 + MARGIN) - MARGIN / 2
        shade = painted(np.ones((len(vertices), 3)), np.tile(light_on(BOX_NORMALS), len(group.depths)))
        middle = np.full((len(vertices), 2), 0.5, np.float32)
        box = document.primitive(
            covers.empty, _repeated(len(group.depths)), POSITION=vertices, COLOR_0=shade, TEXCOORD_0=middle
        )
        glow = _glow(group, covers.front, covers.light)
        corners = glow.vertices.astype(np.float32)
        light = document.primitive(covers.glow, glow.triangles, POSITION=corners, COLOR_0=glow.colours)
        return document.mesh(box), document.mesh(light)

    def _places(self, document: Document, group: Group, kind: str) -> Iterator[tuple[str, int]]:
        """What to add to a name, and the node to stand under, where a group is and where its twins are."""
        yield "", self.front
        for number, offset in enumerate(group.twins, 1):
            place = turned(np.array(offset)).tolist()
            yield f" {number}", document.node(f"front {kind} aside {number}", self.front, translation=place)

    def run(self, group: Group, moves: list[Piece], lead: float) -> None:
        """Key the front's way through every line; where it jumps, two keys stand a moment apart."""
        first = moves[0]
        self.keys.reopen(first.start - lead)
        self.keys.add(first.start - lead - MOMENT, _unseen(_stand(group, first.line, 0.0)))
        for piece in moves:
            start, end = piece.start - lead, piece.end - lead - MOMENT
            for time, at in ((start, piece.a), (end, piece.b)):
                self.keys.add(time, _stand(group, piece.line, at - piece.line))
        self.keys.add(moves[-1].end - lead, _unseen(self.keys.stands[-1]))
        self.busy_until = moves[-1].end

    def close(self, clip: Clip) -> None:
        """Write the keys."""
        places, rests, glows = np.stack(self.keys.stands, axis=1)
        clip.track(self.front, "translation", self.keys.times, places)
        for nodes, sizes in ((self.rests, rests), (self.glows, glows)):
            for node in nodes:
                clip.track(node, "scale", self.keys.times, sizes)


def _boxes(depths: Sequence[float], front: float) -> Array:
    """Unit boxes `[24 * n, 3]`, one behind the other, that stand out in front and a little behind."""
    boxes = []
    for depth in depths:
        box = BOX.copy()
        box[:, 2] = np.where(box[:, 2] == 0, front, -1 - MARGIN) - depth
        boxes.append(box)
    return np.concatenate(boxes)


def _repeated(count: int) -> Numbers:
    return (BOX_TRIANGLES[None] + 24 * np.arange(count)[:, None, None]).reshape(-1, 3)


def _empty_material(document: Document, look: Look) -> int:
    """Cells without a value: one tile, repeated, its gaps as in the atlas."""
    tile = np.empty((8, 8, 3), np.uint8)
    tile[:] = np.round(np.array(srgb(look.grid)) * 255)
    tile[1:, 1:] = np.round(np.array(srgb(look.plate)) * 255)
    texture = document.texture("Empty cell", png(tile), NEAREST, repeated=True)
    return document.material("Not computed yet", surface={"baseColorTexture": texture})


def _glow(group: Group, front: float, rgb: Array | Sequence[float]) -> Shape:
    """Unit squares that are bright at the front and fade behind it."""
    corners = QUAD_CORNERS - ((1, 0) if group.by_rows else (0, 0))
    bright = corners[:, 0] == 0 if group.by_rows else corners[:, 1] == 0
    colours = painted(np.broadcast_to(rgb, (4, 3)), 1.0, np.where(bright, 0.75, 0.0))
    sheets = [
        Shape(np.column_stack([corners, np.full(4, front + 0.1 - depth)]), QUAD, colours)
        for depth in group.depths
    ]
    return Shape.joined(sheets)


def _stand(group: Group, line: int, share: float) -> Array:
    """Where the front is in a line, and the sizes of the cover over its rest and of the glow behind `[3, 3]`.

    The cover stands off the edges at both ends of the line.
    """
    x, y, z = turned(np.array(group.first.origin))
    done, before = group.length * share, MARGIN * (1 - share)
    left, lit = group.length - done + MARGIN + before, TRAIL * done
    if group.by_rows:
        return np.array([(x + done - before, y - line - 1, z), (left, 1, 1), (lit, 1, 1)])
    return np.array([(x + line, y - done + before, z), (1, left, 1), (1, lit, 1)])


def _unseen(stand: Array) -> Array:
    """The same without a size."""
    return stand * np.array([(1,), (0,), (0,)])


def _rising(times: list[float], values: list[list[float]]) -> tuple[list[float], list[list[float]]]:
    """Of keys within one picture of a screen, the last, at the time of the first."""
    kept: list[tuple[float, list[float]]] = []
    for time, value in zip(times, values, strict=True):
        if kept and time < kept[-1][0] + SHOWN:
            time = kept.pop()[0]
        kept.append((time, value))
    return [time for time, _ in kept], [value for _, value in kept]
