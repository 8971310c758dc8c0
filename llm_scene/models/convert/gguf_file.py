"""GGUF, the format of llama.cpp, Ollama and LM Studio, as a checkpoint of Hugging Face's form.

The format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md) is read and quantised blocks are
turned into float32 with the library `gguf`. What llama.cpp's converter did to a family on the way in
(renamed, permuted, transposed, added one) is undone here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import UserError, words_of
from ...network import declare
from ..checkpoint import stored_shapes
from ..config_json import shape_from_table
from ..files import check_file
from .folder import Checkpoint, Stored, Tensor
from .gguf_words import words

if TYPE_CHECKING:
    import gguf

EXPERT = re.compile(r"experts\.(\d+)\.")
AS_STORED = ("F32", "F16", "BF16")  # everything else becomes float32, which holds it exactly
SIZES = {
    "block_count": "num_hidden_layers",
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "rope.freq_base": "rope_theta",
}
LLAMA = SIZES | {
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
}
GEMMA = LLAMA | {
    "attention.sliding_window": "sliding_window",
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
}
GRANITE = LLAMA | {
    "attention.scale": "attention_multiplier",
    "embedding_scale": "embedding_multiplier",
    "residual_scale": "residual_multiplier",
    "logit_scale": "logits_scaling",
}
EXPERTS = LLAMA | {
    "expert_count": "num_experts",
    "expert_used_count": "num_experts_per_tok",
    "expert_feed_forward_length": "moe_intermediate_size",
    "expert_shared_feed_forward_length": "shared_expert_intermediate_size",
}
GPT_NEOX = {
    "block_count": "num_hidden_layers",
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.layer_norm_epsilon": "layer_norm_eps",
    "use_parallel_residual": "use_parallel_residual",
    "rope.freq_base": "rotary_emb_base",
}
GPT2 = {
    "block_count": "n_layer",
    "context_length": "n_positions",
    "embedding_length": "n_embd",
    "feed_forward_length": "n_inner",
    "attention.head_count": "n_head",
    "attention.layer_norm_epsilon": "layer_norm_epsilon",
}
# Said elsewhere in the file, or the same for every model of the family.
REDUNDANT = frozenset(
    [
        "attention.causal",
        "attention.key_length",
        "attention.value_length",
        "expert_count",
        "expert_used_count",
        "rope.dimension_count",
        "rope.scaling.factor",
        "rope.scaling.type",
        "use_parallel_residual",
        "vocab_size",
    ]
)


@dataclass(frozen=True)
class Architecture:
    """What a family of GGUF's is called, and how its metadata and tensors were changed."""

    model_type: str
    entries: Mapping[str, str]  # config.json's names by GGUF's
    fixed: Mapping[str, Any] = attribute(default_factory=dict)
    permuted: bool = False  # queries and keys: each head's rows in pairs that turn together
    transposed: tuple[str, ...] = ()  # GPT-2 stores linear weights [in, out]
    raised: bool = False  # Gemma's norms multiply by 1 + γ, and 1 + γ is what stands in the file
    split: bool = False  # GPT-NeoX keeps queries, keys and values of a head together
    partial: str = ""  # the entry for the share of features that turn


ARCHITECTURES = {
    "gpt2": Architecture(
        "gpt2",
        GPT2,
        {"activation_function": "gelu_new"},
        transposed=("attn_qkv.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight"),
    ),
    "llama": Architecture("llama", LLAMA, permuted=True),
    "qwen2": Architecture("qwen2", LLAMA),
    "qwen3": Architecture("qwen3", LLAMA),
    "smollm3": Architecture("smollm3", LLAMA, permuted=True),
    "granite": Architecture("granite", GRANITE, permuted=True),
    "gemma": Architecture("gemma", GEMMA, raised=True),
    "gemma2": Architecture("gemma2", GEMMA, raised=True),
    "gemma3": Architecture("gemma3_text", GEMMA, raised=True),
    "phi3": Architecture(
        "phi3", LLAMA | {"attention.sliding_window": "sliding_window"}, partial="partial_rotary_factor"
    ),
    "olmo2": Architecture("olmo2", LLAMA),
    "gptneox": Architecture("gpt_neox", GPT_NEOX, {"hidden_act": "gelu"}, split=True, partial="rotary_pct"),
    "stablelm": Architecture(
        "stablelm",
        SIZES
        | {
            "attention.layer_norm_epsilon": "layer_norm_eps",
            "use_parallel_residual": "use_parallel_residual",
        },
        partial="partial_rotary_factor",
    ),
    "starcoder2": Architecture("starcoder2", SIZES | {"attention.layer_norm_epsilon": "norm_epsilon"}),
    "qwen2moe": Architecture("qwen2_moe", EXPERTS, {"norm_topk_prob": False}),
    "qwen3moe": Architecture("qwen3_moe", EXPERTS, {"norm_topk_prob": True}),
}
MIXTRAL = Architecture(
    "mixtral",
    LLAMA | {"expert_count": "num_local_experts", "expert_used_count": "num_experts_per_tok"},
    permuted=True,
)
# The entry for biases of queries, keys and values, of families that have them or not.
BIASED = dict.fromkeys(["llama", "mixtral", "qwen3", "smollm3", "granite", "olmo2"], "attention_bias")
BIASED["stablelm"] = "use_qkv_bias"
WIDE_HEADS = {"gemma2": 46, "gemma3": 62}  # layers of the models that scale scores by their channels


@dataclass(frozen=True)
class Gguf:
    """An open file: its metadata by key, its tensors by name."""

    path: Path
    metadata: Mapping[str, Any]
    tensors: Mapping[str, gguf.ReaderTensor]

    @property
    def family(self) -> str:
        """The architecture, as GGUF calls it."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def architecture(self) -> Architecture:
        """How to undo what the converter did. Raises UserError for families that are not known."""
        if self.family not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise UserError(f"{self.path} holds a model of the family {self.family!r}; known are {known}.")
        if self.family == "llama" and self.metadata.get("llama.expert_count", 0) > 0:
            return MIXTRAL
        return ARCHITECTURES[self.family]

    def settings(self) -> dict[str, Any]:
        """The family's own metadata: sizes, rotary positions, normalisation."""
        stem = f"{self.family}."
        return {k.removeprefix(stem): v for k, v in self.metadata.items() if k.startswith(stem)}


def read(path: Path) -> Checkpoint:
    """A GGUF file as config.json, tensors, tokenizer and a model card.

    Raises UserError where the library is missing or the file is broken, of a family that is not known,
    or says something that would be lost.
    """
    file = open_gguf(path)
    config, notes = config_json(file)
    tensors, left = tensors_by_key(file, config)
    if left:
        notes += (f"{len(left)} tensors are no part of the model and left out: {', '.join(left[:3])}.",)
    files = {"config.json": config, **words(file.metadata, path), "README.md": model_card(file)}
    return Checkpoint(files, tensors, notes)


def open_gguf(path: Path) -> Gguf:
    """The metadata and the places of all tensors; their values stay on the disk."""
    check_file(path)
    try:
        import gguf
    except ImportError:
        raise UserError("GGUF needs a library: `pip install llm-scene[convert]`.") from None
    try:
        reader = gguf.GGUFReader(path)
        metadata = {key: field.contents() for key, field in reader.fields.items()}
    except Exception as error:  # the library checks little: any of numpy's errors
        raise UserError(f"{path} is not a GGUF file that can be read: {words_of(error)}.") from None
    parts = metadata.get("split.count", 1)
    if parts > 1:
        raise UserError(f"{path} is one of {parts} parts: merge them first with `llama-gguf-split --merge`.")
    return Gguf(path, metadata, {tensor.name: tensor for tensor in reader.tensors})


def config_json(file: Gguf) -> tuple[dict[str, Any], tuple[str, ...]]:
    """config.json, and what of the metadata is not known here."""
    architecture, settings = file.architecture, file.settings()
    config: dict[str, Any] = {"model_type": architecture.model_type, **architecture.fixed}
    for key, name in architecture.entries.items():
        if key in settings:
            config[name] = _plain(settings[key])
    if "token_embd.weight" not in file.tensors:
        raise UserError(f"{file.path} lacks the tensor token_embd.weight.")
    config["vocab_size"] = int(file.tensors["token_embd.weight"].shape[-1])
    config["tie_word_embeddings"] = "output.weight" not in file.tensors
    if "blk.0.attn_q.bias" in file.tensors and architecture.model_type in BIASED:
        config[BIASED[architecture.model_type]] = True
    config |= _rotary(file, config)
    if file.family in WIDE_HEADS:
        wide = config["num_hidden_layers"] == WIDE_HEADS[file.family]
        per_head = config["hidden_size"] // config["num_attention_heads"]
        config["query_pre_attn_scalar"] = per_head if wide else config.get("head_dim", per_head)
    for kind in ("bos", "eos", "pad"):
        key = f"tokenizer.ggml.{'padding' if kind == 'pad' else kind}_token_id"
        if key in file.metadata:
            config[f"{kind}_token_id"] = file.metadata[key]
    strange = sorted(set(settings) - set(architecture.entries) - REDUNDANT)
    notes = (f"{file.path} says {', '.join(strange)}, which is not known here.",) if strange else ()
    return config, notes


def _rotary(file: Gguf, config: Mapping[str, Any]) -> dict[str, Any]:
    """How positions turn: the share of features, and scalings.

    Raises UserError for scalings that config.json cannot be told.
    """
    settings, said = file.settings(), {}
    width = config.get("head_dim") or config.get("hidden_size", 0) // config.get("num_attention_heads", 1)
    turned = settings.get("rope.dimension_count", width)
    if file.architecture.partial and turned:
        said[file.architecture.partial] = turned / width
    elif turned not in (0, width) and config.get("model_type") != "gpt2":
        said["head_dim"] = turned
    scaling = settings.get("rope.scaling.type", "none")
    if "rope_freqs.weight" in file.tensors:
        said["rope_scaling"] = _llama3(file, {**config, **said})
    elif scaling == "linear":
        factor = _plain(settings.get("rope.scaling.factor", 1.0))
        said["rope_scaling"] = {"rope_type": "linear", "factor": factor}
    elif scaling != "none" or any(name.startswith("rope_factors") for name in file.tensors):
        raise UserError(f"{file.path} scales its positions ({scaling}) in a way that is not known here.")
    return said


def _llama3(file: Gguf, config: dict[str, Any]) -> dict[str, Any]:
    """Llama 3.1's scaling: the file holds what came of it, which tells the factor; the rest is known."""
    slower = np.asarray(_values(file.path, file.tensors["rope_freqs.weight"]), np.float32)
    scaling = {
        "rope_type": "llama3",
        "factor": float(slower.max()),
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    ropes = [shape_from_table(file.path, config | more).rope for more in ({}, {"rope_scaling": scaling})]
    plain, scaled = (np.array(rope.inv_freq if rope is not None else ()) for rope in ropes)
    if plain.shape != slower.shape or not np.allclose(plain / slower, scaled, rtol=1e-4):
        raise UserError(f"{file.path} scales its positions (rope_freqs) in a way that is not known here.")
    return scaling


def _plain(value: Any) -> Any:
    """Numbers of single precision as people write them: 1e-05, not 9.999999747378752e-06."""
    return float(str(np.float32(value))) if isinstance(value, float) else value


def tensors_by_key(file: Gguf, config: Mapping[str, Any]) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors that the model needs, under Hugging Face's keys; the names of those left over.

    The library knows llama.cpp's name for each key of transformers.
    """
    import gguf

    shape = shape_from_table(file.path, config)
    arch = next(a for a, name in gguf.MODEL_ARCH_NAMES.items() if name == file.family)
    names = gguf.get_tensor_name_map(arch, shape.n_layer)
    found: dict[str, Tensor] = {}
    used = set()
    for key, size in stored_shapes(declare(shape)).items():
        together, expert = EXPERT.sub("experts.", key), EXPERT.search(key)
        name = names.get_name(together, try_suffixes=(".weight", ".bias"))
        if name is None or name not in file.tensors:
            raise UserError(f"{file.path} lacks the tensor {name or key}.")
        used.add(name)
        found[key] = _tensor(file, name, (shape.n_head, shape.n_kv_head))
        if expert is not None:  # all experts of a layer are one tensor
            found[key] = _of_expert(found[key], int(expert[1]))
        if found[key].shape != size:
            raise UserError(f"{file.path}: {name} has the shape {found[key].shape}, not {size}.")
    return found, sorted(set(file.tensors) - used - {"rope_freqs.weight"})


def _of_expert(tensor: Tensor, expert: int) -> Tensor:
    if len(tensor.shape) < 2 or expert >= tensor.shape[0]:
        return tensor  # its shape will be refused
    return Tensor(tensor.shape[1:], tensor.dtype, lambda: tensor.read()[expert])


def _tensor(file: Gguf, name: str, heads: tuple[int, int]) -> Tensor:
    """One tensor as transformers stores it."""
    stored, architecture = file.tensors[name], file.architecture
    kind = stored.tensor_type.name
    dtype = kind if kind in AS_STORED else "F32"
    shape = tuple(int(n) for n in reversed(stored.shape))
    read = functools.partial(_values, file.path, stored)
    if architecture.permuted and (match := re.search(r"\.attn_(q|k)\.(weight|bias)$", name)):
        n_head = heads["qk".index(match[1])]
        return Tensor(shape, dtype, lambda: unpermuted(read(), n_head))
    if architecture.split and ".attn_qkv." in name:
        return Tensor(shape, dtype, lambda: together(read(), heads[0]))
    if architecture.raised and name.endswith("norm.weight"):
        return Tensor(shape, dtype, lambda: read() - np.float32(1))
    if shape[:1] != (1,) and name.endswith("ffn_gate_inp_shexp.weight"):
        return Tensor((1, *shape), dtype, lambda: read()[None])
    if architecture.transposed and name.endswith(architecture.transposed):
        return Tensor(shape[::-1], dtype, lambda: read().T)
    return Tensor(shape, dtype, read)


def _values(path: Path, tensor: gguf.ReaderTensor) -> Stored:
    """The values of a tensor: float32, or as they are where .safetensors has the same format."""
    import gguf

    if tensor.tensor_type.name in ("F32", "F16"):
        return tensor.data
    if tensor.tensor_type.name == "BF16":
        return tensor.data.view("<u2").reshape(tuple(reversed(tensor.shape)))
    try:
        return gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    except NotImplementedError:
        kind = tensor.tensor_type.name
        raise UserError(f"{path}: {tensor.name} is stored as {kind}, which cannot be read here.") from None


def unpermuted(array: Stored, n_head: int) -> Stored:
    """Rows of queries or keys in Hugging Face's order: a head's first halves, then its second halves.

    llama.cpp turns neighbours (0, 1), (2, 3) …, transformers features half a head apart.
    """
    pairs = array.reshape(n_head, array.shape[0] // n_head // 2, 2, *array.shape[1:])
    return pairs.swapaxes(1, 2).reshape(array.shape)


def together(array: Stored, n_head: int) -> Stored:
    """Queries, keys and values of a head next to each other, as GPT-NeoX has them."""
    parts = array.reshape(3, n_head, array.shape[0] // 3 // n_head, *array.shape[1:])
    return parts.swapaxes(0, 1).reshape(array.shape)


def model_card(file: Gguf) -> str:
    """README.md with what the file says about itself: name, licence, source."""
    said = {key.removeprefix("general."): value for key, value in file.metadata.items()}
    lines = [f"license: {said['license']}"] if isinstance(said.get("license"), str) else []
    source = said.get("source.huggingface.repository") or said.get("source.url") or said.get("url")
    lines += [f"base_model: {source}"] if isinstance(source, str) else []
    title = said.get("name") or file.path.stem
    by = f" by {said['organization']}" if isinstance(said.get("organization"), str) else ""
    front = "\n".join(["---", *lines, "---"])
    return f"{front}\n\n# {title}\n\n{title}{by}, converted from {file.path.name}.\n"
