"""The trained presets do what they say, checked with a forward pass that shares no code with the package."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file
from tokenizers import Tokenizer

PRESETS = Path(__file__).parents[2] / "presets"
REFERENCE = Path(__file__).parents[1] / "reference" / "nano-gpt-sort.npz"
TRAINED = ("nano-gpt-sort", "tiny-austen")

Array = NDArray[np.float32]
Weights = dict[str, Array]


def load(name: str) -> tuple[dict[str, int], Weights, Tokenizer]:
    folder = PRESETS / name
    weights = load_file(folder / "model.safetensors")
    return (
        json.loads((folder / "config.json").read_text()),
        {key: value.astype(np.float32) for key, value in weights.items()},
        Tokenizer.from_file(str(folder / "tokenizer.json")),
    )


def layer_norm(x: Array, w: Weights, key: str) -> Array:
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return (x - x.mean(axis=-1, keepdims=True)) / std * w[f"{key}.weight"] + w[f"{key}.bias"]


def linear(x: Array, w: Weights, key: str) -> Array:
    return x @ w[f"{key}.weight"] + w[f"{key}.bias"]


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def forward(tokens: NDArray[np.int64], w: Weights, n_layer: int, n_head: int) -> Array:
    """[B, T] -> logits [B, T, V]."""
    n_batch, n_tokens = tokens.shape
    embedding = w["transformer.wte.weight"]
    future = np.triu(np.full((n_tokens, n_tokens), -np.inf, np.float32), k=1)
    x = embedding[tokens] + w["transformer.wpe.weight"][:n_tokens]  # [B, T, C]
    for layer in range(n_layer):
        key = f"transformer.h.{layer}"
        qkv = linear(layer_norm(x, w, f"{key}.ln_1"), w, f"{key}.attn.c_attn")
        q, k, v = qkv.reshape(n_batch, n_tokens, 3, n_head, -1).transpose(2, 0, 3, 1, 4)  # [B, H, T, A]
        scores = q @ k.swapaxes(2, 3) / np.float32(np.sqrt(q.shape[-1])) + future
        z = (softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(x.shape)
        x = x + linear(z, w, f"{key}.attn.c_proj")
        h = linear(layer_norm(x, w, f"{key}.ln_2"), w, f"{key}.mlp.c_fc")
        h = 0.5 * h * (1 + np.tanh(np.float32(np.sqrt(2 / np.pi)) * (h + 0.044715 * h**3)))
        x = x + linear(h, w, f"{key}.mlp.c_proj")
    head: Array = w.get("lm_head.weight", embedding)
    return layer_norm(x, w, "transformer.ln_f") @ head.T


@pytest.mark.parametrize("name", TRAINED)
def test_files_are_small_and_laid_out_as_transformers_saves_them(name: str) -> None:
    config, w, tokenizer = load(name)
    n_embd, n_vocab = config["n_embd"], config["vocab_size"]
    block = {
        "ln_1.weight": (n_embd,),
        "ln_1.bias": (n_embd,),
        "attn.c_attn.weight": (n_embd, 3 * n_embd),
        "attn.c_attn.bias": (3 * n_embd,),
        "attn.c_proj.weight": (n_embd, n_embd),
        "attn.c_proj.bias": (n_embd,),
        "ln_2.weight": (n_embd,),
        "ln_2.bias": (n_embd,),
        "mlp.c_fc.weight": (n_embd, 4 * n_embd),
        "mlp.c_fc.bias": (4 * n_embd,),
        "mlp.c_proj.weight": (4 * n_embd, n_embd),
        "mlp.c_proj.bias": (n_embd,),
    }
    shapes = {
        "transformer.wte.weight": (n_vocab, n_embd),
        "transformer.wpe.weight": (config["n_ctx"], n_embd),
        "transformer.ln_f.weight": (n_embd,),
        "transformer.ln_f.bias": (n_embd,),
    }
    for layer in range(config["n_layer"]):
        shapes |= {f"transformer.h.{layer}.{key}": shape for key, shape in block.items()}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (n_vocab, n_embd)

    path = PRESETS / name / "model.safetensors"
    assert {key: value.shape for key, value in w.items()} == shapes
    assert tokenizer.get_vocab_size() == n_vocab
    assert path.stat().st_size <= 2_000_000
    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == {"format": "pt"}
        stored = {file.get_tensor(key).dtype.name for key in file.keys()}  # noqa: SIM118
    assert stored == {config["torch_dtype"]}


@pytest.mark.parametrize("name", TRAINED)
def test_every_character_survives_the_tokenizer_and_others_are_refused(name: str) -> None:
    _, _, tokenizer = load(name)
    vocabulary = sorted(tokenizer.get_vocab(), key=tokenizer.token_to_id)
    text = "".join(vocabulary) * 2
    assert tokenizer.encode(text).ids == list(range(len(vocabulary))) * 2
    assert tokenizer.decode(tokenizer.encode(text).ids) == text
    with pytest.raises(Exception, match="UNK"):
        tokenizer.encode("A€")


def test_nano_gpt_has_85728_numbers_and_sorts_all_729_inputs() -> None:
    config, w, _ = load("nano-gpt-sort")
    assert sum(value.size for value in w.values()) == 85_728

    inputs = np.array(list(itertools.product(range(3), repeat=6)))
    tokens, least = inputs, 1.0
    for _ in range(6):
        probs = softmax(forward(tokens, w, config["n_layer"], config["n_head"])[:, -1])
        least = min(least, float(probs.max(axis=-1).min()))
        tokens = np.concatenate([tokens, probs.argmax(axis=-1)[:, None]], axis=1)
    np.testing.assert_array_equal(tokens[:, 6:], np.sort(inputs, axis=1))
    assert least > 0.97


def test_the_stored_reference_belongs_to_these_weights() -> None:
    config, w, tokenizer = load("nano-gpt-sort")
    with np.load(REFERENCE) as reference:
        for prompt in ("CBABBC", "CBABBCABBBC", "A"):
            ids = tokenizer.encode(prompt).ids
            assert reference[f"{prompt}/tokens"].tolist() == ids
            logits = forward(np.array([ids]), w, config["n_layer"], config["n_head"])[0]
            np.testing.assert_allclose(logits, reference[f"{prompt}/logits"], rtol=1e-4, atol=1e-4)


def test_tiny_austen_expects_english() -> None:
    config, w, tokenizer = load("tiny-austen")

    def loss(text: str) -> float:
        """Nats a character."""
        ids = np.array([tokenizer.encode(text).ids])
        probs = softmax(forward(ids[:, :-1], w, config["n_layer"], config["n_head"]))
        return float(-np.log(np.take_along_axis(probs, ids[:, 1:, None], axis=2)).mean())

    sentence = "They were very happy to walk with her in the garden."  # not of the novels
    assert loss(sentence) < 1.6
    assert loss(sentence[::-1]) > 3
