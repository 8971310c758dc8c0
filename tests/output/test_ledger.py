"""What we may replace and remove: what we have written, and nobody has changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.errors import UserError
from llm_scene.output.render.ledger import LEDGER, Ledger
from llm_scene.writing import whole_file

BROWSER_EXTENSION = '{"name": "mine", "manifest_version": 3, "key": "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"}'


def written(folder: Path) -> Ledger:
    """A folder of ours with a file in it."""
    ledger = Ledger(folder, "farm")
    ledger.write(**ledger.facts)
    with ledger.file("scene.blend") as file:
        file.write_text("ours")
    return ledger


def test_beside_files_of_the_users_only_our_own_names_count(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    ledger = Ledger(tmp_path, "demo")
    ledger.check_among_others(["film.mp4", "page.html"])
    with ledger.file("page.html") as file:
        file.write_text("ours")
    (tmp_path / "film.mp4").write_text("ours")
    ledger.claim("film.mp4")
    Ledger(tmp_path, "demo").check_among_others(["film.mp4", "page.html"])
    (tmp_path / "film.mp4").write_text("mine")
    with pytest.raises(UserError, match=r"film\.mp4 is not as LLM Scene wrote it"):
        Ledger(tmp_path, "demo").check_among_others(["film.mp4", "page.html"])


@pytest.mark.parametrize("text", [BROWSER_EXTENSION, "", '{"made by": "LLM Scene"}'])
def test_no_list_is_written_over_a_file_of_that_name(tmp_path: Path, text: str) -> None:
    (tmp_path / LEDGER).write_text(text)
    with pytest.raises(UserError, match=r"manifest\.json is not as LLM Scene wrote it"):
        Ledger(tmp_path, "demo").check_among_others(["film.mp4"])


def test_what_we_wrote_is_ours_and_may_be_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    written(folder)
    again = Ledger(folder, "farm")
    again.check(["scene.blend", "README.txt"])
    with again.file("scene.blend") as file:
        file.write_text("newer")
    assert (folder / "scene.blend").read_text() == "newer"
    assert Ledger(folder, "farm").owns("scene.blend")
    assert sorted(path.name for path in folder.iterdir()) == [LEDGER, "scene.blend"]


@pytest.mark.parametrize(
    "text", [BROWSER_EXTENSION, "[]", "{", "", '{"made by": "LLM Scene", "kind": "farm"}']
)
def test_another_ones_manifest_proves_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / LEDGER).write_text(text)
    with pytest.raises(UserError, match="holds other files"):
        Ledger(tmp_path, "farm").check(["scene.blend"])
    assert (tmp_path / LEDGER).read_text() == text


def test_a_list_of_another_kind_or_that_was_changed_proves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    written(folder)
    assert not Ledger(folder, "frames").exists
    facts = json.loads((folder / LEDGER).read_text())
    facts["files"]["letter.txt"] = facts["files"]["scene.blend"]
    (folder / LEDGER).write_text(json.dumps(facts))
    assert not Ledger(folder, "farm").exists


def test_what_was_changed_or_put_there_by_others_stays(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    written(folder)
    (folder / "README.txt").write_text("mine")
    (folder / "notes.txt").write_text("mine")
    ledger = Ledger(folder, "farm")
    ledger.check(["scene.blend"])
    with pytest.raises(UserError, match=r"README\.txt is not as LLM Scene wrote it"):
        ledger.check(["README.txt"])
    (folder / "scene.blend").write_text("ours, and mine")
    with pytest.raises(UserError, match=r"scene\.blend is not as"), ledger.file("scene.blend") as file:
        file.write_text("newer")
    assert (folder / "scene.blend").read_text() == "ours, and mine"


def test_links_are_never_ours(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    written(folder)
    (tmp_path / "mine").write_text("ours")
    (folder / "scene.blend").unlink()
    (folder / "scene.blend").symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match=r"scene\.blend is not as"):
        Ledger(folder, "farm").check(["scene.blend"])
    (folder / "README.txt").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"README\.txt is not as"):
        Ledger(folder, "farm").check(["README.txt"])


@given(st.integers(0, 40))
def test_stopped_at_any_moment_everything_there_is_still_ours(
    tmp_path_factory: pytest.TempPathFactory, moment: int
) -> None:
    folder = tmp_path_factory.mktemp("stopped") / "new"
    count = [0]

    def stop(*_: object) -> None:
        count[0] += 1
        if count[0] == moment:
            raise KeyboardInterrupt

    replace = os.replace
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", lambda a, b: (stop(), replace(a, b), stop())[1])
        try:
            for _ in range(2):
                written(folder)
        except KeyboardInterrupt:
            pass
    Ledger(folder, "farm").check(["scene.blend"])


def test_a_file_under_way_has_a_name_that_nobody_can_plant_a_link_at(tmp_path: Path) -> None:
    names = set()
    for _ in range(2):
        with whole_file(tmp_path / "film.mp4") as temporary:
            assert list(temporary.parent.iterdir()) == [] and temporary.suffix == ".mp4"
            assert temporary.parent.stat().st_mode & 0o077 == 0
            names.add(temporary)
            temporary.write_text("film")
    assert len(names) == 2 and [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    with pytest.raises(UserError, match=r"caf\\xe9.* is not written in UTF-8"), whole_file(folder / "a.srt"):
        pass
    with pytest.raises(UserError, match="is not written in UTF-8"):
        Ledger(folder / "frames", "frames").check(())
