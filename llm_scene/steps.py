"""Long work in small steps: a generator that yields how far it is, and returns what it has made.

Whoever runs it may show that, let a window live between two steps, or close it early: what it has begun is
undone then.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

Result = TypeVar("Result")
Steps = Generator[tuple[float, str], None, Result]  # (share done, what is being done)
Progress = Callable[[float, str], None]
# What exports are at.
TELLING, DRAWING, PACKING, WRITING = "telling the film", "drawing", "packing", "writing the file"


def finished(steps: Steps[Result], progress: Progress | None = None) -> Result:
    """Take all steps, and return what they have made; `progress` is told how far they are."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            made: Result = end.value
            return made
        if progress is not None:
            progress(*step)


def within(steps: Steps[Result], begin: float, end: float) -> Steps[Result]:
    """The same steps as a part of longer work, between two shares of it."""
    try:
        while True:
            share, what = next(steps)
            yield begin + (end - begin) * share, what
    except StopIteration as stop:
        made: Result = stop.value
        return made
    finally:
        steps.close()
