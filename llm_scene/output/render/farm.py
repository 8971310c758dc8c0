"""A folder that any render farm takes: a .blend that needs nobody, and how to submit it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from ...errors import UserError
from ...plain import duration
from ...scene.compat import image_format
from ...scene.picture import rate
from ...steps import Steps, finished
from ...writing import disk_error, held
from ..blend import write_blend
from .frames import recipe_of
from .ledger import Ledger

BLEND, JOB_TYPE, README, FRAMES = "scene.blend", "flamenco.js", "README.txt", "frames"
KIND = "farm"  # of folder, in its ledger
OUTPUT = ("filepath", "use_overwrite", "use_placeholder", "use_file_extension")
IMAGE = ("file_format", "color_mode", "color_depth", "compression")
TEXT = """{title}

scene.blend holds all it needs: fonts, pictures, keyframes; no add-on and no script. Frames {first} to {last}
go to frames/ as PNG, {width}x{height}, {fps} a second. Every frame stands alone and one that is there is
skipped. It was made by Blender {blender} and should be rendered by that version.

One computer, or several that share this folder, each at its own frames:

    blender -b scene.blend -a
    blender -b scene.blend -s {first} -e {some} -a

Slurm, ten frames a task:

    sbatch --array=0-{tasks} --wrap 'A=$(({first} + SLURM_ARRAY_TASK_ID * 10)); \\
        blender -b scene.blend -s $A -e $((A + 9 < {last} ? A + 9 : {last})) -a'

OpenCue (the layer's command; ten frames a chunk):

    blender -b /shared/scene.blend -s #FRAME_START# -e #FRAME_END# -a

Deadline: the Blender plugin with scene.blend, frames {first}-{last}, and the output left empty.
SheepIt: upload scene.blend.
Flamenco 3: put flamenco.js into the folder `scripts` beside flamenco-manager, restart it, open scene.blend
in Blender, refresh the job types, choose "LLM Scene Film" and submit. It makes film.mp4 as well.

A computer that breaks down leaves an empty file for the frame it was at. Remove those, then start again
what did the frames that are missing:

    find frames -name '*.png' -size 0 -delete

The film, when all frames are there:

    ffmpeg -framerate {fps} -start_number {first} -i frames/%05d.png -vf "crop=trunc(iw/2)*2:trunc(ih/2)*2" \\
        -c:v libx264 -crf 18 -pix_fmt yuv420p film.mp4

Key of the scene: {key}
"""


def write_farm(scene: bpy.types.Scene, folder: Path) -> None:
    """Write the folder of a scene.

    Raises UserError where the folder holds anything else, or frames of another scene.
    """
    finished(farm_steps(scene, folder))


def farm_steps(scene: bpy.types.Scene, folder: Path) -> Steps[None]:
    """`write_farm` in small steps."""
    check_farm(folder)
    new = not folder.is_dir()
    with held(folder):
        key, ledger = _key(scene), Ledger(folder, KIND)
        if _frames(folder) and ledger.facts.get("key") != key:
            raise UserError(f"{folder / FRAMES} holds frames of another scene: choose another folder.")
        try:
            with ledger.begun(new=new):
                yield from _write(scene, key, ledger)
        except OSError as error:
            raise disk_error(error, folder) from None


def _write(scene: bpy.types.Scene, key: str, ledger: Ledger) -> Steps[None]:
    job_type = (Path(__file__).parent / JOB_TYPE).read_text(encoding="utf-8")
    readme = _readme(scene, key)
    with ledger.file(BLEND) as blend:
        yield from write_blend(scene, blend, meanwhile=_for_farms(scene))
    for name, text in ((JOB_TYPE, job_type), (README, readme)):
        with ledger.file(name) as file:
            file.write_text(text, encoding="utf-8")
    ledger.write(**ledger.facts | {"key": key})


def check_farm(folder: Path) -> None:
    """Raise UserError unless a farm folder can be written at `folder`: a new one, or one of ours."""
    Ledger(folder, KIND).check((BLEND, JOB_TYPE, README))


@contextlib.contextmanager
def _for_farms(scene: bpy.types.Scene) -> Iterator[None]:
    """Let a scene, for as long as it is saved, write its frames beside its file, each by itself."""
    render = scene.render
    image = render.image_settings
    media = getattr(image, "media_type", None)
    before = [(thing, name, getattr(thing, name)) for thing, name in _output(render)]
    try:
        image_format(image, "PNG")
        image.color_mode, image.color_depth, image.compression = "RGB", "8", 15
        render.filepath = f"//{FRAMES}/#####"
        render.use_overwrite, render.use_placeholder, render.use_file_extension = False, True, True
        yield
    finally:
        if media is not None:
            image.media_type = media
        for thing, name, value in before:
            setattr(thing, name, value)


def _output(render: bpy.types.RenderSettings) -> list[tuple[Any, str]]:
    return [(render, name) for name in OUTPUT] + [(render.image_settings, name) for name in IMAGE]


def _key(scene: bpy.types.Scene) -> str:
    """What tells a scene's frames from another's."""
    return hashlib.sha256(recipe_of(scene).key.encode()).hexdigest()[:16]


def _frames(folder: Path) -> bool:
    return (folder / FRAMES).is_dir() and any((folder / FRAMES).glob("*.png"))


def _readme(scene: bpy.types.Scene, key: str) -> str:
    first, last = scene.frame_start, scene.frame_end
    width, height = recipe_of(scene).size
    title = f"{scene.name}: {duration((last + 1 - first) / rate(scene.render))} of film"
    return TEXT.format(
        title=title,
        first=first,
        last=last,
        some=min(last, first + 99),
        tasks=(last - first) // 10,
        width=width,
        height=height,
        fps=Fraction(rate(scene.render)).limit_denominator(1001),
        blender=bpy.app.version_string,
        key=key,
    )
