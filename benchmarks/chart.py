"""A log-log chart as an SVG that needs nothing beside it and suits light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 860, 470
LEFT, RIGHT, TOP, BOTTOM = 74, 660, 74, 408  # of the plot
NEAR = 17.0  # the least distance between two names
STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de } .text { fill: #1f2328 } .faint { fill: #59636e }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  .s0 { --c: #0d7a5f } .s1 { --c: #2f5fb8 } .s2 { --c: #b3261e } .s3 { --c: #9a5b00 } .s4 { --c: #8250a8 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #30363d } .text { fill: #f0f6fc } .faint { fill: #9198a1 }
    .grid { stroke: #262c36 }
    .s0 { --c: #3fd0a4 } .s1 { --c: #7aa7ff } .s2 { --c: #ff8b80 } .s3 { --c: #e3a03c } .s4 { --c: #cf9df0 }
  }
  .line { fill: none; stroke: var(--c); stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
  .point, .name { fill: var(--c) } .s0 .line { stroke-width: 4 }
  text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
  .title { font-size: 18px; font-weight: 600 } .name { font-weight: 600 }
"""


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
    """The SVG. Lines have five colours, the first is the thickest; each is named at its right end."""
    x = _axis((x for line in series for x, _ in line.points), LEFT, RIGHT)
    y = _axis((y for line in series for _, y in line.points), BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
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
    return f'<g class="s{number % 5}"><polyline class="line" points="{path}"/>{dots}</g>'


def _names(series: Sequence[Series], x: _Scale, y: _Scale) -> list[str]:
    """The lines' names at their right ends, moved down where they would cover each other."""
    ends = sorted((y(line.points[-1][1]) + 4, n) for n, line in enumerate(series))
    found, lowest = [], -math.inf
    for height, n in ends:
        lowest = max(height, lowest + NEAR)
        right = x(series[n].points[-1][0]) + 10
        found.append(f'<g class="s{n % 5}">{_text(right, lowest, series[n].name, "name")}</g>')
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
