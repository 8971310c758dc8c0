"""The presets are found wherever the package lies."""

import importlib.util
from pathlib import Path

import pytest

from llm_scene import paths


@pytest.mark.parametrize("folder", ["llm_scene/presets", "presets"], ids=["installed by pip", "beside"])
def test_presets_are_found(tmp_path: Path, folder: str) -> None:
    module = tmp_path / "llm_scene" / "paths.py"
    module.parent.mkdir()
    module.write_bytes(Path(paths.__file__).read_bytes())
    (tmp_path / folder).mkdir()
    spec = importlib.util.spec_from_file_location("moved_paths", module)
    assert spec is not None
    assert spec.loader is not None
    moved = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(moved)
    assert moved.presets_folder() == tmp_path / folder


def test_presets_of_this_package_are_there() -> None:
    assert any(paths.presets_folder().iterdir())
