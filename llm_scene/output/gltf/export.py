"""Puts a scene together as glTF: cells, signs, letters, links, legend, camera and the film's clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import UserError
from ...film.film import Film
from ...film.framing import overview
from ...film.props import Swarm
from ...layout.layout import Layout
from ...look import RELIEF, Look
from ...network.trace import Trace
from ...scene.faces import unused_faces_removed
from ...staging.production import Production
from ...staging.things import Thing, things
from ...steps import DRAWING, PACKING, Steps, finished
from ...writing import whole_file
from .actors import Motion, motion_of
from .camera import add_camera, key_camera, nearest, one_lens
from .cells import Cells, instanced_cells, meshed_cells, texture_cells
from .document import Clip, Document, Json
from .drawn import add_drawn
from .motion import Covers, grouped
from .swarms import add_swarms
from .wall import add_wall

ASPECT = 16 / 9
GENERATOR = "LLM Scene"
SIZES = ("n_layer", "n_head", "n_kv_head", "d_model", "d_head", "d_mlp", "n_ctx", "d_vocab")

# How cells are written, with the node of each block as an answer; how far they stand out of their sheet.
Writer = Callable[[Document, Cells, dict[str, int], Film | None], dict[str, int]]
MODES: dict[str, tuple[Writer, float]] = {
    "texture": (texture_cells, 0.0),
    "instances": (instanced_cells, 0.0),
    "mesh": (meshed_cells, RELIEF),
}
COUNTED = ("texture", "instances")  # for viewers, which all read places as whole numbers of a unit


def export_gltf(
    path: Path,
    made: Production,
    *,
    mode: str = "texture",
    chapter_clips: bool = False,
    scale: float = 1.0,
) -> None:
    """Write the scene of a production and its film to a .glb.

    `mode` says how cells are carried: "texture" (a box a matrix over one picture; opens everywhere),
    "instances" (real cuboids through EXT_mesh_gpu_instancing, for web developers) or "mesh" (merged
    cuboids with colours at their corners, for programs that edit). `chapter_clips` adds a clip for each
    chapter to the one of the film. `scale` is how large a cell is, in metres. Raises UserError where the file
    cannot be written.
    """
    finished(write_gltf(path, made, mode=mode, chapter_clips=chapter_clips, scale=scale))


def write_gltf(path: Path, made: Production, *, mode: str, chapter_clips: bool, scale: float) -> Steps[None]:
    """`export_gltf` in small steps."""
    with whole_file(path) as temporary, unused_faces_removed():
        data = yield from _glb(made, mode, chapter_clips, scale, still=False)
        temporary.write_bytes(data)


def check_mode(mode: str) -> None:
    """Raise UserError unless there is such a mode."""
    if mode not in MODES:
        raise UserError(f"There is no glTF mode “{mode}”: choose one of {', '.join(MODES)}.")


def glb(
    made: Production,
    *,
    mode: str = "texture",
    chapter_clips: bool = False,
    scale: float = 1.0,
    still: bool = False,
) -> bytes:
    """The same as bytes, which are equal for equal input; without the film where it is to be `still`."""
    return finished(_glb(made, mode, chapter_clips, scale, still=still))


def _glb(made: Production, mode: str, chapter_clips: bool, scale: float, *, still: bool) -> Steps[bytes]:
    check_mode(mode)
    yield 0.0, DRAWING
    layout, trace, look = made.layout, made.trace, made.look
    film = None if still else made.film
    write_cells, relief = MODES[mode]
    document = Document(GENERATOR, counted=mode in COUNTED)
    cells = Cells(layout, trace, look)
    document.scene |= {"name": GENERATOR, "extras": _scene_extras(trace, film, look, cells)}
    sheets = write_cells(document, cells, _sections(document, layout), film)
    add_wall(document, layout, look)
    yield 0.2, DRAWING
    film = one_lens(film) if film else None
    clip = Clip(document, film.name, {}) if film else None
    drawn = list(things(layout, trace, film, language=made.options.spoken))
    home = {thing.name: thing.at for thing in drawn}
    motions = {thing.name: motion_of(film, thing, home) if film else Motion() for thing in drawn}
    add_drawn(document, clip, drawn, motions, layout, look)
    yield 0.6, DRAWING
    reach = max(layout.box.size)
    pose, near = (film.pose(0.0), nearest(film)) if film else (overview(layout), reach / 1000)
    camera = add_camera(document, pose, ASPECT, reach, near)
    if film is not None and clip is not None:
        for name in layout.blocks:
            motions[name].key(clip, sheets[name], layout[name].origin)
        _swarms(document, clip, drawn, motions, film, look)
        yield 0.8, DRAWING
        covers = Covers(document, clip, film, look, relief, layout.n_prompt)
        for group in grouped(layout, film, motions):
            covers.add(group)
        covers.close()
        key_camera(clip, camera, film)
        clip.close()
        for chapter in film.chapters if chapter_clips else ():
            extras = {"title": chapter.title, "start": _seconds(chapter.start), "end": _seconds(chapter.end)}
            clip.part(chapter.name, chapter.start, chapter.end, extras).close()
    if scale != 1.0:
        document.resize(scale)
    yield 0.95, PACKING
    return document.glb()


# --- what is known ---


def _scene_extras(trace: Trace, film: Film | None, look: Look, cells: Cells) -> Json:
    config = trace.network.config
    model = {size: getattr(config, size) for size in SIZES}
    extras: Json = {"model": {"family": config.family, **model}, "tokens": trace.tokens}
    extras |= {"look": look.name, "background": look.wall, "horizon": look.middle}
    extras["matrices"] = cells.matrices()
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


def _swarms(
    document: Document, clip: Clip, drawn: list[Thing], motions: dict[str, Motion], film: Film, look: Look
) -> None:
    """Cells that move on their own."""
    swarms = [(thing.form, motions[thing.name]) for thing in drawn if isinstance(thing.form, Swarm)]
    add_swarms(document, clip, swarms, film, look, document.material("Moving cells"))
