"""The pieces that the export is made of."""

import zlib
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.film.film import Cue
from llm_scene.layout.contours import filled
from llm_scene.layout.drawn import Text
from llm_scene.layout.layout import Letter
from llm_scene.output.gltf.document import Clip, Document, straightened
from llm_scene.output.gltf.images import png
from llm_scene.output.gltf.lettering import SHADES, Labels, coverage, outline, settled, solid
from llm_scene.output.gltf.motion import pieces, turns
from llm_scene.output.gltf.shapes import Shape, ribbon


def area(vertices: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    across = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    assert np.all(across >= 0)  # counter-clockwise
    return float(across.sum() / 2)


class TestPng:
    @pytest.mark.parametrize("channels", [1, 2, 3, 4])
    def test_holds_the_pixels(self, channels: int) -> None:
        pixels = np.random.default_rng(1).integers(0, 256, (5, 7, channels), np.uint8)
        data = png(pixels)
        at = data.index(b"IDAT")
        rows = np.frombuffer(zlib.decompress(data[at + 4 : -16]), np.uint8).reshape(5, -1)
        assert np.array_equal(rows[:, 1:].reshape(pixels.shape), pixels)

    def test_a_palette_may_be_partly_clear(self, tmp_path: Path) -> None:
        path = tmp_path / "palette.png"
        path.write_bytes(png(np.array([[[0], [1]]], np.uint8), np.array([(9, 8, 7, 0), (200, 100, 50, 255)])))
        image = bpy.data.images.load(str(path))
        image.colorspace_settings.is_data = True
        image.alpha_mode = "CHANNEL_PACKED"
        assert np.round(np.array(image.pixels) * 255).tolist() == [9, 8, 7, 0, 200, 100, 50, 255]
        bpy.data.images.remove(image)


class TestClip:
    def keys(self, *tracks: tuple[str, list[float], list[list[float]], bool]) -> list[int]:
        """How many keys are stored of tracks (path, times, values, held)."""
        document = Document("test")
        clip = Clip(document, "film", {})
        for path, times, values, step in tracks:
            clip.track(document.node(path), path, times, np.array(values), step=step)
        clip.close()
        return [document.parts["accessors"][s["output"]]["count"] for s in clip.json["samplers"]]

    def test_leaves_out_keys_that_lie_on_a_straight_way(self) -> None:
        way = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [2.0, 1.0, 0.0]]
        assert self.keys(("translation", [0.0, 1.0, 2.0, 3.0], way, False)) == [3]

    def test_keeps_what_one_of_the_tracks_at_the_same_times_needs(self) -> None:
        times, still, bent = [0.0, 1.0, 2.0], [[0.0] * 3] * 3, [[0.0] * 3, [1.0] * 3, [0.0] * 3]
        assert self.keys(("translation", times, still, False), ("scale", times, bent, False)) == [3, 3]

    def test_keeps_what_is_held(self) -> None:
        assert self.keys(("scale", [0.0, 1.0, 2.0], [[0.0] * 3, [1.0] * 3, [2.0] * 3], True)) == [3]

    @given(st.lists(st.floats(-9, 9), min_size=2, max_size=40), st.floats(1e-3, 1.0))
    def test_strays_no_further_than_allowed(self, values: list[float], allowed: float) -> None:
        times, way = np.arange(len(values), dtype=float), np.array(values)[:, None]
        kept = straightened(times, way, allowed)
        assert np.abs(np.interp(times, times[kept], way[kept, 0]) - way[:, 0]).max() <= allowed + 1e-9


class TestLettering:
    @pytest.mark.parametrize("text", ["K", "B", "MLP", "d_model", "Σ exp", "Layer\nnorm", "8", " ", ""])
    def test_paints_as_much_as_it_fills(self, text: str) -> None:
        shape = outline(text)
        painted = coverage(shape, 60.0).sum(dtype=float) / SHADES / 60**2
        assert painted == pytest.approx(area(*filled(shape)), rel=0.02)

    def test_overlapping_strokes_leave_no_hole_and_no_excess(self) -> None:
        """Inter's K is three strokes: between its leg and its stem nothing is painted."""
        mask = coverage(outline("K"), 100.0)
        foot = mask[-4]
        inked = np.flatnonzero(foot > SHADES / 2)
        assert len(np.flatnonzero(np.diff(inked) > 5)) == 1  # stem, a gap, leg

    def test_equal_letters_are_equal_texels(self) -> None:
        """Also in other texts, above letters that reach lower, and hardly anything moves for it."""
        size, zeros = 36.3, []
        for text in ("0", "8.00", "−1.05", "00y"):
            shape = settled(outline(text), size)
            assert np.abs(shape.vertices - outline(text).vertices).max() <= 0.5 / size + 1e-9
            mask = coverage(shape, size)
            edges = np.flatnonzero(np.diff(np.pad(mask.any(axis=0), 1).astype(int)))
            signs = edges.reshape(-1, 2)[[i for i, sign in enumerate(text) if sign == "0"]]
            zeros += [mask[:, a:b] for a, b in signs]
        assert len(zeros) == 6
        assert len({zero[zero.any(axis=1)].tobytes() for zero in zeros}) == 1

    def test_a_line_of_spaces_takes_no_room(self) -> None:
        labels = Labels()
        labels.add(Text("nothing", " ", (0.0, 0.0, 0.0), 1.0), "#ffffff", 40.0)
        _, [(quad, _)] = labels.picture()
        assert np.ptp(quad.vertices, axis=0).max() < 0.1

    def test_a_letter_is_closed(self) -> None:
        letter = solid(Letter("B", 0, (0.0, 0.0, 0.0), 5.0, (0.0, 0.0, 0.0), False), "#ffffff")
        a, b, c = (letter.vertices[letter.triangles[:, i]] for i in range(3))
        facing = np.cross(b - a, c - a).sum(axis=0)
        assert np.abs(facing).max() < 1e-4 * np.abs(np.cross(b - a, c - a)).sum()


class TestRibbon:
    def test_has_its_width_around_corners(self) -> None:
        shape = ribbon([(0, 0, 0), (0, 0, 4), (6, 0, 4), (6, 0, 0)], 0.2, np.zeros(3))
        a, b, c = (shape.vertices[shape.triangles[:, i]][:, :2] for i in range(3))
        inside = (
            np.abs(np.cross(np.pad(b - a, ((0, 0), (0, 1))), np.pad(c - a, ((0, 0), (0, 1))))[:, 2]).sum() / 2
        )
        assert inside == pytest.approx(0.2 * 14)


class TestPieces:
    def test_are_cut_where_a_line_ends(self) -> None:
        found = pieces([Cue("m", "reveal", 1.0, 3.0, 0.0, 1.0)], 4, 4, 5.0)
        assert [(p.start, p.end) for p in found] == [(0, 1), (1, 1.5), (1.5, 2), (2, 2.5), (2.5, 3), (3, 5)]
        assert [p.line for p in found if p.moves] == [0, 1, 2, 3]

    def test_stop_at_the_last_line_while_the_cue_runs_on(self) -> None:
        found = pieces([Cue("m", "reveal", 0.0, 2.7, 0.0, 1.35)], 2, 2, 4.05)
        assert [(p.start, p.end, p.a, p.b) for p in found][:2] == [(0, 1, 0, 1), (1, 2, 1, 2)]
        assert not any(p.moves for p in found[2:])

    def test_turns_have_no_pause_go_forwards_and_can_be_seen(self) -> None:
        """What is taken back is no turn, nor what is over within a frame."""
        cues = [
            Cue("m", "reveal", start, end, a, b)
            for start, end, a, b in (
                (0.0, 1.0, 1.0, 0.0), (2.0, 3.0, 0.0, 0.5), (3.0, 4.0, 0.5, 0.75), (6.0, 6.01, 0.75, 1.0)
            )
        ]  # fmt: skip
        found = turns(pieces(cues, 4, 4, 9.0), 1 / 24)
        assert [(turn[0].start, turn[-1].end) for turn in found] == [(2, 4)]
        assert [piece.line for piece in found[0]] == [0, 1, 2]

    @given(
        st.sampled_from(["linear", "smooth", "cubic", "step"]),
        st.integers(1, 12),
        st.floats(0, 1.35),
        st.floats(0, 1.35),
    )
    def test_meet_and_agree_with_the_cue(self, easing: str, lines: int, a: float, b: float) -> None:
        cue = Cue("m", "reveal", 1.0, 2.0, a, b, easing)
        found = pieces([cue], lines, lines, 3.0)
        assert (found[0].start, found[-1].end) == (0, 3)
        for one, other in pairwise(found):
            assert one.end == pytest.approx(other.start)
        for piece in found:
            middle = (piece.start + piece.end) / 2
            meant = min(cue.value(middle), 1.0) * lines
            assert (piece.a + piece.b) / 2 == pytest.approx(meant, abs=0.03 * lines)
            assert abs(piece.a - piece.b) <= 1 + 1e-9


def test_equal_shapes_far_apart_are_equal_to_the_last_digit() -> None:
    """What is put together and moved back to its own place is what it was, and can be stored once."""
    flat = ribbon([(0.0, 0.0, 0.0), (1.1005, 0.0, 2.3)], 0.25, np.ones(3))
    here, there = (Shape.joined([flat.moved(at)]).moved(-at) for at in (np.zeros(3), np.full(3, 812.3)))
    assert np.abs(here.vertices - there.vertices).max() < 1e-9
