"""One call from the names of models to their comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_scene.errors import UserError
from llm_scene.film.props import number
from llm_scene.layout.structure import Structure
from llm_scene.look import normalise, relief_of, scale_of
from llm_scene.models import load
from llm_scene.paths import presets_folder
from llm_scene.staging.comparison import Comparison, compare, model_named
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production


@pytest.fixture(scope="module")
def made() -> Comparison:
    return compare([load("gpt3"), load("nano-gpt-sort"), load("gpt2-small")])


def test_small_ones_live_and_shapes_are_structures(made: Comparison) -> None:
    assert [place.exhibit.name for place in made.places] == ["nano-gpt-sort", "gpt2-small", "gpt3"]
    assert [isinstance(made.models[p.exhibit.name], Structure) for p in made.places] == [False, True, True]


def test_the_film_begins_with_a_true_number(made: Comparison) -> None:
    living = made.models["nano-gpt-sort"]
    assert isinstance(living, Production)
    layout, trace = living.layout, living.trace
    block = layout.find("embed.W_E")
    values = block.values(trace)
    x, _, z = made.film.pose(0.0).target
    offset = made.places[0].offset
    column, row = int(x - offset[0] - block.origin[0]), int(block.origin[2] - (z - offset[2]))
    texts = {note.name: note for note in made.film.props}
    assert len(texts) > 20
    for name, note in texts.items():
        at_row, at_column = map(int, name.split()[1:])
        assert note.text == number(values[at_row, at_column])
        x, _, z = block.centre(at_row, at_column)
        assert note.box.centre[0] == pytest.approx(x + offset[0])
        assert note.at[2] == pytest.approx(z + offset[2], abs=0.2)
        front = (
            block.origin[1] + offset[1] - relief_of(normalise(values[at_row, at_column], scale_of(values)))
        )
        assert note.at[1] == pytest.approx(front)  # on its cell, however far that stands out
    assert f"number {row} {column}" in texts
    told = next(caption.text for caption in made.film.captions if caption.key == "cell")
    assert any(told.endswith(note.text) for note in texts.values())


def test_what_is_too_large_for_cuboids_becomes_a_structure() -> None:
    models = [load("nano-gpt-sort"), load("tiny-austen")]
    cells = [sum(b.n_cells for b in compare([m]).models[m.name].layout.blocks.values()) for m in models]  # type: ignore[union-attr]
    for budget, living in ((sum(cells), 2), (sum(cells) - 1, 1), (cells[0] - 1, 0)):
        shown = compare(models, budget=budget).models.values()
        assert sum(not isinstance(model, Structure) for model in shown) == living


def test_a_folder_is_a_model_too() -> None:
    model = model_named(str(presets_folder() / "nano-gpt-sort"))
    made = compare([model, load("gpt2-small")])
    assert made.places[0].exhibit.n_params == 85_728
    assert not isinstance(made.models[model.name], Structure)


def test_a_preset_comes_before_a_folder_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt3").mkdir()
    assert model_named("gpt3").title == "GPT-3 175B"
    with pytest.raises(UserError):
        model_named("./gpt3")


def test_one_shape_alone_begins_with_a_cell_without_a_number() -> None:
    made = compare([load("gpt3")], Options(language="zh", look="paper", format="square"))
    assert (made.film.props, made.look.name, made.film.aspect) == ((), "paper", 1.0)
    assert [caption.key for caption in made.film.captions][:2] == ["shape_cell", "grain"]
    assert any(ord(letter) > 0x2E80 for letter in made.film.captions[0].text)


def test_twice_gives_the_same(made: Comparison) -> None:
    again = compare([load("nano-gpt-sort"), load("gpt2-small"), load("gpt3")])
    assert again.film == made.film
    assert again.places == made.places


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "nothing to compare"),
        (["gpt3", "gpt3"], "gpt3 is named twice"),
        (["gpt5"], "no preset 'gpt5'"),
        (["missing-folder"], "no preset 'missing-folder'"),
    ],
)
def test_what_cannot_be_compared(names: list[str], says: str) -> None:
    with pytest.raises(UserError, match=says):
        compare([model_named(name) for name in names])


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        model_named(str(tmp_path))


def test_unknown_language() -> None:
    with pytest.raises(UserError, match="no language of captions 'tlh'"):
        compare([load("gpt2-small")], Options(language="tlh"))
