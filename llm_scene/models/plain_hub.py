"""The Hugging Face hub with what Python brings, for where huggingface_hub is not: in Blender.

Files go straight into a snapshot of the hub's cache, as huggingface_hub leaves them on disks without links.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import UserError, words_of

HUB = "https://huggingface.co"
PATIENCE = 20.0  # seconds without an answer
TRIES, PAUSE = 5, 1.0  # of a line that breaks, and seconds before the next
CHUNK = 1 << 20
LISTING = 16 << 20  # bytes: the longest list of files that is read
PART = ".incomplete"
Headers = dict[str, str]


class RefusedError(Exception):
    """The hub's answer is no: its status and what it says in X-Error-Code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the hub answers {status} {code}".strip())
        self.status, self.code = status, code


class PlainHub:
    """One model of the hub, at a revision; `folder` is its place in the cache."""

    def __init__(self, repository: str, revision: str, folder: Path) -> None:
        self.repository, self.revision, self.folder = repository, revision, folder
        self.endpoint = (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
        if not self.endpoint.startswith(("http://", "https://")):
            raise UserError(f"HF_ENDPOINT must be an address that begins with https://, not {self.endpoint}.")
        self.commit = ""

    def sizes(self) -> dict[str, int]:
        """All files of the model, in bytes."""
        revision = urllib.parse.quote(self.revision, safe="")
        with self._open(f"api/models/{self.repository}/revision/{revision}?blobs=true") as answer:
            told = json.loads(answer.read(LISTING))
        commit = str(told["sha"])
        if not commit.isalnum():
            raise ValueError(f"its commit is called {commit!r}")
        self.commit = commit
        return {str(file["rfilename"]): int(file.get("size") or 0) for file in told["siblings"]}

    def fetch(self, file: str, size: int, report: Callable[[int], None]) -> Path:
        """Bring a file of so many bytes; `report` is told the bytes that came, and those that were there.

        A line that breaks is taken up where it broke, now or when the file is asked for again.
        """
        target = self.folder / "snapshots" / self.commit / file
        if target.is_file():
            report(size)
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + PART)
        report(_bytes(part))
        for attempt in range(TRIES):
            time.sleep(PAUSE if attempt else 0.0)
            if _bytes(part) != size:
                with contextlib.suppress(ConnectionError, TimeoutError, http.client.HTTPException):
                    self._go_on(file, part, report)
            if _bytes(part) == size:
                part.replace(target)
                return target
        raise ConnectionError("the connection broke off")

    def remember(self) -> None:
        """Note which commit the revision is."""
        reference = self.folder / "refs" / self.revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(self.commit, encoding="utf-8")

    def _go_on(self, file: str, part: Path, report: Callable[[int], None]) -> None:
        """Append what is missing to a part; from the beginning where the hub does not go on."""
        there = _bytes(part)
        wanted = {"Range": f"bytes={there}-"} if there else {}
        with self._open(
            f"{self.repository}/resolve/{self.commit}/{urllib.parse.quote(file)}", wanted
        ) as answer:
            goes_on = answer.status == http.client.PARTIAL_CONTENT
            if there and not goes_on:
                report(-there)
            with part.open("ab" if goes_on else "wb") as out:
                while chunk := answer.read(CHUNK):
                    out.write(chunk)
                    report(len(chunk))

    @contextlib.contextmanager
    def _open(self, path: str, headers: Headers | None = None) -> Iterator[http.client.HTTPResponse]:
        request = urllib.request.Request(f"{self.endpoint}/{path}", headers=headers or {})
        if token := os.environ.get("HF_TOKEN"):
            request.add_unredirected_header("Authorization", f"Bearer {token}")  # for the hub alone
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                yield answer
        except urllib.error.HTTPError as error:
            raise RefusedError(error.code, error.headers.get("X-Error-Code", "")) from None
        except urllib.error.URLError as error:
            raise ConnectionError(words_of(error)) from None


def _bytes(part: Path) -> int:
    """How much of a file is there."""
    return part.stat().st_size if part.exists() else 0
