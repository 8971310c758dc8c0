"""The report: rows of a table, a section for every module, and the machine they were measured on."""

from __future__ import annotations

import importlib
import os
import platform
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

PACKAGES = ("bpy", "numpy", "databpy", "torch", "transformers")
TITLE = """# Benchmarks

Written by `make bench`; `make bench ONLY="cells gpt2"` measures some sections again. Times are the best of
several runs (frames: the median), what is compared ran in turns in the same run, and *ratio* is ours by the
alternative's: below 1x ours is faster or smaller. Memory is the peak of a process that did nothing else,
Blender's own 0.3 GB included.
"""


class Row(NamedTuple):
    """A line of the table, as texts."""

    what: str
    figure: str
    alternative: str = ""
    ratio: str = ""
    budget: str = ""


def ratio(ours: float, theirs: float) -> str:
    """Ours by theirs, to two digits: "0.41x"."""
    times = ours / theirs
    return f"{times:.2f}x" if times < 10 else f"{times:.0f}x"


def budget(figure: float, most: float, unit: str) -> str:
    """What a figure may be at most, and whether it is."""
    return f"≤ {most:g}{unit}" + ("" if figure <= most else ", **missed**")


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a markdown table."""
    lines = [Row._fields, ("---",) * len(Row._fields), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def section(about: str, rows: Iterable[Row], load: float) -> str:
    """A module's part of the report; `load` is how many programs were running as it began."""
    return f"{about}\n\n{table(rows)}\n{machine()}; load {load:.1f} at the start.\n"


def machine() -> str:
    """Return one line about what was measured on."""
    versions = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}"
    )


def report(sections: Mapping[str, str]) -> str:
    """The whole file, a heading for every section."""
    return "\n".join([TITLE, *(f"## {name}\n\n{text}" for name, text in sections.items())])


def sections(text: str) -> dict[str, str]:
    """The sections of a report."""
    _, *parts = re.split(r"^## (.*)\n\n", text, flags=re.MULTILINE)
    return {name: f"{part.strip()}\n" for name, part in zip(parts[::2], parts[1::2], strict=True)}


def measured(name: str) -> tuple[str, list[Row], str]:
    """What a module says it measures; its rows; and its picture, "" if it draws none."""
    module = importlib.import_module(f"{__package__}.bench_{name}")
    rows = module.rows()
    return str(module.__doc__).strip(), rows, module.picture() if hasattr(module, "picture") else ""


def requoted(text: str, results: str) -> str:
    """A text that quotes lines of the tables, with the lines as they are now.

    A line is known by what it measures, and by what that is compared with.
    """
    now = {_key(line): line for line in results.splitlines() if line.startswith("| ")}
    return "".join(now.get(_key(line), line.rstrip("\n")) + "\n" for line in text.splitlines())


def _key(line: str) -> tuple[str, ...]:
    cells = [cell.strip() for cell in line.split("|")]
    return (cells[1], cells[3].partition(":")[0]) if len(cells) == len(Row._fields) + 2 else (line,)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
