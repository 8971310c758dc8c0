"""Where the panel's films go: any prompt, any path, with and without //."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import bpy
import pytest

from llm_scene.errors import UserError
from llm_scene.output.formats import FORMATS
from llm_scene.ui.library import RECIPE
from llm_scene.ui.operators import film_path, named_film


def test_a_path_that_ends_as_a_folder_means_inside_of_it(generated: Any, tmp_path: Path) -> None:
    generated.llm_scene_settings.film_path = f"{tmp_path}/new/"
    assert film_path(generated).parent == tmp_path / "new"
    assert film_path(generated).suffix == ".mp4"
    assert named_film(str(tmp_path), "a.mp4") == tmp_path / "a.mp4"
    assert named_film(str(tmp_path / "b"), "a.mp4") == tmp_path / "b.mp4"
    assert named_film(str(tmp_path / "b.webm"), "a.mp4") == tmp_path / "b.webm"


def test_two_slashes_mean_beside_the_file(
    generated: Any, tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    with pytest.raises(UserError, match="Save the"):
        named_film("//film.mp4", "a.mp4")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mine.blend"))
    generated.llm_scene_settings.film_path = "//films/"
    assert film_path(generated).parent == tmp_path / "films"
    with pytest.raises(RuntimeError, match="does not exist"):
        bpy.ops.llm_scene.render(filepath="//films/film.mp4")
    assert "relative" not in "".join(capfd.readouterr()).lower()


def test_two_slashes_mean_the_same_for_every_file(generated: Any) -> None:
    for form in FORMATS.values():
        do = getattr(bpy.ops.llm_scene, form.operator.partition(".")[2])
        with warnings.catch_warnings(), pytest.raises(RuntimeError, match="Save the"):
            warnings.simplefilter("error")
            do(filepath="//file")


@pytest.mark.parametrize(
    "prompt", ["{CBA}", "#CBA %", "CBA/../x", "C\nBA", "CON", "C\u202eBA", "\x85B\u2028A"]
)
def test_a_film_is_called_after_any_prompt(generated: Any, prompt: str, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mine.blend"))
    generated[RECIPE] = json.dumps(json.loads(generated[RECIPE]) | {"text": prompt})
    path = film_path(generated)
    assert path.parent == tmp_path and path.name.isprintable()
    path.touch()
    assert [each.name for each in tmp_path.glob("*.mp4")] == [path.name]


def test_without_online_access_no_cluster_is_asked(generated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from llm_scene.ui import preferences

    monkeypatch.setattr(preferences, "cluster", lambda: "tcp://127.0.0.1:1")
    if bpy.app.online_access:
        pytest.skip("this Blender is online, and cannot be told otherwise from Python")
    with pytest.raises(RuntimeError, match="Blender is offline"):
        bpy.ops.llm_scene.render(filepath="/nowhere.mp4")
