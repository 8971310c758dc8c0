"""Frames as PNG files in a folder that survives anything.

Every frame is signed with the key of its `Recipe`: what the scene holds, how it is rendered and by which
Blender. A frame counts as done only where its file is whole and carries that key, so a render that was
killed goes on where it stopped, and frames of different scenes or settings never mix.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import bpy

from ...errors import UserError
from ...scene.compat import image_format
from .fingerprint import fingerprint
from .png import DamagedError, read_seal, sealed

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Recipe:
    """What makes frames the same frames."""

    scene: str  # fingerprint of everything in the scene, render settings included
    size: tuple[int, int]  # pixels
    fps: int
    blender: str

    @property
    def key(self) -> str:
        """A short hash of the whole recipe."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


def recipe_of(scene: bpy.types.Scene) -> Recipe:
    """The recipe of a scene as it stands."""
    render = scene.render
    share = render.resolution_percentage / 100
    size = (int(render.resolution_x * share), int(render.resolution_y * share))
    return Recipe(fingerprint(scene), size, render.fps, bpy.app.version_string)


class FrameFolder:
    """The frames of one recipe on disk."""

    def __init__(self, folder: Path, key: str, size: tuple[int, int]) -> None:
        self.folder, self.key, self.size = folder, key, size

    def path(self, frame: int) -> Path:
        """Where a frame is, or will be."""
        return self.folder / f"{frame:05}.png"

    def has(self, frame: int) -> bool:
        """Whether a frame is there, whole and of this recipe."""
        try:
            return read_seal(self.path(frame).read_bytes()) == (self.size, self.key)
        except (OSError, DamagedError):
            return False

    def missing(self, frames: Iterable[int]) -> list[int]:
        """The frames that are yet to be rendered."""
        return [frame for frame in frames if not self.has(frame)]

    def keep(self, frame: int, data: bytes) -> None:
        """Sign a rendered picture and put it in its place, whole or not at all.

        Raises UserError where the picture is damaged or the disk is full.
        """
        try:
            signed = sealed(data, self.key)
            found, _ = read_seal(signed)
        except DamagedError as error:
            raise UserError(f"Frame {frame} came out damaged: {error}.") from None
        if found != self.size:
            raise UserError(
                f"Frame {frame} came out {found[0]}x{found[1]}, not {self.size[0]}x{self.size[1]}."
            )
        _write(self.path(frame), signed)


def open_folder(folder: Path, recipe: Recipe) -> FrameFolder:
    """The folder of a recipe's frames, made where missing, emptied of frames of any other recipe.

    Raises UserError where the folder holds something else or cannot be written.
    """
    check_folder(folder)
    made = FrameFolder(folder, recipe.key, recipe.size)
    try:
        folder.mkdir(exist_ok=True)
        old = _manifest(folder).get("key")
        for path in folder.glob("*.png") if old != recipe.key else ():
            path.unlink()
        clean(folder)
        about = {"key": recipe.key, **asdict(recipe)}
        _write(folder / MANIFEST, json.dumps(about, indent=1).encode())
    except OSError as error:
        raise disk_error(error, folder) from None
    return made


def check_folder(folder: Path) -> None:
    """Raise UserError unless frames can be kept in `folder`: a new one, an empty one, or one of ours."""
    if not folder.parent.is_dir():
        raise UserError(f"The folder {folder.parent} does not exist: create it first.")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file, where the folder of frames should be.")
    place = folder if folder.is_dir() else folder.parent
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"The folder {place} cannot be written to.")
    if folder.is_dir() and any(folder.iterdir()) and "key" not in _manifest(folder):
        raise UserError(f"The folder {folder} holds other files: choose a new folder for the frames.")


def clean(folder: Path) -> None:
    """Remove what a killed render left unfinished."""
    for path in folder.glob(".*"):
        if path.is_file():
            path.unlink(missing_ok=True)


def prepare(scene: bpy.types.Scene) -> None:
    """Make a scene the one that is evaluated and rendered, as PNG without metadata."""
    bpy.context.window.scene = scene  # animation is evaluated only there
    render = scene.render
    image_format(render.image_settings, "PNG")
    render.image_settings.color_mode, render.image_settings.color_depth = "RGB", "8"
    render.image_settings.compression = 15
    render.use_stamp = False
    render.use_overwrite, render.use_placeholder, render.use_file_extension = True, False, True


def render_frame(scene: bpy.types.Scene, frame: int, folder: FrameFolder) -> None:
    """Render a frame of a prepared scene into its folder."""
    temporary = folder.folder / f".{frame:05}.{os.getpid()}.png"
    try:
        scene.frame_set(frame)
        scene.render.filepath = str(temporary)
        bpy.ops.render.render(write_still=True, scene=scene.name)
        folder.keep(frame, temporary.read_bytes())
    except RuntimeError as error:
        raise UserError(f"Blender could not render frame {frame}: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise disk_error(error, folder.folder) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def disk_error(error: OSError, folder: Path) -> UserError:
    """What to say when the disk refuses."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(f"The disk is full: free some space for {folder} and run the same command again.")
    return UserError(f"{folder} cannot be written to: {(error.strerror or str(error)).lower()}.")


def _write(path: Path, data: bytes) -> None:
    """Write a file so that after a power cut it is there whole, or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise disk_error(error, path.parent) from None


def _manifest(folder: Path) -> dict[str, object]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
