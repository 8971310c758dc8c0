"""Build the extension: one zip a platform in dist/, each with that platform's wheels.

With --repository, dist/ becomes a repository: put it on any web server, and Blender subscribes to
the address of its index.json.

Blender's own builder does the work, so the zips are what Blender expects: the one of the application
that BLENDER names or that is on PATH, else the same script inside the bpy module.
"""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"  # of Blender 4.5
EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    """Fetch the wheels, build the zips, validate them."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text())
    for wheel in manifest["wheels"]:
        fetch_wheel(ROOT / wheel)
    output = ROOT / "dist"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    command = builder()
    folders = ["--source-dir", str(ROOT), "--output-dir", str(output)]
    subprocess.run([*command, "build", "--split-platforms", *folders], check=True)
    for archive in sorted(output.glob("*.zip")):
        normalise(archive)
        subprocess.run([*command, "validate", str(archive)], check=True)
        print(f"{archive.relative_to(ROOT)}  {archive.stat().st_size / 1e6:.1f} MB")
    if "--repository" in sys.argv[1:]:
        make_repository(output, command)
        print(f"{output.relative_to(ROOT)}/index.json lists them: Blender subscribes to its address.")
    return 0


def make_repository(folder: Path, command: list[str]) -> None:
    """Make a folder of zips a static repository: index.json for Blender, index.html for people."""
    subprocess.run([*command, "server-generate", "--repo-dir", str(folder), "--html"], check=True)


def fetch_wheel(path: Path) -> None:
    """Download a wheel that the manifest names, unless it is there."""
    if path.exists():
        return
    name, version, _python, abi, platforms = path.stem.split("-")
    options = ["--only-binary=:all:", "--no-deps", "--implementation", "cp", "--abi", abi]
    options += ["--python-version", OLDEST_PYTHON, "--dest", str(path.parent)]
    for platform in platforms.split("."):
        options += ["--platform", platform]
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, f"{name}=={version}"], check=True)
    if not path.exists():
        raise SystemExit(f"The manifest names {path.name}, but pip found another wheel of {name} {version}.")


def builder() -> list[str]:
    """Return the command that runs Blender's extension tool."""
    blender = os.environ.get("BLENDER") or shutil.which("blender")
    return [blender, "--command", "extension"] if blender else [sys.executable, str(bundled_tool())]


def bundled_tool() -> Path:
    """Return Blender's extension tool inside the bpy module."""
    try:
        blender = Path(str(distribution("bpy").locate_file("bpy")))
    except PackageNotFoundError:
        raise SystemExit("Neither Blender nor its Python module bpy is here: run make setup first.") from None
    return next(blender.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))


def normalise(archive: Path) -> None:
    """Rewrite a zip in a fixed order with fixed dates, so that equal sources give equal zips."""
    with zipfile.ZipFile(archive) as source:
        files = [(info, source.read(info)) for info in sorted(source.infolist(), key=lambda i: i.filename)]
    with zipfile.ZipFile(archive, "w") as target:
        for info, data in files:
            fixed = zipfile.ZipInfo(info.filename, EARLIEST_ZIP_DATE)
            fixed.external_attr = 0o644 << 16
            target.writestr(fixed, data, info.compress_type, compresslevel=9)


if __name__ == "__main__":
    sys.exit(main())
