"""Models by their name on the Hugging Face hub: from its cache on this disk, else downloaded.

The cache (https://huggingface.co/docs/huggingface_hub/guides/manage-cache) is read without any library.
Downloading is huggingface_hub's where it is installed, else `PlainHub`'s: a connection that breaks is taken
up where it broke, and what is complete stays in the cache.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import UserError, words_of
from ..writing import check_space
from .config_json import read_config
from .files import INDEX_BYTES, read_object
from .plain_hub import PlainHub, RefusedError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

NAME = re.compile(
    r"(?:https://(?:huggingface\.co|hf\.co)/)?"
    r"(?P<owner>\w[\w.-]{0,95})/(?P<name>\w[\w.-]{0,95}?)(?:@(?P<revision>\w[\w./-]{0,95}))?/?"
)
CACHED = re.compile(r"models--(?P<owner>.+?)--(?P<name>.+)")
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
TEXTS = frozenset(
    [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "merges.txt",
        "tokenizer.model",
        "README.md",
        "LICENSE",
    ]
)
# Names that people type without the owner.
OWNERS = {
    "gpt2": "openai-community",
    "gpt2-medium": "openai-community",
    "gpt2-large": "openai-community",
    "gpt2-xl": "openai-community",
    "distilgpt2": "distilbert",
}
EXAMPLE = "HuggingFaceTB/SmolLM2-135M"


@dataclass(frozen=True)
class HubName:
    """OWNER/NAME, at a revision: a branch, a tag or a commit."""

    owner: str
    name: str
    revision: str = "main"

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}" + (f"@{self.revision}" if self.revision != "main" else "")

    @property
    def repository(self) -> str:
        """As the hub calls it."""
        return f"{self.owner}/{self.name}"

    @property
    def folder(self) -> Path:
        """Where the cache keeps it."""
        return cache() / f"models--{self.owner}--{self.name}"


def cache() -> Path:
    """The hub's cache on this disk, where huggingface_hub keeps it too."""
    if named := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(named).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "huggingface" / "hub"


def parse_name(text: str) -> HubName | None:
    """The name that a text is, None where it is none."""
    match = NAME.fullmatch(text.strip())
    if match is None or ".." in text or "--" in text:
        return None
    return HubName(match["owner"], match["name"], match["revision"] or "main")


def find_folder(
    model: str,
    offline: bool = False,
    say: Callable[[str], None] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """The folder of a model that is named by its folder or by its name on the hub.

    A name is looked for in the hub's cache, then downloaded unless `offline`: `say` is told the size
    first, `progress` the share that is there; what it raises ends the download. Raises UserError where
    there is no such folder and no such model.
    """
    path = Path(model).expanduser()
    if path.exists() or path.is_symlink():
        return path
    name = parse_name(model)
    if name is None:
        raise UserError(_no_such(model))
    found = snapshot(name.folder, name.revision)
    if found is not None:
        return found
    if offline or _switched_off():
        raise UserError(
            f"{name} is neither a folder nor in the hub's cache {cache()}, and downloading is switched off."
        )
    return download(name, say or (lambda sentence: None), progress or (lambda share: None))


def _no_such(model: str) -> str:
    if model in OWNERS:
        return f"There is no folder {model}: the model of the hub is called {OWNERS[model]}/{model}."
    if re.fullmatch(r"\w[\w.-]*", model):
        return f"There is no folder {model}: a model of the hub is written OWNER/NAME, such as {EXAMPLE}."
    return f"The folder {model} does not exist."


def _switched_off() -> bool:
    """Whether the environment forbids downloads, as huggingface_hub reads it."""
    said = (os.environ.get(key, "") for key in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(value.upper() in ("1", "ON", "YES", "TRUE") for value in said)


# --- the cache on the disk ---------------------------------------------------------------------------


def snapshot(folder: Path, revision: str = "main") -> Path | None:
    """The snapshot of a model's folder in the cache, None where it is not there as a whole."""
    reference = folder / "refs" / revision
    commit = revision
    with contextlib.suppress(OSError, UnicodeDecodeError):
        commit = reference.read_text(encoding="utf-8").strip()
    if not re.fullmatch(r"\w[\w.-]*", commit):
        return None
    found = folder / "snapshots" / commit
    return found if is_whole(found) else None


def is_whole(folder: Path) -> bool:
    """Whether config.json and all weights that it takes are there."""
    if not (folder / "config.json").is_file():
        return False
    if (folder / WEIGHTS).is_file():
        return True
    with contextlib.suppress(UserError):
        table = read_object(folder / INDEX, INDEX_BYTES).get("weight_map")
        shards = set(table.values()) if isinstance(table, dict) else {""}
        return all(isinstance(shard, str) and (folder / shard).is_file() for shard in shards)
    return False


def cached_as(folder: Path) -> HubName | None:
    """The name of the model whose folder in the cache, or whose snapshot in it, this is."""
    for place in (folder, folder.parent.parent):
        if (match := CACHED.fullmatch(place.name)) and (place / "snapshots").is_dir():
            return HubName(match["owner"], match["name"])
    return None


def resolved(folder: Path) -> Path:
    """A folder of the hub's cache becomes the snapshot in it; every other folder stays.

    Raises UserError for the cache as a whole, and for a model in it that has no whole snapshot.
    """
    if (folder / "snapshots").is_dir() and (name := cached_as(folder)) is not None:
        if (found := snapshot(folder)) is not None:
            return found
        every = [child for child in sorted((folder / "snapshots").iterdir()) if is_whole(child)]
        if len(every) == 1:
            return every[0]
        raise UserError(f"{folder} does not hold all files of {name}: give its name instead, {name}.")
    if not (folder / "config.json").exists() and (inner := sorted(folder.glob("models--*--*"))):
        names = [str(cached_as(child) or child.name) for child in inner[:3]]
        raise UserError(f"{folder} is the hub's cache: give the name of a model in it, {' or '.join(names)}.")
    return folder


# --- downloading -------------------------------------------------------------------------------------


class Source(Protocol):
    """A model on the hub."""

    def sizes(self) -> dict[str, int]:
        """All files of the model, in bytes."""

    def fetch(self, file: str, size: int, report: Callable[[int], None]) -> Path:
        """Bring a file into the cache; `report` is told the bytes that came."""

    def remember(self) -> None:
        """Note in the cache which commit the revision is."""


def download(name: HubName, say: Callable[[str], None], progress: Callable[[float], None]) -> Path:
    """Bring a model into the cache: config.json first, weights only where the model can be read.

    Raises UserError where the model, the permission, the room or the connection is missing.
    """
    with _sentences(name):
        source = _source(name)  # huggingface_hub sets up its log when it is imported
        with _quiet():
            return _download(name, source, say, progress)


def _source(name: HubName) -> Source:
    try:
        import huggingface_hub
    except ImportError:
        return PlainHub(name.repository, name.revision, name.folder)
    return _LibraryHub(huggingface_hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None), name)


def _download(
    name: HubName, source: Source, say: Callable[[str], None], progress: Callable[[float], None]
) -> Path:
    sizes = source.sizes()
    files = wanted(name, sizes)
    folder = source.fetch("config.json", sizes["config.json"], lambda n: None).parent
    read_config(folder)
    missing = {file: sizes[file] for file in files if not (folder / file).is_file()}
    total, done = sum(missing.values()), 0
    check_space(folder, total)
    say(f"Downloading {name}: {_readable(total)} into {cache()}.")

    def report(n: int) -> None:
        nonlocal done
        done += n
        progress(min(done / max(total, 1), 1.0))

    for file, size in missing.items():
        source.fetch(file, size, report)
    source.remember()
    return folder


def wanted(name: HubName, files: dict[str, int]) -> list[str]:
    """Of all files of a model those that are read here, small ones first."""
    shards = [file for file in files if re.fullmatch(r"model-\d+-of-\d+\.safetensors", file)]
    if "config.json" not in files:
        raise UserError(f"{name} has no config.json, so it is no model in transformers' form{_gguf(files)}.")
    if WEIGHTS in files:
        weights = [WEIGHTS]
    elif INDEX in files:
        weights = [INDEX, *sorted(shards)]
    elif any(file.endswith(".bin") for file in files):
        raise UserError(
            f"{name} has its weights as torch files: `hf download {name.repository} --local-dir FOLDER`, "
            "then `llm-scene convert FOLDER OUT`."
        )
    else:
        raise UserError(f"{name} has no weights as model.safetensors{_gguf(files)}.")
    return [*sorted(file for file in files if file in TEXTS), *weights]


def _gguf(files: dict[str, int]) -> str:
    found = [file for file in files if file.endswith(".gguf")]
    return f"; download {found[0]} and `llm-scene convert` it" if found else ""


class _LibraryHub:
    """A model as huggingface_hub brings it."""

    def __init__(self, api: HfApi, name: HubName) -> None:
        self.api, self.name = api, name

    def sizes(self) -> dict[str, int]:
        name = self.name
        info = self.api.model_info(name.repository, revision=name.revision, files_metadata=True, timeout=20)
        return {file.rfilename: file.size or 0 for file in info.siblings or ()}

    def fetch(self, file: str, size: int, report: Callable[[int], None]) -> Path:
        name = self.name
        return Path(
            self.api.hf_hub_download(
                name.repository, file, revision=name.revision, cache_dir=cache(), tqdm_class=_counter(report)
            )
        )

    def remember(self) -> None:
        """The library has."""


def _counter(report: Callable[[int], None]) -> type:
    """What huggingface_hub takes for a progress bar of tqdm; it reports the bytes that came, or fewer than
    none where the server begins again."""

    class Counter:
        def __init__(self, *args: Any, initial: int = 0, **kwargs: Any) -> None:
            self.update(initial)

        def __enter__(self) -> Counter:
            return self

        def __exit__(self, *error: object) -> None: ...

        def update(self, n: float | None = 1) -> None:
            report(int(n or 0))

        def close(self) -> None: ...

    return Counter


@contextlib.contextmanager
def _sentences(name: HubName) -> Iterator[None]:
    """What the hub and the connection answer, as sentences."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        said = _said(name, error)
        if said is None:
            raise
        raise said from None


def _said(name: HubName, error: Exception) -> UserError | None:
    """The sentence for an error of the hub, of huggingface_hub or of the connection; None for others."""
    code = _code(error)
    if code == "GatedRepo":
        page = f"https://huggingface.co/{name.repository}"
        return UserError(
            f"{name} is gated: accept its terms at {page}, then run `hf auth login` or set HF_TOKEN."
        )
    if code == "RevisionNotFound":
        return UserError(f"{name.repository} has no revision {name.revision!r} on the hub.")
    if code == "RepoNotFound":
        return UserError(
            f"There is no folder {name} and no public model of this name on the hub: check the spelling, or "
            "log in with `hf auth login` where it is private."
        )
    if code == "LocalEntryNotFound":  # the library could not ask for a file
        return _broken_off(name, error.__cause__ or error)
    if code.endswith("EntryNotFound"):
        return UserError(f"{name} lacks a file on the hub: {words_of(error)}.")
    module = type(error).__module__.split(".")[0]  # the HTTP library's own has changed its name before
    theirs = ("httpx", "httpx2", "httpcore", "requests", "huggingface_hub")
    if isinstance(error, OSError | ValueError | KeyError | RefusedError) or module in theirs:
        return _broken_off(name, error)
    return None


def _code(error: Exception) -> str:
    """What the hub calls an error; huggingface_hub's classes are named after it."""
    if isinstance(error, RefusedError):
        return error.code or {401: "RepoNotFound", 403: "GatedRepo", 404: "RepoNotFound"}.get(
            error.status, ""
        )
    return type(error).__name__.removesuffix("Error").replace("RepositoryNot", "RepoNot")


def _broken_off(name: HubName, error: BaseException) -> UserError:
    return UserError(f"{name} could not be downloaded: {words_of(error)}; the same command goes on.")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """huggingface_hub's warnings about retries say nothing that the sentences do not."""
    logger = logging.getLogger("huggingface_hub")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _readable(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.1f} MB"
