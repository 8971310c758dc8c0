"""Commands that leave scenes, films and other files."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..plain import duration
from ..steps import Steps, finished
from .arguments import Part, Question, framed
from .terminal import Bar, Share, need_blender, note, quiet_blender, say

if TYPE_CHECKING:
    import bpy

    from ..film.film import Film
    from ..layout.budget import Detail
    from ..output.formats import Format
    from ..output.render.local import Plan
    from ..staging.production import Production
    from ..staging.quality import Quality

BLEND = ".blend"


def generate(output: Path, question: Question, quality: Quality, detail: Detail, force: bool) -> None:
    """Write the whole scene, with its film, as a .blend that needs no add-on."""
    form = ready(output, "blend", force)
    write(form, output, question.produce(quality.resolution), quality, detail)


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
    from ..output.render.contact_sheet import SHEET, check_look, look_at
    from ..output.render.production import staged

    if part.cluster is not None:
        raise UserError("Frames to look at are rendered on this computer: leave out --cluster.")
    check_look(output)
    if blend is not None and not blend.is_file():
        raise UserError(f"There is no file {blend}.")
    made = question.produce(quality.resolution) if blend is None else None
    with quiet_blender():
        if blend is not None:
            scene = _opened(blend, quality)
        elif made is not None:
            scene = staged(made, quality, detail)
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
        ready(output, "blend", force)
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
        say(f"{output} is ready: {duration(made.film.duration)} of film.")
    else:
        render_scene(output, scene, made.film, part)


def farm(output: Path, question: Question, quality: Quality, detail: Detail) -> None:
    """Leave a folder for a render farm: the scene, a job type for Flamenco, and how to submit it."""
    form = ready(output, "farm")
    write(form, output, question.produce(quality.resolution), quality, detail)
    from ..output.render.farm import README

    say(f"{output / README} says how to submit it.")


def export(output: Path, question: Question, chosen: dict[str, Any], force: bool) -> None:
    """Write the scene and its film in the format that the file's suffix names."""
    form = ready(output, force=force)
    values = form.values(chosen)
    write(form, output, question.produce(), *values)


def captions(output: Path, question: Question, force: bool) -> None:
    """Write the film's captions as subtitles."""
    form = ready(output, "captions", force)
    write(form, output, question.produce())


def demo(output: Path, question: Question, quality: Quality, detail: Detail, part: Part) -> None:
    """Leave a short film, the scene, the glTF and the web page of a model in a folder."""
    need_blender()
    from ..output.formats import format_of
    from ..output.render.ledger import Ledger
    from ..output.render.local import check_output

    made = question.produce(quality.resolution)
    blend, glb, page, film = (f"{made.model.name}{suffix}" for suffix in (BLEND, ".glb", ".html", ".mp4"))
    ledger = Ledger(output, "demo")
    ledger.check_among_others((blend, glb, page, film))
    output.mkdir(exist_ok=True)
    check_output(output / film)
    final = dataclasses.replace(quality, preset="final")
    for name in (blend, glb, page):
        form = format_of(output / name)
        with ledger.file(name) as path, quiet_blender():
            finished(form.write(path, made, None, *((final, detail) if form.scenic else form.values({}))))
        say(f"{output / name} is ready: {_bytes((output / name).stat().st_size)}.")
    teaser = dataclasses.replace(question, given=question.given | {"cut": "teaser"})
    render_film(output / film, teaser.produce(quality.resolution), quality, detail, part)
    ledger.claim(film)


# --- what commands share -----------------------------------------------------------------------------


def ready(path: Path, name: str = "", force: bool = False) -> Format:
    """The format of that name, or the one that the suffix says.

    Raises UserError where `path` cannot become one, or is a file already, before anything is made.
    """
    from ..output.formats import FORMATS, format_of

    form = FORMATS[name] if name else format_of(path)
    if form.blender:
        need_blender()
    if form.suffixes:
        format_of(path, (form.name,))
    form.check(path)
    check_replaced(path, force)
    return form


def check_rendering(output: Path, part: Part, force: bool) -> None:
    """Raise UserError where a film could not be rendered, or would replace one, before anything is made."""
    need_blender()
    from ..output.render.cluster import check_cluster
    from ..output.render.local import check_output

    check_output(output)
    check_replaced(output, force)
    if part.cluster is not None:
        check_cluster(part.cluster)


def check_replaced(path: Path, force: bool) -> None:
    """Raise UserError where there is a file already that nobody said may be replaced: it may hold work."""
    if path.suffix and os.path.lexists(path) and not force:
        raise UserError(f"{path} is there already: name another file, or give --force to replace it.")


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


def write(form: Format, path: Path, made: Production, *values: Any) -> None:
    """Write a production in a format, and say so."""
    with quiet_blender():
        _finished(form.write(path, made, Bar(), *values), "" if form.name == "film" else path.name)
    size = f"{_bytes(path.stat().st_size)}, " if path.is_file() else ""
    say(f"{path} is ready: {size}{duration(made.film.duration)} of film.")


def _finished(steps: Steps[None], what: str) -> None:
    """Take all steps, and show how far they are under a name; "" where they show it themselves."""
    shown = Share(what) if what else lambda share: None
    finished(steps, lambda share, _: shown(share))
    shown(1.0)


def render_film(path: Path, made: Production, quality: Quality, detail: Detail, part: Part) -> None:
    """Render a production's film, and say where it is."""
    from ..output.render.production import staged

    with quiet_blender():
        scene = staged(made, quality, detail)
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
    say(f"{path} is ready: {duration(len(frames) / film.fps)}; its frames are in {folder}.")


def _said(plan: Plan) -> str:
    """What a render will do."""
    wide, high = plan.size
    text = f"{plan.frames} frames of {wide}x{high} ({duration(plan.seconds)} of film) go to {plan.path}"
    if plan.there:
        text += f"; {plan.there} are there already"
    if plan.takes is not None:
        text += f"; that takes about {duration(plan.takes, about=True)}"
    return f"{text}."


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"
