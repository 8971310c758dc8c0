"""A set piece: props and what they do, on a clock of its own that counts phases.

A piece knows nothing of the film around it. Whoever performs it says when each of its phases begins
and ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from ..layout.drawn import Line, Text
from ..layout.layout import Box
from .film import Cue
from .props import Prop, Swarm

Window = tuple[float, float]  # begin and end of a phase, in seconds of the film
Thing = TypeVar("Thing", Swarm, Text, Line)


@dataclass
class Piece:
    """Collects props and their moves. Times are in phases: 1.5 is half way through the second one."""

    name: str
    props: list[Prop] = field(default_factory=list)
    stays: list[tuple[Prop, float, float | None]] = field(default_factory=list)  # on the scene from, until
    moves: list[tuple[Swarm, int, float, float]] = field(default_factory=list)  # to a pose, from, until

    def show(self, prop: Thing, start: float, end: float | None = None) -> Thing:
        """Bring a prop on at a time, and off at another (None: at the end of the piece)."""
        if any(prop.name == other.name for other in self.props):
            raise ValueError(f"two props are called {prop.name}")
        self.props.append(prop)
        self.stays.append((prop, start, end))
        return prop

    def move(self, swarm: Swarm, pose: int, start: float, end: float) -> None:
        """Take a swarm from the pose before to this one."""
        self.moves.append((swarm, pose, start, end))

    @property
    def boxes(self) -> list[Box]:
        """What it fills: words, lines, and the cells between their first pose and their last."""
        found = [prop.box for prop in self.props if not isinstance(prop, Swarm)]
        for swarm in (prop for prop in self.props if isinstance(prop, Swarm)):
            found += [swarm.box(pose) for pose in range(1, len(swarm.places) - 1)]
        return found

    def landed(self) -> list[tuple[str, str]]:
        """Nothing of it stays."""
        return []

    def cues(self, windows: list[Window]) -> list[Cue]:
        """Everything as cues, the phases lasting as long as their windows."""
        cues = []
        for prop, start, end in self.stays:
            come = moment(windows, start)
            leave = moment(windows, end) if end is not None else windows[-1][1]
            cues += presence(prop.name, come, leave)
        for swarm, pose, start, end in self.moves:
            times = moment(windows, start), moment(windows, end)
            cues.append(Cue(swarm.name, "pose", *times, pose - 1.0, float(pose), "cubic"))
        return cues


def presence(name: str, come: float, leave: float | None = None) -> list[Cue]:
    """Hidden until one time and again from another."""
    cues = [Cue(name, "hidden", 0.0, come, 1.0, 0.0, "step")]
    if leave is not None:
        cues.append(Cue(name, "hidden", come, leave, 0.0, 1.0, "step"))
    return cues


def moment(windows: list[Window], phase: float) -> float:
    """The film's time at a time in phases; between two windows time passes in neither."""
    which = min(int(phase), len(windows) - 1)
    start, end = windows[which]
    return start + (phase - which) * (end - start)
