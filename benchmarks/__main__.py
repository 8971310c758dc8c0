"""Run benchmarks and write results.md and results.svg beside this file.

    python -m benchmarks              all of them
    python -m benchmarks cells gpt2   some, again: the other sections stay as they are

A module bench_NAME.py takes part by its docstring, which says what it measures, and a function rows(); it
runs in a process of its own. Where it has a function picture(), that draws the same figures.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .measure import alone
from .report import report, section, sections

FOLDER = Path(__file__).parent
RESULTS, PICTURE = FOLDER / "results.md", FOLDER / "results.svg"


def main(chosen: Sequence[str]) -> int:
    """Measure and report."""
    names = [path.stem.removeprefix("bench_") for path in sorted(FOLDER.glob("bench_*.py"))]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        print(f"There is no benchmark {unknown[0]}: choose some of {', '.join(names)}.", file=sys.stderr)
        return 2
    found = sections(RESULTS.read_text("utf-8")) if chosen and RESULTS.exists() else {}
    for name in chosen or names:
        print(f"{name} ...", file=sys.stderr)
        load = os.getloadavg()[0]
        (about, rows, picture), _ = alone(measure, name)
        found[name] = section(about, rows, load)
        if picture is not None:
            PICTURE.write_text(picture, "utf-8")
        RESULTS.write_text(report({name: found[name] for name in names if name in found}), "utf-8")
    print(RESULTS.read_text("utf-8"))
    return 0


def measure(name: str) -> tuple[str, list, str | None]:
    """What a module measures, in its own words; its rows; and its picture, if it draws one."""
    module = importlib.import_module(f"benchmarks.bench_{name}")
    rows = module.rows()
    return module.__doc__.strip(), rows, module.picture() if hasattr(module, "picture") else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
