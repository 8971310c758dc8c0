"""Real processes of ours are killed at random moments: what is foreign stays as it was, bit for bit."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llm_scene.writing import PRIVATE

sys.path.insert(0, str(Path(__file__).parent))
from attacked import contents, kept

ROOT = Path(__file__).parents[2]
SMALL = "--resolution 32x18 --samples 1 --frames 0-2"
COMMANDS = {
    "generate": "generate -o {out}/scene.blend",
    "render": f"render -o {{out}}/film.mp4 --film teaser {SMALL}",
    "farm": "farm -o {out}/farm --film teaser",
    "glb": "export -o {out}/scene.glb",
    "page": "export -o {out}/page.html",
    "captions": "captions -o {out}/film.srt",
    "look": "look -o {out} --film teaser --every 3 --resolution 32x18 --samples 1",
    "demo": f"demo -o {{out}} {SMALL}",
}
OPERATORS = """
import sys
import bpy
from llm_scene import ui
out = sys.argv[1]
bpy.ops.wm.read_factory_settings()
bpy.ops.wm.open_mainfile(filepath=out + "/mine.blend")
ui.register()
do, chosen = bpy.ops.llm_scene, bpy.context.scene.llm_scene_settings
chosen.cut, chosen.prompt, chosen.labels = "teaser", "CBA", False
do.generate()
do.save_blend(filepath=out + "/scene.blend")
do.export_captions(filepath=out + "/film.vtt")
do.export_page(filepath=out + "/page.html")
bpy.context.scene.llm_scene_settings.look = "paper"
do.export_gltf(filepath=out + "/scene.glb")
do.farm_folder(filepath=out + "/farm")
do.generate()
do.remove()
"""
FOREIGN = (
    "letter.txt",
    ".scene.1.blend",
    ".scene.blend.tmp",
    "scene.blend1",
    "scene.bin",
    "film.frames.zip",
    "frames.txt",
    "00000.png",
    ".llm-scene-mine/new.mp4",
    ".llm-scene-mine/new.blend",
    "farm.txt",
    "mine/manifest.json",
)


def plant(folder: Path, outside: Path, dice: random.Random) -> None:
    """Foreign files under names close to ours, some of them links to files elsewhere."""
    for number, name in enumerate(FOREIGN):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if dice.random() < 0.3:
            (outside / str(number)).write_bytes(dice.randbytes(99))
            path.symlink_to(outside / str(number))
        else:
            path.write_bytes(dice.randbytes(99))


def run_and_kill(command: list[str], root: Path, dice: random.Random) -> None:
    """Kill a process some time after it has begun to write below `root`, unless it has done its work."""
    before = set(contents(root))
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 90
    while process.poll() is None and set(contents(root)) == before and time.monotonic() < end:
        time.sleep(0.002)
    time.sleep(dice.choice([0.0, dice.uniform(0.0, 0.1), dice.uniform(0.0, 2.0)]))
    process.send_signal(signal.SIGKILL)
    assert process.wait() in (0, -signal.SIGKILL)


def test_looking_bears_folders_that_come_and_go(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    passing = tmp_path / "mine" / "passing"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import os\nwhile True: os.mkdir({str(passing)!r}); os.rmdir({str(passing)!r})",
        ]
    )
    try:
        end, there = time.monotonic() + 60, []
        while time.monotonic() < end and (len(there) < 1000 or len(set(there)) < 2):
            found = contents(tmp_path)
            assert str(tmp_path / "mine") in found
            there.append(str(passing) in found)
    finally:
        process.kill()
        process.wait()
    assert set(there) == {False, True}


@pytest.fixture
def out(tmp_path: Path, dice: random.Random) -> Path:
    """A folder with foreign files, some of which lie outside of it."""
    folder, outside = tmp_path / "out", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    plant(folder, outside, dice)
    return folder


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_leaves_what_is_foreign(
    name: str, out: Path, dice: random.Random, tmp_path: Path
) -> None:
    before = contents(tmp_path)
    arguments = COMMANDS[name].format(out=out).split()
    run_and_kill(["-m", "llm_scene.cli", *arguments], tmp_path, dice)
    assert kept(before, contents(tmp_path))


def test_a_killed_blender_leaves_what_is_foreign(out: Path, dice: random.Random, tmp_path: Path) -> None:
    """Generate, Save .blend, exports, another look, the farm folder, Delete, in the user's own file."""
    import bpy

    bpy.ops.wm.read_factory_settings()
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "mine.blend"), check_existing=False)
    before = contents(tmp_path)
    for _ in range(2):
        run_and_kill(["-c", OPERATORS, str(out)], tmp_path, dice)
        assert kept(before, contents(tmp_path))


def test_a_killed_film_goes_on_among_foreign_files(out: Path, dice: random.Random, tmp_path: Path) -> None:
    before = contents(tmp_path)
    command = ["-m", "llm_scene.cli", *COMMANDS["render"].format(out=out).split()]
    run_and_kill(command, tmp_path, dice)
    subprocess.run([sys.executable, *command, "--force"], cwd=ROOT, check=True, capture_output=True)
    assert (out / "film.mp4").is_file()
    assert kept(before, contents(tmp_path))
    assert [path.name for path in tmp_path.rglob(f"{PRIVATE}*")] == [".llm-scene-mine"]
