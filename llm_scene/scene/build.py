"""Builds the scene: one function, from plain values to Blender objects."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field

import bpy

from ..film.film import Film
from ..film.front import done
from ..film.props import Formula, Note, Swarm
from ..layout.budget import Detail, slabs
from ..layout.inspection import standing
from ..layout.layout import Block, Layout
from ..layout.legend import legend
from ..layout.look import Look, scale_of
from ..layout.signs import Sign, dimension_signs, name_sign, section_signs
from ..network.graph import Role
from ..network.trace import Trace
from .animate import Curves, animate
from .camera import film_camera
from .cells import cell_object
from .formula import formula_object
from .labels import Lettering, bar_object, letter_name, letter_object, line_object, text_object
from .legend import legend_objects
from .links import link_object
from .materials import (
    PROPERTIES,
    cell_material,
    ink_material,
    link_material,
    swarm_material,
)
from .room import furnish
from .slabs import Pictures, picture, slab_object
from .swarm import swarm_object
from .window import open_window

NAME = "LLM Scene"
STEPS = {  # what building consists of, and about how much of the time each takes
    "pictures": 0.2,
    "matrices": 0.2,
    "links": 0.1,
    "labels": 0.3,
    "letters": 0.02,
    "candidates": 0.02,
    "legend": 0.01,
    "props": 0.05,
    "room": 0.01,
    "film": 0.08,
    "window": 0.01,
}
MARK = "llm_scene"  # custom property by which the add-on knows what is its own
Progress = Callable[[float, str], None]
Kind = tuple[Role, bool]  # a matrix's role, and whether it has negative values
DETAIL = Detail()


@dataclass
class _Studio:
    """What the steps of building share."""

    scene: bpy.types.Scene
    look: Look
    layout: Layout
    collections: dict[tuple[str, ...], bpy.types.Collection]
    objects: dict[str, bpy.types.Object]
    curves: Curves
    scales: dict[str, float] = field(default_factory=dict)  # what fills the colour map, by matrix
    pictures: dict[Kind, Pictures] = field(default_factory=dict)
    materials: dict[Kind, bpy.types.Material] = field(default_factory=dict)  # of cuboids

    def collection(self, *path: str) -> bpy.types.Collection:
        """The collection at a path, made where missing; nested as the path is."""
        if path not in self.collections:
            made = bpy.data.collections.new(" / ".join(path[-2:]) or NAME)
            self.collections[path] = made
            if path:
                self.collection(*path[:-1]).children.link(made)
            else:
                self.scene.collection.children.link(made)
        return self.collections[path]

    def add(self, name: str, thing: bpy.types.Object, *path: str, **properties: float) -> bpy.types.Object:
        """Link an object where it belongs, under the name by which cues find it.

        The object's own name may carry a number, where something in the file is called the same already.
        """
        self.collection(*path).objects.link(thing)
        for key, value in properties.items():
            thing[key] = value
        self.objects[name] = thing
        return thing


def build(
    layout: Layout,
    trace: Trace,
    film: Film | None,
    look: Look,
    progress: Progress | None = None,
    detail: Detail = DETAIL,
) -> bpy.types.Scene:
    """A new Blender scene of a traced model, with the film's keyframes if there is a film.

    `detail` says how many cells may become cuboids; the largest matrices become slabs instead.

    Nothing that exists in the file is touched. `progress` is told the share done and what is being done.
    """
    steps = construct(layout, trace, film, look, detail)
    while True:
        try:
            share, what = next(steps)
        except StopIteration as end:
            scene: bpy.types.Scene = end.value
            return scene
        if progress is not None:
            progress(share, what)


def construct(
    layout: Layout, trace: Trace, film: Film | None, look: Look, detail: Detail = DETAIL
) -> Generator[tuple[float, str], None, bpy.types.Scene]:
    """`build` in small steps: yields the share done and what is being done, and returns the scene."""
    scene = bpy.data.scenes.new(NAME)
    scene[MARK] = True
    studio = _Studio(scene, look, layout, {}, {}, _curves(scene, film))
    steps = (
        *_model(studio, trace, detail),
        _props(studio, film),
        _room(studio),
        _film(studio, film),
        _window(studio, trace, detail),
    )
    begun = 0.0
    for (what, weight), step in zip(STEPS.items(), steps, strict=True):
        yield begun, what
        yield from ((begun + weight * share, what) for share in step)
        begun += weight
    return scene


def _curves(scene: bpy.types.Scene, film: Film | None) -> Curves:
    """Where the film's keys go."""
    if film is None:
        return Curves(scene.name)
    return Curves(f"{scene.name} {film.name}", dict.fromkeys(target for target, _ in film.tracks))


def model_objects(
    scene: bpy.types.Scene, name: str, layout: Layout, trace: Trace, look: Look, detail: Detail = DETAIL
) -> Generator[float, None, dict[str, bpy.types.Object]]:
    """All that stands of a traced model, in a collection called `name`, without a room or a film.

    Yields the share done, and returns the objects under the names by which cues find them.
    """
    studio = _Studio(scene, look, layout, {}, {}, Curves(name))
    studio.collection().name = name
    steps = _model(studio, trace, detail)
    for n, step in enumerate(steps):
        yield from ((n + share) / len(steps) for share in step)
    return studio.objects


def _model(studio: _Studio, trace: Trace, detail: Detail) -> tuple[Iterator[float], ...]:
    """The steps that put up a model, without what is around it."""
    return (
        _pictures(studio, trace, detail),
        _matrices(studio, trace, detail),
        _links(studio),
        _labels(studio),
        _letters(studio),
        _candidates(studio),
        _legend(studio, trace),
    )


def _pictures(studio: _Studio, trace: Trace, detail: Detail) -> Iterator[float]:
    layout = studio.layout
    for n, matrix in enumerate(matrices := [m for m in trace.network if m.shown]):
        yield 0.4 * n / len(matrices)
        studio.scales[matrix.name] = scale_of(trace[matrix.name])
    large = slabs(layout, detail.cuboids)
    kinds = _by_kind(block for block in layout.blocks.values() if block.name in large)
    for n, (kind, blocks) in enumerate(kinds.items()):
        yield 0.4 + 0.6 * n / len(kinds)
        studio.pictures[kind] = picture(blocks, trace, studio.scales, studio.look, *kind, detail.bits)


def _matrices(studio: _Studio, trace: Trace, detail: Detail) -> Iterator[float]:
    layout, scales = studio.layout, studio.scales
    large = slabs(layout, detail.cuboids)
    for kind in _by_kind(layout.blocks.values()):
        studio.materials[kind] = cell_material(studio.look, *kind)
    for n, block in enumerate(layout.blocks.values()):
        yield n / len(layout.blocks)
        kind, scale = _kind(block), scales[block.matrix.name]
        if block.name in large:
            sheet = slab_object(block, studio.pictures[kind], layout.n_prompt)
        else:
            sheet = cell_object(block, trace, scale, studio.materials[kind], layout.n_prompt)
        sheet["scale"] = scale
        studio.add(block.name, sheet, "Matrices", *block.section, **PROPERTIES)
        sheet["reveal"] = done(trace.n_positions - layout.n_prompt)


def _window(studio: _Studio, trace: Trace, detail: Detail) -> Iterator[float]:
    """Cuboids around the cell that asks for them, where it is in a slab."""
    yield 0.0
    block = standing(studio.layout, *detail.window) if detail.window is not None else None
    if block is None or detail.window is None or block.name not in slabs(studio.layout, detail.cuboids):
        return
    slab, material = studio.objects[block.name], studio.materials[_kind(block)]
    open_window(slab, block, trace, block.place(detail.window[1]), material, studio.layout.n_prompt)


def _kind(block: Block) -> Kind:
    return block.role, block.matrix.signed


def _by_kind(blocks: Iterable[Block]) -> dict[Kind, list[Block]]:
    """Blocks that look alike."""
    kinds: dict[Kind, list[Block]] = {}
    for block in blocks:
        kinds.setdefault(_kind(block), []).append(block)
    return kinds


def _links(studio: _Studio) -> Iterator[float]:
    """One object for all links of a kind into a block, so that a cue can run along them."""
    materials = {kind: link_material(studio.look, kind) for kind in studio.look.links}
    groups: dict[tuple[str, str], list] = {}
    for link in studio.layout.links:
        groups.setdefault((link.target, link.kind), []).append(link)
    for n, ((target, kind), links) in enumerate(groups.items()):
        yield n / len(groups)
        name = link_name(target, kind)
        made = link_object(name, links, materials[kind])
        section = studio.layout[target].section
        studio.add(name, made, "Links", section[0], reveal=1.5, dim=0.0)


def link_name(target: str, kind: str) -> str:
    """The object of the links of a kind that lead into a block."""
    return f"{kind} into {target}"


def _labels(studio: _Studio) -> Iterator[float]:
    ink = ink_material(studio.look, "ink", studio.look.ink)
    faint = ink_material(studio.look, "faint", studio.look.faint)
    lettering = Lettering()
    for n, block in enumerate(studio.layout.blocks.values()):
        yield n / len(studio.layout.blocks)
        path = ("Labels", block.section[0])
        sheet = studio.objects[block.name]
        name = f"name {block.name}"
        _attach(studio.add(name, text_object(name, name_sign(block), ink), *path), sheet)
        dimensions = _dimensions(block, lettering, faint)
        if dimensions is not None:
            _attach(studio.add(f"dimensions {block.name}", dimensions, *path), sheet)
    signs, brackets = section_signs(studio.layout)
    for sign in signs:
        name = f"section {sign.of}"
        studio.add(name, text_object(name, sign, ink), "Labels", "Sections")
    for bracket in brackets:
        name = f"bracket {bracket.of}"
        line = line_object(name, [(bracket.points, bracket.width)], faint)
        studio.add(name, line, "Labels", "Sections")


def _dimensions(block: Block, lettering: Lettering, material: bpy.types.Material) -> bpy.types.Object | None:
    signs, brackets = dimension_signs(block)
    if not signs:
        return None
    lines = [(bracket.points, bracket.width) for bracket in brackets]
    return line_object(f"dimensions {block.name}", lines, material, [lettering.lay(sign) for sign in signs])


def _attach(thing: bpy.types.Object, to: bpy.types.Object) -> None:
    """Move with another object from now on, without moving now."""
    thing.parent = to
    thing.location = thing.location - to.location


def _letters(studio: _Studio) -> Iterator[float]:
    ink = ink_material(studio.look, "letters", studio.look.ink, 1.2)
    accent = ink_material(studio.look, "predictions", studio.look.accent, 1.2)
    faint = ink_material(studio.look, "threads", studio.look.faint, 0.7)
    for n, letter in enumerate(studio.layout.letters):
        yield n / len(studio.layout.letters)
        name = letter_name(letter)
        material = accent if letter.chosen else faint if letter.predicted else ink
        studio.add(name, letter_object(letter, material), "Letters")
        x, y, z = letter.at
        thread = line_object(f"thread {name}", [(((x, y, z - 0.3 * letter.size), letter.to), 0.12)], faint)
        studio.add(f"thread {name}", thread, "Letters")


def _candidates(studio: _Studio) -> Iterator[float]:
    """Bars with token and percentage; a bar's origin is its left end, so that it grows by its scale."""
    ink = ink_material(studio.look, "candidate text", studio.look.ink, 1.2)
    first = ink_material(studio.look, "candidate chosen", studio.look.accent, 1.0)
    other = ink_material(studio.look, "candidate", studio.look.links["trunk"], 0.8)
    for i, candidate in enumerate(studio.layout.candidates):
        yield i / len(studio.layout.candidates)
        x, y, z = candidate.at
        bar = bar_object(f"candidate {i} bar", candidate, other if i else first)
        studio.add(f"candidate {i} bar", bar, "Candidates")
        size = 0.75 * candidate.height
        foot = z - 0.36 * size
        token = Sign(candidate.text, (x - 0.5 * size, y, foot), size, "right", "candidate", "")
        end = (x + candidate.length + 0.5 * size, y, foot)
        share = Sign(f"{candidate.probability:.1%}", end, 0.8 * size, "left", "candidate", "")
        for name, sign in ((f"candidate {i} token", token), (f"candidate {i} share", share)):
            studio.add(name, text_object(name, sign, ink), "Candidates")


def _legend(studio: _Studio, trace: Trace) -> Iterator[float]:
    yield 0.0
    for name, thing in legend_objects(legend(studio.layout, trace), studio.look):
        studio.add(name, thing, "Legend")


def _props(studio: _Studio, film: Film | None) -> Iterator[float]:
    """What exists for the film alone."""
    if film is None or not film.props:
        return
    inks = {
        "ink": ink_material(studio.look, "words", studio.look.ink, 1.2),
        "accent": ink_material(studio.look, "accented words", studio.look.accent, 1.2),
        "faint": ink_material(studio.look, "faint words", studio.look.faint),
        "on dark": ink_material(studio.look, "numbers on dark", "#ffffff"),
        "on light": ink_material(studio.look, "numbers on light", "#06121f"),
    }
    materials: dict[tuple[str, bool, int], bpy.types.Material] = {}
    for n, prop in enumerate(film.props):
        yield n / len(film.props)
        if isinstance(prop, Swarm):
            key = (prop.role, prop.signed, len(prop.values))
            if key not in materials:
                materials[key] = swarm_material(studio.look, *key)
            made, properties = swarm_object(prop, materials[key]), {"pose": 0.0, "highlight": 0.0, "dim": 0.0}
        elif isinstance(prop, Note):
            sign = Sign(prop.text, prop.at, prop.size, prop.align, "note", "")
            made, properties = text_object(prop.name, sign, inks[prop.ink]), {}
        elif isinstance(prop, Formula):
            made, properties = formula_object(prop, inks[prop.ink]), {}
        else:
            line = line_object(prop.name, [(prop.points, prop.width)], inks[prop.ink])
            made, properties = line, {}
        studio.add(prop.name, made, "Props", prop.name.partition(":")[0], **properties)


def _room(studio: _Studio) -> Iterator[float]:
    yield 0.0
    furnish(studio.scene, studio.look, studio.layout.box, studio.collection("Room"))


def _film(studio: _Studio, film: Film | None) -> Iterator[float]:
    camera = film_camera(studio.scene, studio.layout, film, studio.collection("Camera"))
    if film is not None:
        yield from animate(studio.scene, film, studio.objects, camera, studio.curves)
