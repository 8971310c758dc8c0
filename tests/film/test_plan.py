"""Cues, shots and films as functions of time."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.film import Chapter, Cue, Film, Pose, Shot
from llm_scene.film.film import EASINGS
from tests.film.staged import NANO, stage

NEAR = Pose((0.0, 0.0, 0.0), -20.0, 10.0, 50.0)
FAR = Pose((10.0, 20.0, 30.0), 20.0, 0.0, 90.0, 26.0, 1.6)


def film(*cues: Cue, end: float = 10.0) -> Film:
    shot = Shot(0.0, end, (), NEAR, FAR)
    return Film("test", (Chapter("one", "One", 0.0, end, (shot,), cues, ()),))


@given(st.sampled_from(sorted(EASINGS)), st.floats(-5, 15), st.floats(-5, 15))
def test_a_cue_goes_from_a_to_b_one_way(easing: str, t: float, later: float) -> None:
    cue = Cue("x", "reveal", 2.0, 7.0, -1.0, 3.0, easing)
    assert cue.value(2.0) == -1 and cue.value(7.0) == 3
    assert -1 <= cue.value(t) <= 3
    if t <= later:
        assert cue.value(t) <= cue.value(later)


@pytest.mark.parametrize("easing", ["smooth", "cubic"])
def test_eased_cues_start_and_end_gently(easing: str) -> None:
    cue = Cue("x", "reveal", 0.0, 1.0, 0.0, 1.0, easing)
    assert cue.value(0.5) == pytest.approx(0.5)
    assert cue.value(0.01) < 0.005 and cue.value(0.99) > 0.995
    assert cue.value(0.3) == pytest.approx(1 - cue.value(0.7))


def test_a_step_jumps_at_its_end() -> None:
    cue = Cue("x", "hidden", 0.0, 4.0, 1.0, 0.0, "step")
    assert [cue.value(t) for t in (0.0, 3.999, 4.0, 9.0)] == [1, 1, 0, 0]


def test_between_cues_the_last_value_is_held() -> None:
    made = film(Cue("x", "dim", 6.0, 7.0, 1.0, 0.25), Cue("x", "dim", 1.0, 3.0, 0.5, 1.0))
    seen = [made.value("x", "dim", t) for t in (0.0, 1.0, 2.0, 3.0, 5.0, 6.5, 8.0)]
    assert seen == [0.5, 0.5, 0.75, 1, 1, 0.625, 0.25]
    assert made.value("x", "highlight", 2.0, rest=0.3) == 0.3
    assert made.value("y", "dim", 2.0) == 0


def test_two_cues_at_once_are_an_error_that_names_both() -> None:
    one, other = Cue("x", "dim", 1.0, 3.0, 0.0, 1.0), Cue("x", "dim", 2.9, 4.0, 1.0, 0.0)
    with pytest.raises(ValueError, match=r"two cues write dim of x at once") as error:
        film(other, one)
    assert repr(one) in str(error.value) and repr(other) in str(error.value)


def test_touching_cues_and_other_channels_do_not_conflict() -> None:
    one = Cue("x", "dim", 1.0, 3.0, 0.0, 1.0)
    made = film(
        one, replace(one, start=3.0, end=4.0), replace(one, channel="reveal"), replace(one, target="y")
    )
    assert len(made.tracks) == 3


def test_poses_go_from_one_to_the_other() -> None:
    made = film()
    assert made.pose(-1.0) == made.pose(0.0) == NEAR
    assert made.pose(10.0) == made.pose(11.0) == FAR
    half = made.pose(5.0)
    assert half.target == pytest.approx((5, 10, 15))
    rest = (half.azimuth, half.elevation, half.distance, half.lens, half.fstop)
    assert rest == pytest.approx((0, 5, 70, 33, 0.8), abs=1e-9)


def test_a_pose_looks_from_its_eye() -> None:
    front = Pose((1.0, 2.0, 3.0), 0.0, 0.0, 10.0)
    assert front.eye == pytest.approx((1, -8, 3))
    assert replace(front, azimuth=90.0).eye == pytest.approx((11, 2, 3))
    assert replace(front, elevation=90.0).eye == pytest.approx((1, 2, 13))


def test_values_and_poses_do_not_depend_on_what_was_asked_before() -> None:
    """Pure: in any order, and of a film composed afresh."""
    one, other = stage(NANO).film, stage.__wrapped__(NANO).film
    rng = random.Random(0)
    times = [rng.uniform(0, one.duration) for _ in range(40)]
    keys = rng.sample(sorted(one.tracks), 60)
    forward = [(one.pose(t), [one.value(*key, t) for key in keys]) for t in times]
    backward = [(other.pose(t), [other.value(*key, t) for key in keys]) for t in reversed(times)]
    assert forward == backward[::-1]


def test_a_moved_chapter_is_the_same_later() -> None:
    chapter = stage(NANO).film.chapters[2]
    start = chapter.start
    moved = chapter.moved(-start)
    assert (moved.start, moved.end) == pytest.approx((0, chapter.end - start))
    assert moved.shots[0].start == 0
    alone, whole = Film("alone", (moved,)), Film("whole", (chapter,))
    for t in (3.0, 5.0, 7.0):
        assert alone.caption(t) is not None
        assert alone.caption(t).text == whole.caption(t + start).text
        for key in list(whole.tracks)[::20]:
            assert alone.value(*key, t) == pytest.approx(whole.value(*key, t + start))


def test_captions_change_at_their_times() -> None:
    made = stage(NANO).film
    first, second = made.captions[:2]
    assert made.caption(first.start - 1e-6) is None
    assert made.caption(first.start) is first
    assert made.caption(first.end - 1e-6) is first
    assert made.caption(second.start) is second
    assert made.caption(made.duration + 1) is None
