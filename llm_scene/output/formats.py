"""The files that a production can leave as: the command line, the panel and the menus offer what is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..choices import check, choice, listed, named
from ..errors import UserError
from ..staging.production import Production
from ..writing import check_target


@dataclass(frozen=True)
class Gltf:
    """What there is to choose about a .glb."""

    mode: str = choice(
        "texture",
        "Cells",
        "How the file carries the cells",
        noun="glTF mode",
        items=named(
            ("texture", "Picture", "A box a matrix over one picture: small, opens everywhere"),
            ("instances", "Instances", "Real cuboids through EXT_mesh_gpu_instancing, for web developers"),
            ("mesh", "Mesh", "Merged cuboids with coloured corners, for programs that edit"),
        ),
    )
    chapter_clips: bool = choice(False, "Chapter Clips", "Also write a clip for each chapter")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Plain:
    """Nothing to choose."""


@dataclass(frozen=True)
class Format:
    """A kind of file: `write` is told where, what, and the chosen fields of `choices`."""

    name: str
    title: str
    description: str  # a sentence without its period
    icon: str  # of the panel's button
    suffixes: tuple[str, ...]
    write: Callable[..., None]  # (path, production, **choices)
    choices: type = Plain
    blender: bool = True  # whether Blender is needed


def _gltf(path: Path, made: Production, **chosen: Any) -> None:
    from .gltf import export_gltf

    export_gltf(path, made, **chosen)


def _page(path: Path, made: Production) -> None:
    from .page import export_page

    export_page(path, made)


def _captions(path: Path, made: Production) -> None:
    from .captions import write_captions

    write_captions(path, made)


FORMATS = {
    each.name: each
    for each in (
        Format(
            "gltf",
            "glTF",
            "Write the scene with its colours and its film as a .glb file, for the web and other programs",
            "EXPORT",
            (".glb",),
            _gltf,
            Gltf,
        ),
        Format(
            "page",
            "Web Page",
            "Write one .html file that plays the film in a browser and explains every cell, all offline",
            "URL",
            (".html",),
            _page,
        ),
        Format(
            "captions",
            "Subtitles",
            "Write the film's captions as subtitles, .srt or .vtt",
            "TEXT",
            (".srt", ".vtt"),
            _captions,
            blender=False,
        ),
    )
}


def format_of(path: Path, among: Sequence[str] = tuple(FORMATS)) -> Format:
    """The format that a file's suffix names. Raises UserError where there is none, or no file can be."""
    found = [FORMATS[name] for name in among if path.suffix.lower() in FORMATS[name].suffixes]
    if not found:
        known = [suffix for name in among for suffix in FORMATS[name].suffixes]
        raise UserError(f"{path} should end in {listed(known)}.")
    check_target(path)
    return found[0]


def export(path: Path, made: Production, **chosen: Any) -> None:
    """Write a production as its file's suffix says; `chosen` are the choices of that format.

    Raises UserError, one sentence, where there is no such format, or the file cannot be written.
    """
    form = format_of(path)
    form.write(path, made, **vars(form.choices(**chosen)))
