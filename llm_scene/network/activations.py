"""The bends between the two layers of an MLP: one row each.

A row holds all that is known of an activation: what it computes, how its rule and a cell's numbers are
written, its title, and the names that config files use for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Numbers = NDArray[Any]  # of any type: counts, bytes, whether or not


@dataclass(frozen=True)
class Activation:
    """A function applied to every cell by itself."""

    name: str
    function: Callable[[Array], Array]
    formula: str  # the rule, of x
    title: str  # as a film says it
    spelled: str  # the rule with {x} for the number and {(x)} for it in brackets where it is negative
    aliases: tuple[str, ...] = ()  # further names in config files


def gelu_tanh(x: Array) -> Array:
    """GELU in its tanh form (Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415)."""
    inner = x * x
    inner *= 0.044715
    inner += 1
    inner *= x
    inner *= math.sqrt(2 / math.pi)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= 0.5
    return inner


def erf(x: Array) -> Array:
    """The error function, from math.erf: numpy has none."""
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x)).astype(x.dtype)


def gelu(x: Array) -> Array:
    """GELU by the error function."""
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def sigmoid(x: Array) -> Array:
    """The logistic function, written with tanh so that it cannot overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def softplus(x: Array) -> Array:
    """ln(1 + exp(x)), which cannot overflow in this form."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def laplace(x: Array) -> Array:
    """The distribution function of a normal distribution (Ma et al. 2022, https://arxiv.org/abs/2209.10655)."""
    return 0.5 * (1 + erf((x - 0.707107) / (0.282095 * math.sqrt(2))))


ROWS = (
    Activation(
        "gelu_tanh",
        gelu_tanh,
        "GELU(x)",
        "GELU",
        "GELU({x})",
        ("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate", "gelu_python_tanh"),
    ),
    Activation("gelu", gelu, "GELU(x)", "GELU", "GELU({x})", ("gelu_python",)),
    Activation(
        "gelu_10",
        lambda x: np.clip(gelu(x), -10, 10),
        "min(max(GELU(x), −10), 10)",
        "GELU",
        "min(max(GELU({x}), −10), 10)",
    ),
    Activation(
        "quick_gelu",
        lambda x: x * sigmoid(1.702 * x),
        "x · σ(1.702 · x)",
        "Quick GELU",
        "{(x)} · σ(1.702 · {(x)})",
    ),
    Activation("silu", lambda x: x * sigmoid(x), "x · σ(x)", "SiLU", "{(x)} · σ({x})", ("swish",)),
    Activation("relu", lambda x: np.maximum(x, 0), "max(x, 0)", "ReLU", "max({x}, 0)"),
    Activation("relu2", lambda x: np.square(np.maximum(x, 0)), "max(x, 0)²", "ReLU²", "max({x}, 0)²"),
    Activation("relu6", lambda x: np.clip(x, 0, 6), "min(max(x, 0), 6)", "ReLU6", "min(max({x}, 0), 6)"),
    Activation(
        "leaky_relu",
        lambda x: np.maximum(x, 0.01 * x),
        "max(x, 0.01 · x)",
        "Leaky ReLU",
        "max({x}, 0.01 · {(x)})",
    ),
    Activation(
        "hardswish",
        lambda x: x * np.clip(x + 3, 0, 6) / 6,
        "x · min(max(x + 3, 0), 6) / 6",
        "Hard Swish",
        "{(x)} · min(max({x} + 3, 0), 6) / 6",
    ),
    Activation(
        "mish",
        lambda x: x * np.tanh(softplus(x)),
        "x · tanh(ln(1 + exp(x)))",
        "Mish",
        "{(x)} · tanh(ln(1 + exp({x})))",
    ),
    Activation("sigmoid", sigmoid, "σ(x)", "Sigmoid", "σ({x})"),
    Activation("tanh", np.tanh, "tanh(x)", "tanh", "tanh({x})"),
    Activation(
        "laplace",
        laplace,
        "(1 + erf((x − 0.7071) / 0.3989)) / 2",
        "Laplace",
        "(1 + erf(({x} − 0.7071) / 0.3989)) / 2",
    ),
    Activation(
        "sqrtsoftplus",
        lambda x: np.sqrt(softplus(x)),
        "√(ln(1 + exp(x)))",
        "√Softplus",
        "√(ln(1 + exp({x})))",
    ),
    Activation("linear", lambda x: x.copy(), "x", "nothing", "{x}"),
)
ACTIVATIONS = {row.name: row for row in ROWS}
SPELLINGS = {spelling: row.name for row in ROWS for spelling in (row.name, *row.aliases)}
