"""A chapter is stretched and shifted with everything in it."""

from typing import Any

import bpy
import numpy as np
import pytest

from llm_scene.film.retiming import Retiming, stretched
from llm_scene.scene.retime import animated, curves
from llm_scene.ui import library
from llm_scene.ui.exporting import shown_in
from llm_scene.ui.timing import parts


@pytest.fixture
def short(addon: None) -> bpy.types.Scene:
    bpy.context.scene.llm_scene_settings.cut = "short"
    bpy.ops.llm_scene.generate()
    return bpy.context.scene


def sampled(scene: Any, times: np.ndarray) -> list[list[float]]:
    return [[curve.evaluate(t) for t in times] for curve in curves(scene)]


def crossing(scene: Any, knots: list[float], times: np.ndarray) -> np.ndarray:
    """Which samples, `[curves, times]`, lie between two keys with a knot between them, where pace changes."""
    found = []
    for curve in curves(scene):
        keys = np.array([point.co.x for point in curve.keyframe_points])
        moves = np.array([point.interpolation != "CONSTANT" for point in curve.keyframe_points])
        n = np.searchsorted(keys, times, side="right") - 1
        inside = (n >= 0) & (n < len(keys) - 1)
        n = np.clip(n, 0, max(len(keys) - 2, 0))
        ends = keys[np.minimum(n + 1, len(keys) - 1)]
        over = np.any([(keys[n] < knot - 1e-3) & (knot + 1e-3 < ends) for knot in knots], axis=0)
        found.append(inside & moves[n] & over)
    return np.array(found)


def test_everything_moves_and_nothing_is_lost(short: Any) -> None:
    mine = bpy.data.objects.new("mine", None)
    short.collection.objects.link(mine)
    for frame in (1, 200, 600):
        mine.location.x = frame
        mine.keyframe_insert("location", index=0, frame=frame)
    for point in mine.animation_data.action.layers[0].strips[0].channelbags[0].fcurves[0].keyframe_points:
        point.interpolation = "LINEAR"
    name, since, start, end = parts(short)[2]
    fps = short.render.fps
    length, shift = 1.75 * (end - start), 1.5 * fps
    when = stretched(start, end, length, shift, since)
    count = sum(len(curve.keyframe_points) for curve in curves(short))
    every = sum(
        len(curve.keyframe_points)
        for action in bpy.data.actions
        for layer in action.layers
        for strip in layer.strips
        for bag in strip.channelbags
        for curve in bag.fcurves
    )
    assert count == every > 3000  # none is missed
    times = np.random.default_rng(0).uniform(0, short.frame_end, 40)
    before, across = sampled(short, times), crossing(short, [since, start, end], times)
    markers = [marker.frame for marker in short.timeline_markers]
    last = short.frame_end
    bpy.ops.llm_scene.retime(chapter=name, length=length / fps, shift=1.5)
    after = np.array(sampled(short, when(times)))
    assert sum(len(curve.keyframe_points) for curve in curves(short)) == count
    same = np.isclose(np.array(before), after, rtol=2e-3, atol=2e-3)
    assert np.all(same | across) and across.mean() < 0.02
    assert [m.frame for m in short.timeline_markers] == [round(when.at(frame)) for frame in markers]
    assert short.frame_end == round(when.at(last + 1)) - 1
    assert mine in set(animated(short))


def test_what_jumps_goes_on_jumping_where_time_is_short(short: Any) -> None:
    """Blender melts keys that lie closer than a hundredth of a frame."""
    name, since, start, end = parts(short)[2]
    times = np.random.default_rng(1).uniform(start, end, 40)
    before = [[(p.co.y, p.interpolation) for p in curve.keyframe_points] for curve in curves(short)]
    values, across = np.array(sampled(short, times)), crossing(short, [since, start, end], times)
    bpy.ops.llm_scene.retime(chapter=name, length=0.3 * (end - start) / short.render.fps)
    assert [[(p.co.y, p.interpolation) for p in curve.keyframe_points] for curve in curves(short)] == before
    after = np.array(sampled(short, stretched(start, end, 0.3 * (end - start), 0, since)(times)))
    same = np.isclose(values, after, rtol=1e-2, atol=1e-2)
    assert np.mean(same | across) > 0.999


def test_captions_and_exports_follow(short: Any) -> None:
    told = library.film_of(short)
    name, since, start, end = parts(short)[3]
    bpy.ops.llm_scene.retime(chapter=name, length=2 * (end - start) / 24)
    film = shown_in(short).film
    when = stretched(start, end, 2 * (end - start), 0, since).scaled(1 / 24)
    assert [c.text for c in film.captions] == [c.text for c in told.captions]
    for one, other in zip(told.captions, film.captions, strict=True):
        assert (when.at(one.start), when.at(one.end)) == pytest.approx((other.start, other.end), abs=0.01)
    assert film.n_frames == short.frame_end + 1
    assert film.duration == pytest.approx(told.duration + (end - start) / 24, abs=0.05)


def test_it_can_be_undone_and_says_what_is_wrong(short: Any) -> None:
    bpy.ops.ed.undo_push(message="before")
    keys = [[tuple(p.co) for p in curve.keyframe_points] for curve in curves(short)]
    bpy.ops.llm_scene.retime("EXEC_DEFAULT", True, length=9.0)
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    assert [[tuple(p.co) for p in curve.keyframe_points] for curve in curves(scene)] == keys
    for wrong, said in (
        ({"chapter": "Lunch"}, "no such chapter"),
        ({"length": 0.01}, "at least"),
        ({"shift": -1.0}, "cannot begin earlier"),
    ):
        with pytest.raises(RuntimeError, match=said):
            bpy.ops.llm_scene.retime(**wrong)


def test_one_retiming_after_the_other() -> None:
    one, other = stretched(2, 4, 5, 1, 0), stretched(3, 8, 2)
    times = np.linspace(-1, 12, 50)
    assert one.then(other)(times) == pytest.approx(other(one(times)))
    assert one.back(one(times)) == pytest.approx(times)
    assert Retiming()(times) == pytest.approx(times)


def test_as_long_as_before_is_no_change(short: Any, capfd: pytest.CaptureFixture[str]) -> None:
    name, _, start, end = parts(short)[2]
    keys = [point.co.x for curve in curves(short) for point in curve.keyframe_points]
    seconds = round((end - start) / short.render.fps, 2)  # as the dialog shows it
    assert bpy.ops.llm_scene.retime(chapter=name, length=seconds) == {"CANCELLED"}
    assert "nothing has changed" in capfd.readouterr().out
    assert keys == [point.co.x for curve in curves(short) for point in curve.keyframe_points]
