"""Turns the files that people have into a checkpoint folder as transformers would save it.

GGUF is read with the library `gguf`, torch's files with torch's `weights_only`: nothing in a file is ever
executed. Never runs inside Blender.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...errors import UserError
from ...writing import AnyPath, check_free, whole_folder
from ..files import check_file, reason
from . import gguf_file, hugging_face, nanogpt
from .folder import Checkpoint, rounded, write

DTYPES = ("float32", "float16")


def convert(
    source: AnyPath,
    target: AnyPath,
    meta: AnyPath | None = None,
    n_head: int | None = None,
    dtype: str = "float32",
    progress: Callable[[float], None] | None = None,
) -> tuple[str, ...]:
    """Write `target` as a checkpoint folder: config.json, model.safetensors, tokenizer.json where known.

    Weights keep their number format where .safetensors has it; quantised ones become `dtype`. float32
    holds them exactly, float16 takes half the room. `meta` is nanoGPT's character table, by default
    meta.pkl beside the checkpoint; `n_head` is needed for minGPT, whose files do not say it. `progress`
    is told the share written.

    Returns what was left out or not understood, one sentence each. Raises UserError where something is
    in the way; then nothing is written.
    """
    target = Path(target)
    check_free(target)
    found = _read(Path(source), None if meta is None else Path(meta), n_head)
    if dtype == "float16":
        found = replace(found, tensors={key: rounded(tensor) for key, tensor in found.tensors.items()})
    with whole_folder(target) as folder:
        write(folder, found, progress)
    return found.notes


def _read(source: Path, meta: Path | None, n_head: int | None) -> Checkpoint:
    """What is in a source, by the kind of file that it is."""
    if source.is_dir() or hugging_face.is_torch_folder(source.parent, source.name):
        return hugging_face.read(source if source.is_dir() else source.parent)
    if source.suffix.lower() == ".gguf" or _starts_with(source, b"GGUF"):
        return gguf_file.read(source)
    return nanogpt.read(source, meta, n_head)


def _starts_with(path: Path, magic: bytes) -> bool:
    check_file(path)
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError as error:
        raise UserError(f"{path} cannot be read: {reason(error)}.") from None
