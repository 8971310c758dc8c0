"""Cells that move on their own, as one mesh whose shape keys are the poses: nothing but native keys."""

from __future__ import annotations

import math

import bpy
import numpy as np

from ..film.props import Swarm
from ..network.ops import Array
from .meshes import fill

BEVEL = 0.09
TOGETHER = 4  # swarms whose numbers of poses differ by less may share a material
# A cell around its centre, its front (towards -y) bevelled: corners of the back and of the front.
_BACK = [(x, 0.5, z) for z in (-0.5, 0.5) for x in (-0.5, 0.5)]
_FRONT = [(x, -0.5, z) for _, _, z in _BACK[::2] for x in (-0.5, 0.5)]
_FACES = np.array([
    (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6),
    (4, 5, 9, 8), (5, 7, 11, 9), (7, 6, 10, 11), (6, 4, 8, 10), (8, 9, 11, 10), (2, 3, 1, 0),
])  # fmt: skip

CORNERS, FACES = len(_BACK) + 2 * len(_FRONT), len(_FACES)  # of a cell


def states(swarm: Swarm) -> int:
    """Of how many poses its material knows the colours: rounded up, so that few materials serve all."""
    return TOGETHER * math.ceil(len(swarm.values) / TOGETHER)


def swarm_object(swarm: Swarm, material: bpy.types.Material) -> bpy.types.Object:
    """An object whose shape key k holds pose k; `pose` moves from one to the next."""
    corners = _corners(swarm).astype(np.float32)
    poses, n = swarm.places.shape[:2]
    mesh = bpy.data.meshes.new(swarm.name)
    faces = (_FACES[None] + CORNERS * np.arange(n)[:, None, None]).reshape(-1, 4)
    fill(mesh, corners[0], [faces])
    for pose, values in enumerate(np.repeat(swarm.values, CORNERS, axis=1).astype(np.float32)):
        mesh.attributes.new(f"value {pose}", "FLOAT", "POINT").data.foreach_set("value", values)
    mesh.materials.append(material)
    thing = bpy.data.objects.new(swarm.name, mesh)
    for pose in range(poses):
        key = thing.shape_key_add(name=f"pose {pose}", from_mix=False)
        key.value = 0.0
        if pose:  # the first is as the mesh is
            key.data.foreach_set("co", corners[pose].ravel())
    thing.data.shape_keys.name = swarm.name
    return thing


def _corners(swarm: Swarm) -> Array:
    """Vertices `[poses, CORNERS * n, 3]` of all cells."""
    size = swarm.sizes[:, :, None, :]  # [poses, n, 1, 3]
    bevel = BEVEL * size.min(axis=3, keepdims=True)
    outer, front = np.array(_BACK), np.array(_FRONT)
    back = outer * size
    rim = front * size + (0, 1, 0) * bevel
    face = front * (size - 2 * bevel * (1, 0, 1))
    around = np.concatenate([back, rim, face], axis=2)
    return (around + swarm.places[:, :, None, :]).reshape(len(around), -1, 3)
