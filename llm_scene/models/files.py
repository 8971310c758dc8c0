"""Reading files that somebody else wrote: nothing is opened, parsed or allocated before it is checked."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any, NoReturn

from ..errors import UserError, words_of

CONFIG_BYTES = 1 << 20
INDEX_BYTES = 16 << 20
TOKENIZER_BYTES = 64 << 20
POINTER = b"version https://git-lfs.github.com/spec/"  # how a pointer of Git LFS begins


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
    """Raise UserError unless `path` is a folder; for what people give instead it says the way out."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise UserError(f"The folder {path} does not exist.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"The folder {path} cannot be opened: {reason(error)}.") from None
    if stat.S_ISDIR(mode):
        return
    if path.suffix in (".pt", ".pth", ".bin", ".ckpt"):
        raise torch_file(path)
    if path.suffix == ".gguf":
        raise gguf_file(path)
    raise UserError(f"{path} is a file, not a folder: give the folder that holds config.json.")


def check_kind(folder: Path) -> None:
    """Raise UserError for folders that hold something else than a model in transformers' form."""
    if (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        base = read_object(folder / "adapter_config.json", CONFIG_BYTES).get("base_model_name_or_path")
        whose = f" for {base[:80]}" if isinstance(base, str) and base.isprintable() else ""
        raise UserError(
            f"{folder} is a LoRA adapter{whose}: merge it into that model first (peft's merge_and_unload)."
        )
    if (folder / "config.json").exists() or (folder / "config.json").is_symlink():
        return
    if found := sorted(folder.glob("*.gguf")):
        raise gguf_file(found[0])
    if (folder / "params.json").is_file() and list(folder.glob("consolidated*")):
        raise UserError(
            f"{folder} holds its makers' own format (params.json, consolidated): get the form for "
            "transformers, with config.json and model.safetensors."
        )
    if (torch := torch_in(folder)) is not None:
        raise torch_file(torch)


def torch_in(folder: Path) -> Path | None:
    """A torch file in a folder, the model's own first."""
    patterns = ("pytorch_model*.bin", "*.pt", "*.pth")
    return next((path for pattern in patterns for path in sorted(folder.glob(pattern))), None)


def gguf_file(path: Path) -> UserError:
    """What to say about a GGUF."""
    return UserError(f"{path} is a GGUF file: convert it with `llm-scene convert {path} FOLDER`.")


def torch_file(path: Path) -> UserError:
    """What to say about a .pt: no pickle is ever loaded here."""
    source = path.parent if path.name.startswith("pytorch_model") else path
    return UserError(f"{path} is a torch file: convert it with `llm-scene convert {source} FOLDER`.")


def read_bytes(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes."""
    check_file(path, limit)
    try:
        with path.open("rb") as file:
            raw = file.read(limit)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {reason(error)}.") from None
    check_pointer(path, raw)
    return raw


def check_pointer(path: Path, beginning: bytes) -> None:
    """Raise UserError where a file is only Git's pointer to what it should be."""
    if beginning.startswith(POINTER):
        folder = path.parent
        raise UserError(f"{path} is a pointer of Git LFS, not the file: run `git lfs pull` in {folder}.")


def read_object(path: Path, limit: int) -> dict[str, Any]:
    """The JSON object in a file of at most `limit` bytes."""
    return parse_object(read_bytes(path, limit), path)


def parse_object(raw: bytes, path: Path, what: str = "", strict: bool = False) -> dict[str, Any]:
    """A JSON object from bytes; `path` and `what` (as in "the header of ") name it in errors.

    Read as transformers reads it, with Python's json: of a key twice the last counts, Infinity and NaN are
    numbers; a byte-order mark is passed over. `strict` refuses all three.
    """
    checks: dict[str, Any] = {"object_pairs_hook": _unique, "parse_constant": _refuse} if strict else {}
    try:
        value = json.loads(raw.decode("utf-8" if strict else "utf-8-sig"), **checks)
    except RecursionError:
        raise UserError(f"{what}{path} is nested too deeply.") from None
    except ValueError as error:
        raise UserError(f"{what}{path} is not valid JSON: {words_of(error)}.") from None
    if not isinstance(value, dict):
        raise UserError(f"{what}{path} does not hold a JSON object.")
    return value


def reason(error: Exception) -> str:
    """Why the system refused, in its own words and without numbers."""
    words = getattr(error, "strerror", None) or str(error)
    return str(words)[:1].lower() + str(words)[1:]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found
