"""How carefully a film is rendered, from a draft to a final one, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from ..choices import check, choice
from ..errors import UserError

SIDES = (16, 16384)  # pixels


@dataclass(frozen=True)
class RenderPreset:
    """A trade between quality and time."""

    name: str
    title: str
    engine: str  # "CYCLES" or "EEVEE"
    samples: int
    size: tuple[int, int]
    bounces: int  # of light from surface to surface; without any, colours are seen as the look says them


PRESETS = {
    preset.name: preset
    for preset in (
        RenderPreset("draft", "Draft", "CYCLES", 3, (640, 360), 0),
        RenderPreset("preview", "Preview", "CYCLES", 8, (640, 360), 0),
        RenderPreset("final", "Final, 1080p", "CYCLES", 64, (1920, 1080), 0),
        RenderPreset("final-4k", "Final, 4K", "CYCLES", 64, (3840, 2160), 0),
        RenderPreset("eevee", "EEVEE, 1080p", "EEVEE", 32, (1920, 1080), 0),
    )
}


def _items() -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (p.name, p.title, f"{p.size[0]} × {p.size[1]}, {p.samples} samples") for p in PRESETS.values()
    )


@dataclass(frozen=True)
class Quality:
    """How to render. Raises UserError, one sentence, for what there is not."""

    preset: str = choice(
        "preview",
        "Quality",
        "A trade between quality and time",
        flag="render-preset",
        noun="render preset",
        items=_items,
    )
    samples: int | None = choice(
        None, "Samples", "Rays a pixel: more is cleaner and slower", kind=int, low=1, high=65536
    )
    resolution: tuple[int, int] | None = None  # in pixels, instead of the preset's

    def __post_init__(self) -> None:
        check(self)
        if self.resolution is not None and not all(SIDES[0] <= side <= SIDES[1] for side in self.resolution):
            raise UserError(f"A picture has {SIDES[0]} to {SIDES[1]} pixels a side.")


def size_for(size: tuple[int, int], aspect: float) -> tuple[int, int]:
    """A landscape size in another format: its shorter side stays the shorter side; both are even."""
    wide, short = size
    if aspect >= 1:
        return min(wide, round(short * aspect / 2) * 2), short
    return short, min(wide, round(short / aspect / 2) * 2)
