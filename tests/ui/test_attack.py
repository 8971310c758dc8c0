"""What is the user's is attacked: foreign files and data at random, and ends at any moment."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from llm_scene import ui
from llm_scene.cli import main
from llm_scene.output.render import frames as frames_module
from llm_scene.output.render import local
from llm_scene.output.render.contact_sheet import check_look
from llm_scene.output.render.farm import check_farm
from llm_scene.output.render.ledger import Ledger
from llm_scene.ui import library
from llm_scene.ui.making import building
from llm_scene.ui.ownership import everything
from llm_scene.ui.settings import settings_of

sys.path.insert(0, str(Path(__file__).parent))
from attacked import contents, kept

FEW = settings(
    max_examples=2,
    deadline=None,
    phases=(Phase.generate,),  # each takes seconds: none is looked for that fails in a simpler way
    suppress_health_check=list(HealthCheck),
)
MANY = settings(FEW, max_examples=60)
FILE_NAMES = (
    "manifest.json 00000.png 00001.png 00002.png thumbnail.png README.txt scene.blend flamenco.js frames "
    ".gitattributes .scene.1.blend .00001.1.png .llm-scene-x film.poster.png {x}.png #####.png film.mp4"
)
NAMES = st.sampled_from(FILE_NAMES.split())
CONTENTS = st.sampled_from(
    [
        b"",
        b"mine",
        b'{"key": "MIIBIj"}',
        b'{"made by": "LLM Scene", "kind": "frames", "key": "a", "seal": "b"}',
        b"\x89PNG\r\n\x1a\n mine",
        b"Key of the scene: 0123456789abcdef",
    ]
)
KINDS = st.sampled_from(["file", "link", "dangling link", "folder"])
FILES = st.dictionaries(NAMES, st.tuples(KINDS, CONTENTS), max_size=6)
COLLECTIONS = [
    "materials",
    "worlds",
    "texts",
    "collections",
    "meshes",
    "actions",
    "images",
    "curves",
    "node_groups",
    "objects",
    "scenes",
    "lights",
]
OURS = ("cells", "boxes", "room", "cells.001", "wall", "screen", "face Inter")
CALLED = [*(f"LLM Scene {name}" for name in OURS), "LLM Scene", "Labels", "Screen"]
BLOCKS = st.lists(
    st.tuples(
        st.sampled_from(COLLECTIONS),
        st.sampled_from(CALLED),
        st.booleans(),
    ),
    min_size=3,
    max_size=10,
)


FILES_OF_OPERATORS = {
    "save_blend": "scene.blend",
    "export_captions": "film.srt",
    "export_gltf": "scene.glb",
    "export_page": "page.html",
    "farm_folder": "farm",
}


class KilledError(BaseException):
    """Stands for the end of the process."""


def planted(folder: Path, files: dict[str, tuple[str, bytes]], outside: Path) -> None:
    """Put foreign files, folders and links into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, (kind, content)) in enumerate(files.items()):
        path = folder / name
        if kind == "folder":
            path.mkdir()
            (path / "inside").write_bytes(content)
        elif kind == "file":
            path.write_bytes(content)
        else:
            target = outside / str(number)
            if kind == "link":
                target.write_bytes(content)
            path.symlink_to(target)


@contextlib.contextmanager
def killed_at(moment: int) -> Iterator[None]:
    """The process ends at one of the moments in which a file takes its place or goes."""
    count = [0]

    def moved(do: Any) -> Any:
        def counted(*args: Any, **named: Any) -> Any:
            count[0] += 1
            if count[0] == moment:
                raise KilledError
            return do(*args, **named)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for name in ("replace", "unlink", "mkdir", "write_bytes", "write_text"):
            patch.setattr(Path, name, moved(getattr(Path, name)))
        with contextlib.suppress(KilledError):
            yield


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    image = bpy.data.images.new("picture", 8, 4)
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path.read_bytes()


@MANY
@given(FILES, st.integers(0, 25), st.booleans(), st.data())
def test_folders_of_frames(
    tmp_path_factory: pytest.TempPathFactory, picture: bytes, files: Any, moment: int, ours: bool, data: Any
) -> None:
    """Frames of one recipe and then of another are kept among foreign files, and the process is killed."""
    root = tmp_path_factory.mktemp("attack")
    folder, outside = root / "frames", root / "outside"
    outside.mkdir()
    recipes = [frames_module.Recipe(name, (8, 4), 24.0, "5") for name in ("a", "b")]
    if ours:
        opened = frames_module.open_folder(folder, recipes[0])
        for frame in range(2):
            opened.keep(frame, picture)
        for name in data.draw(st.sets(st.sampled_from(["00000.png", "00001.png"]))):
            (folder / name).unlink()
        files = {name: what for name, what in files.items() if not (folder / name).exists()}
    planted(folder, files, outside)
    mine = contents(outside) | {
        str(path): what
        for path, what in ((p, contents(folder)[str(p)]) for p in map(folder.__truediv__, files))
    }
    for recipe in recipes:
        with killed_at(moment), contextlib.suppress(frames_module.UserError):
            opened = frames_module.open_folder(folder, recipe)
            for frame in range(3):
                opened.keep(frame, picture)
            frames_module.close_folder(opened)
        assert kept(mine, contents(root))
    assert kept(mine, contents(root))


@MANY
@given(FILES)
def test_commands_refuse_before_they_touch_anything(
    tmp_path_factory: pytest.TempPathFactory, files: Any
) -> None:
    root = tmp_path_factory.mktemp("attack")
    folder, outside = root / "folder", root / "outside"
    outside.mkdir()
    planted(folder, files, outside)
    before = contents(root)
    for check in (lambda: local.check_output(folder), lambda: local.check_output(folder / "film.mp4")):
        with contextlib.suppress(frames_module.UserError):
            check()
    for check in (check_farm, check_look, check_demo):
        with contextlib.suppress(frames_module.UserError):
            check(folder)
    assert contents(root) == before
    if files:  # a folder that holds anything else is never taken
        assert main(["farm", "-o", str(folder), "--film", "teaser"]) == 2
        assert main(["render", "-o", str(folder), "--film", "teaser"]) == 2
        assert contents(root) == before


def check_demo(folder: Path) -> None:
    Ledger(folder, "demo").check_among_others(["film.mp4", "README.txt"])


@settings(MANY, max_examples=8)
@given(FILES, st.sampled_from(["film.srt", "00000.vtt", "{x}.srt", "#####.vtt"]), KINDS)
def test_what_is_written_replaces_what_was_named_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, files: Any, name: str, kind: str
) -> None:
    """Nothing is replaced unasked; with --force a link in its place is, not followed; a folder is refused."""
    root = tmp_path_factory.mktemp("attack")
    folder, outside = root / "folder", root / "outside"
    outside.mkdir()
    planted(folder, {**files, name: (kind, b"mine")}, outside)
    before = contents(root)
    asked = ["captions", "-o", str(folder / name), "--film", "teaser"]
    assert main(asked) == 2 and contents(root) == before
    code = main([*asked, "--force"])
    assert code == (2 if kind == "folder" else 0)
    if kind != "folder":
        assert (folder / name).is_file() and not (folder / name).is_symlink()
        del before[str(folder / name)]
    assert kept(before, contents(root))


def made(kind: str, name: str) -> bpy.types.ID:
    """A foreign data-block."""
    new = getattr(bpy.data, kind).new
    extra = {"node_groups": ("ShaderNodeTree",), "images": (2, 2), "objects": (None,), "lights": ("SUN",)}
    extra |= {"curves": ("FONT",)}
    return new(name, *extra.get(kind, ()))


def described(thing: bpy.types.ID) -> dict[str, Any]:
    """Everything about a data-block that can be read plainly."""
    skipped = {"session_uid", "is_evaluated", "users", "preview", "tag", "is_updated", "original", "has_data"}
    found = {}
    for prop in thing.bl_rna.properties:
        if prop.identifier not in skipped and prop.type in ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"):
            value = getattr(thing, prop.identifier)
            found[prop.identifier] = value if isinstance(value, (bool, int, float, str)) else repr(value)
    return found | {"properties": sorted(set(thing.keys()) - {"llm_scene_settings"})}


@FEW
@given(BLOCKS, st.integers(0, 30), st.booleans())
def test_data_of_the_users(
    tmp_path_factory: pytest.TempPathFactory, blocks: Any, moment: int, labels: bool
) -> None:
    """Generate, files, another look, Generate stopped half way, Delete: what is foreign stays as it was."""
    folder = tmp_path_factory.mktemp("attack")
    bpy.ops.wm.read_factory_settings()
    ui.register()
    try:
        for kind, name, used in blocks:
            thing = made(kind, name)
            thing.use_fake_user = True
            if kind == "objects" and used:
                bpy.context.scene.collection.objects.link(thing)
            if kind == "collections" and used:
                bpy.context.scene.collection.children.link(thing)
        foreign = {thing: described(thing) for thing in everything() if not isinstance(thing, SHOWN)}
        chosen = bpy.context.scene.llm_scene_settings
        chosen.cut, chosen.labels, chosen.prompt = "teaser", labels, "CBA"
        assert bpy.ops.llm_scene.generate() == {"FINISHED"}
        assert_kept(foreign)
        for leave, name in FILES_OF_OPERATORS.items():
            assert getattr(bpy.ops.llm_scene, leave)(filepath=str(folder / name)) == {"FINISHED"}
            assert_kept(foreign)
        bpy.context.scene.llm_scene_settings.look = "paper"
        bpy.context.scene.llm_scene_settings.gap = 0.3
        assert_kept(foreign)
        stopped_generate(moment)
        assert_kept(foreign)
        assert bpy.ops.llm_scene.remove() == {"FINISHED"}
        assert_kept(foreign)
    finally:
        ui.unregister()


SHOWN = (bpy.types.Screen, bpy.types.WindowManager, bpy.types.WorkSpace, bpy.types.Brush, bpy.types.Palette)


def stopped_generate(moment: int) -> None:
    """Generate, closed after some of its steps, as Esc does it."""
    scene = bpy.context.scene
    settings = settings_of(scene)
    steps = building(library.production_of(scene), settings, library.asked(settings))
    for _, _step in zip(range(moment), steps, strict=False):
        pass
    steps.close()


def assert_kept(foreign: dict[bpy.types.ID, dict[str, Any]]) -> None:
    there = set(everything())
    for thing, before in foreign.items():
        assert thing in there
        assert described(thing) == before, before["name"]
