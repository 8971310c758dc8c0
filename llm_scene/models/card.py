"""What a model says about itself: its name, its licence and where it comes from.

From the model card (https://huggingface.co/docs/hub/model-cards), the README.md of its folder: lines
`key: value` between two lines `---`, then a heading.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .files import CONFIG_BYTES, read_bytes
from .hub import cached_as
from .presets import Preset

LETTERS = 80  # of a value that is shown
ENTRY = re.compile(r"(license_name|license|base_model)\s*:\s*(\S.*)?")
ITEM = re.compile(r"\s*-\s+(\S.*)")


@dataclass(frozen=True)
class Card:
    """Each is "" where the files do not tell."""

    title: str = ""
    license: str = ""
    source: str = ""


def card_of(folder: Path | None, preset: Preset | None) -> Card:
    """What the preset or the files of a folder say."""
    if preset is not None:
        return Card("", preset.license, preset.source)
    if folder is None:
        return Card()
    said, title = _read(folder / "README.md")
    licence = said.get("license", "")
    if licence in ("other", ""):
        licence = said.get("license_name", licence)
    name = cached_as(folder)
    source = f"https://huggingface.co/{name.repository}" if name is not None else said.get("base_model", "")
    return Card(title, licence, source)


def _read(path: Path) -> tuple[dict[str, str], str]:
    """The entries in front of a README, of a list the first, and its first heading."""
    if not path.is_file():
        return {}, ""
    try:
        lines = read_bytes(path, CONFIG_BYTES).decode("utf-8", errors="replace").splitlines()
    except UserError:  # a card that cannot be read stops nothing
        return {}, ""
    said: dict[str, str] = {}
    end = lines.index("---", 1) if lines[:1] == ["---"] and "---" in lines[1:] else 0
    for line, after in itertools.pairwise(lines[1 : end + 1]):
        if (match := ENTRY.fullmatch(line)) is None:
            continue
        item = ITEM.fullmatch(after)
        said[match[1]] = _plain(match[2] or (item[1] if item else ""))
    heading = next((line for line in lines[end:] if line.startswith("# ")), "")
    return said, _plain(heading.removeprefix("# "))


def _plain(text: str) -> str:
    """A value without quotes, signs that do not print, and more than a line has room for."""
    bare = text.strip().strip("\"'*").strip()
    return "".join(letter for letter in bare if letter.isprintable())[:LETTERS]
