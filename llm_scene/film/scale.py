"""The film Scale: from a single cell back through larger and larger models, in one move.

Captions put the sizes into words: as if a cell were a millimetre wide, and compared with things whose
size is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np

from ..layout import names
from ..layout.drawn import Text
from ..layout.layout import Box
from ..layout.lineup import Place
from .film import Caption, Chapter, Cue, Film, Pose
from .framing import SAFE, frame
from .pullback import Path, Pullback
from .words import Words, reading_time

NAME = "scale"
LENS = 32.0  # mm, throughout
PACE = 0.55  # how far the logarithm of the distance grows in a second, where nothing takes longer to read
HOLD = 2.4  # seconds at the beginning in which it hardly moves
REST = 3.0  # seconds in which the camera comes to rest at the end
FARTHER = 1.08  # by which it still moves away meanwhile
NEARLY = 1.3  # by which it has moved away from the cell after the beginning
AZIMUTH = -30.0
CLOSE = (-24.0, 9.0)  # azimuth and elevation before the cell
ROOM = (-0.94, 0.94, -0.66, 0.92)  # of the picture for models; below it a caption has its line
STANDING, LYING = 14.0, 24.0  # elevations before a model that stands upright, and over a town of blocks
TINY = 0.002  # what is smaller, relative to the camera's distance, is about a pixel of 640
LEGIBLE = 0.012  # the height of letters that can just be read, in the same way
CHANGE = 0.8  # seconds in which a card gives way to a pin
PIN = 0.02  # height of a pin's letters, in the same way
STEP = 0.25  # seconds between two keys of a pin's size, at most
THINGS = {  # metres
    "sheet": 0.297,  # ISO 216
    "table": 2.74,
    "court": 23.77,
    "pool": 50.0,
    "pitch": 105.0,
    "tower": 330.0,
    "bridge": 1280.0,
    "everest": 8849.0,
    "marathon": 42195.0,
}
PITCH = THINGS["pitch"] * 68.0  # square metres
CELL = 1e-3  # metres: as if a cell were so wide
PIN_LOW, PIN_STEP = 2.5, 2.2  # heights of the lowest pin, and from one to the next, in that of its letters
AROUND = 0.3  # cells of room around the first one
FLAT = 0.12  # height by width of a model up to which it counts as lying


@dataclass(frozen=True)
class Start:
    """The cell with which the film begins."""

    box: Box
    value: str = ""  # as it is written on it; empty where it has none


@dataclass(frozen=True)
class _Step:
    """What is said of the cell or of a model, and from where it is seen."""

    name: str
    title: str
    pose: Pose
    captions: tuple[tuple[str, str], ...]  # (key, text)

    @property
    def reading(self) -> float:
        """Seconds to read all captions."""
        return sum(reading_time(text) for _, text in self.captions)


def pin_height(rank: int) -> float:
    """Height of a pin, relative to the camera's distance; the smallest model has rank 0."""
    return (PIN_LOW + PIN_STEP * rank) * PIN


def compose_scale(
    places: Sequence[Place],
    start: Start,
    sizes: Mapping[str, float],
    words: Words,
    *,
    captions: bool = True,
    aspect: float = 16 / 9,
    notes: Sequence[Text] = (),
) -> Film:
    """The film of models side by side, small before large.

    `sizes` are targets that are hidden (channel `hidden`) where they have become too small to be seen,
    with their heights. Cards give way to pins, which keep one size in the picture (`scale`).
    """
    steps = [_cell(start, words, aspect), *_models(places, words, aspect)]
    edges = [0.0, *accumulate(_length(steps, n) for n in range(len(steps)))]
    path = _path(steps, edges)
    cues = [*_hidden(sizes, path), *_cards(places, path)]
    chapters = []
    for n, (step, (begin, end)) in enumerate(zip(steps, pairwise(edges), strict=True)):
        shot = Pullback(begin, end, (step.name,), path.pose(begin), path.pose(end), path=path, begun=begin)
        said = tuple(_captions(step, begin, end)) if captions else ()
        here = tuple(cues) if n == 0 else ()
        chapters.append(Chapter(step.name, step.title, begin, end, (shot,), here, said))
    return Film(NAME, tuple(chapters), props=tuple(notes), aspect=aspect)


# --- what is said, and from where ---


def _cell(start: Start, words: Words, aspect: float) -> _Step:
    pose = frame([start.box.grown(AROUND)], *CLOSE, lens=LENS, aspect=aspect, safe=SAFE)
    key = "cell" if start.value else "shape_cell"
    said = ((key, words.scale[key].format(value=start.value)), ("grain", words.scale["grain"]))
    return _Step("cell", words.scale["title"], pose, said)


def _models(places: Sequence[Place], words: Words, aspect: float) -> Iterator[_Step]:
    nearest = 0.0
    for n, place in enumerate(places):
        before = places[n - 1] if n else None
        subject = [place.box, place.card_box] + ([before.box] if before else [])
        width, _, height = place.box.size
        elevation = LYING if height < FLAT * width else STANDING
        pose = frame(subject, AZIMUTH, elevation, lens=LENS, aspect=aspect, safe=ROOM)
        nearest = max(pose.distance, FARTHER * nearest)  # the camera never comes back
        said = _facts(place, before, place is places[-1], words)
        pose = replace(pose, distance=nearest)
        yield _Step(place.exhibit.name, place.exhibit.title, pose, tuple(said))


def _facts(place: Place, before: Place | None, last: bool, words: Words) -> Iterator[tuple[str, str]]:
    count = place.exhibit.n_params
    facts: dict[str, str] = {"model": place.exhibit.title, "parameters": f"{count:,}"}
    if before is not None:
        facts |= {"smaller": before.exhibit.title, "times": ratio(count / before.exhibit.n_params)}
    key = "model" if before is None else "larger"
    yield key, words.scale[key].format(**facts)
    width = CELL * place.box.size[0]
    thing, times = compared(width)
    yield "size", words.scale["size"].format(length=metres(width), count=times, thing=words.things[thing])
    if last:
        ground = CELL**2 * count  # square metres
        key = "pitches" if ground >= PITCH else "area"
        yield key, words.scale[key].format(area=square_metres(ground), count=ratio(ground / PITCH))


def compared(length: float) -> tuple[str, str]:
    """The largest thing that is not longer than so many metres, and how many times it is."""
    thing = max((t for t in THINGS if THINGS[t] <= length), key=THINGS.__getitem__, default="sheet")
    return thing, ratio(length / THINGS[thing])


def ratio(value: float) -> str:
    """A ratio with two digits that count, in full where it is large."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def metres(length: float) -> str:
    """A length to be read."""
    if length >= 1000:
        return f"{length / 1000:.1f} km"
    if length >= 10:
        return f"{length:.0f} m"
    return f"{length:.1f} m" if length >= 1 else f"{100 * length:.0f} cm"


def square_metres(area: float) -> str:
    """An area to be read."""
    return f"{area:,.0f} m²" if area >= 10 else f"{area:.1f} m²" if area >= 1 else f"{1e4 * area:,.0f} cm²"


# --- when ---


def _length(steps: Sequence[_Step], n: int) -> float:
    """Seconds that a step lasts: to be read, and half of the ways before and after it."""
    last = len(steps) - 1
    near, far = (math.log(steps[i].pose.distance) for i in (max(n - 1, 0), min(n + 1, last)))
    still = (HOLD if n == 0 else 0.0) + (REST if n == last else 0.0)
    return max(steps[n].reading, (far - near) / 2 / PACE) + still


def _path(steps: Sequence[_Step], edges: Sequence[float]) -> Path:
    """At the cell at first, before every model in the middle of its step, at rest before the last."""
    middles = [(a + b) / 2 for a, b in pairwise(edges[1:])]
    middles[-1] = edges[-1] - REST
    first, last = steps[0].pose, steps[-1].pose
    times = (0.0, HOLD, *middles, edges[-1])
    nearly = replace(first, distance=NEARLY * first.distance)
    farther = replace(last, distance=FARTHER * last.distance)
    return Path(times, (first, nearly, *(step.pose for step in steps[1:]), farther))


def _captions(step: _Step, begin: float, end: float) -> Iterator[Caption]:
    now, slack = begin, (end - begin) / step.reading
    for key, text in step.captions:
        after = now + slack * reading_time(text)
        yield Caption(now, after, key, text)
        now = after


def _hidden(sizes: Mapping[str, float], path: Path) -> Iterator[Cue]:
    for target, size in sizes.items():
        gone = path.when(size / TINY)
        if gone < path.times[-1]:
            yield Cue(target, "hidden", gone, gone, 0.0, 1.0, "step")


def _cards(places: Sequence[Place], path: Path) -> Iterator[Cue]:
    """Cards shrink away where their names can no longer be read; pins grow in their stead."""
    end = path.times[-1]
    for place in places[:-1]:
        begun = path.when(place.card[0].size / LEGIBLE)
        if begun + CHANGE >= end:
            continue
        letters = place.card[0].size
        yield Cue(names.card(place.exhibit.name), "scale", begun, begun + CHANGE, letters, 0.0, "smooth")
        pin, now, size = names.pin(place.exhibit.name), begun + CHANGE, path.distance(begun + CHANGE)
        yield Cue(pin, "scale", begun, now, 0.0, size, "smooth")
        times = np.linspace(now, end, math.ceil((end - now) / STEP) + 1).tolist()
        for here, there in pairwise(times):
            yield Cue(pin, "scale", here, there, path.distance(here), path.distance(there))
