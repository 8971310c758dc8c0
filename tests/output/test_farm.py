"""A farm folder: any Blender renders it, skips what is there; Flamenco's job type makes the right tasks."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from llm_scene import models
from llm_scene.cli import main
from llm_scene.errors import UserError
from llm_scene.output.render.farm import JOB_TYPE, farm_steps, write_farm
from llm_scene.output.render.png import read_seal
from llm_scene.scene.build import build
from llm_scene.scene.engines import PRESETS, apply_preset
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce

Made = tuple[Path, Production, bpy.types.Scene]
RENDER = """
import bpy
bpy.ops.wm.open_mainfile(filepath={blend!r}, use_scripts=False)
bpy.context.scene.frame_start, bpy.context.scene.frame_end = 100, 101
bpy.ops.render.render(animation=True)
import os
os._exit(0)
"""
STUB = """
const tasks = [];
const author = {
    Task: (name, type) => ({
        name, type, commands: [], after: [],
        addCommand(command) { this.commands.push(command); },
        addDependency(task) { this.after.push(task.name); },
    }),
    Command: (name, parameters) => ({ name, ...parameters }),
};
const path = require("path").posix;
const frameChunker = (frames, size) => {
    const [first, last] = frames.split("-").map(Number), chunks = [];
    for (let a = first; a <= last; a += size) {
        const b = Math.min(a + size - 1, last);
        chunks.push(a === b ? `${a}` : `${a}-${b}`);
    }
    return chunks;
};
const job = { settings: SETTINGS, addTask: (task) => tasks.push(task) };
compileJob(job);
console.log(JSON.stringify({ tasks, type: JOB_TYPE }));
"""
SETTINGS = {
    "frames": "0-20",
    "chunk_size": 10,
    "render_output_path": "/shared/a film/frames/#####",
    "blendfile": "/shared/scene.blend",
    "scene": "Film",
    "fps": 24,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The farm folder of a teaser."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    model = models.load()
    production = produce(model, model.encode_prompt("CBABBC"), Options(cut="teaser"))
    scene = build(production)
    apply_preset(scene, PRESETS["draft"])
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    scene.cycles.samples = 1
    scene.render.filepath, scene.render.use_overwrite = "/mine/", True
    folder = tmp_path_factory.mktemp("farm") / "folder"
    write_farm(scene, folder)
    return folder, production, scene


def rendered(blend: Path) -> str:
    """Render two frames as a farm does: another Blender, factory settings, scripts off."""
    code = RENDER.format(blend=str(blend))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=blend.parents[1])
    return run.stdout + run.stderr


def test_the_folder_holds_the_scene_a_job_type_and_how_to_submit(made: Made) -> None:
    folder, production, scene = made
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.txt",
        "flamenco.js",
        "manifest.json",
        "scene.blend",
    ]
    text = (folder / "README.txt").read_text()
    last = production.film.n_frames - 1
    assert f"Frames 0 to {last}" in text and "160x90" in text
    assert f"--array=0-{last // 10} " in text
    assert max(map(len, text.splitlines())) < 110
    assert (scene.render.filepath, scene.render.use_overwrite) == ("/mine/", True)


def test_any_blender_renders_it_beside_the_file_and_skips_what_is_there(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made[0], tmp_path / "elsewhere")
    folder = tmp_path / "elsewhere" / "frames"
    log = rendered(folder.parent / "scene.blend")
    assert sorted(path.name for path in folder.iterdir()) == ["00100.png", "00101.png"], log
    assert read_seal((folder / "00100.png").read_bytes()) == ((160, 90), "")
    times = [path.stat().st_mtime_ns for path in sorted(folder.iterdir())]
    (folder / "00101.png").unlink()
    rendered(folder.parent / "scene.blend")
    again = [path.stat().st_mtime_ns for path in sorted(folder.iterdir())]
    assert again[0] == times[0] and again[1] > times[1]


def test_the_scene_that_opens_needs_nothing(made: Made) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(made[0] / "scene.blend"), use_scripts=False)
    scene = bpy.context.scene
    assert scene.name == "LLM Scene" and "Screen" in scene.objects
    for each in bpy.data.scenes:
        assert each.render.filepath == "//frames/#####"
        assert not each.render.use_overwrite and each.render.use_placeholder
        assert each.render.image_settings.file_format == "PNG"
    assert not bpy.data.texts and not bpy.data.libraries
    assert all(font.packed_file for font in bpy.data.fonts if font.filepath != "<builtin>")
    assert all(image.packed_file for image in bpy.data.images if image.source == "FILE")


def test_a_folder_of_another_scenes_frames_is_refused(tmp_path: Path) -> None:
    command = ["farm", "-o", str(tmp_path / "farm"), "--film", "teaser", "--samples", "1", "--resolution"]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert main([*command, "64x36"]) == 0
    (tmp_path / "farm" / "frames").mkdir()
    (tmp_path / "farm" / "frames" / "00000.png").touch()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert main([*command, "64x36"]) == 0
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert main([*command, "66x36"]) == 2


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(UserError, match="holds other files"):
        write_farm(bpy.context.scene, tmp_path)
    with pytest.raises(UserError, match="is a file"):
        write_farm(bpy.context.scene, tmp_path / "letter.txt")
    with pytest.raises(UserError, match="does not exist"):
        write_farm(bpy.context.scene, tmp_path / "a" / "b")


@pytest.mark.parametrize("there", [False, True])
def test_cancelled_it_leaves_no_trace(made: Made, tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "farm"
    if there:
        folder.mkdir()
    for count in itertools.count():
        steps = farm_steps(bpy.context.scene, folder)
        for _ in itertools.islice(steps, count):
            pass
        if (folder / JOB_TYPE).exists():
            break
        steps.close()
        assert [path.name for path in tmp_path.iterdir()] == ["farm"] * there
        assert not there or not list(folder.iterdir())
    assert count > 1


@pytest.fixture(scope="module")
def compiled(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What Flamenco would get of the job type."""
    script = (made[0] / JOB_TYPE).read_text() + STUB.replace("SETTINGS", json.dumps(SETTINGS))
    file = tmp_path_factory.mktemp("flamenco") / "run.cjs"
    file.write_text(script)
    run = subprocess.run(["node", str(file)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed, which runs the job type")
class TestFlamenco:
    def test_frames_are_rendered_in_chunks(self, compiled: dict) -> None:
        *renders, _ = compiled["tasks"]
        assert [task["name"] for task in renders] == ["render-0-9", "render-10-19", "render-20"]
        assert {task["type"] for task in renders} == {"blender"}
        (command,) = renders[1]["commands"]
        assert (command["name"], command["exe"]) == ("blender-render", "{blender}")
        assert command["blendfile"] == "/shared/scene.blend"
        options = dict(zip(command["args"][::2], command["args"][1::2], strict=True))
        assert options["--scene"] == "Film"
        assert options["--render-output"] == "/shared/a film/frames/#####"
        assert options["--render-frame"] == "10..19"
        assert list(options)[-1] == "--render-frame"  # Blender acts on its options in order
        compile(options["--python-expr"], "expression", "exec")

    def test_the_film_comes_last(self, compiled: dict) -> None:
        film = compiled["tasks"][-1]
        assert (film["name"], film["type"]) == ("film", "ffmpeg")
        assert film["after"] == ["render-0-9", "render-10-19", "render-20"]
        (command,) = film["commands"]
        assert command["name"] == "frames-to-video"
        assert command["inputGlob"] == "/shared/a film/frames/*.png"
        assert command["outputFile"] == "/shared/a film/film.mp4"
        assert all(isinstance(argument, str) for argument in command["args"])

    def test_settings_are_known_types_and_evaluate_in_blender(self, compiled: dict) -> None:
        from types import SimpleNamespace

        settings = SimpleNamespace(render_output_root="/shared")
        names = {"C": bpy.context, "Path": Path, "abspath": os.path.abspath, "settings": settings}
        for setting in compiled["type"]["settings"]:
            assert setting["type"] in {"string", "int32", "float", "bool"}
            assert re.fullmatch(r"[a-z_]+", setting["key"])
            if "eval" in setting:
                assert eval(setting["eval"], {**names, "jobname": "a film"}) is not None
        assert {setting["key"] for setting in compiled["type"]["settings"]} >= set(SETTINGS)
