"""The light of a room: what falls on a surface, and how it becomes a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..network.ops import Array
from .colour import Rgb

FRONT = (0.0, -1.0, 0.0)  # where sheets face


@dataclass(frozen=True)
class Sun:
    """Parallel light."""

    name: str
    degrees: tuple[float, float, float]  # Euler angles, XYZ; at zero it shines straight down
    strength: float  # W/m²
    colour: Rgb
    softness: float  # degrees that its disc takes: how soft its shadows are

    @property
    def way(self) -> Array:
        """The unit vector towards it."""
        a, b, _ = (math.radians(angle) for angle in self.degrees)
        c = math.radians(self.degrees[2])
        x, y, z = math.sin(b) * math.cos(a), -math.sin(a), math.cos(b) * math.cos(a)
        return np.array([x * math.cos(c) - y * math.sin(c), x * math.sin(c) + y * math.cos(c), z])


@dataclass(frozen=True)
class Light:
    """Suns, and what comes from all around."""

    suns: tuple[Sun, ...]
    ambient: float  # share of a surface's colour that light from all around shows
    glow: float  # share by which surfaces shine themselves, so that no shadow swallows them
    tone: str  # Blender's view transform

    def on(self, normal: tuple[float, float, float] = FRONT) -> Array:
        """What a matt surface shows of its colour, `[3]`: 1 is the colour itself."""
        shares = [
            max(0.0, float(sun.way @ np.array(normal))) * sun.strength / math.pi * np.array(sun.colour)
            for sun in self.suns
        ]
        return self.ambient + self.glow + np.sum(shares, axis=0)
