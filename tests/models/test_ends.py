"""Where a model falls silent, and where its files say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llm_scene import models
from llm_scene.cli import main
from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.models.ends import end_tokens
from llm_scene.models.tokenizer import load_tokenizer
from tests.models.test_hostile import GPT2, write_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


@pytest.mark.parametrize(
    ("files", "ends"),
    [
        ({}, set()),
        ({"config.json": GPT2 | {"eos_token_id": 2}}, {2}),
        ({"config.json": GPT2 | {"eos_token_id": 50256}}, set()),
        (
            {"config.json": GPT2 | {"eos_token_id": 2}, "generation_config.json": {"eos_token_id": [0, 1]}},
            {0, 1},
        ),
        ({"config.json": GPT2 | {"eos_token_id": 2}, "generation_config.json": {"eos_token_id": None}}, {2}),
        ({"tokenizer_config.json": {"eos_token": "B"}}, {1}),
        ({"tokenizer_config.json": {"eos_token": {"content": "C"}}}, {2}),
        ({"tokenizer_config.json": {"eos_token": "</s>"}}, set()),
    ],
)
def test_files_say_what_ends_a_text(folder: Path, files: dict[str, Any], ends: set[int]) -> None:
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    assert end_tokens(folder, load_tokenizer(folder, ""), 3) == ends
    assert load(folder=folder).ends == ends


def test_an_end_that_is_no_token_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps(GPT2 | {"eos_token_id": "</s>"}))
    with pytest.raises(UserError, match="must be a token id"):
        load(folder=folder)


def test_writing_stops_at_the_end_token_or_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = load(folder=folder).generate([0], 1).chosen[0]
    (folder / "config.json").write_text(json.dumps(GPT2 | {"eos_token_id": first}))
    model = load(folder=folder)
    stopped = model.generate([0], 5)
    assert (stopped.chosen, stopped.trace.n_positions) == ([first], 1)
    assert len(model.generate([0], 5, ignore_eos=True).chosen) == 5
    asked = ["predict", "--model", str(folder), "--tokens", "0", "--steps", "5", "--json"]
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tokens"] == [first] and told["ended"]
    assert main([*asked, "--ignore-eos"]) == 0
    assert len(json.loads(capsys.readouterr().out)["tokens"]) == 5


@pytest.mark.parametrize("mark", [*"etno", "-"])
@pytest.mark.parametrize("prompt", ["It is a truth", "He was not", "She said"])
def test_a_film_is_as_long_as_its_sentence(prompt: str, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model goes on to what ends one, which never comes first; marks are rare, so these are letters."""
    monkeypatch.setattr(models, "SENTENCE_ENDS", (mark,))
    model = load("tiny-austen")
    tokens = model.encode_prompt(prompt)
    whole = model.generate(tokens, 12).chosen
    ended = [model.tokenizer.piece(token).endswith(mark) for token in whole]
    last = next((n for n, end in enumerate(ended) if end and n > 0), len(whole) - 1)
    assert model.generate(tokens, 12, sentence=True).chosen == whole[: last + 1]
    assert model.generate(tokens, 12).chosen == whole
