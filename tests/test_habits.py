"""Habits of the code that a reader can count."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "llm_scene"
MOST = 60  # lines of a function: what a screen shows


def functions() -> Iterator[tuple[str, int]]:
    """Yield (file, line and name; lines) of every function of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield (
                    f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}",
                    node.end_lineno - node.lineno + 1,
                )


def test_every_function_fits_on_a_screen() -> None:
    lengths = dict(functions())
    assert len(lengths) > 1000
    assert {name: lines for name, lines in lengths.items() if lines > MOST} == {}


def test_every_package_is_installed() -> None:
    """A folder of code that pyproject.toml does not name is missing wherever the package is installed."""
    root = PACKAGE.parent
    said = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "packages"
    ]
    here = {".".join(path.parent.relative_to(root).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(said) - {"llm_scene.presets"} == here
