"""Keys say what cues say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.film.film import Chapter, Cue, Film
from llm_scene.film.keys import keys, rising, straight

JUMP = 0.001


@st.composite
def tracks(draw: st.DrawFn) -> list[Cue]:
    """Cues of one channel, one after the other, some of them at once or without a break."""
    cues, now = [], draw(st.floats(0, 2))
    for _ in range(draw(st.integers(1, 6))):
        end = now + draw(st.sampled_from([0.0, 0.5, 1.0]))
        a, b = draw(st.floats(-1, 1)), draw(st.floats(-1, 1))
        cues.append(Cue("x", "y", now, end, a, b, draw(st.sampled_from(["linear", "smooth", "cubic"]))))
        now = end + draw(st.sampled_from([0.1, 1.0]))
    return cues


@given(tracks())
def test_straight_pieces_follow_the_film(cues: list[Cue]) -> None:
    film = Film("x", (Chapter("x", "x", 0.0, 99.0, (), tuple(cues), ()),))
    times, values = rising(straight(cues, 64), JUMP)
    assert np.all(np.diff(times) > 0) and times[0] >= 0
    for time in np.linspace(0, cues[-1].end + 1, 40).tolist():
        if min(abs(time - edge) for cue in cues for edge in (cue.start, cue.end)) > 2 * JUMP:
            assert abs(np.interp(time, times, values) - film.value("x", "y", time)) < 0.01


@given(tracks())
def test_keys_rise_and_hold_between_cues(cues: list[Cue]) -> None:
    found = keys(cues, JUMP)
    assert found[-1][1] == cues[-1].b
    assert all(a[0] < b[0] for a, b in pairwise(found))


def test_a_jump_keeps_its_old_value_until_just_before() -> None:
    found = keys(
        [Cue("x", "hidden", 0.0, 2.0, 1.0, 0.0, "step"), Cue("x", "hidden", 2.0, 3.0, 1.0, 1.0)], JUMP
    )
    assert found == [(0.0, 1.0, "step"), (2.0 - JUMP, 0.0, "step"), (2.0, 1.0, "linear"), (3.0, 1.0, "step")]


@given(tracks(), st.floats(0, 4), st.floats(0.1, 8))
def test_what_falls_between_two_times_is_as_it_was(cues: list[Cue], start: float, length: float) -> None:
    """Changes at once are kept too: what flew to a place stands there."""
    end = start + length
    for cue in cues:
        part = cue.within(start, end)
        if part is None:
            assert (
                cue.end < start
                or cue.start > end
                or (cue.start < cue.end and min(cue.end - start, end - cue.start) <= 0)
            )
        else:
            assert start <= part.start <= part.end <= end
            assert (part.a, part.b) == (
                cue.a if cue.start >= start else cue.value(start),
                cue.b if cue.end <= end else cue.value(end),
            )
