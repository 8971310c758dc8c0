"""A film at a glance: a frame now and then on one sheet, with what can be measured of each beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...network.ops import Array
from ...staging.measures import RULES, Instant, instant, measure
from ...staging.production import Production
from ...staging.sight import Picture, Sight
from .ledger import Ledger
from .local import check_output, render_film
from .pace import Progress
from .pixels import Pixels, can_read, load_picture, measure_pixels, save_picture, words_in, words_of

SHEET, DATA, REPORT, FRAMES = "contact-sheet.webp", "measures.json", "measures.md", "frames"
COLUMNS = (
    "frame", "seconds", "shot", "luminance", "dark", "contrast", "sharpness", "subject", "smallest text",
    "read", "breaks",
)  # fmt: skip
WIDEST = 3840  # pixels of a sheet
LIGHT = (0.14, 0.85)  # mean luminance of a frame
DARKEST = 0.25  # share of pixels that may be as good as black
CONTRAST = 1.5  # the subject's, against what is around it
READABLE = 14.0  # pixels of a capital from which on a reader is asked for a text


@dataclass(frozen=True)
class Looked:
    """A frame, and what was measured of it."""

    frame: int
    time: float
    pixels: Pixels
    geometry: Instant | None  # of a production
    read: float | None  # share of its words that were read, where there is a reader and something to read

    @property
    def wrong(self) -> list[str]:
        """What its pixels break."""
        said = []
        if not LIGHT[0] <= self.pixels.luminance <= LIGHT[1]:
            said.append(f"luminance {self.pixels.luminance:.2f}")
        if self.pixels.dark > DARKEST:
            said.append(f"{self.pixels.dark:.0%} nearly black")
        if self.pixels.contrast is not None and self.pixels.contrast < CONTRAST:
            said.append(f"contrast {self.pixels.contrast:.1f}")
        return said


def look_at(
    scene: bpy.types.Scene,
    made: Production | None,
    folder: Path,
    frames: Sequence[int],
    *,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> list[Looked]:
    """Render frames, and leave a sheet of them, data and a report in a folder.

    The scene may be any; with its production, what follows from places is measured as well. Frames that an
    earlier call left are used again.
    """
    ledger = check_look(folder)
    folder.mkdir(exist_ok=True)
    fps = scene.render.fps
    film = made.film if made else None
    at = render_film(scene, film, folder / FRAMES, frames=frames, processes=processes, progress=progress)
    sight = Sight(made) if made else None
    found = [_looked(at / f"{frame:05}.png", frame, fps, sight) for frame in frames]
    with ledger.file(SHEET) as path:
        _sheet([at / f"{frame:05}.png" for frame in frames], path)
    with ledger.file(DATA) as path:
        path.write_text(json.dumps(_data(found, made), indent=1, ensure_ascii=False), encoding="utf-8")
    with ledger.file(REPORT) as path:
        path.write_text(report(found), encoding="utf-8")
    return found


def check_look(folder: Path) -> Ledger:
    """What in a folder is ours. Raises UserError where a sheet would replace a file of the user's."""
    ledger = Ledger(folder, "look")
    ledger.check_among_others((SHEET, DATA, REPORT))
    if folder.is_dir():
        check_output(folder / FRAMES)
    return ledger


def _looked(path: Path, frame: int, fps: float, sight: Sight | None) -> Looked:
    picture = sight.at(frame / fps) if sight else None
    subject = None if picture is None or picture.travels else picture.mask(picture.subject[0])
    pixels = measure_pixels(load_picture(path), subject)
    return Looked(frame, frame / fps, pixels, instant(picture) if picture else None, _read(path, picture))


def _read(path: Path, picture: Picture | None) -> float | None:
    """The share of words that are read."""
    if picture is None or not can_read():
        return None
    wanted = words_of(" ".join(text.text for text in picture.texts if text.capital >= READABLE))
    seen = set(words_in(path)) if wanted else set()
    return sum(word in seen for word in wanted) / len(wanted) if wanted else None


def _sheet(paths: Sequence[Path], target: Path) -> None:
    """Pictures in rows, from left to right, about as wide as high."""
    pictures = [load_picture(path) for path in paths]
    height, width, _ = pictures[0].shape
    columns = max(1, min(math.ceil(math.sqrt(len(pictures) * height / width * 16 / 9)), WIDEST // width or 1))
    sheet: Array = np.zeros((math.ceil(len(pictures) / columns) * height, columns * width, 3), np.float32)
    for n, picture in enumerate(pictures):
        row, column = divmod(n, columns)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = picture
    save_picture(sheet, target)


def _data(found: Sequence[Looked], made: Production | None) -> dict[str, Any]:
    """Everything measured, as plain data."""
    frames = [asdict(one) | {"wrong": one.wrong} for one in found]
    if made is None:
        return {"frames": frames}
    whole = measure(made)
    rules = {name: [asdict(b) for b in whole.breaches(name)] for name in RULES}
    return {"frames": frames, "rules": rules}


def report(found: Sequence[Looked]) -> str:
    """A table, a line a frame."""
    lines = [_row(COLUMNS), _row(["---"] * len(COLUMNS))]
    for one in found:
        p, g = one.pixels, one.geometry
        contrast = "" if p.contrast is None else f"{p.contrast:.1f}"
        shot = "" if g is None else "travel" if g.travel else g.kind
        subject = "" if g is None or g.travel else f"{g.wide:.0%} x {g.high:.0%}"
        text = "" if g is None or not math.isfinite(g.smallest) else f"{g.smallest:.1f}"
        read = "" if one.read is None else f"{one.read:.0%}"
        cells = [str(one.frame), f"{one.time:.1f}", shot, f"{p.luminance:.2f}", f"{p.dark:.0%}", contrast]
        lines.append(_row([*cells, f"{p.sharpness:.2f}", subject, text, read, ", ".join(one.wrong)]))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
