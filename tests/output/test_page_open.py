"""The page for everyone: in others' pages, by keyboard alone, unseen, and where something is missing."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from llm_scene.film.words import words
from tests.output.browser import Tab
from tests.output.pages import FRAME, made, needs_browser, seek, written

AXE = "axe-core@4.10.3"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src blob:; worker-src blob:"
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIOLATIONS = f"""axe.run(document, {{runOnly: {RULES}}})
    .then(({{violations}}) => violations.map(
        (rule) => `${{rule.id}}: ${{rule.nodes.map((node) => node.target + node.failureSummary)}}`))"""
BEYOND = """[...document.querySelectorAll("button:not(.predictions *), select")]
    .filter((thing) => thing.getBoundingClientRect().right > 321).map((thing) => thing.outerHTML)"""
SMALL = """[...document.querySelectorAll("button, select, input")].filter((thing) => {
    const { width, height } = thing.getBoundingClientRect();
    const inline = thing.classList.contains("word") || thing.type === "checkbox" || thing.id === "scrubber";
    return width && !inline && (width < 24 || height < 24);
}).map((thing) => thing.outerHTML)"""


def experiments() -> list[int]:
    """The steps that have something to switch or to slide."""
    return [n for n, caption in enumerate(made().film.captions) if caption.key in ("all_heads", "cold")]


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The code of axe-core, where npm is there and finds it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not here, which fetches axe-core")
    folder = tmp_path_factory.mktemp("axe")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), AXE]
    if subprocess.run(install, capture_output=True, timeout=120).returncode:
        pytest.skip("npm could not fetch axe-core")
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def changed(tab: Tab, folder: Path, markup: str, script: str = "") -> None:
    """Open the page with something more in its head, without waiting for it."""
    path = folder / "changed.html"
    path.write_text(written().replace("<head>", f"<head>{markup}", 1), encoding="utf-8")
    identifier = tab.call("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"]
    tab.open(path.as_uri())
    tab.wait("document.readyState === 'complete'")
    tab.call("Page.removeScriptToEvaluateOnNewDocument", identifier=identifier)


def said(tab: Tab) -> str:
    """What can be read on the page."""
    return tab.run("document.body.innerText")


def focused(tab: Tab) -> str:
    return tab.run("document.activeElement.id || document.activeElement.outerHTML")


@needs_browser
class TestAccess:
    def test_breaks_no_rule_of_axe(self, shown: Tab, axe: str) -> None:
        shown.run(axe + ";1")
        states = [
            "1",
            "llmScene.page.teach(true), llmScene.page.lesson.wait(llmScene.page.lesson.stop(3))",
            *(f"llmScene.page.lesson.wait(llmScene.page.lesson.stop({step}))" for step in experiments()),
            "llmScene.inspector.keep('blocks.0.resid_mid', [3, 7])",
            "llmScene.page.teach(false), document.getElementById('more').click()",
            "document.getElementById('chapters').click()",
            "llmScene.page.transcript.open()",
        ]
        for state in states:
            shown.run(f"{state}, 1")
            shown.run(FRAME)
            assert shown.run(VIOLATIONS) == [], state

    def test_nothing_is_lost_at_320_pixels_and_all_can_be_hit(self, shown: Tab) -> None:
        shown.resize(320, 568, phone=True)
        shown.run("llmScene.page.teach(true), 1")
        for step in experiments():
            shown.run(f"llmScene.page.lesson.wait(llmScene.page.lesson.stop({step}))")
            shown.run(FRAME)
            assert shown.run("document.documentElement.scrollWidth") == 320
            assert shown.run("document.querySelector('#lesson .told').scrollWidth") <= 320
            assert shown.run(SMALL) == []
        shown.run("llmScene.page.lesson.wait(llmScene.page.lesson.stop(3))")
        for opened in ("more", "chapters"):
            shown.run(f"document.getElementById({opened!r}).click()")
            shown.run(FRAME)
            assert shown.run("document.documentElement.scrollWidth") == 320
            assert shown.run(SMALL) == []
            assert shown.run(BEYOND) == []
        shown.resize(1280, 720)

    def test_list_of_chapters_takes_the_focus_and_gives_it_back(self, shown: Tab) -> None:
        shown.run("document.getElementById('chapters').focus()")
        shown.key("c")
        shown.key("ArrowDown")
        assert (
            shown.run("[...document.querySelectorAll('#list button')].indexOf(document.activeElement)") == 1
        )
        shown.key("Escape")
        assert shown.run("document.getElementById('list').hidden")
        assert focused(shown) == "chapters"

    def test_camera_turns_by_keys(self, shown: Tab) -> None:
        seek(shown, 20.0)
        before = shown.run("llmScene.stage.camera.position.toArray()")
        shown.key("ArrowRight", shift=True)
        shown.key("+")
        shown.run(FRAME)
        assert shown.run("llmScene.stage.orbit")
        assert shown.run("llmScene.page.time") == 20
        assert shown.run("llmScene.stage.camera.position.toArray()") != pytest.approx(before, abs=0.1)

    def test_middle_is_marked_and_its_cell_kept_by_key(self, shown: Tab) -> None:
        seek(shown, next(c.end for c in made().film.captions if c.key == "mask") - 0.3)
        shown.run("document.body.focus()")
        shown.key("Tab")
        shown.run("document.getElementById('canvas').focus()")
        assert shown.run("getComputedStyle(document.getElementById('aim')).display") == "block"
        size = "llmScene.stage.canvas.clientWidth / 2, llmScene.stage.canvas.clientHeight / 2"
        middle = f"llmScene.stage.pick({size})"
        shown.key("i")
        assert shown.run(f"Boolean({middle}) === Boolean(llmScene.inspector.pinned)")

    def test_letters_can_be_switched_off(self, shown: Tab) -> None:
        shown.run("document.getElementById('shortcuts').click()")
        shown.key("t")
        assert not shown.run("llmScene.page.lesson.on")
        shown.key("End")
        assert shown.run("llmScene.page.time") == pytest.approx(made().film.duration, abs=1e-3)
        shown.run("document.getElementById('shortcuts').click()")
        shown.key("t")
        assert shown.run("llmScene.page.lesson.on")

    def test_film_can_be_read(self, shown: Tab) -> None:
        shown.run("llmScene.page.transcript.open()")
        text = shown.run("document.querySelector('#transcript').innerText")
        assert all(caption.text in text for caption in made().film.captions)
        share = float(made().trace["blocks.0.attn.pattern"][0, 3, 1])
        cell = "document.querySelectorAll('#transcript tbody tr')[3].cells[2].textContent"
        assert shown.run(cell) == f"{round(100 * share)} %"

    def test_is_chinese_everywhere(self, shown: Tab) -> None:
        shown.run("location.hash = 't=88&language=zh&cell=blocks.0.attn.scores[2,3,5]'")
        shown.wait("Boolean(llmScene.inspector.pinned)")
        text = shown.run("document.getElementById('inspector').innerText")
        assert "第 1 块，共 3 块 › 自注意力 › 第 3 个头，共 3 个 › 分数 (Scores)" in text
        assert "查询 4 “B”" in text
        assert "隐藏：查询看不到后面的键" in text
        shown.run("llmScene.page.speak('none'), 1")
        assert shown.run("document.documentElement.lang") == "zh"
        assert shown.run("document.getElementById('play').ariaLabel") == words("zh").page["play"]


@needs_browser
class TestElsewhere:
    @pytest.fixture
    def framed(self, shown: Tab, tmp_path: Path) -> Tab:
        """A long page with the film in it."""
        return self._long(shown, tmp_path)

    @staticmethod
    def _long(shown: Tab, folder: Path) -> Tab:
        (folder / "film.html").write_text(written(), encoding="utf-8")
        outer = folder / "outer.html"
        frame = '<iframe src="film.html" width="800" height="500"></iframe>'
        wide = "<meta name='viewport' content='width=device-width'>"
        outer.write_text(
            f"<!doctype html>{wide}<body style='height: 5000px; margin: 0'>{frame}", encoding="utf-8"
        )
        shown.open(outer.as_uri())
        shown.wait("document.readyState === 'complete'")
        time.sleep(3)  # the film is begun in a document of its own
        return shown

    def test_wheel_scrolls_the_other_page_until_one_clicks(self, framed: Tab) -> None:
        framed.mouse("mouseWheel", 400, 250, deltaX=0, deltaY=300)
        framed.wait("scrollY > 0")
        framed.run("scrollTo(0, 0)")
        framed.wait("scrollY === 0")
        framed.click(400, 120)
        framed.mouse("mouseWheel", 400, 250, deltaX=0, deltaY=300)
        time.sleep(0.5)
        assert framed.run("scrollY") == 0

    def test_finger_scrolls_the_other_page(self, tooled: Tab, tmp_path: Path) -> None:
        framed = self._long(tooled, tmp_path)
        framed.resize(800, 700, phone=True)
        touch = "Input.dispatchTouchEvent"
        framed.call(touch, type="touchStart", touchPoints=[{"x": 400, "y": 300}])
        for way in range(15, 200, 15):
            framed.call(touch, type="touchMove", touchPoints=[{"x": 400, "y": 300 - way}])
        framed.call(touch, type="touchEnd", touchPoints=[])
        framed.wait("scrollY > 0")
        framed.resize(1280, 720)

    def test_address_of_a_moment_leads_there(self, shown: Tab) -> None:
        seek(shown, 100.0)
        shown.run("llmScene.inspector.keep('blocks.0.attn.scores', [2, 3, 2]), llmScene.page.speak('zh'), 1")
        address = shown.run("llmScene.page.menu.address()")
        assert address.endswith("#t=100&language=zh&cell=blocks.0.attn.scores[2,3,2]")
        frame = shown.run("llmScene.page.menu.frame()")
        assert frame.startswith("<iframe src=")
        assert "language=zh" in frame
        shown.open(address)
        shown.wait("Boolean(window.llmScene?.inspector.pinned)")
        assert shown.run("llmScene.page.time") == 100

    @pytest.mark.parametrize("asked", ["lesson", "play", "embed", "loop&play"])
    def test_address_asks_for(self, shown: Tab, asked: str) -> None:
        shown.run(f"location.hash = {asked!r}")
        checks = {
            "lesson": "llmScene.page.lesson.on",
            "play": "llmScene.page.playing",
            "embed": "getComputedStyle(document.querySelector('footer')).display === 'none'",
            "loop&play": "llmScene.page.loop && llmScene.page.playing",
        }
        shown.wait(checks[asked])


@needs_browser
class TestMissing:
    def test_comes_back_after_its_context_is_lost_while_it_stands(self, shown: Tab, tmp_path: Path) -> None:
        seek(shown, 60.0)
        shown.screenshot(tmp_path / "before.png")
        shown.run("window.lose = llmScene.stage.renderer.getContext().getExtension('WEBGL_lose_context'), 1")
        shown.run("lose.loseContext(), 1")
        shown.wait("!document.body.classList.contains('ready')")
        assert words("en").page["picture"] in said(shown)
        shown.run("lose.restoreContext(), 1")
        shown.wait("document.body.classList.contains('ready')")
        shown.run(FRAME)
        shown.screenshot(tmp_path / "after.png")
        assert (tmp_path / "before.png").read_bytes() == (tmp_path / "after.png").read_bytes()

    def test_without_webgl_a_picture_and_a_sentence_are_left(self, tooled: Tab, tmp_path: Path) -> None:
        changed(tooled, tmp_path, "", "HTMLCanvasElement.prototype.getContext = () => null")
        tooled.wait(f"document.body.innerText.includes({json.dumps(words('en').page['picture'])})")
        self._still(tooled)

    def test_without_scripts(self, tooled: Tab, tmp_path: Path) -> None:
        tooled.call("Emulation.setScriptExecutionDisabled", value=True)
        tooled.open((tmp_path / "page.html").as_uri())
        time.sleep(1)
        tooled.call("Emulation.setScriptExecutionDisabled", value=False)
        assert "the film needs JavaScript" in said(tooled)
        self._still(tooled)

    def test_under_a_strict_policy(self, tooled: Tab, tmp_path: Path) -> None:
        policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
        changed(tooled, tmp_path, policy)
        assert "this place allows no scripts" in said(tooled)
        self._still(tooled)

    def test_plays_under_the_policy_that_the_documentation_names(self, tooled: Tab, tmp_path: Path) -> None:
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        changed(tooled, tmp_path, policy)
        tooled.wait("Boolean(window.llmScene)")
        seek(tooled, 60.0)
        assert tooled.complaints() == []
        docs = Path(__file__).parents[2] / "docs" / "page.md"
        assert POLICY in " ".join(docs.read_text(encoding="utf-8").split())

    @staticmethod
    def _still(tab: Tab) -> None:
        """The poster is seen, and nothing that would not work."""
        seen = "(id => document.getElementById(id).getClientRects().length)"
        assert tab.run(f"{seen}('poster')")
        assert not tab.run(f"{seen}('play') + {seen}('begin') + {seen}('learn')")

    def test_draws_nothing_while_nothing_changes(self, shown: Tab) -> None:
        seek(shown, 60.0)
        time.sleep(0.3)
        before = shown.run("llmScene.page.draws")
        time.sleep(1)
        assert shown.run("llmScene.page.draws") == before
        assert not shown.run("llmScene.page.awake")

    def test_slow_machines_get_fewer_pixels_and_still_ones_all(self, shown: Tab) -> None:
        slow = "for (let i = 0; i < 30; i++) llmScene.stage.pace(0.1);"
        assert shown.run(f"(() => {{ {slow} return llmScene.stage.quality; }})()") < 0.6
        shown.run(FRAME)
        assert shown.run("llmScene.stage.quality") == 1
