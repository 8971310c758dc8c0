"""Presets: those that ship, shapes, and the user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llm_scene.errors import UserError
from llm_scene.models import list_presets, load, n_params
from llm_scene.models.presets import (
    delete_preset,
    find_preset,
    preset_toml,
    read_preset,
    rename_preset,
    save_preset,
)
from llm_scene.staging.options import of_preset


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("nano-gpt-sort", 85_728),
        ("gpt2-small", 124_439_808),
        ("gpt2-medium", 354_823_168),
        ("gpt2-large", 774_030_080),
        ("gpt2-xl", 1_557_611_200),
        ("gpt3", 174_604_259_328),
        ("llama3-8b", 8_030_261_248),
        ("pythia-70m", 70_426_624),
        ("gemma-3-270m", 268_098_176),
        ("smollm2-135m", 134_515_008),
        ("qwen3-0.6b", 596_049_920),
        ("llama-3.2-1b", 1_235_814_400),
        ("mixtral-8x7b", 46_702_792_704),
        ("gpt-oss-20b", 20_914_757_184),
    ],
)
def test_parameter_counts_are_exact(name: str, count: int) -> None:
    assert n_params(find_preset(name)) == count


def test_shapes_say_that_they_cannot_run() -> None:
    model = load("gpt3")
    assert model.config.n_ctx == 2048
    assert not model.has_weights
    with pytest.raises(UserError, match="without weights"):
        model.trace([1])
    with pytest.raises(UserError, match="without weights: compare shows its structure"):
        model.encode_prompt("hello")
    with pytest.raises(UserError, match="the model itself is openai-community/gpt2 of the Hugging Face hub"):
        load("gpt2-small").check_runs()


def test_a_preset_of_the_users_hides_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_SCENE_PRESETS", str(tmp_path))
    shipped = find_preset("nano-gpt-sort")
    (tmp_path / "nano-gpt-sort.toml").write_text(preset_toml(replace(shipped, title="Mine", model="/")))
    assert find_preset("nano-gpt-sort") == shipped
    assert shipped in list_presets()
    for name in ("nano-gpt-sort", "GPT3"):
        with pytest.raises(UserError, match="comes with LLM Scene: choose another name"):
            save_preset(replace(shipped, name=name), tmp_path)


def test_the_users_presets_are_renamed_and_deleted(tmp_path: Path) -> None:
    shipped = find_preset("nano-gpt-sort")
    mine = replace(shipped, name="mine", title="mine", model=str(shipped.model_folder))
    save_preset(mine, tmp_path)
    save_preset(replace(mine, name="other"), tmp_path)
    with pytest.raises(UserError, match="There is a preset 'other' already"):
        rename_preset(find_preset("mine", [tmp_path]), "other", tmp_path)
    with pytest.raises(UserError, match="cannot be the name"):
        rename_preset(find_preset("mine", [tmp_path]), "../x", tmp_path)
    rename_preset(find_preset("mine", [tmp_path]), "yours", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.toml", "yours.toml"]
    assert find_preset("yours", [tmp_path]).title == "yours"
    delete_preset(find_preset("yours", [tmp_path]), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other.toml"]
    with pytest.raises(UserError, match="none of the presets that you saved"):
        delete_preset(shipped, tmp_path)


def test_users_presets_come_last_and_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_SCENE_PRESETS", str(tmp_path))
    shipped = find_preset("nano-gpt-sort")
    model = str(shipped.model_folder)
    mine = replace(
        shipped, name="mine", title="Mein „Modell“", prompt="AB", options={"steps": 2}, model=model
    )
    (tmp_path / "mine.toml").write_text(preset_toml(mine), encoding="utf-8")
    found = find_preset("mine")
    assert replace(found, folder=mine.folder, file=mine.file) == mine
    assert load("mine").encode_prompt("AB") == [0, 1]
    assert "mine" in {preset.name for preset in list_presets()}
    (tmp_path / "broken.toml").write_text("title = ")
    assert "broken" not in {preset.name for preset in list_presets()}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title = ", "not valid TOML"),
        ("title = 'x'\nmodel = '.'\nnope = 1", "unknown entry 'nope'"),
        ("title = 3\nmodel = '.'", "a text for title"),
        ("steps = -1\nmodel = '.'", "Steps must be a whole number"),
        ("steps = true\nmodel = '.'", "Steps must be a whole number"),
        ("temperature = inf\nmodel = '.'", "The temperature must be a number"),
        ("title = 'x'", "either a model folder or a"),
        ("shape = 3", "needs a model_type"),
        ("[shape]\nmodel_type = 'gpt2'\nn_embd = -1", "n_embd must be"),
        ("x = " + "[" * 20_000, "not valid TOML"),
    ],
)
def test_broken_presets(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "preset.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=problem) as caught:
        of_preset(read_preset(path))
    assert "\n" not in str(caught.value)
    assert "preset.toml" in str(caught.value)
