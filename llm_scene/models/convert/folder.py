"""A checkpoint folder as transformers would save it, written tensor by tensor."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...writing import check_space

Stored = np.ndarray[Any, Any]
NUMPY: dict[str, Any] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
}  # bfloat16 as its bits


@dataclass(frozen=True)
class Tensor:
    """A tensor that is read when its turn to be written comes."""

    shape: tuple[int, ...]
    dtype: str  # as .safetensors calls it: one of NUMPY
    read: Callable[[], Stored] = field(repr=False)

    @property
    def n_bytes(self) -> int:
        """Its size in the file."""
        return math.prod(self.shape) * NUMPY[self.dtype].itemsize


@dataclass(frozen=True)
class Checkpoint:
    """What goes into a folder: texts, bytes and JSON objects by file name, and tensors by key."""

    files: Mapping[str, Any]
    tensors: Mapping[str, Tensor] = field(repr=False)
    notes: tuple[str, ...] = ()  # what was left out or guessed, one sentence each


def of_array(array: Stored) -> Tensor:
    """A tensor that is in memory already: float32, float16, or else turned into float32."""
    dtype = "F16" if array.dtype == np.float16 else "F32"
    return Tensor(array.shape, dtype, lambda: array)


def rounded(tensor: Tensor) -> Tensor:
    """The same tensor as float16. Raises UserError when read, where a value does not fit."""

    def read() -> Stored:
        with np.errstate(over="ignore"):
            wide = widened(tensor)
            narrow = wide.astype(np.float16)
        if np.isinf(narrow).sum() != np.isinf(wide).sum():
            raise UserError("Some weights are too large for float16: convert without `--dtype float16`.")
        return narrow

    return Tensor(tensor.shape, "F16", read)


def widened(tensor: Tensor) -> Stored:
    """The values of a tensor as float32."""
    stored = tensor.read()
    if tensor.dtype == "BF16":  # the upper half of a float32; numpy has no such type
        return (stored.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return stored.astype(np.float32, copy=False)


def write(folder: Path, checkpoint: Checkpoint, progress: Callable[[float], None] | None = None) -> None:
    """All files of a checkpoint, tensors last; `progress` is told the share of bytes written."""
    for name, content in checkpoint.files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
            continue
        text = content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False)
        (folder / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    check_space(folder, sum(tensor.n_bytes for tensor in checkpoint.tensors.values()))
    write_tensors(folder / "model.safetensors", checkpoint.tensors, progress)


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], progress: Callable[[float], None] | None = None
) -> None:
    """A .safetensors file, one tensor in memory at a time (the library writes from memory only).

    The format: https://github.com/huggingface/safetensors.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for key, tensor in tensors.items():
        shape, end = list(tensor.shape), at + tensor.n_bytes
        header[key] = {"dtype": tensor.dtype, "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    done = 0
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor.read(), NUMPY[tensor.dtype]).data)
            done += tensor.n_bytes
            if progress is not None:
                progress(done / max(at, 1))
