"""The graph of matrices: what a model's declaration is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from .config import Config
from .ops import Array, Op

Role = Literal["weight", "activation", "aggregate"]

# Axes along the sequence. Their length is the number of positions, and the causal order of the model
# lets a matrix grow along them one position after the other.
TIME_AXES = ("position", "query", "key")


@dataclass(frozen=True)
class View:
    """Where a weight stands in a checkpoint, and how to look at it.

    The canonical orientation of a linear weight is [in, out], of one with heads [head, in, out].
    """

    key: str
    transposed: bool = False  # stored as [out, in]
    part: tuple[int, int] | None = None  # (first, size) along the last axis, after transposing
    heads: tuple[str, int] | None = None  # ("out" or "in", n_head): that axis is head-major

    def read(self, tensor: Array) -> Array:
        """The matrix, as a view of the checkpoint's tensor wherever possible."""
        tensor = tensor.T if self.transposed else tensor
        if self.part is not None:
            first, size = self.part
            tensor = tensor[..., first : first + size]
        if self.heads is None:
            return tensor
        side, n_head = self.heads
        if side == "in":
            return tensor.reshape(n_head, -1, tensor.shape[-1])  # [H, A, C]
        split = tensor.reshape(*tensor.shape[:-1], n_head, -1)  # [..., H, A]
        return np.moveaxis(split, -2, 0)  # [H, ..., A]


@dataclass(frozen=True)
class Matrix:
    """One matrix of the network (or a stack of them, one a head).

    `name` is unique: activations as TransformerLens names them, weights by their checkpoint key.
    `kind` is the name without the layer, the same in every family; placement and film go by it.
    """

    name: str
    kind: str
    role: Role
    axes: tuple[str, ...]
    sizes: tuple[int | None, ...]  # None along time axes
    label: str
    section: tuple[str, ...]
    layer: int | None = None
    op: Op | None = None
    inputs: tuple[str, ...] = ()
    view: View | None = None  # for weights
    signed: bool = True  # False: values are never negative, a sequential map suits them
    shown: bool = True  # False: an intermediate that the scene does not stage by itself

    def shape(self, positions: int) -> tuple[int, ...]:
        """Sizes with `positions` along the time axes."""
        return tuple(positions if size is None else size for size in self.sizes)

    def time_axis(self) -> int | None:
        """The axis along which new positions are added; None for weights."""
        return next((i for i, axis in enumerate(self.axes) if axis in TIME_AXES), None)

    @property
    def has_heads(self) -> bool:
        """Whether the first axis counts heads."""
        return self.axes[0] in ("head", "kv_head")


@dataclass(frozen=True)
class Network:
    """All matrices of a model in an order in which they can be computed."""

    config: Config
    matrices: dict[str, Matrix] = field(repr=False)

    def __iter__(self) -> Iterator[Matrix]:
        return iter(self.matrices.values())

    def __getitem__(self, name: str) -> Matrix:
        return self.matrices[name]

    def __contains__(self, name: object) -> bool:
        return name in self.matrices

    def find(self, kind: str, layer: int | None = None) -> Matrix:
        """The matrix of this kind, in this layer."""
        for matrix in self:
            if matrix.kind == kind and matrix.layer == layer:
                return matrix
        raise KeyError(f"no {kind} in layer {layer}")

    @property
    def weights(self) -> list[Matrix]:
        """The matrices that come from the checkpoint."""
        return [matrix for matrix in self if matrix.view is not None]

    @property
    def computed(self) -> list[Matrix]:
        """The matrices that the forward pass computes, in order."""
        return [matrix for matrix in self if matrix.op is not None]

    def n_params(self) -> int:
        """Number of stored weights; a tied head counts once, an unshared one counts."""
        return sum(int(np.prod(matrix.shape(0), dtype=np.int64)) for matrix in self.weights)

    def n_cells(self, positions: int) -> int:
        """Number of cells a scene of this many positions shows."""
        return sum(int(np.prod(m.shape(positions), dtype=np.int64)) for m in self if m.shown)


class Declaration:
    """Collects matrices top-down; a family's file reads like its forward pass.

    `section` and `layer` apply to everything declared until they change.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.matrices: dict[str, Matrix] = {}
        self.section: tuple[str, ...] = ()
        self.layer: int | None = None

    def enter(self, *section: str, layer: int | None = None) -> None:
        """Begin a section of the model."""
        self.section = section
        self.layer = layer

    def weight(self, kind: str, axes: str, view: View, label: str) -> str:
        """Declare a weight; `axes` as in "head channel feature". Returns its name."""
        part = {"W_Q": ".q", "W_K": ".k", "W_V": ".v", "b_Q": ".q", "b_K": ".k", "b_V": ".v"}
        fused = part.get(kind.rpartition(".")[2], "") if view.part is not None else ""
        return self._add(view.key + fused, kind, "weight", axes, label, view=view)

    def compute(
        self,
        kind: str,
        axes: str,
        op: Op,
        *inputs: str | None,
        label: str,
        role: Role = "activation",
        signed: bool = True,
        shown: bool = True,
    ) -> str:
        """Declare a matrix computed by `op` from `inputs`; inputs that are None are left out."""
        name = kind if self.layer is None else f"blocks.{self.layer}.{kind}"
        present = tuple(i for i in inputs if i is not None)
        return self._add(name, kind, role, axes, label, op=op, inputs=present, signed=signed, shown=shown)

    def given(self, kind: str, axes: str, label: str) -> str:
        """Declare a matrix that comes from outside: the token ids."""
        return self._add(kind, kind, "activation", axes, label, signed=False)

    def _add(self, name: str, kind: str, role: Role, axes: str, label: str, **rest: object) -> str:
        names = tuple(axes.split())
        sizes = tuple(None if axis in TIME_AXES else self._size(axis) for axis in names)
        if name in self.matrices:
            raise ValueError(f"{name} is declared twice")
        matrix = Matrix(name, kind, role, names, sizes, label, self.section, self.layer, **rest)  # type: ignore[arg-type]
        self.matrices[name] = matrix
        return name

    def _size(self, axis: str) -> int:
        c = self.config
        return {
            "head": c.n_head,
            "kv_head": c.n_kv_head,
            "channel": c.d_model,
            "feature": c.d_head,
            "neuron": c.d_mlp,
            "token": c.d_vocab,
            "slot": c.n_ctx,
        }[axis]

    def network(self) -> Network:
        """The finished graph."""
        return Network(self.config, self.matrices)
