"""The film camera: a turntable rig whose few keyframes an artist can take over.

An empty stands at what the camera looks at and turns (azimuth, elevation); the camera hangs on it at a
distance. An orbit is one pair of keys on the empty, a push-in one pair on the camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import bpy

from ..film.film import Pose
from ..film.framing import SENSOR

CAMERA, TARGET = "Film camera", "Film camera target"
Rig = tuple[bpy.types.Object, bpy.types.Object]  # the camera and its target
Channel = tuple[bpy.types.ID, str, int, Callable[[Pose], float]]  # a property, and its value in a pose


def new_rig(scene: bpy.types.Scene, pose: Pose, into: bpy.types.Collection) -> Rig:
    """The camera of a scene and its target, in a pose."""
    data = bpy.data.cameras.new(CAMERA)
    data.sensor_width = SENSOR
    camera = bpy.data.objects.new(CAMERA, data)
    target = bpy.data.objects.new(TARGET, None)
    camera.parent = target
    camera.rotation_euler = (math.pi / 2, 0, 0)
    into.objects.link(target)
    into.objects.link(camera)
    scene.camera = camera
    place((camera, target), pose)
    return camera, target


def place(rig: Rig, pose: Pose) -> None:
    """Put the rig into a pose."""
    camera, target = rig
    target.location = pose.target
    target.rotation_euler = (-math.radians(pose.elevation), 0, math.radians(pose.azimuth))
    camera.location = (0, -pose.distance, 0)
    camera.data.lens = pose.lens
    camera.data.dof.aperture_fstop = aperture(pose)


def channels(rig: Rig) -> Iterator[Channel]:
    """What a pose moves."""
    camera, target = rig
    yield target, "location", 0, lambda pose: pose.target[0]
    yield target, "location", 1, lambda pose: pose.target[1]
    yield target, "location", 2, lambda pose: pose.target[2]
    yield target, "rotation_euler", 0, lambda pose: -math.radians(pose.elevation)
    yield target, "rotation_euler", 2, lambda pose: math.radians(pose.azimuth)
    yield camera, "location", 1, lambda pose: -pose.distance


def optics(rig: Rig) -> Iterator[Channel]:
    """What a pose sees through."""
    data = rig[0].data
    yield data, "lens", 0, lambda pose: pose.lens
    yield data, "dof.aperture_fstop", 0, aperture


def aperture(pose: Pose) -> float:
    """Blender's f-stop for a pose's relative one.

    The disc of confusion in the picture is lens² / (1000 · f-stop · distance) of the depth ratio, so an
    f-stop that falls with the distance blurs all scales alike; 128 is sharp.
    """
    if pose.fstop <= 0:
        return 128.0
    return pose.fstop * pose.lens / (1000 * pose.distance) * 40
