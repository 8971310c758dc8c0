"""Models by name: from the hub's cache on the disk, and from a hub on this machine."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_scene.errors import UserError
from llm_scene.models import find_folder, load
from llm_scene.models.hub import parse_name, resolved
from tests.models.hub_server import COMMIT, Hub, hub

SORT = Path(__file__).parents[2] / "presets" / "nano-gpt-sort"
FILES = ("config.json", "model.safetensors", "tokenizer.json")
NAME = "tests/nano"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key in ("HF_HOME", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")  # nobody is there
    return tmp_path / "hub"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one model."""
    folder = tmp_path / "served"
    folder.mkdir()
    for file in FILES:
        shutil.copy(SORT / file, folder / file)
    with hub({NAME: folder}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        yield running


def fill(cache: Path, name: str = NAME, commit: str = COMMIT, files: tuple[str, ...] = FILES) -> Path:
    """A model in the cache as huggingface_hub keeps it; its snapshot."""
    folder = cache / ("models--" + name.replace("/", "--"))
    snapshot = folder / "snapshots" / commit
    for made in (folder / "refs", folder / "blobs", snapshot):
        made.mkdir(parents=True, exist_ok=True)
    (folder / "refs" / "main").write_text(commit)
    for file in files:
        shutil.copy(SORT / file, folder / "blobs" / file)
        (snapshot / file).symlink_to(f"../../blobs/{file}")
    return snapshot


class TestNames:
    @pytest.mark.parametrize(
        ("text", "repository", "revision"),
        [
            ("openai-community/gpt2", "openai-community/gpt2", "main"),
            ("HuggingFaceTB/SmolLM2-135M", "HuggingFaceTB/SmolLM2-135M", "main"),
            ("a/b.c@refs/pr/1", "a/b.c", "refs/pr/1"),
            ("https://huggingface.co/a/b", "a/b", "main"),
        ],
    )
    def test_are_read(self, text: str, repository: str, revision: str) -> None:
        name = parse_name(text)
        assert name is not None
        assert (name.repository, name.revision) == (repository, revision)

    @pytest.mark.parametrize(
        "text", ["gpt2", "a/b/c", "../a", "./a", "/a/b", "a/..", "a/b@../../x", "a--b/c", ""]
    )
    def test_are_not_read(self, text: str) -> None:
        assert parse_name(text) is None

    def test_a_name_alone(self) -> None:
        with pytest.raises(UserError, match="is called openai-community/gpt2"):
            find_folder("gpt2")
        with pytest.raises(UserError, match="OWNER/NAME, such as"):
            find_folder("mymodel")

    def test_a_path(self) -> None:
        with pytest.raises(UserError, match=r"The folder \./nowhere/here does not exist"):
            find_folder("./nowhere/here")


class TestCache:
    def test_is_read_without_a_connection(self, cache: Path) -> None:
        snapshot = fill(cache)
        assert find_folder(NAME) == snapshot

    def test_by_revision(self, cache: Path) -> None:
        old = fill(cache, commit="f" * 40)
        new = fill(cache)
        assert find_folder(f"{NAME}@{'f' * 40}") == old
        assert find_folder(NAME) == new

    def test_a_home_of_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HF_HUB_CACHE")
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        snapshot = fill(tmp_path / "home" / "hub")
        assert find_folder(NAME, offline=True) == snapshot

    def test_its_root_is_taken_as_a_folder(self, cache: Path) -> None:
        snapshot = fill(cache)
        model = load(folder=snapshot.parent.parent)
        assert (model.folder, model.title) == (snapshot, "nano")
        assert load(folder=snapshot).title == "nano"

    def test_the_whole_cache_names_what_is_in_it(self, cache: Path) -> None:
        fill(cache)
        with pytest.raises(
            UserError, match=r"is the hub's cache: give the name of a model in it, tests/nano"
        ):
            load(folder=cache)

    def test_a_part_is_not_taken(self, cache: Path) -> None:
        snapshot = fill(cache, files=("config.json",))
        with pytest.raises(UserError, match="downloading is switched off"):
            find_folder(NAME, offline=True)
        with pytest.raises(UserError, match="give its name instead, tests/nano"):
            resolved(snapshot.parent.parent)

    def test_shards_must_all_be_there(self, cache: Path) -> None:
        snapshot = fill(cache, files=("config.json",))
        table = {
            "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
        }
        (snapshot / "model.safetensors.index.json").write_text(json.dumps(table))
        (snapshot / "model-00001-of-00002.safetensors").touch()
        with pytest.raises(UserError, match="switched off"):
            find_folder(NAME, offline=True)
        (snapshot / "model-00002-of-00002.safetensors").touch()
        assert find_folder(NAME, offline=True) == snapshot

    @pytest.mark.parametrize("reference", ["../../elsewhere", "", "a/b", "\xff"])
    def test_a_reference_leads_nowhere_else(self, cache: Path, reference: str) -> None:
        snapshot = fill(cache)
        (snapshot.parent.parent / "refs" / "main").write_bytes(reference.encode("latin-1"))
        with pytest.raises(UserError, match="switched off"):
            find_folder(NAME, offline=True)


@pytest.fixture(params=["huggingface_hub", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the library, and without it, as in Blender."""
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    return str(request.param)


@pytest.mark.usefixtures("way")
class TestDownload:
    def test_brings_what_is_read(self, server: Hub, cache: Path) -> None:
        (server.models[NAME] / "training.log").write_text("not for us")
        said: list[str] = []
        shares: list[float] = []
        folder = find_folder(NAME, say=said.append, progress=shares.append)
        assert sorted(file.name for file in folder.iterdir()) == sorted(FILES)
        assert load(folder=folder).encode_prompt("ABC") == load("nano-gpt-sort").encode_prompt("ABC")
        (sentence,) = said
        assert f"Downloading {NAME}: 0.3 MB" in sentence and str(cache) in sentence
        assert shares == sorted(shares) and shares[-1] == 1.0
        served = len(server.served)
        assert find_folder(NAME) == folder
        assert len(server.served) == served  # from the disk

    def test_goes_on_where_the_connection_broke(
        self, server: Hub, way: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if way == "huggingface_hub":
            monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
        server.breaks = [100_000]
        shares: list[float] = []
        folder = find_folder(NAME, progress=shares.append)
        assert (folder / "model.safetensors").read_bytes() == (SORT / "model.safetensors").read_bytes()
        assert ("model.safetensors", "bytes=100000-") in server.served
        assert shares[-1] == 1.0

    def test_a_line_that_stays_dead(self, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        server.breaks = [1000] + [0] * 9
        with pytest.raises(UserError, match="the same command goes on"):
            find_folder(NAME)

    def test_keeps_what_is_complete(self, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llm_scene.models.plain_hub.CHUNK", 10_000)

        class EnoughError(Exception):
            pass

        def stop(share: float) -> None:
            if share > 0.9:
                raise EnoughError

        with pytest.raises(EnoughError):
            find_folder(NAME, progress=stop)
        served = [file for file, _ in server.served]
        find_folder(NAME)
        assert [file for file, _ in server.served[len(served) :]] == ["model.safetensors"]

    def test_a_model_that_moved(self, server: Hub) -> None:
        server.moved["old/nano"] = NAME
        assert load(folder=find_folder("old/nano")).config.n_layer == 3

    def test_a_missing_model(self, server: Hub) -> None:
        with pytest.raises(UserError, match="no public model of this name on the hub"):
            find_folder("tests/other")

    def test_a_missing_revision(self, server: Hub) -> None:
        with pytest.raises(UserError, match="has no revision 'v9'"):
            find_folder(f"{NAME}@v9")

    def test_a_gated_model(self, server: Hub) -> None:
        server.gated.add(NAME)
        with pytest.raises(
            UserError, match=r"tests/nano is gated: accept its terms at https://huggingface\.co"
        ):
            find_folder(NAME)

    def test_weights_only_where_the_family_is_known(self, server: Hub) -> None:
        config = json.loads((SORT / "config.json").read_text()) | {"model_type": "mamba"}
        (server.models[NAME] / "config.json").write_text(json.dumps(config))
        with pytest.raises(UserError, match="'mamba' is not known"):
            find_folder(NAME)
        assert [file for file, _ in server.served] == ["config.json"]

    def test_no_room(self, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llm_scene.writing.ROOM", 1 << 60)
        with pytest.raises(UserError, match="choose another disk"):
            find_folder(NAME)
        assert [file for file, _ in server.served] == ["config.json"]

    @pytest.mark.parametrize(
        ("file", "says"),
        [("pytorch_model.bin", "llm-scene convert FOLDER OUT"), ("model.Q4_0.gguf", "llm-scene convert` it")],
    )
    def test_other_weights(self, server: Hub, file: str, says: str) -> None:
        (server.models[NAME] / "model.safetensors").rename(server.models[NAME] / file)
        with pytest.raises(UserError, match=says):
            find_folder(NAME)

    def test_nobody_answers(self) -> None:
        with pytest.raises(UserError, match="the same command goes on") as caught:
            find_folder(NAME)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("key", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
    def test_switched_off(self, server: Hub, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
        monkeypatch.setenv(key, "1")
        with pytest.raises(UserError, match="switched off"):
            find_folder(NAME)
        assert not server.served


class TestPlainHub:
    """What is ours alone where huggingface_hub is missing."""

    @pytest.fixture(autouse=True)
    def _alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    def test_what_has_come_is_not_fetched_again(self, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        server.breaks = [1000] + [0] * 4
        with pytest.raises(UserError, match="the same command goes on"):
            find_folder(NAME)
        find_folder(NAME)
        assert server.served[-1] == ("model.safetensors", "bytes=1000-")
        assert find_folder(f"{NAME}@main", offline=True).name == COMMIT

    @pytest.mark.parametrize("endpoint", ["file:///", "ftp://hub"])
    def test_only_the_web_is_asked(self, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        with pytest.raises(UserError, match="begins with https"):
            find_folder(NAME)
