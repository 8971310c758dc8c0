"""A still picture of the model for whoever cannot see the film: its plan from the front, as SVG."""

from __future__ import annotations

from xml.sax.saxutils import escape

from ...layout.layout import Block, Layout, Letter
from ...look import Look

MARGIN = 0.05  # around the model, as a part of its size


def poster(layout: Layout, look: Look) -> str:
    """Every sheet as a rectangle in its role's colour, and the letters of the prompt."""
    box = layout.box
    margin = MARGIN * max(box.size)
    left, top = box.low[0] - margin, -box.high[2] - margin
    wide, high = box.size[0] + 2 * margin, box.size[2] + 2 * margin
    hindmost_first = sorted(layout.blocks.values(), key=lambda block: -block.origin[1])
    shapes = [_sheet(block, look) for block in hindmost_first]
    shapes += [_letter(letter, look) for letter in layout.letters if not letter.predicted]
    view = f"{left:.1f} {top:.1f} {wide:.1f} {high:.1f}"
    return f'<svg id="poster" viewBox="{view}" aria-hidden="true">{"".join(shapes)}</svg>'


def _sheet(block: Block, look: Look) -> str:
    (x, _, z), (rows, columns) = block.origin, block.shape
    fill = look.ramp(block.role, block.matrix.signed).zero
    return f'<rect x="{x:.1f}" y="{-z:.1f}" width="{columns}" height="{rows}" fill="{fill}"/>'


def _letter(letter: Letter, look: Look) -> str:
    (x, _, z), fill = letter.at, look.inked(letter.ink)[0]
    text = escape(letter.text)
    return (
        f'<text x="{x:.1f}" y="{-z:.1f}" font-size="{letter.size:.1f}" text-anchor="middle" fill="{fill}">'
        f"{text}</text>"
    )
