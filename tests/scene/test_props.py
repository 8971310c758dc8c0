"""Moving cells are where the film says, and words are there while they are meant to be."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from llm_scene.film.film import EASINGS
from llm_scene.film.props import Swarm
from llm_scene.layout import names as thing
from llm_scene.layout.drawn import Line, Text
from llm_scene.layout.names import piece_of
from llm_scene.look.views import CAPITAL
from llm_scene.scene.engines import size_for
from llm_scene.scene.labels import text_object
from tests.film.staged import Shape
from tests.scene.conftest import Made, empty_file, make_random
from tests.scene.reading import points

CORNERS = 12  # of a moving cell


@pytest.fixture(scope="module")
def made() -> Made:
    empty_file()
    return make_random(Shape("gpt2", 1, 2, 4, d_head=8))


def props(made: Made, kind: type) -> list:
    return [prop for prop in made.production.film.props if isinstance(prop, kind)]


def meant(made: Made, swarm: Swarm, t: float) -> tuple[np.ndarray, np.ndarray]:
    """Places and sizes of a swarm's cells at a time, in straight lines between its poses."""
    pose = made.production.film.value(swarm.name, "pose", t)
    first = min(int(pose), len(swarm.places) - 1)
    last = min(first + 1, len(swarm.places) - 1)
    share = pose - first
    return tuple(a[first] + share * (a[last] - a[first]) for a in (swarm.places, swarm.sizes))  # type: ignore[return-value]


def test_cells_are_where_the_film_says(made: Made) -> None:
    film = made.production.film
    swarms = props(made, Swarm)
    assert len(swarms) > 8
    for swarm in swarms:
        moves = film.tracks.get((swarm.name, "pose"), [])
        times = [t for cue in moves for t in (cue.start, 0.4 * cue.start + 0.6 * cue.end, cue.end)]
        for t in times[:6]:
            frame = round(t * film.fps)
            made.frame(frame)
            if made.scene.objects[swarm.name].hide_viewport:  # then Blender leaves it as it was
                continue
            thing = made.scene.objects[swarm.name].evaluated_get(bpy.context.evaluated_depsgraph_get())
            corners = points(thing.data).reshape(-1, CORNERS, 3)
            low, high = corners.min(axis=1), corners.max(axis=1)
            places, sizes = meant(made, swarm, frame / film.fps)
            assert (low + high) / 2 == pytest.approx(places, abs=0.02 * (1 + np.abs(places).max() / 50))
            assert high - low == pytest.approx(sizes, abs=0.05)


def test_props_are_hidden_until_their_piece(made: Made) -> None:
    """All but what the film opens with."""
    made.frame(1)
    made.frame(0)
    for prop in made.production.film.props:
        opens = piece_of(prop.name) == "prompt" and made.production.film.value(prop.name, "hidden", 0.0) == 0
        assert made.scene.objects[prop.name].hide_render != opens, prop.name
    assert not made.scene.objects[thing.prop("prompt", "column 0")].hide_render


def test_words_are_written_as_meant(made: Made) -> None:
    for note in props(made, Text):
        thing = made.scene.objects[note.name]
        assert thing.data.body == note.text
        if set(note.text) <= set("0123456789ABCDE"):  # as high as capitals are
            outline = thing.to_mesh()
            high = np.ptp([vertex.co.y for vertex in outline.vertices])
            assert high == pytest.approx(CAPITAL * note.size, rel=0.08), note.text
            thing.to_mesh_clear()
    assert props(made, Line)


@pytest.mark.parametrize("ink", ["on light", "on dark", "accent"])
def test_figures_keep_their_shape(ink: str) -> None:
    """A bolder figure is a little more of the same shape: its hollows and its corners stay open."""

    def area(character: str, ink: str) -> float:
        thing = text_object(Text(f"{ink} {character}", character, (0.0, 0.0, 0.0), 1.0, ink=ink), material)
        bpy.context.scene.collection.objects.link(thing)
        bpy.context.view_layer.update()
        mesh = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
        return sum(face.area for face in mesh.polygons if abs(face.normal.z) > 0.1)

    material = bpy.data.materials.new("ink")
    for character in "0123456789%<>→×=+ABCDEGMNWxyz":
        assert 1 - 1e-3 <= area(character, ink) / area(character, "ink") < 1.9, character


def test_moving_cells_need_no_driver(made: Made) -> None:
    for key in bpy.data.shape_keys:
        assert not key.animation_data or not len(key.animation_data.drivers)


@pytest.mark.parametrize(
    ("aspect", "size"), [(16 / 9, (1920, 1080)), (1.0, (1080, 1080)), (9 / 16, (1080, 1920))]
)
def test_sizes_of_formats(aspect: float, size: tuple[int, int]) -> None:
    assert size_for((1920, 1080), aspect) == size


def test_easings_are_blenders(made: Made) -> None:
    """Half way through a move, the played pose is what the film's easing says."""
    film = made.production.film
    swarm = next(s for s in props(made, Swarm) if film.tracks.get((s.name, "pose")))
    cue = film.tracks[swarm.name, "pose"][0]
    frame = round((cue.start + 0.3 * (cue.end - cue.start)) * film.fps)
    made.frame(frame)
    share = (frame / film.fps - cue.start) / (cue.end - cue.start)
    keys = made.scene.objects[swarm.name].data.shape_keys.key_blocks
    assert keys["pose 1"].value == pytest.approx(EASINGS["cubic"](share), abs=0.01)
