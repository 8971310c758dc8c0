"""What is written beside the blocks is right, there for every block, and not written over."""

from __future__ import annotations

import itertools

import pytest

from llm_scene.layout import Arrangement, Block, Box, Layout, arrange, names
from llm_scene.layout.layout import BLOCKS, HEADS, Point
from llm_scene.layout.naming import nouns
from llm_scene.layout.signs import dimension_signs, legend_box, name_sign, section_signs
from llm_scene.network import Config, Rope, declare

NANO = Config("gpt2", 3, 3, 48, 16, 192, 11, 3, 3)
LLAMA = Config(
    "llama",
    2,
    4,
    64,
    16,
    160,
    11,
    5,
    2,
    norm_bias=False,
    qk_norm=True,
    rope=Rope((0.5,) * 8),
    activation="silu",
)
LENGTHS = [1, 6, 11]


@pytest.fixture(scope="module", params=LENGTHS, ids="{} positions".format)
def nano(request: pytest.FixtureRequest) -> Layout:
    return arrange(declare(NANO), request.param)


def touch(a: Box, b: Box) -> bool:
    """Whether two signs in the same plane overlap by more than a hair."""
    across = min(min(a.high[i], b.high[i]) - max(a.low[i], b.low[i]) for i in (0, 2))
    return across > 0.05 and abs(a.low[1] - b.low[1]) < 0.5


def overlapping(blocks: list[Block]) -> list[str]:
    """Names that run over other names."""
    signs = [name_sign(block) for block in blocks]
    return [f"{a.name} over {b.name}" for a, b in itertools.combinations(signs, 2) if touch(a.box, b.box)]


@pytest.mark.parametrize("config", [NANO, LLAMA], ids=["gpt2", "llama"])
@pytest.mark.parametrize("n_positions", LENGTHS)
def test_every_block_has_its_name_above_or_beside_it(config: Config, n_positions: int) -> None:
    for block in arrange(declare(config), n_positions).blocks.values():
        sign = name_sign(block)
        assert (sign.name, sign.ink) == (names.label(block.name), "names")
        assert sign.text.replace("\n", " ") == block.label != ""
        above, beside = sign.box.low[2] >= block.box.high[2], sign.box.high[0] <= block.box.low[0]
        assert above or beside, f"{block.name}'s name stands on its cells"
        assert sign.size >= 1, "too small to be read"


def test_names_within_a_head_are_clear_of_each_other(nano: Layout) -> None:
    for layer, head in itertools.product(range(3), range(3)):
        blocks = nano.within(f"Transformer {layer}", "Self-attention", f"Head {head}")
        assert len(blocks) == 14
        assert overlapping(blocks) == []


@pytest.mark.parametrize("n_positions", [6, 11])
def test_no_names_overlap(n_positions: int) -> None:
    assert overlapping(list(arrange(declare(NANO), n_positions).blocks.values())) == []


def test_names_stand_clear_of_cells(nano: Layout) -> None:
    """No name lies over another block's cells."""
    signs = [name_sign(block) for block in nano.blocks.values() if nano.find("tokens").shape[1] > 1]
    over = [f"{s.name} over {b.name}" for s in signs for b in nano.blocks.values() if touch(s.box, b.box)]
    assert over == []


def dimensions(layout: Layout, name: str) -> set[str]:
    return {sign.text for sign in dimension_signs(layout[name])[0]}


def test_dimension_texts() -> None:
    layout = arrange(declare(NANO), 6)
    expected = {
        "tokens": {"6 positions"},
        "wte.weight": {"48 channels", "3 tokens"},
        "wpe.weight": {"48 channels", "11 positions"},
        "blocks.0.resid_pre": {"48 channels", "6 positions"},
        "blocks.1.ln1.mean": {"6 positions"},
        "h.2.ln_1.weight": {"48 channels"},
        "h.0.attn.c_attn.weight.q[head=1]": {"48 channels", "16 features"},
        "blocks.0.attn.q[head=1]": {"16 features", "6 queries"},
        "blocks.0.attn.k[head=1]": {"16 features", "6 keys"},
        "blocks.0.attn.scores[head=2]": {"6 queries", "6 keys"},
        "blocks.0.attn.scores_max[head=2]": {"6 queries"},
        "blocks.0.attn.z[head=0]": {"16 features", "6 queries"},
        "h.0.attn.c_proj.weight": {"48 channels", "3 × 16 features"},  # all heads' features
        "h.0.mlp.c_fc.weight": {"192 neurons", "48 channels"},
        "blocks.0.mlp.post": {"192 neurons", "6 positions"},
        "lm_head.weight": {"3 tokens", "48 channels"},
        "probs": {"3 tokens", "6 positions"},
    }
    assert {name: dimensions(layout, name) for name in expected} == expected


def test_one_cell_has_no_dimensions() -> None:
    layout = arrange(declare(NANO), 1)
    assert dimension_signs(layout["tokens"]) == ([], [])


@pytest.mark.parametrize("config", [NANO, LLAMA], ids=["gpt2", "llama"])
def test_dimensions_count_what_is_there(config: Config) -> None:
    """A bracket along every side longer than a cell, as long as the side, with its true count."""
    for block in arrange(declare(config), 5).blocks.values():
        signs, brackets = dimension_signs(block)
        sides = [n for n in block.shape if n > 1]
        assert len(signs) == len(brackets) == len(sides)
        for sign in signs:
            rows = sign.upright
            count, _, unit = sign.text.rpartition(" ")
            factors = [int(factor) for factor in count.split(" × ")]
            size = factors[0] * (factors[1] if len(factors) > 1 else 1)
            assert size == block.shape[0 if rows else 1], f"{block.name}: {sign.text}"
            assert unit in {nouns(axis) for axis in block.matrix.axes}
            assert not touch(sign.box, block.box)


def test_sections_are_named_and_bracketed_from_end_to_end(nano: Layout) -> None:
    signs, brackets = section_signs(nano)
    paths = {names.bracket(section.path): section for section in nano.sections}
    assert {sign.name for sign in signs} == {names.section(section.path) for section in nano.sections}
    wanted = [("Embedding",), ("Output",), *((f"Transformer {i}", "MLP") for i in range(3))]
    assert {names.bracket(path) for path in wanted} <= set(paths)
    for bracket in brackets:
        box = paths[bracket.name].box
        xs = [point[0] for point in bracket.points]
        assert (min(xs), max(xs)) == (box.low[0], box.high[0])
        assert min(point[2] for point in bracket.points) > box.high[2]
    titles = [sign for sign in signs if not sign.text.startswith("Head ")]
    assert not [(a.name, b.name) for a, b in itertools.combinations(titles, 2) if touch(a.box, b.box)]


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("n_layer", [1, 2, 5, 12])
def test_signs_of_every_arrangement_are_clear_of_each_other(n_layer: int, heads: str, blocks: str) -> None:
    """Titles over titles and brackets, over sheets, and names over names."""
    config = Config("gpt2", n_layer, 4, 48, 12, 192, 11, 3, 4)
    layout = arrange(declare(config), 6, arrangement=Arrangement(heads, blocks))
    signs, brackets = section_signs(layout)
    titles = [sign for sign in signs if heads == "grid" or not sign.text.startswith("Head ")]
    assert not [(a.name, b.name) for a, b in itertools.combinations(titles, 2) if touch(a.box, b.box)]
    around = {block.name: block.box for block in layout.blocks.values()}
    around |= {f"bracket {b.name} {i}": box for b in brackets for i, box in enumerate(pieces(b.points, 0.1))}
    trunk = [link for link in layout.links if link.kind == "trunk"]
    around |= {f"{x.source} {i}": box for x in trunk for i, box in enumerate(pieces(x.points, x.width))}
    assert not [(s.name, name) for s in titles for name, box in around.items() if touch(s.box, box)]
    assert overlapping(list(layout.blocks.values())) == []


def pieces(points: tuple[Point, ...], width: float) -> list[Box]:
    """The room that a line takes, piece by piece."""
    return [Box.around(Box(p, p) for p in ends).grown(width / 2) for ends in itertools.pairwise(points)]


def test_the_legend_stands_before_everything(nano: Layout) -> None:
    box = legend_box(nano)
    assert box.high[0] < nano.box.low[0]
    assert not any(touch(box, block.box) for block in nano.blocks.values())
