import errno
import json
import os
import signal
import subprocess
import sys
import time
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
from llm_scene.output.render.local import render_film
from llm_scene.output.render.pace import Pace
from llm_scene.output.render.png import DamagedError, read_seal, sealed
from llm_scene.output.render.worker import Worker

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

    def test_does_not_see_what_changes_no_picture(self) -> None:
        scene = small_scene()
        before = fingerprint(scene)
        scene.frame_end, scene.render.filepath, scene.render.threads_mode = 3, "/elsewhere", "FIXED"
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
