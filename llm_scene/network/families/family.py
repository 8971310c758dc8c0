"""What a family's entry consists of, and what the readers of config.json share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...fields import Fields, short
from ..activations import SPELLINGS
from ..config import Config
from ..graph import Declaration, Keys

LAYERS, HEADS, WIDTH, TOKENS, CONTEXT = 1024, 1024, 1 << 20, 1 << 24, 1 << 28  # more is a mistake

# Entries of config.json that change nothing in what a model computes from a prompt.
IDLE = frozenset(
    [
        "_attn_implementation",
        "_attn_implementation_autoset",
        "_commit_hash",
        "_name_or_path",
        "architectures",
        "attention_dropout",
        "attn_implementation",
        "attn_pdrop",
        "auto_map",
        "bad_words_ids",
        "begin_suppress_tokens",
        "bos_token_id",
        "chunk_size_feed_forward",
        "classifier_dropout",
        "cross_attention_hidden_size",
        "decoder_start_token_id",
        "diversity_penalty",
        "do_sample",
        "dtype",
        "early_stopping",
        "embd_pdrop",
        "embedding_dropout",
        "encoder_no_repeat_ngram_size",
        "eos_token_id",
        "exponential_decay_length_penalty",
        "finetuning_task",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "gradient_checkpointing",
        "hidden_dropout",
        "id2label",
        "initializer_range",
        "is_decoder",
        "is_encoder_decoder",
        "label2id",
        "length_penalty",
        "max_length",
        "min_length",
        "model_type",
        "n_ctx",
        "name",
        "no_repeat_ngram_size",
        "num_beam_groups",
        "num_beams",
        "num_labels",
        "num_return_sequences",
        "output_attentions",
        "output_hidden_states",
        "output_router_logits",
        "output_scores",
        "pad_token_id",
        "prefix",
        "pretraining_tp",
        "problem_type",
        "remove_invalid_values",
        "repetition_penalty",
        "resid_pdrop",
        "residual_dropout",
        "return_dict",
        "return_dict_in_generate",
        "router_aux_loss_coef",
        "router_jitter_noise",
        "sep_token_id",
        "suppress_tokens",
        "task_specific_params",
        "temperature",
        "tf_legacy_loss",
        "tokenizer_class",
        "top_k",
        "top_p",
        "torch_dtype",
        "torchscript",
        "transformers_version",
        "transformers.js_config",
        "typical_p",
        "unsloth_fixed",
        "unsloth_version",
        "use_bfloat16",
        "use_cache",
    ]
)


@dataclass(frozen=True)
class Family:
    """A family of models. `read` turns its config.json into a Config, `declare` that into a graph."""

    title: str
    read: Callable[[Fields], Config]
    declare: Callable[[Declaration], None]
    keys: Keys
    prefix: str = "model."  # of the keys in a file: those of the model without its head are saved bare
    aliases: Mapping[str, str] = field(default_factory=dict)  # other names of entries in config.json
    idle: frozenset[str] = frozenset()  # its entries that change nothing, beyond those of all families


def settled(fields: Fields, aliases: Mapping[str, str]) -> Fields:
    """The entries with aliases under the names that count; refuses two that contradict each other."""
    data = dict(fields.data)
    for alias, name in aliases.items():
        if alias not in data:
            continue
        value = data.pop(alias)
        if data.get(name) is None:
            data[name] = value
        elif value is not None and value != data[name]:
            raise fields.error(f"{name} = {short(data[name])} contradicts {alias} = {short(value)}")
    return Fields(fields.path, data)


def checked(config: Config, fields: Fields) -> Config:
    """What must hold in every family."""
    if config.n_head % config.n_kv_head:
        raise fields.error(f"{config.n_head} heads cannot share {config.n_kv_head} key heads evenly")
    if config.n_head * config.d_head > WIDTH:
        raise fields.error(f"{config.n_head} heads of {config.d_head} features are too wide")
    for rope in (config.rope, config.rope_sliding):
        if rope is not None and 2 * len(rope.inv_freq) > config.d_head:
            raise fields.error("rotary positions turn more features than a head has")
    e = config.experts
    if e is not None and e.chosen > e.count:
        raise fields.error(f"{e.chosen} experts cannot be chosen out of {e.count}")
    return config


def refuse_unusual(fields: Fields) -> None:
    """Entries that any configuration may hold, and that would make another model of it."""
    fields.only("is_causal", True)
    for key in ("add_cross_attention", "use_bidirectional_attention", "tie_encoder_decoder"):
        fields.only(key, False)
    fields.only("pruned_heads", {})


def activation(fields: Fields, key: str, default: str) -> str:
    """The activation that an entry names."""
    return fields.choice(key, SPELLINGS, default=default)


def divided(fields: Fields, key: str, d_model: int, n_head: int) -> int:
    """Features a head, where heads share the channels evenly."""
    if d_model % n_head:
        raise fields.error(f"{d_model} channels ({key}) cannot be divided among {n_head} heads")
    return d_model // n_head


def sliding_layers(fields: Fields, n_layer: int, default: list[str] | None) -> tuple[int, ...] | None:
    """The layers that `layer_types` says slide; None where neither it nor a default says anything."""
    kinds = fields.raw("layer_types")
    if kinds is None:
        kinds = default
    if kinds is None:
        return None
    if not isinstance(kinds, list) or len(kinds) != n_layer:
        raise fields.error(f"layer_types must name all {n_layer} layers")
    if not all(kind in ("full_attention", "sliding_attention") for kind in kinds):
        raise fields.error("layer_types may only be full_attention or sliding_attention")
    return tuple(layer for layer, kind in enumerate(kinds) if kind == "sliding_attention")


def window(fields: Fields, default: int | None) -> int | None:
    """The sliding window: null means none."""
    if "sliding_window" in fields.data and fields.raw("sliding_window") is None:
        return None
    return (
        fields.size("sliding_window", CONTEXT, default=default)
        if default or fields.has("sliding_window")
        else None
    )


def alternating(n_layer: int, every: int) -> list[str]:
    """All layers slide but every so many-th."""
    return ["sliding_attention" if (layer + 1) % every else "full_attention" for layer in range(n_layer)]


def list_of_layers(fields: Fields, key: str, n_layer: int) -> tuple[int, ...]:
    """Numbers of layers."""
    value = fields.raw(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(type(v) is int and 0 <= v < n_layer for v in value):
        raise fields.error(f"{key} must be a list of layers from 0 to {n_layer - 1}, not {short(value)}")
    return tuple(value)
