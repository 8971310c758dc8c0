"""config.json of a checkpoint folder as a `Config`, every entry checked before it is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..network import Config
from .files import CONFIG_BYTES, read_object

LAYERS, HEADS, WIDTH, TOKENS, CONTEXT = 1024, 1024, 1 << 20, 1 << 24, 1 << 28  # more is a mistake
ACTIVATIONS = {
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu": "gelu",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}


@dataclass(frozen=True)
class Fields:
    """The entries of a config file, each asked for with what it may be."""

    path: Path
    data: dict[str, Any]

    def has(self, key: str) -> bool:
        """Whether an entry is there and not null."""
        return self.data.get(key) is not None

    def size(self, key: str, most: int, default: int | None = None) -> int:
        """A whole number from 1 to `most`."""
        value = self._get(key, default)
        if type(value) is not int or not 1 <= value <= most:
            raise self.error(f"{key} must be a whole number from 1 to {most:,}, not {_short(value)}")
        return value

    def number(self, key: str, default: float | None = None, least: float = 0.0, most: float = 1e12) -> float:
        """A finite number above `least`."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least < value <= most:
            raise self.error(f"{key} must be a number above {least:g}, not {_short(value)}")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.error(f"{key} must be true or false, not {_short(value)}")
        return value

    def choice(self, key: str, options: dict[str, str], default: str | None = None) -> str:
        """What one of several words stands for."""
        value = self._get(key, default)
        if not isinstance(value, str) or value not in options:
            raise self.error(f"{key} must be one of {', '.join(options)}, not {_short(value)}")
        return options[value]

    def table(self, key: str) -> Fields | None:
        """An object within, or None."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.error(f"{key} must be an object, not {_short(value)}")
        return Fields(self.path, value)

    def error(self, problem: str) -> UserError:
        """The sentence that names the file and the problem."""
        return UserError(f"{self.path}: {problem}.")

    def _get(self, key: str, default: Any) -> Any:
        value = self.data.get(key)
        if value is None:
            value = default
        if value is None:
            raise self.error(f"{key} is missing")
        return value


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**20 else "a number that long"
    return text if len(text) <= 40 else text[:37] + "..."


def read_config(folder: Path) -> Config:
    """The shape of the model in a checkpoint's folder."""
    fields = Fields(folder / "config.json", read_object(folder / "config.json", CONFIG_BYTES))
    family = fields.data.get("model_type")
    if not isinstance(family, str) or family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise fields.error(f"the model type {_short(family)} is not known here, only {known}")
    if fields.has("quantization_config"):
        raise fields.error("quantized checkpoints are not supported: use the float16 or bfloat16 one")
    return check_config(FAMILIES[family](fields), fields)


def shape_from_table(path: Path, table: Any) -> Config:
    """The shape that a preset spells out: Hugging Face's config entries as a TOML table."""
    if not isinstance(table, dict) or table.get("model_type") not in FAMILIES:
        raise UserError(f"{path}: [shape] needs a model_type out of {', '.join(FAMILIES)}.")
    fields = Fields(path, table)
    return check_config(FAMILIES[table["model_type"]](fields), fields)


def check_config(config: Config, fields: Fields) -> Config:
    """What must hold in every family."""
    if config.n_head % config.n_kv_head:
        raise fields.error(f"{config.n_head} heads cannot share {config.n_kv_head} key heads evenly")
    if config.n_head * config.d_head > WIDTH:
        raise fields.error(f"{config.n_head} heads of {config.d_head} features are too wide")
    if config.rope is not None and 2 * len(config.rope.inv_freq) > config.d_head:
        raise fields.error("rotary positions turn more features than a head has")
    return config


def gpt2(fields: Fields) -> Config:
    """GPT-2 and what is converted to it (nanoGPT, minGPT)."""
    d_model = fields.size("n_embd", WIDTH)
    n_head = fields.size("n_head", HEADS)
    if d_model % n_head:
        raise fields.error(f"{d_model} channels (n_embd) cannot be divided among {n_head} heads")
    for key, only in (("scale_attn_by_inverse_layer_idx", False), ("scale_attn_weights", True)):
        if fields.flag(key, only) is not only:
            raise fields.error(f"{key} = {str(not only).lower()} is not supported")
    bias = fields.flag("bias", True)  # nanoGPT without biases; transformers' own always have them
    return Config(
        family="gpt2",
        n_layer=fields.size("n_layer", LAYERS),
        n_head=n_head,
        d_model=d_model,
        d_head=d_model // n_head,
        d_mlp=fields.size("n_inner", WIDTH, default=4 * d_model),
        n_ctx=fields.size("n_positions", CONTEXT, default=fields.size("n_ctx", CONTEXT, default=1024)),
        d_vocab=fields.size("vocab_size", TOKENS),
        n_kv_head=n_head,
        eps=fields.number("layer_norm_epsilon", 1e-5, most=1.0),
        activation=fields.choice("activation_function", ACTIVATIONS, default="gelu_new"),
        tied=fields.flag("tie_word_embeddings", True),
        linear_bias=bias,
        qkv_bias=bias,
        norm_bias=bias,
    )


FAMILIES: dict[str, Callable[[Fields], Config]] = {"gpt2": gpt2}
