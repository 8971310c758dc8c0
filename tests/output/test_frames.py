import errno
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import bpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.errors import UserError
from llm_scene.output.render import frames as frames_module
from llm_scene.output.render import local
from llm_scene.output.render.fingerprint import fingerprint
from llm_scene.output.render.frames import FrameFolder, recipe_of
from llm_scene.output.render.local import film_steps, render_film
from llm_scene.output.render.pace import Pace
from llm_scene.output.render.png import DamagedError, chunks, read_seal, sealed
from llm_scene.output.render.worker import Worker
from llm_scene.png import SIGNATURE, chunk
from llm_scene.scene.cells import cell_group
from llm_scene.scene.compat import modifier_input, with_nodes
from llm_scene.scene.nodes import inputs

sys.path.insert(0, str(Path(__file__).parent))
from small import hashes, small_scene

N_FRAMES = 6
RENDER = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from pathlib import Path
from llm_scene.output.render.local import render_film
from small import small_scene
render_film(small_scene(), None, Path({target!r}), processes=2)
"""


@pytest.fixture(autouse=True)
def _empty(empty_scene: None) -> None:
    """Every test starts from an empty file."""


def picture(tmp_path: Path) -> bytes:
    """A PNG of 8x4 pixels as Blender writes it."""
    image = bpy.data.images.new("picture", 8, 4)
    image.filepath_raw, image.file_format = str(tmp_path / "picture.png"), "PNG"
    image.save()
    return (tmp_path / "picture.png").read_bytes()


class TestPng:
    def test_a_signed_picture_tells_its_key_and_shows_the_same(self, tmp_path: Path) -> None:
        data = picture(tmp_path)
        assert read_seal(data) == ((8, 4), "")
        assert read_seal(sealed(data, "key")) == ((8, 4), "key")
        assert sealed(sealed(data, "a"), "b") == sealed(data, "b")

    def test_every_damage_is_seen(self, tmp_path: Path) -> None:
        data = sealed(picture(tmp_path), "key")

        @given(st.integers(0, len(data) - 1), st.integers(1, 255), st.booleans())
        def damage(at: int, bits: int, cut: bool) -> None:
            broken = data[:at] if cut else data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]
            with pytest.raises(DamagedError):
                read_seal(broken)

        damage()


class TestFingerprint:
    def test_is_the_same_in_another_process_and_at_another_frame(self) -> None:
        code = (
            f"import sys; sys.path[:0] = {[str(Path(__file__).parents[2]), str(Path(__file__).parent)]!r}\n"
        )
        code += "from small import small_scene\nfrom llm_scene.output.render.fingerprint import fingerprint\n"
        code += "print('fingerprint', fingerprint(small_scene()))"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        scene = small_scene()
        scene.frame_set(3)
        assert f"fingerprint {fingerprint(scene)}" in run.stdout.splitlines()
        assert scene.frame_current == 3

    @pytest.mark.parametrize(
        "change",
        [
            "scene.cycles.samples = 2",
            "scene.render.resolution_x = 66",
            "scene.view_settings.exposure = 1",
            "scene.camera.data.lens = 51",
            "scene.camera['note'] = 2.0",
            "bpy.data.objects['Sun'].data.energy = 3",
            "bpy.data.meshes[0].vertices[7].co.x += 0.01",
            "bpy.data.meshes[0].materials.append(bpy.data.materials.new('m'))",
            "bpy.data.objects['Suzanne'].hide_render = True",
            "bpy.data.objects['Suzanne'].modifiers.new('b', 'BEVEL').segments = 3",
            "curve = bpy.data.actions[0].layers[0].strips[0].channelbags[0].fcurves[0]; "
            "curve.keyframe_points[0].co.y = -1.1",
            "scene.world = bpy.data.worlds.new('w')",
        ],
    )
    def test_sees_what_changes_the_picture(self, change: str) -> None:
        scene = small_scene()
        before = fingerprint(scene)
        exec(change, {"bpy": bpy, "scene": scene})
        assert fingerprint(scene) != before

    def test_sees_the_inputs_of_modifiers(self) -> None:
        scene = small_scene()
        modifier = bpy.data.objects["Suzanne"].modifiers.new("n", "NODES")
        modifier.node_group = cell_group()
        gap = inputs(modifier.node_group)["Gap"]
        before = fingerprint(scene)
        modifier_input(modifier, gap, 0.5)
        assert fingerprint(scene) != before

    @pytest.mark.parametrize(
        "change",
        [
            "scene.frame_end, scene.render.filepath, scene.render.threads_mode = 3, '/elsewhere', 'FIXED'",
            "scene.frame_start = 3",
            "scene.frame_preview_start, scene.use_preview_range = 2, True",
            "scene.name = 'mine'",
            "scene.sync_mode = 'FRAME_DROP'",
            "scene['llm_scene'], scene.camera['llm_scene'] = 'a tag', 'a tag'",
            "bpy.data.objects['Suzanne'].hide_viewport = True",
            "bpy.data.objects['Suzanne'].select_set(False)",
            "bpy.context.view_layer.objects.active = None",
            "scene.timeline_markers.new('here', frame=2)",
            "bpy.data.materials[0].node_tree.nodes[0].location.x += 40",
            "bpy.data.materials[0].node_tree.nodes[0].label = 'mine'",
        ],
    )
    def test_does_not_see_what_changes_no_picture(self, change: str) -> None:
        scene = small_scene()
        material = bpy.data.materials.new("m")
        with_nodes(material)
        bpy.data.meshes[0].materials.append(material)
        before = fingerprint(scene)
        exec(change, {"bpy": bpy, "scene": scene})
        assert fingerprint(scene) == before

    def test_does_not_see_what_the_panel_says(self, tmp_path: Path) -> None:
        from llm_scene import ui

        scene = small_scene()
        ui.register()
        try:
            before = fingerprint(scene)
            scene.llm_scene_settings.film_path, scene.llm_scene_settings.keep = "/elsewhere.mp4", True
            assert fingerprint(scene) == before
        finally:
            ui.unregister()
        assert fingerprint(scene) == before


class TestRender:
    def test_number_of_processes_changes_nothing(self, tmp_path: Path) -> None:
        scene = small_scene()
        told: list[tuple[int, int]] = []
        one = render_film(scene, None, tmp_path / "one", processes=1)
        two = render_film(
            scene,
            None,
            tmp_path / "two",
            processes=2,
            progress=lambda now: told.append((now.done, now.total)),
        )
        assert len(hashes(one)) == N_FRAMES
        assert hashes(one) == hashes(two)
        assert told == sorted(told)
        assert set(told) == {(done, N_FRAMES) for done in range(N_FRAMES + 1)}
        assert sorted(path.name for path in one.glob(".*")) == []
        assert json.loads((one / "manifest.json").read_text())["made by"] == "LLM Scene"

    def test_a_killed_render_goes_on_where_it_stopped(self, tmp_path: Path) -> None:
        whole, target = tmp_path / "whole", tmp_path / "killed"
        root, here = Path(__file__).parents[2], Path(__file__).parent
        code = RENDER.format(root=str(root), here=str(here), target=str(target))
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
        wait_for(lambda: len(hashes(target)) >= 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        scene = small_scene()
        render_film(scene, None, target)
        assert hashes(target) == hashes(render_film(scene, None, whole))

    def test_only_damaged_and_missing_frames_are_rendered_again(self, tmp_path: Path) -> None:
        scene = small_scene()
        folder = render_film(scene, None, tmp_path / "film")
        before, times = hashes(folder), changed(folder)
        damaged = folder / "00002.png"
        damaged.write_bytes(damaged.read_bytes()[:-20])
        (folder / "00004.png").unlink()
        render_film(scene, None, tmp_path / "film")
        assert hashes(folder) == before
        now = changed(folder)
        assert {name for name in times if now[name] != times[name]} == {"00002.png", "00004.png"}

    def test_a_longer_part_keeps_the_frames_of_a_shorter_one(self, tmp_path: Path) -> None:
        scene = small_scene()
        folder = render_film(scene, None, tmp_path / "film", frames=range(1, 3))
        times = changed(folder)
        render_film(scene, None, tmp_path / "film", frames=[1, 2, 5])
        assert list(changed(folder)) == ["00001.png", "00002.png", "00005.png"]
        assert times.items() <= changed(folder).items()

    def test_frames_of_other_settings_never_mix(self, tmp_path: Path) -> None:
        scene = small_scene()
        folder = render_film(scene, None, tmp_path / "film")
        scene.cycles.samples = 2
        render_film(scene, None, folder, frames=range(2))
        assert list(hashes(folder)) == ["00000.png", "00001.png"]
        assert json.loads((folder / "manifest.json").read_text())["key"] == recipe_of(scene).key

    def test_a_late_frame_of_other_settings_does_not_count(self, tmp_path: Path) -> None:
        scene = small_scene()
        folder = render_film(scene, None, tmp_path / "film", frames=range(1))
        stranger = FrameFolder(folder, "another key", (64, 36))
        stranger.keep(3, (folder / "00000.png").read_bytes())
        assert FrameFolder(folder, recipe_of(scene).key, (64, 36)).missing(range(5)) == [1, 2, 3, 4]

    def test_a_folder_of_something_else_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "holiday.png").write_text("mine")
        with pytest.raises(UserError, match="holds other files"):
            render_film(small_scene(), None, tmp_path)
        assert (tmp_path / "holiday.png").read_text() == "mine"

    def test_a_worker_that_dies_costs_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ask, killed = Worker.ask, []

        def ask_and_kill(worker: Worker, request: dict) -> dict | None:
            if request["frame"] == 3 and not killed:
                killed.append(os.kill(worker._process.pid, signal.SIGKILL))
            return ask(worker, request)

        monkeypatch.setattr(Worker, "ask", ask_and_kill)
        folder = render_film(small_scene(), None, tmp_path / "film", processes=2)
        assert killed
        assert len(hashes(folder)) == N_FRAMES

    def test_workers_that_keep_dying_are_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            local, "command", lambda *_: [sys.executable, "-c", "raise SystemExit('no Blender')"]
        )
        with pytest.raises(UserError, match=r"while it rendered frame .*no Blender"):
            render_film(small_scene(), None, tmp_path / "film")

    @pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
    def test_two_at_once_do_not_spoil_each_other(self, tmp_path: Path) -> None:
        scene = small_scene()
        steps = film_steps(scene, None, tmp_path / "film", frames=range(3))
        next(steps)
        with pytest.raises(UserError, match=r"Another LLM Scene is at work in .*film: wait"):
            render_film(scene, None, tmp_path / "film", frames=range(3))
        for _ in steps:
            pass
        assert sum(path.suffix == ".png" for path in (tmp_path / "film").iterdir()) == 3
        render_film(scene, None, tmp_path / "film", frames=range(4))

    def test_a_full_disk_is_one_sentence(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        scene = small_scene()
        folder = render_film(scene, None, tmp_path / "film", frames=range(2))

        def full(handle: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(frames_module.os, "fsync", full)
        opened = FrameFolder(folder, recipe_of(scene).key, (64, 36))
        with pytest.raises(UserError, match="disk is full"):
            opened.keep(2, opened.path(0).read_bytes())
        assert opened.missing(range(3)) == [2]
        assert not list(folder.glob(".*"))


def test_pace_knows_the_time_that_is_left() -> None:
    clock = iter([0.0, 10.0, 12.0, 14.0]).__next__
    pace = Pace(2, 8, clock)
    assert pace.left is None
    pace.step()
    pace.step()
    pace.step()
    assert (pace.done, pace.left) == (5, pytest.approx(14 / 3 * 3))


def changed(folder: Path) -> dict[str, int]:
    """When every frame was written."""
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.glob("*.png"))}


def wait_for(condition, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


class TestWhatIsTheUsers:
    """Cases in which pictures of the user's were removed or overwritten."""

    def test_a_manifest_with_a_key_does_not_make_a_folder_ours(self, tmp_path: Path) -> None:
        (tmp_path / "manifest.json").write_text('{"key": "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"}')
        (tmp_path / "icon.png").write_bytes(b"mine")
        (tmp_path / ".gitignore").write_text("mine")
        before = contents(tmp_path)
        with pytest.raises(UserError, match="holds other files"):
            render_film(small_scene(), None, tmp_path)
        assert contents(tmp_path) == before

    def test_what_a_user_puts_beside_the_frames_stays(self, tmp_path: Path) -> None:
        scene = small_scene()
        folder = render_film(scene, None, tmp_path / "film", frames=range(1))
        mine = {"thumbnail.png": b"mine", ".gitattributes": b"mine", ".00001.7.png": b"mine"}
        mine["poster.png"] = (folder / "00000.png").read_bytes()
        for name, data in mine.items():
            (folder / name).write_bytes(data)
        (folder / ".llm-scene-mine").mkdir()
        (folder / ".llm-scene-mine" / "new.png").write_bytes(b"mine")
        scene.cycles.samples = 2
        render_film(scene, None, folder, frames=range(1, 2))
        assert {name: (folder / name).read_bytes() for name in mine} == mine
        assert (folder / ".llm-scene-mine" / "new.png").read_bytes() == b"mine"
        assert not (folder / "00000.png").exists() and (folder / "00001.png").exists()

    @pytest.mark.parametrize("kind", ["other", "painted over", "link", "folder"])
    def test_a_picture_under_a_frames_name_that_is_not_as_we_wrote_it_stays(
        self, tmp_path: Path, kind: str
    ) -> None:
        scene = small_scene()
        folder = render_film(scene, None, tmp_path / "film", frames=range(2))
        target = folder / "00001.png"
        if kind == "other":
            target.write_bytes(picture(tmp_path))
        elif kind == "painted over":  # by a program that keeps the words in a file, as most do
            found = list(chunks(target.read_bytes()))
            painted = [
                (name, zlib.compress(bytes(36 * 193))) if name == b"IDAT" else (name, data)
                for name, data in found
            ]
            target.write_bytes(SIGNATURE + b"".join(chunk(*each) for each in painted))
        elif kind == "link":
            target.rename(tmp_path / "mine.png")
            target.symlink_to(tmp_path / "mine.png")
        else:
            target.unlink()
            target.mkdir()
        before = contents(tmp_path)
        scene.cycles.samples = 2
        with pytest.raises(UserError, match=r"00001\.png is no frame that LLM Scene wrote"):
            render_film(scene, None, folder, frames=range(2))
        assert contents(tmp_path) == before

    def test_what_a_killed_render_was_at_is_removed_later(self, tmp_path: Path) -> None:
        scene = small_scene()
        opened = frames_module.open_folder(tmp_path / "film", recipe_of(scene))
        (opened.work / "scene.blend").write_bytes(b"ours")
        inner = opened.work / ".llm-scene-1"
        inner.mkdir()
        (inner / "new.0000.png").write_bytes(b"ours")
        (opened.work / "letter.txt").write_bytes(b"mine")
        render_film(scene, None, tmp_path / "film", frames=range(1))
        left = [str(path.relative_to(opened.work)) for path in opened.work.rglob("*")]
        assert left == ["letter.txt"]

    def test_a_poster_is_not_put_over_another_picture(self, tmp_path: Path) -> None:
        (tmp_path / "film.poster.png").write_bytes(b"mine")
        with pytest.raises(UserError, match=r"film\.poster\.png is no poster that LLM Scene wrote"):
            local.check_output(tmp_path / "film.mp4")

    @pytest.mark.parametrize("name", ["{prompt}", "100 % #1", "a#b ##", "{{x}} {", "} [#]"])
    def test_any_name_will_do(self, tmp_path: Path, name: str) -> None:
        place = tmp_path / name
        place.mkdir()
        render_film(small_scene(), None, place / f"{name}.mp4", frames=range(2))
        found = sorted(str(path.relative_to(place)) for path in place.rglob("*"))
        frames = [
            f"{name}.frames",
            *(f"{name}.frames/{each}" for each in ("00000.png", "00001.png", "manifest.json")),
        ]
        assert found == sorted([*frames, f"{name}.mp4", f"{name}.poster.png"])

    @pytest.mark.parametrize(
        ("size", "percent", "expected"), [((640, 360), 35, (224, 126)), ((33, 33), 99, (32, 32))]
    )
    def test_a_share_of_the_resolution_is_rounded_as_blender_does(
        self, tmp_path: Path, size: tuple[int, int], percent: int, expected: tuple[int, int]
    ) -> None:
        scene = small_scene()
        scene.render.resolution_x, scene.render.resolution_y = size
        scene.render.resolution_percentage = percent
        assert recipe_of(scene).size == expected
        folder = render_film(scene, None, tmp_path / "film", frames=range(1))
        assert read_seal((folder / "00000.png").read_bytes())[0] == expected

    @pytest.mark.parametrize(
        ("setting", "says"), [("use_border", "Render Region"), ("use_multiview", "Stereoscopy")]
    )
    def test_what_cannot_be_rendered_is_named(self, tmp_path: Path, setting: str, says: str) -> None:
        scene = small_scene()
        setattr(scene.render, setting, True)
        with pytest.raises(UserError, match=says):
            render_film(scene, None, tmp_path / "film")
        assert list(tmp_path.iterdir()) == []


def contents(folder: Path) -> dict[str, bytes | str]:
    """Every file, folder and link, with what it holds."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else "no file"
        for path in sorted(folder.rglob("*"))
    }
