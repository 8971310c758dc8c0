"""A ray finds the cell that it is aimed at, and what is said about it agrees with the trace."""

import functools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.layout.inspection import Inspection, inspect, standing
from llm_scene.layout.layout import Block
from llm_scene.layout.picking import Picker
from llm_scene.look import relief_of
from llm_scene.models import load
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce


@functools.cache
def made(name: str = "nano-gpt-sort") -> Production:
    model = load(name)
    return produce(model, model.encode_prompt(model.preset.prompt)[:6], Options(cut="teaser"))


@functools.cache
def picker() -> Picker:
    return Picker(made().layout, made().trace)


def only(block: Block) -> set[str]:
    return set(made().layout.blocks) - {block.name}


def look_at(block: Block, cell: tuple[int, ...]) -> Inspection:
    return inspect(made().layout, made().trace, block, cell, made().model.tokenizer.piece)


@st.composite
def cells(draw: st.DrawFn) -> tuple[Block, int, int]:
    block = draw(st.sampled_from(list(made().layout.blocks.values())))
    return block, draw(st.integers(0, block.shape[0] - 1)), draw(st.integers(0, block.shape[1] - 1))


@given(cells(), st.floats(0, 3))
@settings(max_examples=300, deadline=None)
def test_a_ray_straight_ahead_meets_the_cell_it_is_aimed_at(
    place: tuple[Block, int, int], relief: float
) -> None:
    block, row, column = place
    eye = np.array(block.centre(row, column)) - [0, 50, 0]
    hit = picker().pick(eye, np.array([0.0, 1.0, 0.0]), relief, only(block))
    assert hit is not None
    assert (hit.block.name, hit.row, hit.column) == (block.name, row, column)
    out = relief_of(picker()._shares(block, np.array([row]), np.array([column])), relief)
    assert hit.distance == pytest.approx(50 - out[0])


@given(cells(), st.tuples(*[st.floats(-0.6, 0.6)] * 2))
@settings(max_examples=300, deadline=None)
def test_a_slanted_ray_onto_a_flat_sheet_too(
    place: tuple[Block, int, int], slant: tuple[float, float]
) -> None:
    block, row, column = place
    direction = np.array([slant[0], 1.0, slant[1]])
    eye = np.array(block.centre(row, column)) - 30 * direction
    hit = picker().pick(eye, direction, 0.0, only(block))
    assert hit is not None and (hit.row, hit.column) == (row, column)
    assert hit.distance == pytest.approx(30)


def test_a_tall_cell_hides_the_one_behind_it() -> None:
    block = max(made().layout.blocks.values(), key=lambda b: b.shape[1])
    shares = np.abs(picker()._shares(block, *np.indices(block.shape).reshape(2, -1))).reshape(block.shape)
    row, column = map(int, np.unravel_index(shares[:, 1:].argmax(), shares[:, 1:].shape))
    tall = column + 1
    direction = np.array([1.0, 0.02, 0.0])  # skims the sheet from the left
    front = np.array(block.centre(row, tall)) - [0.5, 10 * shares[row, tall] * 0.99, 0]
    hit = picker().pick(front - direction * 1e-3, direction, 10.0, only(block))
    assert hit is not None and (hit.row, hit.column) == (row, tall)


def test_a_ray_past_everything_meets_nothing() -> None:
    assert picker().pick(np.array([0.0, -50.0, 1e6]), np.array([0.0, 1.0, 0.0])) is None
    assert picker().pick(np.array([0.0, -1e6, 0.0]), np.array([0.0, -1.0, 0.0])) is None


@given(cells(), st.sampled_from([5e-324, -1e-310, 1e-290, 0.0]), st.sampled_from([5e-324, -1e-310, 0.0]))
def test_a_ray_that_leans_ever_so_little_is_no_trouble(
    place: tuple[Block, int, int], right: float, up: float
) -> None:
    block, row, column = place
    eye = np.array(block.centre(row, column)) - [0, 50, 0]
    with np.errstate(over="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        hit = picker().pick(eye, np.array([right, 1.0, up]), 0.0, only(block))
    assert hit is not None and (hit.row, hit.column) == (row, column)


@given(cells())
@settings(max_examples=200, deadline=None)
def test_marks_cover_the_sources(place: tuple[Block, int, int]) -> None:
    block, row, column = place
    seen = look_at(block, block.cell(row, column))
    assert seen.mark.rows == (row, row + 1) and seen.mark.columns == (column, column + 1)
    marked = sum((m.rows[1] - m.rows[0]) * (m.columns[1] - m.columns[0]) for m in seen.sources)
    staged = sum(
        standing(made().layout, given.matrix, cell) is not None
        for given in seen.explanation.inputs
        for cell in given.cells
    )
    assert marked == staged
    assert len(seen.arcs()) == len(seen.sources)
    for arc, mark in zip(seen.arcs(), seen.sources, strict=True):
        assert np.allclose(arc[0], mark.centre) and np.allclose(arc[-1], seen.mark.centre)


def test_indices_are_named_with_their_tokens() -> None:
    block = made().layout.find("attn.scores", 0, 2)
    seen = look_at(block, (2, 5, 2))
    assert seen.place == "query 6 “C”, key 3 “A”"
    assert seen.explanation.value == made().trace["blocks.0.attn.scores"][2, 5, 2]
