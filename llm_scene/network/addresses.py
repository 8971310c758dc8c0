"""Addresses of cells: `blocks.0.attn.scores[head=2,query=5,key=2]`, or with bare indices `[2,5,2]`."""

from __future__ import annotations

import difflib
import re

from ..errors import UserError
from .graph import Matrix, Network
from .ops import Cell

ADDRESS = re.compile(r"\s*([^\[\]\s]+)\s*\[([^\[\]]*)\]\s*")
LONGEST = 500


def parse_cell(network: Network, n_positions: int, address: str) -> tuple[Matrix, Cell]:
    """The matrix and the cell that an address names, in a forward pass over `n_positions`.

    Negative indices count from the end. Raises UserError with what would be right.
    """
    found = ADDRESS.fullmatch(address) if len(address) <= LONGEST else None
    if found is None:
        raise UserError(f"{address[:60]!r} is no cell: write a name and indices, as in logits[0,1].")
    matrix = find_matrix(network, found[1])
    indices = _indices(matrix, found[2])
    cell = tuple(
        _checked(matrix, axis, index, size)
        for axis, index, size in zip(matrix.axes, indices, matrix.shape(n_positions), strict=True)
    )
    return matrix, cell


def find_matrix(network: Network, name: str) -> Matrix:
    """The matrix of this name, or of this kind: `blocks.0.mlp.W_in` is the same weight in every family.

    Raises UserError with similar names where there is none.
    """
    if name in network:
        return network[name]
    for matrix in network:
        if name == (matrix.kind if matrix.layer is None else f"blocks.{matrix.layer}.{matrix.kind}"):
            return matrix
    near = difflib.get_close_matches(name, network.matrices, n=3, cutoff=0.5)
    if near:
        raise UserError(f"There is no matrix {name!r}: did you mean {' or '.join(near)}?")
    raise UserError(f"There is no matrix {name!r}.")


def cell_name(matrix: Matrix, cell: Cell) -> str:
    """The address of a cell, with its axes named."""
    return f"{matrix.name}[{','.join(f'{a}={i}' for a, i in zip(matrix.axes, cell, strict=True))}]"


def _indices(matrix: Matrix, text: str) -> list[int]:
    """One index an axis, in the order of the axes."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    usage = f"{matrix.name}[{','.join(f'{axis}=…' for axis in matrix.axes)}]"
    named = [part.partition("=") for part in parts]
    if any(sign for _, sign, _ in named) and not all(sign for _, sign, _ in named):
        raise UserError(f"Name all axes or none: {usage}.")
    if len(parts) != len(matrix.axes):
        raise UserError(f"{matrix.name} has {len(matrix.axes)} axes, not {len(parts)}: write {usage}.")
    if not named[0][1]:
        return [_number(part) for part in parts]
    given = {axis.strip(): _number(value.strip()) for axis, _, value in named}
    if set(given) != set(matrix.axes):
        wrong = next(axis for axis in [*given, *matrix.axes] if axis not in matrix.axes or axis not in given)
        raise UserError(f"The axis {wrong!r} does not fit: write {usage}.")
    return [given[axis] for axis in matrix.axes]


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,12}", text):
        raise UserError(f"An index is a whole number, not {text[:40]!r}.")
    return int(text)


def _checked(matrix: Matrix, axis: str, index: int, size: int) -> int:
    if not -size <= index < size:
        raise UserError(f"{axis} {index} of {matrix.name} is out of range: it runs from 0 to {size - 1}.")
    return index % size
