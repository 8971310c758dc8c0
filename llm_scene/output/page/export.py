"""Puts the page together: its markup, its style, its code, three.js and the packed data, in one file."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import struct
from dataclasses import replace
from pathlib import Path

from ...errors import UserError
from ...film.words import languages, words
from ...scene.faces import unused_faces_removed
from ...staging.production import Production
from ...steps import DRAWING, PACKING, TELLING, Steps, finished, within
from ...writing import whole_file
from . import facts
from .live import live
from .parts import extras, scene
from .poster import poster

HERE = Path(__file__).parent
LARGEST = 4_000_000  # numbers that a page carries, weights and all
# Each imports from those before it.
MODULES = (
    "explain", "film", "stage", "marks", "markup", "inspector", "live_tokens", "live_forward", "live_chances",
    "live_sums", "live_letters", "live_scene", "live", "experiments", "widgets", "headings", "lesson",
    "contents", "menu", "transcript", "main",
)  # fmt: skip
LEVEL = 9


def export_page(path: Path, made: Production) -> None:
    """Write a production as a web page that needs nothing else.

    Its captions begin in the production's language; all others are in the page's menu. Raises UserError
    where the file cannot be written.
    """
    finished(write_page(path, made))


def write_page(path: Path, made: Production) -> Steps[None]:
    """`export_page` in small steps."""
    with whole_file(path) as temporary, unused_faces_removed():
        text = yield from _page(made)
        temporary.write_text(text, encoding="utf-8", newline="\n")


def page(made: Production) -> str:
    """The same as text, equal for equal input."""
    return finished(_page(made))


def _page(made: Production) -> Steps[str]:
    _checked(made)
    data = yield from within(_data(made), 0.0, 0.9)
    yield 0.9, PACKING
    parts = {
        "title": html.escape(_title(made)),
        "description": html.escape(words("en").titles["film"]),
        "background": made.look.wall,
        "style": _read("page.css") + _read("live.css"),
        "library": _packed(_read("vendor/three.min.js").encode()),
        "licence": html.escape(_read("vendor/LICENSE.txt")),
        "poster": poster(made.layout, made.look),
        "modules": "\n".join(_module(name) for name in MODULES),
        "data": _packed(data),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda hole: parts[hole[1]], _read("page.html"))


def _title(made: Production) -> str:
    return f"{made.model.title}: {made.reading.prompt}"


def _checked(made: Production) -> None:
    count = sum(array.size for array in made.trace.arrays.values())
    if count > LARGEST:
        raise UserError(
            f"A web page carries models of up to {LARGEST:,} numbers; this one has {count:,}: "
            "export it as .glb, which shows a part of them, or render its film."
        )


def _data(made: Production) -> Steps[bytes]:
    """Length of the JSON, the JSON, all numbers as float32, the .glb; each on a boundary of four bytes."""
    codes, tellings = languages(), {}
    for n, code in enumerate(codes):
        yield 0.1 * n, TELLING
        tellings[code] = made.told(language=code)
    yield 0.2, TELLING
    upright = made.told(language=codes[0], format="vertical")
    yield 0.3, DRAWING
    shown = made.film if made.options.captions else tellings[codes[0]]
    model, parts = scene(made.layout, made.trace, shown, tellings, made.look)
    yield 0.45, DRAWING
    numbers = facts.Numbers()
    known = {
        "title": _title(made),
        "language": made.options.language,
        "tokens": made.trace.tokens,
        "pieces": facts.pieces(made),
        "matrices": facts.matrices(made.trace, numbers),
        "blocks": facts.blocks(made.layout, made.trace),
        "look": facts.colours(made.look),
        "ramps": facts.ramps(made.look),
        "formulas": facts.mathematics(made.trace),
        "bend": facts.bend(made.trace),
        "room": facts.room(made.layout, made.look),
        "parts": extras(parts),
        "swarms": facts.swarms(shown, made.look, numbers),
        **facts.clock(shown, made.layout),
        "aspect": shown.aspect,
        "shots": facts.shots(replace(shown, edited=None), upright),
        "tellings": {
            code: facts.telling(code, film, shown, made.trace.network) for code, film in tellings.items()
        },
        **facts.tracks(shown, made.layout, parts),
    }
    known["live"] = yield from within(live(made, parts, tellings, shown, numbers), 0.5, 1.0)
    stored = numbers.bytes()
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<III", len(text), len(stored), len(model)) + text + stored + model


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _module(name: str) -> str:
    code = _read(f"js/{name}.js")
    return f'<script type="text/plain" data-module="{name}">\n{code}</script>'


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, LEVEL, mtime=0)).decode()
