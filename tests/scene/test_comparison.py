"""Models side by side in Blender: exact boxes, a continuous camera, nothing that a file cannot carry."""

from __future__ import annotations

import itertools
import math

import bpy
import numpy as np
import pytest

from llm_scene.film.framing import project
from llm_scene.layout import names
from llm_scene.layout.contours import Outline, filled
from llm_scene.layout.structure import ROLES, Structure
from llm_scene.models import load
from llm_scene.scene.comparison import build_comparison
from llm_scene.scene.structure import REACH
from llm_scene.staging.comparison import Comparison, compare
from tests.scene.conftest import empty_file
from tests.scene.reading import fingerprint, label, points

NAMES = ("nano-gpt-sort", "gpt2-small", "gpt3")


def made_of(*names: str) -> tuple[Comparison, bpy.types.Scene]:
    made = compare([load(name) for name in names])
    return made, build_comparison(made)


@pytest.fixture(scope="module")
def made() -> tuple[Comparison, bpy.types.Scene]:
    empty_file()
    return made_of(*NAMES)


def show(scene: bpy.types.Scene, frame: int) -> None:
    bpy.context.window.scene = scene
    scene.frame_set(frame)
    bpy.context.view_layer.update()


def vectors(mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    out = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.attributes[name].data.foreach_get("vector", out)
    return out.reshape(-1, 3)


def test_boxes_are_those_of_the_structure(made: tuple[Comparison, bpy.types.Scene]) -> None:
    comparison, scene = made
    for place in comparison.places[1:]:
        structure = comparison.models[place.exhibit.name]
        assert isinstance(structure, Structure)
        for number, role in enumerate(ROLES):
            boxes = structure.boxes[structure.boxes.role == number]
            thing = scene.objects[f"{place.exhibit.name} {role}"]
            assert (vectors(thing.data, "size") == boxes.size.astype(np.float32)).all()
            assert np.allclose(points(thing.data), boxes.low, rtol=1e-6)
            assert tuple(thing.location) == pytest.approx(place.offset)


def test_few_objects_hold_a_giant(made: tuple[Comparison, bpy.types.Scene]) -> None:
    _, scene = made
    (giant,) = (c for c in scene.collection.children if c.name == "GPT-3 175B")
    assert len(giant.all_objects) == 4
    assert sum(len(thing.data.vertices) for thing in giant.all_objects) > 131_000


def test_evaluated_boxes_are_as_large_as_the_matrices(made: tuple[Comparison, bpy.types.Scene]) -> None:
    comparison, scene = made
    show(scene, scene.frame_end)
    structure = comparison.models["gpt2-small"]
    assert isinstance(structure, Structure)
    thing = scene.objects["gpt2-small weight"]
    mesh = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    corners = points(mesh).reshape(-1, 8, 3)
    boxes = structure.boxes[structure.boxes.role == ROLES.index("weight")]
    assert len(corners) == len(boxes)
    assert np.allclose(np.ptp(corners, axis=1), boxes.size, rtol=1e-4, atol=0.01)
    assert np.allclose(corners.min(axis=1), boxes.low, rtol=1e-5, atol=0.02)
    assert {"share", "size", "tone"} <= set(mesh.attributes.keys())


def test_the_camera_is_where_the_film_says_and_never_jumps(made: tuple[Comparison, bpy.types.Scene]) -> None:
    comparison, scene = made
    film, last = comparison.film, 0.0
    assert (scene.frame_start, scene.frame_end) == (0, film.n_frames - 1)
    for frame in range(0, film.n_frames, 7):
        show(scene, frame)
        pose = film.pose(frame / film.fps)
        eye = scene.camera.matrix_world.translation
        assert math.dist(eye, pose.eye) < 0.01 * pose.distance, frame
        distance = -scene.camera.location.y
        assert distance > last
        last = distance


def test_what_is_spoken_of_lies_between_the_clip_planes(made: tuple[Comparison, bpy.types.Scene]) -> None:
    comparison, scene = made
    times = comparison.film.shots[0].path.times[2:]  # type: ignore[attr-defined]
    for time, place in zip(times, comparison.places, strict=False):
        frame = min(round(time * 24), scene.frame_end)
        show(scene, frame)
        camera = scene.camera.data
        for box in (place.box, place.card_box):
            depth = project(box.corners(), comparison.film.pose(frame / 24))[:, 2]
            assert camera.clip_start < depth.min() and depth.max() < camera.clip_end, place.exhibit.name
        assert camera.clip_end / camera.clip_start < 1e4  # depth is exact enough for any graphics card
        assert scene[REACH] == pytest.approx(comparison.film.pose(frame / 24).distance, rel=0.01)


def test_cards_and_pins_are_as_large_as_the_film_says(made: tuple[Comparison, bpy.types.Scene]) -> None:
    comparison, scene = made
    place = comparison.places[0]
    card, pin = scene.objects[names.card(place.exhibit.name)], scene.objects[names.pin(place.exhibit.name)]
    show(scene, 0)
    assert card.scale.x == pytest.approx(place.card[0].size)
    assert pin.scale.x == 0
    show(scene, scene.frame_end)
    assert card.scale.x == 0
    assert pin.scale.x == pytest.approx(comparison.film.pose(scene.frame_end / 24).distance, rel=0.01)
    texts = [thing["text"] for thing in card.children if "text" in thing]
    assert texts == [line.text for line in place.card]


def test_a_card_stands_on_a_plate_that_holds_its_text(made: tuple[Comparison, bpy.types.Scene]) -> None:
    comparison, scene = made
    show(scene, 0)
    for place in comparison.places:
        card = scene.objects[names.card(place.exhibit.name)]
        plate = next(thing for thing in card.children if "text" not in thing)
        corners = points(plate.data)
        for line in (thing for thing in card.children if thing.type == "FONT"):
            room = np.array([tuple(corner) for corner in line.bound_box]) * line.scale.x + tuple(
                line.location
            )
            assert (room.min(axis=0)[:2] > corners.min(axis=0)[:2]).all()
            assert (room.max(axis=0)[:2] < corners.max(axis=0)[:2]).all()
            assert room[0, 2] > corners[0, 2]


def area(flat: np.ndarray, faces: list[list[int]]) -> float:
    corners = flat[np.array(faces)]
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    return float(np.abs(ax * by - ay * bx).sum() / 2)


def test_letters_are_filled_where_their_outlines_cross_themselves() -> None:
    """A P drawn in one go, whose bowl ends inside its stem; and a ring, whose hole stays open."""
    p = [(0, 0), (0, 5), (4, 5), (4, 2), (0.5, 2), (0.5, 3), (3, 3), (3, 4), (1, 4), (1, 0)]
    edges = [(n, (n + 1) % 10) for n in range(10)]
    assert area(*filled(Outline(np.array(p, float), np.array(edges)))) == pytest.approx(12)
    ring = [(0, 0), (0, 4), (4, 4), (4, 0), (1, 1), (3, 1), (3, 3), (1, 3)]
    edges = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4)]
    assert area(*filled(Outline(np.array(ring, float), np.array(edges)))) == pytest.approx(12)
    empty = filled(Outline(np.zeros((0, 2)), np.zeros((0, 2), int)))
    assert len(empty[0]) == len(empty[1]) == 0


def test_the_small_model_hides_when_it_is_too_small(made: tuple[Comparison, bpy.types.Scene]) -> None:
    _, scene = made
    name = "name h.0.attn.c_attn.weight.q[head=0]"
    show(scene, 0)
    assert not scene.objects[name].hide_render
    assert not scene.objects["gpt3 weight"].hide_render
    show(scene, scene.frame_end)
    assert scene.objects[name].hide_render
    assert scene.objects["wte.weight"].hide_render
    assert not scene.objects["gpt3 weight"].hide_render


def test_the_living_model_stands_in_its_place(made: tuple[Comparison, bpy.types.Scene]) -> None:
    comparison, scene = made
    place = comparison.places[0]
    layout = comparison.models[place.exhibit.name].layout  # type: ignore[union-attr]
    label(scene)
    show(scene, 0)
    for block in list(layout.blocks.values())[::11]:
        expected = [a + b for a, b in zip(block.origin, place.offset, strict=True)]
        assert tuple(scene.objects[block.name].matrix_world.translation) == pytest.approx(expected, abs=1e-3)
    sign = scene.objects["name wte.weight"]
    table = scene.objects["wte.weight"]
    assert sign.matrix_world.translation.z > table.matrix_world.translation.z


def test_the_ground_is_exact_near_by_and_reaches_to_the_horizon(
    made: tuple[Comparison, bpy.types.Scene],
) -> None:
    comparison, scene = made
    ground = scene.objects["Ground"]
    reach = np.linalg.norm(points(ground.data), axis=1)
    far = comparison.film.pose(comparison.film.duration).distance
    assert reach.min() < 100 and reach.max() > 30 * far
    radii = np.unique(np.round(reach))
    assert (radii[1:] / radii[:-1] < 2.1).all()


def test_nothing_runs_by_itself(made: tuple[Comparison, bpy.types.Scene]) -> None:
    _, scene = made
    assert not bpy.data.texts
    for prop in bpy.data.bl_rna.properties:
        if prop.type != "COLLECTION":
            continue
        for thing in getattr(bpy.data, prop.identifier):
            data = getattr(thing, "animation_data", None)
            assert data is None or not data.drivers
    for font in bpy.data.fonts:
        assert font.filepath == "<builtin>" or font.packed_file is not None
    assert min(scene.timeline_markers, key=lambda marker: marker.frame).name == "Scale"


def test_lines_and_haze_hold_at_every_distance() -> None:
    """Pictures of the cell, of models and of the whole: none empty, neighbours nearly alike."""
    empty_file()
    made, scene = made_of("nano-gpt-sort", "gpt2-small")
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 2, False
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    for time in made.film.shots[0].path.times[:-1]:  # type: ignore[attr-defined]
        one, other = (picture(scene, round(time * 24) + by) for by in (0, 1))
        assert one.std() > 0.03
        assert np.abs(one - other).mean() < 0.05


def picture(scene: bpy.types.Scene, frame: int) -> np.ndarray:
    show(scene, frame)
    path = f"{bpy.app.tempdir}scale_{frame}.png"
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True, scene=scene.name)
    image = bpy.data.images.load(path, check_existing=False)
    pixels = np.empty(4 * image.size[0] * image.size[1], np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(-1, 4)[:, :3]


def test_twice_gives_the_same() -> None:
    prints = []
    for _ in range(2):
        empty_file()
        _, scene = made_of("gpt2-small", "gpt2-xl")
        prints.append(fingerprint(scene))
    assert prints[0] == prints[1]


def test_other_scenes_are_left_alone() -> None:
    empty_file()
    mine = bpy.data.scenes.new("mine")
    cube = bpy.data.objects.new("cube", bpy.data.meshes.new("cube"))
    mine.collection.objects.link(cube)
    made_of("gpt2-small")
    assert [thing.name for thing in mine.objects] == ["cube"]
    assert tuple(cube.location) == (0, 0, 0) and mine.world is None and not mine.timeline_markers


def test_distances_grow_by_five_orders_of_magnitude(made: tuple[Comparison, bpy.types.Scene]) -> None:
    comparison, _ = made
    distances = [comparison.film.pose(frame / 24).distance for frame in range(comparison.film.n_frames)]
    assert distances[-1] / distances[0] > 1e5
    assert all(b / a < 1.06 for a, b in itertools.pairwise(distances))
