"""Models that transformers wrote, loaded by us, against transformers' own forward pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llm_scene.models import load
from llm_scene.network import Sampling, generate
from llm_scene.network.activations import ACTIVATIONS, SPELLINGS
from llm_scene.network.sampling import filtered
from tests.network import family_cases

pytestmark = pytest.mark.live
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
from tests.models import hooked  # noqa: E402 (needs torch)

GPT2 = {"n_layer": 2, "n_head": 2, "n_embd": 32, "n_positions": 24, "vocab_size": 61}
LLAMA = {
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "hidden_size": 32,
    "intermediate_size": 56,
    "max_position_embeddings": 64,
    "vocab_size": 61,
}
GROUPED = LLAMA | {"num_key_value_heads": 2}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
YARN = {"rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 16}
SLIDING = {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1}

CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "gpt2 tied": ("gpt2", GPT2, "float32"),
    "gpt2 untied": ("gpt2", GPT2 | {"tie_word_embeddings": False}, "float32"),
    "gpt2 odd sizes": ("gpt2", GPT2 | {"n_head": 3, "n_embd": 21, "n_inner": 37, "vocab_size": 7}, "float32"),
    "gpt2 relu": ("gpt2", GPT2 | {"activation_function": "relu"}, "float32"),
    "gpt2 exact gelu": ("gpt2", GPT2 | {"activation_function": "gelu", "n_layer": 1}, "float32"),
    "gpt2 half": ("gpt2", GPT2, "float16"),
    "gpt2 bfloat": ("gpt2", GPT2, "bfloat16"),
    "gpt2 sharded": ("gpt2", GPT2 | {"n_embd": 64}, "sharded"),
    "llama": ("llama", LLAMA, "float32"),
    "llama grouped": ("llama", GROUPED | {"num_key_value_heads": 1}, "float32"),
    "llama tied": ("llama", GROUPED | {"tie_word_embeddings": True}, "float32"),
    "llama biases": ("llama", GROUPED | {"attention_bias": True, "mlp_bias": True}, "float32"),
    "llama own head size": ("llama", GROUPED | {"head_dim": 10}, "float32"),
    "llama linear": (
        "llama",
        GROUPED | {"rope_parameters": {"rope_type": "linear", "rope_theta": 100.0, "factor": 2.5}},
        "float32",
    ),
    "llama dynamic": (
        "llama",
        GROUPED | {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 100.0, "factor": 2.0}},
        "float32",
    ),
    "llama 3.1": ("llama", GROUPED | {"rope_parameters": LLAMA3}, "float32"),
    "llama yarn": ("llama", GROUPED | {"rope_parameters": YARN}, "float32"),
    "llama yarn, own scale": (
        "llama",
        GROUPED | {"rope_parameters": YARN | {"mscale": 0.7, "mscale_all_dim": 1.3, "truncate": False}},
        "float32",
    ),
    "llama bfloat": ("llama", GROUPED, "bfloat16"),
    "llama sharded": ("llama", GROUPED, "sharded"),
    "mistral": ("mistral", GROUPED | {"sliding_window": 6}, "float32"),
    "mistral, no window": ("mistral", GROUPED | {"sliding_window": None}, "float16"),
    "qwen2": ("qwen2", GROUPED, "float32"),
    "qwen2 sliding": ("qwen2", GROUPED | SLIDING, "float32"),
    "qwen3": ("qwen3", GROUPED | {"head_dim": 12}, "float32"),
    "qwen3 sliding": ("qwen3", GROUPED | SLIDING | {"tie_word_embeddings": True}, "bfloat16"),
    "smollm3": ("smollm3", GROUPED | {"num_hidden_layers": 4, "pad_token_id": None}, "float32"),
}
CASES |= {
    name: (kind, sizes, "float32") for name, (kind, sizes) in family_cases.CASES.items() if name not in CASES
}


def build(kind: str, sizes: dict[str, Any], storage: str, folder: Path) -> Any:
    """A random model, saved to a folder and returned as transformers computes it, in float32."""
    torch.manual_seed(3)
    config = transformers.AutoConfig.for_model(kind, **sizes)
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():  # biases and gains start at constants, which would hide errors
            parameter.add_(torch.randn_like(parameter) * 0.2)
    if storage in ("float16", "bfloat16"):
        model = model.to(getattr(torch, storage))
    model.save_pretrained(folder, max_shard_size="20KB" if storage == "sharded" else "1GB")
    return hooked.open_model(folder)


def close(ours: np.ndarray, theirs: np.ndarray, name: str) -> None:
    assert ours.shape == theirs.shape, name
    error = np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max())
    assert error < 1e-4, f"{name}: {error:.2e}"


@pytest.mark.parametrize("name", CASES)
def test_forward_pass_equals_transformers(name: str, tmp_path: Path) -> None:
    kind, sizes, storage = CASES[name]
    theirs = build(kind, sizes, storage, tmp_path)
    if storage == "sharded":
        assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    model = load(folder=tmp_path)
    assert [warning for warning in model.warnings if "LongRoPE" not in warning] == []
    tokens = np.random.default_rng(1).integers(model.config.d_vocab, size=14).tolist()
    trace = model.trace(tokens)
    found = hooked.intermediates(theirs, model.network, tokens)
    assert len(found) >= 2 + 4 * model.config.n_layer
    for matrix, values in found.items():
        close(trace[matrix], values, matrix)
    assert (trace["logits"].argmax(-1) == found["logits"].argmax(-1)).all()
    assert model.network.n_params() == sum(p.numel() for p in theirs.parameters())


@pytest.mark.parametrize("name", ["gpt2 tied", "llama grouped", "mistral", "qwen3"])
def test_greedy_generation_equals_transformers(name: str, tmp_path: Path) -> None:
    kind, sizes, storage = CASES[name]
    theirs = build(kind, sizes, storage, tmp_path)
    model = load(folder=tmp_path)
    prompt = [5, 3, 40, 17]
    found = generate(model.network, model.weights, prompt, 12)
    with torch.no_grad():
        out = theirs.generate(
            torch.tensor([prompt]), max_new_tokens=12, do_sample=False, eos_token_id=-1, pad_token_id=0
        )
    assert found.tokens == out[0].tolist()


def test_activations_equal_transformers() -> None:
    """All that it names, but those that are learned."""
    from transformers.activations import ACT2CLS, ACT2FN

    assert set(ACT2CLS) - set(SPELLINGS) == {"prelu", "xielu"}
    x = torch.linspace(-12, 12, 481)
    for spelling in set(ACT2CLS) & set(SPELLINGS):
        ours = ACTIVATIONS[SPELLINGS[spelling]].function(x.numpy().copy())
        np.testing.assert_allclose(ours, ACT2FN[spelling](x).numpy(), atol=2e-6, err_msg=spelling)


def test_a_head_of_its_own_counts_in_tied_models(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    build("llama", GROUPED | {"tie_word_embeddings": True}, "float32", tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    tensors["lm_head.weight"] = torch.randn(61, 32)
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with torch.no_grad():
        logits = hooked.open_model(tmp_path)(torch.tensor([[1, 2, 3]])).logits[0]
    close(load(folder=tmp_path).trace([1, 2, 3])["logits"], logits.numpy(), "logits")


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("top_k", [0, 1, 4, 1000])
@pytest.mark.parametrize("top_p", [1.0, 0.95, 0.5, 1e-4])
def test_filtered_distribution_equals_transformers(temperature: float, top_k: int, top_p: float) -> None:
    from transformers.generation import logits_process

    processors = transformers.LogitsProcessorList([logits_process.TemperatureLogitsWarper(temperature)])
    if top_k:
        processors.append(logits_process.TopKLogitsWarper(top_k))
    if top_p < 1:
        processors.append(logits_process.TopPLogitsWarper(top_p))
    rng = np.random.default_rng(7)
    for _ in range(20):
        logits = (rng.standard_normal(50) * 3).astype(np.float32)
        theirs = processors(torch.zeros(1, 1, dtype=torch.long), torch.from_numpy(logits)[None].clone())
        ours = filtered(logits, Sampling(temperature, top_k, top_p))
        np.testing.assert_allclose(ours, torch.softmax(theirs[0], -1).numpy(), atol=1e-6)
