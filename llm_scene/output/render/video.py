"""Videos from frames, by Blender's own FFmpeg and sequencer."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy

from ...errors import UserError
from ...scene.compat import video_format
from ...scene.engines import STANDARD, set_view
from ...scene.picture import output_path, set_rate
from ...writing import check_target, whole_file
from .containers import CONTAINERS, Container
from .worker import answer_file


def check_format(path: Path) -> None:
    """Raise UserError unless a video can be written to `path`."""
    if path.suffix.lower() not in CONTAINERS:
        kinds = ", ".join(CONTAINERS)
        raise UserError(
            f"Videos are written as {kinds}, not {path.suffix}; without a suffix, as a folder of frames."
        )
    check_target(path)


def assemble(
    pictures: Mapping[int, Path],
    path: Path,
    size: tuple[int, int],
    fps: float,
) -> None:
    """Make a video as `encode` does, whole or not at all."""
    with whole_file(path) as temporary:
        encode(pictures, temporary, size, fps)


def encode(
    pictures: Mapping[int, Path],
    path: Path,
    size: tuple[int, int],
    fps: float,
) -> None:
    """Make a video in the format that the suffix of `path` names.

    `pictures` are files by the frame of the film that they show. H.264 and VP9 need even sizes: a last odd
    row or column is cut off.
    """
    kind = CONTAINERS[path.suffix.lower()]
    first, *others = pictures.values()
    before = bpy.context.window.scene
    scene = bpy.data.scenes.new("LLM Scene video")
    try:
        _set_up(scene, kind, (size[0] // 2 * 2, size[1] // 2 * 2), fps, len(pictures))
        strips = scene.sequence_editor_create().strips
        strip = strips.new_image("frames", str(first.resolve()), 1, 0, fit_method="ORIGINAL")
        for picture in others:
            strip.elements.append(picture.name)
        bpy.context.window.scene = scene
        scene.render.filepath = output_path(path)
        bpy.ops.render.render(animation=True, scene=scene.name)
        if not path.is_file() or not path.stat().st_size:
            raise UserError("Blender could not write the video: is the disk full?")
    except TypeError as error:  # a menu without what was chosen
        raise UserError(f"This Blender cannot write {kind.title}: {' '.join(str(error).split())}") from None
    except RuntimeError as error:
        raise UserError(f"Blender could not write the video: {' '.join(str(error).split())}") from None
    finally:
        bpy.context.window.scene = before
        bpy.data.scenes.remove(scene)


def _set_up(
    scene: bpy.types.Scene, kind: Container, size: tuple[int, int], fps: float, n_frames: int
) -> None:
    render = scene.render
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    set_rate(render, fps)
    render.use_file_extension = False
    video_format(render.image_settings)
    for name in (rna.identifier for rna in render.bl_rna.properties):
        if name.startswith("use_stamp"):  # the time and place of rendering would differ every time
            setattr(render, name, False)
    scene.frame_start, scene.frame_end = 0, n_frames - 1
    set_view(scene, STANDARD)  # the frames have been through one already
    render.image_settings.color_mode = "RGB"
    video = render.ffmpeg
    video.format, video.codec, video.audio_codec = kind.container, kind.codec, "NONE"
    video.gopsize, video.ffmpeg_preset = render.fps, "GOOD"
    if kind.codec == "PRORES":
        video.ffmpeg_prores_profile = "422_HQ"
    else:
        video.constant_rate_factor = "HIGH"


def encode_video(_: dict[str, Any]) -> None:
    """Put the frames that standard input names together to a video."""
    answers = answer_file()
    job = json.loads(sys.stdin.readline())
    try:
        encode(
            {frame: Path(path) for frame, path in job["pictures"]},
            Path(job["video"]),
            tuple(job["size"]),
            job["fps"],
        )
        answer = {"video": job["video"]}
    except UserError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), file=answers, flush=True)
