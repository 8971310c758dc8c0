"""How a set piece is put on the stage: actors with named poses, texts that stand on them, and named beats.

An actor is a company of cells. It takes named poses, and beats say when it goes from one to the next:

    bars = piece.actor("bars", "activation", count=6)
    bars.pose("scores", *upright_bars(stage, x, heights), values)
    bars.pose("lowered", ...)
    with piece.beat("exponentiate", 4.0) as beat:
        bars.to("lowered", beat[0.3:0.5])

Times are counted in beats, as in a `Piece`: whoever performs the piece says how long each beat lasts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from ..layout import names
from ..layout.drawn import Align, Line, Says, Text
from ..layout.layout import Block, Box, Layout
from ..look import reads_dark
from ..network.graph import Role
from ..network.ops import Array, Cell
from .film import Cue
from .formula import setting
from .framing import whole
from .piece import Window, moment, presence
from .props import Backdrop, Formula, Prop, Swarm
from .stage import WALL, Stage

NUMBER, SMALL, HERO = 1.06, 0.89, 1.9  # sizes of type in stage units: 15, 12 and 26 px of capitals
LEGIBLE, LEAST = 1.0, 0.85  # that of a number that stands for a cell, and of anything: 14 and 12 px
DROP = 0.36  # from the middle of a line of type to its baseline, in its size
OVER = 0.04  # how far type stands before a cell, in stage units
BEYOND = 3.0  # how much wider and higher than the stage its backdrop is
COMES, LEAVES = 0.32, 0.15  # when it is there, in the first beat, and gone, in the last
HOME, LANDS = 1.3, slice(0.1, 0.8)  # seconds of the last beat; of it, the flight of results to their sheets
MADE, ARRIVED = 0.7, 0.8  # of the span in which a number is made, and comes flying: when it is there
LINE, FRAME = 0.08, 0.14  # how thick a line is, and the frame around what is chosen is
LEVEL, OUTLINE = 0.09, 0.05  # the line that things stand on, and what is drawn around a place
MAP = (5.0, 1.15)  # the room of the small map, above the stage at the right
MARK = 0.34  # the size of the mark on it
Span = tuple[float, float]  # in beats: 1.5 is half way through the second one


@dataclass(frozen=True)
class Miniature:
    """Something of the scene, made so small that it has room on the stage."""

    of: Box
    most_wide: float
    most_high: float

    @property
    def scale(self) -> float:
        """Stage units to a unit of the scene."""
        return min(self.most_wide / self.of.size[0], self.most_high / self.of.size[2])

    @property
    def wide(self) -> float:
        """Its width in stage units."""
        return self.scale * self.of.size[0]

    @property
    def high(self) -> float:
        """Its height in stage units."""
        return self.scale * self.of.size[2]

    def spot(self, x: float, z: float) -> tuple[float, float]:
        """Where a place of the scene, or the nearest that it has, is seen from its middle."""
        low, high, centre = (np.array(point)[[0, 2]] for point in (self.of.low, self.of.high, self.of.centre))
        right, up = self.scale * (np.clip((x, z), low, high) - centre)
        return float(right), float(up)


@dataclass(frozen=True)
class Beat:
    """A step of a piece. `beat[0.2:0.5]` is a span of it, `beat.at(0.5)` a moment.

    Pieces name the parts of a beat, as slices, in the order in which things happen.
    """

    index: int
    name: str
    seconds: float  # that it takes at its natural pace

    def __getitem__(self, part: slice) -> Span:
        start, end = _edges(part)
        return self.at(start), self.at(end)

    @property
    def end(self) -> float:
        """When the next one begins."""
        return self.index + 1.0

    def at(self, share: float) -> float:
        """A moment of it."""
        return self.index + min(share, 1.0 - 1e-6)

    def each(self, count: int, part: slice = slice(None), ease: float = 1.0) -> list[Span]:
        """Consecutive spans for `count` things in a part of it; with `ease` below 1 each is so much shorter
        than the last."""
        start, end = _edges(part)
        lengths = ease ** np.arange(count)
        edges = start + (end - start) * np.r_[0.0, np.cumsum(lengths / lengths.sum())]
        return [self[float(a) : float(b)] for a, b in itertools.pairwise(edges)]


@dataclass(frozen=True, eq=False)
class Stand:
    """Where the cells of an actor stand: centres `[n, 3]`, sizes `[n, 3]` and colours `[n]` in -1 to 1."""

    places: Array
    sizes: Array
    values: Array


@dataclass(frozen=True)
class _Figure:
    """A text that stands on a cell and goes with it."""

    name: str
    text: str
    cell: int
    start: float
    end: float | None
    size: float
    of: tuple[str, Cell] | None
    ink: str | None
    lift: float  # how far over the cell's middle, in stage units


@dataclass(eq=False)
class Actor:
    """Cells that move through named poses, together or one after another."""

    name: str
    role: Role
    signed: bool
    count: int
    stage: Stage
    stands: dict[str, Stand] = field(default_factory=dict)
    enters: float = 0.0
    leaves: float | None = None
    home: str | None = None  # the block where it stays lit until that is computed
    paths: list[list[tuple[str, Span]]] = field(default_factory=list)  # for every cell, from its first pose
    figures: list[_Figure] = field(default_factory=list)
    glows: list[Span] = field(default_factory=list)

    def pose(self, name: str, places: Array, sizes: Array, values: Array | float) -> None:
        """Name a pose: centres and sizes in scene units, values in -1 to 1 for the colours."""
        n = (self.count, 3)
        self.stands[name] = Stand(
            np.broadcast_to(places, n), np.broadcast_to(sizes, n), np.broadcast_to(values, self.count)
        )

    def enter(self, pose: str, at: float) -> None:
        """Come on at a time, in a pose."""
        self.enters = at
        self.paths = [[(pose, (at, at))] for _ in range(self.count)]

    def to(
        self, pose: str, span: Span, only: Sequence[int] | None = None, stagger: float = 0.0, groups: int = 12
    ) -> None:
        """Go to a pose. With `stagger` cells set out one after another over that share of the span.

        They do so in at most `groups` groups.
        """
        cells = list(range(self.count)) if only is None else list(only)
        runs = np.array_split(cells, min(groups, len(cells))) if stagger else [np.array(cells)]
        start, end = span
        length = (1 - stagger) * (end - start)
        begins = np.linspace(start, end - length, len(runs))
        for run, begin in zip(runs, begins.tolist(), strict=True):
            for cell in run:
                self.paths[cell].append((pose, (begin, begin + length)))

    def exit(self, at: float) -> None:
        """Leave at a time."""
        self.leaves = at

    def stays(self, block: Block) -> None:
        """Stay lit where it lands, until the block is computed."""
        self.home = block.name

    def glow(self, span: Span) -> None:
        """Shine for a while."""
        self.glows.append(span)

    def write(
        self,
        cell: int,
        text: str,
        start: float,
        end: float | None = None,
        size: float = NUMBER,
        of: tuple[str, Cell] | None = None,
        ink: str | None = None,
        lift: float = 0.0,
    ) -> None:
        """A number on a cell from one time until another (None: until the actor leaves); it goes with it.

        With a `lift` it stands so far over the middle of the cell.
        """
        name = f"{self.name} {cell} {sum(figure.cell == cell for figure in self.figures)}"
        self.figures.append(_Figure(name, text, cell, start, end, size, of, ink, lift))

    def until(self, at: float) -> None:
        """Numbers that would stay leave at a time."""
        self.figures = [replace(f, end=at) if f.end is None else f for f in self.figures]

    # --- into props and cues ---

    def swarms(self) -> Iterator[tuple[Swarm, list[Span]]]:
        """Cells with the same path become one swarm; with it, when it goes to its second pose and so on."""
        same: dict[tuple[tuple[str, Span], ...], list[int]] = {}
        for cell, path in enumerate(self.paths):
            same.setdefault(tuple(path), []).append(cell)
        for n, (steps, cells) in enumerate(same.items()):
            stands = [self.stands[pose] for pose, _ in steps]
            places, sizes = (
                np.stack([part[cells] for part in parts])
                for parts in ([s.places for s in stands], [s.sizes for s in stands])
            )
            values = np.stack([stand.values[cells] for stand in stands])
            name = self.name if len(same) == 1 else f"{self.name} {n}"
            yield Swarm(name, self.role, self.signed, places, sizes, values), [way for _, way in steps[1:]]

    def where(self, cell: int, at: float) -> str:
        """The pose in which a cell is at a time; it must not be under way."""
        pose, (_, arrived) = next(step for step in reversed(self.paths[cell]) if step[1][0] <= at + 1e-9)
        if arrived > at + 1e-6:
            raise ValueError(f"{self.name} is under way to {pose} at {at}")
        return pose

    def front(self, cell: int, pose: str) -> Array:
        """The middle of a cell's front in a pose."""
        stand = self.stands[pose]
        half: Array = stand.sizes[cell] * (0.0, 0.5, 0.0)
        before: Array = stand.places[cell] - half - (0.0, OVER * self.stage.unit, 0.0)
        return before

    def steps(self, figure: _Figure) -> list[tuple[str, Span]]:
        """The ways that a text goes with its cell."""
        end = np.inf if figure.end is None else figure.end
        return [step for step in self.paths[figure.cell] if figure.start < step[1][1] and step[1][0] < end]


class SetPiece:
    """A calculation on the stage: collects actors, texts, lines and beats, and becomes props and cues."""

    def __init__(self, name: str, stage: Stage) -> None:
        self.name, self.stage = name, stage
        self.comes = COMES  # in the first beat: when its wall is there
        self.mapped = True  # whether a small map says where in the model this is
        self.act = ""  # what goes before the names of all that comes on from now on
        self.beats: list[Beat] = []
        self.actors: list[Actor] = []
        self._still: list[tuple[Prop, float, float | None]] = []  # texts and lines, from, until

    @contextmanager
    def beat(self, name: str, seconds: float) -> Iterator[Beat]:
        """The next step, and what it takes at its natural pace."""
        beat = Beat(len(self.beats), name, seconds)
        self.beats.append(beat)
        yield beat

    def _own(self, name: str) -> str:
        return names.prop(self.name, f"{self.act} {name}".strip())

    def named(self, name: str) -> list[Actor]:
        """The actors of a name: one or none."""
        return [actor for actor in self.actors if actor.name == names.prop(self.name, name)]

    def next_act(self, name: str) -> None:
        """Clear the stage of everything that has no home, and go on."""
        end = float(len(self.beats))
        for actor in self.actors:
            actor.leaves = end if actor.leaves is None and actor.home is None else actor.leaves
        self._still = [(prop, start, end if leave is None else leave) for prop, start, leave in self._still]
        self.act = name

    def until(self, at: float, *kinds: str) -> None:
        """Texts and lines whose names begin so, and that would stay, leave at a time."""
        begins = tuple(self._own(kind) for kind in kinds)
        self._still = [
            (prop, start, at if leave is None and prop.name.startswith(begins) else leave)
            for prop, start, leave in self._still
        ]

    def actor(self, name: str, role: Role, count: int, signed: bool = True) -> Actor:
        """A company of cells."""
        made = Actor(self._own(name), role, signed, count, self.stage)
        self.actors.append(made)
        return made

    def text(
        self,
        name: str,
        text: str,
        x: float,
        z: float,
        start: float,
        end: float | None = None,
        size: float = NUMBER,
        align: Align = "centre",
        ink: str = "ink",
        of: tuple[str, Cell] | None = None,
        y: float = 0.0,
        says: Says | None = None,
    ) -> None:
        """Words around a place on the stage, from one time until another (None: until results fly home)."""
        spot = self.stage.at(x, z - DROP * size, y - OVER)
        note = Text(self._own(name), text, _point(spot), size * self.stage.unit, align, ink, of=of, says=says)
        self._still.append((note, start, end))

    def line(
        self,
        name: str,
        path: Sequence[tuple[float, float]],
        start: float,
        end: float | None = None,
        width: float = LINE,
        ink: str = "faint",
        y: float = 0.0,
    ) -> None:
        """A line through places on the stage."""
        points = tuple(_point(self.stage.at(x, z, y)) for x, z in path)
        self._still.append((Line(self._own(name), points, width * self.stage.unit, ink), start, end))

    def outline(
        self, name: str, x: float, z: float, wide: float, high: float, start: float, end: float | None = None
    ) -> None:
        """The outline of what is still to come, or of what was there before."""
        self.line(name, rectangle(x, z, wide, high), start, end, OUTLINE)

    def level(
        self,
        name: str,
        ends: Span,
        z: float,
        start: float,
        end: float | None = None,
        y: float = 0.0,
        ink: str = "ink",
    ) -> None:
        """A line that things stand on, from left to right."""
        self.line(name, [(x, z) for x in ends], start, end, LEVEL, ink, y)

    def frame(
        self,
        name: str,
        around: tuple[float, float, float, float],
        start: float,
        end: float | None = None,
        width: float = FRAME,
        y: float = 0.0,
    ) -> None:
        """A frame in the colour of what is chosen, around a middle x, z, so wide and high."""
        self.line(name, rectangle(*around), start, end, width, "accent", y)

    def home(self, *landing: tuple[Actor, Block], pose: str = "sheet", seconds: float = HOME) -> Beat:
        """The last beat: results fly to their sheets, and stay until these are computed."""
        with self.beat("home", seconds) as beat:
            for actor, block in landing:
                actor.to(pose, beat[LANDS])
                actor.stays(block)
        return beat

    def formula(
        self,
        name: str,
        tex: str,
        x: float,
        z: float,
        start: float,
        end: float | None = None,
        size: float = NUMBER,
        lit: dict[int, Span] | None = None,
    ) -> None:
        """A formula around a place; its parts are faint but while they are `lit`, others always plain."""
        spot, scale = _point(self.stage.at(x, z, -OVER)), size * self.stage.unit
        for part in setting(tex).parts:
            spans = [("ink", start, end)]
            if lit and part in lit:
                a, b = (max(start, at) for at in lit[part])
                spans = [("faint", start, a), ("ink", a, b), ("faint", b, end)]
            for n, (ink, come, leave) in enumerate(spans):
                prop = Formula(self._own(f"{name} {part} {n}"), tex, part, spot, scale, ink)
                if leave is None or leave > come:
                    self._still.append((prop, come, leave))

    def locate(self, layout: Layout) -> None:
        """A small map of the model over the stage, and a mark on it that says where we are."""
        stage, span = self.stage, (self.comes, len(self.beats) - 1 + LEAVES)
        small = Miniature(whole(layout), *MAP)
        x, z = stage.reach - small.wide / 2, (stage.top + stage.height / 2) / 2 + 0.1
        self.machine(layout, small, (x, z), names.of_map, *span)
        right, up = small.spot(*stage.centre[::2])
        x, z = x + right, z + up
        start, end = span
        self.line(
            names.of_map("here"), [(x - MARK / 2, z), (x + MARK / 2, z)], start, end, MARK, "accent", y=-OVER
        )

    def machine(
        self,
        layout: Layout,
        small: Miniature,
        at: tuple[float, float],
        named: Callable[[int], str],
        start: float,
        end: float | None = None,
    ) -> None:
        """The model's outermost parts as outlines, around a place."""
        boxes = [part.box for part in layout.parts]
        for n, box in enumerate(part for part in map(small.of.common, boxes) if part is not None):
            x, z = small.spot(box.centre[0], box.centre[2])
            size = small.scale * box.size[0], small.scale * box.size[2]
            self.outline(named(n), at[0] + x, at[1] + z, *size, start, end)

    # --- into props and cues ---

    @property
    def props(self) -> list[Prop]:
        """Everything that there is to see."""
        found: list[Prop] = [swarm for actor in self.actors for swarm, _ in actor.swarms()]
        found += [note for actor in self.actors for note in self._figures(actor)]
        found.append(self._backdrop)
        return found + [prop for prop, _, _ in self._still]

    @property
    def boxes(self) -> list[Box]:
        """What the camera has to see."""
        return [self.stage.room]

    @property
    def seconds(self) -> float:
        """How long it takes at its natural pace."""
        return sum(beat.seconds for beat in self.beats)

    def timed(self, windows: dict[str, Window]) -> list[Window]:
        """When beats begin and end. A window named after a beat holds it and those up to the next name."""
        order = [beat.name for beat in self.beats]
        first = sorted(order.index(name) for name in windows)
        found: list[Window] = []
        for begin, end in zip(first, [*first[1:], len(order)], strict=True):
            run = self.beats[begin:end]
            start, stop = windows[order[begin]]
            edges = np.r_[0.0, np.cumsum([beat.seconds for beat in run])]
            edges = start + (stop - start) * edges / edges[-1]
            found += [(float(a), float(b)) for a, b in itertools.pairwise(edges)]
        return found

    def runs(self, begins: Iterable[str]) -> dict[str, float]:
        """Seconds that the piece takes at its natural pace from each of these beats to the next of them."""
        order = [beat.name for beat in self.beats]
        first = sorted(order.index(name) for name in begins)
        return {
            order[a]: sum(beat.seconds for beat in self.beats[a:b])
            for a, b in itertools.pairwise([*first, len(order)])
        }

    def landed(self) -> list[tuple[str, str]]:
        """What stays lit where it landed: the props, and the blocks that take their places once computed."""
        return [(s.name, a.home) for a in self.actors if a.home is not None for s, _ in a.swarms()]

    def cues(self, windows: list[Window]) -> list[Cue]:
        """Everything as cues, beats lasting as long as their windows. What has `landed` stays."""
        cues = self._backdrop_cues(windows)
        for actor in self.actors:
            cues += _acted(actor, windows)
            for figure, note in zip(actor.figures, self._figures(actor), strict=True):
                cues += _worn(actor, figure, note, windows)
        for prop, start, end in self._still:
            cues += _shown(prop, moment(windows, start), _until(windows, end))
        return cues

    @property
    def _backdrop(self) -> Backdrop:
        """The wall behind the stage, where it stands before the calculation: behind the model."""
        stage = self.stage
        x, y, z = stage.centre
        size = BEYOND * stage.unit * stage.width, BEYOND * stage.unit * stage.height
        name = names.prop(self.name, "backdrop")
        return Backdrop(name, (x, y + WALL * stage.unit, z), *size)

    def _backdrop_cues(self, windows: list[Window]) -> list[Cue]:
        """It is there once copies have left their sheets, and gone when results fly home: at once, since on
        its way it would cut through the sheets."""
        come, gone = along(windows[0], self.comes), along(windows[-1], LEAVES)
        return presence(self._backdrop.name, come, gone)

    def _figures(self, actor: Actor) -> list[Text]:
        found = []
        for figure in actor.figures:
            pose = actor.where(figure.cell, figure.start)
            up = (figure.lift - DROP * figure.size) * self.stage.unit
            spot = actor.front(figure.cell, pose) + (0.0, 0.0, up)
            dark = reads_dark(actor.role, actor.signed, actor.stands[pose].values[figure.cell])
            ink = figure.ink or ("on dark" if dark else "on light")
            size = figure.size * self.stage.unit
            found.append(Text(figure.name, figure.text, _point(spot), size, "centre", ink, of=figure.of))
        return found


def along(span: Span, share: float) -> float:
    """A moment within a span."""
    return span[0] + share * (span[1] - span[0])


def _edges(part: slice) -> Span:
    """Begin and end of a part of a whole."""
    return 0.0 if part.start is None else part.start, 1.0 if part.stop is None else part.stop


def rectangle(x: float, z: float, wide: float, high: float) -> list[tuple[float, float]]:
    """The path around a middle."""
    a, b = wide / 2, high / 2
    return [(x - a, z - b), (x + a, z - b), (x + a, z + b), (x - a, z + b), (x - a, z - b)]


def _acted(actor: Actor, windows: list[Window]) -> list[Cue]:
    """The presence, the moves and the glow of an actor's swarms."""
    cues: list[Cue] = []
    leave = None if actor.home is not None else _until(windows, actor.leaves)
    for swarm, spans in actor.swarms():
        cues += presence(swarm.name, moment(windows, actor.enters), leave)
        for pose, span in enumerate(spans, 1):
            times = moment(windows, span[0]), moment(windows, span[1])
            cues.append(Cue(swarm.name, "pose", *times, pose - 1.0, float(pose), "cubic"))
        cues += _reddened(actor, swarm.name, spans, windows)
        for span in actor.glows:
            start, end = (moment(windows, t) for t in span)
            middle = (start + end) / 2
            cues.append(Cue(swarm.name, "highlight", start, middle, 0.0, 0.5, "smooth"))
            cues.append(Cue(swarm.name, "highlight", middle, end, 0.5, 0.0, "smooth"))
    return cues


def _reddened(actor: Actor, name: str, spans: list[Span], windows: list[Window]) -> list[Cue]:
    """On the stage negative values are rose; at home they are not."""
    come = moment(windows, actor.enters)
    if not spans:
        return [Cue(name, "rose", come, come, 1.0, 1.0)]
    first = moment(windows, spans[0][1]) if actor.paths[0][0][0] == "sheet" else come
    cues = [Cue(name, "rose", come, first, 0.0 if first > come else 1.0, 1.0)]
    if actor.home is not None:
        cues.append(Cue(name, "rose", moment(windows, spans[-1][0]), moment(windows, spans[-1][1]), 1.0, 0.0))
    return cues


def _worn(actor: Actor, figure: _Figure, note: Text, windows: list[Window]) -> list[Cue]:
    """A text that goes with its cell."""
    end = figure.end if figure.end is not None else actor.leaves
    cues = _shown(note, moment(windows, figure.start), _until(windows, end))
    drop = np.array(note.at) - actor.front(figure.cell, actor.where(figure.cell, figure.start))
    last = np.array(note.at)
    for pose, span in actor.steps(figure):
        there = actor.front(figure.cell, pose) + drop
        times = moment(windows, span[0]), moment(windows, span[1])
        for channel, a, b in zip("xyz", last.tolist(), there.tolist(), strict=True):
            if abs(a - b) > 1e-6:
                cues.append(Cue(note.name, f"location_{channel}", *times, a, b, "cubic"))
        last = there
    return cues


def _shown(prop: Prop, come: float, leave: float) -> list[Cue]:
    return presence(prop.name, come, leave)


def _until(windows: list[Window], at: float | None) -> float:
    """The film's time at a time in beats; None is when results fly home."""
    return along(windows[-1], LEAVES) if at is None else moment(windows, at)


def _point(at: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in at)
    return x, y, z
