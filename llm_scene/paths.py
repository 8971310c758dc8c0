"""Where the files that ship with the package lie."""

from pathlib import Path


def presets_folder() -> Path:
    """Return the folder of presets; it may be read-only and is replaced by every upgrade.

    It is inside the package where pip installed it, and beside the package in a checkout and in
    Blender's extension.
    """
    package = Path(__file__).parent
    installed = package / "presets"
    return installed if installed.is_dir() else package.parent / "presets"
