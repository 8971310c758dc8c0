"""Folders with pytorch_model.bin, as transformers saved them until 2023, whole or in shards."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import UserError
from ...network import declare
from ...network.families import FAMILIES
from ..checkpoint import own_key, stored_shapes
from ..config_json import read_config
from ..files import CONFIG_BYTES, INDEX_BYTES, check_file, read_object
from ..hub import TEXTS
from .folder import Checkpoint, Stored, Tensor
from .torch_file import load_torch, tensors_of

if TYPE_CHECKING:
    import torch

SINGLE, INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"


def is_torch_folder(folder: Path, name: str = SINGLE) -> bool:
    """Whether a folder holds a model in this form, of which `name` is a file."""
    return (folder / "config.json").is_file() and name in (SINGLE, INDEX)


def read(folder: Path) -> Checkpoint:
    """The weights under the keys of the model that config.json describes; the texts beside them as they are.

    Raises UserError where a file is missing or broken, or a tensor is missing.
    """
    config = read_config(folder)
    network = declare(config)
    needed, prefix = set(stored_shapes(network)), FAMILIES[config.family].prefix
    tensors: dict[str, Tensor] = {}
    for file in _files(folder):
        for key, tensor in tensors_of(load_torch(file), file).items():
            name = own_key(key, needed, prefix)
            if name in tensors:
                raise UserError(f"{file} holds {name} twice, under different prefixes.")
            tensors[name] = stored(tensor)
    files = {path.name: _content(path) for path in sorted(folder.iterdir()) if path.name in TEXTS}
    return Checkpoint(files, tensors)


def stored(tensor: torch.Tensor) -> Tensor:
    """A tensor of torch's in its own number format where .safetensors has it, else as float32."""
    import torch

    dtype = {torch.float16: "F16", torch.bfloat16: "BF16"}.get(tensor.dtype, "F32")
    return Tensor(tuple(tensor.shape), dtype, functools.partial(_values, tensor, dtype))


def _values(tensor: torch.Tensor, dtype: str) -> Stored:
    import torch

    if dtype == "BF16":
        return np.asarray(tensor.detach().contiguous().view(torch.uint16).numpy())
    return np.asarray((tensor if dtype == "F16" else tensor.float()).detach().numpy())


def _files(folder: Path) -> list[Path]:
    """The file with the weights, or all shards that the index names."""
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if not (folder / INDEX).exists():
        raise UserError(f"{folder} has neither {SINGLE} nor {INDEX}: give a folder that does, or a file.")
    table = read_object(folder / INDEX, INDEX_BYTES).get("weight_map")
    names = sorted(set(table.values())) if isinstance(table, dict) else []
    if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise UserError(f"{folder / INDEX} does not name files in its own folder.")
    for name in names:
        check_file(folder / name)
    return [folder / name for name in names]


def _content(path: Path) -> Any:
    """JSON as an object, all else as text."""
    if path.suffix == ".json":
        return read_object(path, INDEX_BYTES * 4)
    check_file(path, INDEX_BYTES if path.suffix == ".txt" else CONFIG_BYTES)
    return (
        path.read_bytes() if path.suffix == ".model" else path.read_text(encoding="utf-8", errors="replace")
    )
