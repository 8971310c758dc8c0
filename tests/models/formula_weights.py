"""Weights that need no file: every value follows from its key and its place."""

from __future__ import annotations

import zlib

import numpy as np

from llm_scene.models.checkpoint import stored_shapes
from llm_scene.network import Network
from llm_scene.network.ops import Array


def formula_weights(network: Network) -> dict[str, Array]:
    """A tensor for every key that a network reads, in the stored layout: noise of a fixed formula."""
    return {key: _noise(key, shape) for key, shape in stored_shapes(network).items()}


def _noise(key: str, shape: tuple[int, ...]) -> Array:
    """Values between -1 and 1, of a spread that suits the size of the tensor; gains are around 1."""
    seed = zlib.crc32(key.encode()) % 10_007
    places = np.arange(int(np.prod(shape)), dtype=np.float64)
    values = np.modf(np.sin(seed + 12.9898 * (places + 1)) * 43758.5453)[0].reshape(shape)
    if len(shape) == 1:
        return (values * 0.4 + (1.0 if key.endswith("weight") else 0.0)).astype(np.float32)
    return (values * (2.0 / np.sqrt(max(shape[-2:])))).astype(np.float32)
