"""nanoGPT's and minGPT's checkpoints (.pt) in Hugging Face's form.

The checkpoint is read with torch's `weights_only`, and the
character table beside it (meta.pkl) only after a look at its opcodes: dicts, strings and integers pass,
nothing else is ever executed.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError, words_of
from ...fields import Fields
from ...network import declare
from ...network.families.family import HEADS
from ...network.ops import Array
from ..checkpoint import stored_shapes
from ..config_json import config_of
from ..files import CONFIG_BYTES, read_bytes, read_object
from .folder import Checkpoint, of_array
from .torch_file import load_torch, tensors_of, wrapper_of

TRANSPOSED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
BUFFERS = (".attn.bias", ".attn.masked_bias")
PREFIXES = ("_orig_mod.", "module.", "transformer.", "model.")  # in any order
OPCODES = frozenset(
    [
        "PROTO",
        "FRAME",
        "STOP",
        "MARK",
        "EMPTY_DICT",
        "DICT",
        "SETITEM",
        "SETITEMS",
        "UNICODE",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "INT",
        "LONG",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "MEMOIZE",
        "PUT",
        "BINPUT",
        "LONG_BINPUT",
        "GET",
        "BINGET",
        "LONG_BINGET",
    ]
)


@dataclass(frozen=True)
class Source:
    """What a .pt file holds."""

    state: Mapping[str, Array]
    n_head: int | None  # minGPT does not say
    exact_gelu: bool  # nanoGPT's; minGPT computes the tanh form


def read(source: Path, meta: Path | None = None, n_head: int | None = None) -> Checkpoint:
    """A nanoGPT or minGPT checkpoint under Hugging Face's keys.

    `meta` is the character table, by default meta.pkl beside the checkpoint; `n_head` is needed for
    minGPT, whose files do not say it. Raises UserError where something is in the way.
    """
    found = read_torch(source)
    weights = canonical(found.state, source)
    config = config_json(weights, n_head or found.n_head, found.exact_gelu, source)
    if meta is None and source.with_name("meta.pkl").exists():
        meta = source.with_name("meta.pkl")
    letters = None if meta is None else read_letters(meta)
    if letters is not None and max(letters.values()) >= config["vocab_size"]:
        raise UserError(f"{meta} has more letters than the {config['vocab_size']} that the model knows.")
    _check(weights, config, source)
    files = {"config.json": config} | ({"tokenizer.json": tokenizer_json(letters)} if letters else {})
    keys = {name: name if name == "lm_head.weight" else f"transformer.{name}" for name in weights}
    return Checkpoint(files, {keys[name]: of_array(array) for name, array in weights.items()})


def read_torch(path: Path) -> Source:
    """Tensors and settings of a .pt file, without executing anything in it."""
    content = load_torch(path)
    wrapper = wrapper_of(content)
    arrays = {key: value.detach().float().numpy() for key, value in tensors_of(content, path).items()}
    args = _beside(path) if wrapper is None else content.get("model_args") or content.get("hyper_parameters")
    n_head = args.get("n_head") if isinstance(args, dict) else None
    return Source(arrays, n_head if type(n_head) is int else None, exact_gelu=wrapper is not None)


def _beside(path: Path) -> Any:
    """What minGPT's trainer leaves in config.json beside its weights."""
    settings = path.with_name("config.json")
    return read_object(settings, CONFIG_BYTES).get("model") if settings.is_file() else None


def canonical(state: Mapping[str, Array], source: Path) -> dict[str, Array]:
    """Tensors under GPT-2's keys and layout: linear weights [in, out], no buffers, a tied head once."""
    weights: dict[str, Array] = {}
    for key, tensor in state.items():
        name = key
        while name.startswith(PREFIXES):
            name = name.partition(".")[2]
        if not name.endswith(BUFFERS):
            weights[name] = np.ascontiguousarray(tensor.T if name.endswith(TRANSPOSED) else tensor)
    for name in ("wte.weight", "wpe.weight"):
        if name not in weights or weights[name].ndim != 2:
            raise UserError(f"{source} is no nanoGPT or minGPT checkpoint: it has no table {name}.")
    if np.array_equal(weights.get("lm_head.weight", np.empty(0)), weights["wte.weight"]):
        del weights["lm_head.weight"]
    return weights


def config_json(
    weights: Mapping[str, Array], n_head: int | None, exact: bool, source: Path
) -> dict[str, Any]:
    """config.json, from the sizes of the tensors; only the number of heads has to be told."""
    d_vocab, d_model = weights["wte.weight"].shape
    if n_head is None:
        raise UserError(f"{source} does not say how many heads the model has: add --heads N.")
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu" if exact else "gelu_new",
        "n_layer": len({name.split(".")[1] for name in weights if name.startswith("h.")}),
        "n_head": n_head,
        "n_embd": d_model,
        "n_inner": None,
        "n_positions": weights["wpe.weight"].shape[0],
        "vocab_size": d_vocab,
        "layer_norm_epsilon": 1e-5,
        "tie_word_embeddings": "lm_head.weight" not in weights,
        "bias": "h.0.ln_1.bias" in weights,
    }


def read_letters(path: Path) -> dict[str, int]:
    """The character table of nanoGPT's meta.pkl: token ids by letter."""
    raw = read_bytes(path, CONFIG_BYTES)
    try:
        for opcode, _, _ in pickletools.genops(raw):
            if opcode.name not in OPCODES:
                raise UserError(
                    f"{path} holds more than letters and numbers ({opcode.name}): it is not read."
                )
        table = pickle.Unpickler(io.BytesIO(raw)).load()  # nothing is left in it that could run
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{path} is not a table of letters: {words_of(error)}.") from None
    letters = table.get("stoi") if isinstance(table, dict) else None
    if not isinstance(letters, dict) or not letters:
        raise UserError(f"{path} has no table stoi from letters to token ids.")
    for letter, token in letters.items():
        if (
            not isinstance(letter, str)
            or len(letter) != 1
            or type(token) is not int
            or not 0 <= token < 1 << 24
        ):
            raise UserError(f"{path}: {str(letter)[:20]!r} is not a letter with a token id.")
    if len(set(letters.values())) != len(letters):
        raise UserError(f"{path} gives two letters the same token id.")
    return letters


def tokenizer_json(letters: Mapping[str, int]) -> dict[str, Any]:
    """A tokenizer of single characters; others are an error, as there is no token for unknown ones."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": r"[\s\S]"},
            "behavior": "Isolated",
            "invert": False,
        },
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": dict(letters), "unk_token": ""},
    }


def _check(weights: Mapping[str, Array], config: dict[str, Any], source: Path) -> None:
    """The tensors are those of the model that config.json will describe."""
    if config["n_head"] > HEADS:
        raise UserError(f"{source}: {config['n_head']} heads are too many.")
    needed = stored_shapes(declare(config_of(Fields(source, config))[0]))
    for name, shape in needed.items():
        if name not in weights:
            raise UserError(f"{source} lacks the tensor {name}.")
        if weights[name].shape != shape:
            raise UserError(f"{source}: {name} has the shape {weights[name].shape}, not {shape}.")
    strange = sorted(set(weights) - set(needed))
    if strange:
        raise UserError(f"{source} holds {strange[0]!r}, which is no part of a GPT-2.")
