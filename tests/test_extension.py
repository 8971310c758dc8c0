"""The extension builds with Blender's own tool, passes its validation and carries what it needs."""

import hashlib
import json
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from archives import MANIFEST, ROOT, build, extension_tool

from tools.build_extension import bundled_tool, make_repository

SHIPPED = {"__init__.py", "blender_manifest.toml", "LICENSE", "README.md", "llm_scene", "presets", "wheels"}


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The zips, by platform."""
    return build(tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist"))


@pytest.mark.parametrize("platform", MANIFEST["platforms"])
class TestArchive:
    def test_passes_blenders_validation(self, archives: dict[str, Path], platform: str) -> None:
        validated = extension_tool("validate", str(archives[platform]))
        assert validated.returncode == 0, validated.stdout + validated.stderr

    def test_carries_the_wheels_of_its_platform(self, archives: dict[str, Path], platform: str) -> None:
        with zipfile.ZipFile(archives[platform]) as archive:
            wheels = sorted(name.split("/")[1] for name in archive.namelist() if name.startswith("wheels/"))
        assert [wheel.split("-")[0] for wheel in wheels] == [
            "arabic_reshaper",
            "latex2mathml",
            "python_bidi",
            "safetensors",
            "six",
            "tokenizers",
            "ziafont",
            "ziamath",
        ]

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


def test_a_folder_of_zips_becomes_a_repository(archives: dict[str, Path]) -> None:
    folder = next(iter(archives.values())).parent
    make_repository(folder, [sys.executable, str(bundled_tool())])
    listed = json.loads((folder / "index.json").read_text(encoding="utf-8"))["data"]
    assert {tuple(one["platforms"]) for one in listed} == {(name,) for name in MANIFEST["platforms"]}
    for one in listed:
        path = folder / one["archive_url"]
        assert one["archive_size"] == path.stat().st_size
        assert one["archive_hash"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        assert one["website"] == MANIFEST["website"] and one["permissions"] == MANIFEST["permissions"]
    assert (folder / "index.html").is_file()


def test_the_manifest_says_what_reviewers_ask_for() -> None:
    assert MANIFEST["website"].startswith("https://")
    reasons = MANIFEST["permissions"]
    assert set(reasons) == {"network", "files"}  # and the code asks for nothing else
    for text in (MANIFEST["tagline"], *reasons.values()):
        assert len(text) <= 64 and text[-1].isalnum()
    assert MANIFEST["license"] and MANIFEST["copyright"] and MANIFEST["tags"]


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert MANIFEST["version"] == project["version"]
