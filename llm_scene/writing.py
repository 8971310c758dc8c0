"""Files are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from .errors import UserError

ROOM = 64 << 20  # bytes left free on a disk


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, with its suffix, that takes its name when the block succeeds.

    When the block fails, nothing is left behind and what was at `path` stays. Raises UserError before
    the block where the folder does not exist or cannot be written.
    """
    check_target(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_target(path: Path) -> None:
    """Raise UserError unless a file can be written at `path`."""
    folder = path.parent
    if not folder.is_dir():
        raise UserError(f"The folder {folder} does not exist: create it first.")
    if path.is_dir():
        raise UserError(f"{path} is a folder: give the name of a file in it.")
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is a device or a pipe, not a file.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"The folder {folder} cannot be written to.")


def check_space(folder: Path, n_bytes: int) -> None:
    """Raise UserError where a disk has no room for that many bytes."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes + ROOM:
        needed, there = f"{n_bytes / 1e9:.1f} GB", f"{free / 1e9:.1f} GB"
        raise UserError(f"{folder} has room for {there}, where {needed} are needed: choose another disk.")
