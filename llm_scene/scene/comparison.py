"""Builds the scene of models side by side."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import bpy
import numpy as np

from ..film.film import Film, Pose
from ..film.scale import PIN, pin_height
from ..layout import names
from ..layout.budget import Detail
from ..layout.drawn import Line, Text
from ..layout.lineup import LEAN, TURN, Place
from ..layout.structure import Structure
from ..look import Look
from ..staging.comparison import Comparison
from ..staging.production import Production
from ..steps import Steps, finished
from .animate import Curves, key_channel, key_shutter, set_timeline
from .build import DETAIL, model_objects
from .compat import sync_layers
from .labels import Lettering, line_object, quiet
from .marks import MARK
from .rig import Channel, Rig, channels, new_rig
from .room import light
from .screen import HALF, hang_texts
from .structure import REACH, box_group, card_material, plain, structure_materials, structure_objects

NAME = "LLM Scene comparison"
STEP = 6  # frames between two keys of the camera
HUNG = 1.5  # times the nearest distance that is seen: where texts hang before the camera
CLIP = (0.02, 24.0)  # where the camera's view begins and ends, in distances of its subject
PIN_WIDTH = 0.0012  # of a pin's line, relative to the camera's distance
FACING = (math.radians(90 - LEAN), 0.0, math.radians(TURN))  # of writing that faces the viewer
MARGIN, CAPITAL = 0.25, 0.73  # of a plate round its text, and height of capital letters, by the letters
IN_FRONT = 0.05  # of a cell hangs its number
GROUND = 40.0  # reach of the ground, in distances of the last subject


@dataclass
class _Stage:
    """What the steps of building share."""

    scene: bpy.types.Scene
    look: Look
    objects: dict[str, list[bpy.types.Object]]  # by the targets of cues
    setting: Lettering

    def collection(self, name: str) -> bpy.types.Collection:
        """A new collection of the scene."""
        made = bpy.data.collections.new(name)
        self.scene.collection.children.link(made)
        return made

    def add(self, target: str, thing: bpy.types.Object) -> None:
        """Let cues find an object."""
        self.objects.setdefault(target, []).append(thing)


def construct_comparison(made: Comparison, detail: Detail = DETAIL) -> Steps[bpy.types.Scene]:
    """A new scene of models side by side with their film, in small steps: see `build.construct`."""
    places, film, look = made.places, made.film, made.look
    scene = bpy.data.scenes.new(NAME)
    scene[MARK] = True
    stage = _Stage(scene, look, {}, Lettering())
    materials, group = structure_materials(look), None
    for n, spot in enumerate(places):
        begun, part = 0.8 * n / len(places), 0.8 / len(places)
        yield begun, "matrices"
        model = made.models[spot.exhibit.name]
        if isinstance(model, Structure):
            group = group or box_group()
            _structure(stage, spot, model, materials, group)
        else:
            for share in _living(stage, spot, model, film, detail):
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
    sync_layers(scene)
    return scene


def build_comparison(made: Comparison, detail: Detail = DETAIL) -> bpy.types.Scene:
    """`construct_comparison` to its end."""
    return finished(construct_comparison(made, detail))


def _structure(
    stage: _Stage,
    spot: Place,
    structure: Structure,
    materials: dict[str, bpy.types.Material],
    group: bpy.types.NodeTree,
) -> None:
    name = spot.exhibit.name
    into = stage.collection(spot.exhibit.title)
    for thing in structure_objects(name, structure, spot.offset, materials, group):
        into.objects.link(thing)
        stage.add(name, thing)


def _living(
    stage: _Stage, spot: Place, model: Production, film: Film, detail: Detail
) -> Generator[float, None, None]:
    """A model with its values; objects that no cue names by themselves go with the model."""
    name = spot.exhibit.name
    found = yield from model_objects(stage.scene, spot.exhibit.title, model, detail)
    for key, thing in found.items():
        alone = names.of_model(name, key)
        stage.add(alone if (alone, "hidden") in film.tracks else name, thing)
        if thing.parent is None:
            thing.location = [a + b for a, b in zip(thing.location, spot.offset, strict=True)]


def _cards(stage: _Stage, places: tuple[Place, ...]) -> None:
    """A card is an empty as large as its name's letters, by whose scale its lines and its plate shrink."""
    ink = card_material(stage.look, "cards", stage.look.ink)
    back = card_material(stage.look, "card plates", stage.look.floor)
    into = stage.collection("Cards")
    for spot in places:
        name, size = spot.card[0].name, spot.card[0].size
        card = bpy.data.objects.new(name, None)
        card.location, card.rotation_euler = spot.card[0].at, FACING
        card.scale = (size,) * 3
        parts = [
            _text(f"{name} {n}", line.text, line.size / size, ink, stage.setting)
            for n, line in enumerate(spot.card)
        ]
        for part, line in zip(parts, spot.card, strict=True):
            part.location.y = (line.at[2] - spot.card[0].at[2]) / size
        for thing in (card, *parts, _plate(f"{name} plate", parts, back)):
            into.objects.link(thing)
            if thing is not card:
                thing.parent = card
        stage.add(name, card)


def _text(
    name: str, text: str, size: float, ink: bpy.types.Material, setting: Lettering, *, left: bool = True
) -> bpy.types.Object:
    """A line of letters of any size as a mesh, its baseline along x from the origin, or centred on it."""
    flat, faces = setting.glyphs(text)
    vertices = np.zeros((len(flat), 3))
    vertices[:, :2] = flat
    vertices[:, 0] -= flat[:, 0].min() if left else 0.0
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.materials.append(ink)
    line = quiet(bpy.data.objects.new(name, mesh))
    line["text"], line.scale = text, (size,) * 3
    return line


def _plate(name: str, lines: list[bpy.types.Object], material: bpy.types.Material) -> bpy.types.Object:
    """A board behind lines of text, in their parent's plane."""
    size = lines[0].scale.x
    right = max(line.scale.x * max(vertex.co.x for vertex in line.data.vertices) for line in lines)
    low = min(line.location.y for line in lines) - MARGIN * size
    high = max(line.location.y + line.scale.y * CAPITAL for line in lines) + MARGIN * size
    left, right, back = -MARGIN * size, right + MARGIN * size, -0.03 * size
    mesh = bpy.data.meshes.new(name)
    corners = [(left, low, back), (right, low, back), (right, high, back), (left, high, back)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    mesh.materials.append(material)
    return quiet(bpy.data.objects.new(name, mesh))


def _pins(stage: _Stage, places: tuple[Place, ...]) -> None:
    """A name over a thin line, as large as the camera is far away, which its cues see to."""
    ink = card_material(stage.look, "pins", stage.look.accent)
    back = card_material(stage.look, "pin plates", stage.look.floor)
    into = stage.collection("Pins")
    for n, spot in enumerate(places[:-1]):
        name, height = names.pin(spot.exhibit.name), pin_height(n)
        foot, head = (bpy.data.objects.new(title, None) for title in (name, f"{name} head"))
        foot.location = (*spot.box.centre[:2], spot.box.low[2])
        foot.scale = (0.0, 0.0, 0.0)
        line = line_object(
            f"{name} line", [Line(name, ((0.0, 0.0, 0.0), (0.0, 0.0, height)), PIN_WIDTH)], ink
        )
        head.location, head.rotation_euler = (0.0, 0.0, height), FACING
        text = _text(f"{name} text", spot.exhibit.title, PIN, ink, stage.setting)
        plate = _plate(f"{name} plate", [text], back)
        for thing in (foot, line, head, text, plate):
            into.objects.link(thing)
        line.parent = head.parent = foot
        text.parent = plate.parent = head
        stage.add(name, foot)


def _notes(stage: _Stage, film: Film) -> None:
    """Numbers on the cells with which the film begins."""
    look, into = stage.look, stage.collection("Numbers")
    inks = {ink: card_material(look, f"numbers {ink}", look.inked(ink)[0]) for ink in ("on dark", "on light")}
    for note in film.props:
        assert isinstance(note, Text)
        thing = _text(note.name, note.text, note.size, inks[note.ink], stage.setting, left=False)
        x, y, z = note.at
        thing.location, thing.rotation_euler.x = (x, y - IN_FRONT, z), math.pi / 2
        into.objects.link(thing)
        stage.add(note.name, thing)


# --- film ---


def _film(stage: _Stage, film: Film) -> None:
    scene = stage.scene
    into = stage.collection("Camera")
    rig = new_rig(scene, film.pose(0.0), into)
    curves = Curves(f"{scene.name} {film.name}")
    for (name, channel), cues in film.tracks.items():
        for thing in stage.objects.get(name, ()):
            key_channel(curves, thing, channel, cues, film.fps)
    screen = hang_texts(film, stage.look, rig[0], into, curves)
    _key_camera(curves, film, scene, rig, screen)
    key_shutter(curves, scene, film)
    set_timeline(scene, film)


def _screen_size(pose: Pose) -> float:
    """How large texts must be where they hang."""
    return HUNG * CLIP[0] * pose.distance / (HALF * pose.lens)


def _key_camera(
    curves: Curves, film: Film, scene: bpy.types.Scene, rig: Rig, screen: bpy.types.Object
) -> None:
    """The move, key by key; what is clipped, texts and the beginning of haze go with the distance."""
    near, far = CLIP
    data = rig[0].data
    scene[REACH] = film.pose(0.0).distance
    ranges: tuple[Channel, ...] = (
        (data, "clip_start", 0, lambda pose: near * pose.distance),
        (data, "clip_end", 0, lambda pose: far * pose.distance),
        (scene, f'["{REACH}"]', 0, lambda pose: pose.distance),
        (screen, "location", 2, lambda pose: -HUNG * near * pose.distance),
        *((screen, "scale", axis, _screen_size) for axis in range(3)),
    )
    frames = [*range(0, film.n_frames - 1, STEP), film.n_frames - 1]
    poses = [film.pose(frame / film.fps) for frame in frames]
    for owner, path, index, read in (*channels(rig), *ranges):
        keys = [(frame, read(pose)) for frame, pose in zip(frames, poses, strict=True)]
        curves.write_smooth(owner, path, index, keys)
