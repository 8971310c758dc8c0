"""What is neither cells nor camera: lines, links, letters, bars, writing, put together by how they move."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...film.props import Swarm
from ...layout.layout import Block, Layout, Letter, Link, Point
from ...look import Look
from ...network.ops import Array
from ...staging.things import Thing, Tubes
from .actors import Motion
from .document import LINEAR, Clip, Document, Json, Part
from .forms import shape_of, texels, texts_of
from .lettering import Labels
from .shapes import Shape, turned

PIECE = r"[:\d]"  # ends what the things of a set piece have in common in their names
LAYER = re.compile(r"(?<=blocks\.)\d+")
MANY = 20  # texts, whose colours take more room than to describe a primitive
DIGITS = 3  # of a place: a thousandth of a cell


@dataclass
class _Together:
    """Things that move alike."""

    name: str
    at: Point
    motion: Motion
    spare: bool
    shapes: list[Shape] = field(default_factory=list)
    written: list[int] = field(default_factory=list)  # texts, by when they were added
    primitives: list[Json] = field(default_factory=list)
    unit: float = 1.0  # of their places

    @property
    def place(self) -> Array:
        """Where their node stands."""
        return turned(np.array(self.at))

    def reach(self, written: Sequence[tuple[Shape, Array]]) -> float:
        """How far from there they are seen."""
        shapes = [*self.shapes, *(written[number][0] for number in self.written)]
        return max(float(np.abs(shape.vertices - self.place).max(initial=0)) for shape in shapes)


def add_drawn(
    document: Document,
    clip: Clip | None,
    drawn: Sequence[Thing],
    motions: Mapping[str, Motion],
    layout: Layout,
    look: Look,
) -> None:
    """Nodes for all but sheets and swarms: one for things that move alike, or that are still together."""
    together: dict[tuple[object, ...], _Together] = {}
    labels, count, twins = Labels(), 0, _twins(drawn, motions)
    for thing in _parted(drawn, layout, motions):
        motion = motions[thing.name]
        shape = shape_of(thing.form, look)
        if shape is not None:
            together.setdefault(_alike(thing, motion, 2, twins), _new(thing, motion, 2)).shapes.append(shape)
        for text in texts_of(thing.form):
            labels.add(text, look.inked(text.ink)[0], texels(thing))
            together.setdefault(_alike(thing, motion, 1, twins), _new(thing, motion, 1)).written.append(count)
            count += 1
    picture, written = labels.picture()
    lines = document.material("Lines", doubleSided=True)
    surface = {"baseColorTexture": document.texture("Labels", picture, LINEAR)}
    ink = document.material("Labels", surface=surface, alphaMode="BLEND", doubleSided=True)
    nodes = list(together.values())
    for node in nodes:
        node.unit = document.unit(node.reach(written))
        if node.shapes:
            drawing = _part(document, lines, Shape.joined(node.shapes).moved(-node.place))
            node.primitives += document.pooled([drawing], node.unit)
    _write(document, ink, [node for node in nodes if node.written], written)
    for node in nodes:
        mesh = document.mesh(*node.primitives, unit=node.unit)
        made = document.node(node.name, mesh=mesh, translation=node.place.tolist())
        if clip is not None:
            node.motion.key(clip, made, node.at)
            if not node.spare:
                clip.settle(made)


def _write(
    document: Document, ink: int, nodes: Iterable[_Together], written: Sequence[tuple[Shape, Array]]
) -> None:
    """Give nodes their writing, of which that of a set piece shares its arrays."""
    pools: dict[tuple[str, bool, float], list[tuple[_Together, Part]]] = {}
    for node in nodes:
        for texts in _inked([written[number] for number in node.written]):
            quads, where = zip(*texts, strict=True)
            coordinates: Array = np.round(np.concatenate(where) * 65535).astype(np.uint16)
            part = _part(document, ink, Shape.joined(quads).moved(-node.place), TEXCOORD_0=coordinates)
            piece = re.split(PIECE, node.name)[0]
            pools.setdefault((piece, "COLOR_0" in part.attributes, node.unit), []).append((node, part))
    for (_, _, unit), pool in pools.items():
        primitives = document.pooled([part for _, part in pool], unit)
        for (node, _), primitive in zip(pool, primitives, strict=True):
            node.primitives.append(primitive)


def _inked(texts: list[tuple[Shape, Array]]) -> list[list[tuple[Shape, Array]]]:
    """Much writing apart by its colours, which then are their materials'."""
    inks: dict[bytes, list[tuple[Shape, Array]]] = {}
    for shape, where in texts:
        inks.setdefault(shape.colours[0].tobytes(), []).append((shape, where))
    return list(inks.values()) if len(texts) > MANY * (len(inks) - 1) else [texts]


def _parted(drawn: Iterable[Thing], layout: Layout, motions: Mapping[str, Motion]) -> Iterator[Thing]:
    """Things that are drawn here; links of the trunk, which grow, one by one from where they begin.

    Links that come into a section are apart, and those that move in another one: they are not the same in
    all sections of a kind.
    """
    moving = {_kind(name) for name, motion in motions.items() if motion != Motion()}
    for thing in drawn:
        match thing.form:
            case Block() | Swarm():
                continue
            case Tubes(links=links, kind="trunk"):
                for link in links:
                    yield replace(thing, form=Tubes((link,)))
            case Tubes(links=links) if _kind(thing.name) in moving or any(
                _comes_in(k, layout) for k in links
            ):
                yield replace(thing, group=(thing.group[0], "Between"))
            case _:
                yield thing


def _kind(name: str) -> str:
    """What a thing is called in every layer."""
    return LAYER.sub("", name)


def _comes_in(link: Link, layout: Layout) -> bool:
    """Whether a link begins in another section than the one it ends in."""
    return layout[link.source].section[0] != layout[link.target].section[0]


def _twins(drawn: Iterable[Thing], motions: Mapping[str, Motion]) -> set[str]:
    """Letters that move and have equals, which are stored once."""
    alike: dict[tuple[str, float], list[str]] = {}
    for thing in drawn:
        if isinstance(thing.form, Letter) and motions[thing.name] != Motion():
            alike.setdefault((thing.form.text, thing.form.size), []).append(thing.name)
    return {name for names in alike.values() if len(names) > 1 for name in names}


def _alike(thing: Thing, motion: Motion, depth: int, twins: set[str]) -> tuple[object, ...]:
    """What things have in common that can be one node."""
    if motion.grows or thing.name in twins:
        return thing.name, _origin(thing)
    return motion, _filed(thing, depth) if thing.spare or motion == Motion() else thing.group[:1]


def _filed(thing: Thing, depth: int) -> tuple[str, ...]:
    """Where a still thing is filed: drawings of sections that have equals by themselves, so that their arrays
    are equal, too; all else, as writing at a depth of 1, together."""
    filed = thing.group[:depth]
    return filed if filed[-1][-1].isdigit() else filed[:1]


def _new(thing: Thing, motion: Motion, depth: int) -> _Together:
    still = thing.spare or motion == Motion()
    name = "/".join(_filed(thing, depth)) if still else thing.name
    return _Together(name, _origin(thing), motion, thing.spare)


def _origin(thing: Thing) -> Point:
    """Where a node of a thing stands: links at where they begin."""
    match thing.form:
        case Tubes(links=links):
            return links[0].points[0]
    return thing.at


def _part(document: Document, material: int, shape: Shape, **attributes: Array) -> Part:
    """Triangles; equal ones elsewhere in the model are equal to the last digit, and stored once."""
    places = np.round(shape.vertices, DIGITS).astype(np.float32)
    vertices: dict[str, Any] = {"POSITION": places, **attributes}
    colour = shape.colours[0]
    if (shape.colours == colour).all():
        return Part(document.tinted(material, colour.tolist()), shape.triangles, vertices)
    return Part(material, shape.triangles, {"COLOR_0": shape.colours, **vertices})
