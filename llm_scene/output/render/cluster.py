"""Renders films on a cluster of Dask workers, into the same folder as on this computer.

A worker needs Dask, numpy and the same Blender as here as a Python module (bpy), and nothing of ours: the
.blend and this program travel to it once. There a process of Blender's own (`worker.py`) lives as long as
the job and renders one frame after the other, on as many threads as the Dask worker was given. A frame
comes back signed with the key of its recipe and is checked before it is kept.

Here a thread, the foreman, keeps each worker busy. What a lost worker was at goes back to the other frames;
a frame that takes far longer than the rest is given to a second worker, and the first picture of it counts.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import platform
import queue
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import UserError
from . import worker as worker_module
from .frames import FrameFolder
from .pace import Pace, Progress
from .png import DamagedError, read_seal
from .worker import Worker

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.security import Security

Tell = Callable[[str], object]  # hears a sentence
SCHEDULER = re.compile(r"(tcp|tls|ws|wss|ucx)://[^/\s]+:\d+")
LOCAL = re.compile(r"local:([1-9]\d{0,2})")
ATTEMPTS = 5  # times that a frame may fail before the render does
FAULTS = 2  # frames in a row that a worker may fail before it is left out
SLOW = 3.0  # times as long as other frames: then a second worker tries
PATIENCE = 60.0  # seconds without any worker
IDLE = 600.0  # seconds after which a worker closes a Blender that nobody asks any more
PULSE = 0.5  # seconds between two looks at who is there


def check_cluster(cluster: str) -> None:
    """Raise UserError unless `cluster` can be one and Dask is installed."""
    if not SCHEDULER.fullmatch(cluster) and not LOCAL.fullmatch(cluster):
        raise UserError(
            f"{cluster!r} is no cluster: give a Dask scheduler's address such as tcp://scheduler:8786, "
            "or local:4 for four workers here."
        )
    try:
        import distributed  # noqa: F401

        if is_local(cluster):
            import cryptography  # noqa: F401
    except ImportError:
        raise UserError('Rendering on a cluster needs Dask: pip install "llm-scene[cluster]".') from None


def is_local(cluster: str) -> bool:
    """Whether a cluster is one of this computer's own, which needs no network."""
    return LOCAL.fullmatch(cluster) is not None


def cluster_steps(
    cluster: str,
    folder: FrameFolder,
    blend: Path,
    scene: str,
    missing: list[int],
    total: int,
    tell: Tell = print,
) -> Iterator[Progress]:
    """Render the missing frames of the scene in `blend` on a cluster: a scheduler's address, or local:N.

    Raises UserError where no worker can do it, after which the same call goes on where it stopped.
    """
    check_cluster(cluster)
    job = {"scene": scene, "key": folder.key, "size": folder.size}
    with _client(cluster) as client:
        crew = _Crew(client, folder, job, blend.read_bytes(), _Frames(deque(missing)), tell)
        yield from crew.render(total)


@contextlib.contextmanager
def _client(cluster: str) -> Iterator[Client]:
    """A connection to the cluster; one of our own is started and ended here."""
    from distributed import Client

    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet())
        security = None  # as Dask's own configuration says
        if found := LOCAL.fullmatch(cluster):
            cluster, security = stack.enter_context(_own_cluster(int(found[1])))
        try:
            client = Client(cluster, timeout=10, set_as_default=False, security=security)
        except (OSError, ValueError, RuntimeError):
            raise UserError(
                f"No Dask scheduler answers at {cluster}: start one with `dask scheduler`."
            ) from None
        stack.callback(client.close, timeout=2)
        yield client


@contextlib.contextmanager
def _own_cluster(count: int) -> Iterator[tuple[str, Security]]:
    """The address of a scheduler in this process, with workers of this computer, and what opens it.

    Scheduler, workers and client show each other a certificate that is made here and known to nobody else:
    other programs of this computer can neither give work nor take it. Dask's own way to start workers
    imports the main program again, which goes wrong where that imports bpy.
    """
    from distributed import LocalCluster
    from distributed.security import Security

    security = Security.temporary()

    threads = max(1, (os.cpu_count() or 1) // count)
    place = "127.0.0.1"
    options = f"--host {place} --nworkers {count} --nthreads {threads} --no-dashboard --death-timeout 30"
    silent = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    with LocalCluster(n_workers=0, host=place, protocol="tls", security=security, **silent) as cluster:
        address = cluster.scheduler_address
        workers = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", address, *options.split()],
            env={**os.environ, **_certified(security)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C is ours to handle
        )
        try:
            yield address, security
        finally:
            workers.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                workers.wait(10)
            workers.kill()


def _certified(security: Security) -> dict[str, str]:
    """The environment from which a Dask worker reads the certificate; other users cannot look into it."""
    parts = {"CA_FILE": security.tls_ca_file}
    for role in ("worker", "client"):  # a worker calls the others of its kind as a client
        parts |= {
            f"{role.upper()}__{part.upper()}": getattr(security, f"tls_{role}_{part}")
            for part in ("cert", "key")
        }
    return {f"DASK_DISTRIBUTED__COMM__TLS__{name}": text for name, text in parts.items()}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs about lost workers to itself: it is expected here, and told in our words."""
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado", "asyncio")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


# --- here: frames, and the foremen who hand them out --------------------------------------------------


@dataclass
class _Frames:
    """The frames of a job, shared by the foremen."""

    todo: deque[int]
    under_way: dict[int, list[float]] = field(default_factory=dict)  # when each of its copies was begun
    done: set[int] = field(default_factory=set)
    failed: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    stopped: bool = False
    change: threading.Condition = field(default_factory=threading.Condition)

    def take(self) -> int | None:
        """A frame to render, waited for where all are under way; None when there is nothing left to do."""
        with self.change:
            while not self.stopped and (self.todo or self.under_way):
                frame = self.todo.popleft() if self.todo else self._straggler()
                if frame is not None:
                    self.under_way.setdefault(frame, []).append(time.monotonic())
                    return frame
                self.change.wait(PULSE)
        return None

    def _straggler(self) -> int | None:
        """The frame that one worker alone has been at for far too long."""
        if not self.seconds:
            return None
        limit = time.monotonic() - SLOW * statistics.median(self.seconds) - 2 * PULSE
        late = [(begun[0], frame) for frame, begun in self.under_way.items() if len(begun) == 1]
        return min((pair for pair in late if pair[0] < limit), default=(0.0, None))[1]

    def finish(self, frame: int) -> bool:
        """A picture of the frame is there; whether it is the first."""
        with self.change:
            if frame in self.done:
                return False
            self.done.add(frame)
            self.seconds.append(time.monotonic() - self.under_way.pop(frame)[-1])
            self.change.notify_all()
            return True

    def give_back(self, frame: int) -> bool:
        """A worker failed at the frame; whether it may be tried again."""
        with self.change:
            copies = self.under_way.get(frame)
            if copies is not None:
                copies.pop()
                if not copies:
                    del self.under_way[frame]
                    self.todo.append(frame)
                self.failed[frame] += 1
            self.change.notify_all()
            return self.failed[frame] < ATTEMPTS

    def stop(self) -> None:
        """Nobody gets another frame."""
        with self.change:
            self.stopped = True
            self.change.notify_all()


class _LeftOutError(Exception):
    """Why a worker cannot take part, as the end of a sentence."""


@dataclass
class _Crew:
    """The cluster's workers, each with its foreman."""

    client: Client
    folder: FrameFolder
    job: dict[str, Any]
    blend: bytes
    frames: _Frames
    tell: Tell
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    foremen: dict[str, threading.Thread] = field(default_factory=dict)
    calls: dict[str, Future] = field(default_factory=dict)  # what each worker is at
    accepted: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    news: queue.SimpleQueue[int | UserError] = field(default_factory=queue.SimpleQueue)

    def render(self, total: int) -> Iterator[Progress]:
        """Render all frames; however it ends, no worker goes on with them."""
        left = len(self.frames.todo)
        clock = Pace(total - left, total)
        last = time.monotonic()
        try:
            while clock.done < total:
                yield Progress("rendering", clock.done, total, clock.left)
                self._muster()
                if self._busy():
                    last = time.monotonic()
                elif time.monotonic() - last > PATIENCE or (self.left_out and not self.accepted):
                    raise UserError(self._nobody())
                if self._listen():
                    clock.step()
            yield Progress("rendering", total, total)
        finally:
            self._disband()

    def _muster(self) -> None:
        """Give every worker that has come a foreman, and take the frames of those that have gone back."""
        try:
            present = set(self.client.nthreads())
        except Exception:
            raise UserError("The Dask scheduler answers no more: run the same command again then.") from None
        for address in present - set(self.left_out):
            if address not in self.foremen or not self.foremen[address].is_alive():
                thread = threading.Thread(target=self._foreman, args=(address,), daemon=True)
                self.foremen[address] = thread
                thread.start()
        for address in set(self.calls) - present:
            with contextlib.suppress(KeyError):
                self.calls[address].cancel(force=True)

    def _busy(self) -> bool:
        return any(thread.is_alive() for thread in self.foremen.values())

    def _nobody(self) -> str:
        if self.left_out:
            reasons = [f"{address} {why.rstrip('.')}" for address, why in sorted(self.left_out.items())]
            return f"No worker of the cluster can render this: {'; '.join(reasons)}."
        return f"No worker has come for {PATIENCE:.0f} seconds: start some with `dask worker`."

    def _listen(self) -> bool:
        """Whether a frame came, soon."""
        try:
            news = self.news.get(timeout=PULSE)
        except queue.Empty:
            return False
        if isinstance(news, UserError):
            raise news
        return True

    def _disband(self) -> None:
        """Cancel what is under way and close the workers' Blenders."""
        self.frames.stop()

        def release() -> None:
            with contextlib.suppress(Exception):
                self.client.cancel(list(self.calls.values()), force=True)
            with contextlib.suppress(Exception):
                workers = sorted(self.accepted & set(self.client.nthreads()))
                self.client.run(ByValue(_dismiss), self.name, workers=workers, on_error="ignore")

        thread = threading.Thread(target=release, daemon=True)
        thread.start()
        end = time.monotonic() + 3  # a worker that hangs is not waited for
        for each in (thread, *self.foremen.values()):
            each.join(max(0.0, end - time.monotonic()))

    def _foreman(self, address: str) -> None:
        """Keep one worker busy until no frame is left, or it is gone or good for nothing."""
        try:
            self._enlist(address)
            faults = 0
            while (frame := self.frames.take()) is not None:
                why = self._order(address, frame)
                faults = faults + 1 if why else 0
                if why and faults == FAULTS:
                    raise _LeftOutError(f"fails: {why}")
        except _LeftOutError as error:
            if not self.frames.stopped:
                self.left_out[address] = str(error)
                self.tell(f"The worker {address} is left out: it {error}")
        except UserError as error:
            self.news.put(error)
        except BaseException:  # the worker is gone, which _muster sees; Dask says so in many ways
            if not self.frames.stopped:
                time.sleep(PULSE)

    def _enlist(self, address: str) -> None:
        """Bring the scene to a worker, unless its Blender is another."""
        mine, theirs = platform.python_version(), self._python_of(address)
        if theirs.split(".")[:2] != mine.split(".")[:2]:
            raise _LeftOutError(
                f"has Python {theirs} and so another Blender than {bpy.app.version_string} "
                f"with Python {mine}, which this computer has."
            )
        for _ in range(FAULTS):
            answer = self._call(address, _enlist, self.name, self.job, self.blend, program(), IDLE)
            if "error" not in answer:
                break
        if "No module named 'bpy'" in answer.get("error", ""):
            raise _LeftOutError("has no Blender as a Python module (bpy).")
        if "error" in answer:
            raise _LeftOutError(f"cannot start Blender: {answer['error']}.")
        if answer["blender"] != bpy.app.version_string:
            raise _LeftOutError(f"has Blender {answer['blender']}, this computer {bpy.app.version_string}.")
        self.accepted.add(address)

    def _python_of(self, address: str) -> str:
        return self.client.run(platform.python_version, workers=[address])[address]

    def _order(self, address: str, frame: int) -> str:
        """Have a frame rendered and keep it; why it failed, or nothing. Raises where the worker is lost."""
        try:
            came = self._call(address, _render, self.name, frame)
        except BaseException:
            self._give_back(frame, f"{address} was lost")
            raise
        why = came if isinstance(came, str) else self._damage(came)
        if why:
            self._give_back(frame, why)
        elif frame not in self.frames.done:
            self.folder.keep(frame, came)
            if self.frames.finish(frame):
                self.news.put(frame)
        return why

    def _damage(self, png: bytes) -> str:
        """What is wrong with a picture that came, or nothing."""
        try:
            right = read_seal(png) == (self.folder.size, self.folder.key)
        except DamagedError as error:
            return f"a frame came damaged, {error}."
        return "" if right else "a frame of another scene came."

    def _give_back(self, frame: int, why: str) -> None:
        if not self.frames.give_back(frame) and not self.frames.stopped:
            self.news.put(UserError(f"Frame {frame} failed {ATTEMPTS} times on the cluster, at last: {why}"))

    def _call(self, address: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function on one worker; raises where that is lost meanwhile."""
        future = self.client.submit(ByValue(function), *arguments, workers=[address], pure=False)
        self.calls[address] = future
        try:
            return future.result()
        finally:
            del self.calls[address]
            future.release()


class ByValue:
    """A function that workers call without having its module: its code is sent, not its name."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = function.__name__  # Dask names its tasks so

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        return self.function(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        import cloudpickle

        for module in (sys.modules[__name__], worker_module):
            cloudpickle.register_pickle_by_value(module)
        return cloudpickle.loads, (cloudpickle.dumps(self.function),)


def program() -> bytes:
    """This package's Python files as a zip that Python can import from."""
    root = Path(__file__).resolve().parents[2]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(root.rglob("*.py")):
            target.write(path, Path("llm_scene") / path.relative_to(root))
    return file.getvalue()


# --- there: what workers of the cluster run; it finds nothing of ours but what is sent with it ----------


class _Bench:
    """A job's place on a worker: its scene, and a Blender that renders it."""

    def __init__(self, job: dict[str, Any], blend: bytes, zipped: bytes, place: str, idle: float) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="scene-", dir=place, ignore_cleanup_errors=True)
        folder, self._idle = Path(self._place.name), idle
        (folder / "scene.blend").write_bytes(blend)
        (folder / "program.zip").write_bytes(zipped)
        job = {**job, "blend": str(folder / "scene.blend"), "folder": str(folder), "work": str(folder)}
        code = f"import sys; sys.path.insert(0, {str(folder / 'program.zip')!r}); "
        code += f"from llm_scene.output.render.worker import work; work({job!r})"
        self._command = [sys.executable, "-c", code]
        self._blender: Worker | None = None
        self._timer: threading.Timer | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Blender's answer, from a new one where the last has died."""
        self._rest(False)
        self._blender = blender = self._blender or Worker(self._command)
        answer = blender.ask(request)
        if answer is None:
            self.close()
            return {"error": f"Blender stopped{blender.last_words()}"}
        self._rest(True)
        return answer

    def close(self) -> None:
        """End Blender."""
        blender, self._blender = self._blender, None
        if blender is not None:
            blender.stop()

    def leave(self) -> None:
        """End Blender and remove everything."""
        self._rest(False)
        self.close()
        self._place.cleanup()

    def _rest(self, resting: bool) -> None:
        """While nobody asks for frames, wait for a while and then end Blender, which holds much memory."""
        if self._timer is not None:
            self._timer.cancel()
        if resting:
            self._timer = threading.Timer(self._idle, self.close)
            self._timer.daemon = True
            self._timer.start()


def _enlist(name: str, job: dict[str, Any], blend: bytes, zipped: bytes, idle: float) -> dict[str, Any]:
    """Take part in a job; says which Blender is here."""
    from distributed import get_worker

    worker = get_worker()
    _dismiss(name, worker)
    worker.llm_scene = benches = vars(worker).get("llm_scene", {})
    job = {**job, "threads": worker.state.nthreads}
    benches[name] = bench = _Bench(job, blend, zipped, worker.local_directory, idle)
    return bench.ask({})


def _render(name: str, frame: int) -> bytes | str:
    """A frame as PNG, or why there is none."""
    from distributed import get_worker

    answer = get_worker().llm_scene[name].ask({"frame": frame})
    if "error" in answer:
        return answer["error"]
    file = Path(answer["file"])
    png = file.read_bytes()
    file.unlink()
    return png


def _dismiss(name: str, dask_worker: Any = None) -> None:
    """Leave a job. Dask gives the worker itself to a function that it runs beside the tasks."""
    bench = vars(dask_worker).get("llm_scene", {}).pop(name, None)
    if bench is not None:
        bench.leave()
