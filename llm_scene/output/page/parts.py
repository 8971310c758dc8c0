"""The page's scene as .glb: a box a matrix, everything drawn as one mesh, everything written as another.

A vertex of the two meshes knows its part by number (`_PART`) and, on a link, how far along it lies
(`_ALONG`, −1 elsewhere). So the page moves, hides and dims hundreds of parts through one small table of
states, and draws them all at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...film.film import Film
from ...film.props import Note, Stroke
from ...layout.layout import Candidate, Layout, Letter, Point
from ...layout.legend import LegendRow, legend
from ...layout.signs import Sign, dimension_signs, name_sign, section_signs
from ...look import Look, srgb
from ...network.ops import Array
from ...network.trace import Trace
from ...scene.build import link_name
from ...scene.labels import letter_name
from ...scene.links import tube
from ..gltf.cells import Cells, texture_cells
from ..gltf.document import LINEAR, Document, Json
from ..gltf.lettering import Labels, solid
from ..gltf.shapes import BOX, BOX_NORMALS, BOX_TRIANGLES, Shape, light_on, painted, pipe, ribbon, turned

GENERATOR = "LLM Scene"
TEXELS = {"section": 64.0, "note": 44.0, "candidate": 56.0, "": 34.0}  # height of a sign of this kind
THREAD = 0.12  # width of the line from a letter to its cell
SIDES = {"trunk": 8}  # of a link's tube; four where it is thin
LEGEND_STEPS = 48
NO_LINK = -1.0


@dataclass(frozen=True)
class Part:
    """Something that the film's cues move as one."""

    name: str  # what the cues call it
    at: Point  # what it grows out of, and where it stands while no cue moves it
    on: str = ""  # the block that it moves along with
    language: str = ""  # the only one in which it is shown; empty: in all


class Parts:
    """Collects what is drawn and what is written."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.list: list[Part] = []
        self._shapes: list[tuple[Shape, int, Array]] = []
        self._labels = Labels()
        self._written: list[int] = []

    def add(self, name: str, at: Point, on: str = "", language: str = "") -> int:
        """A further part; returns its number."""
        self.list.append(Part(name, at, on, language))
        return len(self.list) - 1

    def draw(self, part: int, shape: Shape, along: Array | None = None) -> None:
        """A shape as belonging to a part."""
        count = len(shape.vertices)
        self._shapes.append((shape, part, np.full(count, NO_LINK) if along is None else along))

    def write(self, part: int, sign: Sign, colour: str) -> None:
        """A sign as belonging to a part."""
        self._labels.add([sign], colour)
        self._written.append(part)

    def into(self, document: Document) -> None:
        """Put both meshes into a document."""
        shapes, parts, along = zip(*self._shapes, strict=True)
        lines = document.material("Lines", doubleSided=True)
        counts = [len(shape.vertices) for shape in shapes]
        self._mesh(document, "Lines", lines, Shape.joined(shapes), np.repeat(parts, counts),
                   _ALONG=np.concatenate(along).astype(np.float32))  # fmt: skip
        picture, quads, where = self._labels.picture(TEXELS)
        surface = {"baseColorTexture": document.texture("Labels", picture, LINEAR)}
        ink = document.material("Labels", surface=surface, alphaMode="BLEND", doubleSided=True)
        self._mesh(document, "Labels", ink, quads, np.repeat(self._written, 4),
                   TEXCOORD_0=where.astype(np.float32))  # fmt: skip

    @staticmethod
    def _mesh(
        document: Document, name: str, material: int, shape: Shape, parts: Array, **more: Array
    ) -> None:
        vertices = {"POSITION": shape.vertices.astype(np.float32), "COLOR_0": shape.colours}
        vertices |= {"_PART": parts.astype(np.float32), **more}
        mesh = document.mesh(name, document.primitive(material, shape.triangles, **vertices))
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
    _links(parts, layout)
    _signs(parts, layout)
    for row in legend(layout, trace):
        _legend(parts, row)
    for letter in layout.letters:
        _letter(parts, letter)
    for i, candidate in enumerate(layout.candidates):
        _candidate(parts, i, candidate)
    _props(parts, film, tellings)
    parts.into(document)
    return document.glb(), parts.list


def extras(parts: list[Part]) -> list[Json]:
    """The parts as plain data, in glTF's axes."""
    rows = []
    for part in parts:
        row: Json = {"name": part.name, "at": np.round(turned(np.array(part.at)), 4).tolist()}
        rows.append(row | ({"on": part.on} if part.on else {}) | _only(part))
    return rows


def _only(part: Part) -> Json:
    return {"language": part.language} if part.language else {}


# --- what stands in the scene ---


def _links(parts: Parts, layout: Layout) -> None:
    numbers: dict[str, int] = {}
    for link in layout.links:
        name = link_name(link.target, link.kind)
        if name not in numbers:
            numbers[name] = parts.add(name, (0.0, 0.0, 0.0))
        sides = SIDES.get(link.kind, 4)
        rings, quads, along = tube(link, sides)
        rgb = np.array(srgb(parts.look.links[link.kind]))
        parts.draw(numbers[name], pipe(rings, quads, sides, rgb), along)


def _signs(parts: Parts, layout: Layout) -> None:
    """Names, dimensions and sections."""
    look = parts.look
    faint = np.array(srgb(look.faint))
    for block in layout.blocks.values():
        sign = name_sign(block)
        parts.write(parts.add(f"name {block.name}", sign.at, on=block.name), sign, look.ink)
        signs, brackets = dimension_signs(block)
        dimensions = parts.add(f"dimensions {block.name}", block.origin, on=block.name)
        for sign in signs:
            parts.write(dimensions, sign, look.faint)
        for bracket in brackets:
            parts.draw(dimensions, ribbon(bracket.points, bracket.width, faint))
    signs, brackets = section_signs(layout)
    for sign in signs:
        parts.write(parts.add(f"section {sign.of}", sign.at), sign, look.ink)
    for bracket in brackets:
        at = bracket.points[0]
        parts.draw(parts.add(f"bracket {bracket.of}", at), ribbon(bracket.points, bracket.width, faint))


def _legend(parts: Parts, row: LegendRow) -> None:
    """A colour bar with its title and its numbers."""
    title, bar, *marks = row.names
    parts.write(parts.add(title, row.title.at), row.title, parts.look.ink)
    for name, mark in zip(marks, row.marks, strict=True):
        parts.write(parts.add(name, mark.at), mark, parts.look.faint)
    shares = np.linspace(-1 if row.signed else 0, 1, LEGEND_STEPS + 1)
    rgb = parts.look.ramp(row.role, row.signed).colours(shares)
    (x, y, low), (right, _, high) = row.bar.low, row.bar.high
    corners = [(a, y, height) for a in np.linspace(x, right, LEGEND_STEPS + 1) for height in (low, high)]
    quads = 2 * np.arange(LEGEND_STEPS)[:, None, None] + np.array([[0, 2, 3], [0, 3, 1]])
    strip = Shape(turned(np.array(corners)), quads.reshape(-1, 3), painted(np.repeat(rgb, 2, axis=0)))
    parts.draw(parts.add(bar, row.bar.low), strip)


def _letter(parts: Parts, letter: Letter) -> None:
    """A solid letter and the thread that leads to its cell."""
    look, name = parts.look, letter_name(letter)
    colour = look.ink if not letter.predicted else look.accent if letter.chosen else look.faint
    parts.draw(parts.add(name, letter.at), solid(letter, colour))
    x, y, z = letter.at
    thread = ribbon(((x, y, z - 0.3 * letter.size), letter.to), THREAD, np.array(srgb(look.faint)))
    parts.draw(parts.add(f"thread {name}", letter.at), thread)


def _candidate(parts: Parts, i: int, candidate: Candidate) -> None:
    """A token that may come next: its bar, which grows to the right, its text and its probability."""
    look = parts.look
    rgb = np.array(srgb(look.links["trunk"] if i else look.accent))
    x, y, z = candidate.at
    size = np.array([candidate.length, candidate.height, 1.0])
    corners = BOX * size + turned(np.array((x, y, z + candidate.height / 2)))
    shade = painted(np.broadcast_to(rgb, BOX.shape), light_on(BOX_NORMALS))
    parts.draw(parts.add(f"candidate {i} bar", candidate.at), Shape(corners, BOX_TRIANGLES, shade))
    letters = 0.75 * candidate.height
    foot = z - 0.36 * letters
    token = Sign(candidate.text, (x - 0.5 * letters, y, foot), letters, "right", "candidate", "")
    end = (x + candidate.length + 0.5 * letters, y, foot)
    share = Sign(f"{candidate.probability:.1%}", end, 0.8 * letters, "left", "candidate", "")
    for what, sign in (("token", token), ("share", share)):
        parts.write(parts.add(f"candidate {i} {what}", sign.at), sign, look.ink)


def _props(parts: Parts, film: Film, tellings: dict[str, Film]) -> None:
    """Words and lines that exist for the film alone; words in every language they differ in."""
    inks = {"ink": parts.look.ink, "accent": parts.look.accent, "faint": parts.look.faint}
    for i, prop in enumerate(film.props):
        if isinstance(prop, Stroke):
            rgb = np.array(srgb(inks[prop.ink]))
            parts.draw(parts.add(prop.name, prop.points[0]), ribbon(prop.points, prop.width, rgb))
        elif isinstance(prop, Note):
            told = {code: other.props[i] for code, other in tellings.items()}
            texts = {code: note.text for code, note in told.items() if isinstance(note, Note)}
            same = len({prop.text, *texts.values()}) == 1
            for code, text in {"": prop.text}.items() if same else texts.items():
                sign = Sign(text, prop.at, prop.size, prop.align, "note", "")
                parts.write(parts.add(prop.name, prop.at, language=code), sign, inks[prop.ink])
