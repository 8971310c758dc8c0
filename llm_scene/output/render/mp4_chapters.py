"""What Blender leaves out of a video file: chapters, the index before the pictures, the colours of ProRes.

MP4 and QuickTime files keep them in `moov/udta/chpl`, a list that came with Nero's players and that FFmpeg,
VLC, mpv and others read: https://github.com/FFmpeg/FFmpeg/blob/master/libavformat/mov.c, mov_read_chpl.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from ...film.film import Chapter
from ...writing import whole_file

Mark = tuple[float, str]  # seconds, title
Box = tuple[bytes, int, int]  # its name, and where it is
BLOCK = 1 << 20  # bytes copied at a time
PRORES_COLOURS = 22  # bytes from the beginning of a frame to what it says of its colours
TICKS = 10_000_000  # a second
MOST = 255  # chapters, and bytes of a title


def add_chapters(path: Path, marks: Sequence[Mark]) -> None:
    """Write chapters into an .mp4 or .mov, its index before its pictures, so that it plays while it loads.

    Colours are told in ProRes frames, too, where programs look for them. Other files are left as they are.
    """
    with path.open("rb") as file:
        boxes = list(_boxes(file, 0, path.stat().st_size))
    parts = {name: (start, end) for name, start, end in boxes}
    if not {b"ftyp", b"moov", b"mdat"} <= set(parts) or boxes[-1][2] != path.stat().st_size:
        return
    order = sorted(boxes, key=lambda box: (box[0] != b"ftyp", box[0] != b"moov"))
    with path.open("rb") as file:
        index = _with_chapters(_read(file, *parts[b"moov"]), marks)
        with whole_file(path) as made, made.open("wb") as target:
            _write(file, target, order, index)
            _tell_colours(target, made)


def _write(file: BinaryIO, target: BinaryIO, order: list[Box], index: bytes) -> None:
    """Write boxes in another order, with an index that knows where its samples have gone."""
    at, moved = 0, []
    for name, start, end in order:
        moved.append((start, end, at - start))
        at += len(index) if name == b"moov" else end - start
    for name, start, end in order:
        if name == b"moov":
            target.write(_relocated(index, moved))
            continue
        file.seek(start)
        left = end - start
        while left and (data := file.read(min(left, BLOCK))):
            target.write(data)
            left -= len(data)


def _with_chapters(moov: bytes, marks: Sequence[Mark]) -> bytes:
    """An index, with the chapters in its user data."""
    if not marks:
        return moov
    inner = list(_boxes(io.BytesIO(moov), 8, len(moov)))
    kept = b"".join(moov[a:b] for name, a, b in inner if name != b"udta")
    user = [moov[a + 8 : b] for name, a, b in inner if name == b"udta"]
    own = [data for each in user for data in _without(each, b"chpl")]
    return _box(b"moov", kept + _box(b"udta", b"".join(own) + _box(b"chpl", _list(marks))))


def _without(content: bytes, gone: bytes) -> Iterator[bytes]:
    boxes = _boxes(io.BytesIO(content), 0, len(content))
    return (content[a:b] for name, a, b in boxes if name != gone)


def _relocated(moov: bytes, moved: list[tuple[int, int, int]]) -> bytes:
    """An index whose samples have moved: `moved` says from where to where, and how far."""
    data = bytearray(moov)
    for name, start, _ in _tables(moov):
        form = ">Q" if name == b"co64" else ">I"
        (count,) = struct.unpack_from(">I", data, start + 12)
        for n in range(count):
            at = start + 16 + n * struct.calcsize(form)
            (place,) = struct.unpack_from(form, data, at)
            shift = next((by for low, high, by in moved if low <= place < high), 0)
            struct.pack_into(form, data, at, place + shift)
    return bytes(data)


def _tables(moov: bytes, start: int = 8, end: int | None = None) -> Iterator[Box]:
    """The tables of where samples are, wherever in an index they stand."""
    for name, a, b in _boxes(io.BytesIO(moov), start, len(moov) if end is None else end):
        if name in (b"stco", b"co64"):
            yield name, a, b
        elif name in (b"trak", b"mdia", b"minf", b"stbl"):
            yield from _tables(moov, a + 8, b)


def _tell_colours(target: BinaryIO, path: Path) -> None:
    """Say in the head of every ProRes frame that its colours are those of BT.709, as its container does."""
    target.flush()
    with path.open("r+b") as file:
        place = next((box for box in _boxes(file, 0, path.stat().st_size) if box[0] == b"mdat"), None)
        at, end = (place[1] + 8, place[2]) if place is not None else (0, 0)
        while at + 31 <= end:
            head = _read(file, at, at + 8)
            if head[4:] != b"icpf":
                return
            file.seek(at + PRORES_COLOURS)
            file.write(b"\1\1\1")  # primaries, transfer and matrix
            at += max(8, struct.unpack(">I", head[:4])[0])


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


def _list(marks: Sequence[Mark]) -> bytes:
    entries = b""
    for seconds, title in marks[:MOST]:
        text = title.encode()[:MOST].decode(errors="ignore").encode()  # cut between letters
        entries += struct.pack(">QB", round(seconds * TICKS), len(text)) + text
    return struct.pack(">B3xIB", 1, 0, min(len(marks), MOST)) + entries


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """(name, start, end) of the boxes that follow one another."""
    while start + 8 <= end:
        size, name = struct.unpack(">I4s", _read(file, start, start + 8))
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack(">Q", _read(file, start + 8, start + 16))
        elif size == 0:
            size = end - start
        if not 8 <= size <= end - start:
            return
        yield name, start, start + size
        start += size


def runs(chapters: Iterable[Chapter], frames: Sequence[int], fps: float) -> list[tuple[Chapter, int, int]]:
    """(chapter, position of its first frame, how many frames) of every run of frames of one chapter."""
    known = list(chapters)
    shown = (next((c for c in known if c.start <= frame / fps < c.end), None) for frame in frames)
    found, position = [], 0
    for chapter, run in groupby(shown):
        length = sum(1 for _ in run)
        if chapter is not None:
            found.append((chapter, position, length))
        position += length
    return found
