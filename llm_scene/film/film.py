"""What a film consists of. Every state is a pure function of time; nothing here knows Blender.

A cue moves one channel of one target from one value to another. A channel has one owner at a time: two
cues that write the same channel at once are an error that names both.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from ..errors import UserError
from ..layout.layout import Box, Point
from .props import Prop

EASINGS: dict[str, Callable[[float], float]] = {
    "linear": lambda t: t,
    "smooth": lambda t: 0.5 - 0.5 * math.cos(math.pi * t),  # Blender's SINE, in and out
    "cubic": lambda t: 4 * t**3 if t < 0.5 else 1 - (2 - 2 * t) ** 3 / 2,  # CUBIC, in and out
    "step": lambda t: 0.0 if t < 1 else 1.0,
}


@dataclass(frozen=True)
class Cue:
    """`channel` of `target` goes from `a` to `b` between the times `start` and `end` (seconds)."""

    target: str
    channel: str
    start: float
    end: float
    a: float
    b: float
    easing: str = "linear"

    def value(self, t: float) -> float:
        """The value at a time, held before and after."""
        if t <= self.start:
            return self.a
        if t >= self.end:
            return self.b
        return self.a + (self.b - self.a) * EASINGS[self.easing]((t - self.start) / (self.end - self.start))

    def within(self, start: float, end: float) -> Cue | None:
        """What of it falls between two times; None where nothing does."""
        first, last = max(start, self.start), min(end, self.end)
        if first > last or (first == last and self.start < self.end):
            return None
        a = self.a if first == self.start else self.value(first)
        b = self.b if last == self.end else self.value(last)  # of a change at once, too
        return replace(self, start=first, end=last, a=a, b=b)


@dataclass(frozen=True)
class Pose:
    """A camera on a turntable: it looks at `target` from a distance.

    `azimuth` is the angle to the right of the front view and `elevation` the angle above it, in degrees;
    `lens` is in millimetres on a sensor 36 mm wide. `fstop` is relative to the distance, so that a value
    blurs a close and a far shot alike; 0 keeps everything sharp.
    """

    target: Point
    azimuth: float
    elevation: float
    distance: float
    lens: float = 40.0
    fstop: float = 0.0

    @property
    def eye(self) -> Point:
        """Where the camera stands."""
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        x, y, z = self.target
        d = self.distance
        return x + d * math.sin(a) * math.cos(e), y - d * math.cos(a) * math.cos(e), z + d * math.sin(e)

    def apart(self, other: Pose) -> bool:
        """Whether a picture from one is not the same from the other."""
        way = math.dist(self.eye, other.eye) + math.dist(self.target, other.target)
        return way > 1e-3 * self.distance or abs(self.lens - other.lens) > 1e-3 * self.lens

    def towards(self, other: Pose, share: float) -> Pose:
        """Part of the way to another pose; every number on its own, as keyframes interpolate."""

        def mix(a: float, b: float) -> float:
            return a + (b - a) * share

        x, y, z = (mix(a, b) for a, b in zip(self.target, other.target, strict=True))
        return Pose(
            (x, y, z),
            mix(self.azimuth, other.azimuth),
            mix(self.elevation, other.elevation),
            mix(self.distance, other.distance),
            mix(self.lens, other.lens),
            mix(self.fstop, other.fstop),
        )


@dataclass(frozen=True)
class Shot:
    """The camera goes from one pose to another and keeps its subject in the frame.

    A travel has no subject. `kind` is one of the kinds of shots in `views.VIEWS`.
    """

    start: float
    end: float
    subject: tuple[str, ...]  # names of blocks
    a: Pose
    b: Pose
    easing: str = "smooth"
    kind: str = "plan"
    holds: tuple[Box, ...] = field(default=(), repr=False)  # what stays inside the safe part of the frame

    def pose(self, t: float) -> Pose:
        """The camera at a time within the shot."""
        share = min(1.0, max(0.0, (t - self.start) / (self.end - self.start)))
        return self.a.towards(self.b, EASINGS[self.easing](share))


@dataclass(frozen=True)
class Caption:
    """A line to read. `text` is in the film's language; `key` names it in the caption files.

    `comment` is what a teacher would say there, with links to matrices (`words.LINK`).
    """

    start: float
    end: float
    key: str
    text: str
    comment: str = ""


Timed = TypeVar("Timed", Shot, Cue, Caption)


@dataclass(frozen=True)
class Chapter:
    """A part of the film that stands alone."""

    name: str
    title: str
    start: float
    end: float
    shots: tuple[Shot, ...]
    cues: tuple[Cue, ...] = field(repr=False)
    captions: tuple[Caption, ...]
    head: str = ""  # the running head: what this part of the film is about, in a few words
    headed: float | None = None  # until when it is there, if not until the end

    def moved(self, by: float) -> Chapter:
        """The same chapter at another time."""

        def move(things: Iterable[Timed]) -> tuple[Timed, ...]:
            return tuple(replace(thing, start=thing.start + by, end=thing.end + by) for thing in things)

        return replace(
            self,
            start=self.start + by,
            end=self.end + by,
            headed=None if self.headed is None else self.headed + by,
            shots=move(self.shots),
            cues=move(self.cues),
            captions=move(self.captions),
        )


@dataclass(frozen=True)
class Writing:
    """What is written on a film's picture."""

    captions: tuple[Caption, ...]
    heads: tuple[Caption, ...]


@dataclass(frozen=True)
class Film:
    """Chapters one after the other, and the props that exist for the film alone."""

    name: str
    chapters: tuple[Chapter, ...]
    fps: float = 24
    props: tuple[Prop, ...] = field(default=(), repr=False)
    aspect: float = 16 / 9  # width by height of the picture it is framed for
    credit: str = ""  # what the model says it is, its licence and source
    edited: Writing | None = None  # what an artist wrote on the picture, instead of the chapters'

    def __post_init__(self) -> None:
        for cues in self.tracks.values():
            for one, other in itertools.pairwise(cues):
                if other.start < one.end - 1e-6:
                    raise ValueError(
                        f"two cues write {one.channel} of {one.target} at once: {one} and {other}"
                    )

    @property
    def duration(self) -> float:
        """In seconds."""
        return self.chapters[-1].end

    @property
    def n_frames(self) -> int:
        """Frames 0 to n_frames - 1; frame f is shown at f / fps."""
        return round(self.duration * self.fps)

    @property
    def shots(self) -> list[Shot]:
        """All shots in order."""
        return [shot for chapter in self.chapters for shot in chapter.shots]

    @property
    def cuts(self) -> list[float]:
        """When the camera is suddenly elsewhere."""
        return [after.start for before, after in itertools.pairwise(self.shots) if before.b.apart(after.a)]

    @property
    def captions(self) -> list[Caption]:
        """All captions in order."""
        if self.edited is not None:
            return list(self.edited.captions)
        return [caption for chapter in self.chapters for caption in chapter.captions]

    @property
    def heads(self) -> list[Caption]:
        """The running heads: what the film is about from when until when."""
        if self.edited is not None:
            return list(self.edited.heads)
        found: list[Caption] = []
        for chapter in self.chapters:
            end = chapter.end if chapter.headed is None else chapter.headed
            if found and (found[-1].text, found[-1].end) == (chapter.head, chapter.start):
                found[-1] = replace(found[-1], end=end)
            elif chapter.head:
                found.append(Caption(chapter.start, end, f"head {chapter.name}", chapter.head))
        return found

    @cached_property
    def tracks(self) -> dict[tuple[str, str], list[Cue]]:
        """The cues of every (target, channel), in order."""
        tracks: dict[tuple[str, str], list[Cue]] = {}
        for chapter in self.chapters:
            for cue in chapter.cues:
                tracks.setdefault((cue.target, cue.channel), []).append(cue)
        return {key: sorted(cues, key=lambda cue: cue.start) for key, cues in tracks.items()}

    def value(self, target: str, channel: str, t: float, rest: float = 0.0) -> float:
        """A channel's value at a time; `rest` where no cue ever writes it."""
        cues = self.tracks.get((target, channel))
        if not cues:
            return rest
        past = bisect_right(cues, t, key=lambda cue: cue.start) - 1
        return cues[max(0, past)].value(t)

    def presence(self, name: str) -> list[tuple[float, float]]:
        """When a thing is on the scene, (from, until); until infinity where it stays."""
        cues = self.tracks.get((name, "hidden"), [])
        changes = [(0.0, cues[0].a if cues else 0.0), *((cue.end, cue.b) for cue in cues)]
        ends = [time for time, _ in changes[1:]] + [math.inf]
        spans = zip(changes, ends, strict=True)
        return [(come, leave) for (come, hidden), leave in spans if hidden < 0.5 and leave > come]

    def pose(self, t: float) -> Pose:
        """The camera at a time."""
        shots = self.shots
        past = bisect_right(shots, t, key=lambda shot: shot.start) - 1
        return shots[max(0, past)].pose(t)

    def caption(self, t: float) -> Caption | None:
        """The caption on the screen at a time."""
        return next((c for c in self.captions if c.start <= t < c.end), None)

    def only(self, names: Sequence[str]) -> Film:
        """These chapters alone, in the film's order; what came before has happened when they begin."""
        known = [chapter.name for chapter in self.chapters]
        for name in names:
            if name not in known:
                raise UserError(f"This film has no chapter “{name}”; choose from {', '.join(known)}.")
        kept: list[Chapter] = []
        now = 0.0
        for chapter in self.chapters:
            if chapter.name in names:
                kept.append(self._alone(chapter).moved(now - chapter.start))
                now = kept[-1].end
        return replace(self, chapters=tuple(kept))

    def _alone(self, chapter: Chapter) -> Chapter:
        """A chapter that sets every channel of the film as it needs it."""
        start, end = chapter.start, chapter.end
        cues: list[Cue] = []
        for (target, channel), track in self.tracks.items():
            parts = [part for cue in track if (part := cue.within(start, end)) is not None]
            if not parts or parts[0].start > start:
                value = self.value(target, channel, start)
                cues.append(Cue(target, channel, start, start, value, value))
            cues += parts
        return replace(chapter, cues=tuple(cues))

    def __repr__(self) -> str:
        """The storyboard."""
        lines = [f"{self.name}: {self.duration:.1f} s, {self.n_frames} frames at {self.fps:g} fps"]
        for chapter in self.chapters:
            lines.append(f"{chapter.start:7.2f}  {chapter.title}")
            lines += [f"{s.start:7.2f}    shot of {_few(s.subject)}" for s in chapter.shots]
            lines += [f"{c.start:7.2f}    “{c.text}”" for c in chapter.captions]
        return "\n".join(lines)


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:2])
    return f"{shown} and {len(names) - 2} more" if len(names) > 2 else shown
