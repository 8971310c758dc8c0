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
        out_bias=bias,
        mlp_bias=bias,
        qkv_bias=bias,
        norm_bias=bias,
    )


def llama_like(
    fields: Fields,
    *,
    n_kv_head: int | None = None,
    n_ctx: int = 32768,
    tied: bool = False,
    qkv_bias: bool | None = None,
    **rest: Any,
) -> Config:
    """What Llama and its relatives have in common; the arguments are each family's own defaults.

    A family whose `qkv_bias` is not fixed reads `attention_bias`, which goes for the output too.
    """
    from .rope import read_rope

    d_model = fields.size("hidden_size", WIDTH)
    n_head = fields.size("num_attention_heads", HEADS)
    if not fields.has("head_dim") and "d_head" not in rest and d_model % n_head:
        raise fields.error(f"{d_model} channels (hidden_size) cannot be divided among {n_head} heads")
    d_head = fields.size("head_dim", WIDTH, default=rest.pop("d_head", max(d_model // n_head, 1)))
    n_ctx = fields.size("max_position_embeddings", CONTEXT, default=n_ctx)
    bias = fields.flag("attention_bias", False)
    return Config(
        family="llama",
        n_layer=fields.size("num_hidden_layers", LAYERS),
        n_head=n_head,
        d_model=d_model,
        d_head=d_head,
        d_mlp=fields.size("intermediate_size", WIDTH),
        n_ctx=n_ctx,
        d_vocab=fields.size("vocab_size", TOKENS),
        n_kv_head=fields.size("num_key_value_heads", HEADS, default=n_kv_head or n_head),
        eps=fields.number("rms_norm_eps", 1e-6, most=1.0),
        activation=fields.choice("hidden_act", ACTIVATIONS, default="silu"),
        tied=fields.flag("tie_word_embeddings", tied),
        qkv_bias=bias if qkv_bias is None else qkv_bias,
        out_bias=bias if qkv_bias is None else False,
        mlp_bias=rest.pop("mlp_bias", False),
        norm_bias=False,
        rope=read_rope(fields, d_head, n_ctx),
        **rest,
    )


def llama(fields: Fields) -> Config:
    """Llama 1 to 3, SmolLM, SmolLM2, TinyLlama."""
    return llama_like(fields, n_ctx=2048, mlp_bias=fields.flag("mlp_bias", False))


def mistral(fields: Fields) -> Config:
    """Mistral: every layer looks through a sliding window, unless it is set to null."""
    return llama_like(fields, n_kv_head=8, n_ctx=131072, qkv_bias=False, window=_window(fields, 4096))


def qwen2(fields: Fields) -> Config:
    """Qwen2 and Qwen2.5."""
    slides, window = _sliding(fields)
    return llama_like(fields, n_kv_head=32, qkv_bias=True, window=window, window_layers=slides)


def qwen3(fields: Fields) -> Config:
    """Qwen3: queries and keys are normed."""
    slides, window = _sliding(fields)
    return llama_like(fields, n_kv_head=32, d_head=128, qk_norm=True, window=window, window_layers=slides)


def smollm3(fields: Fields) -> Config:
    """SmolLM3: every fourth layer goes without positions."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    every = fields.size("no_rope_layer_interval", LAYERS, default=4)
    with_rope = fields.data.get("no_rope_layers")  # 1 for a layer with rotary positions, despite its name
    if with_rope is None:
        with_rope = [int((layer + 1) % every != 0) for layer in range(n_layer)]
    if (
        not isinstance(with_rope, list)
        or len(with_rope) != n_layer
        or not all(r in (0, 1) for r in with_rope)
    ):
        raise fields.error("no_rope_layers must be a list with 0 or 1 for every layer")
    nope = tuple(layer for layer, rope in enumerate(with_rope) if not rope)
    slides, window = _sliding(fields, default=nope)
    return llama_like(
        fields,
        n_kv_head=4,
        tied=True,
        mlp_bias=fields.flag("mlp_bias", False),
        window=window,
        window_layers=slides,
        nope_layers=nope,
    )


def _window(fields: Fields, default: int | None) -> int | None:
    """How many keys a query sees: null is no limit, and what is missing has the family's default."""
    if not fields.has("sliding_window"):
        return None if "sliding_window" in fields.data else default
    return fields.size("sliding_window", CONTEXT)


def _sliding(fields: Fields, default: tuple[int, ...] | None = None) -> tuple[tuple[int, ...], int | None]:
    """Which layers slide, and the window; no window where sliding is switched off."""
    n_layer = fields.size("num_hidden_layers", LAYERS)
    if not fields.flag("use_sliding_window", False):
        return (), None
    window = _window(fields, 4096 if default is None else None)
    kinds = fields.data.get("layer_types")
    if kinds is None:
        if default is not None:
            return default, window
        first = fields.data.get("max_window_layers", 28)
        if type(first) is not int or first < 0:
            raise fields.error(f"max_window_layers must be a whole number, not {_short(first)}")
        return tuple(range(first, n_layer)), window
    if not isinstance(kinds, list) or len(kinds) != n_layer:
        raise fields.error(f"layer_types must name all {n_layer} layers")
    if not all(kind in ("full_attention", "sliding_attention") for kind in kinds):
        raise fields.error("layer_types may only be full_attention or sliding_attention")
    return tuple(layer for layer, kind in enumerate(kinds) if kind == "sliding_attention"), window


FAMILIES: dict[str, Callable[[Fields], Config]] = {
    "gpt2": gpt2,
    "llama": llama,
    "mistral": mistral,
    "qwen2": qwen2,
    "qwen3": qwen3,
    "smollm3": smollm3,
}
