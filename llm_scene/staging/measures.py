"""How a film's pictures are composed: what can be measured from geometry alone, twice a second.

Every rule that has a number is a row of `RULES`. Sizes are in pixels of a picture whose longer side is
`views.WIDTH` long. Nothing here renders: a whole film takes about a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..film.blur import beside_cuts, blurred
from ..film.film import Film
from ..film.framing import SAFE, crossing, passing, pixels_a_unit, through
from ..film.front import order_at, written
from ..film.props import Swarm
from ..layout import names as thing
from ..layout.layout import Block
from ..look.views import LEAST
from ..network.ops import Array
from .production import Production
from .sight import Picture, Seen, Sight

EVERY = 0.5  # seconds between two measures
LANDED = 0.2  # seconds after the camera has landed from which on a caption may enter
STAYS = 1.0  # seconds after which a result must still be there
FAST = 6.0  # pixels a frame
MOST = {"stage": 3}  # names at once, by the kind of shot
NAMES = 5  # names at once in other shots
CELL = {"detail": 6.0, "close": 14.0}  # pixels of a cell, by the kind of shot
FILLS = {  # of the safe width, or of the safe height, by the kind of shot
    "plan": (0.85, 0.75),
    "walk": (1.0, 1.0),
    "detail": (0.6, 0.6),
    "close": (0.6, 0.6),
}
MORE = 1.5  # times as large as they must be: cells of sheets that need not be shown in part
WITHIN = 1e-3  # units within a sheet's edges
STAGED = 0.4  # of the picture: the rectangle that a calculation takes
SET = 1.0  # seconds until which it must take that
READ = {"name": 14.0, "caption": 16.0}  # pixels of a capital, by the kind of text; all others need `LEAST`
EMPTY = 0.02  # of the frame: what covers less leaves it empty
STEPPED = 0.5  # of the way back, from which on a thing is no part of a shot
TOUCH = 1.0  # pixels by which texts may touch, and lines a text's edge
LANDS = 2.0  # units before a sheet within which cells have landed on it


@dataclass(frozen=True)
class Instant:
    """What is measured at a time. Of a travel, only what holds on the way."""

    time: float
    kind: str  # of the shot
    travel: bool
    wide: float  # of the safe width that the subject takes
    high: float  # of the safe height
    area: float  # of the picture: the rectangle around the subject; on a stage, once it is set
    covered: float  # of the picture that the subject covers, or on a travel anything at all
    cell: float  # pixels of the subject's smallest cell; 0 without a subject
    smallest: float  # pixels of the least capital that is there to be read
    small: tuple[str, ...]  # texts that are smaller than they are read
    names: int
    speed: float  # pixels that the subject, or what stands around, moves in a frame
    overlaps: tuple[str, ...]  # texts that overlap each other
    on_cells: tuple[str, ...]  # names that stand over cells
    cut: tuple[str, ...]  # texts that the picture's edge cuts
    crossed: tuple[str, ...]  # lines that cross a text, or pass before the subject
    struck: tuple[str, ...]  # names that lines run through, before or behind them
    covered_up: tuple[str, ...]  # captions and heads that stand over the subject
    restless: tuple[str, ...]  # and those that stand over anything that has not stepped back
    cropped: tuple[str, ...]  # sheets of the subject that the picture's edge cuts


@dataclass(frozen=True)
class Breach:
    """Where a film breaks a rule: when, and how."""

    time: float
    what: str


@dataclass(frozen=True)
class Measures:
    """A whole film."""

    instants: tuple[Instant, ...]
    early: tuple[Breach, ...]  # captions that enter before the camera has landed
    rushed: tuple[Breach, ...]  # cells that move too fast
    lost: tuple[Breach, ...]  # results that are not there any more

    def breaches(self, rule: str) -> tuple[Breach, ...]:
        """Where the film breaks one of `RULES`."""
        return tuple(RULES[rule].broken(self))

    @property
    def still(self) -> list[Instant]:
        """The instants at which the camera is on a subject."""
        return [one for one in self.instants if not one.travel]


@dataclass(frozen=True)
class Rule:
    """What a film must hold to."""

    says: str
    broken: Callable[[Measures], Iterator[Breach]]


def measure(made: Production, every: float = EVERY) -> Measures:
    """Measure a production's film."""
    sight = Sight(made)
    times = np.arange(every / 2, made.film.duration, every)
    return Measures(
        tuple(instant(sight.at(float(t))) for t in times),
        tuple(_early(made.film)),
        tuple(_rushed(sight)),
        (*_lost(sight), *_emptied(sight)),
    )


# --- an instant --------------------------------------------------------------------------------------


def instant(picture: Picture) -> Instant:
    """Everything about a picture."""
    wide, high, area = _share(picture)
    if picture.shot.kind == "stage" and area < STAGED:
        area = max(area, *(_share(picture.later(seconds))[2] for seconds in (SET / 2, SET)))
    return Instant(
        picture.t,
        picture.shot.kind,
        picture.travels,
        wide,
        high,
        area,
        picture.covered,
        _cell(picture),
        min((text.capital for text in picture.texts), default=np.inf),
        tuple(_small(picture)),
        sum(text.kind == "name" for text in picture.texts),
        _speed(picture),
        tuple(_overlaps(picture)),
        tuple(_on_cells(picture)),
        tuple(f"{text.kind} “{text.text}”" for text in picture.texts if _is_cut(text, picture.half)),
        tuple(_crossed(picture)),
        tuple(_struck(picture)),
        tuple(_covered_up(picture, picture.quads(picture.shot.holds))),
        tuple(_covered_up(picture, _lit(picture))),
        tuple(_cropped(picture)),
    )


def _share(picture: Picture) -> tuple[float, float, float]:
    """What the subject takes: of the safe width and height, and of the picture."""
    spots = picture.subject[0]
    if not len(spots):
        return 0.0, 0.0, 0.0
    size = spots[:, 2:].max(axis=0) - spots[:, :2].min(axis=0)
    wide, tall = size / (np.array([SAFE[1] - SAFE[0], SAFE[3] - SAFE[2]]) * picture.half)
    return float(wide), float(tall), float(np.prod(size / (2 * picture.half)))


def _small(picture: Picture) -> Iterator[str]:
    for text in sorted(picture.texts, key=lambda text: text.capital):
        if text.capital < READ.get(text.kind, LEAST) - 1e-6:
            yield f"{text.kind} “{text.text}” {text.capital:.1f} px"


def _cell(picture: Picture) -> float:
    """Pixels of a unit at the subject's far end."""
    depth = picture.subject[1]
    if not picture.shot.subject or picture.travels or not len(depth):
        return 0.0
    return pixels_a_unit(picture.pose, float(depth.max()))


def _speed(picture: Picture) -> float:
    """How far the subject moves in the picture within a frame."""
    sight, shot = picture.sight, picture.shot
    if not shot.holds:
        return 0.0
    corners = np.concatenate([box.corners() for box in shot.holds])
    later = picture.later(1 / sight.film.fps)
    one, other = picture.flat(corners), later.flat(corners)
    seen = (np.abs(one[:, :2]) <= picture.half).all(axis=1) & (one[:, 2] > 0) & (other[:, 2] > 0)
    return float(np.linalg.norm((other - one)[seen, :2], axis=1).max(initial=0.0))


def _overlaps(picture: Picture) -> Iterator[str]:
    for one, other in combinations(picture.texts, 2):
        low = np.maximum(one.rectangle[:2], other.rectangle[:2])
        high = np.minimum(one.rectangle[2:], other.rectangle[2:])
        if (high - low > TOUCH).all():
            yield f"{one.kind} “{one.text}” / {other.kind} “{other.text}”"


def _on_cells(picture: Picture) -> Iterator[str]:
    """Names that sheets stand behind; numbers belong onto cells."""
    quads, depth = picture.sheets
    for text in picture.texts:
        if text.kind == "name" and _hits(text.rectangle, quads[depth > 0]):
            yield text.text


def _hits(rectangle: Array, quads: Array) -> bool:
    """Whether a rectangle and any convex quadrilateral `[n, 4, 2]` overlap (separating axes)."""
    left, bottom, right, top = rectangle + np.array([TOUCH, TOUCH, -TOUCH, -TOUCH])
    near = (quads.min(axis=1) < (right, top)).all(axis=1) & (quads.max(axis=1) > (left, bottom)).all(axis=1)
    quads = quads[near]
    if not len(quads):
        return False
    corners = np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
    edges = np.roll(quads, -1, axis=1) - quads  # [n, 4, 2], counterclockwise
    away = corners - quads[:, :, None]  # [n, edges, corners, 2]
    side = edges[..., None, 0] * away[..., 1] - edges[..., None, 1] * away[..., 0]
    return bool((~(side < 0).all(axis=2).any(axis=1)).any())


def _is_cut(text: Seen, half: Array) -> bool:
    return bool((text.rectangle[:2] < -half).any() or (text.rectangle[2:] > half).any())


def _crossed(picture: Picture) -> Iterator[str]:
    """Lines that are seen across texts, unless these are flying past, and lines before the subject."""
    names, ends = picture.strokes
    texts = [text for text in picture.texts if np.isfinite(text.y) and not picture.flies(text.name)]
    spots = np.array([text.rectangle for text in texts]).reshape(-1, 4)
    ground = np.array([picture.ground(text.middle) for text in texts])
    for text, across in zip(texts, through(ends, spots, TOUCH, ground), strict=True):
        crossing = {names[i] for i in np.flatnonzero(across)} - {thing.thread(text.name)}
        if text.kind == "note":  # a set piece's own lines are drawn around what it writes
            crossing = {name for name in crossing if thing.piece_of(name) != thing.piece_of(text.name)}
        yield from (f"{name} over {text.kind} “{text.text}”" for name in sorted(crossing))
    if picture.shot.kind == "stage":
        return  # its own lines
    boxes = [picture.sight.layout[name].box for name in picture.shot.subject]
    before = passing(ends, boxes, picture.pose, picture.sight.film.aspect)
    yield from (f"{name} before the subject" for name in sorted({names[i] for i in np.flatnonzero(before)}))


def _struck(picture: Picture) -> Iterator[str]:
    """Names that lines run through which have not stepped back."""
    names, ends = picture.strokes
    lit = np.array([picture.sight.film.value(name, "dim", picture.t) < STEPPED for name in names], bool)
    for text in picture.texts:
        if text.kind == "name":
            hit = crossing(ends[lit, :, :2], text.rectangle + np.array([TOUCH, TOUCH, -TOUCH, -TOUCH]))
            if hit.any():
                yield f"{np.array(names)[lit][hit][0]} through “{text.text}”"


def _covered_up(picture: Picture, sheets: tuple[Array, Array]) -> Iterator[str]:
    """Captions and running heads that stand over sheets."""
    if picture.shot.kind in ("stage", "walk"):
        return  # before a wall of its own; along everything that there is
    quads, depth = sheets
    for text in picture.texts:
        if text.kind in ("caption", "head") and _hits(text.rectangle, quads[depth > 0]):
            yield f"{text.kind} “{text.text}”"


def _lit(picture: Picture) -> tuple[Array, Array]:
    """The sheets that have not stepped back; not those shown in part, which go on under what is written."""
    quads, depth = picture.sheets
    film = picture.sight.film
    lit = [
        film.value(block.name, "dim", picture.t) < STEPPED and not _in_part(picture, block)
        for block in picture.sight.sheets
    ]
    return quads[lit], depth[lit]


def _in_part(picture: Picture, block: Block) -> bool:
    """Whether a detail holds no more than a part of a sheet, whose cells would be too small else."""
    if picture.shot.kind != "detail" or _cell(picture) > MORE * CELL["detail"]:
        return False
    whole = written(block, picture.sight.layout.n_prompt).grown(-WITHIN)
    parts = [part for box in picture.shot.holds if (part := box.common(whole)) is not None]
    return bool(parts) and whole not in parts


def _cropped(picture: Picture) -> Iterator[str]:
    """Sheets of a detail's subject that reach out of the picture."""
    if picture.shot.kind != "detail":
        return
    quads, _ = picture.sheets
    for block, quad in zip(picture.sight.sheets, quads, strict=True):
        spoken_of = block.name in picture.shot.subject and not _in_part(picture, block)
        if spoken_of and (np.abs(quad) > picture.half).any():
            yield block.name


# --- the whole film ----------------------------------------------------------------------------------


def _early(film: Film) -> Iterator[Breach]:
    """Captions that enter while the camera travels, or too soon after it has landed."""
    landings = [shot.end for shot in film.shots if not shot.holds]
    landings += film.cuts
    for caption in film.captions:
        on_the_way = [
            shot for shot in film.shots if not shot.holds and shot.start <= caption.start < shot.end
        ]
        since = caption.start - max((at for at in landings if at <= caption.start + 1e-6), default=-np.inf)
        if on_the_way or since < LANDED - 1e-6:
            yield Breach(caption.start, f"{caption.key}: {'on the way' if on_the_way else f'{since:.2f} s'}")


def _rushed(sight: Sight) -> Iterator[Breach]:
    """Moving cells in sharp frames, each as fast as it moves in the one nearest to the middle of its move.

    The frame beside a cut is sharp, whatever moves in it: it has nothing before or after it to jump from.
    """
    film, soft = sight.film, blurred(sight.film) | beside_cuts(sight.film)
    for swarm in sight.swarms:
        for cue in film.tracks.get((swarm.name, "pose"), []):
            frame = min(round((cue.start + cue.end) / 2 * film.fps), film.n_frames - 1)
            picture = sight.at(frame / film.fps)
            if cue.a == cue.b or soft[frame] or not sight.shown(swarm.name, picture.t):
                continue
            fastest = _fastest(picture, swarm)
            if cue.start <= picture.t < cue.end - 1e-6 and fastest > FAST:
                yield Breach(picture.t, f"{swarm.name}: {fastest:.0f} px")


def _fastest(picture: Picture, swarm: Swarm) -> float:
    """By how many pixels a moving cell that is seen goes on within a frame, at most."""
    half = 0.5 / picture.sight.film.fps
    one, other = (picture.flat(picture.sight.cells(swarm, picture.t + side * half)[0]) for side in (-1, 1))
    seen = (one[:, 2] > 0) & (other[:, 2] > 0) & (np.abs(one[:, :2]) <= picture.half).all(axis=1)
    return float(np.linalg.norm((other - one)[seen, :2], axis=1).max(initial=0.0))


def _lost(sight: Sight) -> Iterator[Breach]:
    """Cells that landed on a sheet and went, where the sheet does not show them a second later."""
    for swarm in sight.swarms:
        gone = sight.leaves(swarm.name)
        if gone >= sight.film.duration:
            continue
        places, _ = sight.cells(swarm, gone)
        for block in _under(sight, places):
            later = min(gone + STAYS, sight.film.duration)
            if not _shows(sight, block, places, later) and not _taken(sight, places, later):
                yield Breach(gone, f"{swarm.name} on {block.name}")


def _under(sight: Sight, places: Array) -> list[Block]:
    """The computed matrices on which all these cells have landed."""
    low, high = sight.corners[:, 0], sight.corners[:, 1]
    before = np.array([0, LANDS, 0])
    on = (places.min(axis=0) > low - before).all(axis=1) & (places.max(axis=0) < high + before).all(axis=1)
    return [sight.sheets[i] for i in np.flatnonzero(on) if sight.sheets[i].role != "weight"]


def _shows(sight: Sight, block: Block, places: Array, t: float) -> bool:
    """Whether a matrix has computed the cells at these places."""
    x, _, z = block.origin
    columns, rows = np.floor(places[:, 0] - x).astype(int), np.floor(z - places[:, 2]).astype(int)
    order = order_at(block, rows, columns, sight.layout.n_prompt)
    return bool((order <= sight.film.value(block.name, "reveal", t, np.inf)).all())


def _taken(sight: Sight, places: Array, t: float) -> bool:
    """Whether moving cells stand at these places."""
    others = [sight.cells(swarm, t)[0] for swarm in sight.swarms if sight.shown(swarm.name, t)]
    if not others:
        return False
    away = np.linalg.norm(np.concatenate(others)[None] - places[:, None], axis=2)
    return bool((away.min(axis=1) < 1.0).all())


def _emptied(sight: Sight) -> Iterator[Breach]:
    """Matrices that were computed and are not any more. The opening shows them finished first."""
    begun = sight.film.chapters[0].end
    for block in sight.sheets:
        values = [(cue.start, cue.a, cue.b) for cue in sight.film.tracks.get((block.name, "reveal"), [])]
        for start, before, after in values:
            if start > begun and after < before:
                yield Breach(start, f"{block.name} is emptied")


# --- the rules ---------------------------------------------------------------------------------------


def _at(broken: Callable[[Instant], str]) -> Callable[[Measures], Iterator[Breach]]:
    """A rule for every instant: what is wrong there, or nothing."""

    def found(measures: Measures) -> Iterator[Breach]:
        for one in measures.instants:
            if said := broken(one):
                yield Breach(one.time, said)

    return found


def _unfilled(one: Instant) -> str:
    if one.travel:
        return ""
    if one.kind == "stage":
        return "" if one.area >= STAGED else f"stage: {one.area:.0%} of the frame"
    wide, high = FILLS[one.kind]
    fits = one.wide >= wide or one.high >= high
    return "" if fits else f"{one.kind}: {one.wide:.0%} of the width, {one.high:.0%} of the height"


def _small_cells(one: Instant) -> str:
    wanted = CELL.get(one.kind, 0.0)
    return f"{one.kind}: {one.cell:.1f} px" if not one.travel and 0 < one.cell < wanted else ""


def _small_text(one: Instant) -> str:
    return ", ".join(one.small[:4]) if not one.travel else ""


def _many_names(one: Instant) -> str:
    return f"{one.names} names" if one.names > MOST.get(one.kind, NAMES) else ""


def _listed(of: Callable[[Instant], tuple[str, ...]]) -> Callable[[Measures], Iterator[Breach]]:
    return _at(lambda one: "" if one.travel else ", ".join(of(one)[:4]))


RULES = {
    "fill": Rule("The subject fills the frame as its kind of shot says.", _at(_unfilled)),
    "cells": Rule("Cells are 6 pixels high in a detail and 14 in a close shot.", _at(_small_cells)),
    "text": Rule("Names are 14 pixels high, captions 16, nothing is under 12.", _at(_small_text)),
    "names": Rule("There are at most five names, three on a stage.", _at(_many_names)),
    "overlaps": Rule("No text overlaps another.", _listed(lambda one: one.overlaps)),
    "names on cells": Rule("No name stands over cells.", _listed(lambda one: one.on_cells)),
    "cut": Rule("The frame cuts no text.", _listed(lambda one: one.cut)),
    "crossings": Rule(
        "No line crosses a text or passes before the subject.", _listed(lambda one: one.crossed)
    ),
    "names on lines": Rule("No line runs through a name.", _listed(lambda one: one.struck)),
    "clear": Rule(
        "What is spoken of keeps clear of captions and running heads.", _listed(lambda one: one.covered_up)
    ),
    "calm": Rule("Captions and running heads stand over calm ground.", _listed(lambda one: one.restless)),
    "whole": Rule(
        "In a detail, what is spoken of is not cut by the picture's edge.", _listed(lambda one: one.cropped)
    ),
    "speed": Rule(
        "The subject moves at most 6 pixels a frame.",
        _at(lambda one: f"{one.speed:.1f} px" if one.speed > FAST else ""),
    ),
    "rush": Rule(
        "Moving cells move at most 6 pixels a frame, or are blurred.", lambda found: iter(found.rushed)
    ),
    "empty": Rule(
        "No frame is empty on the way.",
        _at(lambda one: f"{one.covered:.1%} covered" if one.travel and one.covered < EMPTY else ""),
    ),
    "captions": Rule("Captions enter 0.2 s after the camera has landed.", lambda found: iter(found.early)),
    "results": Rule("A result that landed is there a second later.", lambda found: iter(found.lost)),
}
