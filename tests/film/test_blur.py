"""The shutter is open where something travels, and never sees two shots."""

from __future__ import annotations

import numpy as np
import pytest

from llm_scene.film.blur import NEAR, SHUTTER, beside_cuts, blurred, shutter
from tests.staging.measured import film

NANO, LLAMA = "nano-gpt-sort", "Llama of 30 blocks"
FILMS = [(NANO, "full"), (NANO, "short"), (NANO, "teaser"), (LLAMA, "short")]


@pytest.mark.parametrize(("name", "cut"), FILMS)
def test_travels_are_blurred_and_what_is_read_is_sharp(name: str, cut: str) -> None:
    made = film(name, 6, cut=cut).film
    soft = blurred(made)
    assert soft.shape == (made.n_frames,)
    moments = np.arange(made.n_frames) / made.fps
    for shot in made.shots:
        inside = (moments > shot.start + 1 / made.fps) & (moments < shot.end - 1 / made.fps)
        if not shot.holds:
            assert soft[inside].all()
    assert 0.05 < soft.mean() < 0.5


@pytest.mark.parametrize(("name", "cut"), FILMS)
def test_no_open_shutter_sees_two_shots(name: str, cut: str) -> None:
    made = film(name, 6, cut=cut).film
    assert made.cuts and SHUTTER / 2 < NEAR
    open_at = np.flatnonzero(blurred(made))
    for cut_at in made.cuts:
        assert (np.abs(open_at - cut_at * made.fps) > SHUTTER / 2).all()
    assert cut == "teaser" or beside_cuts(made).any()


def test_a_still_camera_that_turns_back_makes_no_cut() -> None:
    """Poses that differ by what numbers are rounded to are the same."""
    made = film("tiny-austen", 40, cut="short").film
    cuts = set(made.cuts)
    for before, after in zip(made.shots, made.shots[1:], strict=False):
        same = np.allclose([*before.b.eye, before.b.lens], [*after.a.eye, after.a.lens], rtol=1e-6)
        assert not (same and after.start in cuts)


def test_keys_of_the_shutter_say_the_same() -> None:
    made = film(NANO, 6, cut="short").film
    keys = shutter(made)
    times = [time for time, _, _ in keys]
    assert times[0] == 0.0 and times == sorted(set(times))
    assert all(easing == "step" for _, _, easing in keys)
    last = np.searchsorted(times, np.arange(made.n_frames) / made.fps + 1e-9, "right") - 1
    assert ((np.array([value for _, value, _ in keys])[last] > 0) == blurred(made)).all()
