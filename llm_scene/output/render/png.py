"""PNG files that prove what they are: whole, of the right size, and signed with a key."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator

from ...png import SIGNATURE, chunk

KEYWORD = b"llm-scene\0"
WORDS = (b"tEXt", b"zTXt", b"iTXt", b"tIME")  # chunks that are not seen in the picture


class DamagedError(ValueError):
    """The bytes are not a whole PNG file."""


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every (type, content) up to IEND, checksums verified; raises DamagedError."""
    if not data.startswith(SIGNATURE):
        raise DamagedError("no PNG signature")
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise DamagedError("the file ends early")
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        end = at + 12 + length
        if end > len(data) or struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(kind + content):
            raise DamagedError(f"the checksum of {kind!r} is wrong")
        yield kind, content
        at = end


def read_seal(data: bytes) -> tuple[tuple[int, int], str]:
    """((width, height) in pixels, key or "") of a whole PNG file; raises DamagedError.

    The key counts only for the very picture that was signed with it.
    """
    found = list(chunks(data))
    if found[0][0] != b"IHDR":
        raise DamagedError("no header")
    size = struct.unpack_from(">II", found[0][1])
    seals = (content for kind, content in found if kind == b"tEXt" and content.startswith(KEYWORD))
    key, _, digest = next(seals, KEYWORD)[len(KEYWORD) :].decode("latin-1").partition(" ")
    return size, key if digest == _digest(found) else ""


def is_ours(data: bytes) -> bool:
    """Whether we signed a picture and nobody changed it since; it may have been damaged."""
    try:
        return bool(read_seal(data)[1])
    except DamagedError:
        seal_at = len(SIGNATURE) + 12 + 13 + 8  # behind the header stands the seal, as we write it
        return data[seal_at:].startswith(KEYWORD)


def sealed(data: bytes, key: str) -> bytes:
    """The same picture with a key in it and without other text, such as the time it was made."""
    kept = [(kind, content) for kind, content in chunks(data) if kind not in WORDS]
    seal = (b"tEXt", KEYWORD + f"{key} {_digest(kept)}".encode("latin-1"))
    return SIGNATURE + b"".join(chunk(*each) for each in (kept[0], seal, *kept[1:]))


def _digest(found: Iterable[tuple[bytes, bytes]]) -> str:
    """A hash of a picture, without the words in its file."""
    digest = hashlib.sha256()
    for kind, content in found:
        if kind not in WORDS:
            digest.update(chunk(kind, content))
    return digest.hexdigest()[:32]
