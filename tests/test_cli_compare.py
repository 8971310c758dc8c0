"""`llm-scene compare`: what it leaves, and what it refuses before any work."""

from pathlib import Path

import bpy
import pytest

from llm_scene.cli import main
from tests.refusal import assert_refused


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("compare -o a.blend", "nothing to compare"),
        ("compare gpt9 -o a.blend", "no preset 'gpt9': choose one of"),
        ("compare gpt3 gpt3 -o a.blend", "gpt3 is named twice"),
        ("compare empty -o a.blend", "empty"),
        ("compare gpt3 -o a.png", ".mp4, .webm, .mov"),
        ("compare gpt3 -o missing/a.blend", "The folder missing does not exist"),
        ("compare gpt3 -o missing/a.mp4", "The folder missing does not exist"),
        ("compare gpt3 -o busy", "holds other files"),
        ("compare gpt3", "required: -o/--output"),
        ("compare gpt3 -o a.blend --look neon", "no look 'neon'"),
        ("compare gpt3 -o a.blend --format round", "no format 'round'"),
        ("compare gpt3 -o a.blend --language tlh", "no language of captions 'tlh'"),
        ("compare gpt3 -o a.blend --render-preset best", "no render preset 'best'"),
        ("compare gpt3 -o a.mp4 --frames 0-99999", "The film has frames 0 to"),
    ],
)
def test_mistakes_are_one_sentence_and_change_nothing(
    arguments: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "letter.txt").touch()
    assert_refused(arguments, says, tmp_path, capsys)


def test_a_blend_holds_the_scene_and_its_captions(tmp_path: Path) -> None:
    path = tmp_path / "scale.blend"
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert main(["compare", "nano-gpt-sort", "gpt2-small", "-o", str(path), "--language", "zh"]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["scale.blend"]
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.data.scenes["LLM Scene comparison"]
    assert scene.camera is not None and scene.frame_end > 500
    assert {"gpt2-small weight", "wte.weight", "card gpt2-small"} <= {thing.name for thing in scene.objects}
    texts = [thing.data.body for thing in scene.objects["Screen"].children if thing.type == "FONT"]
    assert any("GPT-2 small" in text and "倍" in text for text in texts)


def test_a_part_of_the_film_is_a_video(tmp_path: Path) -> None:
    film = tmp_path / "scale.mp4"
    bpy.ops.wm.read_factory_settings(use_empty=True)
    small = ["--resolution", "64x36", "--samples", "1", "--frames", "100-101"]
    assert main(["compare", "gpt2-small", "-o", str(film), *small]) == 0
    assert film.stat().st_size > 500
    assert sorted(p.name for p in (tmp_path / "scale.frames").glob("*.png")) == ["00100.png", "00101.png"]
