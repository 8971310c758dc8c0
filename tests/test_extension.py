"""The extension builds with Blender's own tool, passes its validation and carries what it needs."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.build_extension import bundled_tool

ROOT = Path(__file__).parent.parent
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text())
SHIPPED = {"__init__.py", "blender_manifest.toml", "LICENSE", "README.md", "llm_scene", "presets", "wheels"}


def extension_tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Blender's extension tool."""
    command = [sys.executable, str(bundled_tool()), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build from a copy with empty files for wheels, so that no test downloads; platform → zip."""
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    tracked = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    for name in tracked:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    (source / "wheels").mkdir()
    for wheel in MANIFEST["wheels"]:
        (source / wheel).touch()
    built = extension_tool("build", "--split-platforms", f"--source-dir={source}", f"--output-dir={output}")
    assert built.returncode == 0, built.stdout + built.stderr
    return {
        platform: output / f"{MANIFEST['id']}-{MANIFEST['version']}-{platform.replace('-', '_')}.zip"
        for platform in MANIFEST["platforms"]
    }


@pytest.mark.parametrize("platform", MANIFEST["platforms"])
class TestArchive:
    def test_passes_blenders_validation(self, archives: dict[str, Path], platform: str) -> None:
        validated = extension_tool("validate", str(archives[platform]))
        assert validated.returncode == 0, validated.stdout + validated.stderr

    def test_carries_the_wheels_of_its_platform(self, archives: dict[str, Path], platform: str) -> None:
        with zipfile.ZipFile(archives[platform]) as archive:
            wheels = sorted(name.split("/")[1] for name in archive.namelist() if name.startswith("wheels/"))
        assert [wheel.split("-")[0] for wheel in wheels] == ["safetensors", "tokenizers"]

    def test_carries_the_web_page(self, archives: dict[str, Path], platform: str) -> None:
        page = "llm_scene/output/page/"
        with zipfile.ZipFile(archives[platform]) as archive:
            names = set(archive.namelist())
        wanted = ("page.html", "page.css", "js/main.js", "vendor/three.min.js", "vendor/LICENSE.txt")
        assert {page + name for name in wanted} <= names

    def test_carries_nothing_that_only_developers_need(
        self, archives: dict[str, Path], platform: str
    ) -> None:
        with zipfile.ZipFile(archives[platform]) as archive:
            assert {name.split("/")[0] for name in archive.namelist()} <= SHIPPED


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert MANIFEST["version"] == project["version"]
