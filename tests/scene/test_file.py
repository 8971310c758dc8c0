"""A scene in its file: it brings no code, touches nobody's work, and comes out the same every time."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from llm_scene.scene.build import build
from tests.film.staged import Shape, stage
from tests.scene.conftest import empty_file
from tests.scene.reading import fingerprint, matrices

SMALL = Shape("gpt2", 2, 2, 3, d_head=4)


def handlers() -> dict[str, list]:
    found = {name: getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)}
    return {name: list(calls) for name, calls in found.items() if isinstance(calls, list)}


def everything() -> list[bpy.types.ID]:
    """All data-blocks of the file, node trees inside others too."""
    found = [
        thing
        for name in dir(bpy.data)
        if isinstance(getattr(bpy.data, name), bpy.types.bpy_prop_collection)
        for thing in getattr(bpy.data, name)
        if isinstance(thing, bpy.types.ID)
    ]
    return found + [thing.node_tree for thing in found if getattr(thing, "node_tree", None)]


def test_nothing_in_the_file_runs_code() -> None:
    empty_file()
    before = handlers()
    staged = stage(SMALL)
    build(staged)
    assert handlers() == before
    assert not bpy.data.texts
    assert not bpy.data.libraries
    for thing in everything():
        data = getattr(thing, "animation_data", None)
        assert data is None or not data.drivers, f"{thing.name} has drivers"
        for node in getattr(thing, "nodes", ()):
            assert node.bl_idname not in ("ShaderNodeScript", "NodeCustomGroup"), thing.name


@pytest.mark.parametrize("still", [True, False])
def test_a_scene_that_was_never_shown_can_be_written(still: bool, tmp_path: Path) -> None:
    empty_file()
    bpy.data.libraries.write(str(tmp_path / "scene.blend"), {build(stage(SMALL), still=still)})
    assert (tmp_path / "scene.blend").exists()


@pytest.fixture
def users_file() -> bpy.types.Scene:
    """A file with somebody's work in it, under names that ours use too."""
    empty_file()
    scene = bpy.context.scene
    scene.name = "LLM Scene"
    mesh = bpy.data.meshes.new("tokens")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    mesh.materials.append(bpy.data.materials.new("LLM Scene weight"))
    thing = bpy.data.objects.new("tokens", mesh)
    scene.collection.objects.link(thing)
    camera = bpy.data.objects.new("Film camera", bpy.data.cameras.new("Film camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.world = bpy.data.worlds.new("LLM Scene room")
    scene.render.fps, scene.render.resolution_x, scene.frame_end = 30, 777, 99
    scene.view_settings.view_transform = "Standard"
    scene.timeline_markers.new("mine", frame=7)
    thing.location = (1, 2, 3)
    thing.keyframe_insert("location", frame=5)
    scene.frame_set(42)
    return scene


def settings(scene: bpy.types.Scene) -> dict[str, object]:
    """All simple settings of a scene and its rendering."""
    found: dict[str, object] = {}
    for part in (scene, scene.render, scene.view_settings, scene.cycles, scene.eevee, scene.world):
        for prop in part.bl_rna.properties:
            if prop.type in ("INT", "FLOAT", "BOOLEAN", "STRING", "ENUM") and not prop.is_readonly:
                value = getattr(part, prop.identifier)
                found[f"{type(part).__name__}.{prop.identifier}"] = (
                    tuple(value) if getattr(prop, "is_array", False) else value
                )
    return found


def test_what_was_there_stays_as_it_was(users_file: bpy.types.Scene) -> None:
    staged = stage(SMALL)
    before, looked = fingerprint(users_file), settings(users_file)
    assert any("render" in key.lower() for key in looked)
    named = {thing: thing.name for thing in everything()}
    built = build(staged)
    assert built != users_file
    assert bpy.context.window.scene == users_file, "the user was taken elsewhere"
    assert settings(users_file) == looked
    assert fingerprint(users_file) == before
    assert {thing: thing.name for thing in named} == named
    assert users_file.frame_current == 42
    assert not set(built.objects) & set(users_file.objects)


def test_names_that_are_taken_do_not_lead_the_film_astray(users_file: bpy.types.Scene) -> None:
    """The user has an object called “tokens”; ours gets a number, and the keyframes all the same."""
    staged = stage(SMALL)
    built = build(staged)
    ours = built.objects["tokens.001"]
    assert ours.modifiers.get("Cells")
    assert fingerprint(built)["tokens.001"][-1].keys() >= {('["reveal"]', 0)}


def test_a_second_scene_leaves_the_first_alone() -> None:
    empty_file()
    one, other = stage(SMALL), stage(Shape("gpt2", 1, 2, 2, "teaser", d_head=4))
    first = build(one)
    before = fingerprint(first)
    second = build(other.retold(look="paper"))
    assert second != first
    assert fingerprint(first) == before
    assert not set(first.objects) & set(second.objects)
    assert {t.data for t in matrices(first).values()}.isdisjoint(t.data for t in matrices(second).values())
    assert len(matrices(second)) == len(other.layout.blocks)


def test_building_twice_gives_the_same() -> None:
    staged = stage(SMALL)
    prints = []
    for _ in range(2):
        empty_file()
        prints.append(fingerprint(build(staged)))
    assert prints[0] == prints[1]


def test_progress_rises_from_nothing() -> None:
    empty_file()
    staged, told = stage(SMALL), []
    build(staged, progress=lambda done, what: told.append((done, what)), still=True)
    shares = [done for done, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] < 1
    assert list(dict.fromkeys(what for _, what in told))[:3] == ["pictures", "matrices", "links"]


def test_without_a_film_everything_is_shown() -> None:
    empty_file()
    staged = stage(SMALL)
    scene = build(staged.retold(look="paper"), still=True)
    assert scene.camera is not None
    assert all(thing["reveal"] > 1 for thing in matrices(scene).values())
    assert not any(thing.animation_data for thing in scene.objects)
