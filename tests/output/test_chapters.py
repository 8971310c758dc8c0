"""Chapters can be read back from a video, by FFmpeg's own program too, and its pictures stay the same."""

import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from llm_scene.film.film import Film
from llm_scene.output.render.local import poster_frame, render_film
from llm_scene.output.render.mp4_chapters import add_chapters
from llm_scene.staging.options import Options
from llm_scene.staging.production import produce

sys.path.insert(0, str(Path(__file__).parent))
from small import small_scene

MARKS = [(0.0, "Overview"), (0.125, "自注意力"), (0.2, "x" * 300)]


@pytest.fixture
def video(empty_scene: None, tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    render_film(small_scene(), None, path)
    return path


def chapters_of(data: bytes) -> list[tuple[float, str]]:
    """What the list of chapters says."""
    at = data.index(b"chpl") + 4
    (count,) = struct.unpack_from(">B", data, at + 8)
    at, found = at + 9, []
    for _ in range(count):
        ticks, length = struct.unpack_from(">QB", data, at)
        found.append((ticks / 10_000_000, data[at + 9 : at + 9 + length].decode()))
        at += 9 + length
    return found


def test_are_read_back(video: Path) -> None:
    add_chapters(video, MARKS)
    assert chapters_of(video.read_bytes()) == [*MARKS[:2], (0.2, "x" * 255)]
    assert bpy.data.movieclips.load(str(video)).frame_duration == 6


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
def test_are_what_ffmpeg_reads(video: Path) -> None:
    add_chapters(video, MARKS[:2])
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(video)]
    told = json.loads(subprocess.check_output(command, text=True))["chapters"]
    assert [(float(c["start_time"]), c["tags"]["title"]) for c in told] == MARKS[:2]


def test_other_files_stay_as_they_are(tmp_path: Path) -> None:
    for data in (b"", b"no video", struct.pack(">I4sI4s", 12, b"moov", 0, b"mdat")):
        path = tmp_path / "film.mp4"
        path.write_bytes(data)
        add_chapters(path, MARKS)
        assert path.read_bytes() == data


def test_a_film_has_its_chapters_and_a_poster(empty_scene: None, tmp_path: Path) -> None:
    from llm_scene.models import load

    model = load("nano-gpt-sort", None, [])
    film: Film = produce(model, [2, 1, 0], Options(cut="teaser")).film
    scene = small_scene()
    scene.frame_end = round(film.chapters[1].start * 24) + 2
    frames = range(scene.frame_end - 5, scene.frame_end + 1)
    render_film(scene, film, tmp_path / "film.mp4", frames=frames)
    marks = chapters_of((tmp_path / "film.mp4").read_bytes())
    assert marks == [(0.0, film.chapters[0].title), (pytest.approx(3 / 24, abs=0.05), film.chapters[1].title)]
    poster, frame = (
        tmp_path / "film.poster.png",
        tmp_path / "film.frames" / f"{poster_frame(film, frames):05}.png",
    )
    assert poster.read_bytes() == frame.read_bytes()


def test_the_poster_shows_attention_where_the_film_does() -> None:
    from llm_scene.models import load

    film = produce(load("nano-gpt-sort", None, []), [2, 1, 0], Options(cut="short")).film
    attention = next(chapter for chapter in film.chapters if chapter.name == "attention")
    assert attention.start <= poster_frame(film, range(film.n_frames)) / film.fps < attention.end
    assert poster_frame(None, [4, 5, 6]) == 5


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_the_index_comes_first_and_colours_are_told(empty_scene: None, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    scene = small_scene()
    scene.render.fps, scene.render.fps_base = 24, 1.001
    render_film(scene, None, path)
    for _ in range(2):  # a file that has its index first already, too
        data = path.read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")
        command = "ffprobe -v error -count_frames -of json -show_entries stream=nb_read_frames,r_frame_rate,"
        command += "color_primaries,color_transfer,color_space"
        told = json.loads(subprocess.check_output([*command.split(), str(path)], text=True))["streams"][0]
        assert {told[f"color_{name}"] for name in ("primaries", "transfer", "space")} == {"bt709"}
        assert (told["nb_read_frames"], told["r_frame_rate"]) == ("6", "24000/1001")
        add_chapters(path, MARKS)
        assert chapters_of(path.read_bytes())[0] == MARKS[0]
