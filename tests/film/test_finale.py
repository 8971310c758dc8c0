"""At the end the answer stands beside the prompt, as large as the stage allows."""

from __future__ import annotations

import pytest

from llm_scene.film.chapters.machine import seen
from llm_scene.film.props import Prop
from llm_scene.layout.drawn import Line, Text, text_width
from llm_scene.look.views import CAPITAL, DESCENT
from llm_scene.staging.production import Production
from tests.staging.measured import film

NANO, AUSTEN, GPT2 = "nano-gpt-sort", "tiny-austen", "GPT-2 small"


def answered(made: Production, kind: type[Prop], part: str) -> list[Prop]:
    begins = f"answer: {part}"
    return [prop for prop in made.film.props if isinstance(prop, kind) and prop.name.startswith(begins)]


@pytest.mark.parametrize("format", ["landscape", "square", "vertical"])
@pytest.mark.parametrize("length", [1, 6])
def test_between_short_texts_stands_the_machine(format: str, length: int) -> None:
    """In outlines that neither text touches: between them, or in a narrow picture under one of them."""
    made = film(NANO, length, cut="short", format=format)
    (given,), (found,) = (answered(made, Text, part) for part in ("given", "made"))
    parts = [line.box for line in answered(made, Line, "machine")]
    assert len(parts) == len([s for s in made.layout.sections if len(s.path) == 1])
    axis = 0 if format == "landscape" else 2
    low, high = min(box.low[axis] for box in parts), max(box.high[axis] for box in parts)
    if axis == 0:
        assert given.box.high[0] < low and high < found.box.low[0]
    else:
        assert found.at[2] + CAPITAL * found.size < low and high < given.at[2] - DESCENT * given.size


@pytest.mark.parametrize("name", [AUSTEN, GPT2])
def test_longer_texts_are_as_large_as_fits(name: str) -> None:
    made = film(name, 6 if name == GPT2 else 40, cut="short")
    lines = [*answered(made, Text, "given"), *answered(made, Text, "made")]
    (size,) = {line.size for line in lines}
    (stage,) = [shot.a for shot in made.film.shots if shot.kind == "stage" and shot.start > lines_at(made)]
    wide = max(text_width(line.text, size) for line in lines)
    tall = max(line.box.high[2] for line in lines) - min(line.box.low[2] for line in lines)
    room = stage.distance * 36 / stage.lens  # across the picture
    assert wide > 0.8 * room or tall > 0.4 * room * 9 / 16


def lines_at(made: Production) -> float:
    """When the last chapter begins."""
    return made.film.chapters[-1].start - 1e-6


def test_a_mark_that_comes_out_is_quoted() -> None:
    """A full stop alone would be taken for a speck."""
    assert seen(" .") == "“.”" and seen(" Paris") == " Paris"
