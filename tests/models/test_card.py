"""What a model says about itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_scene.layout.facts import model_facts
from llm_scene.models import load
from tests.models.test_hostile import write_model

CARDS = {
    "plain": (
        "---\nlicense: apache-2.0\nbase_model: a/b\n---\n# SmolLM2\ntext",
        ("SmolLM2", "apache-2.0", "a/b"),
    ),
    "list": ("---\nlicense: 'mit'\nbase_model:\n- a/b\n- c/d\n---\n\n# **It**", ("It", "mit", "a/b")),
    "other": ("---\nlicense: other\nlicense_name: llama3\n---\n", ("", "llama3", "")),
    "no front": ("# Just a heading\nlicense: mit", ("Just a heading", "", "")),
    "not closed": ("---\nlicense: mit\n", ("", "", "")),
    "escape codes": ("---\nlicense: \x1b[1mmit\n---\n", ("", "[1mmit", "")),
    "empty": ("", ("", "", "")),
}


@pytest.mark.parametrize("case", CARDS)
def test_the_readme(tmp_path: Path, case: str) -> None:
    text, expected = CARDS[case]
    (write_model(tmp_path) / "README.md").write_text(text, encoding="utf-8")
    model = load(folder=tmp_path)
    card = model.card
    assert (card.title, card.license, card.source) == expected
    facts = dict(model_facts(model))
    assert facts.get("Licence", "") == expected[1]


def test_a_preset() -> None:
    model = load("nano-gpt-sort")
    assert model.preset is not None
    assert model.card.license == model.preset.license
