"""From a production to its film in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ...layout.budget import Detail
from ...scene.build import build
from ...scene.engines import apply_quality
from ...staging.production import Production
from ...staging.quality import Quality
from .local import check_output, render_film
from .pace import Progress


def render(
    path: Path,
    made: Production,
    quality: Quality = Quality(),  # noqa: B008 (frozen)
    detail: Detail = Detail(),  # noqa: B008 (frozen)
    *,
    frames: Sequence[int] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Build a production's scene and render its film to a video, or to a folder without a suffix.

    `frames` are those to render (None: all). Returns the folder of the frames; run again after an
    interruption, it goes on from those that are there. Raises UserError where the film cannot be written.
    """
    check_output(path)
    scene = build(made, detail)
    apply_quality(scene, quality, made.film.aspect)
    chosen = list(range(made.film.n_frames)) if frames is None else list(frames)
    return render_film(scene, made.film, path, frames=chosen, progress=progress)
