"""Jane Austen's six novels as plain text, from Debian's package r-cran-janeaustenr.

The package keeps each novel as an R character vector of lines, in one "lazy-load" file: per novel a
big-endian length, then a zlib stream of R's serialization (XDR). No R is needed to read it.
"""

from __future__ import annotations

import re
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

PACKAGE = "r-cran-janeaustenr"
DATA = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"

LETTERS = "\n !\"'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HEADING = re.compile(r"(chapter|volume) [ivxlc\d]+|finis|the end|by( jane austen)?", re.IGNORECASE)

STRING_VECTOR, STRING = 16, 9  # R's type numbers, in the low byte of an item's flags


def fetch(deb: Path | None = None) -> str:
    """The novels, one paragraph a line, in `LETTERS` only; `deb` is the package if already here."""
    with tempfile.TemporaryDirectory() as folder:
        if deb is None:
            subprocess.run(["apt-get", "download", "-qq", PACKAGE], cwd=folder, check=True)
            deb = next(Path(folder).glob("*.deb"))
        subprocess.run(["dpkg-deb", "--extract", deb, folder], check=True)
        data = (Path(folder) / DATA).read_bytes()
    return "".join(normalise(lines) for lines in read_novels(data))


def read_novels(data: bytes) -> list[list[str]]:
    novels = []
    while data:
        inflate = zlib.decompressobj()
        novels.append(read_strings(inflate.decompress(data[4:])))
        data = inflate.unused_data
    return novels


def read_strings(data: bytes) -> list[str]:
    """Decode one serialized character vector (format 3)."""
    magic, version, n_encoding = struct.unpack_from(">2si8xi", data)
    assert magic == b"X\n" and version == 3
    at = 18 + n_encoding
    kind, n_lines = struct.unpack_from(">II", data, at)
    assert kind & 0xFF == STRING_VECTOR
    at += 8
    lines = []
    for _ in range(n_lines):
        kind, size = struct.unpack_from(">Ii", data, at)
        assert kind & 0xFF == STRING
        lines.append(data[at + 8 : at + 8 + size].decode())
        at += 8 + size
    return lines


def normalise(lines: list[str]) -> str:
    """Join lines to paragraphs; leave out italics marks, headings, and paragraphs with other signs."""
    kept = []
    for paragraph in "\n".join(lines).replace("_", "").split("\n\n"):
        text = " ".join(paragraph.split())
        if text and set(text) <= set(LETTERS) and not HEADING.fullmatch(text) and not text.isupper():
            kept.append(text + "\n")
    return "".join(kept)
