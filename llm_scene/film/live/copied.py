"""Which cells of the model the moving cells of close-ups are copies of, pose by pose.

A copy is known by where it stands: before its sheet, under a number that says which cell it tells, or in the
place of another copy. Its colour has to agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from ...layout.drawn import Text
from ...layout.layout import Layout
from ...layout.names import piece_of
from ...network.ops import Array
from ..film import Film
from ..props import Swarm
from ..shapes import LIFT
from ..stagecraft import DROP
from .sums import Number, Sums

ALIKE, NEAR = 1e-5, 1e-3  # a difference in colours, and in places, that is none
UNKNOWN = -1


class Copies:
    """What every moving cell is painted by in every pose: rows of a list of numbers, by the swarm's name.

    Those called `still` are copies of cells that stay what they are, whatever is looked up.
    """

    def __init__(self, film: Film, layout: Layout, sums: Sums, still: Collection[str] = ()) -> None:
        self.swarms = [prop for prop in film.props if isinstance(prop, Swarm)]
        self.sums = sums
        self.tones: dict[str, Array] = {
            s.name: np.full(s.values.shape, UNKNOWN) for s in self.swarms
        }  # [poses, n]
        self._sheets(layout, still)
        self._texts([p for p in film.props if isinstance(p, Text) and p.of is not None])
        self._kept()

    def set(self, swarm: Swarm, pose: int, i: int, tone: Number) -> None:
        """Say what a cell is painted by in a pose."""
        self.tones[swarm.name][pose, i] = tone.row

    def claim(self, swarm: Swarm, pose: int, i: int, tone: Number) -> None:
        """The same, where the colour agrees and nothing is known yet."""
        alike = abs(tone.own - swarm.values[pose, i]) < ALIKE
        if alike and self.tones[swarm.name][pose, i] == UNKNOWN:
            self.set(swarm, pose, i, tone)

    def _sheets(self, layout: Layout, still: Collection[str]) -> None:
        """Those that stand just before the cell that they are a copy of."""
        blocks = list(layout.blocks.values())
        x, y, z = np.array([block.origin for block in blocks]).T[..., None]  # [blocks, 1] each
        rows, columns = np.array([block.shape for block in blocks]).T[..., None]
        for swarm in self.swarms:
            for pose, places in enumerate(swarm.places):
                column, row = places[:, 0] - x - 0.5, z - places[:, 2] - 0.5  # [blocks, n]
                at = np.abs(places[:, 1] - (y + 0.5 - LIFT)) < NEAR
                at &= (np.abs(column - np.round(column)) < NEAR) & (np.abs(row - np.round(row)) < NEAR)
                at &= (column > -0.5) & (column < columns - 0.5) & (row > -0.5) & (row < rows - 0.5)
                for b, i in np.argwhere(at):
                    cell = blocks[b].cell(round(row[b, i]), round(column[b, i]))
                    at_cell = blocks[b].matrix.name, cell
                    self.claim(swarm, pose, int(i), self.sums.tone(at_cell, swarm.name in still))

    def _texts(self, texts: Sequence[Text]) -> None:
        """Those under a number that says which cell it tells."""
        for text in texts:
            assert text.of is not None
            for swarm, pose, i in self.under(text):
                self.claim(swarm, pose, i, self.sums.tone(text.of))

    def under(self, text: Text) -> Iterator[tuple[Swarm, int, int]]:
        """The cells, in some pose, on whose middle a text stands."""
        x, _, low = text.at
        for swarm in self.swarms:
            if piece_of(swarm.name) == piece_of(text.name):
                away = np.abs(swarm.places[..., [0, 2]] - (x, low + DROP * text.size)).max(axis=-1)
                for pose, i in np.argwhere(away < NEAR):
                    yield swarm, int(pose), int(i)

    def _kept(self) -> None:
        """A cell that keeps its colour is still the same copy."""
        for swarm in self.swarms:
            known = self.tones[swarm.name]
            for pose, i in np.argwhere(known == UNKNOWN):
                same = np.abs(swarm.values[:, i] - swarm.values[pose, i]) < ALIKE
                found = known[same & (known[:, i] != UNKNOWN), i]
                if len(found):
                    known[pose, i] = found[0]

    def spread(self) -> None:
        """What stands as another copy stands is the same."""
        for _ in range(2):
            standing: dict[tuple[object, ...], int] = {}
            for swarm, pose, i, key in self._stands():
                if self.tones[swarm.name][pose, i] != UNKNOWN:
                    standing.setdefault(key, int(self.tones[swarm.name][pose, i]))
            for swarm, pose, i, key in self._stands():
                if self.tones[swarm.name][pose, i] == UNKNOWN and key in standing:
                    self.tones[swarm.name][pose, i] = standing[key]
            self._kept()

    def _stands(self) -> Iterator[tuple[Swarm, int, int, tuple[object, ...]]]:
        for swarm in self.swarms:
            piece = piece_of(swarm.name)
            told = np.concatenate([swarm.places, swarm.sizes, swarm.values[..., None]], axis=-1).round(3)
            for pose, row in enumerate(told.tolist()):
                for i, stand in enumerate(row):
                    yield swarm, pose, i, (piece, *stand)
