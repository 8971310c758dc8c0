"""The wall that the model hangs on: names and letters are read before it, whatever room a viewer has."""

from __future__ import annotations

import numpy as np

from ...layout.layout import Layout
from ...layout.room import wall_depth
from ...look import Look, linear
from .document import Document
from .shapes import QUAD, turned

AROUND = 0.35  # of the model's largest extent, beyond it to all sides


def add_wall(document: Document, layout: Layout, look: Look) -> int:
    """A flat wall behind the model, seen from its front only; returns the node."""
    box, more = layout.box, AROUND * max(layout.box.size)
    (left, _, low), (right, _, high) = (np.array(box.low) - more, np.array(box.high) + more)
    y = wall_depth(box)
    corners = turned(np.array([(left, y, low), (right, y, low), (right, y, high), (left, y, high)]))
    paint = document.material("Wall", surface={"baseColorFactor": [*linear(look.wall), 1]})
    wall = document.primitive(paint, QUAD, POSITION=corners.astype(np.float32))
    return document.node("Wall", mesh=document.mesh(wall))
