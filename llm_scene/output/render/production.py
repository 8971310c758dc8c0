"""From a production to its scene and its film in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import bpy

from ...layout.budget import Detail
from ...scene.build import construct
from ...scene.engines import apply_quality
from ...staging.production import Production
from ...staging.quality import Quality
from ...steps import Steps, finished
from ...writing import AnyPath
from .cluster import Tell
from .local import check_output, render_film
from .pace import Progress


def staged(
    made: Production,
    quality: Quality = Quality(),  # noqa: B008 (frozen)
    detail: Detail = Detail(),  # noqa: B008 (frozen)
) -> bpy.types.Scene:
    """A new scene of a production, ready to render."""
    return finished(stage(made, quality, detail))


def stage(made: Production, quality: Quality, detail: Detail) -> Steps[bpy.types.Scene]:
    """`staged` in small steps."""
    scene = yield from construct(made, detail)
    apply_quality(scene, quality, made.film.aspect)
    return scene


def render(
    path: AnyPath,
    made: Production,
    quality: Quality = Quality(),  # noqa: B008 (frozen)
    detail: Detail = Detail(),  # noqa: B008 (frozen)
    *,
    frames: Sequence[int] | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    tell: Tell = print,
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Build a production's scene and render its film to a video, or to a folder without a suffix.

    `frames` are those to render (None: all); for `processes`, `cluster` and `tell` see `film_steps`. Returns
    the folder of the frames; run again after an interruption, it goes on from those that are there. Raises
    UserError where the film cannot be written.
    """
    path = Path(path)
    check_output(path)
    chosen = list(range(made.film.n_frames)) if frames is None else list(frames)
    return render_film(
        staged(made, quality, detail),
        made.film,
        path,
        frames=chosen,
        processes=processes,
        cluster=cluster,
        tell=tell,
        progress=progress,
    )
