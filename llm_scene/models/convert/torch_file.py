"""Torch's files, read as weights alone: nothing in them is executed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError, words_of
from ..files import check_file

if TYPE_CHECKING:
    import torch

WRAPPED = ("model", "state_dict")  # where trainers keep the tensors


def load_torch(path: Path) -> Any:
    """The content of a file of torch's. Raises UserError for anything beyond tensors and plain values."""
    check_file(path)
    try:
        import torch
    except ImportError:
        raise UserError("Converting needs torch: `pip install llm-scene[convert]`.") from None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever torch and its unpickler come up with
        raise _more_than_weights(path, error) from None


def _more_than_weights(path: Path, error: Exception) -> UserError:
    """What to say about a file that torch does not read as weights alone; objects in it are named."""
    found = re.search(r"GLOBAL ([\w.]+)", str(error))
    if found is None:
        return UserError(f"{path} cannot be read as weights alone: {words_of(error)}.")
    return UserError(
        f"{path} cannot be read as weights alone: it holds an object of {found[1]}, which would run code; "
        "save its tensors by themselves where it was made: torch.save(model.state_dict(), FILE)."
    )


def wrapper_of(content: Any) -> str | None:
    """The entry that holds the tensors; None where the file is nothing else."""
    if not isinstance(content, dict):
        return None
    return next((key for key in WRAPPED if isinstance(content.get(key), dict)), None)


def tensors_of(content: Any, path: Path) -> dict[str, torch.Tensor]:
    """The tensors by name. Raises UserError where there are none."""
    import torch

    wrapper = wrapper_of(content)
    state = content if wrapper is None else content[wrapper]
    if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
        raise UserError(f"{path} does not hold a model's tensors by name.")
    return {key: value for key, value in state.items() if isinstance(value, torch.Tensor)}
