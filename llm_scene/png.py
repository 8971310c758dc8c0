"""PNG files: chunks behind a signature."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk with its length before it and its checksum behind."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_file(
    width: int, height: int, kind: int, packed: bytes, palette: bytes = b"", opacity: bytes = b""
) -> bytes:
    """A file of 8 bits a channel. `kind` is PNG's colour type; `packed` holds the rows, each behind its
    filter, as zlib leaves them; `palette` the colours of places in it, and `opacity` how opaque each is."""
    found = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    if palette:
        found += chunk(b"PLTE", palette)
    if opacity:
        found += chunk(b"tRNS", opacity)
    return SIGNATURE + found + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
