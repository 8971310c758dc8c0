"""The legend: what the colours mean, with numbers."""

from __future__ import annotations

from dataclasses import dataclass

from ..look import scale_of
from ..network.graph import Role
from ..network.trace import Trace
from .layout import Box, Layout
from .signs import Sign, legend_box

TITLES: tuple[tuple[Role, bool, str], ...] = (
    ("weight", True, "Weights (learned)"),
    ("activation", True, "Values (computed)"),
    ("activation", False, "Attention and probabilities"),
    ("aggregate", False, "Deviations and sums"),
)


@dataclass(frozen=True)
class LegendRow:
    """A colour bar with its title above and its numbers below."""

    role: Role
    signed: bool
    bar: Box  # flat: as low in y as high
    title: Sign
    marks: tuple[Sign, ...]  # from left to right

    @property
    def names(self) -> tuple[str, ...]:
        """What its title, its bar and its marks are called."""
        name = f"legend {self.title.text}"
        return (name, bar_name(self.title.text), *(f"{name} mark {n}" for n in range(len(self.marks))))


def bar_name(title: str) -> str:
    """What the colour bar under a title is called."""
    return f"legend bar {title}"


def legend(layout: Layout, trace: Trace) -> tuple[LegendRow, ...]:
    """Four rows beside the embedding, where the film begins.

    Every matrix fills its map by a scale of its own, so a bar ends at the range of these scales.
    """
    unit = layout.gap / 6
    box = legend_box(layout)
    (x, y, _), (right, _, top) = box.low, box.high
    rows = []
    for i, (role, signed, text) in enumerate(TITLES):
        z = top - (4 + 10 * i) * unit
        end = _range(_scales(trace, role, signed))
        texts = (f"−{end}", "0", f"+{end}") if signed else ("0", end)
        places = ((x, "left"), ((x + right) / 2, "centre"), (right, "right"))
        marks = tuple(
            Sign(mark, (at, y, z - 5.4 * unit), 2.2 * unit, align, "legend", text)
            for mark, (at, align) in zip(texts, places if signed else (places[0], places[2]), strict=True)
        )
        title = Sign(text, (x, y, z), 3 * unit, "left", "legend", text)
        rows.append(LegendRow(role, signed, Box((x, y, z - 2.8 * unit), (right, y, z - unit)), title, marks))
    return tuple(rows)


def _scales(trace: Trace, role: Role, signed: bool) -> list[float]:
    alike = [m for m in trace.network if m.shown and (m.role, m.signed) == (role, signed)]
    return [scale_of(trace[m.name]) for m in alike if m.name != "tokens"] or [1.0]


def _range(scales: list[float]) -> str:
    least, most = f"{min(scales):.2g}", f"{max(scales):.2g}"
    return most if least == most else f"({least} … {most})"
