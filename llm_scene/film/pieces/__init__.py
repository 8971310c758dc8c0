"""The set pieces: calculations shown close up, on copies of the true cells.

Every piece is a function of the layout, the trace and the focus. It places its props in front of the
sheets that it speaks of, takes its cells from there and brings the result back to where it belongs.
"""

from __future__ import annotations

import numpy as np

from ...layout import names
from ...layout.drawn import Align, Text
from ...layout.layout import Block, Layout, Point
from ...look import normalise, scale_of
from ...network.ops import Array
from ...network.trace import Trace
from ..piece import Piece
from ..props import Swarm
from ..story import Focus

LIFT = 1.4  # how far a copy stands in front of its sheet when it leaves


# --- pieces ---


def stack(layout: Layout, trace: Trace, focus: Focus) -> Piece:
    """The heads' outputs leave their sheets and stand on each other in front of the projection. One phase."""
    piece = Piece("stack")
    sources = sorted(layout.of(f"blocks.{focus.layer}.attn.z"), key=lambda b: b.head or 0)
    weights = layout.find("attn.W_O", focus.layer)
    t = focus.position
    start = np.concatenate([places(z, column=t) for z in sources]) - (0, LIFT, 0)
    values = np.concatenate([values_of(z, z.values(trace)[:, t], trace) for z in sources])
    x, y, top = weights.origin
    foot = np.array([x - 0.5 * layout.gap, y - LIFT, top])
    column = upright(foot, len(start), weights.shape[0] / len(start))
    gaps = np.repeat(np.arange(len(sources)), sources[0].shape[0]) - (len(sources) - 1) / 2
    open_column = column - np.stack([0 * gaps, 0 * gaps, gaps], axis=1) + (0, -4, 0)
    made = Swarm("stack: heads", "activation", True, np.stack([start, open_column, column, column]),
                 np.stack([cells(len(start), wide=1.8)] * 4), np.stack([values] * 4))  # fmt: skip
    piece.show(made, 0.0)
    piece.move(made, 1, 0.05, 0.55)
    piece.move(made, 2, 0.6, 0.75)
    return piece


def flow(layout: Layout, trace: Trace, focus: Focus, total: str) -> Piece:
    """What was found out flows down into the residual stream, which passes by below. One phase.

    Parts that worked side by side come down together.
    """
    target = layout.find(total, focus.layer)
    piece = Piece(f"flow {total}")
    before, *parts = (layout.of(name)[0] for name in target.matrix.inputs)
    most = max(1, 1500 // target.shape[0])
    columns = range(max(0, focus.position + 1 - most), focus.position + 1)
    x, _, z = target.origin
    ways: list[tuple[str, Block, tuple[float, float, float]]] = [
        ("stream", before, (-0.9 * layout.gap, -2, 0))
    ]
    ways += [(f"added {n}", part, (0, -3.5, (0.5 + n) * layout.gap)) for n, part in enumerate(parts)]
    for name, block, aside in ways:
        start = np.concatenate([places(block, column=c) for c in columns])
        end = np.concatenate([places(target, column=c) for c in columns])
        values = np.concatenate([values_of(block, block.values(trace)[:, c], trace) for c in columns])
        size = cells(len(start))
        made = Swarm(f"{piece.name}: {name}", "activation", True,
                     np.stack([start - (0, LIFT, 0), end + aside, end - (0, 0.3, 0)]),
                     np.stack([size, size, 0.9 * size]), np.stack([values] * 3))  # fmt: skip
        piece.show(made, 0.0, 0.97)
        piece.move(made, 1, 0.02, 0.55)
        piece.move(made, 2, 0.7, 0.95)
    plus = (x - 0.45 * layout.gap, target.origin[1] - 4, z + 0.25 * layout.gap)
    piece.show(note(piece, "plus", "+", plus, 0.9 * layout.gap, ink="accent"), 0.5, 0.72)
    return piece


# --- what the pieces are made of ---


def turned(layout: Layout, letter: str, focus: Focus) -> Block:
    """The queries, keys or values that the scores are made of: after norm and rotation where there are any.

    Heads that share keys show them once, with the first of their group.
    """
    for kind in (f"attn.rot_{letter}", f"attn.{letter}_norm.out", f"attn.{letter}"):
        found = [b for b in layout.blocks.values() if (b.kind, b.matrix.layer) == (kind, focus.layer)]
        if found:
            share = len(layout.of(f"blocks.{focus.layer}.attn.scores")) // len(found)
            return next(b for b in found if b.head == focus.head // share)
    raise KeyError(letter)


def places(block: Block, *, row: int | None = None, column: int | None = None) -> Array:
    """Centres of the cells of a row or a column, `[n, 3]`."""
    at = (
        [(row, c) for c in range(block.shape[1])]
        if row is not None
        else [(r, column) for r in range(block.shape[0])]
    )
    return np.array([block.centre(r, c) for r, c in at]) + (0, 0.5, 0)  # type: ignore[arg-type]


def cells(count: int, wide: float = 1.0) -> Array:
    """Sizes of cells with the gap between them, `[n, 3]`."""
    return np.tile((0.9 * wide, 0.9, 0.9), (count, 1))


def upright(top: Array, count: int, pitch: float = 1.0) -> Array:
    """Places of a column that hangs from `top`, `[n, 3]`."""
    return top - np.stack([np.zeros(count), np.zeros(count), (np.arange(count) + 0.5) * pitch], axis=1)


def values_of(block: Block, values: Array, trace: Trace) -> Array:
    """Values for the colour map, on the scale of the whole matrix."""
    return normalise(np.asarray(values, float), scale_of(trace[block.matrix.name]))


def note(
    piece: Piece,
    name: str,
    text: str,
    at: Point | tuple[float, ...],
    size: float,
    align: Align = "centre",
    ink: str = "ink",
    of: tuple[str, tuple[int, ...]] | None = None,
) -> Text:
    """Words of a piece."""
    x, y, z = (float(v) for v in at)
    return Text(names.prop(piece.name, name), text, (x, y, z), size, align, ink, of=of)
