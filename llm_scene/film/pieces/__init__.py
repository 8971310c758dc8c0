"""The set pieces: calculations shown close up, on copies of the true cells.

Every piece is a function of the layout, the trace and the focus. It places its props in front of the
sheets that it speaks of, takes its cells from there and brings the result back to where it belongs.
"""

from __future__ import annotations

from ...layout.layout import Block, Layout
from ..story import Focus


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
