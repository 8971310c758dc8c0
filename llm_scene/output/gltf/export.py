"""Puts a scene together as glTF: cells, signs, letters, links, legend, camera and the film's clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...film.film import Cue, Film
from ...film.framing import overview
from ...layout.layout import Layout, Point
from ...layout.look import Look
from ...network.ops import Array
from ...network.trace import Trace
from ...staging.production import Production
from ...staging.things import Thing, Tubes, things
from ...writing import whole_file
from .camera import add_camera, key_camera, one_lens
from .cells import RELIEF, Cells, instanced_cells, meshed_cells, texture_cells
from .document import LINEAR, Clip, Document, Json
from .forms import pipes, shape_of, texels, texts_of
from .lettering import Labels
from .motion import Covers, grouped, key_growth, key_hidden
from .shapes import Shape, turned

ASPECT = 16 / 9
GENERATOR = "LLM Scene"
SIZES = ("n_layer", "n_head", "n_kv_head", "d_model", "d_head", "d_mlp", "n_ctx", "d_vocab")

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
    drawn = list(things(layout, trace, film))
    growing = _links(document, drawn, look, film, plain)
    _writing(document, drawn, look, plain)
    hidden = _letters(document, drawn, look, film, plain)
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


def _links(
    document: Document, things: list[Thing], look: Look, film: Film | None, material: int
) -> list[Keyed]:
    """The links of a section as one mesh; the trunk's, which grow in the film, one by one."""
    sections: dict[str, list[Shape]] = {}
    growing = []
    for thing in things:
        match thing.form:
            case Tubes(kind=kind, links=links):
                shape, _ = pipes(thing.form, look)
                cues = film.tracks.get((thing.name, "reveal")) if film and kind == "trunk" else None
                if cues:
                    node = _shape_node(document, thing.name, [shape], material, at=links[0].points[0])
                    growing.append((node, cues))
                else:
                    sections.setdefault(thing.group[1], []).append(shape)
    for name, shapes in sections.items():
        _shape_node(document, f"Links/{name}", shapes, material)
    return growing


def _writing(document: Document, things: list[Thing], look: Look, plain: int) -> None:
    """Names, dimensions, sections and the legend: one mesh of lines and bars, one of texts."""
    labels, shapes = Labels(), []
    for thing in things:
        if thing.group[0] not in ("Labels", "Legend"):
            continue
        shape = shape_of(thing.form, look)
        shapes += [shape] if shape is not None else []
        for text in texts_of(thing.form):
            labels.add(text, look.inked(text.ink)[0], texels(thing))
    _shape_node(document, "Brackets and legend", shapes, plain)
    picture, quads, where = labels.picture()
    surface = {"baseColorTexture": document.texture("Labels", picture, LINEAR)}
    ink = document.material("Labels", surface=surface, alphaMode="BLEND", doubleSided=True)
    _shape_node(document, "Labels", [quads], ink, TEXCOORD_0=where.astype(np.float32))


def _letters(
    document: Document, things: list[Thing], look: Look, film: Film | None, plain: int
) -> list[Keyed]:
    """Tokens and predictions, those that appear together as one mesh; returns what the film hides."""
    together: dict[tuple[Any, ...], list[Thing]] = {}
    for thing in things:
        if thing.group[0] == "Letters":
            cues = film.tracks.get((thing.name, "hidden"), []) if film else []
            together.setdefault(tuple(cue.end for cue in cues), []).append(thing)
    hidden = []
    for alike in together.values():
        first = alike[0]
        shapes = [shape for thing in alike if (shape := shape_of(thing.form, look)) is not None]
        node = _shape_node(document, first.name, shapes, plain, at=first.at)
        if film and (cues := film.tracks.get((first.name, "hidden"))):
            hidden.append((node, cues))
    return hidden


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
