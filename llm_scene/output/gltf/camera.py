"""The film's camera: one lens, and its path as few straight pieces."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ...film.film import Chapter, Film, Pose
from ...film.framing import SENSOR
from ...network.ops import Array
from .actors import MOMENT
from .document import Clip, Document, straightened
from .shapes import turned

CAMERA = "Film camera"
POSITION_ERROR = 1e-3  # of the distance to what the camera looks at
NEAREST_SHARE = 1 / 3  # of the least distance to what the camera looks at, in front of which nothing is
ROTATION_ERROR = 4e-4  # of a quaternion's component


def one_lens(film: Film) -> Film:
    """The film through the lens it uses longest, for a glTF camera cannot zoom in every viewer.

    A pose with another lens gives way to one from further away or nearer, from which what lies as far as
    its target looks as large.
    """
    seconds: dict[float, float] = {}
    for shot in film.shots:
        seconds[shot.b.lens] = seconds.get(shot.b.lens, 0.0) + shot.end - shot.start
    lens = max(seconds, key=lambda lens: seconds[lens])

    def through(pose: Pose) -> Pose:
        return replace(pose, lens=lens, distance=pose.distance * lens / pose.lens)

    def retold(chapter: Chapter) -> Chapter:
        shots = (replace(shot, a=through(shot.a), b=through(shot.b)) for shot in chapter.shots)
        return replace(chapter, shots=tuple(shots))

    return replace(film, chapters=tuple(retold(chapter) for chapter in film.chapters))


def nearest(film: Film) -> float:
    """From how far on the film's camera sees: the further, the finer depths are told apart behind it."""
    return NEAREST_SHARE * min(pose.distance for shot in film.shots for pose in (shot.a, shot.b))


def add_camera(document: Document, pose: Pose, aspect: float, reach: float, near: float) -> int:
    """The film's camera in its first pose; `reach` is how far the model extends."""
    height = 2 * math.atan(SENSOR / 2 / pose.lens / aspect)  # of the view, in radians
    view = {"yfov": height, "aspectRatio": aspect, "znear": near, "zfar": 20 * reach}
    camera = document.add("cameras", {"name": CAMERA, "type": "perspective", "perspective": view})
    place, rotation = _stand(pose)
    return document.node(CAMERA, camera=camera, translation=place.tolist(), rotation=rotation.tolist())


def key_camera(clip: Clip, node: int, film: Film) -> None:
    """The camera's path, as few straight pieces as it takes; cuts stay cuts."""
    frames = [frame / film.fps for frame in range(math.ceil(film.duration * film.fps))] + [film.duration]
    poses = [film.pose(t) for t in frames]
    stands = [_stand(pose) for pose in poses]
    path = np.array([np.r_[place, rotation] for place, rotation in stands])  # [frames, 7]
    for i in range(1, len(path)):
        if path[i, 3:] @ path[i - 1, 3:] < 0:
            path[i, 3:] *= -1
    allowed = np.array([[POSITION_ERROR * pose.distance] * 3 + [ROTATION_ERROR] * 4 for pose in poses])
    cuts = [0, *_cuts(film), len(path)]
    times: list[float] = []
    kept: list[int] = []
    for first, after in pairwise(cuts):
        keys = first + straightened(np.array(frames[first:after]), path[first:after], allowed[first:after])
        if first > 0:
            jump = frames[first] - 0.5 / film.fps
            times += [jump - MOMENT, jump]
            kept += [first - 1, first]
        times += [frames[key] for key in keys]
        kept += keys.tolist()
    clip.track(node, "translation", times, path[kept, :3])
    clip.track(
        node, "rotation", times, path[kept, 3:] / np.linalg.norm(path[kept, 3:], axis=1, keepdims=True)
    )


def _stand(pose: Pose) -> tuple[Array, Array]:
    """Where the camera stands, and its quaternion (x, y, z, w): a turn to the side, then a tilt."""
    a, e = math.radians(pose.azimuth) / 2, -math.radians(pose.elevation) / 2
    turn, tilt = (math.sin(a), math.cos(a)), (math.sin(e), math.cos(e))
    rotation = (turn[1] * tilt[0], turn[0] * tilt[1], -turn[0] * tilt[0], turn[1] * tilt[1])
    return turned(np.array(pose.eye)), np.array(rotation)


def _cuts(film: Film) -> list[int]:
    """The frames with which a shot begins elsewhere than the one before ended."""
    return [math.ceil(cut * film.fps - 1e-6) for cut in film.cuts]
