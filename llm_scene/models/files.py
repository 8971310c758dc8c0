"""Reading files that somebody else wrote: nothing is opened, parsed or allocated before it is checked."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any, NoReturn

from ..errors import UserError

CONFIG_BYTES = 1 << 20
INDEX_BYTES = 16 << 20
TOKENIZER_BYTES = 64 << 20


def check_file(path: Path, limit: int | None = None) -> int:
    """The size in bytes of a regular file, of at most `limit` bytes.

    Raises UserError for anything else: missing files, folders, devices, pipes, loops of links.
    """
    try:
        info = path.stat()
    except FileNotFoundError:
        raise UserError(f"{path} does not exist.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be opened: {reason(error)}.") from None
    if stat.S_ISDIR(info.st_mode):
        raise UserError(f"{path} is a folder, not a file.")
    if not stat.S_ISREG(info.st_mode):
        raise UserError(f"{path} is a device or a pipe, not a file.")
    if limit is not None and info.st_size > limit:
        raise UserError(f"{path} is too large: {info.st_size:,} bytes, where {limit:,} are the most allowed.")
    return info.st_size


def check_folder(path: Path) -> None:
    """Raise UserError unless `path` is a folder."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise UserError(f"The folder {path} does not exist.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"The folder {path} cannot be opened: {reason(error)}.") from None
    if path.suffix in (".pt", ".pth", ".bin", ".ckpt") and not stat.S_ISDIR(mode):
        raise torch_file(path)
    if not stat.S_ISDIR(mode):
        raise UserError(f"{path} is a file, not a folder: give the folder that holds config.json.")


def torch_file(path: Path) -> UserError:
    """What to say about a .pt: no pickle is ever loaded here."""
    return UserError(f"{path} is a torch file: convert it with `llm-scene convert {path.name} FOLDER`.")


def read_bytes(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes."""
    check_file(path, limit)
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {reason(error)}.") from None


def read_object(path: Path, limit: int) -> dict[str, Any]:
    """The JSON object in a file of at most `limit` bytes."""
    return parse_object(read_bytes(path, limit), path)


def parse_object(raw: bytes, path: Path, what: str = "") -> dict[str, Any]:
    """A JSON object from bytes; `path` and `what` (as in "the header of ") name it in errors."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not a number in JSON")

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=refuse)
    except RecursionError:
        raise UserError(f"{what}{path} is nested too deeply.") from None
    except ValueError as error:
        detail = " ".join(str(error).split())[:120]
        raise UserError(f"{what}{path} is not valid JSON: {detail}.") from None
    if not isinstance(value, dict):
        raise UserError(f"{what}{path} does not hold a JSON object.")
    return value


def reason(error: Exception) -> str:
    """Why the system refused, in its own words and without numbers."""
    words = getattr(error, "strerror", None) or str(error)
    return str(words)[:1].lower() + str(words)[1:]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found
