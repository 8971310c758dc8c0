"""The model runs once a production, however often and in whatever form its film is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_scene.models import load
from llm_scene.network.trace import Evaluator
from llm_scene.output.formats import export
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce

PROMPT = (2, 1, 0, 1, 1, 2)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions that are computed from now on, in the order in which they are."""
    found: list[int] = []
    append = Evaluator.append

    def counted(self: Evaluator, tokens, *rest, **named):
        found.extend(range(self.n_positions, self.n_positions + len(tokens)))
        return append(self, tokens, *rest, **named)

    monkeypatch.setattr(Evaluator, "append", counted)
    return found


def written_by(computed: list[int], **options: object) -> Production:
    made = produce(load("nano-gpt-sort"), PROMPT, Options(**options))  # type: ignore[arg-type]
    assert computed == list(range(made.trace.n_positions))  # every position once
    return made


def test_a_film_takes_one_pass(computed: list[int]) -> None:
    assert written_by(computed).trace.n_positions == 11


def test_so_does_a_teaser(computed: list[int]) -> None:
    assert written_by(computed, cut="teaser").trace.n_positions == 6


def test_so_does_a_page_in_two_languages_and_two_framings(computed: list[int], tmp_path: Path) -> None:
    made = written_by(computed)
    count = len(computed)
    export(tmp_path / "page.html", made)
    assert len(computed) == 2 * count  # once more: another prompt, to know what depends on it


def test_so_do_all_further_tellings(computed: list[int]) -> None:
    made = written_by(computed)
    count = len(computed)
    upright = made.retold(language="zh", format="vertical", look="paper")
    assert upright.film.aspect == pytest.approx(9 / 16) and upright.look.name == "paper"
    assert upright.trace is made.trace and upright.layout is made.layout
    assert len(computed) == count
