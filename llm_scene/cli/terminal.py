"""What a terminal shows: tables, progress, remarks, and nothing that Blender prints by itself."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..errors import UserError
from ..plain import duration, for_terminal

if TYPE_CHECKING:
    from ..output.render.pace import Progress

LINE = 78  # letters that a line which moves is wide


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Rows in columns as wide as they must be; those named in `right` end at the same place."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            _pad(text, width, i in right) for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def say(text: str) -> None:
    """Print a text; what it holds of users and models does not act on the terminal."""
    print(for_terminal(text))


def note(sentence: str) -> None:
    """Say what is worth knowing but stops nothing."""
    line = f"llm-scene: {for_terminal(' '.join(sentence.splitlines()))}"
    over_bar = f"\r{line:{LINE}}" if sys.stderr.isatty() else line
    print(over_bar, file=sys.stderr, flush=True)


class Bar:
    """Progress on standard error: one line that moves in a terminal, a line now and then elsewhere."""

    WIDTH, PAUSE = 24, 10.0  # letters; seconds between plain lines

    def __init__(self) -> None:
        self._moving = sys.stderr.isatty()
        self._last = float("-inf")

    def __call__(self, progress: Progress) -> None:
        """Say how far it is."""
        done, total, left = progress.done, progress.total, progress.left
        now = time.monotonic()
        if not self._moving and done < total and now - self._last < self.PAUSE:
            return
        self._last = now
        time_left = "" if left is None or done == total else f", {duration(left, about=True)} left"
        pace = f", {(total - done) / left:.2f} a second" if left and done < total else ""
        filled = self.WIDTH * done // total
        bar = f" [{'#' * filled}{'.' * (self.WIDTH - filled)}]" if self._moving else ""
        what = f"{progress.what} on {progress.device}" if progress.device else progress.what
        line = f"{what}: {done} of {total} frames{bar}{pace}{time_left}"
        end = "\n" if not self._moving or done == total else ""
        print(f"\r{line:{LINE}}" if self._moving else line, end=end, file=sys.stderr, flush=True)


class Share:
    """A share that is done, on standard error: a line that moves in a terminal, nothing elsewhere."""

    def __init__(self, what: str) -> None:
        self._what, self._shown = what, -1

    def __call__(self, share: float) -> None:
        """Say how far it is."""
        percent = int(100 * share)
        if percent == self._shown or not sys.stderr.isatty():
            return
        self._shown = percent
        filled = Bar.WIDTH * percent // 100
        line = f"{self._what}: [{'#' * filled}{'.' * (Bar.WIDTH - filled)}] {percent} %"
        print(f"\r{line:{LINE}}", end="\n" if percent == 100 else "", file=sys.stderr, flush=True)


def need_blender() -> None:
    """Raise UserError, with the way out, where Blender's Python module cannot be imported."""
    try:
        import bpy  # noqa: F401
    except ModuleNotFoundError:
        how = 'pip install "llm-scene[blender]" (Python 3.11 or 3.13)'
        raise UserError(f"This needs Blender as a Python module: {how}.") from None
    except ImportError as error:
        missing = str(error).partition(":")[0]
        raise UserError(f"Blender needs a system library that is missing: install {missing}.") from None


@contextlib.contextmanager
def quiet_blender() -> Iterator[None]:
    """Keep what Blender prints by itself off standard output; Python's prints still reach it."""
    import ctypes

    def flush() -> None:
        sys.stdout.flush()
        with contextlib.suppress(OSError, AttributeError, TypeError):
            ctypes.CDLL(None).fflush(None)

    flush()
    kept, stdout = os.dup(1), sys.stdout
    with open(kept, "w", encoding="utf-8", errors="backslashreplace", closefd=False) as real:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        if stdout is sys.__stdout__:
            sys.stdout = real
        try:
            yield
        finally:
            flush()
            sys.stdout = stdout
            os.dup2(kept, 1)
            os.close(null)
    os.close(kept)


def _width(text: str) -> int:
    """Columns that a text takes in a terminal."""
    marks = sum(bool(unicodedata.combining(c)) for c in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
