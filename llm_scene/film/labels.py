"""Which names a shot shows: few, large enough to read, facing the camera, clear of cells and each other.

A name that finds no such place is left out; the shot is better without it. All in pixels of a picture
`WIDTH` wide, at the beginning and at the end of a shot, whose camera drifts a little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from ..layout.drawn import Align, Text, text_width
from ..layout.layout import Box, Layout
from ..look import RELIEF
from ..look.views import CAPITAL, DESCENT, NAME
from ..network.ops import Array
from .film import Pose
from .framing import SENSOR, axes, crossing, halves, pixels_a_unit, project
from .front import written
from .screen import head_corner
from .screenplay import Held, Tag

LABEL = "label "  # how what they are called begins
MOST = 5  # names in a shot
AIR = 6.0  # pixels between a name and anything else
BESIDE = 64.0  # and the running head, in its line
OVERS = (14.0, 21.0)  # and its sheet, where links run along that
APART = (-24.0, 0.0, 24.0, 0.0)  # pixels between two names in a line, which else read as one
LOOSE = (-2.0, -2.0, 2.0, 2.0)  # pixels between a name and a link
EDGE = 8.0  # pixels between a name and the edge of the picture
CAPTIONS = 0.27  # of half the height: the strip at the bottom that captions keep
COME = 0.05  # seconds after which a name follows the camera
AHEAD = 0.6  # units by which a name stands before its sheet, clear of the highest cells
SHORTEST = 0.8  # seconds: a name that stands less is none


@dataclass(frozen=True)
class Rectangle:
    """A part of the picture in pixels, from its middle; y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def array(self) -> Array:
        """As `[left, bottom, right, top]`."""
        return np.array([self.left, self.bottom, self.right, self.top])


@dataclass(frozen=True)
class Placed:
    """A name in its place, and its time."""

    note: Text
    start: float
    end: float


def labels(held: Sequence[Held], layout: Layout, aspect: float) -> list[Placed]:
    """The names of all shots that stand still."""
    boxes = [written(block, layout.n_prompt) for block in layout.blocks.values()]
    sheets = np.array([[box.low, box.high] for box in boxes])  # [n, 2, 3]
    shaded = max((shown.head for shown in held), key=lambda head: head_corner(head, aspect)[0], default="")
    found: list[Placed] = []
    for n, run in enumerate(_runs(held)):
        start, end = run[0].shot.start + COME, run[-1].shot.end
        if end - start >= SHORTEST and run[0].tags:
            poses = tuple(pose for shown in run for pose in (shown.shot.a, shown.shot.b))
            zones = np.stack([zone.array() for zone in _zones(shaded if run[0].head else "", aspect)])
            lines = [_lines(layout, None), _lines(layout, run[0].lit)]
            around = sheets, lines, zones, run[0].headlines
            notes = _arranged(f"{LABEL}{n}", run[0].tags, poses, around, aspect)
            found += [Placed(note, start, end) for note in notes]
    return found


def is_label(name: str) -> bool:
    """Whether a prop is the name of something in a shot."""
    return name.startswith(LABEL)


def _runs(held: Sequence[Held]) -> Iterator[list[Held]]:
    """Shots that follow each other without a break and may show the same names: these stay."""
    run: list[Held] = []
    for shown in held:
        if run and (run[-1].tags != shown.tags or run[-1].shot.end < shown.shot.start - 1e-6):
            yield run
            run = []
        run.append(shown)
    if run:
        yield run


def _arranged(
    stem: str,
    tags: Sequence[Tag],
    poses: Sequence[Pose],
    around: tuple[Array, list[Array], Array, Sequence[Text]],
    aspect: float,
) -> Iterator[Text]:
    sheets, lines, zones, headlines = around
    taken = [_visible(sheets, pose, aspect) for pose in poses]
    links = [[_strokes(part, pose, aspect) for pose in poses] for part in lines]
    kept = [np.vstack([zones, *(_taken(text, pose, aspect) for text in headlines)]) for pose in poses]
    count = 0
    for tag in tags:
        if count == MOST:
            return
        for strokes, anchor in product(links, list(_anchors(tag, poses[0], aspect))):
            note = _note(f"{stem}: {count}", tag, anchor, poses[0], aspect)
            spots = [spot(note, pose, aspect) for pose in poses]
            clear = all(
                _inside(at, aspect)
                and not _hits(at, sheet)
                and not _hits(at, zone)
                and not crossing(line, at.array() + LOOSE).any()
                for at, sheet, zone, line in zip(spots, taken, kept, strokes, strict=True)
            )
            if clear:
                own = [at.array() + APART for at in spots]
                kept = [np.vstack([zone, room]) for zone, room in zip(kept, own, strict=True)]
                count += 1
                yield note
                break


def _lines(layout: Layout, lit: Sequence[str] | None) -> Array:
    """The straight pieces of links that do not make way, `[n, 2, 3]`."""
    kept = None if lit is None else set(lit)
    shown = [link for link in layout.links if kept is None or {link.source, link.target} <= kept]
    pieces = [piece for link in shown for piece in pairwise(link.points)]
    return np.array(pieces, float).reshape(-1, 2, 3)


def _strokes(lines: Array, pose: Pose, aspect: float) -> Array:
    """Where pieces of lines `[n, 2, 3]` appear, `[n, 2, 2]`; of those before the camera alone."""
    seen = project(lines.reshape(-1, 3), pose, aspect).reshape(-1, 2, 3)
    seen = seen[(seen[..., 2] > 0).all(axis=1)]
    found: Array = seen[..., :2] * halves(aspect)
    return found


def _zones(head: str, aspect: float) -> Iterable[Rectangle]:
    """What captions and the running head keep for themselves: the shade is as wide as the longest head."""
    x, y = halves(aspect)
    far, low = head_corner(head, aspect)
    return (
        Rectangle(-x, -y, x, -y + CAPTIONS * y),
        Rectangle(-x, low * y - AIR, far * x + BESIDE, y),
    )


def _visible(sheets: Array, pose: Pose, aspect: float) -> Array:
    """Where sheets appear, `[n, 4]`; of those before the camera alone."""
    corners = np.stack(
        [[sheet[a][0], sheet[0][1], sheet[b][2]] for sheet in sheets for a in (0, 1) for b in (0, 1)]
    )
    seen = project(corners, pose, aspect).reshape(len(sheets), 4, 3)
    seen = seen[(seen[..., 2] > 0).all(axis=1)]
    flat = seen[..., :2] * halves(aspect)
    return np.concatenate([flat.min(axis=1), flat.max(axis=1)], axis=1)


def _rectangle(box: Box, pose: Pose, aspect: float) -> Rectangle:
    """Where a sheet appears, with what stands out of it."""
    (x0, y, z0), (x1, _, z1) = box.low, box.high
    corners = np.array(list(product((x0, x1), (y, y - RELIEF), (z0, z1))))
    flat = project(corners, pose, aspect)[:, :2] * halves(aspect)
    return Rectangle(*flat.min(axis=0), *flat.max(axis=0))


def _taken(text: Text, pose: Pose, aspect: float) -> Array:
    """Where a headline appears, with room around it and for what reaches below its lines."""
    seen = _rectangle(text.box, pose, aspect)
    below = DESCENT * (seen.top - seen.bottom) / (text.text.count("\n") + 1)
    return seen.array() + APART - np.array([0.0, AIR + below, 0.0, 0.0])


@dataclass(frozen=True)
class Anchor:
    """Where a name may stand in the picture: the point of its baseline that `align` names."""

    x: float
    y: float
    align: Align


def _anchors(tag: Tag, pose: Pose, aspect: float) -> Iterator[Anchor]:
    """Above a sheet, or else beside it, or else below."""
    seen = _rectangle(tag.box, pose, aspect)
    x, y = halves(aspect)
    left, right = max(seen.left, -x + EDGE), min(seen.right, x - EDGE)
    middle, top = (left + right) / 2, min(seen.top, y - EDGE - NAME - AIR - 1)
    for over in (AIR + 1, *OVERS):
        yield Anchor(middle, top + over, "centre")
        yield Anchor(left, top + over, "left")
        yield Anchor(right, top + over, "right")
    yield Anchor(left - AIR - 1, (max(seen.bottom, -y) + top - NAME) / 2, "right")
    yield Anchor(right + AIR + 1, (max(seen.bottom, -y) + top - NAME) / 2, "left")
    yield Anchor(left - AIR - 1, top - NAME - 1, "right")
    yield Anchor(right + AIR + 1, top - NAME - 1, "left")
    yield Anchor(middle, seen.bottom - NAME - AIR - 1, "centre")
    yield Anchor(left, seen.bottom - NAME - AIR - 1, "left")


def _note(name: str, tag: Tag, anchor: Anchor, pose: Pose, aspect: float) -> Text:
    """A name that stands before its sheet where the picture has the anchor."""
    x, y = halves(aspect)
    right, up, forward = axes(pose.azimuth, pose.elevation)
    scale = 2 * pose.lens / SENSOR * max(1.0, 1 / aspect)
    ray = forward + right * (anchor.x / x / scale) + up * (anchor.y / y / scale / aspect)
    eye, front = np.array(pose.eye), tag.box.low[1] - AHEAD
    for _ in range(2):  # the end that turns away from the camera stands clear of the sheets too
        depth = (front - eye[1]) / ray[1]
        size = NAME / CAPITAL / pixels_a_unit(pose, depth)
        front = tag.box.low[1] - AHEAD - text_width(tag.text, size) * abs(right[1])
    at = eye + depth * ray
    facing = (pose.azimuth, pose.elevation)
    return Text(name, tag.text, tuple(at.tolist()), float(size), anchor.align, "ink", facing=facing)


def spot(note: Text, pose: Pose, aspect: float) -> Rectangle:
    """Where a name appears."""
    px, py, depth = project(np.array([note.at]), pose, aspect)[0]
    x, y = px * halves(aspect)[0], py * halves(aspect)[1]
    size = note.size * pixels_a_unit(pose, depth)
    wide = text_width(note.text, size)
    left = x - {"left": 0.0, "centre": wide / 2, "right": wide}[note.align]
    return Rectangle(left, y - DESCENT * size, left + wide, y + CAPITAL * size)


def _inside(spot: Rectangle, aspect: float) -> bool:
    x, y = halves(aspect)
    return bool(
        spot.left >= EDGE - x and spot.right <= x - EDGE and spot.bottom >= EDGE - y and spot.top <= y - EDGE
    )


def _hits(spot: Rectangle, others: Array) -> bool:
    """Whether a name touches any of other rectangles `[n, 4]`."""
    if not len(others):
        return False
    low = np.maximum(others[:, :2], (spot.left, spot.bottom))
    high = np.minimum(others[:, 2:], (spot.right, spot.top))
    return bool((low < high + 0.0).all(axis=1).any())
