"""Captions are broken where they may be, and never wider than the picture has room."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.film.screen import joined, wrapped
from llm_scene.layout.drawn import LETTER, text_width

words = st.lists(st.text("abcMW.,", min_size=1, max_size=30), min_size=1, max_size=8)


@given(words, st.floats(6.0, 40.0))
@settings(deadline=None)
def test_no_line_is_wider_than_its_room(parts: list[str], widest: float) -> None:
    lines = wrapped(" ".join(parts), widest)
    assert all(text_width(line) / LETTER <= widest + 1e-6 for line in lines)
    assert "".join("".join(lines).split()) == "".join(parts)


def test_a_word_is_parted_only_where_no_line_holds_it() -> None:
    assert wrapped("one two", 8.0) == ["one two"]
    assert joined(wrapped("one two three four", 9.0)) == "one two three four"
    assert len(wrapped("a" * 40, 20.0)) >= 2
