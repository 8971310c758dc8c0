"""The page's scene as .glb: a box a matrix, everything drawn as one mesh, everything written as another.

A vertex of the two meshes knows its part by number (`_PART`) and, on a link, how far along it lies
(`_ALONG`, negative elsewhere). So the page moves, hides and dims hundreds of parts through one small table of
states, and draws them all at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...film.film import Film
from ...film.props import Backdrop, Swarm
from ...layout.drawn import Text
from ...layout.layout import Block, Layout, Point
from ...look import Look
from ...network.ops import Array
from ...network.trace import Trace
from ...staging.things import Thing, Tubes, things
from ..gltf.cells import Cells, texture_cells
from ..gltf.document import LINEAR, Document, Json
from ..gltf.forms import pipes, shape_of, texels, texts_of
from ..gltf.lettering import Labels
from ..gltf.shapes import Shape, turned

GENERATOR = "LLM Scene"
NO_LINK, WALL = -1.0, -2.0  # instead of how far along a link: what is none, and what is a piece of wall


@dataclass(frozen=True)
class Part:
    """Something that the film's cues move as one."""

    name: str  # what the cues call it
    at: Point  # what it grows out of, and where it stands while no cue moves it
    on: str = ""  # the block that it moves along with
    language: str = ""  # the only one in which it is shown; empty: in all
    spare: bool = False  # only there for who looks around


class Parts:
    """Collects what is drawn and what is written."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.list: list[Part] = []
        self._shapes: list[tuple[Shape, int, Array]] = []
        self._labels = Labels()
        self._written: list[int] = []

    def add(self, thing: Thing, language: str = "") -> int:
        """A further part; returns its number."""
        self.list.append(Part(thing.name, thing.at, thing.on, language, thing.spare))
        return len(self.list) - 1

    def draw(self, part: int, shape: Shape, along: Array | None = None) -> None:
        """A shape as belonging to a part."""
        count = len(shape.vertices)
        self._shapes.append((shape, part, np.full(count, NO_LINK) if along is None else along))

    def write(self, part: int, text: Text, texels: float) -> None:
        """A text as belonging to a part."""
        self._labels.add(text, self.look.inked(text.ink)[0], texels)
        self._written.append(part)

    def into(self, document: Document) -> None:
        """Put both meshes into a document."""
        shapes, parts, along = zip(*self._shapes, strict=True)
        lines = document.material("Lines", doubleSided=True)
        counts = [len(shape.vertices) for shape in shapes]
        self._mesh(document, "Lines", lines, Shape.joined(shapes), np.repeat(parts, counts),
                   _ALONG=np.concatenate(along).astype(np.float32))  # fmt: skip
        picture, written = self._labels.picture()
        quads, where = zip(*written, strict=True)
        surface = {"baseColorTexture": document.texture("Labels", picture, LINEAR)}
        ink = document.material("Labels", surface=surface, alphaMode="BLEND", doubleSided=True)
        self._mesh(document, "Labels", ink, Shape.joined(quads), np.repeat(self._written, 4),
                   TEXCOORD_0=np.concatenate(where).astype(np.float32))  # fmt: skip

    @staticmethod
    def _mesh(
        document: Document, name: str, material: int, shape: Shape, parts: Array, **more: Array
    ) -> None:
        vertices: dict[str, Any] = {"POSITION": shape.vertices.astype(np.float32), "COLOR_0": shape.colours}
        vertices |= {"_PART": parts.astype(np.float32), **more}
        mesh = document.mesh(document.primitive(material, shape.triangles, **vertices))
        document.node(name, mesh=mesh)


def scene(
    layout: Layout, trace: Trace, film: Film, tellings: dict[str, Film], look: Look
) -> tuple[bytes, list[Part]]:
    """The .glb and its parts. `tellings` are the same film in further languages."""
    document = Document(GENERATOR)
    matrices = document.node("Matrices")
    cells = Cells(layout, trace, look)
    texture_cells(document, cells, dict.fromkeys(layout.blocks, matrices), None)
    parts = Parts(look)
    for thing in things(layout, trace, film):
        _take(parts, thing, tellings)
    parts.into(document)
    return document.glb(), parts.list


def extras(parts: list[Part]) -> list[Json]:
    """The parts as plain data, in glTF's axes."""
    rows = []
    for part in parts:
        row: Json = {"name": part.name, "at": np.round(turned(np.array(part.at)), 4).tolist()}
        rows.append(
            row | ({"on": part.on} if part.on else {}) | ({"spare": True} if part.spare else {}) | _only(part)
        )
    return rows


def _only(part: Part) -> Json:
    return {"language": part.language} if part.language else {}


# --- what stands in the scene ---


def _take(parts: Parts, thing: Thing, tellings: dict[str, Film]) -> None:
    """A thing as a part. Sheets and swarms are none: the page has its own ways to show cells."""
    if isinstance(thing.form, Block | Swarm):
        return
    if isinstance(thing.form, Text) and thing.group[0] == "Props":
        _told(parts, thing, thing.form, tellings)
        return
    part = parts.add(thing)
    if isinstance(thing.form, Tubes):
        parts.draw(part, *pipes(thing.form, parts.look))
    elif (shape := shape_of(thing.form, parts.look)) is not None:
        wall = isinstance(thing.form, Backdrop)
        parts.draw(part, shape, np.full(len(shape.vertices), WALL) if wall else None)
    for text in texts_of(thing.form):
        parts.write(part, text, texels(thing))


def _told(parts: Parts, thing: Thing, text: Text, tellings: dict[str, Film]) -> None:
    """Words of the film, in every language they differ in."""
    said = {code: _words(film, text) for code, film in tellings.items()}
    same = len({text.text, *said.values()}) == 1
    for code, words in {"": text.text}.items() if same else said.items():
        part = parts.add(thing, code)
        parts.write(part, replace(text, text=words), texels(thing))


def _words(film: Film, text: Text) -> str:
    """What a film says in the place of a text; the same where it has no words of its own for it."""
    own = (prop.text for prop in film.props if isinstance(prop, Text) and prop.name == text.name)
    return next(own, text.text)
