"""The legend: what the colours mean, with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..look import scale_of
from ..network.graph import Role
from ..network.trace import Trace
from . import names
from .drawn import Align, Text
from .layout import Box, Layout
from .naming import PLAIN, Naming
from .signs import legend_box

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
    name: str  # of the bar
    bar: Box  # flat: as low in y as high
    title: Text
    marks: tuple[Text, ...]  # from left to right

    @property
    def names(self) -> tuple[str, ...]:
        """What its title, its bar and its marks are called."""
        return self.title.name, self.name, *(mark.name for mark in self.marks)


def legend(layout: Layout, trace: Trace, naming: Naming = PLAIN) -> tuple[LegendRow, ...]:
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
        marks = _marks((f"−{end}", "0", f"+{end}") if signed else ("0", end))
        rows.append(
            LegendRow(
                role,
                signed,
                names.legend_bar(text),
                Box((x, y, z - 2.8 * unit), (right, y, z - unit)),
                Text(names.legend_title(text), naming.said(text), (x, y, z), 3 * unit, "left", "names"),
                tuple(
                    Text(
                        names.legend_mark(text, n),
                        mark,
                        (x + share * (right - x), y, z - 5.4 * unit),
                        2.2 * unit,
                        align,
                        "faint",
                    )
                    for n, (mark, share, align) in enumerate(marks)
                ),
            )
        )
    return tuple(rows)


def _marks(texts: tuple[str, ...]) -> Iterator[tuple[str, float, Align]]:
    """Numbers with their place along a bar, from 0 to 1, and the side that stands there."""
    for n, text in enumerate(texts):
        share = n / (len(texts) - 1)
        yield text, share, "left" if share == 0 else "right" if share == 1 else "centre"


def _scales(trace: Trace, role: Role, signed: bool) -> list[float]:
    alike = [m for m in trace.network if m.shown and (m.role, m.signed) == (role, signed)]
    return [scale_of(trace[m.name]) for m in alike if m.name != "tokens"] or [1.0]


def _range(scales: list[float]) -> str:
    least, most = f"{min(scales):.2g}", f"{max(scales):.2g}"
    return most if least == most else f"({least} … {most})"
