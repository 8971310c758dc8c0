"""Commands that leave scenes, films and other files."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..writing import check_target
from .arguments import Part, Question, framed
from .terminal import Bar, need_blender, note, quiet_blender, say

if TYPE_CHECKING:
    import bpy

    from ..film.film import Film
    from ..layout.budget import Detail
    from ..output.render.local import Plan
    from ..staging.production import Production
    from ..staging.quality import Quality

BLEND = ".blend"


def generate(output: Path, question: Question, quality: Quality, detail: Detail) -> None:
    """Write the whole scene, with its film, as a .blend that needs no add-on."""
    check_suffix(output, BLEND)
    made = question.produce(quality.resolution)
    save_blend(output, made, quality, detail)


def render(
    output: Path, question: Question, quality: Quality, detail: Detail, part: Part, force: bool
) -> None:
    """Render the film to a video. Run again after an interruption, it goes on where it stopped."""
    check_rendering(output, part, force)
    made = question.produce(quality.resolution)
    part.frames(made.film.n_frames)
    render_film(output, made, quality, detail, part)


def look(
    output: Path,
    question: Question,
    quality: Quality,
    detail: Detail,
    part: Part,
    every: float,
    blend: Path | None,
) -> None:
    """Render a frame now and then, small, and leave them on one sheet with their measures."""
    need_blender()
    from ..output.contact_sheet import FRAMES, SHEET, look_at
    from ..output.render.local import check_output

    if output.exists() and not output.is_dir():
        raise UserError(f"{output} is a file: give the name of a folder.")
    if part.cluster is not None:
        raise UserError("Frames to look at are rendered on this computer: leave out --cluster.")
    check_target(output / SHEET) if output.is_dir() else check_target(output)
    if output.is_dir():
        check_output(output / FRAMES)
    if blend is not None and not blend.is_file():
        raise UserError(f"There is no file {blend}.")
    made = question.produce(quality.resolution) if blend is None else None
    with quiet_blender():
        if blend is not None:
            scene = _opened(blend, quality)
        elif made is not None:
            scene = scene_of(made, quality, detail)
        frames = part.frames(scene.frame_end + 1)[:: max(1, round(every * scene.render.fps))]
        found = look_at(scene, made, output, frames, processes=part.processes, progress=Bar())
    wrong = sum(bool(one.wrong) for one in found)
    print(f"{output / SHEET} is ready: {len(found)} frames; {wrong} are too dark, too bright or too flat.")


def compare(
    models: Sequence[str],
    output: Path,
    chosen: dict[str, Any],
    quality: Quality,
    part: Part,
    force: bool,
) -> None:
    """Show models side by side: as a .blend with the film about their scale, or that film itself."""
    need_blender()
    from ..output.blend import save
    from ..scene.comparison import build_comparison
    from ..scene.engines import apply_quality
    from ..staging.comparison import compare as compare_models
    from ..staging.comparison import model_named
    from ..staging.options import Options

    to_file = output.suffix.lower() == BLEND
    if to_file:
        check_suffix(output, BLEND)
    else:
        check_rendering(output, part, force)
    options = framed(Options(**chosen), quality.resolution)
    made = compare_models([model_named(name) for name in models], options)
    part.frames(made.film.n_frames)
    with quiet_blender():
        scene = build_comparison(made)
        apply_quality(scene, quality, options.aspect)
        if to_file:
            save(scene, output)
    if to_file:
        say(f"{output} is ready: {made.film.duration:.1f} s of film.")
    else:
        render_scene(output, scene, made.film, part)


def farm(output: Path, question: Question, quality: Quality, detail: Detail) -> None:
    """Leave a folder for a render farm: the scene, a job type for Flamenco, and how to submit it."""
    need_blender()
    from ..output.render.farm import README, check_farm, write_farm

    check_farm(output)
    made = question.produce(quality.resolution)
    with quiet_blender():
        write_farm(scene_of(made, quality, detail), output)
    say(f"{output} is ready: {made.film.n_frames} frames; {README} in it says how to submit them.")


def export(output: Path, question: Question, chosen: dict[str, Any]) -> None:
    """Write the scene and its film as glTF, as a web page to play and explore, or as subtitles."""
    from ..output.formats import format_of

    form = format_of(output)
    if form.blender:
        need_blender()
    write(output, question.produce(), chosen)


def captions(output: Path, question: Question) -> None:
    """Write the film's captions as subtitles."""
    from ..output.formats import format_of

    format_of(output, ("captions",))
    made = question.produce()
    write(output, made)


def demo(output: Path, question: Question, quality: Quality, detail: Detail, part: Part, force: bool) -> None:
    """Leave a short film, the scene, the glTF and the web page of a model in a folder."""
    if output.exists() and not output.is_dir():
        raise UserError(f"{output} is a file: give the name of a folder.")
    need_blender()
    output.mkdir(exist_ok=True)
    made = question.produce(quality.resolution)
    name = made.model.name
    check_rendering(output / f"{name}.mp4", part, force)
    save_blend(output / f"{name}{BLEND}", made, dataclasses.replace(quality, preset="final"), detail)
    for suffix in (".glb", ".html"):
        write(output / f"{name}{suffix}", made)
    teaser = dataclasses.replace(question, given=question.given | {"cut": "teaser"})
    render_film(output / f"{name}.mp4", teaser.produce(quality.resolution), quality, detail, part)


# --- what commands share -----------------------------------------------------------------------------


def check_suffix(path: Path, suffix: str) -> None:
    """Raise UserError where a file of this kind cannot be written, before anything is made."""
    if path.suffix.lower() != suffix:
        raise UserError(f"{path} should end in {suffix}.")
    check_target(path)


def check_rendering(output: Path, part: Part, force: bool) -> None:
    """Raise UserError where a film could not be rendered, or would replace one, before anything is made."""
    need_blender()
    from ..output.render.cluster import check_cluster
    from ..output.render.local import check_output

    check_output(output)
    if output.suffix and output.exists() and not force:
        raise UserError(f"{output} is there already: name another file, or give --force to replace it.")
    if part.cluster is not None:
        check_cluster(part.cluster)


def scene_of(made: Production, quality: Quality, detail: Detail) -> bpy.types.Scene:
    """A Blender scene of a production, ready to render."""
    from ..scene.build import build
    from ..scene.engines import apply_quality

    scene = build(made, detail)
    apply_quality(scene, quality, made.film.aspect)
    return scene


def _opened(path: Path, quality: Quality) -> bpy.types.Scene:
    """The scene of a .blend, whoever made it."""
    import bpy

    from ..scene.engines import apply_quality

    try:
        bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=False, use_scripts=False)
    except RuntimeError:
        raise UserError(f"{path} is no .blend that Blender can open.") from None
    scene = bpy.context.scene
    apply_quality(scene, quality, scene.render.resolution_x / scene.render.resolution_y)
    return scene


def save_blend(path: Path, made: Production, quality: Quality, detail: Detail) -> None:
    """Write a production as a .blend, and say so."""
    need_blender()
    from ..output.blend import save

    with quiet_blender():
        save(scene_of(made, quality, detail), path)
    say(f"{path} is ready: {made.film.duration:.1f} s of film.")


def write(path: Path, made: Production, chosen: dict[str, Any] | None = None) -> None:
    """Write a production as its suffix says, and say so."""
    from ..output.formats import export

    with quiet_blender():
        export(path, made, **(chosen or {}))
    say(f"{path} is ready: {_bytes(path.stat().st_size)}.")


def render_film(path: Path, made: Production, quality: Quality, detail: Detail, part: Part) -> None:
    """Render a production's film, and say where it is."""
    with quiet_blender():
        scene = scene_of(made, quality, detail)
    render_scene(path, scene, made.film, part)


def render_scene(path: Path, scene: bpy.types.Scene, film: Film, part: Part) -> None:
    """Render a scene's film to a video or a folder, and say where it is."""
    from ..output.render.local import plan, render_film

    frames = part.frames(film.n_frames)
    note(_said(plan(scene, path, frames)))
    with quiet_blender():
        folder = render_film(
            scene,
            film,
            path,
            frames=frames,
            processes=part.processes,
            cluster=part.cluster,
            tell=note,
            progress=Bar(),
        )
    say(f"{path} is ready: {len(frames) / film.fps:.1f} s; its frames are in {folder}.")


def _said(plan: Plan) -> str:
    """What a render will do."""
    wide, high = plan.size
    text = f"{plan.frames} frames of {wide}x{high} ({plan.seconds:.1f} s of film) go to {plan.path}"
    if plan.there:
        text += f"; {plan.there} are there already"
    if plan.takes is not None:
        text += f"; that takes about {math.ceil(plan.takes / 60)} min"
    return f"{text}."


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"
