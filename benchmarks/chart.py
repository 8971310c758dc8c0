"""A log-log chart as an SVG that needs nothing beside it and suits light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 860, 470
LEFT, RIGHT, TOP, BOTTOM = 74, 740, 74, 408  # of the plot
NEAR = 17.0  # the least distance between two names
STYLE = """
text { font-size: 13px; font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
.title { font-size: 18px; font-weight: 600 }
.name { font-weight: 600; stroke-width: 4; paint-order: stroke; stroke-linejoin: round }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
.s0 .line { stroke-width: 4 }
"""


@dataclass(frozen=True)
class Palette:
    """Colours of a page: behind everything, the frame, the grid, text, quieter text, and the lines'."""

    card: str
    frame: str
    grid: str
    text: str
    faint: str
    lines: tuple[str, ...]

    @property
    def style(self) -> str:
        """The rules of the style sheet."""
        found = [
            f".card {{ fill: {self.card}; stroke: {self.frame} }} .grid {{ stroke: {self.grid} }}",
            f".name {{ stroke: {self.card} }}",
            f".text {{ fill: {self.text} }} .faint {{ fill: {self.faint} }}",
        ]
        for n, colour in enumerate(self.lines):
            found.append(f".s{n} .line {{ stroke: {colour} }} .s{n} .point, .s{n} .name {{ fill: {colour} }}")
        return "\n".join(found)


LIGHT = Palette(
    "#ffffff", "#d0d7de", "#e4e8ec", "#1f2328", "#59636e",
    ("#0d7a5f", "#2f5fb8", "#b3261e", "#9a5b00", "#8250a8"),
)  # fmt: skip
DARK = Palette(
    "#0d1117", "#30363d", "#262c36", "#f0f6fc", "#9198a1",
    ("#3fd0a4", "#7aa7ff", "#ff8b80", "#e3a03c", "#cf9df0"),
)  # fmt: skip


@dataclass(frozen=True)
class Series:
    """A line of the chart: its name and its points, all above 0."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class _Scale:
    """A logarithmic axis: decades `first` to `last` drawn from pixel `begin` to pixel `end`."""

    first: int
    last: int
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return self.begin + share * (self.end - self.begin)

    @property
    def decades(self) -> range:
        return range(self.first, self.last + 1)


def chart(title: str, x_label: str, y_label: str, series: Sequence[Series]) -> str:
    """The SVG. Each line is named at its right end; the first is the thickest."""
    x = _axis((x for line in series for x, _ in line.points), LEFT, RIGHT)
    y = _axis((y for line in series for _, y in line.points), BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">',
        f"<style>{STYLE}{LIGHT.style}\n@media (prefers-color-scheme: dark) {{\n{DARK.style}\n}}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="10"/>',
        _text(LEFT, 34, title, "title text"),
        _text(LEFT, 58, y_label, "faint"),
        _text((LEFT + RIGHT) / 2, HEIGHT - 20, x_label, "faint", "middle"),
        *(_upright(x(10**n), _count(n)) for n in x.decades),
        *(_level(y(10**n), f"{10.0**n:g}") for n in y.decades),
        *(_line(n, line, x, y) for n, line in enumerate(series)),
        *_names(series, x, y),
    ]
    return "\n".join([*parts, "</svg>\n"])


def _axis(values: Iterable[float], begin: float, end: float) -> _Scale:
    logs = [math.log10(value) for value in values]
    first, last = math.floor(min(logs)), math.ceil(max(logs))
    return _Scale(first, max(last, first + 1), begin, end)


def _line(number: int, line: Series, x: _Scale, y: _Scale) -> str:
    places = [(x(a), y(b)) for a, b in line.points]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    dots = "".join(f'<circle class="point" cx="{a:.1f}" cy="{b:.1f}" r="4"/>' for a, b in places)
    return f'<g class="s{number % len(LIGHT.lines)}"><polyline class="line" points="{path}"/>{dots}</g>'


def _names(series: Sequence[Series], x: _Scale, y: _Scale) -> list[str]:
    """The lines' names at their right ends, moved down where they would cover each other."""
    ends = sorted((y(line.points[-1][1]) + 4, n) for n, line in enumerate(series))
    found, lowest = [], -math.inf
    for height, n in ends:
        lowest = max(height, lowest + NEAR)
        right = x(series[n].points[-1][0]) + 10
        found.append(f'<g class="s{n % len(LIGHT.lines)}">{_text(right, lowest, series[n].name, "name")}</g>')
    return found


def _upright(at: float, name: str) -> str:
    line = f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{BOTTOM}"/>'
    return line + _text(at, BOTTOM + 20, name, "faint", "middle")


def _level(at: float, name: str) -> str:
    line = f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
    return line + _text(LEFT - 8, at + 4, name, "faint", "end")


def _text(x: float, y: float, text: str, style: str, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _count(power: int) -> str:
    """10 to a power, as people write it: 10³ is a thousand."""
    return "10" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(power))
