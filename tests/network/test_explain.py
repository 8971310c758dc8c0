"""Cell addresses, and explanations whose numbers add up."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.network import Config, declare, ops, run
from llm_scene.network.addresses import cell_name, parse_cell
from llm_scene.network.explain import WORDS, explain, number
from llm_scene.network.graph import Network
from tests.network.random_models import configs, random_weights


@pytest.fixture(scope="module")
def nano() -> Network:
    return load("nano-gpt-sort").network


class TestAddresses:
    @pytest.mark.parametrize(
        "text",
        [
            "blocks.0.attn.scores[head=2,query=5,key=3]",
            "blocks.0.attn.scores[key=3, head=2, query=5]",
            "blocks.0.attn.scores[2,5,3]",
            " blocks.0.attn.scores [ 2 , -1 , +3 ] ",
        ],
    )
    def test_all_spellings(self, nano: Network, text: str) -> None:
        matrix, cell = parse_cell(nano, 6, text)
        assert (matrix.name, cell) == ("blocks.0.attn.scores", (2, 5, 3))

    def test_weights_have_a_name_that_all_families_share(self, nano: Network) -> None:
        matrix, cell = parse_cell(nano, 6, "blocks.1.mlp.W_in[channel=3,neuron=5]")
        assert (matrix.name, cell) == ("h.1.mlp.c_fc.weight", (3, 5))
        assert parse_cell(nano, 6, "embed.W_E[2,0]")[0].name == "wte.weight"

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "is no cell"),
            ("logits", "is no cell"),
            ("logits[1,2", "is no cell"),
            ("logits[1,2]]", "is no cell"),
            ("x" * 10_000 + "[1]", "is no cell"),
            ("logit[1,2]", "did you mean logits"),
            ("qqq[1]", "There is no matrix"),
            ("logits[]", "has 2 axes, not 0"),
            ("logits[1]", "has 2 axes, not 1"),
            ("logits[1,2,3]", "has 2 axes, not 3"),
            ("logits[1,token=2]", "Name all axes or none"),
            ("logits[position=1,head=2]", "'head' does not fit"),
            ("logits[position=1,position=2]", "'token' does not fit"),
            ("logits[1,x]", "not 'x'"),
            ("logits[1,1.5]", "not '1.5'"),
            ("logits[1,٣]", "not '٣'"),
            ("logits[1,]", "not ''"),
            ("logits[6,0]", "runs from 0 to 5"),
            ("logits[0,-4]", "runs from 0 to 2"),
            ("logits[99999999999999999999,0]", "whole number"),
        ],
    )
    def test_one_sentence_for_what_is_wrong(self, nano: Network, text: str, problem: str) -> None:
        with pytest.raises(UserError, match=re.escape(problem)) as caught:
            parse_cell(nano, 6, text)
        assert "\n" not in str(caught.value)

    @given(st.data())
    def test_name_of_a_cell_leads_back_to_it(self, nano: Network, data: st.DataObject) -> None:
        matrix = data.draw(st.sampled_from(list(nano)))
        cell = tuple(data.draw(st.integers(0, size - 1)) for size in matrix.shape(6))
        assert parse_cell(nano, 6, cell_name(matrix, cell)) == (matrix, cell)


def calculate(numbers: str) -> float:
    """The left side of `numbers`, worked out by Python."""
    left = numbers.rpartition(" = ")[0]
    if left.startswith("hidden"):
        return -math.inf
    if left.startswith("idle"):
        return 0.0
    left = re.sub(r"row of token \d+ in the table: ", "", left)
    left = re.sub(r" from \d+ smaller terms", "", left).replace(" (not turned)", "").replace(", …", "")
    left = re.sub(r"√(\d+)", r"sqrt(\1)", left).replace("√(", "sqrt(")
    left = re.sub(r"(cos|sin) (−?[\d.e+−]+)", r"\1(\2)", left)
    for sign, python in {"−": "-", "·": "*", "²": "**2", "σ": "sigmoid", "∞": "inf"}.items():
        left = left.replace(sign, python)
    functions = {
        "sqrt": math.sqrt,
        "exp": math.exp,
        "cos": math.cos,
        "sin": math.sin,
        "max": max,
        "inf": math.inf,
        "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
        "tanh": math.tanh,
        "ln": math.log,
        "erf": math.erf,
        "min": min,
        "GELU": lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))),
    }
    if re.fullmatch(r"max\([^,]*\)", left):
        left = left[3:]
    return float(eval(left, functions))


@settings(max_examples=60)
@given(configs(), st.data())
def test_the_numbers_add_up(config: Config, data: st.DataObject) -> None:
    network = declare(config)
    trace = run(network, random_weights(network), [0] * data.draw(st.integers(1, 5)))
    for matrix in network.computed:
        cell = tuple(data.draw(st.integers(0, size - 1)) for size in trace[matrix.name].shape)
        found = explain(trace, matrix.name, cell)
        shown = trace.value(matrix.name, cell)
        assert found.numbers.endswith(f"= {number(shown)}")
        assert found.formula
        if ":" in found.numbers or not found.numbers.startswith("row "):
            terms = np.concatenate([np.abs(given.values) for given in found.inputs] or [np.ones(1)])
            scale = np.maximum(1, np.sort(terms[np.isfinite(terms)])[-2:]).prod() * max(1, len(terms))
            assert calculate(found.numbers) == pytest.approx(shown, abs=2e-3 * scale), found.numbers
        sources = [s for s in trace.sources(matrix.name, cell) if len(s.cells)]
        assert [given.matrix for given in found.inputs] == [s.matrix for s in sources]
        assert [len(given.cells) for given in found.inputs] == [len(s.cells) for s in sources]


def test_there_are_words_for_every_operation() -> None:
    every = {k for k in vars(ops).values() if isinstance(k, type) and issubclass(k, ops.Op)}
    assert {k for k in every if "value" in vars(k)} - {ops.Op} == set(WORDS)


def test_long_sums_name_the_largest_terms_and_the_rest() -> None:
    model = load("nano-gpt-sort")
    trace = model.trace(model.encode_prompt("CBABBC"))
    found = explain(trace, "blocks.0.attn_out", (5, 7))
    assert "from 43 smaller terms" in found.numbers
    assert "… and 40 more" in found.text()
    assert len(found.inputs[0].cells) == 48


def test_a_rest_that_is_rounding_counts_as_nothing() -> None:
    from llm_scene.network.explain import _sum

    terms = np.array([1e9, -1e9, 3e8, -3e8, 5e7, -5e7, *[0.1] * 10, *[-0.1] * 10])
    assert _sum(terms, lambda i: f"{terms[i]:g}").endswith(" from 21 smaller terms")
    assert " 0 from" not in _sum(np.arange(9.0), str)
    even = np.array([8.0, 7, 6, 5, 4, *[0.1] * 3, *[-0.1] * 3])
    assert _sum(even, str).endswith(" + 0 from 6 smaller terms")


def test_a_negative_number_has_its_brackets_in_a_product() -> None:
    network = declare(Config("llama", 1, 1, 2, 2, 3, 4, 5, 1, activation="silu", norm_bias=False))
    trace = run(network, random_weights(network), [1, 2])
    gate = trace["blocks.0.mlp.pre"]
    position, neuron = (int(i) for i in np.argwhere(gate < 0)[0])
    text = explain(trace, "blocks.0.mlp.act", (position, neuron)).numbers
    assert re.match(r"\(−[\d.e−]+\) · σ\(−[\d.e−]+\) = ", text)


def test_weights_and_tokens_come_from_nowhere() -> None:
    model = load("nano-gpt-sort")
    trace = model.trace([2, 1])
    assert explain(trace, "tokens", (0,)).text() == "tokens[position=0] = 2\nEmbedding › Tokens"
    assert explain(trace, "wte.weight", (0, 0)).inputs == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-3, "−3"),
        (1.23456, "1.235"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
        (1e-7, "1.000e−07"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_the_graph_of_a_llama_can_be_explained() -> None:
    network = declare(Config("llama", 1, 4, 8, 2, 8, 12, 9, 2, norm_bias=False))
    trace = run(network, random_weights(network), [1, 2])
    assert "Gated MLP" in explain(trace, "blocks.0.mlp.post", (1, 0)).text()
