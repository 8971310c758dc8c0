"""Rendering on a real cluster: a scheduler and worker processes on this computer, some of them killed."""

from __future__ import annotations

import asyncio
import builtins
import json
import os
import random
import signal
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import pytest

from llm_scene.errors import UserError
from llm_scene.output.render import cluster as cluster_module
from llm_scene.output.render.cluster import _Frames, check_cluster
from llm_scene.output.render.local import render_film

sys.path.insert(0, str(Path(__file__).parent))
from small import hashes, small_scene

pytest.importorskip("distributed", reason='Dask is not installed: pip install "llm-scene[cluster]"')

N_FRAMES = 12
CANCELLED = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from pathlib import Path
from llm_scene.output.render.local import render_film
from small import small_scene
render_film(small_scene(20000, 40), None, Path({target!r}), cluster={address!r})
"""


class Cluster:
    """A scheduler and workers, all processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, []
        note = folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", note)
        self.start("distributed.cli.dask_scheduler", *options)
        wait_for(note.exists)
        from distributed import Client

        self.client = Client(scheduler_file=str(note), set_as_default=False)
        self.address = self.client.scheduler.address

    def start(self, module: str, *arguments: object, path: Path | None = None) -> subprocess.Popen:
        """Run a module of Dask's; `path` comes before everything that Python knows."""
        paths = [str(path or ""), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        self.processes.append(
            subprocess.Popen(
                [sys.executable, "-m", module, *map(str, arguments)],
                env=environment,
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return self.processes[-1]

    def worker(self, path: Path | None = None, wait: bool = True) -> subprocess.Popen:
        """Start a worker without nanny, in the process that is returned, and wait for it."""
        before = len(self.client.nthreads())
        options = ("--host", "127.0.0.1", "--local-directory", self.folder, "--nthreads", 1)
        process = self.start(
            "distributed.cli.dask_worker", self.address, "--no-nanny", "--no-dashboard", *options, path=path
        )
        wait_for(lambda: not wait or len(self.client.nthreads()) > before)
        return process

    def close(self) -> None:
        """End everything."""
        self.client.close()
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _empty(empty_scene: None) -> None:
    """Every test starts from an empty file."""


def test_a_cluster_leaves_what_a_local_render_does(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    cluster.worker()
    scene, told = small_scene(n_frames=N_FRAMES), []
    here = render_film(scene, None, tmp_path / "here")
    there = render_film(
        scene,
        None,
        tmp_path / "there",
        cluster=cluster.address,
        progress=lambda now: told.append((now.done, now.total)),
    )
    assert len(hashes(here)) == N_FRAMES
    assert hashes(here) == hashes(there)
    kept, sent = (json.loads((folder / "manifest.json").read_text()) for folder in (here, there))
    by_chance = {"work", "seal", "pace"}  # the workplace’s unpredictable name, its seal, seconds a frame
    assert {k: v for k, v in kept.items() if k not in by_chance} == {
        k: v for k, v in sent.items() if k not in by_chance
    }
    assert told == sorted(told)
    assert set(told) == {(done, N_FRAMES) for done in range(N_FRAMES + 1)}
    assert not list(there.glob(".*"))


def test_a_local_render_goes_on_with_the_clusters_frames(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    scene = small_scene(n_frames=N_FRAMES)
    folder = render_film(scene, None, tmp_path / "film", frames=range(4), cluster=cluster.address)
    times = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.png")}
    assert len(times) == 4
    render_film(scene, None, tmp_path / "film")
    assert len(hashes(folder)) == N_FRAMES
    assert times.items() <= {p.name: p.stat().st_mtime_ns for p in folder.glob("*.png")}.items()


def test_workers_killed_at_random_cost_nothing(cluster: Cluster, tmp_path: Path) -> None:
    """Every one that dies is replaced, as a nanny or a farm would do."""
    dice = random.Random(7)
    workers = [cluster.worker() for _ in range(3)]
    scene = small_scene(samples=3000, n_frames=N_FRAMES)
    folder, killed, over = tmp_path / "there", [], threading.Event()

    def kill() -> None:
        while len(killed) < 4 and not over.wait(dice.uniform(1.0, 2.0)):
            victim = workers.pop(dice.randrange(len(workers)))
            victim.send_signal(signal.SIGKILL)
            killed.append(len(hashes(folder)))
            workers.append(cluster.worker(wait=False))

    killer = threading.Thread(target=kill)
    killer.start()
    render_film(scene, None, folder, cluster=cluster.address)
    over.set()
    killer.join()
    assert killed and killed[0] < N_FRAMES
    assert hashes(folder) == hashes(render_film(scene, None, tmp_path / "here"))


def test_a_blender_that_dies_on_a_worker_is_replaced_there(cluster: Cluster, tmp_path: Path) -> None:
    worker = cluster.worker()
    scene = small_scene(samples=3000)
    thread = threading.Thread(target=lambda: (wait_for(lambda: children(worker.pid)), kill_children(worker)))
    thread.start()
    folder = render_film(scene, None, tmp_path / "film", cluster=cluster.address)
    thread.join()
    assert len(hashes(folder)) == 6


def test_a_worker_that_hangs_does_not_hold_the_film_up(cluster: Cluster, tmp_path: Path) -> None:
    workers = [cluster.worker(), cluster.worker()]
    target = tmp_path / "film"

    def hang() -> None:
        wait_for(lambda: len(hashes(target)) >= 2)
        workers[0].send_signal(signal.SIGSTOP)

    thread = threading.Thread(target=hang)
    thread.start()
    folder = render_film(small_scene(1000, N_FRAMES), None, target, cluster=cluster.address)
    thread.join()
    assert workers[0].poll() is None
    assert len(hashes(folder)) == N_FRAMES


def test_a_worker_of_another_blender_is_left_out(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    cluster.worker(path=fake_blender(tmp_path, "version_string = '9.9.9 LTS'"))
    said: list[str] = []
    folder = render_film(
        small_scene(3000), None, tmp_path / "film", cluster=cluster.address, tell=said.append
    )
    assert len(hashes(folder)) == 6
    assert len(said) == 1
    assert said[0].startswith("The worker tcp://127.0.0.1:")
    assert said[0].endswith(f"it has Blender 9.9.9 LTS, this computer {bpy.app.version_string}.")


def test_without_any_fit_worker_it_is_said_why(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker(path=fake_blender(tmp_path, "raise ModuleNotFoundError(\"No module named 'bpy'\")"))
    with pytest.raises(
        UserError, match=r"No worker .*tcp://\S+ has no Blender as a Python module \(bpy\)\.$"
    ):
        render_film(small_scene(), None, tmp_path / "film", cluster=cluster.address, tell=lambda _: None)


def test_another_python_means_another_blender(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.worker()
    monkeypatch.setattr(cluster_module._Crew, "_python_of", lambda crew, address: "3.9.1")
    with pytest.raises(UserError, match=r"has Python 3\.9\.1 and so another Blender than"):
        render_film(small_scene(), None, tmp_path / "film", cluster=cluster.address, tell=lambda _: None)


def test_an_interrupted_render_leaves_the_workers_free(cluster: Cluster, tmp_path: Path) -> None:
    worker = cluster.worker()
    code = CANCELLED.format(
        root=str(Path(__file__).parents[2]),
        here=str(Path(__file__).parent),
        target=str(tmp_path / "film"),
        address=cluster.address,
    )
    process = subprocess.Popen([sys.executable, "-c", code], preexec_fn=ready_for_interrupts)
    wait_for(lambda: hashes(tmp_path / "film"))
    assert children(worker.pid)
    process.send_signal(signal.SIGINT)
    process.wait(20)
    wait_for(lambda: not children(worker.pid), 10)
    wait_for(lambda: not any(cluster.client.processing().values()), 10)


def test_a_scheduler_that_dies_is_one_sentence_and_the_frames_stay(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    target = tmp_path / "film"

    def kill() -> None:
        wait_for(lambda: len(hashes(target)) >= 2)
        cluster.processes[0].kill()

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(UserError, match="The Dask scheduler answers no more"):
        render_film(small_scene(1000, 40), None, target, cluster=cluster.address)
    thread.join()
    assert 2 <= len(hashes(target)) < 40


def test_nobody_there(tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "PATIENCE", 1.0)
    with pytest.raises(UserError, match="No worker has come for 1 seconds"):
        render_film(small_scene(), None, tmp_path / "film", cluster=cluster.address)


def test_a_cluster_of_its_own(tmp_path: Path) -> None:
    folder = render_film(small_scene(), None, tmp_path / "film", cluster="local:1")
    assert len(hashes(folder)) == 6


def test_a_cluster_of_its_own_is_closed_to_others() -> None:
    """Whoever does not hold its certificate cannot even say what they want."""
    from distributed.comm import connect
    from distributed.security import Security

    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE

    async def come(address: str, **card: object) -> None:
        comm = await connect(address, timeout=5, **card)
        comm.abort()

    with cluster_module._quiet(), cluster_module._own_cluster(1) as (address, security):
        other = Security.temporary().get_connection_args("client")
        strangers = (other, {"ssl_context": careless})
        for card in strangers:
            with pytest.raises(OSError):
                asyncio.run(come(address, **card))
        with pytest.raises(OSError):
            asyncio.run(come(address.replace("tls", "tcp")))
        asyncio.run(come(address, **security.get_connection_args("client")))


@pytest.mark.parametrize("cluster", ["scheduler", "tcp://scheduler", "local:0", "local:x", "http://a:1", ""])
def test_what_is_no_cluster(cluster: str) -> None:
    with pytest.raises(UserError, match="is no cluster: give a Dask scheduler's address"):
        check_cluster(cluster)


def test_without_dask_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: object, **named: object) -> object:
        if name == "distributed":
            raise ModuleNotFoundError("No module named 'distributed'")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UserError, match=r'pip install "llm-scene\[cluster\]"'):
        check_cluster("tcp://scheduler:8786")


class TestFrames:
    """Who gets which frame."""

    def test_a_frame_given_back_is_taken_again_but_not_for_ever(self) -> None:
        frames = _Frames(cluster_module.deque([3]))
        tries = 0
        while frames.take() == 3:
            tries += 1
            if not frames.give_back(3):
                break
        assert tries == cluster_module.ATTEMPTS

    def test_a_straggler_is_taken_by_a_second_worker_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [0.0]
        monkeypatch.setattr(cluster_module.time, "monotonic", lambda: now[0])
        frames = _Frames(cluster_module.deque([1, 2]))
        assert (frames.take(), frames.take()) == (1, 2)
        now[0] = 2.0
        assert frames.finish(1)
        assert frames._straggler() is None
        now[0] = 30.0
        assert frames.take() == 2
        assert frames._straggler() is None
        assert frames.finish(2) and not frames.finish(2)
        assert frames.take() is None

    def test_a_late_copy_that_fails_harms_nothing(self) -> None:
        frames = _Frames(cluster_module.deque([1]))
        assert frames.take() == 1
        assert frames.finish(1)
        assert frames.give_back(1)
        assert frames.take() is None


def fake_blender(folder: Path, code: str) -> Path:
    """A folder with a module that Python takes for Blender's."""
    place = folder / "fake"
    place.mkdir()
    (place / "bpy.py").write_text(
        textwrap.dedent(
            f"""
            import types
            class Everything(types.ModuleType):
                def __getattr__(self, name):
                    return Everything(name)
                def __or__(self, other):
                    return self
            types_ = Everything("types")
            class app:
                version, binary_path = (9, 9, 9), ""
                {code}
            def __getattr__(name):
                return types_
            """
        )
    )
    return place


def ready_for_interrupts() -> None:
    """Ctrl+C reaches a process even where a shell started the tests in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    run = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(word) for word in run.stdout.split()]


def kill_children(process: subprocess.Popen) -> None:
    time.sleep(2)
    for pid in children(process.pid):
        os.kill(pid, signal.SIGKILL)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)
