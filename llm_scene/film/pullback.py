"""One long move of the camera away from a subject, through poses at growing distances, without a cut.

The distance grows evenly in its logarithm, as eyes judge it; what the camera looks at moves with the
distance itself, so that it seems to travel back along a line. Both run smoothly through every pose.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .film import Pose, Shot


@dataclass(frozen=True)
class Curve:
    """A smooth line through points that never overshoots them (Fritsch and Butland 1984)."""

    at: tuple[float, ...]  # growing
    values: tuple[float, ...]

    def __call__(self, x: float) -> float:
        """The value at a place; held before the first point and after the last."""
        n = int(np.clip(np.searchsorted(self.at, x) - 1, 0, len(self.at) - 2))
        width = self.at[n + 1] - self.at[n]
        t = min(1.0, max(0.0, (x - self.at[n]) / width))
        a, b = self.values[n], self.values[n + 1]
        m, k = self._slope(n) * width, self._slope(n + 1) * width
        return float(a + t * (m + t * (3 * (b - a) - 2 * m - k + t * (m + k - 2 * (b - a)))))

    def _slope(self, n: int) -> float:
        """The slope at a point: level at the ends and where the line turns."""
        if n in (0, len(self.at) - 1):
            return 0.0
        before, after = self._rise(n - 1), self._rise(n)
        return 2 * before * after / (before + after) if before * after > 0 else 0.0

    def _rise(self, n: int) -> float:
        return (self.values[n + 1] - self.values[n]) / (self.at[n + 1] - self.at[n])


@dataclass(frozen=True)
class Path:
    """The way of the camera: through `poses` at `times`, which grow as the distances do."""

    times: tuple[float, ...]
    poses: tuple[Pose, ...]

    def pose(self, t: float) -> Pose:
        """Where the camera is at a time."""
        distance = self.distance(t)
        x, y, z = (along(distance) for along in self._target)
        azimuth, elevation = (along(t) for along in self._angles)
        return Pose((x, y, z), azimuth, elevation, distance, self.poses[0].lens)

    def distance(self, t: float) -> float:
        """How far the camera is from what it looks at."""
        return math.exp(self._distance(t))

    def when(self, distance: float) -> float:
        """The time at which the camera is that far away; the first or last where it never is."""
        start, end = self.times[0], self.times[-1]
        for _ in range(48):
            middle = (start + end) / 2
            start, end = (start, middle) if self.distance(middle) > distance else (middle, end)
        return end

    @cached_property
    def _distance(self) -> Curve:
        return self._over_time(lambda pose: math.log(pose.distance))

    @cached_property
    def _angles(self) -> tuple[Curve, Curve]:
        return self._over_time(lambda pose: pose.azimuth), self._over_time(lambda pose: pose.elevation)

    @cached_property
    def _target(self) -> tuple[Curve, ...]:
        distances = tuple(pose.distance for pose in self.poses)
        return tuple(Curve(distances, tuple(pose.target[axis] for pose in self.poses)) for axis in range(3))

    def _over_time(self, read: Callable[[Pose], float]) -> Curve:
        return Curve(self.times, tuple(map(read, self.poses)))


@dataclass(frozen=True)
class Pullback(Shot):
    """A part of the long move; `begun` is the path's time at its start."""

    path: Path = field(kw_only=True, repr=False)
    begun: float = field(kw_only=True)

    def pose(self, t: float) -> Pose:
        return self.path.pose(self.begun + min(max(t, self.start), self.end) - self.start)
