"""Run every benchmark: print a table, and write it with the machine and versions to results.md.

A module benchmarks/bench_NAME.py takes part by a function rows() that returns
(what, figure, budget) triples of text.
"""

import importlib
import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).parent
COLUMNS = ("what", "figure", "budget")
PACKAGES = ("bpy", "numpy", "safetensors", "tokenizers")

Row = tuple[str, str, str]


def main() -> int:
    """Measure and report."""
    rows: list[Row] = []
    for path in sorted(FOLDER.glob("bench_*.py")):
        print(f"{path.stem} ...", file=sys.stderr)
        rows += importlib.import_module(f"benchmarks.{path.stem}").rows()
    report = f"{table(rows)}\n{machine()}\n"
    (FOLDER / "results.md").write_text(f"# Benchmarks\n\nWritten by `make bench`.\n\n{report}")
    print(report)
    return 0


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a markdown table."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def machine() -> str:
    """Return one line about what was measured on."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}"
    )


if __name__ == "__main__":
    sys.exit(main())
