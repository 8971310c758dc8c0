"""The floors hold: imports point down only, and nothing below the scene knows Blender."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "llm_scene"
FLOORS = ["network", "models", "look", "layout", "film", "staging", "scene", "output", "cli", "ui"]

# What a floor may import from outside the package, beside the standard library; None: anything.
LIBRARIES = {
    "": set(),  # the modules at the package's root
    "network": {"numpy"},
    "models": {"gguf", "huggingface_hub", "numpy", "safetensors", "tokenizers", "torch"},
    "look": {"numpy"},
    "layout": {"numpy", "mathutils"},
    "film": {"numpy", "ziamath"},
    "staging": {"numpy"},
    "scene": None,
    "output": None,
    "cli": None,
    "ui": None,
}

SOURCES = sorted(PACKAGE.rglob("*.py"))


def floor_of(path: Path) -> str:
    """Return the floor of a file, or "" for one at the root of the package."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (dots, dotted name) for all imports of a file, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.level, node.module
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.level, alias.name) for alias in node.names)


def imported_floors(path: Path) -> set[str]:
    """Return the floors that a file imports from, its own included."""
    folder = path.relative_to(PACKAGE).parent.parts
    targets = [(*folder[: len(folder) + 1 - dots], *name.split(".")) for dots, name in imports(path) if dots]
    return {target[0] for target in targets} & set(FLOORS)


def foreign_modules(path: Path) -> set[str]:
    """Return the top-level names that a file imports absolutely."""
    return {name.split(".")[0] for dots, name in imports(path) if dots == 0}


def test_every_folder_with_code_is_a_floor() -> None:
    assert {floor_of(path) for path in SOURCES} <= {"", *FLOORS}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
class TestImports:
    def test_point_down(self, path: Path) -> None:
        if path == PACKAGE / "__init__.py":  # the library's face, which names things of all floors
            return
        height = FLOORS.index(floor_of(path)) if floor_of(path) else -1
        assert imported_floors(path) <= set(FLOORS[: height + 1])

    def test_are_relative_within_the_package(self, path: Path) -> None:
        """Blender loads the package under another name."""
        assert "llm_scene" not in foreign_modules(path)

    def test_stay_with_the_libraries_of_the_floor(self, path: Path) -> None:
        allowed = LIBRARIES[floor_of(path)]
        if allowed is not None:
            assert foreign_modules(path) - sys.stdlib_module_names <= allowed


@pytest.mark.parametrize(
    ("form", "own"), [("gltf", {"unused_faces_removed", "outline"}), ("page", {"unused_faces_removed"})]
)
def test_forms_ask_the_scene_for_blenders_own_things_alone(form: str, own: set[str]) -> None:
    """What both need beside Blender's typefaces, with which they draw letters, stands below the scene."""
    taken = {
        alias.name
        for path in (PACKAGE / "output" / form).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("scene")
        for alias in node.names
    }
    assert taken == own


def test_forms_and_rendering_stand_apart() -> None:
    """In `output`, what renders is one package, and no form needs it but the picture on the page."""
    assert {path.name for path in (PACKAGE / "output").iterdir() if path.suffix == ".py"} == {
        "__init__.py", "blend.py", "captions.py", "formats.py",
    }  # fmt: skip
    for form in ("gltf", "page"):
        for path in (PACKAGE / "output" / form).glob("*.py"):
            assert not any("render" in name.split(".") for _, name in imports(path)), path


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_the_film_knows_its_pieces(path: Path) -> None:
    if floor_of(path) != "film":
        assert not {("film", "pieces"), ("film", "chapters")} & {
            tuple(name.split(".")[:2]) for _, name in imports(path)
        }
