"""Builds the extension's zips from a copy of the repository."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tools.build_extension import bundled_tool, fetch_wheel

ROOT = Path(__file__).parent.parent
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text())


def extension_tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Blender's extension tool."""
    command = [sys.executable, str(bundled_tool()), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def build(source: Path, output: Path, wheels_of: str = "") -> dict[str, Path]:
    """Build into `output` from a copy in `source`; platform → zip.

    Only the wheels that a platform with `wheels_of` in its name installs are real ones; the others are empty,
    so that nothing else is downloaded.
    """
    tracked = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    for name in tracked:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    (source / "wheels").mkdir()
    for wheel in MANIFEST["wheels"]:
        if wheels_of and (wheels_of in wheel or wheel.endswith("-any.whl")):
            fetch_wheel(source / wheel)
        else:
            (source / wheel).touch()
    built = extension_tool("build", "--split-platforms", f"--source-dir={source}", f"--output-dir={output}")
    assert built.returncode == 0, built.stdout + built.stderr
    return {
        platform: output / f"{MANIFEST['id']}-{MANIFEST['version']}-{platform.replace('-', '_')}.zip"
        for platform in MANIFEST["platforms"]
    }
