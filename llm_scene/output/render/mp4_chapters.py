"""Chapters in a video file's own metadata, so that players list them.

MP4 and QuickTime files keep them in `moov/udta/chpl`, a list that came with Nero's players and that FFmpeg,
VLC, mpv and others read: https://github.com/FFmpeg/FFmpeg/blob/master/libavformat/mov.c, mov_read_chpl.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from ...film.film import Chapter

Mark = tuple[float, str]  # seconds, title
TICKS = 10_000_000  # a second
MOST = 255  # chapters, and bytes of a title


def add_chapters(path: Path, marks: Sequence[Mark]) -> None:
    """Write chapters into an .mp4 or .mov whose index stands at its end, as Blender writes it.

    Other files are left as they are.
    """
    data = path.read_bytes()
    index = next((box for box in _boxes(data, 0, len(data)) if box[0] == b"moov"), None)
    if not marks or index is None or index[2] != len(data):
        return
    _, start, end = index
    kept = b"".join(data[a:b] for name, a, b in _boxes(data, start + 8, end) if name != b"udta")
    user = [data[a + 8 : b] for name, a, b in _boxes(data, start + 8, end) if name == b"udta"]
    moov = _box(b"moov", kept + _box(b"udta", b"".join(user) + _box(b"chpl", _list(marks))))
    path.write_bytes(data[:start] + moov)


def _list(marks: Sequence[Mark]) -> bytes:
    entries = b""
    for seconds, title in marks[:MOST]:
        text = title.encode()[:MOST].decode(errors="ignore").encode()  # cut between letters
        entries += struct.pack(">QB", round(seconds * TICKS), len(text)) + text
    return struct.pack(">B3xIB", 1, 0, min(len(marks), MOST)) + entries


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, end) of the boxes that follow one another."""
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, start)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
        elif size == 0:
            size = end - start
        if size < 8:
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
