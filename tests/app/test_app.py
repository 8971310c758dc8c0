"""The built zip in the real application: BLENDER names its executable.

The test with a window needs a screen with xdotool and ImageMagick: it is skipped unless BLENDER_SCREEN=1 says
that this Blender has one.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from archives import build

from tools.build_extension import make_repository

BLENDER = os.environ.get("BLENDER", "")
NO_SPLASH = "import bpy; bpy.context.preferences.view.show_splash = False; bpy.ops.wm.save_userpref()"
SCREEN = os.environ.get("BLENDER_SCREEN") == "1"
TROUBLE = re.compile(r"Traceback|Error:|^Warning:.*llm_scene", re.MULTILINE)

pytestmark = pytest.mark.skipif(not BLENDER, reason="BLENDER names no Blender application")


class App:
    """Blender with a profile of its own, into which the extension is installed."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile

    def __call__(self, *arguments: str | Path, timeout: float = 300) -> str:
        """Run it and return what it printed; it must succeed without a word of trouble."""
        environment = os.environ | {"BLENDER_USER_RESOURCES": str(self._profile)}
        done = subprocess.run(
            [BLENDER, *map(str, arguments)],
            env=environment,
            cwd=self._profile,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert not TROUBLE.search(done.stdout), done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension for this platform."""
    platform, wheels = {"linux": ("linux-x64", "linux"), "win32": ("windows-x64", "win_amd64")}.get(
        sys.platform, ("macos-arm64", "macosx_11_0_arm64")
    )
    zips = build(tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist"), wheels)
    return zips[platform]


@pytest.fixture(scope="module")
def app(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> App:
    app = App(tmp_path_factory.mktemp("profile"))
    app("--command", "extension", "install-file", "-r", "user_default", "-e", archive)
    app("-b", "--python-expr", NO_SPLASH)
    return app


def test_does_its_work_without_a_window(app: App, tmp_path: Path) -> None:
    app("-b", "--python-exit-code", "1", "--python", Path(__file__).with_name("headless.py"), "--", tmp_path)
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert seen["enabled"]
    assert seen["matrices"] > 100
    assert seen["cube"]
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"
    assert len(list((tmp_path / "film.frames").glob("*.png"))) == 2
    assert (tmp_path / "scene.glb").read_bytes()[:4] == b"glTF"
    assert not seen.get("not ours")
    assert seen["after undo"] == ["Scene"]
    assert seen["after redo"] == ["LLM Scene", "Scene"]
    assert seen["left"] == []


def test_saved_files_need_neither_the_extension_nor_scripts(app: App, tmp_path: Path) -> None:
    saved = tmp_path / "scene.blend"
    code = f"import bpy; bpy.ops.llm_scene.generate(); bpy.ops.llm_scene.save_blend(filepath={str(saved)!r})"
    app("-b", "--python-exit-code", "1", "--python-expr", code)
    check = (
        "import bpy; s = bpy.data.scenes['LLM Scene']; s.frame_set(200); s.render.resolution_percentage = 5; "
        "assert not bpy.data.texts; bpy.context.window.scene = s"
    )
    picture = tmp_path / "still"
    app("-b", "--factory-startup", "-Y", saved, "--python-exit-code", "1", "--python-expr", check,
        "-o", picture, "-F", "PNG", "-x", "1", "-f", "200")  # fmt: skip
    assert list(tmp_path.glob("still*.png"))


def test_is_a_command_line_too(app: App) -> None:
    said = app("--command", "llm_scene", "explain", "--prompt", "CBABBC", "blocks.0.attn.scores[2,5,2]")
    assert "q · k" in said


@pytest.mark.skipif(not SCREEN, reason="there is no screen for a window")
def test_does_its_work_in_the_window(app: App, tmp_path: Path) -> None:
    said = app(
        "--gpu-backend", "opengl", "--window-geometry", "0", "0", "1600", "1000",
        "--python", Path(__file__).with_name("window.py"), "--", tmp_path, timeout=600,
    )  # fmt: skip
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    score = "blocks.0.attn.scores[head=2,query=5,key=2]"
    assert "failed" not in seen, seen["failed"] + said
    assert seen["scenes after Esc"] == ["Scene"]
    assert seen["generated"]
    assert seen["hovered"] == score
    assert seen["pinned"] == [score]
    assert seen["filmed"] and seen["filmed from the panel"]
    assert seen["after Esc"] == 0
    assert seen["played to"] > 0
    assert seen["rendered"]
    assert seen["ended"] == [True, True, False]
    assert seen["exported"] == [True, True, True]
    assert not list(tmp_path.glob(".llm-scene-*"))
    assert seen["workspace"] == {
        "name": "LLM Scene",
        "pinned": True,
        "areas": ["TIMELINE", "VIEW_3D"],
        "before": ["OUTLINER", "PROPERTIES", "TIMELINE", "VIEW_3D"],
        "shading before": ["SOLID"],
    }
    assert 0.6 < seen["picture"].pop("timeline") <= 1 and 0.6 < seen["again"].pop("timeline") <= 1
    assert seen["again"] == {"name": "LLM Scene"}
    share = seen["picture"].pop("share")
    assert 0.5 < share < 0.9  # beside the sidebar
    assert seen["picture"] == {
        "through": "CAMERA",
        "shading": "MATERIAL",
        "cursor": False,
        "sync": "FRAME_DROP",
        "tab": "LLM Scene",
    }
    assert seen["after Delete"] == []
    assert seen["back in"] == "Layout"


def test_is_installed_from_a_repository(archive: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir()
    folder = archive.parent
    make_repository(folder, [BLENDER, "--command", "extension"])
    app = App(profile)
    url = (folder / "index.json").as_uri()
    app("--online-mode", "--command", "extension", "repo-add", "--name", "LLM Scene", "--url", url, "llm")
    app("--online-mode", "--command", "extension", "sync")
    app("--online-mode", "--command", "extension", "install", "-s", "-e", "llm.llm_scene")
    said = app("-b", "--python-expr", "import bpy; print('there:', bpy.ops.llm_scene.generate.poll())")
    assert "there: True" in said


def test_leaves_without_a_trace(app: App) -> None:
    app("--command", "extension", "remove", "llm_scene")
    said = app(
        "-b", "--python-expr", "import bpy; print('left:', hasattr(bpy.types.Scene, 'llm_scene_settings'))"
    )
    assert "left: False" in said
