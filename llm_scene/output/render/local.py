"""Renders films on this computer, in processes of Blender's own so that nothing waits and nothing is lost.

The scene travels as a .blend to worker processes; each asks for a frame, renders it into the folder and
asks for the next. A worker that dies costs the frame it was at, which another one renders. The caller only
waits, step by step, so that a window stays alive meanwhile; what it closes goes on at the next call.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import bpy

from ...errors import UserError
from ...film.film import Film
from ...scene.picture import picture_size, rate
from ...writing import check_target, held, whole_file
from ..blend import write_alone
from .cluster import Tell, cluster_steps
from .frames import SCENE, FrameFolder, check_frames, close_folder, found_in, open_folder, recipe_of
from .ledger import check_folder, is_plain
from .mp4_chapters import add_chapters, runs
from .pace import Pace, Progress
from .png import is_ours
from .video import check_format, encode_video
from .worker import Worker, answered, command, work

Item = TypeVar("Item")
LOST = "Blender stopped while it put the video together"
ATTEMPTS = 2  # workers that may die over one frame
WAIT = 0.1  # seconds between two steps in which nothing was finished


def render_film(
    scene: bpy.types.Scene,
    film: Film | None,
    path: Path,
    *,
    frames: Sequence[int] | None = None,
    processes: int | None = None,
    cluster: str | None = None,
    tell: Tell = print,
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Render as `film_steps` does, to the end; returns the frames' folder."""
    steps = film_steps(scene, film, path, frames=frames, processes=processes, cluster=cluster, tell=tell)
    for now in steps:
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
    cluster: str | None = None,
    tell: Tell = print,
) -> Generator[Progress, None, None]:
    """Render a scene to a video, or to frames only where `path` has no suffix, step by step.

    Beside a video goes its poster, a picture. Frames that an earlier run of the same scene
    and settings left are used again. `frames` are a part of
    the scene's range, in order. `cluster` is where to render instead of here, see `cluster.py`; `tell` hears
    a sentence about each worker that cannot take part. Raises UserError, after which the same call goes on
    where it stopped.
    """
    frames = frames or range(scene.frame_start, scene.frame_end + 1)
    fps, name, count = rate(scene.render), scene.name, processes or best_processes(scene)
    with _missing(scene, frames_folder(path), frames) as (folder, missing, blend):
        # From here on the scene is not asked any more: a user may undo or close it meanwhile.
        if missing and cluster:
            yield from cluster_steps(cluster, folder, blend, name, missing, len(frames), tell)
        elif missing:
            yield from _local_steps(name, folder, blend, missing, len(frames), count)
    if path.suffix:
        request = {
            "pictures": [(frame, str(folder.path(frame).resolve())) for frame in frames],
            "size": folder.size,
            "fps": fps,
        }
        with whole_file(path) as video:
            request |= {"video": str(video.resolve())}
            waiting = Progress("assembling the video", 0, len(frames))
            yield from answered(encode_video, request, waiting, LOST)
            shown = runs(film.chapters, frames, film.fps) if film is not None else []
            add_chapters(video, [(position / fps, chapter.title) for chapter, position, _ in shown])
        _check_poster(poster_path(path))
        with whole_file(poster_path(path)) as poster:
            shutil.copyfile(folder.path(poster_frame(film, frames)), poster)
        yield Progress("assembling the video", len(frames), len(frames))


def poster_frame(film: Film | None, frames: Sequence[int]) -> int:
    """The frame that stands for the film: from the middle of attention, where that is shown."""
    times = {chapter.name: (chapter.start, chapter.end) for chapter in (film.chapters if film else ())}
    start, end = times.get("attention", (0.0, 0.0))
    shown = [frame for frame in frames if film and start <= frame / film.fps < end] or list(frames)
    return shown[len(shown) // 2]


def check_output(path: Path) -> None:
    """Raise UserError where `render_film` could not write to `path`, before anything is rendered."""
    if path.suffix:
        check_format(path)
        _check_poster(poster_path(path))
    check_frames(frames_folder(path))


def poster_path(path: Path) -> Path:
    """Where the poster of a video goes: beside it."""
    return path.with_suffix(".poster.png")


def _check_poster(path: Path) -> None:
    """Raise UserError where a picture that is not ours stands in a poster's place."""
    check_target(path)
    if os.path.lexists(path) and not (is_plain(path) and is_ours(path.read_bytes())):
        raise UserError(f"{path} is no poster that LLM Scene wrote: rename it, or name the film otherwise.")


def frames_folder(path: Path) -> Path:
    """Where the frames of a video go: `film.mp4` has `film.frames` beside it."""
    return path.with_suffix(".frames") if path.suffix else path


@contextlib.contextmanager
def _missing(
    scene: bpy.types.Scene, folder: Path, frames: Sequence[int]
) -> Iterator[tuple[FrameFolder, list[int], Path]]:
    """The folder, those of the frames that are not in it yet, and the scene as a file for workers."""
    recipe = recipe_of(scene)
    check_folder(folder)
    with held(folder):
        opened = open_folder(folder, recipe)
        missing = opened.missing(frames)
        blend, begun = opened.work / f"{SCENE}.blend", time.monotonic()
        try:
            if missing:
                with whole_file(blend) as alone:
                    write_alone(scene, alone)
            yield opened, missing, blend
        finally:
            made = sum(opened.path(frame).is_file() for frame in missing)
            close_folder(opened, (time.monotonic() - begun) / made if made else None)


@dataclass(frozen=True)
class Plan:
    """What a render would do, said before it does it."""

    path: Path
    size: tuple[int, int]  # pixels
    fps: float
    frames: int
    there: int  # of these frames, from an earlier render
    pace: float | None  # seconds a frame takes, where that is known
    replaces: bool  # whether a film is there already
    others: int  # frames of other versions of the film in its folder

    @property
    def seconds(self) -> float:
        """How long the film is."""
        return self.frames / self.fps

    @property
    def takes(self) -> float | None:
        """Seconds that rendering takes, where that is known."""
        return None if self.pace is None else self.pace * (self.frames - self.there)


def plan(scene: bpy.types.Scene, path: Path, frames: Sequence[int], key: str = "") -> Plan:
    """What `film_steps` would do with the same arguments; `key` is that of the scene's recipe, where known.

    Raises UserError where the film could not be written.
    """
    check_output(path)
    recipe = None if key else recipe_of(scene)
    found = found_in(frames_folder(path), recipe.key if recipe else key)
    there = len(found.frames.intersection(frames))
    size, fps = picture_size(scene.render), rate(scene.render)
    replaces = bool(path.suffix) and path.exists()
    return Plan(path, size, fps, len(frames), there, found.pace, replaces, found.others)


def _local_steps(
    scene: str,
    folder: FrameFolder,
    blend: Path,
    missing: list[int],
    total: int,
    processes: int,
) -> Iterator[Progress]:
    """Render frames in worker processes of this computer."""
    count = min(processes, len(missing))
    crew = _Crew(folder, blend, scene, max(1, (os.cpu_count() or 1) // count))
    yield from crew.render(missing, total, count)


def best_processes(scene: bpy.types.Scene) -> int:
    """How many workers render fastest.

    Between two frames Blender prepares on one core, so with few samples two workers keep more cores busy;
    a GPU and the cores of a long frame are kept busy by one.
    """
    samples = scene.cycles.samples if scene.render.engine == "CYCLES" else 0
    few = 0 < samples * scene.render.resolution_x * scene.render.resolution_y <= 8 * 640 * 360
    return 2 if few and (os.cpu_count() or 1) >= 2 else 1


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
    device: str = ""
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
                yield Progress("rendering", clock.done, total, clock.left, self.device)
                news = _soon(self.news)
                if isinstance(news, UserError):
                    raise news
                if news is not None:
                    clock.step()
            yield Progress("rendering", total, total, device=self.device)
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
                self.device = answer.get("device", "")
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
            "work": str(self.folder.work.resolve()),
            "key": self.folder.key,
            "size": self.folder.size,
            "threads": self.threads,
        }
        worker = Worker(command(work, job))
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
