"""How far a render has come."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a film is."""

    what: str  # is being done
    done: int  # frames
    total: int
    left: float | None = None  # seconds for the other frames, if known
    device: str = ""  # graphics cards that render; none: the processor


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
