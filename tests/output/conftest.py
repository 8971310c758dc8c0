"""Browsers with the page in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.output import firefox
from tests.output.browser import Tab, browser
from tests.output.firefox import Fox
from tests.output.pages import written


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as tab:
        yield tab


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def either(request: pytest.FixtureRequest) -> Iterator[Tab | Fox]:
    """One browser after the other, where it is here."""
    if request.param == "chromium":
        yield request.getfixturevalue("tab")
        return
    if firefox.firefox() is None:
        pytest.skip("there is no Firefox here, or no Xvfb for it")
    with firefox.browser() as fox:
        yield fox


@pytest.fixture
def shown(either: Tab | Fox, tmp_path: Path) -> Tab | Fox:
    """The page, freshly opened from a file, in each browser."""
    _open(either, tmp_path)
    return either


@pytest.fixture
def tooled(tab: Tab, tmp_path: Path) -> Tab:
    """The same in Chromium alone, for what only its DevTools can bring about."""
    _open(tab, tmp_path)
    return tab


def _open(window: Tab | Fox, folder: Path) -> None:
    path = folder / "page.html"
    path.write_text(written(), encoding="utf-8")
    window.resize(1280, 720)
    window.open(path.as_uri())
    window.wait("Boolean(window.llmScene)")
