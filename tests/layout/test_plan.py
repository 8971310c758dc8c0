"""The plan fills a picture of any shape with the whole machine, and joins it in the plane of its sheets."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from llm_scene.film.framing import SAFE, overview, project, whole
from llm_scene.layout import Arrangement, Box, Layout, arrange
from llm_scene.layout import plan as plan_module
from llm_scene.layout.arrange import _candidates, set_down
from llm_scene.layout.lanes import TRUNK
from llm_scene.models.reading import Reading
from llm_scene.network import Config, Rope, declare

from ..network.family_cases import CASES, config
from .test_arrange import overlaps, pierced

ASPECTS = {"landscape": 16 / 9, "square": 1.0, "vertical": 9 / 16}
GPT2 = Config("gpt2", 12, 12, 768, 64, 3072, 1024, 50257, 12, tied=True)
SMOLLM2 = Config(
    "llama", 30, 9, 576, 64, 1536, 8192, 49152, 3, activation="silu", tied=True, qkv_bias=False,
    out_bias=False, mlp_bias=False, norm_bias=False, rope=Rope((0.5,) * 32),
)  # fmt: skip
MODELS = {
    "nano-GPT": Config("gpt2", 3, 3, 48, 16, 192, 11, 3, 3),
    "tiny-austen": Config("gpt2", 4, 4, 96, 24, 384, 64, 65, 4, tied=True),
    "GPT-2 small": GPT2,
    "SmolLM2-135M": SMOLLM2,
    "96 blocks": Config("gpt2", 96, 12, 768, 64, 3072, 1024, 50257, 12, tied=True),
}
FRONT = 1.0 + 1e-6  # a way at the back of the sheets lies beyond


def unlinked(model: Config, n_positions: int, aspect: float) -> Layout:
    """A plan with ten candidates, without ways: what a view of the whole needs to know."""
    layout = set_down(declare(model), n_positions, Arrangement("grid", "plan", aspect))
    return replace(
        layout, candidates=_candidates(layout, [(str(i), 0.1) for i in range(min(10, model.d_vocab))])
    )


def planned(model: Config, n_positions: int, aspect: float = 16 / 9) -> Layout:
    """A plan with ten candidates."""
    words = tuple("a" for _ in range(n_positions))
    likely = tuple((f"word {i}", 0.1) for i in range(min(10, model.d_vocab)))
    reading = Reading(tuple(range(n_positions)), n_positions, words, words, likely)
    return arrange(declare(model), n_positions, reading, Arrangement("grid", "plan", aspect))


def fill(layout: Layout, aspect: float) -> tuple[float, float]:
    """How much of the safe frame's width and height the whole takes, seen as a plan."""
    places = project(whole(layout).corners(), overview(layout, aspect), aspect)
    wide, high = np.ptp(places[:, 0]), np.ptp(places[:, 1])
    return float(wide / (SAFE[1] - SAFE[0])), float(high / (SAFE[3] - SAFE[2]))


@pytest.mark.parametrize("aspect", ASPECTS.values(), ids=ASPECTS)
@pytest.mark.parametrize("n_positions", [1, 6, 40])
@pytest.mark.parametrize("model", [m for m in MODELS if m != "96 blocks"])
def test_a_plan_fills_the_picture(model: str, n_positions: int, aspect: float) -> None:
    """One side is filled by framing; the arrangement must fill most of the other one, too."""
    wide, high = fill(unlinked(MODELS[model], n_positions, aspect), aspect)
    assert max(wide, high) > 0.97
    assert min(wide, high) > 0.6


def test_a_hundred_blocks_fill_the_picture() -> None:
    wide, high = fill(unlinked(MODELS["96 blocks"], 6, 16 / 9), 16 / 9)
    assert max(wide, high) > 0.97 and min(wide, high) > 0.8


def test_the_plan_is_made_for_the_safe_frame() -> None:
    assert (SAFE[1] - SAFE[0]) / (SAFE[3] - SAFE[2]) == pytest.approx(plan_module.SAFE)


@pytest.mark.parametrize(
    ("model", "n_positions"),
    [("nano-GPT", 1), ("nano-GPT", 40), ("tiny-austen", 6), ("GPT-2 small", 6), ("SmolLM2-135M", 6)],
)
def test_all_ways_lie_in_the_plane_of_the_sheets(model: str, n_positions: int) -> None:
    """Nothing overlaps, no way crosses a sheet, and none has to go behind one."""
    layout = planned(MODELS[model], n_positions)
    assert overlaps(layout) == [] and pierced(layout) == []
    assert {block.origin[1] for block in layout.blocks.values()} == {0.0}
    behind = [x for x in layout.links if max(y for _, y, _ in x.points) > FRONT]
    assert behind == []


@pytest.mark.parametrize("heads", ["grid", "fan"])
@pytest.mark.parametrize("case", CASES)
def test_every_family_has_a_plan(case: str, heads: str) -> None:
    layout = arrange(declare(config(case)), 5, arrangement=Arrangement(heads, "plan"))
    assert overlaps(layout) == [] and pierced(layout) == []


@pytest.mark.parametrize("model", ["nano-GPT", "GPT-2 small", "SmolLM2-135M"])
def test_a_plan_is_read_like_text(model: str) -> None:
    layout = planned(MODELS[model], 6)
    stations = [block for block in layout.blocks.values() if block.kind in TRUNK]
    for here, there in itertools.pairwise(stations):
        below = layout.line(there) - layout.line(here)
        assert below in (0, 1)
        assert there.origin[0] > here.origin[0] if below == 0 else there.origin[2] < here.origin[2]
    for name, floor in ((name, line.z) for line in layout.lines for name in line.sections):
        levels = {b.origin[2] for b in layout.within(name) if b.axes[0] == "channel" and b.shape[1] > 1}
        assert levels == {floor + MODELS[model].d_model}, "a channel has one height along a line"


@pytest.mark.parametrize("model", ["nano-GPT", "GPT-2 small", "SmolLM2-135M"])
def test_ways_are_thin_beside_what_they_join(model: str) -> None:
    layout = planned(MODELS[model], 6)
    for link in layout.links:
        for end in (layout[link.source], layout[link.target]):
            assert link.width <= max(0.5, 0.2 * max(end.shape)), link


def test_long_tables_do_not_rule_the_frame() -> None:
    layout = planned(SMOLLM2, 6)
    blocks = Box.around(b.box for b in layout.blocks.values() if b.section[0].startswith("Transformer"))
    assert whole(layout).size[0] < 1.3 * blocks.size[0] and whole(layout).size[2] < 1.15 * blocks.size[2]
