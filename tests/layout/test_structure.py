"""Structures: every matrix in its true size, arranged as `arrange` does it, however large the model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.layout import Arrangement, arrange
from llm_scene.layout.structure import FAN, ROLES, Boxes, Structure, structure
from llm_scene.models.presets import find_preset
from llm_scene.network import Config, declare
from tests.layout.test_arrange import configs

SHAPES = ("gpt2-small", "gpt2-xl", "llama3-8b", "gpt3")


def shape(name: str) -> Config:
    config = find_preset(name).shape
    assert config is not None
    return config


def sizes(boxes: Boxes) -> dict[tuple[str, int], list[tuple[int, int]]]:
    """(kind, layer) → the sides of its boxes, the shorter first."""
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for kind, layer, size in zip(boxes.kind, boxes.layer, boxes.size, strict=True):
        found.setdefault((str(kind), int(layer)), []).append(tuple(sorted((int(size[0]), int(size[2])))))
    return found


@settings(max_examples=60)
@given(configs(), st.integers(1, 40))
def test_every_matrix_is_there_in_its_true_size(config: Config, n_positions: int) -> None:
    network = declare(config)
    made = structure(config, n_positions)
    expected: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for block in arrange(network, n_positions).blocks.values():
        layer = -1 if block.matrix.layer is None else block.matrix.layer
        expected.setdefault((block.kind, layer), []).append(tuple(sorted(block.shape)))
    assert sizes(made.boxes) == expected
    assert (made.boxes.size[:, 1] == 1).all()


@settings(max_examples=60)
@given(configs(), st.integers(1, 40))
def test_no_two_boxes_overlap(config: Config, n_positions: int) -> None:
    boxes = structure(config, n_positions).boxes
    low, high = boxes.low, boxes.low + boxes.size
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    i, j = np.nonzero((shared > 1e-6).all(axis=-1))
    assert [(str(boxes.kind[a]), str(boxes.kind[b])) for a, b in zip(i, j, strict=True) if a < b] == []


@pytest.mark.parametrize("name", SHAPES)
def test_the_cells_of_all_weights_are_the_parameters(name: str) -> None:
    config = shape(name)
    boxes = structure(config).boxes
    weights = boxes.role == ROLES.index("weight")
    assert int(boxes.cells[weights].sum()) == declare(config).n_params()


def test_gpt3_is_whole() -> None:
    made = structure(shape("gpt3"))
    boxes = made.boxes
    assert made.n_positions == 2048
    assert set(boxes.layer.tolist()) == {-1, *range(96)}
    for kind in ("attn.W_Q", "attn.pattern", "attn.z"):
        assert (boxes.kind == kind).sum() == 96 * 96
    assert (boxes.kind == "mlp.W_in").sum() == 96
    wall = boxes[boxes.kind == "mlp.W_in"].size
    assert (wall == (12288, 1, 4 * 12288)).all()
    assert len(boxes) == 131_149


def test_a_block_stands_as_arrange_sets_it_but_for_its_heads_depth() -> None:
    config = Config("gpt2", 3, 4, 64, 16, 256, 12, 30, 4)
    made = structure(config)
    layout = arrange(declare(config), 12, arrangement=Arrangement("fan", "row"))
    for layer in range(3):
        ours = made.boxes[(made.boxes.layer == layer) & (made.boxes.kind != "resid_pre")]
        theirs = [b for b in layout.blocks.values() if b.section[0] == f"Transformer {layer}"]
        assert [(b.kind, b.head if b.head is not None else -1) for b in theirs] == list(
            zip(ours.kind.tolist(), ours.head.tolist(), strict=True)
        )
        place = np.array([b.box.low for b in theirs])
        shift = ours.low - place
        assert np.ptp(shift[:, 0]) == pytest.approx(0, abs=1e-6)
        assert np.ptp(shift[:, 2]) == pytest.approx(0, abs=1e-6)
        front = ours.low[:, 1].min()
        assert np.allclose(ours.low[:, 1] - front, np.maximum(ours.head, 0) * FAN * config.d_head)


@pytest.mark.parametrize("name", SHAPES)
def test_it_stands_on_the_ground_from_its_corner_on_in_fair_proportion(name: str) -> None:
    box = structure(shape(name)).boxes.box
    assert box.low == pytest.approx((0, 0, 0), abs=1e-6)
    assert 0.8 < box.size[0] / box.size[1] < 3
    assert box.size[2] < 0.2 * box.size[0]


def _reached(made: Structure) -> list[bool]:
    beams = np.array([[beam.low, beam.high] for beam in made.trunk])
    sheets = made.boxes[np.isin(made.boxes.kind, ("resid_pre", "resid_mid", "resid_post", "ln_final.out"))]
    found = []
    for low, high in zip(sheets.low, sheets.low + sheets.size, strict=True):
        meets = (beams[:, 0] <= high + 1e-6).all(axis=1) & (beams[:, 1] >= low - 1e-6).all(axis=1)
        found.append(bool(meets.any()))
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_the_residual_stream_joins_all_its_sheets_in_one_piece(name: str) -> None:
    made = structure(shape(name))
    assert all(_reached(made)) and len(_reached(made)) == 2 * made.config.n_layer + 2
    for one, other in zip(made.trunk, made.trunk[1:], strict=False):
        gap = np.maximum(np.subtract(other.low, one.high), np.subtract(one.low, other.high)).max()
        sheet = made.n_positions  # from beam to beam through a sheet
        assert gap <= sheet + 1e-6


def test_twice_gives_the_same() -> None:
    one, other = structure(shape("gpt2-xl")), structure(shape("gpt2-xl"))
    assert np.array_equal(one.boxes.low, other.boxes.low)
    assert np.array_equal(one.boxes.kind, other.boxes.kind)
    assert one.trunk == other.trunk
