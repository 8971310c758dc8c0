"""Every matrix has a place of its own, and every cell in it a way back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.layout import Block, Layout, arrange
from llm_scene.network import Config, Rope, declare
from llm_scene.network.trace import Trace


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Models of both families, from tiny to middling, with every choice either way."""
    flag = st.booleans()
    family = draw(st.sampled_from(["gpt2", "llama"]))
    n_kv_head = draw(st.integers(1, 4))
    n_head = n_kv_head * (1 if family == "gpt2" else draw(st.integers(1, 3)))
    d_head = 2 * draw(st.integers(1, 24))
    n_layer = draw(st.integers(1, 3))
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
@given(configs(), st.integers(1, 40))
def test_no_two_blocks_overlap(config: Config, n_positions: int) -> None:
    assert overlaps(arrange(declare(config), n_positions)) == []


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


@settings(max_examples=40)
@given(configs(), st.integers(1, 20))
def test_links_join_blocks_that_depend_on_each_other(config: Config, n_positions: int) -> None:
    layout = arrange(declare(config), n_positions)
    fed = set()
    for link in layout.links:
        source, target = layout[link.source], layout[link.target]
        assert source.matrix.name in target.matrix.inputs
        fed.add((source.matrix.name, link.target))
    for block in layout.blocks.values():
        for name in block.matrix.inputs:
            if layout.of(name):
                assert (name, block.name) in fed, f"nothing leads from {name} to {block.name}"


def test_positions_line_up_along_the_trunk() -> None:
    """A token stays one upright column: what is added to the residual stream stands above it."""
    config = Config("gpt2", 2, 3, 48, 16, 192, 11, 3, 3)
    layout = arrange(declare(config), 6)
    for layer in range(2):
        above, below = layout.find("attn_out", layer), layout.find("resid_mid", layer)
        assert above.origin[0] == below.origin[0]
        assert above.origin[2] > below.origin[2]


def test_a_missing_place_is_an_error() -> None:
    from llm_scene.network import ops
    from llm_scene.network.graph import Declaration, Network

    config = Config("gpt2", 1, 1, 2, 2, 4, 3, 3, 1)
    net = Declaration(config)
    net.matrices = dict(declare(config).matrices)
    net.compute("surprise", "position channel", ops.Add(), "ln_final.out", "ln_final.out", label="?")
    with pytest.raises(ValueError, match=r"no place for.*surprise"):
        arrange(Network(config, net.matrices), 2)
