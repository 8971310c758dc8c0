"""What is drawn, said once: every thing of a traced model and its film, for whatever shows them.

The Blender scene, glTF and the web page each turn the list into their own form, a short case a kind; a
further output begins with a loop over it. Everything is in scene units, as the layout has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..film.film import Film
from ..film.props import Backdrop, Formula, Prop, Swarm, share_text
from ..layout import names
from ..layout.drawn import Line, Text
from ..layout.layout import Block, Box, Candidate, Layout, Letter, Link, Point
from ..layout.legend import legend
from ..layout.naming import Naming
from ..layout.signs import dimension_signs, name_sign, section_signs
from ..network.graph import Role
from ..network.trace import Trace
from .naming import naming

THREAD = 0.12  # width of the line from a letter to its cell
SPARE = ("Labels", "Legend")  # for whoever looks around: a film's shots have names of their own


@dataclass(frozen=True)
class Tubes:
    """Links of a kind that lead into the same block, so that a cue can run along them."""

    links: tuple[Link, ...]

    @property
    def kind(self) -> str:
        """The kind of the links."""
        return self.links[0].kind


@dataclass(frozen=True)
class Drawing:
    """Lines, and small texts beside them, that always move together."""

    lines: tuple[Line, ...]
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Bar:
    """A solid bar that starts at its left end, half way up, and grows to the right."""

    box: Box
    ink: str


@dataclass(frozen=True)
class Ramp:
    """A strip in the colours of a map, from its lowest value to its highest."""

    box: Box  # flat: as low in y as high
    role: Role
    signed: bool


Form = Block | Tubes | Text | Drawing | Letter | Bar | Ramp | Swarm | Formula | Backdrop


@dataclass(frozen=True)
class Thing:
    """Something that is drawn and that cues move as one."""

    name: str  # what cues call it
    group: tuple[str, ...]  # where it is filed, from the outside in
    form: Form
    on: str = ""  # the thing that it moves along with

    @property
    def spare(self) -> bool:
        """Whether it is only there for who looks around: a film's shots have names of their own."""
        return self.group[0] in SPARE

    @property
    def at(self) -> Point:
        """Where it stands, and what it grows out of."""
        match self.form:
            case Block(origin=origin):
                return origin
            case Bar(box=box):
                return (*box.low[:2], box.centre[2])
            case Ramp(box=box):
                return box.low
            case Drawing(lines=lines):
                return lines[0].points[0]
            case Text(at=at) | Letter(at=at) | Formula(at=at) | Backdrop(at=at):
                return at
        return (0.0, 0.0, 0.0)


def things(
    layout: Layout,
    trace: Trace,
    film: Film | None = None,
    *,
    spare: bool = True,
    language: str = "en",
) -> Iterator[Thing]:
    """Everything that is drawn of a traced model; with a film, also what exists for it alone.

    What moves along with another thing comes after it. Without `spare`, what pictures show alone; that is
    written in a `language`.
    """
    told = naming(language, trace.network)
    for block in layout.blocks.values():
        yield Thing(block.name, ("Matrices", *block.section), block)
    yield from _links(layout)
    if spare:
        yield from _labels(layout, told)
    for letter in layout.letters:
        yield Thing(letter.name, ("Letters",), letter)
        name = names.thread(letter.name)
        yield Thing(name, ("Letters",), Drawing((Line(name, letter.thread, THREAD, "threads"),)))
    for rank, candidate in enumerate(layout.candidates):
        yield from _candidate(rank, candidate, spare)
    for row in legend(layout, trace, told) if spare else ():
        yield Thing(row.name, ("Legend",), Ramp(row.bar, row.role, row.signed))
        for text in (row.title, *row.marks):
            yield Thing(text.name, ("Legend",), text)
    for prop in film.props if film is not None else ():
        yield _prop(prop)


def _links(layout: Layout) -> Iterator[Thing]:
    together: dict[str, list[Link]] = {}
    for link in layout.links:
        together.setdefault(names.links(link.target, link.kind), []).append(link)
    for name, links in together.items():
        section = layout[links[0].target].section
        yield Thing(name, ("Links", section[0]), Tubes(tuple(links)))


def _labels(layout: Layout, told: Naming) -> Iterator[Thing]:
    """Names and dimensions of blocks, titles and brackets of sections."""
    for block in layout.blocks.values():
        group = ("Labels", block.section[0])
        text = name_sign(block, told)
        yield Thing(text.name, group, text, on=block.name)
        texts, lines = dimension_signs(block, told)
        if lines:
            drawing = Drawing(tuple(lines), tuple(texts))
            yield Thing(names.dimensions(block.name), group, drawing, on=block.name)
    texts, lines = section_signs(layout, told)
    for text in texts:
        yield Thing(text.name, ("Labels", "Sections"), text)
    for line in lines:
        yield Thing(line.name, ("Labels", "Sections"), Drawing((line,)))


def _candidate(rank: int, candidate: Candidate, spare: bool) -> Iterator[Thing]:
    """A token that may come next: its bar, its text before it and its probability behind it."""
    (x, y, z), half = candidate.at, candidate.height / 2
    box = Box((x, y, z - half), (x + candidate.length, y + 1.0, z + half))
    bar = names.candidate(rank, "bar")
    yield Thing(bar, ("Candidates",), Bar(box, "candidate" if rank else "chosen"))
    if not spare:  # too small for a view of everything
        return
    size = 0.75 * candidate.height
    foot = z - 0.36 * size
    before, behind = (x - 0.5 * size, y, foot), (x + candidate.length + 0.5 * size, y, foot)
    token = Text(names.candidate(rank, "token"), candidate.text, before, size, "right")
    share = Text(
        names.candidate(rank, "share"), share_text(candidate.probability), behind, 0.8 * size, "left"
    )
    for text in (token, share):
        yield Thing(text.name, ("Labels", "Candidates"), text)


def _prop(prop: Prop) -> Thing:
    form = Drawing((prop,)) if isinstance(prop, Line) else prop
    return Thing(prop.name, ("Props", names.piece_of(prop.name)), form)
