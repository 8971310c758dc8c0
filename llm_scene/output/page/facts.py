"""What the page knows of the model and of the film, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import latex2mathml.converter
import numpy as np

from ...film.compose import FORMATS
from ...film.film import EASINGS, Caption, Chapter, Cue, Film, Pose
from ...film.front import STRIDE, TAIL
from ...film.props import Backdrop, Swarm
from ...film.stops import stops
from ...film.words import formulas, words
from ...layout import names
from ...layout.drawn import Text
from ...layout.layout import Layout, Point
from ...layout.room import profile, reach, wall_depth
from ...look import DIM, INK_DIM, Look, srgb
from ...network.activations import ACTIVATIONS
from ...network.graph import Network, Role
from ...network.ops import Activation, Array, Op
from ...network.trace import Trace
from ...staging.naming import naming
from ...staging.production import Production
from ..gltf.shapes import turned
from .parts import Part

Json = dict[str, Any]
BEND = 5.0  # how far the page shows the curve of the MLP, to both sides
LOCATIONS = ("location_x", "location_y", "location_z")
ROLES: tuple[Role, ...] = ("weight", "activation", "aggregate")
COLOURS = ("wall", "middle", "floor", "ink", "faint", "accent", "plate", "grid", "idle")


class Numbers:
    """Arrays as float32, one behind the other; the page finds them by where they begin."""

    def __init__(self) -> None:
        self._arrays: list[Array] = []
        self._count = 0

    def add(self, array: Array) -> int:
        """Append an array; returns its place."""
        place = self._count
        self._arrays.append(np.ascontiguousarray(array, np.float32).ravel())
        self._count += array.size
        return place

    def bytes(self) -> bytes:
        """All of them."""
        return np.concatenate(self._arrays).astype("<f4").tobytes()


# --- the model ---


def matrices(trace: Trace, numbers: Numbers) -> list[Json]:
    """Every matrix with the operation that makes it, enough to explain each cell."""
    rows = []
    for matrix in trace.network:
        array = trace[matrix.name]
        row: Json = {"name": matrix.name, "label": matrix.label, "section": matrix.section}
        row |= {"axes": matrix.axes, "shape": array.shape, "at": numbers.add(array)}
        if matrix.op is not None:
            row |= {"op": operation(matrix.op), "formula": matrix.op.formula, "inputs": matrix.inputs}
        rows.append(row)
    return rows


def operation(op: Op) -> Json:
    """What the page needs of an operation: its parameters, where it reads, how it is spelled out."""
    told: Json = {"type": type(op).__name__, "reads": op.reads, "out": op.out}
    if isinstance(op, Activation):
        told["spelled"] = ACTIVATIONS[op.kind].spelled
    return told | asdict(op)  # type: ignore[call-overload]


def blocks(layout: Layout, trace: Trace) -> list[Json]:
    """The sheets of cells, in the order of the scene's nodes."""
    return [
        {
            "name": block.name,
            "matrix": block.matrix.name,
            "head": block.head,
            "axes": block.axes,
            "shape": block.shape,
            "section": block.section,
            "label": block.label,
            "role": block.role,
            "masked": bool(np.isneginf(block.values(trace)).any()),
            "ramp": block.role if block.matrix.signed else None,
        }
        for block in layout.blocks.values()
    ]


def pieces(made: Production) -> list[str]:
    """The text of every token."""
    return [made.model.tokenizer.piece(token) for token in range(made.model.config.d_vocab)]


# --- the look ---


def colours(look: Look) -> Json:
    """What the page's shaders and its own boxes are painted with."""
    dark = sum(srgb(look.wall)) < 1.5
    told: Json = {name: getattr(look, name) for name in COLOURS}
    told |= {"source": look.links["source"], "scheme": "dark" if dark else "light"}
    return told | {"dim": DIM, "ink_dim": INK_DIM, "close": close_maps(look)}


def close_maps(look: Look) -> Json:
    """How cells below zero are painted, from zero outwards: in the atlas, and where they are seen close."""
    maps: Json = {}
    for role in ROLES:
        plain, close = look.ramp(role, True), look.close_ramp(role, True)
        maps[role] = {
            "dark": list(plain.falling),
            "rose": list(close.falling),
        }
    return maps


def ramps(look: Look) -> Json:
    """The colours of every role from the most negative value to the most positive one."""
    values = np.linspace(-1, 1, 9)
    return {role: [_code(rgb) for rgb in look.ramp(role, True).colours(values)] for role in ROLES}


def _code(rgb: Array) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in rgb)


def room(layout: Layout, look: Look) -> Json:
    """Wall and floor from the side, in glTF's axes, and how shadows fall on the wall.

    `shadow`: to the right and up by a sheet's distance from the wall, how soft by the same, how dark.
    """
    box, key = layout.box, look.light.suns[0]
    x, y, z = key.way.tolist()
    taken = float((-y * key.strength / np.pi * np.array(key.colour) / look.light.on()).mean())
    shadow = (-x / -y, -z / -y, np.tan(np.radians(key.softness)), taken)
    return {
        "outline": [[_short(up), _short(-back)] for back, up in profile(box)],
        "wall": _short(-wall_depth(box)),
        "middle": _short(box.centre[0]),
        "reach": _short(reach(box)),
        "shadow": [_short(v) for v in shadow],
    }


# --- the film ---


def mathematics(trace: Trace) -> dict[str, str]:
    """The formulas of captions as MathML."""
    labels = {matrix.label for matrix in trace.network}
    told = formulas(trace.network.config.activation, labels)
    return {key: latex2mathml.converter.convert(tex, display="block") for key, tex in told.items()}


def bend(trace: Trace) -> Json:
    """The curve of the MLP: its name, and its values as far as it `reach`es to either side of zero."""
    activation = ACTIVATIONS[trace.network.config.activation]
    values = activation.function(np.linspace(-BEND, BEND, 101))
    return {"title": activation.title, "reach": BEND, "values": [_short(value) for value in values]}


def clock(film: Film, layout: Layout) -> Json:
    """What every telling shares: lengths, chapters, and how the front of computation runs."""
    return {
        "duration": _short(film.duration),
        "chapters": [{"name": c.name, "start": _short(c.start), "end": _short(c.end)} for c in film.chapters],
        "front": {"stride": STRIDE, "tail": TAIL, "prompt": layout.n_prompt},
        "easings": list(EASINGS),
    }


def telling(code: str, film: Film, shown: Film, network: Network) -> Json:
    """A language: its words, at the times of the film that is shown."""
    told, called = words(code), naming(code, network)
    paired = zip(_paired(film.captions, shown.captions), stops(shown, shown.captions), strict=True)
    return {
        "names": called.names,
        "sections": called.parts,
        "phrases": called.phrases,
        "language": told.language,
        "page": told.page,
        "chapters": [chapter.title for chapter in film.chapters],
        "captions": [
            {"start": _short(when.start), "end": _short(when.end), "stop": _short(stop)}
            | {"text": caption.text, "key": caption.key, "comment": caption.comment}
            for (caption, when), stop in paired
        ],
        "heads": [
            {"start": _short(when.start), "end": _short(when.end), "text": head.text}
            for head, when in _paired(film.heads, shown.heads)
        ],
    }


def _paired(told: list[Caption], shown: list[Caption]) -> Iterator[tuple[Caption, Caption]]:
    """What is shown, after what a language says there: the same where it is an artist's own."""
    own: dict[str, list[Caption]] = {}
    for caption in told:
        own.setdefault(caption.key, []).append(caption)
    for when in shown:
        there = own.get(when.key)
        yield (there.pop(0) if there else when), when


def shots(film: Film, upright: Film) -> Json:
    """The camera's way, framed for a lying and for a standing screen, on the film's own clock.

    A standing frame takes more shots or fewer, and other times: both films meet at chapters and captions.
    Close-ups and words beside the model are composed for the lying one: there the standing frame sees all of
    its width from further away.
    """
    wide, tall = _way(film, lambda t: t), _way(upright, lambda t: _clocked(t, film, upright))
    near = {row["start"]: _across(row) for row in wide if _composed(film, row)}
    kept = {row["start"]: row for row in tall if not any(_within(row, other) for other in near.values())}
    for before, after in pairwise(wide):  # the camera may go on from there, or come there
        here, there = before["start"], after["start"]
        if before["poses"][1] != after["poses"][0]:
            continue
        if here in near and there in kept:
            kept[there]["poses"][0] = near[here]["poses"][1]
        if here in kept and there in near:
            kept[here]["poses"][1] = near[there]["poses"][0]
    return {"wide": wide, "tall": [row for _, row in sorted((kept | near).items())]}


def _composed(film: Film, shot: Json) -> bool:
    """Whether a shot is composed for its frame: a close-up, whose wall is there, or words at the model."""
    t = _middle(shot)
    composed = (prop.name for prop in film.props if isinstance(prop, Backdrop | Text))
    return any(film.value(name, "hidden", t) < 0.5 for name in composed)


def _middle(shot: Json) -> float:
    middle: float = (shot["start"] + shot["end"]) / 2
    return middle


def _within(shot: Json, other: Json) -> bool:
    """Whether most of a shot falls into another."""
    return bool(other["start"] <= _middle(shot) < other["end"])


def _across(shot: Json) -> Json:
    """The same shot from so far away that a standing frame is as wide as the lying one was."""
    poses = [[*pose[:5], _short(pose[5] * FORMATS["landscape"]), pose[6]] for pose in shot["poses"]]
    return shot | {"poses": poses}


def _way(film: Film, clock: Callable[[float], float]) -> list[Json]:
    easings = list(EASINGS)
    return [
        {
            "start": _short(clock(shot.start)),
            "end": _short(clock(shot.end)),
            "easing": easings.index(shot.easing),
            "poses": [_pose(shot.a), _pose(shot.b)],
        }
        for shot in film.shots
    ]


def _clocked(t: float, film: Film, other: Film) -> float:
    """When a film has come as far as another has at a time: both have the same chapters and captions."""
    theirs: list[Chapter | Caption] = [*other.chapters, *other.captions]
    ours: list[Chapter | Caption] = [*film.chapters, *film.captions]
    spans = zip(theirs, ours, strict=True)
    knots = sorted((there, here) for a, b in spans for there, here in ((a.start, b.start), (a.end, b.end)))
    there, here = np.array(knots).T
    return float(np.interp(t, there, np.maximum.accumulate(here)))


def _pose(pose: Pose) -> list[float]:
    """Target, azimuth, elevation, distance, lens."""
    x, y, z = turned(np.array(pose.target)).tolist()
    return [_short(v) for v in (x, y, z, pose.azimuth, pose.elevation, pose.distance, pose.lens)]


def tracks(film: Film, layout: Layout, parts: Sequence[Part]) -> Json:
    """What moves. Equal curves are told once: [target, channel, curve].

    A curve is a row of cues, five numbers each: start, end, from, to, easing. Places count from where
    a thing stands by itself.
    """
    places: dict[str, Point] = {part.name: part.at for part in parts}
    places |= {block.name: block.origin for block in layout.blocks.values()}
    places |= {prop.name: (0.0, 0.0, 0.0) for prop in film.props if isinstance(prop, Swarm)}
    curves: dict[tuple[float, ...], int] = {}
    rows = []
    for (target, channel), cues in film.tracks.items():
        if target not in places:
            continue
        rest = places[target][LOCATIONS.index(channel)] if channel in LOCATIONS else 0.0
        curve = _curve(cues, rest)
        rows.append([target, channel, curves.setdefault(curve, len(curves))])
    return {"curves": list(curves), "tracks": rows}


def _curve(cues: Sequence[Cue], rest: float) -> tuple[float, ...]:
    """The numbers of cues; one that changes nothing is left out."""
    easings = list(EASINGS)
    flat: list[float] = []
    last = None
    for cue in cues:
        if last is not None and cue.a == cue.b == last:
            continue
        times = (_short(cue.start), _short(cue.end))
        flat += (*times, _short(cue.a - rest), _short(cue.b - rest), easings.index(cue.easing))
        last = cue.b
    return tuple(flat)


def map_of(swarm: Swarm) -> str:
    """The name of the colour map that moving cells have."""
    return f"{swarm.role} {'signed' if swarm.signed else 'positive'}"


def swarms(film: Film, look: Look, numbers: Numbers) -> list[Json]:
    """Cells that move on their own, pose by pose: places, sizes, colours in linear light; and their wall."""
    walls = {names.piece_of(prop.name): prop for prop in film.props if isinstance(prop, Backdrop)}
    rows = []
    for prop in film.props:
        if isinstance(prop, Swarm):
            rgb = look.ramp(prop.role, prop.signed).colours(prop.values)
            close = look.close_ramp(prop.role, prop.signed).colours(prop.values)
            row: Json = {"name": prop.name, "count": prop.places.shape[1], "poses": prop.places.shape[0]}
            row["map"] = map_of(prop)
            row |= {"states": len(rgb), "places": numbers.add(turned(prop.places))}
            row |= {"sizes": numbers.add(prop.sizes[..., [0, 2, 1]]), "colours": numbers.add(rgb)}
            row |= {"close": numbers.add(close)} if (prop.values < 0).any() else {}
            if (wall := walls.get(names.piece_of(prop.name))) is not None:
                row["wall"] = _short(-wall.at[1])
            rows.append(row)
    return rows


def _short(value: float) -> float:
    return round(float(value), 4)
