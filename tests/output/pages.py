"""A page of the letter sorter in a running browser: what the tests of the page share."""

from functools import cache

import pytest

from llm_scene.models import load
from llm_scene.output.page import page
from llm_scene.staging.production import Production, produce
from tests.output.browser import NAMES, Tab, chromium

FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"
SOME_CELL = """(() => {  // [x, y, matrix] of the first cell on the screen, from its middle down
    const { clientWidth: width, clientHeight: height } = llmScene.stage.canvas;
    for (let y = height / 2; y < height; y += 12) for (let x = 12; x < width; x += 12) {
        const hit = llmScene.stage.pick(x, y);
        if (hit) return [x, y, hit.sheet.block.matrix];
    }
})()"""

needs_browser = pytest.mark.skipif(chromium() is None, reason=f"none of {', '.join(NAMES)} is here")


@cache
def made() -> Production:
    model = load(preset="nano-gpt-sort")
    return produce(model, model.encode_prompt("CBABBC", 6))


@cache
def written() -> str:
    return page(made())


def seek(tab: Tab, t: float) -> None:
    """Go to a time and wait for its picture."""
    tab.run(f"document.body.classList.add('begun'), llmScene.page.seek({t})")
    tab.run(FRAME)
