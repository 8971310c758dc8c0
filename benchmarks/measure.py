"""How things are measured: in turns, and alone in a fresh process with its peak memory."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

STATUS, MEMORY = Path("/proc/self/status"), Path("/proc/meminfo")
SPARE = 1e9  # bytes to leave to others


class SkippedError(Exception):
    """Why something is not measured here."""


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(works: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, list[float]]:
    """Seconds of `repeat` runs of each, one after the other, so that a busy machine slows all alike.

    A run of each before them warms up and does not count.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repeat + 1):
        for name, work in works.items():
            spent = seconds(work)
            if turn:
                times[name].append(spent)
    return times


class Process:
    """A fresh process that does one thing at a time and keeps what its module keeps."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_prepare)

    def __call__(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What `work(*arguments)` returns over there. Raises SkippedError where the process is ended."""
        try:
            return self._pool.submit(work, *arguments).result()
        except BrokenProcessPool:
            raise SkippedError("the system ended the process, probably for want of memory") from None

    def peak(self) -> int:
        """The most memory it ever held, in bytes."""
        return self(peak_memory)

    def leave(self) -> None:
        """End it."""
        self._pool.shutdown()


@contextlib.contextmanager
def process() -> Iterator[Process]:
    """A fresh process for as long as the block runs."""
    fresh = Process()
    try:
        yield fresh
    finally:
        fresh.leave()


def alone(work: Callable[..., Any], *arguments: Any) -> tuple[Any, int]:
    """What `work(*arguments)` returns in a process of its own, and the most bytes that one ever held."""
    with process() as fresh:
        return fresh(work, *arguments), fresh.peak()


def need(memory: float) -> None:
    """Raise SkippedError where less memory is free; where nothing is known of it, go on."""
    if not MEMORY.exists():
        return
    free = _field(MEMORY, "MemAvailable") - SPARE
    if free < memory:
        raise SkippedError(f"needs {memory / 1e9:.0f} GB of memory, {max(free, 0) / 1e9:.0f} GB are free")


def peak_memory() -> int:
    """The most bytes this process ever held."""
    if STATUS.exists():  # what `resource` says begins with the peak of the process that started this one
        return _field(STATUS, "VmHWM")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if os.uname().sysname == "Darwin" else 1024 * peak


def _field(path: Path, name: str) -> int:
    """A line like `VmHWM:  1234 kB` in bytes."""
    line = next(line for line in path.read_text().splitlines() if line.startswith(f"{name}:"))
    return 1024 * int(line.split()[1])


def _prepare() -> None:
    """Let only errors through: Blender writes about every picture and file. And let it be found.

    A Blender in the process that starts this one hands its scripts' folder down, where another `bpy` is.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.path[:] = [entry for entry in sys.path if Path(entry).parts[-2:] != ("scripts", "modules")]
