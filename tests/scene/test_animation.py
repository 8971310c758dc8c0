"""What Blender plays is the film: its F-curves, camera and markers, and the pixels that come of them."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from llm_scene.film import blur
from llm_scene.film.blur import blurred
from llm_scene.film.framing import project
from llm_scene.layout import Block
from llm_scene.scene.picture import SHUTTER, curve_of
from tests.film.staged import Shape
from tests.scene.conftest import Made, empty_file, make_random
from tests.scene.reading import curves, matrices

SIZE = (160, 90)


@pytest.fixture(scope="module", params=["full", "teaser"])
def made(request: pytest.FixtureRequest) -> Made:
    empty_file()
    return make_random(Shape("gpt2", 2, 3, 4, request.param, d_head=8))


def some_frames(made: Made, count: int) -> list[int]:
    """The first, the last, and random ones."""
    last = made.production.film.n_frames - 1
    return [0, last, *random.Random(1).sample(range(1, last), count)]


def channel(thing: bpy.types.Object, name: str) -> float:
    """What a film's channel is on an object."""
    places = {"location_x": 0, "location_y": 1, "location_z": 2}
    if name in places:
        return thing.location[places[name]]
    if name == "scale":
        assert len(set(thing.scale)) == 1
        return thing.scale[0]
    if name == "scale_x":
        return thing.scale[0]
    if name == "hidden":
        assert thing.hide_render == thing.hide_viewport
        return float(thing.hide_render)
    return thing[name]


def test_every_cue_plays_as_the_film_says(made: Made) -> None:
    film, objects = made.production.film, made.scene.objects
    keyed = [key for key in film.tracks if key[0] in objects]
    for frame in some_frames(made, 25):
        made.frame(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        for target, name in keyed:
            played = channel(objects[target].evaluated_get(graph), name)
            meant = film.value(target, name, frame / film.fps)
            assert played == pytest.approx(meant, abs=2e-3), f"{name} of {target} at frame {frame}"


def test_what_is_not_keyed_has_no_object(made: Made) -> None:
    """Cues without an object are those of links into blocks that have none of that kind."""
    missing = {target for target, _ in made.production.film.tracks if target not in made.scene.objects}
    assert all(target.split(" into ")[0] in ("trunk", "data", "weight") for target in missing)


def test_the_camera_plays_the_poses(made: Made) -> None:
    film, camera = made.production.film, made.scene.camera
    for frame in some_frames(made, 25):
        made.frame(frame)
        pose = film.pose(frame / film.fps)
        assert tuple(camera.matrix_world.translation) == pytest.approx(pose.eye, rel=1e-4, abs=0.1)
        forward = -np.array(camera.matrix_world)[:3, 2]
        wanted = (np.array(pose.target) - np.array(pose.eye)) / pose.distance
        assert forward == pytest.approx(wanted, abs=1e-4)
        assert camera.data.lens == pytest.approx(pose.lens, abs=1e-3)
        assert camera.data.sensor_width == 36


def test_blender_projects_as_framing_does(made: Made) -> None:
    """The film's frame coordinates are the pixels of the picture."""
    made.scene.render.resolution_x, made.scene.render.resolution_y = SIZE
    corners = np.concatenate([b.box.corners() for b in made.production.layout.blocks.values()])[::37]
    for frame in some_frames(made, 4):
        made.frame(frame)
        pose = made.production.film.pose(frame / made.production.film.fps)
        computed = project(corners, pose)
        for corner, (x, y, depth) in zip(corners, computed, strict=True):
            seen = world_to_camera_view(made.scene, made.scene.camera, Vector(corner))
            if depth > 5:
                assert (2 * seen.x - 1, 2 * seen.y - 1) == pytest.approx(
                    (x, y), abs=0.01 * max(1, abs(x), abs(y))
                )
                assert seen.z == pytest.approx(depth, rel=1e-3)


def test_range_and_markers(made: Made) -> None:
    film, scene = made.production.film, made.scene
    assert (scene.frame_start, scene.frame_end, scene.render.fps) == (0, film.n_frames - 1, 24)
    assert [(m.name, m.frame) for m in scene.timeline_markers] == [
        (chapter.title, round(chapter.start * 24)) for chapter in film.chapters
    ]


def test_keyframes_are_few_and_native(made: Made) -> None:
    """An editor can re-time the film by hand: a pair of keys a cue, none baked frame by frame."""
    film = made.production.film
    for thing in matrices(made.scene).values():
        for (path, _), keys in curves(thing).items():
            assert len(keys) <= 2 * max(
                len(film.tracks[key]) for key in film.tracks if key[0] == thing.name
            ), path
            assert {interpolation for _, _, interpolation in keys} <= {"LINEAR", "SINE", "CUBIC", "CONSTANT"}
    keys = curves(made.scene.camera)["location", 1]
    cuts = sum(one.b != other.a for one, other in itertools.pairwise(film.shots))
    assert len(keys) <= len(film.shots) + cuts + 1


def test_the_shutter_opens_as_the_film_says(made: Made) -> None:
    film, scene = made.production.film, made.scene
    curve = curve_of(scene, SHUTTER)
    assert scene.render.use_motion_blur and curve is not None
    values = np.array([curve.evaluate(frame) for frame in range(film.n_frames)])
    assert ((values > 0) == blurred(film)).all() and set(np.round(values, 4)) == {0.0, blur.SHUTTER}


def test_the_whole_film_is_one_action(made: Made) -> None:
    actions = {
        thing.animation_data.action
        for thing in (*made.scene.objects, made.scene.camera.data)
        if thing.animation_data and thing.animation_data.action
    }
    assert len(actions) == 1


# --- pictures ---


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory):
    """Renders frames of the film, small and grainy, as arrays [rows from the bottom, columns, RGB]."""
    empty_file()
    made = make_random(Shape("gpt2", 1, 2, 6, "teaser", d_head=8))
    folder = tmp_path_factory.mktemp("pictures")
    render = made.scene.render
    render.engine = "CYCLES"
    made.scene.cycles.samples = 2
    made.scene.cycles.use_denoising = False
    made.scene.cycles.max_bounces = 0
    made.scene.camera.data.dof.use_dof = False
    render.resolution_x, render.resolution_y = SIZE
    render.resolution_percentage = 100
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGB"
    render.filepath = str(folder / "frame.png")

    def picture(frame: int) -> np.ndarray:
        made.frame(frame)
        bpy.ops.render.render(write_still=True, scene=made.scene.name)
        return read_picture(folder / "frame.png")

    return made, picture


def read_picture(path: Path) -> np.ndarray:
    image = bpy.data.images.load(str(path), check_existing=False)
    pixels = np.array(image.pixels[:], np.float32).reshape(image.size[1], image.size[0], -1)[..., :3]
    bpy.data.images.remove(image)
    return pixels


def front_pixels(made: Made, block: Block, frame: int, picture: np.ndarray) -> np.ndarray:
    """The pixels of a block's inner cells, `[n, 3]`."""
    pose = made.production.film.pose(frame / made.production.film.fps)
    rows, columns = block.shape
    places = [block.centre(r, c) for r in range(2, rows - 2) for c in range(columns)]
    seen = project(np.array(places), pose)
    inside = seen[(np.abs(seen[:, :2]) < 0.95).all(axis=1)]
    assert len(inside) > 0.9 * len(places), f"{block.name} is out of the picture"
    at = ((inside[:, :2] + 1) / 2 * SIZE).astype(int)
    return picture[at[:, 1], at[:, 0]]


def vivid(pixels: np.ndarray) -> float:
    """How far colours are from grey, and from each other."""
    return float(np.ptp(pixels, axis=1).mean() + pixels.std(axis=0).mean())


def test_cells_light_up_when_they_are_computed(pictured) -> None:
    """Before its front has passed a matrix is grey and even; after, coloured and lively."""
    made, picture = pictured
    block = made.production.layout["blocks.0.attn.q[head=0]"]
    _, cue = made.production.film.tracks[block.name, "reveal"]
    before, after = int(cue.start * 24) - 1, int(cue.end * 24) + 1
    empty, full = picture(before), picture(after)
    unlit = front_pixels(made, block, before, empty)
    lit = front_pixels(made, block, after, full)
    assert vivid(lit) > 1.5 * vivid(unlit), f"{vivid(lit):.3f} after, {vivid(unlit):.3f} before"
    assert lit.max() > unlit.max() + 0.1
    assert full.mean() < 0.6, "burnt out"
    assert full.std() > 0.03, "nothing to see"


def test_what_travels_is_smeared_and_what_stands_is_sharp(pictured) -> None:
    made, picture = pictured
    film, render = made.production.film, made.scene.render
    eyes = np.array([film.pose(frame / film.fps).eye for frame in range(film.n_frames)])
    soft = blurred(film)
    ways = np.linalg.norm(np.diff(eyes, axis=0), axis=1) * soft[1:] * soft[:-1]  # cuts are sharp
    moving, still = int(ways.argmax()), int(np.flatnonzero(~soft[24:])[0]) + 24
    edges, made.scene.cycles.samples = {}, 32  # of few, grain would be all there is
    for open_shutter in (True, False):
        render.use_motion_blur = open_shutter
        edges[open_shutter] = [np.abs(np.diff(picture(frame), axis=1)).mean() for frame in (moving, still)]
    render.use_motion_blur, made.scene.cycles.samples = True, 2
    assert edges[True][0] < 0.9 * edges[False][0]
    assert edges[True][1] == pytest.approx(edges[False][1], rel=0.02)


def test_the_likeliest_token_appears_in_the_picture(pictured) -> None:
    """A frame in the accent's colour is around its bar in the last picture, and not before."""
    made, picture = pictured
    film = made.production.film
    frame_of_bar = next(prop for prop in film.props if prop.name == "choice: win 0")
    corners = np.array([frame_of_bar.box.low, frame_of_bar.box.high])

    def crop(frame: int) -> np.ndarray:
        seen = project(corners, film.pose(frame / film.fps))[:, :2]
        (x0, y0), (x1, y1) = ((seen + 1) / 2 * SIZE).astype(int)
        return picture(frame)[y0 : y1 + 1, x0 : x1 + 1].reshape(-1, 3)

    def amber(pixels: np.ndarray) -> int:
        return int(((pixels[:, 0] > 0.6) & (pixels[:, 2] < pixels[:, 0] - 0.2)).sum())

    appear = film.tracks[frame_of_bar.name, "hidden"][0].end
    assert amber(crop(film.n_frames - 1)) >= 30
    assert amber(crop(int(appear * 24) - 1)) == 0
