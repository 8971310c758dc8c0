"""What is written in the scene, and where: names, dimensions, sections, the legend.

All of it stands in the plane of the sheet it belongs to, so that it is read from the front and turns
with the model. One face, sizes by the size of the thing named.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .layout import Block, Box, Layout, Point, Section

DIMENSIONS = {
    "channel": "d_model",
    "feature": "d_head",
    "neuron": "d_mlp",
    "token": "d_vocab",
    "slot": "n_ctx",
    "position": "positions",
    "query": "queries",
    "key": "keys",
}
WIDTH = 0.56  # of a letter, relative to its size: an average over the face


@dataclass(frozen=True)
class Sign:
    """Text. `at` is the point named by `align` ("left", "centre" or "right") on its last line's baseline."""

    text: str
    at: Point
    size: float
    align: str
    kind: str  # "name", "dimension", "section"
    of: str  # the block or section it belongs to
    upright: bool = False  # turned to run upwards

    @property
    def box(self) -> Box:
        """About the room it takes."""
        lines = self.text.split("\n")
        length = max(map(len, lines)) * self.size * WIDTH
        height = len(lines) * self.size
        shift = {"left": 0.0, "centre": -length / 2, "right": -length}[self.align]
        x, y, z = self.at
        if self.upright:
            return Box((x - self.size, y, z + shift), (x, y, z + shift + length))
        return Box((x + shift, y, z), (x + shift + length, y, z + height))


@dataclass(frozen=True)
class Bracket:
    """A thin line along an edge with short ticks at its ends, through `points`."""

    points: tuple[Point, ...]
    width: float
    kind: str  # "dimension" or "section"
    of: str


def name_sign(block: Block) -> Sign:
    """The block's name above its top edge."""
    x, y, z = block.origin
    rows, columns = block.shape
    size = float(np.clip(1.1 + 0.05 * np.sqrt(rows * columns), 1.5, 6.0))
    if min(block.shape) == 1:
        size = min(size, 1.5)
    if rows == 1:  # a row of aggregates is named at its side
        return Sign(block.label, (x - 0.8, y, z - 0.95), 1.3, "right", "name", block.name)
    fits = len(block.label) <= 8 or len(block.label) * size * WIDTH < columns + 3
    # A narrow sheet has its name in two lines.
    text = block.label if fits else block.label.replace(" ", "\n", 1)
    longest = max(map(len, text.split("\n")))
    size = max(1.5, min(size, (columns + 4) / (longest * WIDTH)))
    return Sign(text, (x + columns / 2, y, z + 0.7), size, "centre", "name", block.name)


def dimension_signs(block: Block) -> tuple[list[Sign], list[Bracket]]:
    """What its rows and columns count, and how many they are: at the left and below."""
    x, y, z = block.origin
    rows, columns = block.shape
    signs, brackets = [], []
    size = float(np.clip(0.02 * max(rows, columns) + 0.75, 1.0, 3.0))
    thin = 0.08 * size
    if columns > 1:
        low, tick = z - rows - 0.6, 0.4 * size
        run = ((x, y, low), (x, y, low - tick), (x + columns, y, low - tick), (x + columns, y, low))
        brackets.append(Bracket(run, thin, "dimension", block.name))
        text = _dimension(block, 1)
        signs.append(
            Sign(
                text, (x + columns / 2, y, low - tick - 1.25 * size), size, "centre", "dimension", block.name
            )
        )
    if rows > 1:
        left, tick = x - 0.6, 0.4 * size
        run = ((left, y, z), (left - tick, y, z), (left - tick, y, z - rows), (left, y, z - rows))
        brackets.append(Bracket(run, thin, "dimension", block.name))
        at = (left - tick - 0.4 * size, y, z - rows / 2)
        signs.append(Sign(_dimension(block, 0), at, size, "centre", "dimension", block.name, upright=True))
    return signs, brackets


def _dimension(block: Block, which: int) -> str:
    axis = block.axes[which]
    assert axis is not None
    count = str(block.shape[which])
    if axis == "feature" and block.head is None and block.matrix.has_heads:  # all heads' features run on
        count = f"{block.matrix.sizes[0]} × {block.matrix.sizes[1]}"
    return f"{count} {DIMENSIONS[axis]}"


def section_signs(layout: Layout) -> tuple[list[Sign], list[Bracket]]:
    """A bracket with a title over every section; outer sections higher and larger."""
    signs, brackets = [], []
    for section in layout.sections:
        if section.name.startswith("Head "):
            signs.append(_head_sign(section, layout.gap))
        elif layout.arrangement.blocks == "plan":  # its ways lie where brackets would
            signs.append(_plan_sign(section, layout))
        else:
            sign, bracket = _titled(section, layout)
            signs.append(sign)
            brackets.append(bracket)
    return signs, brackets


def _titled(section: Section, layout: Layout) -> tuple[Sign, Bracket]:
    """A title over a bracket; outer sections higher and larger."""
    outer, of = len(section.path) == 1, "/".join(section.path)
    size = _title_size(section, layout) if outer else layout.gap
    inside = [s for s in layout.sections if s.path[: len(section.path)] == section.path]
    height = section.box.high[2] + (3.2 if outer and len(inside) > 1 else 1.6) * layout.gap
    (x0, y, _), (x1, _, _) = section.box.low, section.box.high
    tick = min(0.5 * size, 0.75 * layout.gap)
    run = ((x0, y, height - tick), (x0, y, height), (x1, y, height), (x1, y, height - tick))
    sign = Sign(section.name, ((x0 + x1) / 2, y, height + 0.5 * size), size, "centre", "section", of)
    return sign, Bracket(run, min(0.07 * size, 0.14 * layout.gap), "section", of)


def _plan_sign(section: Section, layout: Layout) -> Sign:
    """A title at the upper left: over all of a section, or over the walls of an MLP."""
    box, of, gap = section.box, "/".join(section.path), layout.gap
    walls = [block.box for block in layout.within(*section.path) if block.kind.startswith("mlp.")]
    if len(section.path) == 1:
        over, size = (2.2 if len(walls) else 1.6) * gap, 1.6 * gap
    else:
        over, size, box = 0.6 * gap, 0.7 * gap, Box.around(walls) if walls else box
    return Sign(section.name, (box.low[0], box.low[1], box.high[2] + over), size, "left", "section", of)


def _title_size(section: Section, layout: Layout) -> float:
    """Lines are seen from further away than a row is: their titles are as large as the section allows."""
    most = 1.5 if layout.arrangement.blocks == "row" else 4.0
    fits = section.box.size[0] / (len(section.name) * WIDTH)
    return max(1.5 * layout.gap, min(most * layout.gap, fits))


def _head_sign(section: Section, gap: float) -> Sign:
    """A head is named at the upper left of its sheet."""
    (x, y, _), (_, _, z) = section.box.low, section.box.high
    return Sign(section.name, (x, y, z + 0.75 * gap), 0.7 * gap, "left", "section", "/".join(section.path))


def legend_box(layout: Layout) -> Box:
    """Where the legend stands: before the beginning, level with the tables."""
    unit = layout.gap / 6
    x, y, _ = layout.box.low
    top = layout.find("tokens").origin[2] - 4 * unit
    return Box((x - 4 * layout.gap - 38 * unit, y, top - 40 * unit), (x - 4 * layout.gap, y, top + 4 * unit))
