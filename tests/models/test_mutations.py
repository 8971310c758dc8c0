"""No entry of config.json passes silently: whatever it is changed to, the model is the same as transformers',
or it is refused, or a warning names the entry."""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.network.families import FAMILIES
from tests.network import family_cases

pytestmark = pytest.mark.live
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
from tests.models import hooked  # noqa: E402 (needs torch)

TOKENS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]
BASES = {family_cases.CASES[name][0]: name for name in reversed(family_cases.CASES)}
NOT_MUTATED = {"model_type", "transformers_version", "architectures", "dtype", "torch_dtype", "vocab_size"}
FOREIGN: dict[str, list[Any]] = {  # entries that a family's class may not have
    "is_causal": [False],
    "use_bidirectional_attention": [True],
    "attn_implementation": ["sdpa"],
    "rope_theta": [50.0],
    "rotary_pct": [1.0],
    "partial_rotary_factor": [0.5],
    "rope_scaling": [{"rope_type": "linear", "factor": 3.0}, {"type": "dynamic", "factor": 2.0}],
    "rope_parameters": [
        {"rope_type": "default", "rope_theta": 30.0},
        {"rope_type": "linear", "factor": 2.0, "rope_theta": 30.0},
    ],
    "head_dim": [12],
    "rope_local_base_freq": [20.0],
    "sliding_window": [2, None],
    "use_sliding_window": [True],
    "layer_types": [["sliding_attention", "full_attention"], ["full_attention", "full_attention"]],
    "max_window_layers": [0],
    "attention_bias": [True],
    "mlp_bias": [True],
    "qkv_bias": [False],
    "use_qkv_bias": [True],
    "bias": [False],
    "qk_norm": [True],
    "qk_layernorm": [True],
    "hidden_act": ["relu"],
    "activation_function": ["relu"],
    "logit_scale": [2.0],
    "logits_scaling": [2.0],
    "embedding_multiplier": [2.0],
    "final_logit_softcapping": [1.0],
    "attn_logit_softcapping": [1.0],
    "query_pre_attn_scalar": [3],
    "parallel_attn": [True],
    "use_parallel_residual": [True, False],
    "add_cross_attention": [True],
    "is_decoder": [True],
    "num_experts": [3],
    "num_local_experts": [3],
    "clip_qkv": [0.1],
    "alibi": [True],
    "num_attention_heads": [2],
    "n_head": [2],
    "pruned_heads": [{"0": [1]}],
    "scale_attn_by_inverse_layer_idx": [True],
}
# Heads wide enough for several angles: with one pair of features, the base of the angles has no effect.
WIDER = {"gpt2": {"n_embd": 32}, "gptj": {"n_embd": 32, "rotary_dim": 4}}
TOGETHER: dict[str, dict[str, Any]] = {  # entries that meet others, by the one spoken of
    "gpt_neox": {
        "rotary_emb_base": {"rotary_emb_base": 30, "rope_parameters": {"rope_theta": 7.0}},
        "partial_rotary_factor": {"partial_rotary_factor": 0.5, "rotary_pct": 1.0},
        "rope_theta": {"rope_theta": 50.0, "rotary_emb_base": 30},
    },
    "gemma3_text": {
        "rope_scaling": {
            "rope_scaling": {"type": "linear", "factor": 3.0},
            "rope_parameters": {"full_attention": {"rope_theta": 44.0}, "sliding_attention": None},
        },
    },
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what transformers has to say about odd settings."""
    transformers.logging.set_verbosity(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def mutations(entries: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every entry of the family's configuration class, changed; and entries of other families."""
    known = transformers.AutoConfig.for_model(kind, **entries).to_dict()
    for key, value in known.items():
        if key not in NOT_MUTATED:
            if key in entries:
                yield key, {k: v for k, v in entries.items() if k != key}
            for other in changed(value):
                yield key, entries | {key: other}
    for key, values in FOREIGN.items():
        yield from ((key, entries | {key: value}) for value in values if value != known.get(key, ...))


def changed(value: Any) -> list[Any]:
    """Other values of the same type."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, 2 * value] if value else [1, 4]
    if isinstance(value, float):
        return [2 * value + 0.125]
    if isinstance(value, str):
        return ["relu", "mish"] if value in transformers.activations.ACT2FN else []
    return [True, 2, 0.5] if value is None else [None]


def theirs(kind: str, entries: dict[str, Any], folder: Path) -> Any:
    """A model of transformers with these entries, left in a folder whose config.json holds just them; None
    where transformers refuses them."""
    torch.manual_seed(3)
    try:
        config = transformers.AutoConfig.for_model(kind, **json.loads(json.dumps(entries)))
        model = transformers.AutoModelForCausalLM.from_config(config)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.2)
        model.save_pretrained(folder)
        (folder / "config.json").write_text(json.dumps({"model_type": kind, **entries}))
        model = hooked.open_model(folder)
        with torch.no_grad():
            return model(torch.tensor([TOKENS])).logits[0].numpy()
    except Exception:  # whatever comes out of a setting that transformers cannot run
        return None


def verdict(kind: str, key: str, entries: dict[str, Any], folder: Path) -> str:
    """What became of an entry: "equal", "refused", "warned", "impossible", or how far off the logits are."""
    with quiet():
        expected = theirs(kind, entries, folder)
    if expected is None:
        return "impossible"
    try:
        model = load(folder=folder)
        ours = model.trace(TOKENS)["logits"]
    except UserError:
        return "refused"
    error = np.abs(ours - expected).max() / max(1.0, np.abs(expected).max())
    if error < 1e-4:
        return "equal"
    return "warned" if any(key in warning for warning in model.warnings) else f"off by {error:.2g}"


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_entry_is_used_or_named(kind: str, tmp_path: Path) -> None:
    entries = family_cases.CASES[BASES[kind]][1] | WIDER.get(kind, {"hidden_size": 32})
    wrong, count = [], 0
    pairs = [(key, entries | both) for key, both in TOGETHER.get(kind, {}).items()]
    for number, (key, mutated) in enumerate((*mutations(entries, kind), *pairs)):
        found = verdict(kind, key, mutated, tmp_path / str(number))
        count += found == "equal"
        if found.startswith("off"):
            wrong.append(f"{key} = {mutated.get(key, 'left out')}: {found}")
    assert wrong == []
    assert count > 20
