"""What is in folders before and after an attack."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path


def contents(*folders: Path) -> dict[str, str]:
    """Everything in folders, bit for bit; what a process at work removes meanwhile is left out."""
    found = {}
    # walk() passes over a folder that is gone by the time it looks into it; rglob() raises there.
    walks = (walk for folder in folders for walk in os.walk(folder))
    for path in (Path(root, name) for root, below, files in walks for name in below + files):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):  # gone, or gone and back
            found[str(path)] = content(path)
    return found


def content(path: Path) -> str:
    """What a path is: a link and where it leads, a folder, or a file's bytes in short."""
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if path.is_dir():
        return "folder"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kept(before: dict[str, str], after: dict[str, str]) -> bool:
    """Whether all that was there is there, as it was."""
    return before.items() <= after.items()
