"""A browser with the page in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.output.browser import Tab, browser
from tests.output.pages import written


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as tab:
        yield tab


@pytest.fixture
def shown(tab: Tab, tmp_path: Path) -> Tab:
    """The page, freshly opened from a file."""
    path = tmp_path / "page.html"
    path.write_text(written(), encoding="utf-8")
    tab.resize(1280, 720)
    tab.open(path.as_uri())
    tab.wait("Boolean(window.llmScene)")
    return tab
