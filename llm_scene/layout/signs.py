"""What is written in the scene, and where: names, dimensions, sections, the legend.

All of it stands in the plane of the sheet it belongs to, so that it is read from the front and turns
with the model. One face, sizes by the size of the thing named.
"""

from __future__ import annotations

import numpy as np

from ..network.sections import head_of
from . import names
from .drawn import LETTER, Align, Line, Text, text_width
from .layout import Block, Box, Layout, Section
from .naming import PLAIN, Naming, nouns

SHORT = 8.5 * LETTER  # a name that is narrower stands in one line over any sheet


def name_sign(block: Block, naming: Naming = PLAIN) -> Text:
    """The block's name above its top edge."""
    label = naming.sign(block.label)
    x, y, z = block.origin
    rows, columns = block.shape
    name = names.label(block.name)
    size = float(np.clip(1.1 + 0.05 * np.sqrt(rows * columns), 1.5, 6.0))
    if min(block.shape) == 1:
        size = min(size, 1.5)
    if rows == 1:  # a row of aggregates is named at its side
        return Text(name, label, (x - 0.8, y, z - 0.95), 1.3, "right", "names")
    fits = text_width(label) < SHORT or text_width(label, size) < columns + 3
    # A narrow sheet has its name in two lines.
    text = label if fits else label.replace(" ", "\n", 1)
    size = max(1.5, min(size, (columns + 4) / text_width(text)))
    return Text(name, text, (x + columns / 2, y, z + 0.7), size, ink="names")


def dimension_signs(block: Block, naming: Naming = PLAIN) -> tuple[list[Text], list[Line]]:
    """What its rows and columns count, and how many they are: at the left and below."""
    x, y, z = block.origin
    rows, columns = block.shape
    signs, brackets = [], []
    name = names.dimensions(block.name)
    size = float(np.clip(0.02 * max(rows, columns) + 0.75, 1.0, 3.0))
    thin = 0.08 * size
    if columns > 1:
        low, tick = z - rows - 0.6, 0.4 * size
        run = ((x, y, low), (x, y, low - tick), (x + columns, y, low - tick), (x + columns, y, low))
        brackets.append(Line(name, run, thin))
        at = (x + columns / 2, y, low - tick - 1.25 * size)
        signs.append(Text(name, naming.said(_dimension(block, 1)), at, size, ink="faint"))
    if rows > 1:
        left, tick = x - 0.6, 0.4 * size
        run = ((left, y, z), (left - tick, y, z), (left - tick, y, z - rows), (left, y, z - rows))
        brackets.append(Line(name, run, thin))
        at = (left - tick - 0.4 * size, y, z - rows / 2)
        signs.append(Text(name, naming.said(_dimension(block, 0)), at, size, ink="faint", upright=True))
    return signs, brackets


def _dimension(block: Block, which: int) -> str:
    axis = block.axes[which]
    assert axis is not None
    count = str(block.shape[which])
    if axis == "feature" and block.head is None and block.matrix.has_heads:  # all heads' features run on
        count = f"{block.matrix.sizes[0]} × {block.matrix.sizes[1]}"
    return f"{count} {nouns(axis)}"


def section_signs(layout: Layout, naming: Naming = PLAIN) -> tuple[list[Text], list[Line]]:
    """A bracket with a title over every section; outer sections higher and larger."""
    signs, brackets = [], []
    for section in layout.sections:
        if head_of(section.name) is not None:
            signs.append(_head_sign(section, layout.gap, naming))
        elif layout.arrangement.blocks == "plan":  # its ways lie where brackets would
            signs.append(_plan_sign(section, layout, naming))
        else:
            sign, bracket = _titled(section, layout, naming)
            signs.append(sign)
            brackets.append(bracket)
    return signs, brackets


def _titled(section: Section, layout: Layout, naming: Naming) -> tuple[Text, Line]:
    """A title over a bracket; outer sections higher and larger."""
    outer, title = len(section.path) == 1, naming.part(section.name)
    size = _title_size(section, title, layout) if outer else layout.gap
    inside = [s for s in layout.sections if s.path[: len(section.path)] == section.path]
    height = section.box.high[2] + (3.2 if outer and len(inside) > 1 else 1.6) * layout.gap
    (x0, y, _), (x1, _, _) = section.box.low, section.box.high
    tick = min(0.5 * size, 0.75 * layout.gap)
    run = ((x0, y, height - tick), (x0, y, height), (x1, y, height), (x1, y, height - tick))
    at = ((x0 + x1) / 2, y, height + 0.5 * size)
    bracket = Line(names.bracket(section.path), run, min(0.07 * size, 0.14 * layout.gap))
    return Text(names.section(section.path), title, at, size, ink="names"), bracket


def _plan_sign(section: Section, layout: Layout, naming: Naming) -> Text:
    """A title over a section, at its left; that of a part at its right, or over the walls of an MLP."""
    box, gap = section.box, layout.gap
    walls = [block.box for block in layout.within(*section.path) if block.kind.startswith("mlp.W")]
    inner = len(section.path) > 1
    if inner and walls:
        box = Box.around(walls)
    over, size = (0.6 * gap, 0.7 * gap) if inner else (2.2 * gap, 1.6 * gap)
    x = box.high[0] if inner else box.low[0]
    at = (x, box.low[1], box.high[2] + over)
    align: Align = "right" if inner else "left"
    return Text(names.section(section.path), naming.part(section.name), at, size, align, ink="names")


def _title_size(section: Section, title: str, layout: Layout) -> float:
    """Lines are seen from further away than a row is: their titles are as large as the section allows."""
    most = 1.5 if layout.arrangement.blocks == "row" else 4.0
    fits = section.box.size[0] / text_width(title)
    return max(1.5 * layout.gap, min(most * layout.gap, fits))


def _head_sign(section: Section, gap: float, naming: Naming) -> Text:
    """A head is named at the upper left of its sheet."""
    (x, y, _), (_, _, z) = section.box.low, section.box.high
    at = (x, y, z + 0.75 * gap)
    return Text(names.section(section.path), naming.part(section.name), at, 0.7 * gap, "left", "names")


def legend_box(layout: Layout) -> Box:
    """Where the legend stands: before the beginning, level with the tables."""
    unit = layout.gap / 6
    x, y, _ = layout.box.low
    top = layout.find("tokens").origin[2] - 4 * unit
    return Box((x - 4 * layout.gap - 38 * unit, y, top - 40 * unit), (x - 4 * layout.gap, y, top + 4 * unit))
