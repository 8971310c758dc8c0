"""Files and folders are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from .errors import UserError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

AnyPath = str | os.PathLike[str]  # as people give one from Python
PRIVATE = ".llm-scene-"  # how the folders begin in which files are made
NAME = re.compile(re.escape(PRIVATE) + "([0-9a-f]{16})-([0-9a-f]{8})")  # a token, and its mark
NEW = "new"  # what a file is called there, before its suffix
ROOM = 64 << 20  # bytes left free on a disk
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def whole_file(path: Path, *, within: Path | None = None, durable: bool = False) -> Iterator[Path]:
    """A temporary path with the suffix of `path`, whose file takes its place when the block succeeds.

    The file is made in a private folder beside `path` or in `within`, so that nobody can have put anything
    in its way. When the block fails, nothing is left behind and what was at `path` stays; `durable` means:
    so it is after a power cut, too. Raises UserError before the block where the folder does not exist or
    cannot be written, and where the disk refuses.
    """
    check_target(path)
    try:
        with private_folder(within or path.parent) as folder:
            temporary = folder / f"{NEW}{path.suffix}"
            yield temporary
            if durable:
                with temporary.open("rb+") as file:
                    os.fsync(file.fileno())
            temporary.replace(path)
    except OSError as error:
        raise disk_error(error, path) from None


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that takes its place at `path` when the block succeeds.

    Raises UserError before the block unless `path` is a new or an empty folder, and where the disk is full.
    """
    check_free(path)
    try:
        with private_folder(path.parent) as place:
            folder = place / NEW
            folder.mkdir()
            yield folder
            if path.is_dir():
                path.rmdir()
            folder.rename(path)
    except OSError as error:
        raise (disk_error(error, path) if error.errno in FULL else error) from None


@contextlib.contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent` under a name that nobody could foresee; it is removed with all in it.

    What processes that were killed have left in such folders there goes as well.
    """
    _sweep(parent)
    folder, lock = _locked_folder(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _unlock(lock)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """A folder, made where it is missing, for one piece of work at a time, as far as its disk knows locks.

    Raises UserError where another is at it.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(error, folder) from None
    try:
        lock = _lock(folder.resolve())
    except BlockingIOError:
        raise UserError(
            f"Another LLM Scene is at work in {folder}: wait for it, or choose another folder."
        ) from None
    try:
        yield
    finally:
        _unlock(lock)


def _locked_folder(parent: Path) -> tuple[Path, int | None]:
    """A new private folder, and the lock that says that somebody is at it."""
    while True:
        token = secrets.token_hex(8)
        folder = parent / f"{PRIVATE}{token}-{_mark(token)}"
        folder.mkdir(mode=0o700)
        lock = _lock(folder, wait=True)
        if folder.is_dir():  # nobody took it for an abandoned one before it was locked
            return folder, lock
        _unlock(lock)


def _mark(token: str) -> str:
    """What proves that a folder was named here: of another computer's, no lock might be seen."""
    return hashlib.sha256(f"{PRIVATE} {platform.node()} {token}".encode()).hexdigest()[:8]


def _sweep(parent: Path) -> None:
    """Remove the private folders that nobody is at any more, with the files that were made there."""
    for folder in parent.glob(f"{PRIVATE}*"):
        found = NAME.fullmatch(folder.name)
        if not found or found[2] != _mark(found[1]):
            continue
        with contextlib.suppress(BlockingIOError):
            lock = _lock(folder)
            if lock is not None:
                _dissolve(folder)
                _unlock(lock)


def _dissolve(folder: Path) -> None:
    """Remove what we make in a private folder, and the folder unless there is anything else."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name == NEW and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.stem.partition(".")[0] == NEW:  # a number may stand between
                path.unlink()
        folder.rmdir()


def _lock(folder: Path, *, wait: bool = False) -> int | None:
    """A lock on a folder, which ends with its process; None where there are none.

    Raises BlockingIOError where another has it, unless told to wait.
    """
    if fcntl is None:
        return None
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(lock)
        raise
    except OSError:  # a disk without locks
        os.close(lock)
        return None
    return lock


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def check_target(path: Path) -> None:
    """Raise UserError unless a file can be written at `path`."""
    check_name(path)
    folder = path.parent
    if not folder.is_dir():
        raise UserError(f"The folder {folder} does not exist: create it first.")
    if path.is_dir():
        raise UserError(f"{path} is a folder: give the name of a file in it.")
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is a device or a pipe, not a file.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"The folder {folder} cannot be written to.")


def check_free(path: Path) -> None:
    """Raise UserError unless a folder can be made at `path`: there is none, or an empty one."""
    check_name(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(f"{path} exists already: give a folder that does not.")
    if not path.parent.is_dir():
        raise UserError(f"The folder {path.parent} does not exist: create it first.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UserError(f"The folder {path.parent} cannot be written to.")


def check_name(path: Path) -> None:
    """Raise UserError for a path that is no Unicode text, which neither Blender nor a web page can name."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")
        raise UserError(f"The name {shown} is not written in UTF-8: rename the file or the folder.") from None


def disk_error(error: OSError, path: Path) -> UserError:
    """What to say when the disk refuses a file or a folder; files that are being made are not spoken of."""
    private = (place for place in (*reversed(path.parents), path) if place.name.startswith(PRIVATE))
    path = next((place.parent for place in private), path)
    if error.errno in FULL:
        return UserError(f"The disk is full: free some space for {path} and run the same command again.")
    return UserError(f"{path} cannot be written to: {(error.strerror or str(error)).lower()}.")


def check_space(folder: Path, n_bytes: int) -> None:
    """Raise UserError where a disk has no room for that many bytes."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes + ROOM:
        needed, there = f"{n_bytes / 1e9:.1f} GB", f"{free / 1e9:.1f} GB"
        raise UserError(f"{folder} has room for {there}, where {needed} are needed: choose another disk.")
