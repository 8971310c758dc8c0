"""A Firefox on a screen that nobody sees, driven through its Marionette protocol over a socket."""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.output.browser import PATIENCE, Window

NAMES = ("firefox", "firefox-esr")
KEYS = {
    "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
    "Home": "\ue011", "End": "\ue010", "Escape": "\ue00c",
    "Enter": "\ue007", "Tab": "\ue004", "Backspace": "\ue003",
    "Shift": "\ue008",
}  # fmt: skip
SETTINGS = {
    "webgl.force-enabled": True,
    "webgl.forbid-software": False,
    "layout.css.devPixelsPerPx": "1.0",
    "dom.w3c_touch_events.enabled": 1,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}
EVALUATE = """const [code, done] = arguments;
const plain = (value) => ArrayBuffer.isView(value) ? [...value] : value;
Promise.resolve().then(() => window.eval(code)).then(
    (value) => done({ value: plain(value) }),
    (error) => done({ error: String(error) + (error?.stack ?? "") }));"""
HEARD = """const { interfaces: Ci, classes: Cc } = Components;
const ours = (place) => /^(file|blob):/.test(place ?? "");
const said = Services.console.getMessageArray()
    .filter((message) => message instanceof Ci.nsIScriptError && ours(message.sourceName))
    .map((message) => message.errorMessage);
const storage = Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage);
const told = storage.getEvents()
    .filter((event) => ["error", "warn"].includes(event.level) && ours(event.filename))
    .map((event) => event.arguments.join(" "));
return [...said, ...told];"""
VIEWPORT = """const { style } = window.gBrowser.selectedBrowser;
Object.assign(style, { minWidth: wide, maxWidth: wide, minHeight: high, maxHeight: high });"""
FORGET = """const { interfaces: Ci, classes: Cc } = Components;
Services.console.reset();
Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage).clearEvents();"""


def firefox() -> str | None:
    """The browser's path, where there is one, and a screen for it: without one it has no WebGL."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found if shutil.which("Xvfb") else None


class Fox(Window):
    """A page of the browser."""

    def __init__(self, port: int) -> None:
        self._socket = _connected(port)
        self._read()  # it says what it speaks
        self._count = 0
        self._down = False
        self._ask("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        self._ask("WebDriver:SetWindowRect", x=0, y=0, width=1700, height=1200)
        self._ask("WebDriver:SetTimeouts", script=1000 * int(PATIENCE), pageLoad=1000 * int(PATIENCE))

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """What only DevTools can do."""
        pytest.skip(f"{method} is Chromium's alone")

    def _ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        message = json.dumps([0, self._count, method, params]).encode()
        self._socket.sendall(f"{len(message)}:".encode() + message)
        _, _, error, result = self._read()
        if error is not None:
            raise RuntimeError(f"{method}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    def _read(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            size += self._some(1)
        message = b""
        while len(message) < int(size[:-1]):
            message += self._some(int(size[:-1]) - len(message))
        return json.loads(message)

    def _some(self, count: int) -> bytes:
        if not (found := self._socket.recv(count)):
            raise RuntimeError("the browser is gone")
        return found

    def run(self, code: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        result = self._ask("WebDriver:ExecuteAsyncScript", script=EVALUATE, args=[code], sandbox=None)
        if "error" in result:
            raise RuntimeError(result["error"])
        return result.get("value")

    def open(self, url: str) -> None:
        """Go to an address, and forget what was heard before."""
        self._ask("WebDriver:Navigate", url="about:blank")
        self._chrome(FORGET)
        self._ask("WebDriver:Navigate", url=url)

    def _chrome(self, script: str) -> Any:
        """Run a script in the browser itself."""
        self._ask("Marionette:SetContext", value="chrome")
        found = self._ask("WebDriver:ExecuteScript", script=script, args=[])
        self._ask("Marionette:SetContext", value="content")
        return found

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        """The size of the window's inside, in pixels of the page."""
        size = f"const [wide, high] = ['{width}px', '{height}px'];"
        self._chrome(size + VIEWPORT)
        self.wait(f"innerWidth === {width} && innerHeight === {height}")

    def _act(self, kind: str, actions: list[dict[str, Any]], **more: Any) -> None:
        source = {"type": kind, "id": f"{kind} {more}", "actions": actions} | more
        self._ask("WebDriver:PerformActions", actions=[source])

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """`mouseMoved`, `mousePressed`, `mouseReleased`, `mouseWheel`."""
        there = {"x": round(x), "y": round(y)}
        if kind == "mouseWheel":
            way = {"deltaX": round(more.get("deltaX", 0)), "deltaY": round(more.get("deltaY", 0))}
            self._act("wheel", [{"type": "scroll", **there, **way}])
            return
        acts: list[dict[str, Any]] = [{"type": "pointerMove", **there, "duration": 0}]
        if kind == "mousePressed":
            acts.append({"type": "pointerDown", "button": 0})
        if kind == "mouseReleased":
            acts.append({"type": "pointerUp", "button": 0})
        self._act("pointer", acts, parameters={"pointerType": "mouse"})

    def tap(self, x: float, y: float) -> None:
        """A finger's touch."""
        there = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
        acts = [there, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._act("pointer", acts, parameters={"pointerType": "touch"})

    def key(self, key: str, *, shift: bool = False) -> None:
        """Press and release a key."""
        code = KEYS.get(key, key)
        acts = [{"type": kind, "value": code} for kind in ("keyDown", "keyUp")]
        if shift:
            held = [{"type": kind, "value": KEYS["Shift"]} for kind in ("keyDown", "keyUp")]
            acts = [held[0], *acts, held[1]]
        self._act("key", acts)

    def letters(self, text: str) -> None:
        """Type a text where the focus is."""
        for letter in text:
            self.key(letter)

    def screenshot(self, path: Path) -> None:
        """What is to be seen, as PNG."""
        path.write_bytes(base64.b64decode(self._ask("WebDriver:TakeScreenshot", full=False)))

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, and exceptions."""
        return list(self._chrome(HEARD))

    def requests(self) -> list[str]:
        """The addresses asked for that are not in the page itself."""
        asked = self.run("performance.getEntriesByType('resource').map((entry) => entry.name)")
        return [url for url in asked if not url.startswith(("blob:", "data:", "about:"))]


def _connected(port: int) -> socket.socket:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextmanager
def screen() -> Iterator[str]:
    """A screen in memory; gives its name."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1800x1300x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield f":{told.readline().strip()}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def browser() -> Iterator[Fox]:
    """A running browser, which ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, screen() as display:
        known = {**SETTINGS, "marionette.port": port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in known.items()]
        (Path(profile) / "user.js").write_text("\n".join(lines), encoding="utf-8")
        options = ["--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile]
        process = subprocess.Popen(
            [str(firefox()), *options, "about:blank"],
            env={**os.environ, "HOME": profile, "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            fox = Fox(port)
            fox.resize(1280, 720)
            yield fox
        finally:
            process.terminate()
            process.wait(timeout=20)
