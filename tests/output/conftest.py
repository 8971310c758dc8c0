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
    path = tmp_path / "page.html"
    path.write_text(written(), encoding="utf-8")
    either.resize(1280, 720)
    either.open(path.as_uri())
    either.wait("Boolean(window.llmScene)")
    return either
