"""The example that set pieces work through: one model's numbers, and where in them they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..layout.layout import Block, Layout
from ..network.trace import Trace
from .stage import Stage, before
from .story import Focus, told
from .words import Words


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

    def here(self, kind: str, *, head: bool = False) -> Block:
        """The matrix of a kind in the focused layer, that of the focused `head` where each has one."""
        return self.layout.find(kind, self.focus.layer, self.focus.head if head else None)

    def stage(self, block: Block, cell: tuple[int, int] | None = None) -> Stage:
        """The stage before a block, at the focused position's column or at a cell."""
        return before(self.layout, block, cell or (0, self.focus.position), self.aspect)
