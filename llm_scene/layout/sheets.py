"""The pen that sets sheets down one beside the other: which way a matrix is turned, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from ..network.graph import Matrix, Network
from .layout import Block

DOWN = ("channel", "feature", "neuron", "expert_neuron", "shared_neuron", "expert", "token")  # along columns


class Sheets:
    """Sets sheets down from left to right; `x` is how far it has come, `floor` what heights are told from."""

    def __init__(self, network: Network, n_positions: int) -> None:
        self.network = network
        self.T = n_positions
        self.x, self.floor = 0.0, 0.0
        self.blocks: dict[str, Block] = {}
        self.placed: set[str] = set()  # names of matrices
        self.layer: int | None = None
        self.matrices = {(m.kind, m.layer): m for m in network}

    def has(self, kind: str) -> bool:
        """Whether the layer (or, outside of layers, the model) has a matrix of this kind."""
        return (kind, self.layer) in self.matrices

    def put(
        self, kind: str, top: float, *, head: int | None = None, y: float = 0.0, after: float = 0.0
    ) -> None:
        """Set a sheet down at `x` and move on past it; kinds the model lacks take no room."""
        if self.has(kind):
            self.set_down(self.matrices[kind, self.layer], top, head, y)
            self.x += after

    def rest(self, *section: str) -> Iterator[tuple[Matrix, int | None, tuple[int, int]]]:
        """What a section holds and nobody has given a place: the matrix, a head, and (rows, columns)."""
        for matrix in self.network:
            if not matrix.shown or matrix.name in self.placed or matrix.section[: len(section)] != section:
                continue
            for head in range(matrix.shape(self.T)[0]) if matrix.has_heads else (None,):
                yield matrix, head, oriented(matrix, self.T)[1]

    def put_rest(self, top: float, gap: float, *section: str) -> None:
        """Set down what is left of a section, side by side."""
        for matrix, head, _ in list(self.rest(*section)):
            self.x += gap
            self.set_down(matrix, top, head, 0.0)

    def set_down(self, matrix: Matrix, top: float, head: int | None, y: float) -> None:
        """A sheet with its top this far above the floor."""
        axes, shape = oriented(matrix, self.T)
        if not matrix.has_heads or matrix.kind == "attn.W_O":
            head = None
        name = matrix.name if head is None else f"{matrix.name}[head={head}]"
        self.blocks[name] = Block(name, matrix, head, axes, shape, (self.x, y, self.floor + top))
        self.placed.add(matrix.name)
        self.x += shape[1]


def oriented(matrix: Matrix, n_positions: int) -> tuple[tuple[str | None, str | None], tuple[int, int]]:
    """Which axis runs down and which to the right, and (rows, columns)."""
    size = dict(zip(matrix.axes, matrix.shape(n_positions), strict=True))
    axes = [*matrix.axes[1:]] if matrix.has_heads else [*matrix.axes]
    if matrix.kind == "attn.W_O":  # all heads' features run on; drawn like every projection, out by in
        return ("channel", "feature"), (size["channel"], size["head"] * size["feature"])
    if len(axes) == 1:
        (axis,) = axes
        upright = axis in DOWN or matrix.kind in ("attn.scores_max", "attn.scores_sum")
        return ((axis, None), (size[axis], 1)) if upright else ((None, axis), (1, size[axis]))
    down, along = _sheet(matrix, axes)
    return (down, along), (size[down], size[along])


def _sheet(matrix: Matrix, axes: list[str]) -> tuple[str, str]:
    """Rows and columns of a sheet. Tables have a column an entry; linear weights a column an input,
    except the MLP's way back, whose rows meet the rows of the activations they multiply."""
    first, second = axes
    if matrix.kind in ("embed.W_E", "pos_embed.W_pos"):
        return "channel", first
    if matrix.kind in ("unembed.W_U", "attn.scores", "attn.pattern") or matrix.kind.endswith(".W_out"):
        return first, second
    return second, first
