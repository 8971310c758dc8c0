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

AS_STORED = ("F32", "F16", "BF16")  # everything else becomes float32, which holds it exactly
LLAMA = {
    "block_count": "num_hidden_layers",
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "rope.freq_base": "rope_theta",
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
    ["vocab_size", "rope.dimension_count", "attention.value_length", "attention.causal", "expert_count"]
)


@dataclass(frozen=True)
class Architecture:
    """What a family of GGUF's is called, and how its metadata and tensors were changed."""

    model_type: str
    entries: Mapping[str, str]  # config.json's names by GGUF's
    fixed: Mapping[str, Any] = attribute(default_factory=dict)
    permuted: bool = False  # queries and keys: each head's rows in pairs that turn together
    transposed: tuple[str, ...] = ()  # GPT-2 stores linear weights [in, out]


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
}


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
    if architecture.entries is LLAMA and "blk.0.attn_q.bias" in file.tensors:
        config["attention_bias"] = True
    for kind in ("bos", "eos", "pad"):
        key = f"tokenizer.ggml.{'padding' if kind == 'pad' else kind}_token_id"
        if key in file.metadata:
            config[f"{kind}_token_id"] = file.metadata[key]
    strange = sorted(set(settings) - set(architecture.entries) - REDUNDANT)
    notes = (f"{file.path} says {', '.join(strange)}, which is not known here.",) if strange else ()
    return config, notes


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
        name = names.get_name(key, try_suffixes=(".weight", ".bias"))
        if name is None or name not in file.tensors:
            raise UserError(f"{file.path} lacks the tensor {name or key}.")
        used.add(name)
        found[key] = _tensor(file, name, (shape.n_head, shape.n_kv_head))
        if found[key].shape != size:
            raise UserError(f"{file.path}: {name} has the shape {found[key].shape}, not {size}.")
    return found, sorted(set(file.tensors) - used)


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
