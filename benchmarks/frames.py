"""Frames of scenes that stand in processes of their own: what each next one costs at the preset "draft"."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import Process, seconds

if TYPE_CHECKING:
    import bpy


@dataclass(frozen=True)
class Frames:
    """Seconds of the first frame, which prepares everything, and of those after it."""

    first: float
    later: tuple[float, ...]

    @property
    def median(self) -> float:
        """Of the later ones."""
        return statistics.median(self.later)


_shown: list[bpy.types.Scene] = []  # what this process renders
_span: list[int] = []  # its first and last frame


def show(scene: bpy.types.Scene) -> None:
    """Make a scene the one that this process renders."""
    from llm_scene.output.render.frames import prepare
    from llm_scene.scene.engines import apply_preset
    from llm_scene.staging.quality import PRESETS

    apply_preset(scene, PRESETS["draft"])
    prepare(scene)
    _span[:] = [scene.frame_start, scene.frame_end]
    _shown[:] = [scene]


def render(share: float) -> float:
    """Seconds to render the frame that many parts into the film."""
    from llm_scene.output.render.frames import rendered

    first, last = _span
    with tempfile.TemporaryDirectory() as folder:
        return seconds(lambda: rendered(_shown[0], round(first + share * (last - first)), Path(folder)))


def frames(processes: Mapping[str, Process], n: int) -> dict[str, Frames]:
    """The same `n` frames, spread over the film, of what every process shows, in turns."""
    found: dict[str, list[float]] = {name: [] for name in processes}
    for i in range(n):
        for name, process in processes.items():
            found[name].append(process(render, (i + 0.5) / n))
    return {name: Frames(times[0], tuple(times[1:])) for name, times in found.items()}
