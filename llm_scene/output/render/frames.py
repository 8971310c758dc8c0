"""Frames as PNG files in a folder that survives anything.

Every frame is signed with the key of its `Recipe`: what the scene holds, how it is rendered and by which
Blender. A frame counts as done only where its file is whole and carries that key, so a render that was
killed goes on where it stopped, and frames of different scenes or settings never mix. The folder's ledger
says for which recipe it is. Frames of others wait in folders inside, until their recipe comes back or the
user lets go of them. A file that we did not write, or that was changed since, is never touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bpy

from ...errors import UserError, note
from ...scene.compat import image_format
from ...scene.picture import SHUTTER, check_whole, curve_of, output_path, picture_size, rate
from ...writing import NEW, PRIVATE, disk_error, private_folder, whole_file
from .fingerprint import fingerprint
from .ledger import LEDGER, Ledger, is_plain
from .png import DamagedError, is_ours, read_seal, sealed

KIND = "frames"  # of folder, in its ledger
ASIDE = "other-"  # how the folders begin in which frames of other recipes wait
OF_LEDGER = ("made by", "kind", "files")  # what a list says of itself
FRAME = re.compile(r"\d{5,}\.png")  # what we call frames
SCENE = "scene"  # the .blend that workers open


@dataclass(frozen=True)
class Recipe:
    """What makes frames the same frames."""

    scene: str  # fingerprint of everything in the scene, render settings included
    size: tuple[int, int]  # pixels
    fps: float
    blender: str

    @property
    def key(self) -> str:
        """A short hash of the whole recipe."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


def recipe_of(scene: bpy.types.Scene) -> Recipe:
    """The recipe of a scene as it stands. Raises UserError where it renders no whole pictures."""
    render = scene.render
    check_whole(render)
    return Recipe(fingerprint(scene), picture_size(render), rate(render), bpy.app.version_string)


class FrameFolder:
    """The frames of one recipe on disk; what is under way is made in the folder `work`."""

    def __init__(self, folder: Path, key: str, size: tuple[int, int], work: Path | None = None) -> None:
        self.folder, self.key, self.size, self.work = folder, key, size, work or folder

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

        Raises UserError where the picture is damaged, the disk is full or the place is another's.
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
        _check_frame(self.path(frame))
        with whole_file(self.path(frame), within=self.work, durable=True) as temporary:
            temporary.write_bytes(signed)


def open_folder(folder: Path, recipe: Recipe) -> FrameFolder:
    """The folder of a recipe's frames, made where missing; frames of others are set aside in it.

    Raises UserError where the folder holds something else or cannot be written. `close_folder` ends it.
    """
    check_frames(folder)
    ledger, work = Ledger(folder, KIND), folder / f"{PRIVATE}{secrets.token_hex(8)}"
    try:
        if ledger.exists and ledger.facts["key"] != recipe.key:
            _set_aside(folder, ledger.facts)
        _clear(folder, ledger.facts.get("work"))
        pace = ledger.facts.get("pace") if ledger.facts.get("key") == recipe.key else None
        ledger.write(key=recipe.key, **asdict(recipe), pace=pace, work=work.name)
        _take_back(folder, recipe.key)
        work.mkdir(mode=0o700)
    except OSError as error:
        raise disk_error(error, folder) from None
    return FrameFolder(folder, recipe.key, recipe.size, work)


def close_folder(opened: FrameFolder, pace: float | None = None) -> None:
    """Remove what is unfinished, and remember how many seconds a frame took."""
    _clear(opened.folder, opened.work.name)
    ledger = Ledger(opened.folder, KIND)
    if pace is not None and ledger.facts.get("key") == opened.key:
        with contextlib.suppress(OSError, UserError):
            ledger.write(**ledger.facts | {"pace": round(pace, 3)})


@dataclass(frozen=True)
class Found:
    """What a folder of frames holds, by its list alone: nothing is read picture by picture."""

    frames: frozenset[int] = frozenset()  # of the recipe in question
    pace: float | None = None  # seconds a frame of it took, where that is known
    others: int = 0  # frames of other recipes


def found_in(folder: Path, key: str) -> Found:
    """What is there for a recipe's key."""
    facts = Ledger(folder, KIND).facts
    if not facts:
        return Found()
    aside = {place: Ledger(place, KIND).facts for place in _asides(folder)}
    shown = [folder] if facts["key"] == key else []
    shown += [place for place, its in aside.items() if its["key"] == key]
    every = {place: _frame_files(place) for place in (folder, *aside)}
    own = frozenset(int(path.stem) for place in shown for path in every[place])
    others = sum(len(paths) for place, paths in every.items() if place not in shown)
    return Found(own, facts.get("pace") if facts["key"] == key else None, others)


def let_go(folder: Path) -> int:
    """Delete the frames of other recipes than the folder's own; how many there were."""
    count = 0
    for place in _asides(folder):
        for path in _frame_files(place):
            _check_frame(path)
            path.unlink()
            count += 1
        _dissolve(place)
    return count


def _asides(folder: Path) -> list[Path]:
    """The folders in which frames of other recipes wait."""
    places = sorted(folder.glob(f"{ASIDE}*")) if folder.is_dir() else []
    return [place for place in places if place.is_dir() and Ledger(place, KIND).exists]


def _set_aside(folder: Path, facts: Mapping[str, Any]) -> None:
    """Let the frames of a recipe, which its list describes, wait in a folder of their own."""
    frames, place = _frame_files(folder), folder / f"{ASIDE}{facts['key'][:8]}"
    if frames:
        Ledger(place, KIND).check(())
        Ledger(place, KIND).write(**{name: facts[name] for name in facts if name not in ("work", *OF_LEDGER)})
        _move(frames, place)
        note(
            f"{len(frames)} frames of another version of the film wait in {place}: delete it to let them go."
        )


def _take_back(folder: Path, key: str) -> None:
    """Bring the frames of a recipe back that were set aside."""
    for place in _asides(folder):
        if Ledger(place, KIND).facts["key"] == key:
            _move(_frame_files(place), folder)
            _dissolve(place)


def _move(frames: Iterable[Path], into: Path) -> None:
    for path in frames:
        _check_frame(path)
        _check_frame(into / path.name)
        path.replace(into / path.name)


def _dissolve(place: Path) -> None:
    """Remove a folder of frames that is empty but for its list; what else is in it stays, and so does it."""
    if [path.name for path in place.iterdir()] == [LEDGER]:
        (place / LEDGER).unlink()
        place.rmdir()


def check_frames(folder: Path) -> None:
    """Raise UserError unless frames can be kept in `folder`: a new one, an empty one, or one of ours."""
    Ledger(folder, KIND).check(())
    for path in _frame_files(folder) if folder.is_dir() else ():
        _check_frame(path)


def _check_frame(path: Path) -> None:
    """Raise UserError where a file under a frame's name is not as we wrote it."""
    if os.path.lexists(path) and not (is_plain(path) and is_ours(path.read_bytes())):
        raise UserError(f"{path} is no frame that LLM Scene wrote, and stays: choose another folder.")


def _frame_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if FRAME.fullmatch(path.name))


def _clear(folder: Path, work: object) -> None:
    """Remove what a render left in the folder that it had made for itself."""
    if not isinstance(work, str) or not work.startswith(PRIVATE) or Path(work).name != work:
        return
    root = folder / work
    if not root.is_dir() or root.is_symlink():
        return
    for place, _, names in os.walk(root, topdown=False):
        for name in names:
            if Path(name).stem.partition(".")[0] in (NEW, SCENE):
                with contextlib.suppress(OSError):
                    Path(place, name).unlink()
        with contextlib.suppress(OSError):
            Path(place).rmdir()


def prepare(scene: bpy.types.Scene) -> None:
    """Let a scene of this process be rendered, as PNG without metadata, and not be shown.

    What a window shows is evaluated for it, too, besides what is evaluated for the picture.
    """
    bpy.context.window.scene = bpy.data.scenes.new("Nothing")
    render = scene.render
    image_format(render.image_settings, "PNG")
    render.image_settings.color_mode, render.image_settings.color_depth = "RGB", "8"
    render.image_settings.compression = 15
    render.use_stamp = False
    render.use_overwrite, render.use_placeholder, render.use_file_extension = True, False, True


def render_frame(scene: bpy.types.Scene, frame: int, folder: FrameFolder) -> None:
    """Render a frame of a prepared scene into its folder."""
    try:
        with private_folder(folder.work) as place:
            folder.keep(frame, rendered(scene, frame, place).read_bytes())
    except RuntimeError as error:
        raise UserError(f"Blender could not render frame {frame}: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise disk_error(error, folder.folder) from None


def rendered(scene: bpy.types.Scene, frame: int, place: Path) -> Path:
    """The picture of a frame of a prepared scene, in an empty folder.

    It is rendered as an animation of one frame: Blender animates a scene that no window shows only then.
    """
    scene.frame_start = scene.frame_end = frame
    scene.render.filepath = output_path(place / f"{NEW}.####")
    with _quick_where_sharp(scene, frame):
        bpy.ops.render.render(animation=True, scene=scene.name)
    return next(place.glob(f"{NEW}.*.png"))


@contextlib.contextmanager
def _quick_where_sharp(scene: bpy.types.Scene, frame: int) -> Iterator[None]:
    """Within the block, nothing is prepared for motion blur where the shutter is closed: that takes time."""
    before, curve = scene.render.use_motion_blur, curve_of(scene, SHUTTER)
    if curve is not None and curve.evaluate(frame) == 0:
        scene.render.use_motion_blur = False
    try:
        yield
    finally:
        scene.render.use_motion_blur = before
