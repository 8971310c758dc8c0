"""Renders films on this computer, in processes of Blender's own so that nothing waits and nothing is lost.

The scene travels as a .blend to worker processes; each asks for a frame, renders it into the folder and
asks for the next. A worker that dies costs the frame it was at, which another one renders. The caller only
waits, step by step, so that a window stays alive meanwhile; what it closes goes on at the next call.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import bpy

from ..errors import UserError
from ..film.plan import Caption, Card, Film
from ..writing import whole_file
from .blend import save
from .frames import FrameFolder, check_folder, open_folder, prepare, recipe_of, render_frame
from .video import check_format, encode

Item = TypeVar("Item")
ATTEMPTS = 2  # workers that may die over one frame
WAIT = 0.1  # seconds between two steps in which nothing was finished
PACKAGE = __package__.rpartition(".")[0]


@dataclass(frozen=True)
class Progress:
    """How far a film is."""

    what: str  # is being done
    done: int  # frames
    total: int
    left: float | None = None  # seconds for the other frames, if known


def render_film(
    scene: bpy.types.Scene,
    film: Film | None,
    path: Path,
    *,
    frames: Sequence[int] | None = None,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Render as `film_steps` does, to the end; returns the frames' folder."""
    for now in film_steps(scene, film, path, frames=frames, processes=processes):
        if progress is not None:
            progress(now)
    return frames_folder(path)


def film_steps(
    scene: bpy.types.Scene,
    film: Film | None,
    path: Path,
    *,
    frames: Sequence[int] | None = None,
    processes: int | None = None,
) -> Generator[Progress, None, None]:
    """Render a scene to a video, or to frames only where `path` has no suffix, step by step.

    Frames that an earlier run of the same scene and settings left are used again. `frames` are a part of
    the scene's range, in order. Raises UserError, after which the same call goes on where it stopped.
    """
    frames = frames or range(scene.frame_start, scene.frame_end + 1)
    fps = scene.render.fps
    folder = yield from _frames(scene, frames_folder(path), frames, processes)
    if path.suffix:
        captions, cards = (film.captions, film.cards) if film is not None else ([], [])
        request = {
            "pictures": [(frame, str(folder.path(frame).resolve())) for frame in frames],
            "size": folder.size,
            "fps": fps,
            "captions": [asdict(caption) for caption in captions],
            "cards": [asdict(card) for card in cards],
        }
        with whole_file(path) as video:
            for _ in _apart("encode_video", request | {"video": str(video.resolve())}):
                yield Progress("assembling the video", 0, len(frames))
        yield Progress("assembling the video", len(frames), len(frames))


def check_output(path: Path) -> None:
    """Raise UserError where `render_film` could not write to `path`, before anything is rendered."""
    if path.suffix:
        check_format(path)
    check_folder(frames_folder(path))


def frames_folder(path: Path) -> Path:
    """Where the frames of a video go: `film.mp4` has `film.frames` beside it."""
    return path.with_suffix(".frames") if path.suffix else path


def _frames(
    scene: bpy.types.Scene, folder: Path, frames: Sequence[int], processes: int | None
) -> Generator[Progress, None, FrameFolder]:
    """Render those of the frames that are not yet in the folder."""
    opened = open_folder(folder, recipe_of(scene))
    missing = opened.missing(frames)
    if not missing:
        return opened
    count = min(processes or best_processes(scene), len(missing))
    with _scene_file(scene, folder) as blend:
        crew = _Crew(opened, blend, scene.name, max(1, (os.cpu_count() or 1) // count))
        yield from crew.render(missing, len(frames), count)
    return opened


def best_processes(scene: bpy.types.Scene) -> int:
    """How many workers render fastest.

    Between two frames Blender prepares on one core, so with few samples two workers keep more cores busy;
    a GPU and the cores of a long frame are kept busy by one.
    """
    samples = scene.cycles.samples if scene.render.engine == "CYCLES" else 0
    few = 0 < samples * scene.render.resolution_x * scene.render.resolution_y <= 8 * 640 * 360
    return 2 if few and (os.cpu_count() or 1) >= 2 else 1


@contextlib.contextmanager
def _scene_file(scene: bpy.types.Scene, folder: Path) -> Iterator[Path]:
    """The scene as a file for the workers, for as long as they need it."""
    path = folder / f".scene.{os.getpid()}.blend"
    try:
        save(scene, path)
        yield path
    finally:
        path.unlink(missing_ok=True)


@dataclass
class _Crew:
    """Worker processes and the frames they share."""

    folder: FrameFolder
    blend: Path
    scene: str
    threads: int
    todo: queue.SimpleQueue[int] = field(default_factory=queue.SimpleQueue)
    news: queue.SimpleQueue[int | UserError] = field(default_factory=queue.SimpleQueue)
    workers: list[Worker] = field(default_factory=list)
    stopped: bool = False

    def render(self, missing: list[int], total: int, count: int) -> Iterator[Progress]:
        for frame in missing:
            self.todo.put(frame)
        threads = [threading.Thread(target=self._foreman, daemon=True) for _ in range(count)]
        clock = Pace(total - len(missing), total)
        try:
            for thread in threads:
                thread.start()
            while clock.done < total:
                yield Progress("rendering", clock.done, total, clock.left)
                news = _soon(self.news)
                if isinstance(news, UserError):
                    raise news
                if news is not None:
                    clock.step()
            yield Progress("rendering", total, total)
        finally:
            self.stopped = True
            for worker in list(self.workers):
                worker.stop()
            for thread in threads:
                thread.join(10)

    def _foreman(self) -> None:
        """Keep one worker busy until no frame is left; replace it where it dies."""
        worker = None
        try:
            while not self.stopped:
                try:
                    frame = self.todo.get_nowait()
                except queue.Empty:
                    return
                for _ in range(ATTEMPTS):
                    worker = worker or self._hire()
                    answer = worker.ask({"frame": frame})
                    if answer is not None or self.stopped:
                        break
                    self._dismiss(worker)
                    lost, worker = worker, None
                if answer is None:
                    said = "" if self.stopped else lost.last_words()
                    self.news.put(UserError(f"Blender stopped while it rendered frame {frame}{said}."))
                    return
                self.news.put(UserError(answer["error"]) if "error" in answer else frame)
        except Exception as error:
            self.news.put(UserError(f"The workers could not be started: {error}."))
        finally:
            if worker is not None:
                self._dismiss(worker)

    def _hire(self) -> Worker:
        job = {
            "blend": str(self.blend.resolve()),
            "scene": self.scene,
            "folder": str(self.folder.folder.resolve()),
            "key": self.folder.key,
            "size": self.folder.size,
            "threads": self.threads,
        }
        worker = Worker("work", job)
        self.workers.append(worker)
        return worker

    def _dismiss(self, worker: Worker) -> None:
        worker.stop()
        self.workers.remove(worker)


def _soon(news: queue.SimpleQueue[Item]) -> Item | None:
    """What arrives within a moment."""
    try:
        return news.get(timeout=WAIT)
    except queue.Empty:
        return None


def _apart(function: str, request: dict[str, Any]) -> Iterator[None]:
    """Let another process answer one request by a function of this module; UserError where it fails."""
    worker = Worker(function, {})
    answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    lost = {"error": "Blender stopped while it put the video together"}
    threading.Thread(target=lambda: answers.put(worker.ask(request) or lost), daemon=True).start()
    try:
        while (answer := _soon(answers)) is None:
            yield
        if answer is lost:
            raise UserError(f"{answer['error']}{worker.last_words()}.")
        if "error" in answer:
            raise UserError(answer["error"])
    finally:
        worker.stop()


class Worker:
    """A process of Blender's that runs a function of this module, one JSON line in and one out an answer."""

    def __init__(self, function: str, job: dict[str, Any]) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 as long as the worker
        self._process = subprocess.Popen(
            _command(function, job),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl+C is ours to handle
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The worker's answer; None if it died."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                if line.startswith("{") and line.endswith("\n"):  # the rest is Blender's, logged on starting
                    return json.loads(line)
            return None
        except (OSError, ValueError):
            return None

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """What it wrote last, to be put into brackets behind a sentence."""
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").splitlines()]
        lines = [line for line in lines if line]
        status = f"status {self._process.returncode}"
        return f" ({status}: {lines[-1][:200]})" if lines else f" ({status})"


def _command(function: str, job: dict[str, Any]) -> list[str]:
    """How to start a worker: with this Python, or with Blender where Python lives inside of it."""
    root = str(Path(__file__).resolve().parents[2])
    module = __package__.split(".")[-2] + ".output.local"
    code = (
        f"import sys; sys.path.insert(0, {root!r}); "
        f"from importlib import import_module; import_module({module!r}).{function}({job!r})"
    )
    if bpy.app.binary_path:
        return [bpy.app.binary_path, "--background", "--factory-startup", "--python-expr", code]
    return [sys.executable, "-c", code]


def work(job: dict[str, Any]) -> None:
    """Render frames of a .blend: answer every line of standard input until there is none."""
    answers = _answers()
    bpy.ops.wm.open_mainfile(filepath=job["blend"], load_ui=False, use_scripts=False)
    scene = bpy.data.scenes[job["scene"]]
    scene.render.threads_mode, scene.render.threads = "FIXED", job["threads"]
    prepare(scene)
    folder = FrameFolder(Path(job["folder"]), job["key"], tuple(job["size"]))
    for line in sys.stdin:
        frame = json.loads(line)["frame"]
        try:
            render_frame(scene, frame, folder)
            answer = {"frame": frame}
        except UserError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


def encode_video(_: dict[str, Any]) -> None:
    """Put the frames that standard input names together to a video."""
    answers = _answers()
    job = json.loads(sys.stdin.readline())
    try:
        encode(
            {frame: Path(path) for frame, path in job["pictures"]},
            Path(job["video"]),
            tuple(job["size"]),
            job["fps"],
            [Caption(**caption) for caption in job["captions"]],
            [Card(**card) for card in job["cards"]],
        )
        answer = {"video": job["video"]}
    except UserError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), file=answers, flush=True)


def _answers() -> IO[str]:
    """Where answers go; whatever Blender prints from now on is no answer."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


class Pace:
    """How fast frames come, and how long the rest will take."""

    def __init__(self, done: int, total: int, now: Callable[[], float] = time.monotonic) -> None:
        self.done, self.total = done, total
        self._now = now
        self._times = [now()]

    def step(self) -> None:
        """One more frame is done."""
        self.done += 1
        self._times = [*self._times[-30:], self._now()]

    @property
    def left(self) -> float | None:
        """Seconds, from the last frames' pace."""
        if len(self._times) < 2:
            return None
        return (self._times[-1] - self._times[0]) / (len(self._times) - 1) * (self.total - self.done)
