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


def bare_numbers(path: Path) -> list[str]:
    """Numbers in functions that nothing names: neither a constant nor the parameter they are given to.

    0, 1, 2, 3 and one half speak for themselves; how long a beat takes is named by the beat.
    """
    found: list[str] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Constant):
            is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
            if is_number and node.value not in (0, 0.5, 1, 2, 3):
                found.append(f"{path.name}:{node.lineno} {node.value}")
        children = ast.iter_child_nodes(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "beat":
            children = iter(node.args[:1])
        for child in children:
            if not (isinstance(child, ast.keyword) and isinstance(child.value, ast.Constant | ast.UnaryOp)):
                visit(child)

    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            visit(node)
    return found


def test_every_number_of_a_film_has_a_name() -> None:
    files = [
        path for part in ("chapters", "pieces") for path in sorted((PACKAGE / "film" / part).glob("*.py"))
    ]
    assert len(files) > 20
    assert [bare for path in files for bare in bare_numbers(path)] == []


def test_parts_of_a_model_are_named_in_one_place() -> None:
    named = {"Transformer ", "Head ", "Expert ", "Self-attention", "Shared expert"}
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in named
    }
    assert found == {"network/sections.py"}


def test_every_package_is_installed() -> None:
    """A folder of code that pyproject.toml does not name is missing wherever the package is installed."""
    root = PACKAGE.parent
    said = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "packages"
    ]
    here = {".".join(path.parent.relative_to(root).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(said) - {"llm_scene.presets"} == here
