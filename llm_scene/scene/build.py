"""Builds the scene: one function, from plain values to Blender objects."""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

import bpy

from ..film.film import Film
from ..film.framing import overview
from ..film.front import done
from ..film.props import Backdrop, Formula, Swarm
from ..layout.budget import Detail, slabs
from ..layout.drawn import Text
from ..layout.layout import Block, Layout, Letter
from ..layout.naming import Naming
from ..look import Look, scale_of
from ..network.graph import Role
from ..network.ops import Cell
from ..network.trace import Trace
from ..staging.naming import naming
from ..staging.production import Production, window_in
from ..staging.things import Bar, Drawing, Ramp, Thing, Tubes, things
from ..steps import Progress, Steps, finished
from .animate import Curves, animate
from .backdrop import backdrop_object
from .cells import cell_group, cell_object
from .compat import sync_layers
from .formula import formula_object
from .labels import Lettering, bar_object, letter_object, line_object, text_object
from .legend import ramp_object
from .links import link_object
from .marks import MARK, name_part
from .materials import (
    MOVING,
    PROPERTIES,
    bar_material,
    cell_material,
    ink_material,
    link_material,
    swarm_material,
)
from .rig import new_rig
from .roles import Roles
from .room import furnish, painted
from .screen import hang_screen
from .slabs import Pictures, picture, slab_object
from .swarm import states, swarm_object
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
LETTERED = ("Labels", "Legend")  # collections that a scene without labels hides, last in their paths
Kind = tuple[Role, bool]  # a matrix's role, and whether it has negative values
DETAIL = Detail()


@dataclass
class _Studio:
    """What the steps of building share."""

    scene: bpy.types.Scene
    look: Look
    layout: Layout
    curves: Curves
    detail: Detail
    language: str  # of what is written
    naming: Naming  # in English, as names in Blender are
    collections: dict[tuple[str, ...], bpy.types.Collection] = field(default_factory=dict)
    objects: dict[str, bpy.types.Object] = field(default_factory=dict)
    scales: dict[str, float] = field(default_factory=dict)  # what fills the colour map, by matrix
    pictures: dict[Kind, Pictures] = field(default_factory=dict)
    lettering: Lettering = field(default_factory=Lettering)

    def __post_init__(self) -> None:
        self.large = slabs(self.layout, self.detail.cuboids)
        # Materials, made where they are first needed and shared from then on.
        self.roles = Roles(self.look)
        self.cells = functools.cache(functools.partial(cell_material, self.roles))
        self.moving = functools.cache(functools.partial(swarm_material, self.roles))
        self.link = functools.cache(functools.partial(link_material, self.look))
        self.ink = functools.cache(lambda ink: ink_material(self.look, ink))

    @functools.cached_property
    def group(self) -> bpy.types.NodeTree:
        """What turns points into cuboids."""
        return cell_group()

    @functools.cached_property
    def ramp(self) -> bpy.types.Material:
        """What strips of colours are made of."""
        return bar_material()

    @functools.cached_property
    def wall(self) -> bpy.types.Material:
        """What comes before the model during a calculation."""
        return painted(self.look, "backdrop")

    def collection(self, *path: str) -> bpy.types.Collection:
        """The collection at a path, made where missing; nested as the path is."""
        if path not in self.collections:
            made = bpy.data.collections.new(" / ".join(map(self.naming.part, path)) or NAME)
            self.collections[path] = name_part(made, "/".join(path))
            if path and path[-1] in LETTERED:
                made.hide_render = True  # a film's shots have names of their own
                made.hide_viewport = not self.detail.labels
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
        self.objects[name] = name_part(thing, name)
        return thing


def build(
    made: Production, detail: Detail = DETAIL, progress: Progress | None = None, *, still: bool = False
) -> bpy.types.Scene:
    """A new Blender scene of a production, with its film's keyframes and props unless it is to be `still`.

    `detail` says how many cells may become cuboids; the largest matrices become slabs instead.

    Nothing that exists in the file is touched. `progress` is told the share done and what is being done.
    """
    return finished(construct(made, detail, still=still), progress)


def construct(made: Production, detail: Detail = DETAIL, *, still: bool = False) -> Steps[bpy.types.Scene]:
    """`build` in small steps."""
    film, window = None if still else made.film, window_in(made, detail)
    scene = bpy.data.scenes.new(NAME)
    scene[MARK] = True
    studio = _studio(scene, made, _curves(scene, film), detail)
    steps = (
        *_model(studio, made.trace, film),
        ("room", _room(studio)),
        ("film", _film(studio, film)),
        ("window", _window(studio, made.trace, window)),
    )
    begun = 0.0
    for what, step in steps:
        yield begun, what
        yield from ((begun + STEPS[what] * share, what) for share in step)
        begun += STEPS[what]
    sync_layers(scene)
    return scene


def _studio(scene: bpy.types.Scene, made: Production, curves: Curves, detail: Detail) -> _Studio:
    english = naming("en", made.trace.network)
    return _Studio(scene, made.look, made.layout, curves, detail, made.options.spoken, english)


def _curves(scene: bpy.types.Scene, film: Film | None) -> Curves:
    """Where the film's keys go."""
    if film is None:
        return Curves(scene.name)
    return Curves(f"{scene.name} {film.name}", dict.fromkeys(target for target, _ in film.tracks))


def model_objects(
    scene: bpy.types.Scene, name: str, made: Production, detail: Detail = DETAIL
) -> Generator[float, None, dict[str, bpy.types.Object]]:
    """All that stands of a production, in a collection called `name`, without a room or a film.

    Yields the share done, and returns the objects under the names by which cues find them.
    """
    studio = _studio(scene, made, Curves(name), detail)
    studio.collection().name = name
    steps = _model(studio, made.trace, None)
    for n, (_, step) in enumerate(steps):
        yield from ((n + share) / len(steps) for share in step)
    return studio.objects


def _model(studio: _Studio, trace: Trace, film: Film | None) -> list[tuple[str, Iterator[float]]]:
    """The steps that put up everything that is drawn, by what they make."""
    groups: dict[str, list[Thing]] = {}
    for thing in things(studio.layout, trace, film, language=studio.language):
        groups.setdefault(thing.group[0].lower(), []).append(thing)
    drawn = ((what, _put_up(studio, trace, groups[what])) for what in STEPS if what in groups)
    return [("pictures", _pictures(studio, trace)), *drawn]


def _pictures(studio: _Studio, trace: Trace) -> Iterator[float]:
    layout = studio.layout
    for n, matrix in enumerate(matrices := [m for m in trace.network if m.shown]):
        yield 0.4 * n / len(matrices)
        studio.scales[matrix.name] = scale_of(trace[matrix.name])
    kinds = _by_kind(block for block in layout.blocks.values() if block.name in studio.large)
    for n, (kind, blocks) in enumerate(kinds.items()):
        yield 0.4 + 0.6 * n / len(kinds)
        studio.pictures[kind] = picture(blocks, trace, studio.scales, studio.roles, *kind, studio.detail.bits)


def _put_up(studio: _Studio, trace: Trace, things: list[Thing]) -> Iterator[float]:
    """Make the objects of things, file them, and hang those on others that move along with them."""
    for n, thing in enumerate(things):
        yield n / len(things)
        made, properties = _object(studio, trace, thing)
        studio.add(thing.name, made, *_filed(studio.layout, thing), **properties)
        if thing.on:
            _attach(made, studio.objects[thing.on])


def _filed(layout: Layout, thing: Thing) -> tuple[str, ...]:
    """Its collection: that of its section, in which what leads there and what is written lie apart."""
    match thing.form:
        case Block(section=section):
            return section
        case Tubes(links=links):
            return (*layout[links[0].target].section, "Links")
    if thing.on in layout.blocks and thing.group[0] == "Labels":
        return (*layout[thing.on].section, "Labels")
    return thing.group


def _object(studio: _Studio, trace: Trace, thing: Thing) -> tuple[bpy.types.Object, dict[str, float]]:
    """The object of a thing, and the custom properties by which cues change how it looks."""
    match thing.form:
        case Block() as block:
            return _sheet(studio, trace, block), PROPERTIES | {
                "reveal": done(trace.n_positions - studio.layout.n_prompt)
            }
        case Tubes(links=links, kind=kind):
            return link_object(thing.name, links, studio.link(kind)), {"reveal": 1.5, "dim": 0.0}
        case Text() as text:
            return text_object(text, studio.ink(text.ink)), {}
        case Drawing(lines=lines, texts=texts):
            laid = [studio.lettering.lay(text) for text in texts]
            return line_object(thing.name, lines, studio.ink(lines[0].ink), laid, thing.at), {}
        case Letter() as letter:
            return letter_object(letter, studio.ink(letter.ink)), {}
        case Bar(box=box, ink=ink):
            return bar_object(thing.name, box, thing.at, studio.ink(ink)), {}
        case Ramp() as ramp:
            return ramp_object(thing.name, ramp, studio.look, studio.ramp), {}
        case Swarm() as swarm:
            return swarm_object(swarm, studio.moving(swarm.role, swarm.signed, states(swarm))), dict(MOVING)
        case Formula() as formula:
            return formula_object(formula, studio.ink(formula.ink)), {}
        case Backdrop() as backdrop:
            return backdrop_object(backdrop, studio.wall), {}


def _sheet(studio: _Studio, trace: Trace, block: Block) -> bpy.types.Object:
    """A matrix as a slab where there is a picture of it, else as cuboids."""
    kind, scale = _kind(block), studio.scales[block.matrix.name]
    measures = studio.detail.measures
    if block.name in studio.large:
        sheet = slab_object(block, studio.pictures[kind], studio.layout.n_prompt, measures)
    else:
        material, n_prompt = studio.cells(*kind), studio.layout.n_prompt
        sheet = cell_object(block, trace, scale, material, n_prompt, studio.group, measures=measures)
    sheet["scale"] = scale
    return sheet


def _attach(thing: bpy.types.Object, to: bpy.types.Object) -> None:
    """Move with another object from now on, without moving now."""
    thing.parent = to
    thing.location = thing.location - to.location


def _window(studio: _Studio, trace: Trace, window: tuple[Block, Cell] | None) -> Iterator[float]:
    """Cuboids around a cell of a slab."""
    yield 0.0
    if window is not None:
        block, cell = window
        slab, material = studio.objects[block.name], studio.cells(*_kind(block))
        open_window(slab, block, trace, block.place(cell), material, studio.layout.n_prompt)


def _kind(block: Block) -> Kind:
    return block.role, block.matrix.signed


def _by_kind(blocks: Iterable[Block]) -> dict[Kind, list[Block]]:
    """Blocks that look alike."""
    kinds: dict[Kind, list[Block]] = {}
    for block in blocks:
        kinds.setdefault(_kind(block), []).append(block)
    return kinds


def _room(studio: _Studio) -> Iterator[float]:
    yield 0.0
    furnish(studio.scene, studio.look, studio.layout.box, studio.collection("Room"))


def _film(studio: _Studio, film: Film | None) -> Iterator[float]:
    pose = film.pose(0.0) if film is not None else overview(studio.layout)
    rig = new_rig(studio.scene, pose, studio.collection("Camera"))
    camera, target = rig
    target.empty_display_size = studio.layout.gap
    camera.data.clip_start, camera.data.clip_end = 1.0, 20 * max(studio.layout.box.size)
    camera.data.dof.use_dof, camera.data.dof.focus_object = True, target
    if film is not None:
        yield from animate(studio.scene, film, studio.objects, rig, studio.curves)
        hang_screen(film, studio.look, camera, studio.collection("Screen"), studio.curves)
