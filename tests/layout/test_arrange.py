"""Every matrix has a place of its own, and every cell in it a way back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.errors import UserError
from llm_scene.layout import Arrangement, Block, Box, Layout, arrange
from llm_scene.layout.arrange import set_down
from llm_scene.layout.lanes import TRUNK
from llm_scene.layout.layout import BLOCKS, HEADS
from llm_scene.network import Config, Rope, declare
from llm_scene.network.graph import Declaration, Network
from llm_scene.network.ops import Add
from llm_scene.network.trace import Trace

arrangements = st.builds(Arrangement, st.sampled_from(HEADS), st.sampled_from(BLOCKS))


@st.composite
def configs(draw: st.DrawFn, most_layers: int = 3) -> Config:
    """Models of both families, from tiny to middling, with every choice either way."""
    flag = st.booleans()
    family = draw(st.sampled_from(["gpt2", "llama"]))
    n_kv_head = draw(st.integers(1, 4))
    n_head = n_kv_head * (1 if family == "gpt2" else draw(st.integers(1, 3)))
    d_head = 2 * draw(st.integers(1, 24))
    n_layer = draw(st.integers(1, most_layers))
    return Config(
        family=family,
        n_layer=n_layer,
        n_head=n_head,
        n_kv_head=n_kv_head,
        d_head=d_head,
        d_model=n_head * d_head if family == "gpt2" else draw(st.integers(1, 120)),
        d_mlp=draw(st.integers(1, 300)),
        n_ctx=draw(st.integers(1, 40)),
        d_vocab=draw(st.integers(1, 200)),
        tied=draw(flag),
        qkv_bias=draw(flag),
        out_bias=draw(flag),
        mlp_bias=draw(flag),
        norm_bias=family == "gpt2" and draw(flag),
        head_bias=family == "gpt2" and draw(flag),
        qk_norm=draw(flag),
        rope=draw(st.sampled_from([None, Rope((0.5,) * (d_head // 2))])),
        nope_layers=draw(st.sampled_from([(), (0,)])),
    )


def overlaps(layout: Layout) -> list[tuple[str, str]]:
    """Pairs of blocks that share more than a surface."""
    blocks = list(layout.blocks.values())
    low = np.array([b.box.low for b in blocks])
    high = np.array([b.box.high for b in blocks])
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)  # [n, n, 3]
    pairs = np.argwhere((shared > 1e-6).all(axis=-1))
    return [(blocks[i].name, blocks[j].name) for i, j in pairs if i < j]


@settings(max_examples=150)
@given(configs(most_layers=5), st.integers(1, 40), arrangements)
def test_no_two_blocks_overlap(config: Config, n_positions: int, arrangement: Arrangement) -> None:
    assert overlaps(arrange(declare(config), n_positions, arrangement=arrangement)) == []


@settings(max_examples=60)
@given(configs(), st.integers(1, 20))
def test_every_cell_has_one_place(config: Config, n_positions: int) -> None:
    network = declare(config)
    layout = arrange(network, n_positions)
    shown: dict[str, int] = {}
    for block in layout.blocks.values():
        shown[block.matrix.name] = shown.get(block.matrix.name, 0) + block.n_cells
    assert shown == {m.name: int(np.prod(m.shape(n_positions))) for m in network if m.shown}


def corners(block: Block) -> list[tuple[int, int]]:
    rows, columns = block.shape
    return list(itertools.product(sorted({0, rows // 2, rows - 1}), sorted({0, columns // 2, columns - 1})))


@settings(max_examples=60)
@given(configs(), st.integers(1, 20))
def test_cells_and_places_are_inverse_and_show_the_right_value(config: Config, n_positions: int) -> None:
    network = declare(config)
    layout = arrange(network, n_positions)
    shapes = {m.name: m.shape(n_positions) for m in network}
    arrays = {
        name: np.arange(np.prod(shape), dtype=np.float32).reshape(shape) for name, shape in shapes.items()
    }
    trace = Trace(network, arrays)
    for block in layout.blocks.values():
        values = block.values(trace)
        assert values.shape == block.shape
        for row, column in corners(block):
            cell = block.cell(row, column)
            assert block.place(cell) == (row, column), block.name
            assert values[row, column] == arrays[block.matrix.name][cell], block.name


@settings(max_examples=60)
@given(configs(), st.integers(1, 20), arrangements)
def test_links_join_blocks_that_depend_on_each_other(
    config: Config, n_positions: int, arrangement: Arrangement
) -> None:
    layout = arrange(declare(config), n_positions, arrangement=arrangement)
    fed = set()
    for link in layout.links:
        source, target = layout[link.source], layout[link.target]
        assert source.matrix.name in target.matrix.inputs
        fed.add((source.matrix.name, link.target))
    for block in layout.blocks.values():
        for name in block.matrix.inputs:
            if layout.of(name):
                assert (name, block.name) in fed, f"nothing leads from {name} to {block.name}"


def on_surface(point: tuple[float, ...], box: Box) -> bool:
    """Whether a point is on a box, but not inside it."""
    low, high = np.array(box.low), np.array(box.high)
    inside = (low < np.array(point) - 1e-6) & (np.array(point) + 1e-6 < high)
    return bool(
        ((low <= np.array(point) + 1e-6) & (np.array(point) - 1e-6 <= high)).all() and not inside.all()
    )


def pierced(layout: Layout) -> list[str]:
    """Which links pass through which sheets: every piece of their ways against every box."""
    low = np.array([b.box.low for b in layout.blocks.values()]) + 0.01
    high = np.array([b.box.high for b in layout.blocks.values()]) - 0.01
    names, found = list(layout.blocks), []
    for link in layout.links:
        points = np.array(link.points)[:, None]
        start, step = points[:-1], np.diff(points, axis=0)
        step = np.where(step == 0, 1e-12, step)
        one, other = (low - start) / step, (high - start) / step  # [pieces, blocks, 3], shares of a piece
        enter = np.minimum(one, other).max(axis=2).clip(0)
        leave = np.maximum(one, other).min(axis=2).clip(max=1)
        met = np.flatnonzero((enter < leave).any(axis=0))
        found += [f"{link.source} to {link.target} through {names[i]}" for i in met]
    return found


@settings(max_examples=100, deadline=None)
@given(configs(most_layers=5), st.integers(1, 20), arrangements)
def test_no_link_passes_through_a_sheet(config: Config, n_positions: int, arrangement: Arrangement) -> None:
    layout = arrange(declare(config), n_positions, arrangement=arrangement)
    assert pierced(layout) == []
    for link in layout.links:
        assert on_surface(link.points[0], layout[link.source].box), link
        assert on_surface(link.points[-1], layout[link.target].box), link
        assert all(a != b for a, b in itertools.pairwise(link.points)), link


@settings(max_examples=40)
@given(configs(most_layers=6), arrangements)
def test_the_trunk_leads_through_all_blocks_in_order(config: Config, arrangement: Arrangement) -> None:
    layout = arrange(declare(config), 3, arrangement=arrangement)
    trunk = [(link.source, link.target) for link in layout.links if link.kind == "trunk"]
    stations = [name for name, block in layout.blocks.items() if block.kind in TRUNK]
    assert trunk == list(itertools.pairwise(stations))
    assert len(stations) == 2 * config.n_layer + 1


def starts(layout: Layout) -> list[tuple[float, float, float]]:
    """Left, front and floor of every transformer block."""
    found = []
    for layer in range(1 + max(block.matrix.layer or 0 for block in layout.blocks.values())):
        boxes = [b.box for b in layout.blocks.values() if b.section[0] == f"Transformer {layer}"]
        box = Box.around(boxes)
        found.append((box.low[0], box.low[1], layout.find("resid_post", layer).box.low[2]))
    return found


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("n_layer", [1, 4, 7, 12])
def test_columns_are_read_like_text(n_layer: int, heads: str) -> None:
    """To the right, and from the end of a line to the beginning of the one below, which is not behind."""
    layout = arrange(
        declare(Config("gpt2", n_layer, 4, 48, 12, 192, 11, 3, 4)),
        6,
        arrangement=Arrangement(heads, "columns"),
    )
    places = starts(layout)
    first = places[0][0]
    for (x, y, z), (after_x, after_y, after_z) in itertools.pairwise(places):
        if after_z == z:
            assert after_x > x and after_y == y
        else:
            assert after_x == first and after_z < z and after_y <= y
    assert layout.find("tokens").box.high[0] < first
    assert layout.find("probs").box.low[0] > places[-1][0] and layout.find("probs").origin[1] == places[-1][1]


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("n_layer", [1, 4, 7, 12])
def test_a_helix_climbs_and_turns(n_layer: int, heads: str) -> None:
    """Across the front to the right, across the back to the left, always further up."""
    layout = arrange(
        declare(Config("gpt2", n_layer, 4, 48, 12, 192, 11, 3, 4)), 6, arrangement=Arrangement(heads, "helix")
    )
    places = starts(layout)
    for (x, y, z), (after_x, after_y, after_z) in itertools.pairwise(places):
        if after_z == z:
            assert after_y == y
            assert after_x > x if y == 0 else after_x < x
        else:
            assert (after_x, after_z > z, after_y == 0) == (x, True, y != 0)
    turns = {y for _, y, _ in places}
    assert turns == {0.0} if n_layer == 1 else len(turns) == 2


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("n_layer", [4, 6, 9, 12, 24, 48])
@pytest.mark.parametrize("blocks", ["columns", "helix"])
def test_lines_make_a_picture(n_layer: int, heads: str, blocks: str) -> None:
    """The whole is about as wide as a picture; a row of these would be 5 to 60 times as wide as high."""
    config = Config("gpt2", n_layer, 4, 96, 24, 384, 11, 3, 4)
    wide, _, high = arrange(declare(config), 8, arrangement=Arrangement(heads, blocks)).box.size
    assert 16 / 9 / 1.8 < wide / high < 16 / 9 * 1.8


@settings(max_examples=60)
@given(configs(), st.integers(1, 20), st.sampled_from(BLOCKS))
def test_all_heads_of_a_grid_are_seen_from_the_front(config: Config, n_positions: int, blocks: str) -> None:
    layout = arrange(declare(config), n_positions, arrangement=Arrangement("grid", blocks))
    for layer in range(config.n_layer):
        sheets = [b for b in layout.blocks.values() if b.matrix.layer == layer]
        assert len({b.origin[1] for b in sheets}) == 1, "one stands behind another"
        share = config.n_head // config.n_kv_head if blocks == "plan" else 1  # those stand below each other
        queries = [layout.find("attn.q", layer, head).origin for head in range(0, config.n_head, share)]
        assert queries == sorted(queries, key=lambda at: (-at[2], at[0])), "not in reading order"


@pytest.mark.parametrize("n_head", [2, 6, 12, 16, 25, 96])
def test_a_grid_of_heads_is_about_square(n_head: int) -> None:
    config = Config("gpt2", 1, n_head, 8 * n_head, 8, 32 * n_head, 11, 3, n_head)
    layout = arrange(declare(config), 8, arrangement=Arrangement("grid", "row"))
    heads = [b.box for b in layout.blocks.values() if b.head is not None and b.kind != "attn.W_O"]
    wide, deep, high = Box.around(heads).size
    assert 0.4 < wide / high < 2.5 and deep == 1


def test_arrangements_that_do_not_exist() -> None:
    with pytest.raises(UserError, match="no arrangement of heads 'ring': choose one of grid, fan"):
        Arrangement(heads="ring")
    with pytest.raises(UserError, match="no arrangement of blocks 'heap': choose one of plan, row"):
        Arrangement(blocks="heap")


@pytest.mark.parametrize("blocks", BLOCKS)
def test_blocks_set_down_alone_stand_where_they_stand(blocks: str) -> None:
    network, arrangement = declare(Config("gpt2", 3, 4, 48, 12, 192, 11, 3, 4)), Arrangement("grid", blocks)
    alone, joined = set_down(network, 6, arrangement), arrange(network, 6, arrangement=arrangement)
    assert (alone.blocks, alone.sections, alone.lines) == (joined.blocks, joined.sections, joined.lines)
    assert alone.links == () != joined.links


def test_positions_line_up_along_the_trunk() -> None:
    """A token stays one upright column: what is added to the residual stream stands above it."""
    config = Config("gpt2", 2, 3, 48, 16, 192, 11, 3, 3)
    layout = arrange(declare(config), 6, arrangement=Arrangement("fan", "row"))
    for layer in range(2):
        above, below = layout.find("attn_out", layer), layout.find("resid_mid", layer)
        assert above.origin[0] == below.origin[0]
        assert above.origin[2] > below.origin[2]


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("blocks", BLOCKS)
def test_a_matrix_without_a_place_of_its_own_is_set_down_beside_its_section(heads: str, blocks: str) -> None:
    config = Config("gpt2", 3, 2, 4, 2, 8, 3, 3, 2)
    net = Declaration(config, {})
    net.matrices = dict(declare(config).matrices)
    for section in ("Self-attention", "MLP"):
        net.enter("Transformer 1", section, layer=1)
        net.compute(f"more {section}", "position channel", Add(), "blocks.1.ln1.out", label="?")
    net.enter("Transformer 1", "Self-attention", layer=1)
    net.compute("per head", "head query feature", Add(), "blocks.1.attn.z", label="?")
    net.enter("Embedding")
    net.compute("first", "position channel", Add(), "blocks.0.resid_pre", label="?")
    net.enter("Output")
    net.compute("last", "position channel", Add(), "ln_final.out", label="?")
    layout = arrange(Network(config, net.matrices), 5, arrangement=Arrangement(heads, blocks))
    assert overlaps(layout) == [] and pierced(layout) == []
    assert len(layout.of("blocks.1.per head")) == 2
    for name in ("blocks.1.more MLP", "blocks.1.more Self-attention", "first", "last"):
        assert len(layout.of(name)) == 1, name
