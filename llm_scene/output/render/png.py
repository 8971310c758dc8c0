"""PNG files that prove what they are: whole, of the right size, and signed with a key."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"llm-scene\0"


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
    """((width, height) in pixels, key or "") of a whole PNG file; raises DamagedError."""
    found = list(chunks(data))
    if found[0][0] != b"IHDR":
        raise DamagedError("no header")
    size = struct.unpack_from(">II", found[0][1])
    keys = (content for kind, content in found if kind == b"tEXt" and content.startswith(KEYWORD))
    return size, next(keys, KEYWORD)[len(KEYWORD) :].decode("latin-1")


def sealed(data: bytes, key: str) -> bytes:
    """The same picture with a key in it and without other text, such as the time it was made."""
    out = [SIGNATURE]
    for kind, content in chunks(data):
        if kind not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            out.append(_chunk(kind, content))
        if kind == b"IHDR":
            out.append(_chunk(b"tEXt", KEYWORD + key.encode("latin-1")))
    return b"".join(out)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
