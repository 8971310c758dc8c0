"""Builds the scene of models side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import bpy

from ..film.plan import Film, Pose
from ..film.props import Note
from ..film.scale import PIN, card_name, pin_height, pin_name
from ..layout.budget import CUBOIDS
from ..layout.lineup import TURN, Line, Place
from ..layout.look import Look
from ..layout.plan import Layout
from ..layout.signs import Sign
from ..layout.structure import Structure
from ..network.trace import Trace
from .animate import Curves, key_channel
from .build import MARK, model_objects
from .camera import CAMERA, TARGET, place
from .labels import line_object, text_object
from .room import light
from .structure import REACH, card_material, plain, structure_materials, structure_objects

NAME = "LLM Scene comparison"
STEP = 6  # frames between two keys of the camera
CLIP = (0.02, 24.0)  # where the camera's view begins and ends, in distances of its subject
PIN_WIDTH = 0.0016  # of a pin's line, relative to the camera's distance
GROUND = 40.0  # reach of the ground, in distances of the last subject
Living = tuple[Layout, Trace]  # a model with its true values


@dataclass
class _Stage:
    """What the steps of building share."""

    scene: bpy.types.Scene
    look: Look
    objects: dict[str, list[bpy.types.Object]]  # by the targets of cues

    def collection(self, name: str) -> bpy.types.Collection:
        """A new collection of the scene."""
        made = bpy.data.collections.new(name)
        self.scene.collection.children.link(made)
        return made

    def add(self, target: str, thing: bpy.types.Object) -> None:
        """Let cues find an object."""
        self.objects.setdefault(target, []).append(thing)


def construct_comparison(
    places: tuple[Place, ...],
    models: Mapping[str, Living | Structure],
    film: Film,
    look: Look,
    budget: int = CUBOIDS,
) -> Generator[tuple[float, str], None, bpy.types.Scene]:
    """A new scene of models side by side with their film, in small steps: see `build.construct`.

    `models` are by the names of the exhibits.
    """
    scene = bpy.data.scenes.new(NAME)
    scene[MARK] = True
    stage = _Stage(scene, look, {})
    materials = structure_materials(look)
    for n, spot in enumerate(places):
        begun, part = 0.8 * n / len(places), 0.8 / len(places)
        yield begun, "matrices"
        model = models[spot.exhibit.name]
        if isinstance(model, Structure):
            _structure(stage, spot, model, materials)
        else:
            for share in _living(stage, spot, model, film, budget):
                yield begun + part * share, "matrices"
    yield 0.8, "labels"
    _cards(stage, places)
    _pins(stage, places)
    _notes(stage, film)
    yield 0.85, "room"
    into = stage.collection("Room")
    light(scene, look, into)
    into.objects.link(plain(look, GROUND * film.pose(film.duration).distance))
    yield 0.9, "film"
    _film(stage, film)
    return scene


def build_comparison(
    places: tuple[Place, ...],
    models: Mapping[str, Living | Structure],
    film: Film,
    look: Look,
    budget: int = CUBOIDS,
) -> bpy.types.Scene:
    """`construct_comparison` to its end."""
    steps = construct_comparison(places, models, film, look, budget)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            scene: bpy.types.Scene = end.value
            return scene


def _structure(
    stage: _Stage, spot: Place, structure: Structure, materials: dict[str, bpy.types.Material]
) -> None:
    name = spot.exhibit.name
    into = stage.collection(spot.exhibit.title)
    for thing in structure_objects(name, structure, spot.offset, materials):
        into.objects.link(thing)
        stage.add(name, thing)


def _living(
    stage: _Stage, spot: Place, model: Living, film: Film, budget: int
) -> Generator[float, None, None]:
    """A model with its values; objects that no cue names by themselves go with the model."""
    layout, trace = model
    name = spot.exhibit.name
    found = yield from model_objects(stage.scene, spot.exhibit.title, layout, trace, stage.look, budget)
    for key, thing in found.items():
        alone = f"{name}/{key}"
        stage.add(alone if (alone, "hidden") in film.tracks else name, thing)
        if thing.parent is None:
            thing.location = [a + b for a, b in zip(thing.location, spot.offset, strict=True)]


def _cards(stage: _Stage, places: tuple[Place, ...]) -> None:
    inks = {
        quiet: card_material(stage.look, f"card {'facts' if quiet else 'name'}", code)
        for quiet, code in ((False, stage.look.ink), (True, stage.look.faint))
    }
    into = stage.collection("Cards")
    for spot in places:
        for n, line in enumerate(spot.card):
            name = card_name(spot, n)
            card = text_object(name, _sign(line), inks[line.quiet])
            card.rotation_euler.z = math.radians(TURN)
            into.objects.link(card)
            stage.add(name, card)


def _sign(line: Line) -> Sign:
    return Sign(line.text, line.at, line.size, "left", "card", "")


def _pins(stage: _Stage, places: tuple[Place, ...]) -> None:
    """A name over a thin line, as large as the camera is far away, which its cues see to."""
    ink = card_material(stage.look, "pins", stage.look.accent)
    into = stage.collection("Pins")
    for n, spot in enumerate(places[:-1]):
        name, height = pin_name(spot), pin_height(len(places) - 2 - n)
        foot = bpy.data.objects.new(name, None)
        foot.location = (*spot.box.centre[:2], spot.box.high[2])
        foot.rotation_euler.z = math.radians(TURN)
        foot.scale = (0.0, 0.0, 0.0)
        line = line_object(f"{name} line", [(((0, 0, 0), (0, 0, height)), PIN_WIDTH)], ink)
        text = text_object(f"{name} text", Sign(spot.exhibit.title, (0, 0, height), PIN, "left", "pin", ""), ink)
        for thing in (foot, line, text):
            into.objects.link(thing)
        line.parent = text.parent = foot
        stage.add(name, foot)


def _notes(stage: _Stage, film: Film) -> None:
    """Numbers on the cells with which the film begins."""
    ink = card_material(stage.look, "numbers", stage.look.ink)
    into = stage.collection("Numbers")
    for note in film.props:
        assert isinstance(note, Note)
        sign = Sign(note.text, note.at, note.size, note.align, "note", "")
        thing = text_object(note.name, sign, ink)
        into.objects.link(thing)
        stage.add(note.name, thing)


# --- film ---


def _film(stage: _Stage, film: Film) -> None:
    scene = stage.scene
    into = stage.collection("Camera")
    camera, target = _camera(scene, film, into)
    curves = Curves(f"{scene.name} {film.name}")
    for (name, channel), cues in film.tracks.items():
        for thing in stage.objects.get(name, ()):
            key_channel(curves, thing, channel, cues, film.fps)
    _key_camera(curves, film, scene, camera, target)
    scene.render.fps = film.fps
    scene.frame_start, scene.frame_end = 0, film.n_frames - 1
    scene.frame_set(0)
    for chapter in film.chapters:
        scene.timeline_markers.new(chapter.title, frame=round(chapter.start * film.fps))


def _camera(
    scene: bpy.types.Scene, film: Film, into: bpy.types.Collection
) -> tuple[bpy.types.Object, bpy.types.Object]:
    data = bpy.data.cameras.new(CAMERA)
    data.sensor_width = 36
    camera = bpy.data.objects.new(CAMERA, data)
    target = bpy.data.objects.new(TARGET, None)
    camera.parent = target
    camera.rotation_euler = (math.pi / 2, 0, 0)
    into.objects.link(target)
    into.objects.link(camera)
    scene.camera = camera
    place(camera, target, film.pose(0.0))
    return camera, target


def _key_camera(
    curves: Curves, film: Film, scene: bpy.types.Scene, camera: bpy.types.Object, target: bpy.types.Object
) -> None:
    """The move, key by key; what is clipped and where haze begins goes with the distance."""
    near, far = CLIP
    scene[REACH] = film.pose(0.0).distance
    channels: tuple[tuple[bpy.types.ID, str, int, Callable[[Pose], float]], ...] = (
        (target, "location", 0, lambda p: p.target[0]),
        (target, "location", 1, lambda p: p.target[1]),
        (target, "location", 2, lambda p: p.target[2]),
        (target, "rotation_euler", 0, lambda p: -math.radians(p.elevation)),
        (target, "rotation_euler", 2, lambda p: math.radians(p.azimuth)),
        (camera, "location", 1, lambda p: -p.distance),
        (camera.data, "clip_start", 0, lambda p: near * p.distance),
        (camera.data, "clip_end", 0, lambda p: far * p.distance),
        (scene, f'["{REACH}"]', 0, lambda p: p.distance),
    )
    frames = [*range(0, film.n_frames - 1, STEP), film.n_frames - 1]
    poses = [film.pose(frame / film.fps) for frame in frames]
    for owner, path, index, read in channels:
        keys = [(frame, read(pose)) for frame, pose in zip(frames, poses, strict=True)]
        curves.write_smooth(owner, path, index, keys)
