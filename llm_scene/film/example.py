"""The example that set pieces work through: one model's numbers, and where in them they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..layout.layout import Block, Layout
from ..network.ops import Numbers
from ..network.trace import Trace
from .excerpt import Excerpt, largest
from .stage import Stage, before
from .story import Focus, told
from .words import Words

STREAM = ("resid_pre", "resid_mid", "resid_post")  # the residual stream of a layer
CENT, TINY = 0.01, 1e-6  # what numbers are written to; what makes one less than any other
MET = 6  # columns at most, whose numbers say which rows of the stream are shown


@dataclass(frozen=True, eq=False)
class Example:
    """`tokens` are those of the trace as they are written, `aspect` is the picture's width by its height."""

    layout: Layout
    trace: Trace
    focus: Focus
    tokens: Sequence[str]
    words: Words
    aspect: float = 16 / 9

    @property
    def letter(self) -> str:
        """The token looked at, as it is spoken of."""
        return told(self.tokens[self.focus.position])

    @property
    def positions(self) -> list[int]:
        """The last positions of the prompt, up to the one looked at."""
        return list(range(max(0, self.focus.position + 1 - MET), self.focus.position + 1))

    def rows(self, most: int) -> Excerpt:
        """The rows of the stream that are shown of any of its columns, so that the same ones are met again:
        where the columns that go into the model have their largest numbers."""
        values = self.layout.find("resid_pre", 0).values(self.trace)[:, self.positions]
        size = np.abs(values).max(axis=1)
        return largest(np.where(self._written_as_zero(), TINY * size, size), most)

    def _written_as_zero(self) -> Numbers:
        """Which rows of the stream are too small to be read somewhere in the focused layer: `[d_model]`."""
        here = [b for b in self.layout.blocks.values() if b.matrix.layer == self.focus.layer]
        stream = [b for b in here if b.kind in STREAM]
        columns = [b.values(self.trace)[:, self.focus.position] for b in stream]
        columns += list(self.layout.find("resid_pre", 0).values(self.trace)[:, self.positions].T)
        return np.any(np.abs(columns) < CENT / 2, axis=0)

    def here(self, kind: str, *, head: bool = False) -> Block:
        """The matrix of a kind in the focused layer, that of the focused `head` where each has one."""
        return self.layout.find(kind, self.focus.layer, self.focus.head if head else None)

    def stage(self, block: Block, cell: tuple[int, int] | None = None) -> Stage:
        """The stage before a block, at the focused position's column or at a cell."""
        return before(self.layout, block, cell or (0, self.focus.position), self.aspect)
