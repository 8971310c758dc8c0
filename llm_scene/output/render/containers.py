"""Kinds of video, in Blender's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Container:
    """A kind of video."""

    title: str
    container: str
    codec: str


CONTAINERS = {
    ".mp4": Container("H.264 in MP4", "MPEG4", "H264"),
    ".webm": Container("VP9 in WebM", "WEBM", "WEBM"),
    ".mov": Container("ProRes 422 HQ in QuickTime", "QUICKTIME", "PRORES"),
}
