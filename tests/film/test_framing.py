"""Where the camera must stand: everything inside the safe part of the frame, and no further away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.film.film import Pose
from llm_scene.film.framing import SAFE, axes, frame, overview, project, whole
from llm_scene.layout import Arrangement, Box, arrange
from llm_scene.layout.layout import BLOCKS
from llm_scene.network import Config, declare
from tests.film.staged import ARRANGED, SHAPES, Shape, stage

places = st.tuples(*[st.floats(-300, 300)] * 3)
extents = st.tuples(st.floats(1, 200), st.floats(1, 200), st.floats(1, 200))
azimuths, elevations = st.floats(-60, 60), st.floats(-20, 60)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    low = np.array(draw(places))
    high = low + np.array(draw(extents))
    return Box(tuple(map(float, low)), tuple(map(float, high)))


def outline(subject: list[Box], pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest frame coordinates of all corners."""
    corners = project(np.concatenate([box.corners() for box in subject]), pose)
    assert corners[:, 2].min() > 0, "a corner is behind the camera"
    return corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)


def assert_framed(
    subject: list[Box], pose: Pose, safe: tuple[float, float, float, float], margin: float
) -> None:
    """Inside the safe part, in the middle of it, and one side of it filled to 3 %."""
    low, high = outline(subject, pose)
    room = np.array([safe[1] - safe[0], safe[3] - safe[2]]) / margin
    middle = np.array([safe[0] + safe[1], safe[2] + safe[3]]) / 2
    assert (low >= middle - room / 2 - 5e-3).all() and (high <= middle + room / 2 + 5e-3).all()
    depth = project(np.concatenate([box.corners() for box in subject]), pose)[:, 2]
    nearest = depth.min() < 0.026 * (depth.min() + depth.max())  # any nearer and the camera stood in it
    assert nearest or ((high - low) / room).max() >= 0.97, "it could be nearer"
    assert (low + high) / 2 == pytest.approx(middle, abs=5e-3)


@settings(max_examples=200)
@given(st.lists(boxes(), min_size=1, max_size=4), azimuths, elevations, st.floats(18, 90), st.floats(1, 1.5))
def test_a_subject_fills_the_safe_part_and_no_more(
    subject: list[Box], azimuth: float, elevation: float, lens: float, margin: float
) -> None:
    pose = frame(subject, azimuth, elevation, lens=lens, margin=margin)
    assert (pose.azimuth, pose.elevation, pose.lens) == (azimuth, elevation, lens)
    assert_framed(subject, pose, SAFE, margin)


@settings(max_examples=60)
@given(st.floats(0.05, 0.3), st.floats(200, 4000), azimuths)
def test_long_subjects_too(share: float, length: float, azimuth: float) -> None:
    """A deep model is a long low box; seen along it, its near end is much larger than its far end."""
    model = Box((0, 0, 0), (length, 0.1 * length, share * length))
    assert_framed([model], frame([model], azimuth, 12, lens=26), SAFE, 1.0)


@pytest.mark.parametrize(
    "shape", [*SHAPES[:14], *ARRANGED, Shape("gpt2", 12, 1, 2), Shape("gpt2", 8, 4, 11)], ids=str
)
def test_the_overview_shows_the_whole_model(shape: Shape) -> None:
    layout = stage(shape).layout
    low, high = outline([layout.box], overview(layout))
    assert low.min() >= -0.93 and high.max() <= 0.93


@pytest.mark.parametrize("shape", [*SHAPES[:14], *ARRANGED], ids=str)
def test_everything_of_a_small_vocabulary_belongs_to_the_whole(shape: Shape) -> None:
    layout = stage(shape).layout
    candidates = [c.box for c in layout.candidates] if layout.arrangement.blocks == "plan" else []
    assert whole(layout) == Box.around([layout.box, *candidates])


@pytest.mark.parametrize("blocks", BLOCKS)
def test_a_large_vocabulary_does_not_make_the_blocks_small(blocks: str) -> None:
    """Tables of GPT-2's proportions run out of the picture of the whole; the blocks stay in it."""
    network = declare(Config("gpt2", 4, 4, 48, 12, 192, 11, 3140, 4))
    layout = arrange(network, 6, arrangement=Arrangement("grid", blocks))
    seen = whole(layout)
    inner = [s.box for s in layout.sections if s.path[0].startswith("Transformer")]
    assert Box.around([seen, *inner]) == seen
    assert seen.size[2] < 0.6 * layout.box.size[2]
    low, high = outline([seen], overview(layout))
    assert low.min() >= -0.93 and high.max() <= 0.93


@given(places, azimuths, elevations, st.floats(1, 500))
def test_the_target_is_in_the_middle(
    target: tuple, azimuth: float, elevation: float, distance: float
) -> None:
    pose = Pose(target, azimuth, elevation, distance)
    assert project(np.array([target]), pose)[0] == pytest.approx([0, 0, distance], abs=1e-6)


@given(places, azimuths, elevations, st.floats(1, 500), st.floats(15, 90))
def test_the_edge_of_the_frame(
    target: tuple, azimuth: float, elevation: float, distance: float, lens: float
) -> None:
    """Half the sensor's width at the distance of the lens, as similar triangles have it."""
    pose = Pose(target, azimuth, elevation, distance, lens)
    right, up, _ = axes(azimuth, elevation)
    half = distance * 18 / lens
    edges = np.array(target) + np.array([half * right, half * 9 / 16 * up])
    assert project(edges, pose)[:, :2] == pytest.approx(np.eye(2), abs=1e-6)


@given(st.floats(-180, 180), st.floats(-89, 89))
def test_axes_are_orthonormal_and_upright(azimuth: float, elevation: float) -> None:
    basis = np.array(axes(azimuth, elevation))
    assert basis @ basis.T == pytest.approx(np.eye(3), abs=1e-9)
    assert basis[0, 2] == 0, "the horizon tilts"
    assert basis[1, 2] > 0, "upside down"


def test_a_tall_frame() -> None:
    """Upright video: the sensor's longer side is the height."""
    subject = [Box((0, 0, 0), (10, 1, 10))]
    pose = frame(subject, 0, 0, aspect=9 / 16)
    places = project(subject[0].corners(), pose, aspect=9 / 16)
    assert np.ptp(places[:, 0]) == pytest.approx(SAFE[1] - SAFE[0], rel=0.03)
    assert (places[:, 1] >= SAFE[2]).all() and (places[:, 1] <= SAFE[3]).all()
