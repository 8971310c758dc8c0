"""Typefaces by script, and text set in them: nearly all come with Blender, and all are packed into the file.

Blender sets one letter after the other from left to right, in the one face it is told. So text is brought
into the order in which it is seen, Arabic letters take the shapes in which they join, and each letter gets
the face of its script: a text object has four places for faces, and a text of more scripts is set in one
that borrows from all. What cannot be shown so is noted.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import arabic_reshaper
import bpy
import numpy as np
from bidi.algorithm import get_display

from ..errors import note
from ..layout.drawn import LINE
from ..look.views import CAPITAL
from ..network.ops import Array
from .marks import is_local, name_part, part_of

MAIN = "Inter"  # Latin, Greek, Cyrillic; ours is without overlaps, see tools/make_face.py
WIDE = "Noto Sans CJK Regular"
HAN = "Noto Sans CJK common"  # the same, of common Chinese letters; ours, see tools/make_face.py
MANY = "<builtin>"  # Blender's plainest, which no file needs to hold; it borrows from all that Blender has
SLOTS = ("font", "font_bold", "font_italic", "font_bold_italic")  # of a text object, by (bold, italic) below
STYLES = ((False, False), (True, False), (False, True), (True, True))
# The first letter of each range and its face; "" is Blender's last resort, a box.
SCRIPTS = [
    (0x0000, MAIN), (0x0530, "NotoSansArmenian"), (0x0590, "NotoSansHebrew"), (0x0600, "NotoSansArabic"),
    (0x0700, ""), (0x0750, "NotoSansArabic"), (0x0780, ""), (0x0870, "NotoSansArabic"),
    (0x0900, "NotoSansDevanagari"), (0x0980, "NotoSansBengali"), (0x0A00, "NotoSansGurmukhi"),
    (0x0A80, "NotoSansGujarati"), (0x0B00, ""), (0x0B80, "NotoSansTamil"), (0x0C00, "NotoSansTelugu"),
    (0x0C80, "NotoSansKannada"), (0x0D00, "NotoSansMalayalam"), (0x0D80, ""), (0x0E00, "NotoSansThai"),
    (0x0E80, ""), (0x1000, "NotoSansMyanmar"), (0x10A0, "NotoSansGeorgian"), (0x1100, WIDE),
    (0x1200, "NotoSansEthiopic"), (0x13A0, ""), (0x1780, "NotoSansKhmer"), (0x1800, ""),
    (0x1C80, "NotoSansGeorgian"), (0x1CC0, ""), (0x1D00, MAIN), (0x2190, MAIN), (0x2300, "NotoSansSymbols2"),
    (0x2460, MAIN), (0x2600, "NotoEmoji"), (0x27C0, "NotoSansMath"), (0x2800, "NotoSansSymbols2"),
    (0x2900, "NotoSansMath"), (0x2B00, "NotoSansSymbols2"), (0x2C00, MAIN), (0x2D00, "NotoSansGeorgian"),
    (0x2D30, ""), (0x2D80, "NotoSansEthiopic"), (0x2DE0, MAIN), (0x2E80, WIDE), (0xA000, ""), (0xA640, MAIN),
    (0xA6A0, ""), (0xA700, MAIN), (0xA800, ""), (0xA960, WIDE), (0xA980, "NotoSansJavanese"), (0xA9E0, ""),
    (0xAC00, WIDE), (0xD800, ""), (0xF900, WIDE), (0xFB00, MAIN), (0xFB13, "NotoSansArmenian"),
    (0xFB1D, "NotoSansHebrew"), (0xFB50, "NotoSansArabic"), (0xFE00, WIDE), (0xFE70, "NotoSansArabic"),
    (0xFF00, WIDE), (0x10000, ""), (0x1D400, "NotoSansMath"), (0x1D800, ""), (0x1F000, "NotoEmoji"),
    (0x1FB00, ""), (0x20000, WIDE), (0x32000, ""),
]  # fmt: skip
STARTS = [first for first, _ in SCRIPTS]
OTHERS = (MAIN, "NotoSansSymbols2", "NotoSansSymbols", "NotoSansMath", "NotoEmoji", WIDE, "DejaVuSansMono")
JOINED = re.compile("[\u0900-\u0d7f\u1000-\u109f\u1780-\u17ff\ua980-\ua9df]")  # by rules that Blender lacks
OPENING, CLOSING = re.compile("[\u2066-\u2068]"), "\u2069"
ISOLATED = re.compile(f"{OPENING.pattern}([^\u2066-\u2069]*){CLOSING}")
UNSEEN = re.compile(
    "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
HOLDERS = "".join(map(chr, range(0x2500, 0x2800)))  # neutral: one stands for each part that is isolated


def set_text(curve: bpy.types.TextCurve, text: str, size: float = 1.0) -> None:
    """Let a text object show a text of a size of type, every letter in the face of its script."""
    seen = in_order(text)
    needed = [face_of(letter) for letter in seen]
    if WIDE in needed:  # it has Latin letters, too, and its own are smaller than others'
        east = {letter for letter, name in zip(seen, needed, strict=True) if name in (MAIN, WIDE)}
        wide = HAN if all(letter.isspace() or _shows(HAN, letter) for letter in east) else WIDE
        needed = [wide if name in (MAIN, WIDE) else name for name in needed]
    if len(set(needed)) > len(SLOTS):
        needed = [MANY] * len(needed)
    faces = list(dict.fromkeys(needed)) or [MAIN]
    main = next((name for name in (HAN, WIDE, MANY) if name in faces), MAIN)
    size *= CAPITAL / _capital(main)  # Blender's sizes are heights of lines, which differ from face to face
    for slot, name in zip(SLOTS, [*faces, *[faces[0]] * len(SLOTS)], strict=False):
        setattr(curve, slot, load_face(name))  # all of them, else Blender takes one of its own, be it linked
    curve.body, curve.size = seen, size
    curve.space_line = LINE * _capital(main) / CAPITAL
    if len(faces) > 1:
        for name, style in zip(needed, curve.body_format, strict=True):
            style.use_bold, style.use_italic = STYLES[faces.index(name)]


@contextlib.contextmanager
def unused_faces_removed() -> Iterator[None]:
    """Takes away the faces that the block loads and nothing uses: Blender loads one for any text."""
    before = {face.session_uid for face in bpy.data.fonts}
    try:
        yield
    finally:
        made = {face for face in bpy.data.fonts if face.session_uid not in before}
        ours = {face for face in made if part_of(face) or face.filepath == MANY}
        users = bpy.data.user_map(subset=ours)
        bpy.data.batch_remove([face for face in ours if not users[face]])


def in_order(text: str) -> str:
    """A text in the order in which its letters are seen from left to right, without unseen marks."""
    if text.isascii():
        return text
    return "\n".join(map(_line_in_order, text.split("\n")))


def _line_in_order(text: str) -> str:
    joined = next((letter for letter in text if JOINED.match(letter) and unicodedata.combining(letter)), "")
    if joined:
        script = unicodedata.name(joined).split()[0].title()
        note(f"{script} is shown letter by letter: Blender does not join the letters of this script.")
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text):
        text = _from_left(text)
    return UNSEEN.sub("", text)


def _from_left(text: str) -> str:
    """Put right-to-left runs into order; what is isolated keeps its own, whatever stands around it."""
    parts: dict[str, str] = {}
    free = (letter for letter in HOLDERS if letter not in text)

    def hold(found: re.Match[str]) -> str:
        holder = next(free)
        parts[holder] = _ordered(found[1], "")
        return holder

    text += CLOSING * len(OPENING.findall(text))  # a line may end before what is isolated does
    while ISOLATED.search(text):  # one may stand in another
        text = ISOLATED.sub(hold, text)
    text = _ordered(text.replace(CLOSING, ""), "L")
    for holder, part in reversed(parts.items()):
        text = text.replace(holder, part)
    return text


def _ordered(text: str, base: str) -> str:
    return str(get_display(arabic_reshaper.reshape(text), base_dir=base or None))


def face_of(letter: str) -> str:
    """The name of the face that shows a letter; that of its script where none does, which is noted."""
    if letter < "\u0250":
        return MAIN
    return _face_of(letter)


@lru_cache(maxsize=4096)
def _face_of(letter: str) -> str:
    own = SCRIPTS[bisect_right(STARTS, ord(letter)) - 1][1]
    if own == WIDE and unicodedata.category(letter) != "Cn":
        return WIDE
    for name in dict.fromkeys((*([own] if own else []), *OTHERS)):
        if unicodedata.category(letter) in ("Zs", "Cf") or _shows(name, letter):
            return name
    note(f"No typeface that comes with Blender shows “{letter}” (U+{ord(letter):04X}): a box stands for it.")
    return own or MAIN


@lru_cache(maxsize=4096)
def _shows(name: str, letter: str) -> bool:
    """Whether a face has a letter: what it has not looks as what no face has."""
    shape, nothing = _outline(name, letter), _outline(name, "\uffff")
    return shape.shape != nothing.shape or not np.allclose(shape, nothing)


@lru_cache(maxsize=512)
def _outline(name: str, letter: str) -> Array:
    """Points `[n, 3]` of a letter."""
    curve = bpy.data.curves.new("letter", "FONT")
    before = set(bpy.data.fonts)
    for slot in SLOTS:
        setattr(curve, slot, load_face(name))
    curve.body, curve.fill_mode = letter, "NONE"
    holder = bpy.data.objects.new("letter", curve)
    mesh = holder.to_mesh()
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    holder.to_mesh_clear()
    bpy.data.objects.remove(holder)
    bpy.data.curves.remove(curve)
    bpy.data.batch_remove(set(bpy.data.fonts) - before)
    return points.reshape(-1, 3)


@lru_cache(maxsize=4)
def _capital(name: str) -> float:
    """How high a capital of a face is in a text of Blender's size 1."""
    return float(np.ptp(_outline(name, "H")[:, 1]))


def load_face(name: str) -> bpy.types.VectorFont:
    """A face of Blender's, packed into the file; Blender's plainest where this build came without it."""
    path = _files().get(name)
    if path is None:
        if name != MANY:
            note(f"This Blender came without the typeface {name}: its plainest one takes its place.")
        return _plainest()
    ours = (font for font in bpy.data.fonts if part_of(font) == name and font.packed_file)
    font = next((font for font in ours if font.packed_file.size == path.stat().st_size), None)
    if font is None:
        font = name_part(bpy.data.fonts.load(str(path)), name)
        font.name = f"LLM Scene face {name}"
        font.pack()
    return font


def _plainest() -> bpy.types.VectorFont:
    """What Blender itself has, in this file, not in one that is linked."""
    here = (font for font in bpy.data.fonts if font.filepath == MANY and is_local(font))
    return next(here, None) or bpy.data.fonts.load(MANY, check_existing=False)


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    """Where faces are, by their names without what they vary in: ours and Blender's own."""
    folder = Path(bpy.utils.system_resource("DATAFILES", path="fonts"))
    names = (path for path in folder.glob("*.woff2"))
    found = {re.sub(r"-(Regular|VariableFont.*)$", "", path.stem): path for path in names}
    here = Path(__file__).parent
    return found | {MAIN: here / "face.woff2", HAN: here / "han.otf"}
