"""Puts a scene together as glTF: cells, signs, letters, links, legend, camera and the film's clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...film.film import Cue, Film
from ...film.framing import overview
from ...layout.layout import Layout, Letter, Point
from ...layout.legend import LegendRow, legend
from ...layout.look import Look, srgb
from ...layout.signs import Bracket, dimension_signs, name_sign, section_signs
from ...network.ops import Array
from ...network.trace import Trace
from ...scene.build import link_name
from ...scene.labels import letter_name
from ...scene.links import tube
from ...staging.production import Production
from ...writing import whole_file
from .camera import add_camera, key_camera, one_lens
from .cells import RELIEF, Cells, instanced_cells, meshed_cells, texture_cells
from .document import LINEAR, Clip, Document, Json
from .lettering import Labels, solid
from .motion import Covers, grouped, key_growth, key_hidden
from .shapes import Shape, painted, pipe, ribbon, turned

ASPECT = 16 / 9
GENERATOR = "LLM Scene"
TEXELS = {"section": 64.0, "": 34.0}  # height of a sign of this kind in the picture of labels
THREAD = 0.12  # width of the line from a letter to its cell
SIZES = ("n_layer", "n_head", "n_kv_head", "d_model", "d_head", "d_mlp", "n_ctx", "d_vocab")
SIDES = {"trunk": 8}  # of a link's tube; four where it is thin
CORNER = 3  # points of a rounded corner of a link
LEGEND_STEPS = 48

Keyed = tuple[int, list[Cue]]  # a node and what the film does to it

# How cells are written, and how far they stand out of their sheet.
Writer = Callable[[Document, Cells, dict[str, int], Film | None], None]
MODES: dict[str, tuple[Writer, float]] = {
    "texture": (texture_cells, 0.0),
    "instances": (instanced_cells, 0.0),
    "mesh": (meshed_cells, RELIEF),
}


def export_gltf(
    path: Path,
    made: Production,
    *,
    mode: str = "texture",
    chapter_clips: bool = False,
) -> None:
    """Write the scene of a production and its film to a .glb.

    `mode` says how cells are carried: "texture" (a box a matrix over one picture; opens everywhere),
    "instances" (real cuboids through EXT_mesh_gpu_instancing, for web developers) or "mesh" (merged
    cuboids with colours at their corners, for programs that edit). `chapter_clips` adds a clip for each
    chapter to the one of the film. Raises UserError where the file cannot be written.
    """
    with whole_file(path) as temporary:
        try:
            data = glb(made, mode=mode, chapter_clips=chapter_clips)
            temporary.write_bytes(data)
        except OSError as error:
            raise UserError(f"{path} could not be written: {error.strerror or error}.") from error


def check_mode(mode: str) -> None:
    """Raise UserError unless there is such a mode."""
    if mode not in MODES:
        raise UserError(f"There is no glTF mode “{mode}”: choose one of {', '.join(MODES)}.")


def glb(
    made: Production, *, mode: str = "texture", chapter_clips: bool = False, still: bool = False
) -> bytes:
    """The same as bytes, which are equal for equal input; without the film where it is to be `still`."""
    check_mode(mode)
    layout, trace, look = made.layout, made.trace, made.look
    film = None if still else made.film
    write_cells, relief = MODES[mode]
    document = Document(GENERATOR)
    cells = Cells(layout, trace, look)
    document.scene |= {"name": GENERATOR, "extras": _scene_extras(trace, film, look)}
    write_cells(document, cells, _sections(document, layout), film)
    plain = document.material("Lines", doubleSided=True)
    growing = _links(document, layout, look, film, plain)
    _writing(document, layout, trace, look, plain)
    hidden = _letters(document, layout, look, film, plain)
    film = one_lens(film, layout, ASPECT) if film else None
    pose = film.pose(0.0) if film else overview(layout)
    camera = add_camera(document, pose, ASPECT, max(layout.box.size))
    if film is not None:
        clip = Clip(document, film.name, _times(film))
        covers = Covers(document, clip, film, look, relief, layout.n_prompt)
        for group in grouped(layout, film):
            covers.add(group)
        covers.close()
        for node, cues in hidden:
            key_hidden(clip, node, cues, film.fps)
        for node, cues in growing:
            key_growth(clip, node, cues)
        key_camera(clip, camera, film)
        clip.close()
        for chapter in film.chapters if chapter_clips else ():
            extras = {"title": chapter.title, "start": _seconds(chapter.start), "end": _seconds(chapter.end)}
            clip.part(chapter.name, chapter.start, chapter.end, extras).close()
    return document.glb()


# --- what is known ---


def _scene_extras(trace: Trace, film: Film | None, look: Look) -> Json:
    config = trace.network.config
    model = {size: getattr(config, size) for size in SIZES}
    extras: Json = {"model": {"family": config.family, **model}, "tokens": trace.tokens}
    extras |= {"look": look.name, "background": look.background, "horizon": look.horizon}
    return extras | (_times(film) if film else {})


def _times(film: Film) -> Json:
    """When chapters and captions begin and end, in seconds."""
    return {
        "film": film.name,
        "fps": film.fps,
        "duration": _seconds(film.duration),
        "chapters": [
            {"name": c.name, "title": c.title, "start": _seconds(c.start), "end": _seconds(c.end)}
            for c in film.chapters
        ],
        "captions": [
            {"key": c.key, "text": c.text, "start": _seconds(c.start), "end": _seconds(c.end)}
            for c in film.captions
        ],
    }


def _seconds(time: float) -> float:
    return round(time, 4)


# --- what stands in the scene ---


def _sections(document: Document, layout: Layout) -> dict[str, int]:
    """A node a section, nested; returns the one that each block belongs to."""
    nodes: dict[tuple[str, ...], int] = {}
    for section in layout.sections:
        above = nodes.get(section.path[:-1])
        nodes[section.path] = document.node("/".join(section.path), above, extras={"section": section.name})
    return {block.name: nodes[block.section] for block in layout.blocks.values()}


def _links(document: Document, layout: Layout, look: Look, film: Film | None, material: int) -> list[Keyed]:
    """The links of a section as one mesh; the trunk's, which grow in the film, one by one."""
    sections: dict[str, list[Shape]] = {}
    growing = []
    for link in layout.links:
        sides = SIDES.get(link.kind, 4)
        rings, quads, _ = tube(link, sides, CORNER)
        shape = pipe(rings, quads, sides, np.array(srgb(look.links[link.kind])))
        name = link_name(link.target, link.kind)
        cues = film.tracks.get((name, "reveal")) if film and link.kind == "trunk" else None
        if cues:
            growing.append((_shape_node(document, name, [shape], material, at=link.points[0]), cues))
        else:
            sections.setdefault(layout[link.target].section[0], []).append(shape)
    for name, shapes in sections.items():
        _shape_node(document, f"Links/{name}", shapes, material)
    return growing


def _writing(document: Document, layout: Layout, trace: Trace, look: Look, plain: int) -> None:
    """Names, dimensions, sections and the legend: one mesh of lines and bars, one of texts."""
    labels = Labels()
    brackets: list[Bracket] = []
    for block in layout.blocks.values():
        signs, lines = dimension_signs(block)
        labels.add([name_sign(block)], look.ink)
        labels.add(signs, look.faint)
        brackets += lines
    signs, lines = section_signs(layout)
    labels.add(signs, look.ink)
    faint = np.array(srgb(look.faint))
    ribbons = [ribbon(b.points, b.width, faint) for b in brackets + lines]
    _shape_node(
        document, "Brackets and legend", [*ribbons, *_legend(legend(layout, trace), look, labels)], plain
    )
    picture, quads, where = labels.picture(TEXELS)
    surface = {"baseColorTexture": document.texture("Labels", picture, LINEAR)}
    ink = document.material("Labels", surface=surface, alphaMode="BLEND", doubleSided=True)
    _shape_node(document, "Labels", [quads], ink, TEXCOORD_0=where.astype(np.float32))


def _legend(rows: tuple[LegendRow, ...], look: Look, labels: Labels) -> list[Shape]:
    """Four colour bars beside the embedding, as in the Blender scene."""
    bars = []
    for row in rows:
        labels.add([row.title], look.ink)
        labels.add(list(row.marks), look.faint)
        shares = np.linspace(-1 if row.signed else 0, 1, LEGEND_STEPS + 1)
        rgb = look.ramp(row.role, row.signed).colours(shares)
        (x, y, low), (right, _, high) = row.bar.low, row.bar.high
        corners = [(a, y, height) for a in np.linspace(x, right, LEGEND_STEPS + 1) for height in (low, high)]
        quads = 2 * np.arange(LEGEND_STEPS)[:, None, None] + np.array([[0, 2, 3], [0, 3, 1]])
        bars.append(
            Shape(turned(np.array(corners)), quads.reshape(-1, 3), painted(np.repeat(rgb, 2, axis=0)))
        )
    return bars


def _letters(document: Document, layout: Layout, look: Look, film: Film | None, plain: int) -> list[Keyed]:
    """Tokens and predictions, those that appear together as one mesh; returns what the film hides."""
    together: dict[tuple[Any, ...], list[Letter]] = {}
    for letter in layout.letters:
        cues = film.tracks.get((letter_name(letter), "hidden"), []) if film else []
        together.setdefault((letter.predicted, tuple(cue.end for cue in cues)), []).append(letter)
    hidden = []
    for (predicted, _), letters in together.items():
        first = letters[0]
        shapes = [shape for letter in letters for shape in _letter(letter, look, letter.chosen)]
        name = f"{'Predictions' if predicted else 'Tokens'} from {first.position}"
        node = _shape_node(document, name, shapes, plain, at=first.at)
        if film and (cues := film.tracks.get((letter_name(first), "hidden"))):
            hidden.append((node, cues))
    return hidden


def _letter(letter: Letter, look: Look, chosen: bool) -> list[Shape]:
    """A letter and the thread that leads to its cell; of the predictions one is what the model says next."""
    x, y, z = letter.at
    thread = ((x, y, z - 0.3 * letter.size), letter.to)
    colour = look.ink if not letter.predicted else look.accent if chosen else look.faint
    return [solid(letter, colour), ribbon(thread, THREAD, np.array(srgb(look.faint)))]


def _shape_node(
    document: Document,
    name: str,
    shapes: list[Shape],
    material: int,
    at: Point = (0.0, 0.0, 0.0),
    **attributes: Array,
) -> int:
    """A node whose origin is `at` and that shows shapes as one mesh."""
    shape = Shape.joined(shapes)
    place = turned(np.array(at))
    vertices = {
        "POSITION": (shape.vertices - place).astype(np.float32),
        "COLOR_0": shape.colours,
        **attributes,
    }
    mesh = document.mesh(name, document.primitive(material, shape.triangles, **vertices))
    return document.node(name, mesh=mesh, translation=place.tolist())
