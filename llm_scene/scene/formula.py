"""Formulas as flat meshes."""

from __future__ import annotations

import math

import bpy
import numpy as np

from ..film.formula import setting
from ..film.props import Formula
from ..network.ops import Numbers
from .labels import flat_object
from .outlines import Flat, Outline, few, filled


def formula_object(formula: Formula, material: bpy.types.Material) -> bpy.types.Object:
    """A part of a formula, facing the viewer."""
    corners, triangles = formula_shape(formula)
    thing = flat_object(formula.name, corners, triangles, material)
    thing.location = formula.at
    thing.rotation_euler = (math.pi / 2, 0.0, 0.0)
    return thing


def formula_shape(formula: Formula, coarse: float = 0.0) -> Flat:
    """Corners `[n, 2]` around the middle of the whole formula, and triangles.

    Outlines may stray by `coarse` of the type's size, so that they have fewer corners.
    """
    outlines = [few(outline, coarse) for outline in setting(formula.tex).parts[formula.part]]
    starts = np.cumsum([0, *map(len, outlines)])
    edges = [_round(start, len(outline)) for start, outline in zip(starts, outlines, strict=False)]
    corners, triangles = filled(Outline(np.concatenate(outlines), np.concatenate(edges)))
    return corners * formula.size, triangles


def _round(start: int, count: int) -> Numbers:
    """The edges of a closed outline whose points are numbered from `start` on."""
    here = start + np.arange(count)
    return np.stack([here, np.roll(here, -1)], axis=1)
