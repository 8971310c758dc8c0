"""The film camera: a turntable rig whose few keyframes an artist can take over.

An empty stands at what the camera looks at and turns (azimuth, elevation); the camera hangs on it at a
distance. An orbit is one pair of keys on the empty, a push-in one pair on the camera.
"""

from __future__ import annotations

import math

import bpy

from ..film.film import Film, Pose
from ..film.framing import overview
from ..layout.layout import Layout

CAMERA, TARGET = "Film camera", "Film camera target"


def film_camera(
    scene: bpy.types.Scene, layout: Layout, film: Film | None, into: bpy.types.Collection
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """(camera, target), placed at the film's start, or looking at the whole model without a film."""
    data = bpy.data.cameras.new(CAMERA)
    data.sensor_width = 36
    data.clip_start, data.clip_end = 1.0, 20 * max(layout.box.size)
    data.dof.use_dof = True
    camera = bpy.data.objects.new(CAMERA, data)
    target = bpy.data.objects.new(TARGET, None)
    target.empty_display_size = layout.gap
    camera.parent = target
    camera.rotation_euler = (math.pi / 2, 0, 0)
    into.objects.link(target)
    into.objects.link(camera)
    data.dof.focus_object = target
    scene.camera = camera
    place(camera, target, film.pose(0.0) if film else overview(layout))
    return camera, target


def place(camera: bpy.types.Object, target: bpy.types.Object, pose: Pose) -> None:
    """Put the rig into a pose."""
    target.location = pose.target
    target.rotation_euler = (-math.radians(pose.elevation), 0, math.radians(pose.azimuth))
    camera.location = (0, -pose.distance, 0)
    camera.data.lens = pose.lens
    camera.data.dof.aperture_fstop = aperture(pose)


def aperture(pose: Pose) -> float:
    """Blender's f-stop for a pose's relative one.

    The disc of confusion in the picture is lens² / (1000 · f-stop · distance) of the depth ratio, so an
    f-stop that falls with the distance blurs all scales alike; 128 is sharp.
    """
    if pose.fstop <= 0:
        return 128.0
    return pose.fstop * pose.lens / (1000 * pose.distance) * 40
