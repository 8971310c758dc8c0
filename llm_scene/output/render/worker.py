"""A process of Blender's that renders frames of one scene, and how to talk to it.

It is told a job at its start, a dictionary: `blend`, a file, and the `scene` in it; `folder`, `work`, `key`
and `size` of the frames; the number of `threads`. Then it answers one line of JSON with one line.
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
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

import bpy

from ...errors import UserError
from ...scene.engines import pick_device
from .frames import FrameFolder, prepare, render_frame

Step = TypeVar("Step")
WAIT = 0.05  # seconds between two looks whether there is an answer


class Worker:
    """The process, seen from outside. It needs nothing of ours but a command that ends in `work`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 as long as the worker
        self._said: list[str] = []
        self._ending = threading.Lock()  # whoever cancels and whoever waits for an answer may both stop it
        self._process = subprocess.Popen(
            command,
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
        with self._ending:
            if self._errors.closed:
                return
            self._said = self._read()
            for file in (self._process.stdin, self._process.stdout, self._errors):
                with contextlib.suppress(OSError, ValueError):  # what was to be said to it is said no more
                    if file is not None:
                        file.close()

    def last_words(self) -> str:
        """What it wrote last, to be put into brackets behind a sentence."""
        with self._ending:
            lines = self._said if self._errors.closed else self._read()
        status = f"status {self._process.returncode}"
        return f" ({status}: {lines[-1][:200]})" if lines else f" ({status})"

    def _read(self) -> list[str]:
        """What it wrote to standard error, line by line."""
        self._errors.seek(0)
        lines = (line.strip() for line in self._errors.read().decode(errors="replace").splitlines())
        return [line for line in lines if line]


def answered(
    function: Callable[[dict[str, Any]], None], request: dict[str, Any], step: Step, lost: str
) -> Generator[Step, None, dict[str, Any]]:
    """Let another process run a function of ours that answers one request, and return the answer.

    Yields `step` while it waits; closed, it ends the process. Raises UserError where that dies, which
    begins as `lost`.
    """
    worker = Worker(command(function, {}))
    answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(worker.ask(request)), daemon=True).start()
    try:
        while answers.empty():
            yield step
            time.sleep(WAIT)
        answer = answers.get()
    finally:
        worker.stop()
    if answer is None:
        raise UserError(f"{lost}{worker.last_words()}.")
    if "error" in answer:
        raise UserError(answer["error"])
    return answer


def command(function: Callable[[dict[str, Any]], None], job: dict[str, Any]) -> list[str]:
    """How to start a function of ours: with this Python, or with Blender where Python lives inside of it."""
    root = str(Path(__file__).resolve().parents[3])
    code = (
        f"import sys; sys.path.insert(0, {root!r}); from importlib import import_module; "
        f"import_module({_short(function.__module__)!r}).{function.__name__}({job!r})"
    )
    if bpy.app.binary_path:
        return [bpy.app.binary_path, "--background", "--factory-startup", "--python-expr", code]
    return [sys.executable, "-c", code]


def _short(name: str) -> str:
    """The name of a module of ours without the packages that Blender puts around an add-on."""
    parts = name.split(".")
    return ".".join(parts[len(parts) - 1 - parts[::-1].index("llm_scene") :])


def work(job: dict[str, Any]) -> None:
    """What a worker does: answer every line of standard input until there is none.

    {"frame": 3} renders a frame into the folder, {} asks for Blender's version. The .blend is opened for the
    first frame: an older Blender than it was made for is to say so rather than to stumble.
    """
    answers = answer_file()
    folder = FrameFolder(Path(job["folder"]), job["key"], tuple(job["size"]), Path(job["work"]))
    scene, device = None, ""
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any] = {"blender": bpy.app.version_string}
        if "frame" in request:
            if scene is None:
                scene = _opened(job)
                device = pick_device(scene)
            answer = _rendered(scene, request["frame"], folder) | {"device": device}
        print(json.dumps(answer), file=answers, flush=True)


def answer_file() -> IO[str]:
    """Where answers go; whatever Blender prints from now on is none."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _opened(job: dict[str, Any]) -> bpy.types.Scene:
    bpy.ops.wm.open_mainfile(filepath=job["blend"], load_ui=False, use_scripts=False)
    scene = bpy.data.scenes[job["scene"]]
    scene.render.threads_mode, scene.render.threads = "FIXED", job["threads"]
    prepare(scene)
    return scene


def _rendered(scene: bpy.types.Scene, frame: int, folder: FrameFolder) -> dict[str, Any]:
    try:
        render_frame(scene, frame, folder)
        return {"frame": frame, "file": str(folder.path(frame))}
    except UserError as error:
        return {"error": str(error)}
