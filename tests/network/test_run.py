"""The forward pass: against the stored reference, against itself, and cell by cell."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.layout import arrange
from llm_scene.models import load
from llm_scene.network import Config, Evaluator, Rope, Sampling, declare, generate, run
from llm_scene.network.ops import Array
from tests.network.random_models import configs, random_weights

REFERENCE = Path(__file__).parents[1] / "reference" / "nano-gpt-sort.npz"
Weights = dict[str, Array]


@pytest.fixture(scope="module")
def nano():
    return load("nano-gpt-sort")


class TestNanoGpt:
    @pytest.mark.parametrize("prompt", ["CBABBC", "CBABBCABBBC", "A"])
    def test_every_intermediate_equals_the_reference(self, nano, prompt: str) -> None:
        trace = nano.trace(nano.encode_prompt(prompt))
        with np.load(REFERENCE) as stored:
            names = {key.removeprefix(f"{prompt}/") for key in stored.files if key.startswith(f"{prompt}/")}
            names -= {"blocks.1.resid_pre", "blocks.2.resid_pre"}  # the same as the block before's resid_post
            assert names == {m.name for m in nano.network.computed} | {"tokens"}
            for name in names:
                theirs = stored[f"{prompt}/{name}"]
                scale = max(1.0, float(np.abs(theirs[np.isfinite(theirs)]).max()))
                np.testing.assert_allclose(trace[name], theirs, atol=1e-5 * scale, rtol=1e-5, err_msg=name)

    def test_counts(self, nano) -> None:
        assert nano.network.n_params() == 85_728
        head = nano.network.find("unembed.W_U")
        assert nano.network.n_params() - int(np.prod(head.shape(0))) == 85_584
        assert nano.network.n_cells(11) == 117_925
        layout = arrange(nano.network, 11)
        assert len(layout.blocks) == 206
        assert sum(block.n_cells for block in layout.blocks.values()) == 117_925

    def test_sorts_all_729(self, nano) -> None:
        """Letters are independent of those after them, so one pass over the right answer tells."""
        wrong = []
        for letters in itertools.product(range(3), repeat=6):
            answer = sorted(letters)
            trace = nano.trace([*letters, *answer[:-1]])
            if trace["logits"][5:].argmax(-1).tolist() != answer:
                wrong.append(letters)
        assert wrong == []


@settings(max_examples=60)
@given(configs(), st.integers(0, 2**32), st.data())
def test_every_cell_follows_from_its_sources(config: Config, seed: int, data: st.DataObject) -> None:
    network = declare(config)
    weights = random_weights(network, seed)
    count = data.draw(st.integers(1, 6), label="positions")
    tokens = data.draw(st.lists(st.integers(0, config.d_vocab - 1), min_size=count, max_size=count))
    trace = run(network, weights, tokens)
    for matrix in network.computed:
        shape = trace[matrix.name].shape
        assert shape == matrix.shape(count)
        cell = tuple(data.draw(st.integers(0, size - 1), label=matrix.name) for size in shape)
        shown = trace.value(matrix.name, cell)
        found = trace.recompute(matrix.name, cell)
        if np.isinf(shown):
            assert found == shown
            continue
        scale = max(
            1.0,
            abs(shown),
            *(float(np.abs(s.values).max(initial=0)) for s in trace.sources(matrix.name, cell)),
        )
        assert abs(found - shown) < 2e-4 * scale, (matrix.name, cell, shown, found)


@settings(max_examples=40)
@given(configs(), st.data())
def test_one_position_at_a_time_equals_all_at_once(config: Config, data: st.DataObject) -> None:
    network = declare(config)
    weights = random_weights(network)
    tokens = data.draw(st.lists(st.integers(0, config.d_vocab - 1), min_size=2, max_size=8))
    first = data.draw(st.integers(1, len(tokens)))
    evaluator = Evaluator(network, weights, capacity=12)
    evaluator.append(tokens[:first])
    for token in tokens[first:]:
        evaluator.append([token])
    step, whole = evaluator.trace(), run(network, weights, tokens)
    for matrix in network:
        scale = np.abs(whole[matrix.name][np.isfinite(whole[matrix.name])]).max(initial=1.0)
        np.testing.assert_allclose(
            step[matrix.name], whole[matrix.name], atol=1e-4 * scale, err_msg=matrix.name
        )


def test_sources_reach_no_cell_of_the_future() -> None:
    """Changing a later token leaves every earlier position as it was."""
    network = declare(Config("llama", 2, 4, 12, 4, 8, 12, 9, 2, norm_bias=False, rope=Rope((1.0, 0.1))))
    weights = random_weights(network)
    one, other = run(network, weights, [1, 2, 3, 4]), run(network, weights, [1, 2, 3, 8])
    for matrix in network.computed:
        axis = matrix.time_axis()
        assert axis is not None
        same = np.moveaxis(one[matrix.name], axis, 0)[:3] == np.moveaxis(other[matrix.name], axis, 0)[:3]
        assert same.all(), matrix.name


class TestGenerate:
    def test_trace_holds_every_step(self, nano) -> None:
        found = generate(nano.network, nano.weights, nano.encode_prompt("CBABBC", 6), 6)
        assert nano.tokenizer.decode(found.chosen) == "ABBBCC"
        assert found.trace.n_positions == 11
        assert found.trace.tokens == found.tokens[:-1]
        for number, step in enumerate(found.steps):
            assert step.position == 5 + number
            np.testing.assert_allclose(step.probs, found.trace["probs"][step.position], atol=1e-6)

    def test_same_seed_draws_the_same(self) -> None:
        network = declare(Config("gpt2", 1, 2, 4, 2, 8, 40, 20, 2, tied=True))
        weights = random_weights(network)
        once, again, other = (
            generate(network, weights, [1], 30, Sampling(1.5, seed=seed)).chosen for seed in (4, 4, 5)
        )
        assert once == again != other

    def test_draws_as_often_as_the_shares_say(self) -> None:
        from llm_scene.network.sampling import draw

        shares = np.array([0.5, 0.0, 0.3, 0.2], np.float32)
        generator = Sampling(1.0, seed=1).generator()
        counts = np.bincount([draw(shares, generator) for _ in range(20_000)], minlength=4) / 20_000
        assert counts[1] == 0
        np.testing.assert_allclose(counts, shares, atol=0.015)

    @pytest.mark.parametrize("temperature", [1e-38, 1e-300, 1e-3])
    def test_the_coldest_temperatures_are_greedy(self, temperature: float) -> None:
        from llm_scene.network.sampling import filtered

        logits = np.array([1.0, 3.0, -np.inf, 2.0], np.float32)
        assert filtered(logits, Sampling(temperature)).tolist() == [0, 1, 0, 0]
        assert filtered(logits, Sampling(temperature, top_k=2, top_p=0.5)).tolist() == [0, 1, 0, 0]

    def test_refuses_more_than_fits(self, nano) -> None:
        from llm_scene.errors import UserError

        with pytest.raises(UserError, match="12 positions"):
            generate(nano.network, nano.weights, [0] * 6, 7)
        with pytest.raises(UserError, match="At least one step"):
            generate(nano.network, nano.weights, [0], 0)


def test_shapes_of_heads_and_groups_reach_the_pattern() -> None:
    """A window of one sees only itself."""
    config = Config("llama", 1, 4, 8, 2, 8, 12, 9, 2, norm_bias=False, window=1)
    network = declare(config)
    pattern = run(network, random_weights(network), [1, 2, 3])["blocks.0.attn.pattern"]
    assert (pattern == np.eye(3)).all()
    full = declare(replace(config, window_layers=()))
    assert (run(full, random_weights(full), [1, 2, 3])["blocks.0.attn.pattern"][:, 2, 0] > 0).all()
