import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from llm_scene.errors import UserError
from llm_scene.film.film import Chapter
from llm_scene.output.render.containers import CONTAINERS
from llm_scene.output.render.mp4_chapters import runs
from llm_scene.output.render.video import assemble, check_format

sys.path.insert(0, str(Path(__file__).parent))

SIZE = (640, 360)
CHAPTER = Chapter("heads", "Heads", 4 / 24, 8 / 24, (), (), ())


@pytest.fixture(autouse=True)
def _empty(empty_scene: None) -> None:
    """Every test starts from an empty file."""


@pytest.fixture
def pictures(tmp_path: Path) -> dict[int, Path]:
    """Twelve frames of a smooth grey gradient, a little lighter each."""
    (tmp_path / "pictures").mkdir()
    ramp = np.linspace(0.2, 0.6, SIZE[0], dtype=np.float32)[None, :, None]
    made = {}
    for frame in range(12):
        pixels = np.ones((SIZE[1], SIZE[0], 4), np.float32)
        pixels[..., :3] = ramp + 0.01 * frame
        image = bpy.data.images.new("frame", *SIZE)
        image.pixels.foreach_set(pixels.ravel())
        made[frame] = tmp_path / "pictures" / f"{frame:05}.png"
        image.filepath_raw, image.file_format = str(made[frame]), "PNG"
        image.save()
    return made


def read_back(path: Path, frame: int) -> np.ndarray:
    """A frame of a video as sRGB in 0 to 1, top row first."""
    clip = bpy.data.images.load(str(path))
    scene = bpy.data.scenes.new("reader")
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    scene.frame_end = 12
    scene.sequence_editor_create().strips.new_movie("movie", str(path), 1, 0)
    bpy.context.window.scene = scene
    scene.frame_set(frame)
    still = path.with_suffix(f".{frame}.png")
    scene.render.filepath = str(still)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    bpy.data.images.remove(clip)
    return read_png(still)


def read_png(path: Path) -> np.ndarray:
    image = bpy.data.images.load(str(path))
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], -1)[::-1, :, :3]


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_video_reads_back_with_size_rate_and_pictures(
    suffix: str, pictures: dict[int, Path], tmp_path: Path
) -> None:
    path = tmp_path / f"film{suffix}"
    assemble(pictures, path, SIZE, 24)
    clip = bpy.data.movieclips.load(str(path))
    assert (tuple(clip.size), clip.frame_duration, round(clip.fps, 2)) == (SIZE, 12, 24.0)
    assert np.abs(read_back(path, 9) - read_png(pictures[9])).mean() < 0.01  # never toned twice


def test_mp4_is_what_browsers_play_and_the_same_every_time(pictures: dict[int, Path], tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        assemble(pictures, tmp_path / name, SIZE, 24)
    data = (tmp_path / "a.mp4").read_bytes()
    assert data == (tmp_path / "b.mp4").read_bytes()
    profile = data[data.index(b"avcC") + 5]
    assert profile in (66, 77, 100)  # Baseline, Main and High are 8 bits, 4:2:0
    assert not list(tmp_path.glob(".*"))


def test_chapters_follow_the_frames_that_are_shown() -> None:
    frames = [0, 1, 4, 5, 10, 6, 7]
    assert runs([CHAPTER], frames, 24) == [(CHAPTER, 2, 2), (CHAPTER, 5, 2)]
    assert runs([], frames, 24) == []


def test_a_failure_leaves_what_was_there(pictures: dict[int, Path], tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("old")
    scenes = len(bpy.data.scenes)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises((UserError, ZeroDivisionError)):
            assemble(pictures, tmp_path / "missing" / "film.mp4", SIZE, 24)
    finally:
        tmp_path.chmod(0o700)
    assert path.read_text() == "old"
    assert len(bpy.data.scenes) == scenes


def test_unknown_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\.mp4, \.webm, \.mov"):
        check_format(tmp_path / "film.avi")
