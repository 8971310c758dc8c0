"""The graph of matrices: what a model's declaration is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from .activations import Array
from .config import Config
from .ops import Op
from .reads import axes_of

Role = Literal["weight", "activation", "aggregate"]

# Axes along the sequence. Their length is the number of positions, and the causal order of the model
# lets a matrix grow along them one position after the other.
TIME_AXES = ("position", "query", "key")


@dataclass(frozen=True)
class View:
    """Where a weight stands in a checkpoint, and how to look at it.

    The canonical orientation of a linear weight is [in, out], of one with heads [head, in, out].
    """

    key: str  # with "*" where every head has a tensor of its own
    transposed: bool = False  # stored as [out, in]
    part: tuple[int, int, int] | None = None  # (first, size, step) along the last axis, after transposing
    within: bool = False  # the part is one of every head's share, not of the whole axis
    heads: tuple[str, int] | None = None  # ("out" or "in", n_head): that axis is head-major
    stacked: int | None = None  # so many tensors, one behind the other along a new first axis
    at: tuple[int, int] | None = None  # (index, size) along the first axis: one expert's share of a tensor
    flat: bool = False  # stored as [1, in]
    tag: str = ""  # tells the parts of one tensor apart

    @property
    def name(self) -> str:
        """What the matrix is called: its key, and the part that it is."""
        return f"{self.key}.{self.tag}" if self.tag else self.key

    @property
    def keys(self) -> list[str]:
        """The keys of all tensors that it looks at."""
        if self.stacked is None:
            return [self.key]
        return [self.key.replace("*", str(i)) for i in range(self.stacked)]

    def read(self, weights: Mapping[str, Array]) -> Array:
        """The matrix, as a view of the checkpoint's tensor wherever possible."""
        tensors = [self._look(weights[key]) for key in self.keys]
        return tensors[0] if self.stacked is None else np.stack(tensors)

    def _look(self, tensor: Array) -> Array:
        if self.at is not None:
            tensor = tensor[self.at[0]]
        if self.flat:
            tensor = tensor.reshape(-1)
        tensor = np.swapaxes(tensor, -1, -2) if self.transposed else tensor
        if self.within:
            return self._cut(self._split(tensor))
        tensor = self._cut(tensor)
        return tensor if self.heads is None else self._split(tensor)

    def _cut(self, tensor: Array) -> Array:
        if self.part is None:
            return tensor
        first, size, step = self.part
        return tensor[..., first : first + size * step : step]

    def _split(self, tensor: Array) -> Array:
        assert self.heads is not None
        side, n_head = self.heads
        if side == "in":
            return tensor.reshape(n_head, -1, tensor.shape[-1])  # [H, A, C]
        split = tensor.reshape(*tensor.shape[:-1], n_head, -1)  # [..., H, A]
        return np.moveaxis(split, -2, 0)  # [H, ..., A]

    def stored(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The least shape of the tensor, of a matrix of this shape: further parts may make it wider."""
        shape = shape if self.stacked is None else shape[1:]
        if self.within:
            shape = (*shape[:-1], self._reach())
        if self.heads is not None:
            n_head = self.heads[1]
            out = self.heads[0] == "out"
            shape = (*shape[1:-1], n_head * shape[-1]) if out else (n_head * shape[1], shape[2])
        if self.part is not None and not self.within:
            shape = (*shape[:-1], self._reach())
        shape = (1, *shape) if self.flat else shape
        shape = (*shape[:-2], shape[-1], shape[-2]) if self.transposed else shape
        return shape if self.at is None else (self.at[1], *shape)

    def _reach(self) -> int:
        assert self.part is not None
        first, size, step = self.part
        return first + (size - 1) * step + 1


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
        """Whether it is a sheet a head."""
        return self.axes[0] in ("head", "kv_head") and len(self.axes) > 1


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


@dataclass(frozen=True)
class Stored:
    """How a checkpoint stores a module: the keys of its weight and bias, and what is beside it in them.

    `{layer}` and `{expert}` in a key stand for their numbers, `*` for the head where each has a tensor of
    its own.
    """

    weight: str
    bias: str = ""
    transposed: bool = False  # [out, in], as torch's linear layers
    flat: bool = False  # [1, in]
    together: bool = False  # all experts in one tensor, along its first axis
    tag: str = ""  # which part of the tensor it is: one of `parts`
    parts: tuple[str, ...] = ()
    layout: Literal["blocks", "heads", "cells"] = (
        "blocks"  # parts one after the other, in every head, by turns
    )

    def part(self, tag: str, parts: str, layout: Literal["blocks", "heads", "cells"] = "blocks") -> Stored:
        """One of several parts of the tensor, "q" of "q k v" for example."""
        return replace(self, tag=tag, parts=tuple(parts.split()), layout=layout)


def general(kind: str) -> str:
    """A kind without the number of the expert that it belongs to."""
    return re.sub(r"\.experts\.\d+\.", ".experts.", kind)


def plain(stem: str) -> Stored:
    """A table, a norm, or a linear layer stored [in, out]."""
    return Stored(f"{stem}.weight", f"{stem}.bias")


def linear(stem: str) -> Stored:
    """A linear layer stored [out, in]."""
    return Stored(f"{stem}.weight", f"{stem}.bias", transposed=True)


Keys = Mapping[str, Stored]  # by the kind of the weight, of a norm without its final ".w"


class Declaration:
    """Collects matrices top-down; a family's file reads like its forward pass.

    `section` and `layer` apply to everything declared until they change. `keys` says where a checkpoint
    of the family keeps the weights.
    """

    def __init__(self, config: Config, keys: Keys | None = None) -> None:
        self.config = config
        self.keys: Keys = keys or {}
        self.matrices: dict[str, Matrix] = {}
        self.section: tuple[str, ...] = ()
        self.layer: int | None = None
        self.expert: int | None = None

    def enter(self, *section: str, layer: int | None = None, expert: int | None = None) -> None:
        """Begin a section of the model."""
        self.section, self.layer, self.expert = section, layer, expert

    def has(self, kind: str) -> bool:
        """Whether checkpoints of the family have a module of this kind."""
        return kind in self.keys

    def axes(self, name: str) -> tuple[str, ...]:
        """The axes of a matrix declared before."""
        return self.matrices[name].axes

    def weight(self, kind: str, axes: str, label: str) -> str:
        """Declare a weight; `axes` as in "head channel feature". Returns its name."""
        view = self._view(kind, tuple(axes.split()))
        return self._add(view.name, kind, "weight", axes, label, view=view)

    def linear(
        self,
        kind: str,
        axes: str,
        op: Op,
        x: str,
        weight: str,
        *more: str,
        label: str,
        of: str,
        bias: bool = False,
        shown: bool = True,
    ) -> str:
        """Declare a product of `x` with a weight, and a bias where there is one: all of it at once.

        The axes of weight and bias follow from where `op` reads; `more` are inputs between the two.
        """
        letters = dict(zip(axes_of(op.out), axes.split(), strict=True))
        letters |= zip((part.strip("*") for part in axes_of(op.reads[0])), self.axes(x), strict=True)

        def named(pattern: str) -> str:
            return " ".join(letters[part.strip("*")] for part in axes_of(pattern))

        w = self.weight(weight, named(op.reads[1]), f"{of} weights")
        b = self.weight(weight.replace("W_", "b_"), named(op.reads[-1]), f"{of} bias") if bias else None
        return self.compute(kind, axes, op, x, w, *more, b, label=label, shown=shown)

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

    def _view(self, kind: str, axes: tuple[str, ...]) -> View:
        """Where the family's checkpoints keep a weight, and how the tensor becomes the matrix."""
        is_bias = ".b_" in kind or kind.endswith(".b")
        stored = self.keys[general(kind).replace(".b_", ".W_").removesuffix(".w").removesuffix(".b")]
        key = stored.bias if is_bias else stored.weight
        key = key.replace("{layer}", str(self.layer)).replace("{expert}", str(self.expert))
        sizes = tuple(self._size(axis) for axis in axes)
        stacked = sizes[0] if "*" in key else None
        heads = None
        if stacked is None and axes[0] in ("head", "kv_head") and len(axes) > 1:
            heads = ("out" if axes[-1] == "feature" else "in", sizes[0])
        at = (self.expert, self._size("expert")) if stored.together and self.expert is not None else None
        return View(
            key,
            transposed=stored.transposed and not is_bias,
            part=self._part(stored, heads, sizes),
            within=stored.layout == "heads",
            heads=heads,
            stacked=stacked,
            at=at,
            flat=stored.flat,
            tag=f"{at[0]}.{stored.tag}".strip(".") if at is not None else stored.tag,
        )

    def _part(
        self, stored: Stored, heads: tuple[str, int] | None, sizes: tuple[int, ...]
    ) -> tuple[int, int, int] | None:
        """(first, size, step) of the part of a tensor that a module is."""
        if not stored.parts:
            return None
        index, count = stored.parts.index(stored.tag), len(stored.parts)
        size = sizes[-1]
        if stored.layout == "cells":
            return index, size, count
        if stored.layout == "heads":
            return index * size, size, 1
        c = self.config
        widths = {"q": c.n_head * c.d_head, "k": c.n_kv_head * c.d_head, "v": c.n_kv_head * c.d_head}
        own = size if heads is None else heads[1] * size
        return sum(widths.get(tag, own) for tag in stored.parts[:index]), own, 1

    def _size(self, axis: str) -> int:
        c = self.config
        e = c.experts
        sizes = {
            "head": c.n_head,
            "kv_head": c.n_kv_head,
            "channel": c.d_model,
            "feature": c.d_head,
            "neuron": c.d_mlp,
            "token": c.d_vocab,
            "slot": c.n_ctx,
        }
        if e is not None:
            sizes |= {"expert": e.count, "expert_neuron": e.d_mlp, "shared_neuron": e.d_shared}
        return sizes[axis]

    def network(self) -> Network:
        """The finished graph."""
        return Network(self.config, self.matrices)
