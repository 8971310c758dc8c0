"""Models side by side: in order, on one ground, clear of each other, each with what it consists of."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.layout.layout import Box
from llm_scene.layout.lineup import Exhibit, lineup
from llm_scene.layout.structure import structure
from llm_scene.models.presets import find_preset
from llm_scene.network import Config, declare

SMALL = Config("gpt2", 1, 1, 8, 8, 32, 4, 5, 1)


def exhibit(name: str) -> Exhibit:
    config = find_preset(name).shape
    assert config is not None
    return Exhibit(name, name.upper(), config, declare(config).n_params(), structure(config).box)


@given(
    st.lists(
        st.tuples(st.integers(1, 10**12), *[st.floats(1, 1e7)] * 3, *[st.floats(-1e5, 1e5)] * 3),
        min_size=1,
        max_size=6,
    )
)
def test_small_stands_before_large_on_one_ground(rooms: list[tuple[float, ...]]) -> None:
    exhibits = []
    for n, (count, width, depth, height, x, y, z) in enumerate(rooms):
        box = Box((x, y, z), (x + width, y + depth, z + height))
        exhibits.append(Exhibit(str(n), str(n), SMALL, int(count), box))
    places = lineup(exhibits)
    counts = [place.exhibit.n_params for place in places]
    assert counts == sorted(counts)
    for place in places:
        assert place.box.low[2] == pytest.approx(0, abs=1e-6)
        assert place.box.size == pytest.approx(place.exhibit.box.size, rel=1e-6, abs=1e-6)
    for before, after in itertools.pairwise(places):
        assert after.box.low[1] > before.box.high[1]
        assert after.box.low[0] < before.box.low[0]
    assert places[0].box.low == pytest.approx((0, 0, 0), abs=1e-6)


def test_cards_say_what_a_model_consists_of_above_it() -> None:
    places = lineup([exhibit("gpt3"), exhibit("gpt2-small")])
    texts = [[line.text for line in place.card] for place in places]
    assert texts == [
        ["GPT2-SMALL", "124,439,808 parameters", "12 layers, 12 heads, 768 channels"],
        ["GPT3", "174,604,259,328 parameters", "96 layers, 96 heads, 12,288 channels"],
    ]
    for place in places:
        assert place.card_box.low[2] > place.box.high[2]
        name, *facts = place.card
        assert all(fact.size < name.size and fact.at[2] < name.at[2] for fact in facts)


def test_one_is_one() -> None:
    (place,) = lineup([Exhibit("a", "A", SMALL, 9, Box((0, 0, 0), (4, 1, 3)))])
    assert place.card[2].text == "1 layer, 1 head, 8 channels"
