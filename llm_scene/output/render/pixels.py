"""What can be measured on a rendered picture: its light, its subject's contrast, its sharpness, its words.

Luminance is that of the picture as it is seen, 0 to 1: what a screen is told, weighted as in Rec. 709.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ...network.ops import Array, Numbers
from ...scene.picture import literal

REC_709 = (0.2126, 0.7152, 0.0722)
DARK = 0.05  # luminance below which a pixel is as good as black
EDGES = 99.0  # the percentile of steps between neighbours that says how sharp a picture is
ENLARGED = "--psm", "11"  # tesseract: as much text as there is, in no order
WORD = re.compile(r"[^\W_]+")
READER = "tesseract"


@dataclass(frozen=True)
class Pixels:
    """The measures of a picture."""

    luminance: float  # the mean
    dark: float  # share of pixels darker than `DARK`
    sharpness: float  # nearly the steepest step of luminance from pixel to pixel
    contrast: float | None  # how many times the subject is as bright, or as dark, as what is around it


def load_picture(path: Path) -> Array:
    """A picture's colours as they are seen, `[height, width, 3]`, the top row first."""
    image = bpy.data.images.load(literal(path), check_existing=False)
    try:
        width, height = image.size
        flat = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(flat)
        return flat.reshape(height, width, image.channels)[::-1, :, :3]
    finally:
        bpy.data.images.remove(image)


def save_picture(picture: Array, path: Path) -> None:
    """Write colours `[height, width, 3]` as a .png or .webp."""
    height, width, _ = picture.shape
    image = bpy.data.images.new(path.stem, width, height, alpha=False)
    try:
        image.pixels.foreach_set(
            np.dstack([picture[::-1], np.ones((height, width))]).astype(np.float32).ravel()
        )
        image.filepath_raw, image.file_format = literal(path), path.suffix[1:].upper()
        image.save(quality=85)
    finally:
        bpy.data.images.remove(image)


def measure_pixels(picture: Array, subject: Array | None = None) -> Pixels:
    """Measure a picture `[height, width, 3]`; `subject` says where that is, `[rows, columns]`, coarser."""
    light = picture @ np.array(REC_709, np.float32)
    steps = np.concatenate([np.abs(np.diff(light, axis=axis)).ravel() for axis in (0, 1)])
    return Pixels(
        float(light.mean()),
        float((light < DARK).mean()),
        float(np.percentile(steps, EDGES)),
        _contrast(light, subject),
    )


def _contrast(light: Array, subject: Numbers | None) -> float | None:
    if subject is None or subject.all() or not subject.any():
        return None
    rows, columns = (np.arange(n) * m // n for n, m in zip(light.shape, subject.shape, strict=True))
    where = subject[np.ix_(rows, columns)]
    one, other = (max(float(light[part].mean()), 1e-3) for part in (where, ~where))
    return max(one / other, other / one)


def can_read() -> bool:
    """Whether the program that reads pictures is there."""
    return shutil.which(READER) is not None


def words_in(path: Path) -> list[str]:
    """The words that tesseract reads in a picture, in small letters."""
    told = subprocess.run([READER, str(path), "-", *ENLARGED], capture_output=True, text=True, check=False)
    return words_of(told.stdout)


def words_of(text: str) -> list[str]:
    """A text's words of two letters or more, in small letters."""
    return [word.lower() for word in WORD.findall(text) if len(word) > 1]
