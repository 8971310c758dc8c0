"""What in a folder is ours: a sealed list says, file by file, what we have written there.

We replace and remove only what the list proves to be ours. A list that anybody else has written or changed
proves nothing, and neither does it for a file that has been changed since, or for a link.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...writing import check_name, whole_file

LEDGER = "manifest.json"
MADE_BY = "LLM Scene"


class Ledger:
    """The list of a folder: `facts` about what the folder holds, and the hashes of files of ours."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        found = _unsealed(folder / LEDGER)
        self.facts: dict[str, Any] = found if found.get("kind") == kind else {}

    @property
    def exists(self) -> bool:
        """Whether the folder is one of ours, of this kind."""
        return bool(self.facts)

    def owns(self, name: str) -> bool:
        """Whether a file is, byte by byte, what we wrote."""
        path, known = self.folder / name, self.facts.get("files", {}).get(name, ())
        return bool(known) and is_plain(path) and _hash(path) in known

    def check(self, names: Iterable[str]) -> None:
        """Raise UserError unless files of these names may be written: new ones, or ours.

        The folder is a new one, an empty one, or one of ours; what else is in it then does not matter.
        """
        check_folder(self.folder)
        if not self.exists and self.folder.is_dir() and any(self.folder.iterdir()):
            raise UserError(f"The folder {self.folder} holds other files: choose a new folder.")
        for name in names:
            self.check_file(name)

    def check_among_others(self, names: Iterable[str]) -> None:
        """Raise UserError unless files of these names may be written into a folder that is the user's."""
        check_folder(self.folder)
        for name in names if self.exists else (LEDGER, *names):
            self.check_file(name)

    def check_file(self, name: str) -> None:
        """Raise UserError where there is a file of this name that is not as we wrote it."""
        if os.path.lexists(self.folder / name) and not self.owns(name):
            raise UserError(
                f"{self.folder / name} is not as LLM Scene wrote it, and stays: "
                "rename it, or choose another folder."
            )

    def write(self, **facts: Any) -> None:
        """Write the list, with these facts instead of those it had."""
        self.facts = {"made by": MADE_BY, "kind": self.kind} | facts
        text = json.dumps(self.facts | {"seal": _seal(self.facts)}, indent=1, ensure_ascii=False)
        self.folder.mkdir(exist_ok=True)
        with whole_file(self.folder / LEDGER, within=self._workplace(), durable=True) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")

    @contextlib.contextmanager
    def begun(self, *, new: bool) -> Iterator[None]:
        """Write the list. It goes, and a `new` folder too, where the block fails before any file is there."""
        known = self.exists
        try:
            self.write(**self.facts)
            yield
        except BaseException:
            if not known and not self.facts.get("files"):
                (self.folder / LEDGER).unlink(missing_ok=True)
                if new:
                    with contextlib.suppress(OSError):  # somebody put something into it meanwhile
                        self.folder.rmdir()
            raise

    def _workplace(self) -> Path:
        """Where to make a list: beside an empty folder, so that it is empty or has its list at any time."""
        beside = self.folder.parent
        empty = not any(self.folder.iterdir())
        fit = os.access(beside, os.W_OK | os.X_OK) and beside.stat().st_dev == self.folder.stat().st_dev
        return beside if empty and fit else self.folder

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """A temporary path whose file becomes `name` when the block succeeds.

        Whenever we are stopped, what is there is proven to be ours, be it the old file or the new one.
        """
        path = self.folder / name
        with whole_file(path) as temporary:
            yield temporary
            self.check_file(name)
            files, new = dict(self.facts.get("files", {})), _hash(temporary)
            old = [_hash(path)] if path.is_file() else []
            self._list(files | {name: sorted({new, *old})})
        self._list(files | {name: [new]})

    def claim(self, name: str) -> None:
        """Note a file as ours that was just written in its place."""
        self._list(self.facts.get("files", {}) | {name: [_hash(self.folder / name)]})

    def _list(self, files: Mapping[str, list[str]]) -> None:
        self.write(**{**self.facts, "files": files})


def check_folder(folder: Path) -> None:
    """Raise UserError unless a folder can be made or written to at `folder`."""
    check_name(folder)
    if not folder.parent.is_dir():
        raise UserError(f"The folder {folder.parent} does not exist: create it first.")
    if os.path.lexists(folder) and not folder.is_dir():
        raise UserError(f"{folder} is a file: give the name of a folder.")
    place = folder if folder.is_dir() else folder.parent
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"The folder {place} cannot be written to.")


def is_plain(path: Path) -> bool:
    """Whether there is a file and no link to one."""
    return path.is_file() and not path.is_symlink()


def _unsealed(path: Path) -> dict[str, Any]:
    """What a list says; nothing where it is not as we wrote it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if is_plain(path) else None
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.get("made by") != MADE_BY:
        return {}
    seal = found.pop("seal", None)
    return found if seal == _seal(found) else {}


def _seal(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
