"""Text in the scripts of the world: each letter has a face that shows it, and its place in the line."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.errors import hearing
from llm_scene.film.words import words
from llm_scene.layout.drawn import LINE, text_width
from llm_scene.scene import faces
from llm_scene.scene.faces import in_order, load_face, set_text

SCRIPTS = {
    "Latin, Greek, Cyrillic": "ABC Ωμέγα Привет",
    "Hebrew": "שלום",
    "Arabic": "مرحبا",
    "Devanagari": "नमत",
    "Thai": "สวัสดี",
    "East Asian": "日本語 한국어",
    "Armenian, Georgian": "հայ ქართ",
    "emoji": "🙂🚀❤🐍",
    "symbols": "→∑✓☃␣↵⇥␛",
}


@pytest.fixture(autouse=True)
def _empty(empty_scene: None) -> None:
    """Every test starts from an empty file, and has seen no letter."""
    for cached in (faces._face_of, faces._outline):
        cached.cache_clear()


def outlines(curve: bpy.types.TextCurve) -> list[np.ndarray]:
    """The shape of each letter of a text as Blender sets it, one by one."""
    found = []
    body, formats = curve.body, [(f.use_bold, f.use_italic) for f in curve.body_format]
    holder = bpy.data.objects.new("holder", curve)
    for letter, (bold, italic) in zip(body, formats, strict=True):
        curve.body = letter
        curve.body_format[0].use_bold, curve.body_format[0].use_italic = bold, italic
        mesh = holder.to_mesh()
        points = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", points)
        holder.to_mesh_clear()
        found.append(points)
    return found


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_letter_is_shown(script: str) -> None:
    curve = bpy.data.curves.new("text", "FONT")
    heard: list[str] = []
    with hearing(heard.append):
        set_text(curve, f"A {SCRIPTS[script]}", 2.0)
    assert heard == []
    shown = outlines(curve)
    curve.body = "\uffff"  # what no face has
    nothing = outlines(curve)[0]
    for letter, points in zip(in_order(f"A {SCRIPTS[script]}"), shown, strict=True):
        if letter != " ":
            assert len(points) and (len(points) != len(nothing) or not np.allclose(points, nothing)), letter


def test_a_text_of_eight_scripts_is_shown_and_as_large_as_others() -> None:
    """A text object has places for four faces only."""
    curve = bpy.data.curves.new("text", "FONT")
    heard: list[str] = []
    with hearing(heard.append):
        set_text(curve, "H Ω שלום مرحبا नमत สวัสดี 日本 한국 հայ ქართ 🙂")
    assert heard == []
    seen, shown = curve.body, outlines(curve)
    curve.body = "\uffff"
    nothing = outlines(curve)[0]
    for letter, points in zip(seen, shown, strict=True):
        if letter != " ":
            assert len(points) and (len(points) != len(nothing) or not np.allclose(points, nothing)), letter
    height = np.ptp(shown[seen.index("H")].reshape(-1, 3)[:, 1])
    plain = bpy.data.curves.new("text", "FONT")
    set_text(plain, "H")
    assert height == pytest.approx(np.ptp(outlines(plain)[0].reshape(-1, 3)[:, 1]), rel=1e-3)


@pytest.mark.parametrize("lines", ["H\nH\nH", "日\n日\n日", "か\nか\nか", "Ω ש م न ส 日 հ ქ\nH\nH"])
def test_lines_are_as_far_apart_in_every_face(lines: str) -> None:
    """As captions, names and their measures take it: Blender's own distance differs from face to face."""
    curve = bpy.data.curves.new("text", "FONT")
    set_text(curve, lines, 2.0)
    holder = bpy.data.objects.new("holder", curve)
    tall = []
    for shown in (curve.body, "\n".join(curve.body.split("\n")[1:])):
        curve.body = shown
        mesh = holder.to_mesh()
        points = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", points)
        tall.append(np.ptp(points.reshape(-1, 3)[:, 1]))
        holder.to_mesh_clear()
    if len(set(lines.split("\n"))) == 1:  # else the first line is of another height
        assert tall[0] - tall[1] == pytest.approx(2.0 * LINE, abs=1e-3)
    assert curve.size * curve.space_line == pytest.approx(2.0 * LINE, abs=1e-4)


def test_right_to_left_runs_are_in_order() -> None:
    assert in_order("ab שלום cd") == "ab םולש cd"
    assert in_order("12 (אב)") == "12 (בא)"
    assert in_order("“\u2068אב ab\u2069” → “\u2068גד\u2069”") == "“ab בא” → “דג”"
    assert in_order("مرحبا") == "\ufe8e\ufe92\ufea3\ufeae\ufee3"  # joined, from the last to the first
    assert in_order("CBABBC → A") == "CBABBC → A"


def test_isolated_parts_may_be_nested_broken_by_a_line_and_many() -> None:
    assert in_order("task: \u2068from \u2068שלום\u2069 on\u2069.") == "task: from םולש on."
    assert (
        in_order("task: \u2068from “שלום”,\nletter by letter\u2069") == "task: from “םולש”,\nletter by letter"
    )
    assert in_order("שלום \u2068ab\u2069 \u2068cd\u2069 שלום") == "םולש cd ab םולש"


MARKS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text(alphabet="ab 1,(א٣س्न─\ufffc\n" + MARKS, max_size=30))
def test_any_text_has_an_order(text: str) -> None:
    """No mark, in whatever place, keeps a scene from being built."""
    shown = in_order(text)
    assert not set(shown) & set(MARKS)


def test_what_has_no_form_is_not_set() -> None:
    assert in_order("a\u200bb\u2060c\ufeff\u202e") == "abc"
    assert in_order("👍🏽❤️") == "👍❤"


def test_what_cannot_be_shown_is_said_once() -> None:
    curve = bpy.data.curves.new("text", "FONT")
    heard: list[str] = []
    with hearing(heard.append):
        for _ in range(2):
            set_text(curve, "ܐ नमस्ते")
    assert len(heard) == 2
    assert any("U+0710" in sentence for sentence in heard)
    assert any(sentence.startswith("Devanagari is shown letter by letter") for sentence in heard)


def test_faces_are_packed_and_shared_and_nothing_else_is_left() -> None:
    curve = bpy.data.curves.new("text", "FONT")
    set_text(curve, "A 日 ש")
    used = {getattr(curve, slot) for slot in faces.SLOTS}
    assert all(font.packed_file for font in used)
    assert {faces.part_of(font) for font in used} == {faces.HAN, "NotoSansHebrew"}
    assert load_face("NotoSansHebrew") in used
    assert {font for font in bpy.data.fonts if font.packed_file} == used


@pytest.mark.parametrize(
    ("text", "face"),
    [("字母 A", faces.HAN), ("かな A", faces.WIDE), ("漢字 A", faces.WIDE), ("한국", faces.WIDE)],
)
def test_a_text_has_one_east_asian_face_and_common_letters_the_small_one(text: str, face: str) -> None:
    """Blender reads a face again for every new letter: of the whole one that takes a tenth of a second."""
    curve = bpy.data.curves.new("text", "FONT")
    set_text(curve, text)
    assert {faces.part_of(getattr(curve, slot)) for slot in faces.SLOTS} == {face}


@pytest.mark.parametrize("folder", ["captions", "commentary"])
def test_all_that_our_own_chinese_says_is_in_the_small_face(folder: str) -> None:
    file = Path(words.__code__.co_filename).parent / folder / "zh.toml"
    said = {letter for letter in file.read_text(encoding="utf-8") if letter.isprintable() and letter != " "}
    assert len(said) > 300
    assert not [letter for letter in said if not faces._shows(faces.HAN, letter)]


def test_chinese_letters_are_as_large_as_latin_ones() -> None:
    heights = []
    for text in ("H", "H中"):
        curve = bpy.data.curves.new("text", "FONT")
        set_text(curve, text)
        heights.append(np.ptp(outlines(curve)[0].reshape(-1, 3)[:, 1]))
    assert heights[1] == pytest.approx(heights[0], rel=1e-3)


def test_a_build_without_a_face_is_worked_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "_files", dict)
    curve = bpy.data.curves.new("text", "FONT")
    heard: list[str] = []
    with hearing(heard.append):
        set_text(curve, "ABC")
    assert heard == ["This Blender came without the typeface Inter: its plainest one takes its place."]
    assert curve.font.filepath == "<builtin>"


WRITTEN = (
    "Learned tables make query, key and value",
    "The: (−0.38 × −0.06 + …) / √64 = 3.36",
    "> 99.9 %",
    "CBABBC → ?",
)


@pytest.mark.parametrize("text", WRITTEN)
def test_texts_are_as_wide_as_the_film_reckons(text: str) -> None:
    """The film places texts by the widths of letters that it knows; Blender sets them, with kerning."""
    curve = bpy.data.curves.new("text", "FONT")
    set_text(curve, text)
    thing = bpy.data.objects.new("text", curve)
    bpy.context.scene.collection.objects.link(thing)
    box = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).bound_box
    wide = max(corner[0] for corner in box) - min(corner[0] for corner in box)
    assert wide == pytest.approx(text_width(text), rel=0.03, abs=0.22)  # the ends leave a little free
