"""The web page, in a real browser: that it needs nothing else, plays, explains, and looks like the film."""

import base64
import json
import random
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.cli import main
from llm_scene.errors import UserError
from llm_scene.film.props import Backdrop
from llm_scene.film.temperatures import hot_enough
from llm_scene.film.words import languages, spoken, words
from llm_scene.layout.drawn import Text
from llm_scene.network import Config, declare, run
from llm_scene.network.explain import explain, number
from llm_scene.network.sampling import softmax
from llm_scene.network.trace import Trace
from llm_scene.output.page import export, export_page, facts, page
from llm_scene.scene.build import build
from llm_scene.scene.engines import PRESETS, apply_preset
from tests.network.random_models import configs, random_weights
from tests.output.browser import Tab
from tests.output.pages import FRAME, SOME_CELL, made, needs_browser, seek, written

LARGEST = 3e6  # bytes
BAR = 48  # pixels that the controls take below the picture
TILES = (9, 16)
BARE = "#caption, #head, #title, main::after { display: none }"  # a picture without what is written on it
TIMES = (8.0, 72.0, 130.0, 165.0)  # compared with Blender's picture


@pytest.fixture(scope="module")
def script(tab: Tab) -> Tab:
    """The page's explain.js by itself."""
    code = (export.HERE / "js" / "explain.js").read_text(encoding="utf-8")
    tab.open("about:blank")
    blob = f"new Blob([{json.dumps(code)}], {{type: 'text/javascript'}})"
    tab.run(f"import(URL.createObjectURL({blob})).then(code => {{ window.code = code; }})")
    return tab


@pytest.fixture(scope="module")
def scene() -> bpy.types.Scene:
    """The film in Blender."""
    scene = build(made())
    apply_preset(scene, PRESETS["draft"], made().film.aspect)
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.cycles.samples = 4
    (screen,) = [
        c for c in scene.collection.children_recursive if "Screen" in {thing.name for thing in c.objects}
    ]
    screen.hide_render = True  # the page has captions of its own, which the comparison leaves out
    bpy.context.window.scene = scene  # else no frame is set
    return scene


def place_of(tab: Tab, block: str, row: int, column: int) -> tuple[float, float]:
    """The middle of a cell in the window."""
    middle = f"llmScene.stage.sheets.get({block!r}).point({row + 0.5}, {column + 0.5})"
    at = tab.run(f"llmScene.stage.project({middle})")
    assert at["seen"]
    return at["x"], at["y"]


class TestFile:
    def test_is_small(self) -> None:
        assert len(written().encode()) <= LARGEST

    def test_is_the_same_every_time(self) -> None:
        assert page(made()) == written()

    def test_names_no_other_host_and_no_other_file(self) -> None:
        markup = re.sub(r'<script type="text/plain".*?</script>', "", written(), flags=re.DOTALL)
        assert not re.search(r"(src|href)\s*=\s*\"(?!data:)", markup)
        assert "@import" not in markup

    def test_carries_the_licence_of_what_it_carries(self) -> None:
        assert "The MIT License" in written()
        assert re.search(r"three\.js \d+\.\d+\.\d+", written())

    def test_scripts_hold_no_end_of_a_script(self) -> None:
        for module in export.MODULES:
            assert "</script" not in (export.HERE / "js" / f"{module}.js").read_text()

    def test_says_when_a_model_is_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "LARGEST", 1000)
        with pytest.raises(UserError, match="up to 1,000 numbers; this one has 118,981"):
            page(made())

    def test_says_when_there_is_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="does not exist"):
            export_page(tmp_path / "no" / "page.html", made())

    def test_is_what_the_command_line_writes(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "page.html"
        assert main(["export", "--preset", "nano-gpt-sort", "--prompt", "CBABBC", "-o", str(path)]) == 0
        assert path.read_text(encoding="utf-8") == written()
        assert main(["export", "--preset", "nano-gpt-sort", "-o", str(tmp_path / "page.pdf")]) == 2
        assert "should end in .glb, .html" in capsys.readouterr().err

    def test_every_language_has_the_same_words(self) -> None:
        kinds = {frozenset(words(code).page) for code in languages()}
        assert len(kinds) == 1

    def test_a_film_told_again_has_the_same_captions(self) -> None:
        film = made().film
        for other in (made().told(language="zh"), made().told(format="vertical")):
            assert [c.key for c in other.captions] == [c.key for c in film.captions]

    def test_a_standing_frame_follows_the_same_clock(self) -> None:
        """Whatever number of shots it takes: they cover the film, and captions meet their shots."""
        film, upright = made().film, made().told(format="vertical")
        tall = facts.shots(film, upright)["tall"]
        assert (tall[0]["start"], tall[-1]["end"]) == (0.0, pytest.approx(film.duration, abs=1e-3))
        assert all(one["end"] == pytest.approx(other["start"], abs=1e-3) for one, other in pairwise(tall))
        for here, there in zip(film.captions, upright.captions, strict=True):
            assert facts._clocked(there.start, film, upright) == pytest.approx(here.start, abs=0.3)


@needs_browser
class TestPage:
    def test_is_silent_and_asks_for_nothing(self, shown: Tab) -> None:
        seek(shown, 60.0)
        assert shown.complaints() == []
        assert [url for url in shown.requests() if not url.endswith("/page.html")] == []

    def test_plays_and_pauses_by_key(self, shown: Tab) -> None:
        assert shown.run("llmScene.page.time") == 0
        shown.key(" ")
        shown.wait("llmScene.page.time > 0.3")
        shown.key(" ")
        stopped = shown.run("llmScene.page.time")
        seek(shown, stopped)
        assert shown.run("llmScene.page.time") == stopped

    def test_plays_by_its_button(self, shown: Tab) -> None:
        shown.run("document.getElementById('begin').click()")
        shown.wait("llmScene.page.time > 0.2")
        assert shown.run("document.getElementById('play').ariaLabel") == "Pause"

    def test_goes_to_chapters(self, shown: Tab) -> None:
        chapter = made().film.chapters[4]
        shown.key("c")
        shown.run("document.querySelectorAll('#list button')[4].click()")
        seek(shown, shown.run("llmScene.page.time"))
        assert shown.run("llmScene.page.time") == pytest.approx(chapter.start, abs=1e-3)
        assert shown.run("document.getElementById('chapter').textContent") == chapter.title
        assert shown.run("document.getElementById('list').hidden")
        shown.key("ArrowDown")
        assert shown.run("llmScene.page.time") == pytest.approx(made().film.chapters[5].start, abs=1e-3)

    def test_is_scrubbed(self, shown: Tab) -> None:
        box = shown.run(
            "JSON.parse(JSON.stringify(document.getElementById('scrubber').getBoundingClientRect()))"
        )
        shown.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert shown.run("llmScene.page.time") == pytest.approx(made().film.duration / 2, rel=0.01)

    def test_skips_by_arrows(self, shown: Tab) -> None:
        seek(shown, 50.0)
        shown.key("ArrowRight")
        assert shown.run("llmScene.page.time") == 55
        shown.key("ArrowLeft")
        shown.key("ArrowLeft")
        assert shown.run("llmScene.page.time") == 45

    def test_captions_are_in_the_chosen_language(self, shown: Tab) -> None:
        english, chinese = made().film, made().told(language="zh")
        i = 12
        seek(shown, (english.captions[i].start + english.captions[i].end) / 2)
        caption = "document.getElementById('caption').textContent"
        assert shown.run(caption) == english.captions[i].text
        shown.run("llmScene.page.speak('zh')")
        seek(shown, shown.run("llmScene.page.time"))
        assert shown.run(caption) == chinese.captions[i].text
        assert shown.run("document.documentElement.lang") == "zh"
        shown.key("l")
        seek(shown, shown.run("llmScene.page.time"))
        assert shown.run("document.getElementById('caption').hidden")

    def test_film_is_the_same_at_every_time(self, shown: Tab) -> None:
        """Curves and camera against the Python film."""
        film = made().film
        layout = made().layout
        rng = random.Random(4)
        keys = [key for key in film.tracks if key[0] in layout.blocks and key[1] in ("reveal", "dim")]
        for t in (rng.uniform(0, film.duration) for _ in range(20)):
            target, channel = rng.choice(keys)
            track = f"llmScene.page.data.tracks.find(t => t[0] === {target!r} && t[1] === {channel!r})"
            value = shown.run(f"llmScene.film.value(llmScene.film.curves[{track}[2]], {t})")
            assert value == pytest.approx(film.value(target, channel, t), abs=2e-3)
            pose = shown.run(f"llmScene.film.pose({t})")
            assert pose["distance"] == pytest.approx(film.pose(t).distance, rel=1e-3)
            assert pose["azimuth"] == pytest.approx(film.pose(t).azimuth, abs=1e-2)

    def test_dragging_turns_the_view_and_o_gives_it_back(self, shown: Tab) -> None:
        seek(shown, 20.0)
        before = shown.run("llmScene.stage.camera.position.toArray()")
        shown.mouse("mousePressed", 600, 300, button="left", clickCount=1)
        shown.mouse("mouseMoved", 700, 320, button="left", buttons=1)
        shown.mouse("mouseReleased", 700, 320, button="left", clickCount=1)
        seek(shown, 20.0)
        assert shown.run("llmScene.stage.orbit")
        assert shown.run("document.getElementById('camera').getAttribute('aria-pressed')") == "true"
        assert np.abs(np.subtract(shown.run("llmScene.stage.camera.position.toArray()"), before)).max() > 1
        shown.key("o")
        shown.wait("!llmScene.stage.left && !llmScene.stage.orbit")
        after = shown.run("llmScene.stage.camera.position.toArray()")
        assert after == pytest.approx(before, abs=1e-3)

    def test_opens_at_an_address(self, shown: Tab) -> None:
        shown.run("location.hash = 't=88&language=zh&cell=blocks.0.attn.scores[2,3,2]'")
        shown.wait("!document.getElementById('inspector').hidden")
        assert shown.run("llmScene.page.time") == 88
        assert number(made().trace.value("blocks.0.attn.scores", (2, 3, 2))) in shown.run(
            "document.getElementById('inspector').textContent"
        )

    def test_bears_any_address(self, shown: Tab) -> None:
        for asked in ("language=__proto__", "language=constructor&t=x", "cell=wpe.weight[9999,0]"):
            shown.run(f"location.hash = {asked!r}")
            seek(shown, 20.0)
        assert shown.complaints() == []
        assert shown.run("llmScene.page.language") == "en"

    def test_everything_to_press_has_a_name(self, shown: Tab) -> None:
        pressed = "[...document.querySelectorAll('button, input, select, canvas')]"
        nameless = "filter(e => !e.ariaLabel && !e.textContent.trim())"
        assert shown.run(f"{pressed}.{nameless}.map(e => e.id)") == []

    def test_spares_motion_where_asked(self, tooled: Tab) -> None:
        feature = {"name": "prefers-reduced-motion", "value": "reduce"}
        tooled.call("Emulation.setEmulatedMedia", features=[feature])
        tooled.run("llmScene.stage.setOrbit(true), llmScene.stage.setOrbit(false)")
        seek(tooled, 20.0)
        assert tooled.run("llmScene.stage.left === undefined")
        tooled.call("Emulation.setEmulatedMedia", features=[])

    def test_fits_a_phone_and_answers_a_tap(self, shown: Tab) -> None:
        shown.resize(390, 844, phone=True)
        seek(shown, 30.0)
        assert shown.run("document.documentElement.scrollWidth") == 390
        outside = (
            "[...document.querySelectorAll('footer > *')].some(e => e.getBoundingClientRect().right > 391)"
        )
        assert not shown.run(outside)
        x, y, name = shown.run(SOME_CELL)
        shown.tap(x, y)
        shown.wait("Boolean(llmScene.inspector.pinned)")
        assert shown.run("llmScene.inspector.pinned.told.matrix") == name
        shown.resize(1280, 720)


def stop_of(step: int) -> str:
    return f"llmScene.page.lesson.stop({step})"


def learn(tab: Tab, step: int) -> None:
    """Wait in the lesson at a step."""
    tab.run(f"llmScene.page.teach(true), llmScene.page.lesson.wait({stop_of(step)})")
    seek(tab, tab.run("llmScene.page.time"))


@needs_browser
class TestLesson:
    def test_waits_at_each_caption_and_goes_on(self, shown: Tab) -> None:
        shown.run("document.getElementById('speed').value = '2'")
        shown.run("document.getElementById('speed').dispatchEvent(new Event('change'))")
        shown.key("t")
        shown.run(f"llmScene.page.seek({stop_of(3)} - 0.3)")
        shown.key(" ")
        shown.wait("!llmScene.page.playing && llmScene.page.time > 0")
        assert shown.run("llmScene.page.time") == pytest.approx(shown.run(stop_of(3)))
        caption = made().film.captions[3]
        assert caption.start < shown.run("llmScene.page.time") < caption.end
        shown.key(" ")
        assert shown.run("llmScene.page.playing")
        shown.key("ArrowRight")  # at once to where it was on its way to
        assert shown.run("llmScene.page.time") == pytest.approx(shown.run(stop_of(4)))
        shown.key("ArrowLeft")
        assert shown.run("llmScene.page.lesson.at(llmScene.page.time)") == 3
        assert shown.run("llmScene.page.playing")

    def test_a_tap_goes_on(self, shown: Tab) -> None:
        shown.resize(390, 844, phone=True)
        learn(shown, 2)
        shown.wait("!llmScene.stage.pick(40, 40)")
        shown.tap(40, 40)
        shown.wait("llmScene.page.playing")
        shown.resize(1280, 720)

    @pytest.mark.parametrize("code", languages())
    def test_says_what_a_teacher_would(self, shown: Tab, code: str) -> None:
        shown.run(f"llmScene.page.speak('{code}')")
        film = made().told(language=code)
        said = "document.querySelector('#lesson .comment').textContent"
        for step in (0, 10, 20, 30, 40):
            learn(shown, step)
            assert shown.run(said) == spoken(film.captions[step].comment)
        assert shown.run("document.querySelectorAll('#lesson .formula math').length") == 1

    def test_words_light_their_matrices_and_matrices_their_words(self, shown: Tab) -> None:
        step = [caption.key for caption in made().film.captions].index("queries")
        learn(shown, step)
        word = "document.querySelector('#lesson .word')"
        at = shown.run(f"(({{x, y}}) => [x + 5, y + 5])({word}.getBoundingClientRect())")
        shown.mouse("mouseMoved", *at)
        lit = "[...llmScene.stage.sheets.values()].filter(s => s.uniforms.uLit.value).map(s => s.block.name)"
        assert set(shown.run(lit)) == {block.name for block in made().layout.of("blocks.0.attn.q")}
        x, y, _ = shown.run(SOME_CELL.replace("if (hit)", "if (hit?.sheet.block.label === 'Queries')"))
        shown.mouse("mouseMoved", x, y)
        assert shown.run(lit) == []
        assert shown.run(f"{word}.classList.contains('lit')")

    def test_words_flow_with_the_text_and_answer_to_keys(self, shown: Tab) -> None:
        learn(shown, [caption.key for caption in made().film.captions].index("queries"))
        shown.run("document.querySelector('#lesson .word').focus()")
        assert shown.run("getComputedStyle(document.activeElement).display") == "inline"
        time = shown.run("llmScene.page.time")
        for key, pressed in (("Enter", "true"), (" ", "false")):
            shown.key(key)
            assert shown.run("document.activeElement.ariaPressed") == pressed
        assert shown.run("llmScene.page.time") == time
        assert not shown.run("llmScene.page.playing")

    def test_dimension_words_draw_brackets(self, shown: Tab) -> None:
        step = [caption.key for caption in made().film.captions].index("embedding")
        learn(shown, step)
        word = "[...document.querySelectorAll('#lesson .word')].find(w => w.textContent === '48 numbers')"
        shown.run(f"{word}.focus()")
        assert shown.run("llmScene.page.lesson.marks.line.visible")
        shown.run(f"{word}.blur()")
        assert not shown.run("llmScene.page.lesson.marks.line.visible")


def learn_at(tab: Tab, key: str) -> None:
    """Wait in the lesson at the last step of a key."""
    keys = [caption.key for caption in made().film.captions]
    learn(tab, len(keys) - 1 - keys[::-1].index(key))


SAYS = "document.querySelector('#lesson .experiment').innerText"
HEADED = "llmScene.page.lesson.headings.mesh"


@needs_browser
class TestExperiments:
    def test_a_head_is_switched_off_told_and_put_back(self, shown: Tab) -> None:
        learn_at(shown, "all_heads")
        assert "writes" not in shown.run(SAYS)
        shown.run("document.getElementById('silence-0-0').focus()")
        shown.run("document.activeElement.click()")
        shown.wait(f"{SAYS}.includes('The model now writes “ABBCCC” instead of “ABBBCC”.')")
        assert "takes “B” from > 99.9 % to < 0.1 %: now “C” is likeliest" in shown.run(SAYS)
        assert shown.run("document.activeElement.id") == "silence-0-0"  # the box was written anew
        assert shown.run("document.activeElement.ariaPressed") == "true"
        shown.run("document.querySelector('.experiment .undo').click()")
        shown.wait(f"!llmScene.page.live.before && !{SAYS}.includes('writes')")
        assert not shown.run("llmScene.page.live.scene.shaded")

    def test_going_on_puts_back_what_was_tried(self, shown: Tab) -> None:
        learn_at(shown, "all_heads")
        shown.run("document.getElementById('silence-0-1').click()")
        shown.wait("Boolean(llmScene.page.live.before)")
        learn_at(shown, "stack")
        shown.wait("!llmScene.page.live.before && !llmScene.page.live.changes.length")

    def test_what_was_changed_elsewhere_stays(self, shown: Tab) -> None:
        shown.run("llmScene.page.live.head('blocks.1.attn.z', 2), 1")
        shown.wait("Boolean(llmScene.page.live.before)")
        learn_at(shown, "all_heads")
        learn_at(shown, "stack")
        assert shown.run("llmScene.page.live.changes.length") == 1

    def test_temperature_divides_the_scores(self, shown: Tab) -> None:
        learn_at(shown, "hot")
        logits = made().trace["logits"][5].astype(float)
        hottest = hot_enough(logits)
        share = float(softmax(logits / hottest).max())
        assert f"to {100 * share:.1f} %" in shown.run(SAYS)
        assert f"{logits.max():.2f} / {hottest:g} = {logits.max() / hottest:.2f}" in shown.run(SAYS)
        shown.run("document.querySelector('.experiment .undo').click()")
        assert "Temperature 1 leaves the scores as they are: “A” has > 99.9 %" in shown.run(SAYS)
        assert "100" not in shown.run(SAYS)  # no certainty that is none

    def test_letters_stand_at_rows_and_columns_while_the_lesson_waits(self, shown: Tab) -> None:
        learn_at(shown, "mask")
        sheets = sum(
            len(made().layout.of(f"blocks.{n}.attn.{m}")) for n in range(3) for m in ("scores", "pattern")
        )
        assert 0 < shown.run(f"{HEADED}.geometry.index.count") <= 6 * 2 * 6 * sheets
        assert shown.run(f"{HEADED}.visible")
        shown.run("llmScene.page.play(true)")
        assert not shown.run(f"{HEADED}.visible")

    def test_formulas_are_seen_whole(self, shown: Tab) -> None:
        """Neither fractions nor exponents are cut off, at any step."""
        cut = """(() => {
            const box = document.querySelector('#lesson .formula');
            const { top, bottom, left, right } = box.getBoundingClientRect();
            const parts = [...box.querySelectorAll('mi, mn, mo')].map((part) => part.getBoundingClientRect());
            const across = parts.some((part) => part.left < left - 3 || part.right > right + 3);
            return across || parts.some((part) => part.top < top || part.bottom > bottom);
        })()"""
        for step, caption in enumerate(made().film.captions):
            learn(shown, step)
            assert not shown.run(cut), caption.key


@needs_browser
class TestContents:
    def test_diagram_shows_and_goes(self, shown: Tab) -> None:
        shown.key("c")
        chip = "[...document.querySelectorAll('.diagram .chip')].find(e => e.textContent === 'Shares')"
        shown.run(f"{chip}.focus()")
        marked = "llmScene.page.diagram.marks.marked.map(sheet => sheet.block.name)"
        assert set(shown.run(marked)) == {b.name for b in made().layout.of("blocks.0.attn.pattern")}
        shown.run(f"{chip}.click()")
        shown.run(FRAME)
        film = made().film
        ends = [c.end for c in film.tracks["blocks.0.attn.pattern[head=2]", "reveal"] if c.b > c.a]
        assert shown.run("llmScene.page.time") <= ends[0] + 1e-3
        assert shown.run("document.getElementById('chapter').textContent") == "Self-attention"
        here = "document.querySelector('.diagram .part[aria-current]').textContent"
        assert shown.run(here) == "Block 1 of 3 › Self-attention"

    def test_predictions_are_those_of_the_trace_and_not_given_away(self, shown: Tab) -> None:
        strip = "[...document.querySelectorAll('.predictions b')].map(e => e.textContent).join('')"
        keys = [caption.key for caption in made().film.captions]
        for step in range(keys.index("entrance") + 1):  # the opening shows the machine at its end
            learn(shown, step)
            assert shown.run(strip) == "·" * 6
        best = "".join("ABC"[i] for i in made().trace["probs"][:6].argmax(axis=1))
        learn(shown, keys.index("chosen"))  # the sheet is being computed, column by column
        told = shown.run(strip).rstrip("·")
        assert told
        assert best.startswith(told)
        learn(shown, keys.index("greedy"))
        assert shown.run(strip) == best  # and no letter that is not written yet
        shown.run("document.querySelectorAll('.predictions button')[5].click()")
        assert shown.run("llmScene.inspector.pinned.told.matrix") == "probs"


@needs_browser
class TestInspector:
    @pytest.mark.parametrize(
        ("caption", "name"), [("embedding", "wpe.weight"), ("mlp_narrow", "h.0.mlp.c_proj.weight")]
    )
    def test_pointing_and_clicking_show_what_explain_says(self, shown: Tab, caption: str, name: str) -> None:
        layout, trace = made().layout, made().trace
        t = next(c.end for c in made().film.captions if c.key == caption) - 0.2
        seek(shown, t)
        block = layout.of(name)[0]
        row, column = 17, 5
        x, y = place_of(shown, block.name, row, column)
        told = explain(trace, name, block.cell(row, column))
        shown.mouse("mouseMoved", x, y)
        box = "document.getElementById('inspector')"
        assert f"= {number(told.value)}" in shown.run(f"{box}.textContent")
        assert not shown.run(f"{box}.hidden")
        assert shown.run("llmScene.inspector.lines.mark.visible")
        shown.click(x, y)
        assert shown.run("llmScene.inspector.pinned.told.cell") == list(told.cell)
        shown.key("Escape")
        shown.mouse("mouseMoved", 640, 700)  # over the bar
        assert shown.run(f"{box}.hidden")

    def test_a_pointer_that_stays_on_a_cell_changes_nothing(self, shown: Tab) -> None:
        seek(shown, next(c.end for c in made().film.captions if c.key == "embedding") - 0.2)
        x, y = place_of(shown, made().layout.of("wpe.weight")[0].name, 17, 5)
        shown.mouse("mouseMoved", x, y)
        shown.run("window.first = llmScene.inspector.hovered, 1")
        shown.run(FRAME)
        draws = shown.run("llmScene.page.draws")
        shown.mouse("mouseMoved", x + 1, y)
        shown.run(FRAME)
        assert shown.run("llmScene.inspector.hovered === first")
        assert shown.run("llmScene.page.draws") == draws

    def test_walks_on_to_sources_and_back(self, shown: Tab) -> None:
        shown.run("location.hash = 't=88&cell=blocks.0.attn.scores[2,3,2]'")
        shown.wait("Boolean(llmScene.inspector.pinned)")
        shown.run("document.querySelector('#inspector ul button').click()")
        assert shown.run("llmScene.inspector.pinned.told.matrix") == "blocks.0.attn.q"
        shown.run("document.querySelector('#inspector ul.back button').click()")
        assert shown.run("llmScene.inspector.pinned.told.matrix") == "blocks.0.attn.scores"
        assert shown.run("llmScene.inspector.trail.length") == 1

    def test_camera_goes_to_a_cell_and_its_sources_and_back(self, shown: Tab) -> None:
        """Wherever a walk leads, the cell is on the screen; letting go gives the film its camera back."""
        shown.run("location.hash = 't=88&cell=blocks.2.resid_post[3,7]'")
        shown.wait("Boolean(llmScene.inspector.pinned)")
        film = shown.run("llmScene.film.pose(88).target")
        for _ in range(4):
            shown.wait("!llmScene.stage.going")
            shown.run(FRAME)
            ring = "((m) => m.sheet.point(m.rows[0], m.columns[0]))(llmScene.inspector.pinned.mark)"
            assert shown.run(f"llmScene.stage.sees({ring})")
            shown.run("document.querySelector('#inspector ul button').click()")
        shown.key("Escape")
        shown.wait("!llmScene.stage.orbit && !llmScene.stage.left")
        assert shown.run("llmScene.film.pose(llmScene.page.time).target") == film

    def test_every_place_and_cell_belong_together(self, shown: Tab) -> None:
        layout = made().layout
        rng = random.Random(2)
        for block in rng.sample(list(layout.blocks.values()), 60):
            row, column = (rng.randrange(n) for n in block.shape)
            sheet = f"llmScene.stage.sheets.get({block.name!r})"
            matrix = f"llmScene.inspector.model.matrices.get({block.matrix.name!r})"
            cell = shown.run(f"{sheet}.cell({row}, {column}, {matrix})")
            assert tuple(cell) == block.cell(row, column)
            assert shown.run(f"{sheet}.spot({cell}, {matrix})") == [row, column]

    def test_says_of_many_cells_what_explain_says(self, shown: Tab) -> None:
        trace = made().trace
        rng = random.Random(1)
        cells = [
            (matrix.name, tuple(rng.randrange(n) for n in trace[matrix.name].shape))
            for matrix in trace.network
            for _ in range(12)
        ]
        asked = shown.run(f"{json.dumps(cells)}.map(([name, cell]) => llmScene.explain(name, cell))")
        compare(trace, cells, asked)

    def test_writes_numbers_as_explain_does(self, shown: Tab) -> None:
        rng = random.Random(3)
        values = [0.0, 1.0, -3.0, 1e6, 999999.0, 0.001, 0.5, 123456.7, 1e-9, -1.5e12, 12345.6]
        values += [rng.choice((-1, 1)) * 10 ** rng.uniform(-8, 8) for _ in range(2000)]
        assert shown.run(f"{values}.map(llmScene.number)") == [number(value) for value in values]
        assert shown.run("[NaN, Infinity, -Infinity].map(llmScene.number)") == ["not a number", "∞", "−∞"]


@needs_browser
class TestExplain:
    """The page's own explain.js, over models of both families with every choice either way."""

    @given(configs(), st.integers(0, 2**16))
    @settings(max_examples=40)
    def test_says_what_python_says(self, script: Tab, config: Config, seed: int) -> None:
        network = declare(config)
        rng = random.Random(seed)
        tokens = [rng.randrange(config.d_vocab) for _ in range(5)]
        trace = run(network, random_weights(network, seed), tokens)
        numbers = facts.Numbers()
        rows = facts.matrices(trace, numbers)
        packed = base64.b64encode(numbers.bytes()).decode()
        cells = [
            (m.name, tuple(rng.randrange(n) for n in trace[m.name].shape)) for m in network for _ in (0, 1)
        ]
        asked = script.run(f"""(() => {{
            const bytes = Uint8Array.from(atob("{packed}"), c => c.charCodeAt(0));
            const values = new Float32Array(bytes.buffer);
            const rows = {json.dumps(rows)}.map(row => ({{...row, values: values.subarray(row.at)}}));
            const matrices = new Map(rows.map(row => [row.name, row]));
            const model = {{ matrices, tokens: [], pieces: [] }};
            return {json.dumps(cells)}.map(([name, cell]) => code.explain(model, name, cell));
        }})()""")
        compare(trace, cells, asked)


def compare(trace: Trace, cells: list[tuple[str, tuple[int, ...]]], asked: list[dict[str, Any]]) -> None:
    """Explanations of the page against those of Python: words and sources are the same, and numbers too."""
    assert len(asked) == len(cells)
    for (name, cell), said in zip(cells, asked, strict=True):
        told = explain(trace, name, cell)
        assert [tuple(map(tuple, i["cells"])) for i in said["inputs"]] == [i.cells for i in told.inputs]
        assert [i["matrix"] for i in said["inputs"]] == [i.matrix for i in told.inputs]
        assert said["formula"] == told.formula
        if said["numbers"] != told.numbers:  # sums in another order may end in another digit
            assert re.sub(NUMBER, "#", said["numbers"]) == re.sub(NUMBER, "#", told.numbers)
            pairs = zip(re.findall(NUMBER, said["numbers"]), re.findall(NUMBER, told.numbers), strict=True)
            assert all(float(a) == pytest.approx(float(b), rel=2e-3, abs=1e-6) for a, b in pairs)


NUMBER = r"\d+\.?\d*(?:e[+−]\d+)?"


@needs_browser
class TestLook:
    @pytest.mark.parametrize("t", TIMES)
    def test_is_that_of_the_film(self, tooled: Tab, scene: bpy.types.Scene, t: float, tmp_path: Path) -> None:
        """Mean colours tile by tile, against Blender's picture from the same camera at the same time."""
        tooled.resize(1280, 720 + BAR)
        seek(tooled, t)
        tooled.run(
            f"document.head.append(Object.assign(document.createElement('style'), {{textContent: {BARE!r}}}))"
        )
        tooled.screenshot(tmp_path / "page.png")
        scene.frame_set(round(t * made().film.fps))
        scene.render.image_settings.file_format = "PNG"
        scene.render.filepath = str(tmp_path / "film.png")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        page_tiles = tiles(tmp_path / "page.png", 720)
        film_tiles = tiles(tmp_path / "film.png", 180)
        assert np.abs(page_tiles - film_tiles).mean() < 0.03
        assert np.corrcoef(page_tiles.mean(axis=2).ravel(), film_tiles.mean(axis=2).ravel())[0, 1] > 0.9


def tiles(path: Path, height: int) -> np.ndarray:
    """Mean sRGB colours of the tiles of a picture's upper part, 0 to 1."""
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:], np.float32).reshape(image.size[1], image.size[0], -1)[::-1, :, :3]
    bpy.data.images.remove(image)
    rows, columns = TILES
    pixels = pixels[:height]
    return pixels.reshape(rows, height // rows, columns, pixels.shape[1] // columns, 3).mean(axis=(1, 3))


def test_a_standing_screen_sees_all_of_close_ups_and_of_words_beside_the_model() -> None:
    """They are composed for a lying one: the standing camera stands so far away that its width is as much."""
    film = made().film
    ways = facts.shots(film, made().told(language="en", format="vertical"))
    starts = [shot["start"] for shot in ways["tall"]]
    assert starts == sorted(starts)
    walls = [prop.name for prop in film.props if isinstance(prop, Backdrop)]
    words = [prop.name for prop in film.props if isinstance(prop, Text)]
    seen = 0
    for shot in ways["wide"]:
        t = (shot["start"] + shot["end"]) / 2
        if any(film.value(name, "hidden", t) < 0.5 for name in (*walls, *words)):
            tall = next(other for other in reversed(ways["tall"]) if other["start"] <= t)
            for here, there in zip(shot["poses"], tall["poses"], strict=True):
                assert there[:5] == here[:5] and there[6] == here[6]
                assert there[5] == pytest.approx(here[5] * 16 / 9, rel=1e-3)
            seen += 1
    assert seen >= len(walls) + 2  # the machine with its prompt, and with the answer
    assert all(
        (one["poses"][1] == other["poses"][0]) >= (a["poses"][1] == b["poses"][0])
        for (one, other), (a, b) in zip(pairwise(ways["tall"]), pairwise(ways["wide"]), strict=True)
    )  # where the lying camera goes on, the standing one does
