"""A small hub on this machine: the parts of the Hugging Face hub's interface that downloads take."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Serves folders as models; `breaks` says how many bytes of a file come before the line goes dead."""

    daemon_threads = True

    def __init__(self, models: dict[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.models = models
        self.moved: dict[str, str] = {}
        self.gated: set[str] = set()
        self.breaks: list[int] = []
        self.served: list[tuple[str, str]] = []  # (file, its range) of every GET

    @property
    def address(self) -> str:
        """For HF_ENDPOINT."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def elsewhere(self) -> str:
        """The same server as another host."""
        return f"http://localhost:{self.server_address[1]}"

    def handle_error(self, request: Any, address: Any) -> None:
        """Clients that hang up are no news."""


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[0] == "cdn":
            return self._file(self.server.models["/".join(parts[1:3])] / parts[3], redirected=True)
        api = parts[:2] == ["api", "models"]
        owner, name, *rest = parts[2:] if api else parts
        model = f"{owner}/{name}"
        if model in self.server.moved:
            return self._redirect("/" + self.path.strip("/").replace(model, self.server.moved[model]))
        if model not in self.server.models:
            return self._refuse(404, "RepoNotFound")
        if rest[1] not in ("main", COMMIT):
            return self._refuse(404, "RevisionNotFound")
        if model in self.server.gated and not api:
            return self._refuse(401, "GatedRepo")
        if api:
            return self._info(model)
        path = self.server.models[model] / rest[2]
        if not path.exists():
            return self._refuse(404, "EntryNotFound")
        if path.suffix == ".safetensors":  # large files lie elsewhere
            return self._redirect(self.server.elsewhere + f"/cdn/{model}/{rest[2]}", path)
        return self._file(path)

    def _info(self, model: str) -> None:
        files = sorted(self.server.models[model].iterdir())
        siblings = [{"rfilename": file.name, "size": file.stat().st_size} for file in files]
        self._send(json.dumps({"id": model, "sha": COMMIT, "siblings": siblings}).encode())

    def _file(self, path: Path, redirected: bool = False) -> None:
        content = path.read_bytes()
        wanted = self.headers.get("Range", "")
        if self.command == "GET":
            self.server.served.append((path.name, wanted))
        first = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        headers = {} if redirected else self._marks(path)
        if wanted:
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        self._send(content[first:], 206 if wanted else 200, headers, breakable=redirected)

    def _marks(self, path: Path) -> dict[str, str]:
        return {"ETag": f'"{hashlib.sha1(path.read_bytes()).hexdigest()}"', "X-Repo-Commit": COMMIT}

    def _redirect(self, place: str, path: Path | None = None) -> None:
        headers = {"Location": place}
        if path is not None:
            marks = self._marks(path)
            headers |= {"X-Linked-ETag": marks["ETag"], "X-Linked-Size": str(path.stat().st_size)} | marks
        self._send(b"", 302 if path is not None else 307, headers)

    def _refuse(self, status: int, code: str) -> None:
        self._send(b"", status, {"X-Error-Code": code})

    def _send(
        self, body: bytes, status: int = 200, headers: dict[str, str] | None = None, breakable: bool = False
    ) -> None:
        self.send_response(status)
        for key, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if breakable and self.server.breaks:
            self.wfile.write(body[: self.server.breaks.pop(0)])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.wfile.write(body)


@contextlib.contextmanager
def hub(models: dict[str, Path]) -> Iterator[Hub]:
    """A running hub."""
    server = Hub(models)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
