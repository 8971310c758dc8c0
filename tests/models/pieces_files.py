"""SentencePiece's tokenizer.model, written byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

PAIRS = 2


def varint(value: int) -> bytes:
    """A whole number, seven bits a byte."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def write_pieces(path: Path, pieces: list[str], trained_as: int = PAIRS) -> Path:
    """Pieces in the order of their ids; `<unk>`, `<s>`, `</s>` and bytes are what they look like."""
    raw = b""
    for i, piece in enumerate(pieces):
        kind = 2 if piece == "<unk>" else 3 if piece in ("<s>", "</s>") else 1
        kind = 6 if piece.startswith("<0x") else kind
        score = varint(2 << 3 | 5) + struct.pack("<f", -float(i))
        raw += field(1, field(1, piece.encode()) + score + varint(3 << 3) + varint(kind))
    trainer = varint(3 << 3) + varint(trained_as)
    normaliser = varint(3 << 3) + varint(1)
    path.write_bytes(raw + field(2, trainer) + field(3, normaliser))
    return path
