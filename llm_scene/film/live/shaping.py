"""Where moving cells, numbers and lines of close-ups stand, where their places and sizes tell numbers.

What the film's own prompt has them at is their anchor: scales, levels and widths are read off it, and only
what hangs on numbers is worked out again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ...layout import names
from ...layout.drawn import Text
from ..film import Film
from ..props import Backdrop, Swarm
from ..shapes import RELIEF, THICK, THINNEST
from ..stage import sides
from ..stagecraft import BEYOND
from .copied import Copies
from .sums import At, Number, Sums

X, Z = 0, 2  # to the right and up
TINY = 1e-9  # what keeps from dividing by nothing
ALIKE = 1e-4  # a difference of sizes that is none
One = tuple[Swarm, int]  # a moving cell


@dataclass
class Shapes:
    """Everything that moves with numbers: new places along x and z, new sizes, all in the scene's axes."""

    places: dict[str, list[tuple[int, int, int, Number]]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, list[tuple[int, int, int, Number]]] = field(default_factory=lambda: defaultdict(list))
    shifts: dict[str, dict[int, Number]] = field(default_factory=dict)  # of texts and lines, by their names
    stretched: dict[str, tuple[Number, float]] = field(default_factory=dict)  # lines, and where they begin


class Shaping:
    """All of a film's close-ups, with what was found out of them."""

    def __init__(self, film: Film, copies: Copies, sums: Sums) -> None:
        self.film, self.copies, self.sums = film, copies, sums
        self.written = {prop.name: prop for prop in film.props if isinstance(prop, Text)}
        wide = sides(film.aspect)[0]
        walls = [prop for prop in film.props if isinstance(prop, Backdrop)]
        self.units = {names.piece_of(wall.name): wall.width / (BEYOND * wide) for wall in walls}
        self.found = Shapes()
        self.numbers: dict[str, list[Number]] = {}  # that texts tell, by the texts' names

    def relief(self, swarm: Swarm, pose: int) -> float:
        """By how much the largest values stand out, where cells do so by their value."""
        unit, deep = self.units.get(names.piece_of(swarm.name), 0.0), swarm.sizes[pose, :, 1]
        by_value = np.allclose(deep, unit * (THICK + RELIEF * swarm.values[pose]), atol=ALIKE)
        return unit * RELIEF if by_value else 0.0


@dataclass(frozen=True)
class CloseUp:
    """One piece of them, where its cells, texts and lines have the names that the piece gave them."""

    shaping: Shaping
    piece: str
    act: str = ""

    @property
    def sums(self) -> Sums:
        """The list of numbers."""
        return self.shaping.sums

    @property
    def unit(self) -> float:
        """Its stage's, in scene units."""
        return self.shaping.units[self.piece]

    def name(self, part: str) -> str:
        """What a part of it is called in the film."""
        return names.prop(self.piece, f"{self.act} {part}".strip())

    @cached_property
    def written(self) -> dict[str, Text]:
        """Its texts, by the names of its own."""
        begin = self.name("")
        return {
            name.removeprefix(begin).strip(): text
            for name, text in self.shaping.written.items()
            if name.startswith(begin)
        }

    @cached_property
    def of(self) -> dict[str, At]:
        """The cells that its texts tell, by the names of these."""
        return {name: text.of for name, text in self.written.items() if text.of is not None}

    def numbered(self, pattern: str) -> dict[int, At]:
        """The cells of texts whose names match, by the number in the name."""
        matches = ((re.fullmatch(pattern, name), at) for name, at in self.of.items())
        return dict(sorted((int(match[1]), at) for match, at in matches if match is not None))

    def swarms(self, pattern: str) -> list[Swarm]:
        """Those whose names match."""
        named = re.compile(re.escape(self.name("")) + (" " if self.act else "") + pattern)
        return [swarm for swarm in self.shaping.copies.swarms if named.fullmatch(swarm.name)]

    def company(self, actor: str, pose: int = 0, axis: int = X) -> list[One]:
        """The cells of an actor, from left to right or from top to bottom as they stand in a pose."""
        swarms = [s for s in self.swarms(re.escape(actor) + r"( \d+)?") if len(s.places) > pose]
        cells = [(swarm, i) for swarm in swarms for i in range(swarm.places.shape[1])]
        sign = 1 if axis == X else -1
        return sorted(cells, key=lambda one: sign * float(one[0].places[pose, one[1], axis]))

    # --- what is known of it ---

    def write(self, text: str, *numbers: Number) -> None:
        """The numbers that a text of it writes, where there is that text."""
        if text in self.written:
            self.shaping.numbers[self.name(text)] = list(numbers)

    def paint(self, one: One, pose: int, tone: Number) -> None:
        """What a cell is painted by."""
        self.shaping.copies.set(one[0], pose, one[1], tone)

    def all_poses(self, actor: str, tone: Number) -> None:
        """The same, for all cells of an actor in all of its poses."""
        for one in self.company(actor):
            for pose in range(len(one[0].places)):
                self.paint(one, pose, tone)

    def counts(self, actor: str, totals: Sequence[Number], matrix: str) -> None:
        """A cell that counts: painted by what it has come to, from nothing on."""
        for one in self.company(actor):
            for pose, total in enumerate([self.sums.constant(0.0), *totals]):
                self.paint(one, pose, total / self.sums.scale(matrix))

    def stand(self, one: One, pose: int, axis: int, place: Number, size: Number | None = None) -> None:
        """Where a cell stands along an axis, and how large it is along it, in scene units."""
        swarm, i = one
        self.shaping.found.places[swarm.name].append((pose, i, axis, place))
        if size is not None:
            self.size(one, pose, axis, size)

    def size(self, one: One, pose: int, axis: int, size: Number) -> None:
        """How large a cell is along an axis."""
        self.shaping.found.sizes[one[0].name].append((pose, one[1], axis, size))

    def moved(self, one: One, pose: int, axis: int, way: Number) -> None:
        """A cell that stands so far from its place in the film."""
        self.stand(one, pose, axis, way + float(one[0].places[pose, one[1], axis]))

    def bar(self, one: One, pose: int, height: Number, base: Number) -> None:
        """A bar that stands on a level, or hangs from it."""
        size = self.sums.most([self.sums.made("size", height), THINNEST * self.unit])
        self.stand(one, pose, Z, base + height / 2.0, size)

    def shift(self, part: str, axis: int, way: Number) -> None:
        """How far a text or a line stands from its place in the film."""
        self.shaping.found.shifts.setdefault(self.name(part), {})[axis] = way

    def stretch(self, line: str, by: Number, start: float) -> None:
        """A line so many times as long as in the film, from where it begins."""
        self.shaping.found.stretched[self.name(line)] = by, start

    def cell_of(self, one: One, pose: int) -> Number:
        """The cell that one is a copy of in a pose: its value."""
        found = self.sums.beneath(int(self.shaping.copies.tones[one[0].name][pose, one[1]]))
        if found is None:
            raise LookupError(f"{one[0].name} is no copy of a cell")
        return found


def running(terms: Sequence[Number]) -> Iterator[tuple[int, Number]]:
    """Sums of the first 1, 2, ... terms."""
    for n in range(1, len(terms) + 1):
        yield n, terms[0].sums.total(terms[:n])


def scale(bars: Sequence[tuple[One, float]], pose: int) -> tuple[float, float]:
    """Height for a value of 1, and the level that bars stand on, read off the largest one."""
    (swarm, i), value = max(bars, key=lambda bar: abs(bar[1]))
    tall = float(swarm.sizes[pose, i, Z])
    return tall / max(abs(value), TINY), float(swarm.places[pose, i, Z]) - np.sign(value) * tall / 2


def slope(places: Sequence[float], values: Sequence[float]) -> float:
    """By how much a place goes on with a value."""
    low, high = int(np.argmin(values)), int(np.argmax(values))
    return (places[high] - places[low]) / max(values[high] - values[low], TINY)
