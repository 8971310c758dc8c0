"""The header of a .safetensors file, checked before anything is read by it.

The format (https://github.com/huggingface/safetensors): 8 bytes with the length of the header, the
header as JSON `{name: {dtype, shape, data_offsets}}`, then the data. Nothing is allocated by what a
header merely claims: every claim is held against the size of the file first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError, words_of
from .files import POINTER, check_file, check_pointer, parse_object, reason

HEADER_BYTES = 32 << 20
BITS = {
    "F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8,
    "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U64": 64, "U32": 32, "U16": 16, "U8": 8, "BOOL": 8,
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """Where a tensor stands."""

    path: Path
    name: str
    dtype: str  # as the format spells it: "F32", "F16", "BF16", …
    shape: tuple[int, ...]
    start: int  # in bytes from the beginning of the file
    end: int


def read_header(path: Path) -> dict[str, Entry]:
    """All tensors of a file. Raises UserError where the header contradicts itself or the file."""
    size = check_file(path)
    raw = _raw_header(path, size)
    what = "the header of "
    if raw.count(b"[") + raw.count(b"{") > 3 * raw.count(b'"dtype"') + 8:  # cheaper than parsing it
        raise UserError(f"{path} has a header that is not a list of tensors.")
    table = parse_object(raw, path, what, strict=True)
    table.pop("__metadata__", None)
    first = 8 + len(raw)
    entries = [_entry(path, name, value, first, size) for name, value in table.items()]
    _check_tiling(path, entries, first, size)
    _check_with_library(path)
    return {entry.name: entry for entry in entries}


def _check_with_library(path: Path) -> None:
    """A second opinion: what the format's own library refuses is refused here too."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{path} is not a .safetensors file that can be read: {words_of(error)}.") from None


def _raw_header(path: Path, size: int) -> bytes:
    if size < 8:
        raise UserError(f"{path} is cut short: {size} bytes are no .safetensors file.")
    try:
        with path.open("rb") as file:
            beginning = file.read(len(POINTER))
            check_pointer(path, beginning)
            length = int.from_bytes(beginning[:8], "little")
            if length > HEADER_BYTES:
                raise UserError(f"{path} claims a header of {length:,} bytes: it is no .safetensors file.")
            if 8 + length > size:
                raise UserError(f"{path} is cut short: its header alone claims {length:,} bytes.")
            file.seek(8)
            return file.read(length)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {reason(error)}.") from None


def _entry(path: Path, name: str, value: Any, first: int, size: int) -> Entry:
    def wrong(problem: str) -> UserError:
        return UserError(f"{path}: the tensor {name[:80]!r} {problem}.")

    if not isinstance(value, dict) or not {"dtype", "shape", "data_offsets"} <= value.keys():
        raise wrong("lacks a dtype, a shape or offsets")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise wrong(f"has the unknown dtype {str(dtype)[:20]!r}")
    if not _sizes(shape, most=8):
        raise wrong("has a shape that is not a list of sizes")
    if not _sizes(offsets, most=2) or len(offsets) != 2:
        raise wrong("has offsets that are not two positions")
    start, end = offsets
    if start > end or first + end > size:
        raise wrong("lies outside the file, which is cut short or broken")
    if math.prod(shape) * BITS[dtype] != (end - start) * 8:
        raise wrong(f"has {end - start:,} bytes, which do not fit {dtype} of shape {shape}")
    return Entry(path, name, dtype, tuple(shape), first + start, first + end)


def _sizes(value: object, most: int) -> bool:
    """Whether this is a short list of whole numbers that fit into 48 bits."""
    if not isinstance(value, list) or len(value) > most:
        return False
    return all(type(i) is int and 0 <= i < 1 << 48 for i in value)


def _check_tiling(path: Path, entries: list[Entry], first: int, size: int) -> None:
    """Tensors follow each other without overlaps or holes, up to the end of the file."""
    at, before = first, "the header"
    for entry in sorted(entries, key=lambda e: (e.start, e.end)):
        if entry.start < at:
            raise UserError(f"{path}: the tensor {entry.name[:80]!r} overlaps {before}.")
        if entry.start > at:
            raise UserError(
                f"{path}: {entry.start - at:,} bytes before {entry.name[:80]!r} belong to no tensor."
            )
        at, before = entry.end, repr(entry.name[:80])
    if at != size:
        raise UserError(f"{path} has {size - at:,} bytes that belong to no tensor.")
