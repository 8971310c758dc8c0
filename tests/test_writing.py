"""Files are written whole or not at all, and nothing of an unfinished one is left for good."""

from __future__ import annotations

import errno
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llm_scene.errors import UserError
from llm_scene.writing import PRIVATE, held, private_folder, whole_file, whole_folder

ROOT = Path(__file__).parents[1]
AT_WORK = """
import sys
from pathlib import Path
from typing import Any
from llm_scene.errors import UserError
from llm_scene.writing import PRIVATE, held, private_folder, whole_file, whole_folder
with {manager}(Path(sys.argv[1])) as new:
    if new:
        (new / "weights.bin" if new.is_dir() else new).write_bytes(b"half")
    print("begun", flush=True)
    sys.stdin.read()
"""


@contextmanager
def at_work(path: Path, manager: str = "whole_file") -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of writing `path`."""
    command = [sys.executable, "-c", AT_WORK.format(manager=manager), str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        assert process.stdout.readline() == "begun\n"
        yield process
        process.send_signal(signal.SIGKILL)


def litter(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{PRIVATE}*"))


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
@pytest.mark.parametrize("manager", ["whole_file", "whole_folder"])
def test_what_a_killed_process_left_goes_with_the_next_file(manager: str, tmp_path: Path) -> None:
    with at_work(tmp_path / "film.mp4", manager):
        pass
    assert len(litter(tmp_path)) == 1
    with whole_file(tmp_path / "a.srt") as new:
        new.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.srt"]


def test_what_another_process_is_at_stays(tmp_path: Path) -> None:
    with at_work(tmp_path / "film.mp4") as process:
        with whole_file(tmp_path / "a.srt") as new:
            new.write_text("whole")
        assert len(litter(tmp_path)) == 1
        process.communicate("go on")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.srt", "film.mp4"]


def test_what_others_have_in_such_folders_stays(tmp_path: Path) -> None:
    """Under a name that is not ours, in a folder that was left, and in one of another computer."""
    with at_work(tmp_path / "film.mp4"):
        (left,) = litter(tmp_path)
    (left / "letter.txt").write_text("mine")
    other = tmp_path / f"{PRIVATE}0123456789abcdef-01234567"
    for folder in (other, tmp_path / f"{PRIVATE}mine"):
        folder.mkdir()
        (folder / "new.mp4").write_text("mine")
    (tmp_path / f"{left.name[:-1]}x").symlink_to(other)
    before = {path for path in tmp_path.rglob("*") if path != left / "new.mp4"}
    with private_folder(tmp_path):
        pass
    assert before <= set(tmp_path.rglob("*"))


@pytest.mark.parametrize("manager", [whole_file, whole_folder])
def test_a_full_disk_is_one_sentence_about_what_was_asked_for(manager: Any, tmp_path: Path) -> None:
    """Also where one file is made within another that is not there yet."""
    said = re.escape(f"The disk is full: free some space for {tmp_path / 'a'}")
    with pytest.raises(UserError, match=f"^{said} "), manager(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert litter(tmp_path) == []
    said = re.escape(f"The disk is full: free some space for {tmp_path} and")
    full = pytest.raises(UserError, match=f"^{said} ")
    with full, private_folder(tmp_path) as folder, whole_file(folder / "new.blend"):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_a_folder_is_held_until_its_process_ends(tmp_path: Path) -> None:
    folder = tmp_path / "film.frames"
    with (
        at_work(folder, "held"),
        pytest.raises(UserError, match="Another LLM Scene is at work"),
        held(folder),
    ):
        pass
    with held(folder):
        pass
