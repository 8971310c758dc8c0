"""The long move: through its poses, never back, never with a jerk."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.film.film import Pose
from llm_scene.film.pullback import Curve, Path, Pullback

POSES = (
    Pose((2.5, 0, 40), -24, 9, 5, 32),
    Pose((700, 30, 100), -30, 14, 1700, 32),
    Pose((20_000, 30_000, 900), -30, 24, 70_000, 32),
    Pose((300_000, 500_000, 9_000), -30, 24, 2_000_000, 32),
)
PATH = Path((0.0, 10.0, 18.0, 40.0), POSES)
FRAMES = [PATH.pose(frame / 24) for frame in range(40 * 24 + 1)]


@given(st.lists(st.tuples(st.floats(0.01, 10), st.floats(-1e3, 1e3)), min_size=2, max_size=8))
def test_curves_pass_through_their_points_and_stay_between_them(steps: list[tuple[float, float]]) -> None:
    at = tuple(float(x) for x in np.cumsum([step for step, _ in steps]))
    values = tuple(value for _, value in steps)
    curve = Curve(at, values)
    for x, value in zip(at, values, strict=True):
        assert curve(x) == pytest.approx(value, rel=1e-6, abs=1e-6)
    for n in range(len(at) - 1):
        low, high = sorted(values[n : n + 2])
        for x in np.linspace(at[n], at[n + 1], 9):
            assert low - 1e-6 <= curve(float(x)) <= high + 1e-6
    assert (curve(at[0] - 1), curve(at[-1] + 1)) == (values[0], pytest.approx(values[-1]))


def test_the_path_passes_through_its_poses() -> None:
    for time, pose in zip(PATH.times, POSES, strict=True):
        seen = PATH.pose(time)
        assert seen.distance == pytest.approx(pose.distance, rel=1e-6)
        assert seen.target == pytest.approx(pose.target, rel=1e-6, abs=1e-3)
        assert (seen.azimuth, seen.elevation) == pytest.approx((pose.azimuth, pose.elevation))


def test_from_frame_to_frame_nothing_jumps() -> None:
    """Relative to how far things are, the camera moves and turns little, and its speed changes little."""
    speeds = np.diff([math.log(pose.distance) for pose in FRAMES])
    assert (speeds >= 0).all()
    assert speeds.max() < 0.05
    assert np.abs(np.diff(speeds)).max() < 0.0015
    for one, other in itertools.pairwise(FRAMES):
        assert math.dist(one.target, other.target) < 0.06 * one.distance
        assert abs(one.azimuth - other.azimuth) + abs(one.elevation - other.elevation) < 0.2


@given(st.floats(5.001, 1_999_999))
def test_when_is_the_inverse_of_distance(distance: float) -> None:
    assert PATH.distance(PATH.when(distance)) == pytest.approx(distance, rel=1e-6)


def test_when_is_held_at_the_ends() -> None:
    assert PATH.when(1.0) == pytest.approx(0.0, abs=1e-6)
    assert PATH.when(1e9) == 40.0


def test_parts_of_the_move_follow_it_wherever_they_are_put() -> None:
    part = Pullback(3.0, 9.0, (), PATH.pose(12), PATH.pose(18), path=PATH, begun=12.0)
    assert part.pose(3.0) == PATH.pose(12.0)
    assert part.pose(5.5) == PATH.pose(14.5)
    assert part.pose(99.0) == PATH.pose(18.0)
