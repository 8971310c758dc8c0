"""Run benchmarks, write results.md and results.svg beside this file, and renew what README.md quotes.

    python -m benchmarks              all of them
    python -m benchmarks cells gpt2   some, again: the other sections stay as they are

A module bench_NAME.py takes part by its docstring, which says what it measures, and a function rows(); it
runs in a process of its own. Where it has a function picture(), that draws the same figures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .measure import alone
from .report import measured, report, requoted, section, sections

FOLDER = Path(__file__).parent
README = FOLDER.parent / "README.md"


def main(chosen: Sequence[str], folder: Path = FOLDER, readme: Path = README) -> int:
    """Measure and report."""
    names = [path.stem.removeprefix("bench_") for path in sorted(FOLDER.glob("bench_*.py"))]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        print(f"There is no benchmark {unknown[0]}: choose some of {', '.join(names)}.", file=sys.stderr)
        return 2
    results, picture = folder / "results.md", folder / "results.svg"
    found = sections(results.read_text("utf-8")) if chosen and results.exists() else {}
    for name in chosen or names:
        print(f"{name} ...", file=sys.stderr)
        load = os.getloadavg()[0]
        (about, rows, drawing), _ = alone(measured, name)
        found[name] = section(about, rows, load)
        if drawing:
            picture.write_text(drawing, "utf-8")
        results.write_text(report({name: found[name] for name in names if name in found}), "utf-8")
    readme.write_text(requoted(readme.read_text("utf-8"), results.read_text("utf-8")), "utf-8")
    print(results.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
