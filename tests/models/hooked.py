"""What transformers computes inside a model, under our names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from llm_scene.network import Network
from llm_scene.network.families import FAMILIES
from llm_scene.network.graph import Matrix, View
from llm_scene.network.ops import Array

ATTENTION = ("self_attn", "attention", "attn")
MLP = ("mlp", "block_sparse_moe")


def open_model(folder: Path) -> Any:
    """The checkpoint in a folder, as transformers computes it in float32."""
    return transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def intermediates(model: Any, network: Network, tokens: list[int]) -> dict[str, Array]:
    """Everything that modules of transformers return, under the names of our matrices."""
    modules = dict(model.named_modules())
    prefix = FAMILIES[network.config.family].prefix
    caught: dict[str, Any] = {}

    def catch(name: str) -> Any:
        return lambda module, given, out: caught.__setitem__(name, out)

    hooks = [module.register_forward_hook(catch(name)) for name, module in modules.items()]
    try:
        with torch.no_grad():
            out = model(torch.tensor([tokens]), output_hidden_states=True, output_attentions=True)
    finally:
        for hook in hooks:
            hook.remove()
    caught = {name.removeprefix(prefix): value for name, value in caught.items()}
    found = {"logits": out.logits[0].numpy(), "ln_final.out": out.hidden_states[-1][0].numpy()}
    n_layer = network.config.n_layer
    for layer in range(n_layer):
        stream = f"blocks.{layer - 1}.resid_post" if layer else "blocks.0.resid_pre"
        found[stream] = out.hidden_states[layer][0].numpy()
        found[f"blocks.{layer}.attn.pattern"] = out.attentions[layer][0].numpy()
        found |= _branches(caught, layer)
    for matrix in network.computed:
        if matrix.op is not None and matrix.kind != "logits":
            found |= _of_module(network, matrix, caught, prefix)
    return {name: value for name, value in found.items() if name in network}


def _branches(caught: dict[str, Any], layer: int) -> dict[str, Array]:
    """What attention and MLP of a layer return, and the scores of a router."""
    found: dict[str, Array] = {}
    for name, value in caught.items():
        parts = name.split(".")
        if str(layer) not in parts[:-1] or parts.index(str(layer)) + 1 >= len(parts):
            continue
        inner = ".".join(parts[parts.index(str(layer)) + 1 :])
        first = value[0] if isinstance(value, tuple) else value
        if inner in ATTENTION:
            found[f"blocks.{layer}.attn_out"] = first[0].numpy()
        elif inner in MLP:
            found[f"blocks.{layer}.mlp_out"] = first.reshape(-1, first.shape[-1]).numpy()
        elif inner in ("mlp.gate", "mlp.router", "block_sparse_moe.gate") and isinstance(value, tuple):
            found[f"blocks.{layer}.mlp.router"] = value[0].numpy()
            shares = torch.zeros_like(value[0]).scatter(1, value[2], value[1].to(value[0].dtype))
            found[f"blocks.{layer}.mlp.share"] = shares.numpy()
    return found


def _of_module(network: Network, matrix: Matrix, caught: dict[str, Any], prefix: str) -> dict[str, Array]:
    """The result of the module whose weight makes a matrix, seen as our matrix is."""
    views = [network[name].view for name in matrix.inputs if network[name].view is not None]
    if not views or views[0] is None or views[0].stacked is not None or views[0].flat or views[0].at:
        return {}
    view: View = views[0]
    out = caught.get(view.key.removesuffix(".weight").removeprefix(prefix))
    if not isinstance(out, torch.Tensor) or matrix.kind in ("resid_pre", "embed", "pos_embed"):
        return {}
    array = (out if out.ndim == 2 else out[0]).numpy()
    shape = matrix.shape(array.shape[0] if array.ndim == 2 else 0)
    if array.ndim == 3:  # a norm of every head, before or after heads and positions change places
        heads = matrix.sizes[0]
        array = array if array.shape[0] == heads and array.shape[1] != heads else array.swapaxes(0, 1)
    elif len(shape) == 3:
        heads = view.heads or ("out", shape[0])
        seen = replace(view, transposed=False, heads=("out", heads[1]))
        array = seen.read({view.key: array})
    elif view.part is not None:
        array = replace(view, transposed=False).read({view.key: array})
    return {matrix.name: np.ascontiguousarray(array)}
