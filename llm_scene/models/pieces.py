"""SentencePiece's tokenizer.model, read without its library: the pieces and what each is for.

The file is a protocol buffer (https://protobuf.dev/programming-guides/encoding) of SentencePiece's
`ModelProto`: field 1 repeats the pieces, field 2 says how they were trained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .files import TOKENIZER_BYTES, read_bytes

if TYPE_CHECKING:
    import tokenizers

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
UNIGRAM, PAIRS = 1, 2
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Pieces:
    """The pieces in the order of their ids."""

    texts: list[str]
    kinds: list[int]
    trained_as: int

    def added(self) -> list[tokenizers.AddedToken]:
        """Those that are found in a text as a whole."""
        from tokenizers import AddedToken

        kinds = zip(self.texts, self.kinds, strict=True)
        wanted = [(text, kind) for text, kind in kinds if kind in (CONTROL, USER_DEFINED)]
        return [AddedToken(text, normalized=False, special=kind == CONTROL) for text, kind in wanted]


def read_pieces(path: Path) -> Pieces:
    """The pieces of a tokenizer.model. Raises UserError where it is none."""
    raw = read_bytes(path, TOKENIZER_BYTES)
    texts, kinds, trained_as = [], [], UNIGRAM
    try:
        for number, value in _fields(raw):
            if number == 1 and isinstance(value, bytes):
                piece = dict(_fields(value))
                text, kind = piece.get(1), piece.get(3, NORMAL)
                if not isinstance(text, bytes) or not isinstance(kind, int):
                    raise ValueError("a piece without text")
                texts.append(text.decode("utf-8"))
                kinds.append(kind)
            elif number == 2 and isinstance(value, bytes):
                kind = dict(_fields(value)).get(3, UNIGRAM)
                trained_as = kind if isinstance(kind, int) else UNIGRAM
    except (ValueError, IndexError) as error:
        raise UserError(f"{path} is not SentencePiece's: {error}.") from None
    if not texts:
        raise UserError(f"{path} is not SentencePiece's: it has no pieces.")
    return Pieces(texts, kinds, trained_as)


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a message: bytes, or a whole number."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, at = _varint(raw, at)
            yield number, value
            continue
        if wire == BYTES:
            length, at = _varint(raw, at)
        elif wire in (FIXED32, FIXED64):
            length = 4 if wire == FIXED32 else 8
        else:
            raise ValueError("a field of an unknown kind")
        if at + length > len(raw):
            raise ValueError("it is cut short")
        yield number, raw[at : at + length]
        at += length


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A whole number, seven bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(raw):
            raise ValueError("it is cut short")
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without end")
