"""What is in folders before and after an attack."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path


def contents(*folders: Path) -> dict[str, str]:
    """Everything in folders, bit for bit."""
    found = {}
    for path in (path for folder in folders for path in folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = f"link to {path.readlink()}"
        elif path.is_dir():
            found[str(path)] = "folder"
        else:
            with contextlib.suppress(FileNotFoundError):  # a temporary one of a process that is at work
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def kept(before: dict[str, str], after: dict[str, str]) -> bool:
    """Whether all that was there is there, as it was."""
    return before.items() <= after.items()
