"""Formulas as flat meshes."""

from __future__ import annotations

import math

import bpy

from ..film.props import Formula
from .labels import flat_object


def formula_object(formula: Formula, material: bpy.types.Material) -> bpy.types.Object:
    """A part of a formula, facing the viewer."""
    corners, triangles = formula.shape
    thing = flat_object(formula.name, corners, triangles, material)
    thing.location = formula.at
    thing.rotation_euler = (math.pi / 2, 0.0, 0.0)
    return thing
