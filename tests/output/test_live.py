"""Any prompt in the page: arithmetic, tokens and chances against Python's; the panel in a real browser."""

import base64
import json
import random
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.film import live as close_ups
from llm_scene.film.live.shaping import Shaping
from llm_scene.film.live.sums import Sums
from llm_scene.film.props import Swarm
from llm_scene.film.story import clearest_head
from llm_scene.layout.drawn import LINE, Text
from llm_scene.models import Model, load
from llm_scene.models.rules import RULES, Options
from llm_scene.models.tokenizer import TextTokenizer
from llm_scene.network import Config, declare, run
from llm_scene.network.activations import ACTIVATIONS
from llm_scene.network.sampling import Sampling, filtered
from llm_scene.network.trace import Trace
from llm_scene.output.page import export, facts, page
from llm_scene.output.page.cutting import rules_of
from llm_scene.output.page.live import live
from llm_scene.scene.outlines import outline
from llm_scene.staging.options import Options as ProductionOptions
from llm_scene.staging.production import Production, produce
from llm_scene.steps import finished
from tests.network.random_models import configs, random_weights
from tests.output.browser import Tab
from tests.output.firefox import Fox
from tests.output.pages import needs_browser

CLOSE = 1e-4  # of a matrix's largest value
PRESETS = ("nano-gpt-sort", "tiny-austen")
MODULES = ("live_forward", "live_tokens", "live_chances")


@cache
def model(preset: str) -> Model:
    return load(preset=preset)


@cache
def made(preset: str = "nano-gpt-sort") -> Production:
    return produce(model(preset), model(preset).preset.prompt)


@pytest.fixture(scope="module")
def code(tab: Tab) -> Tab:
    """The modules of arithmetic by themselves, as `code`."""
    tab.open("about:blank")
    tab.run("window.code = {}")
    for name in MODULES:
        text = (export.HERE / "js" / f"{name}.js").read_text(encoding="utf-8")
        blob = f"new Blob([{json.dumps(text)}], {{type: 'text/javascript'}})"
        tab.run(f"import(URL.createObjectURL({blob})).then(found => Object.assign(window.code, found))")
    return tab


def put(tab: Tab, trace: Trace) -> None:
    """Let the page have a network with its weights, as `rows`."""
    numbers = facts.Numbers()
    rows = facts.matrices(trace, numbers)
    packed = base64.b64encode(numbers.bytes()).decode()
    tab.run(f"""(() => {{
        const bytes = Uint8Array.from(atob("{packed}"), c => c.charCodeAt(0));
        const values = new Float32Array(bytes.buffer);
        const size = (shape) => shape.reduce((n, m) => n * m, 1);
        window.rows = {json.dumps(rows)}.map(row =>
            ({{...row, values: values.subarray(row.at, row.at + size(row.shape))}}));
    }})()""")


def passed(
    tab: Tab, trace: Trace, tokens: list[int], changes: list[dict] | None = None
) -> dict[str, np.ndarray]:
    """Every matrix that the page computes."""
    found = tab.run(f"""(() => {{
        const made = code.forward(rows, {tokens}, {json.dumps(changes or [])});
        const told = (values) =>
            btoa(Array.from(new Uint8Array(values.slice().buffer), b => String.fromCharCode(b)).join(""));
        return [...made].filter(([name]) => rows.find(r => r.name === name).op)
            .map(([name, {{values, shape}}]) => [name, shape, told(values)]);
    }})()""")
    return {
        name: np.frombuffer(base64.b64decode(text), np.float32).reshape(shape) for name, shape, text in found
    }


def compare(found: dict[str, np.ndarray], trace: Trace) -> None:
    for matrix in trace.network.computed:
        ours, theirs = trace[matrix.name], found[matrix.name]
        assert theirs.shape == ours.shape, matrix.name
        finite = np.isfinite(ours)
        assert np.array_equal(np.isfinite(theirs), finite), matrix.name
        most = np.abs(ours[finite]).max(initial=1.0)
        assert np.abs(theirs[finite] - ours[finite]).max(initial=0.0) <= CLOSE * most, matrix.name


@needs_browser
class TestForward:
    @pytest.mark.parametrize("preset", PRESETS)
    def test_is_the_programs_own_for_any_prompt(self, code: Tab, preset: str) -> None:
        config, rng = model(preset).config, random.Random(7)
        put(code, model(preset).trace([0]))
        for _ in range(6):
            tokens = [rng.randrange(config.d_vocab) for _ in range(rng.randint(1, config.n_ctx))]
            compare(passed(code, model(preset).trace([0]), tokens), model(preset).trace(tokens))

    @given(configs(), st.integers(0, 2**16))
    @settings(max_examples=30)
    def test_is_that_of_every_family(self, code: Tab, config: Config, seed: int) -> None:
        network, rng = declare(config), random.Random(seed)
        tokens = [rng.randrange(config.d_vocab) for _ in range(5)]
        trace = run(network, random_weights(network, seed), tokens)
        put(code, trace)
        compare(passed(code, trace, tokens), trace)

    @pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
    def test_bends_as_the_program_does(self, code: Tab, kind: str) -> None:
        x = np.linspace(-9, 9, 401, dtype=np.float32)
        rows = [
            {"name": "x", "shape": [1, 401], "values": x.tolist()},
            {"name": "y", "op": {"type": "Activation", "kind": kind}, "inputs": ["x"]},
        ]
        found = code.run(f"[...code.forward({json.dumps(rows)}, []).get('y').values]")
        assert found == pytest.approx(ACTIVATIONS[kind].function(x), abs=2e-5)

    def test_a_change_reaches_what_comes_after_it_and_nothing_else(self, code: Tab) -> None:
        tokens = made().trace.tokens
        put(code, made().trace)
        plain = passed(code, made().trace, tokens)
        cell = {"matrix": "blocks.1.mlp.post", "cell": [4, 3], "value": 9.0}
        changed = passed(code, made().trace, tokens, [cell])
        assert changed["blocks.1.mlp.post"][4, 3] == 9
        differ = {name for name in plain if not np.array_equal(plain[name], changed[name])}
        assert "logits" in differ
        assert not any(name.startswith(("blocks.0", "blocks.1.attn")) for name in differ)
        assert np.array_equal(plain["logits"][:4], changed["logits"][:4])

    def test_a_head_is_switched_off_and_a_weight_zeroed(self, code: Tab) -> None:
        tokens = made().trace.tokens
        put(code, made().trace)
        z = passed(code, made().trace, tokens, [{"matrix": "blocks.0.attn.z", "head": 1, "value": 0}])
        assert not z["blocks.0.attn.z"][1].any()
        assert np.array_equal(
            z["blocks.0.attn.z"][0], passed(code, made().trace, tokens)["blocks.0.attn.z"][0]
        )
        weight = {"matrix": "wte.weight", "cell": [2, 0], "value": 0}
        embedded = passed(code, made().trace, tokens, [weight])["embed"]
        assert tokens[0] == 2 and embedded[0, 0] == 0 != made().trace["embed"][0, 0]


WORDS = [
    "the", "cat", "sat", "on", "a", "mat;", "don't", "they'll", "I'VE", "42", "100", "naïve", "日本語",
    "Größe", "—", "x_y", "(z)", "😀", "\t\n",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from([*WORDS, " ", "  ", "\n"]), min_size=1, max_size=9).map("".join)


@cache
def trained(name: str) -> TextTokenizer:
    """A small tokenizer of a class, trained here on a few words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    over_bytes = RULES[name].over_bytes
    alphabet = pre_tokenizers.ByteLevel.alphabet() if over_bytes else [f"<0x{i:02X}>" for i in range(256)]
    library = Tokenizer(models.BPE())
    space = pre_tokenizers.ByteLevel(add_prefix_space=False) if over_bytes else pre_tokenizers.Metaspace()
    library.pre_tokenizer = space
    specials = ["<unk>", *([] if over_bytes else alphabet)]
    trainer = trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=alphabet if over_bytes else [], special_tokens=specials
    )
    library.train_from_iterator([" ".join(WORDS), " ".join(reversed(WORDS))] * 40, trainer)
    told = json.loads(library.to_str())["model"]
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in told["merges"]]
    return TextTokenizer(RULES[name].build(told["vocab"], merges, Options(prefix_space=not over_bytes)), name)


@needs_browser
class TestTokens:
    @pytest.mark.parametrize("preset", PRESETS)
    def test_letters_are_those_of_python(self, code: Tab, preset: str) -> None:
        tokenizer, rng = model(preset).tokenizer, random.Random(3)
        letters = "ABC" if preset == PRESETS[0] else "She was it, Mr. Darcy!\n"
        texts = ["".join(rng.choices(letters, k=rng.randint(1, 11))) for _ in range(60)]
        rules = json.dumps(rules_of(tokenizer))
        found = code.run(f"(t => {json.dumps(texts)}.map(text => t.encode(text)))(new code.Tokens({rules}))")
        assert found == [tokenizer.encode(text) for text in texts]

    def test_unknown_letters_are_named(self, code: Tab) -> None:
        rules = json.dumps(rules_of(model("nano-gpt-sort").tokenizer))
        assert code.run(f"new code.Tokens({rules}).encode('ABX') === undefined")
        assert code.run(f"new code.Tokens({rules}).strange('AXBXé')") == ["X", "é"]

    @pytest.mark.parametrize("name", sorted(RULES))
    def test_byte_pairs_are_those_of_python(self, code: Tab, name: str) -> None:
        """Every class that is known, over texts of words, signs, blanks and letters beyond the alphabet."""
        tokenizer = trained(name)
        code.run(f"window.tokens = new code.Tokens({json.dumps(rules_of(tokenizer))}), 1")

        @given(TEXTS)
        @settings(max_examples=60)
        def check(text: str) -> None:
            assert code.run(f"tokens.encode({json.dumps(text)})") == tokenizer.encode(text)

        check()


@needs_browser
class TestChances:
    @given(
        st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=9),
        st.sampled_from([0.0, 0.3, 1.0, 2.5]),
        st.integers(0, 9),
        st.sampled_from([0.1, 0.5, 0.9, 1.0]),
    )
    @settings(max_examples=80)
    def test_are_filtered_as_in_python(
        self, code: Tab, logits: list[float], t: float, k: int, p: float
    ) -> None:
        sampling = Sampling(t, k, p)
        asked = json.dumps({"temperature": t, "top_k": k, "top_p": p})
        found = code.run(f"code.filtered({logits}, {asked})")
        assert found == pytest.approx(filtered(np.array(logits, np.float32), sampling), abs=1e-5)

    def test_a_token_is_drawn_by_its_share(self, code: Tab) -> None:
        assert code.run("[0, 0.49, 0.51, 0.999999].map(c => code.draw([0.5, 0, 0.5, 0], c))") == [0, 0, 2, 2]
        assert code.run("(([a, b]) => a() === b() && a() !== a())([code.dice(4), code.dice(4)])")


def followed(preset: str) -> Shaping:
    """What the page works out again of a film."""
    film, sums = made(preset).film, Sums(made(preset).trace, made(preset).reading.n_prompt - 1)
    return close_ups.followed(film, made(preset).layout, sums)


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_worked_out_is_what_the_film_writes(preset: str) -> None:
    """The sums that the page follows give the numbers of the film's own close-ups, but for rounding."""
    shaping = followed(preset)
    found = {name: numbers[0] for name, numbers in shaping.numbers.items() if len(numbers) == 1}
    for part in (
        "norm: mean",
        "dot: term 0 0 0",
        "scores: softmax total",
        "mix: taken 0 0",
        "choosing: share 1 0",
    ):
        assert part in found
    for name, told in found.items():
        text = shaping.written[name].text.replace("−", "-")
        number = float(next(word for word in text.split() if word.strip("-.").replace(".", "").isdigit()))
        assert told.own * (100 if "%" in text else 1) == pytest.approx(
            number, abs=0.0151 if "%" not in text else 1
        )


@pytest.mark.parametrize(
    ("cut", "format"),
    [("short", "landscape"), ("full", "landscape"), ("full", "square"), ("full", "vertical")],
)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_close_up_follows_another_prompt(preset: str, cut: str, format: str) -> None:
    """Colours, places and sizes of all moving cells are known; only the arcs of the answer go, or the machine
    beside it, and leaders to what found room in a second line."""
    shown = produce(model(preset), model(preset).preset.prompt, ProductionOptions(cut=cut, format=format))
    told = finished(live(shown, [], {"en": shown.film}, shown.film, facts.Numbers()))
    assert told["swarms"]
    assert [name for name, row in told["swarms"].items() if not row] == []
    assert [name for name, row in told["lines"].items() if not row] == []
    own = ("answer: arc", "answer: machine", "scores: softmax to ")
    assert all(name.startswith(own) for name in told["gone"])


@cache
def written(preset: str) -> str:
    return page(made(preset))


@pytest.fixture
def shown(either: Tab | Fox, tmp_path: Path) -> Tab | Fox:
    """The page of nano-GPT with its panel open."""
    path = tmp_path / "page.html"
    path.write_text(written("nano-gpt-sort"), encoding="utf-8")
    either.resize(1440, 900)
    either.open(path.as_uri())
    either.wait("Boolean(window.llmScene)")
    press(either, "#try")
    either.wait("Boolean(llmScene.page.live.now)")
    return either


def press(tab: Tab, selector: str) -> None:
    """Click in the middle of an element."""
    box = tab.run(f"""(() => {{
        const found = document.querySelector({selector!r});
        found.scrollIntoView({{block: "nearest"}});
        const {{x, y, width, height}} = found.getBoundingClientRect();
        return [x + width / 2, y + height / 2];
    }})()""")
    tab.click(*box)


def type_in(tab: Tab, text: str) -> None:
    """Replace what stands in the panel's field, key by key, and wait until the model has run."""
    press(tab, "#live input[type=text]")
    tab.run("document.activeElement.select(), window.turn = llmScene.page.live.turn")
    if not text:
        tab.key("Backspace")
    tab.letters(text)


def spelled(tab: Tab) -> str:
    return str(
        tab.run("[...document.querySelectorAll('#live .strip button')].map(b => b.textContent).join('')")
    )


@needs_browser
def test_all_is_ready_before_the_first_try(tooled: Tab) -> None:
    """The worker has run and the picture of cells is known, while nobody has asked for it yet."""
    tooled.wait("Boolean(window.llmScene?.page.live.scene?.atlas)")
    tooled.wait("llmScene.page.live.runner.seconds > 0")
    assert tooled.run("llmScene.page.live.scene.atlas.cells.size === llmScene.stage.sheets.size")
    assert tooled.run("document.getElementById('live').hidden")
    assert tooled.complaints() == []


@needs_browser
class TestPanel:
    def test_typing_sorts_other_letters_and_every_cell_follows(self, shown: Tab) -> None:
        type_in(shown, "CCBBAA")
        shown.wait("llmScene.page.live.sequence.length === 12 && !llmScene.page.live.own")
        shown.wait("llmScene.inspector.model.tokens.join('') === '22110000112'")
        assert spelled(shown) == "CCBBAAAABBCC"
        trace = model("nano-gpt-sort").trace([2, 2, 1, 1, 0, 0, 0, 0, 1, 1, 2])
        rng = random.Random(5)
        for matrix in rng.sample(trace.network.computed, 25):
            cell = [rng.randrange(n) for n in trace[matrix.name].shape]
            told = shown.run(f"llmScene.explain({matrix.name!r}, {cell}).value")
            if told is not None:  # a masked cell is minus infinity, which JSON does not know
                assert told == pytest.approx(trace.value(matrix.name, tuple(cell)), rel=1e-4, abs=1e-4)
        assert shown.run("llmScene.page.live.runner.seconds") < 0.2
        captions = shown.run("llmScene.page.data.tellings.en.captions.map(c => c.text)")
        assert "Given “CCBBAA”, it wrote “AABBCC”" in captions
        assert "The query of “A” meets every key" in captions
        assert shown.complaints() == []

    def test_cells_get_the_colours_of_their_new_values(self, shown: Tab) -> None:
        shown.run("llmScene.page.live.ask('AAACBB')")
        shown.wait("llmScene.inspector.model.tokens.slice(0, 6).join('') === '000211'")
        told = shown.run("""(() => {
            const { scene } = llmScene.page.live;
            const sheet = [...llmScene.stage.sheets.values()].find(s => s.block.matrix === "ln_final.out");
            const matrix = llmScene.inspector.model.matrices.get(sheet.block.matrix);
            const { x, y, tile } = scene.atlas._place(sheet);
            const { data, width } = scene.atlas.pixels;
            const at = 4 * ((y + 2) * width + x + 2);
            return [[...data.slice(at, at + 3)], matrix.values[0], scene.scale(sheet.block.matrix)];
        })()""")
        found, value_, scale = told
        look = made().look
        rgb = look.ramp("activation", True).colours(np.array([np.clip(value_ / scale, -1, 1)]))[0]
        assert found == pytest.approx((255 * rgb).tolist(), abs=6)

    def test_letter_is_picked_from_its_own_column_of_the_table(self, shown: Tab) -> None:
        table = model("nano-gpt-sort").trace([2])["wte.weight"]
        shown.run("llmScene.page.live.ask('CCBBAA')")
        shown.wait("llmScene.inspector.model.tokens.slice(0, 6).join('') === '221100'")
        picked = shown.run("llmScene.stage.swarms.get('embed: embed.W_E').places[3 * 48]")
        entry = next(prop for prop in made().film.props if prop.name == "embed: entry 0")
        assert isinstance(entry, Text)
        assert picked == pytest.approx(entry.at[0], abs=1e-3)
        said = shown.run("""(() => {
            const { page } = llmScene;
            const { live, parts } = page.data;
            const rows = live.texts.filter((row) => parts[row.part].name.startsWith("embed: "));
            return rows.map((row) => page.live.scene._line(row, page.live.sequence).text);
        })()""")
        assert f"{table[0, 7]:.2f}".replace("-", "−") in said
        assert shown.complaints() == []

    def test_bad_prompts_get_one_sentence(self, shown: Tab) -> None:
        says = "document.querySelector('#live .status').textContent"
        for text, said in (
            ("ABQ", "The model does not know “Q”: it knows only ABC"),
            ("ABCABCABCABC", "This text has 12 tokens; the model reads 11 at most."),
            ("", "Type at least one letter."),
        ):
            type_in(shown, text)
            shown.wait(f"{says} === {said!r}")
        assert spelled(shown) == "CBABBCABBBCC"  # the scene is as it was
        type_in(shown, "AB")
        shown.wait(f"{says}.startsWith('The film reads the first 6')")
        assert shown.complaints() == []

    def test_sliders_move_the_bars_at_once(self, shown: Tab) -> None:
        bars = "[...document.querySelectorAll('#live .bars b')].map(b => parseFloat(b.style.width))"
        assert shown.run(bars)[0] == 100
        shown.run("document.getElementById('live-temperature').focus()")
        for _ in range(60):
            shown.key("ArrowRight")
        hot = shown.run(bars)
        logits = made().trace["logits"][5]
        expected = np.sort(filtered(logits, Sampling(3.0)))[::-1]
        assert hot == pytest.approx((100 * expected).tolist(), abs=0.01)
        shown.run("document.getElementById('live-top_k').focus()")
        shown.key("ArrowRight")
        assert shown.run(bars) == [100, 0, 0]

    def test_generate_writes_token_by_token(self, shown: Tab) -> None:
        shown.run("llmScene.page.live.ask('BCABCA')")
        shown.wait("llmScene.page.live.sequence.length === 12 && !llmScene.page.live.own")
        press(shown, "#live .go")
        shown.wait("llmScene.page.live.written.length === 2")
        known = shown.run("llmScene.page.live.scene.known")
        assert known < 12
        shown.wait("!llmScene.page.live.writing")
        assert spelled(shown) == "BCABCAAABBCC"

    def test_a_head_switched_off_lights_what_it_reaches_and_is_put_back(self, shown: Tab) -> None:
        shown.run("document.querySelector('#live details').open = true")
        press(shown, "#live .heads button")
        shown.wait("document.querySelector('#live .verdict').textContent.includes('A')")
        assert shown.run("Boolean(llmScene.page.live.scene.shaded)")
        press(shown, "#live .undo")
        shown.wait(
            "!llmScene.page.live.scene.shaded && !document.querySelector('#live .verdict').textContent"
        )
        assert shown.run("llmScene.inspector.model.matrices.get('logits').values[0]") == pytest.approx(
            float(made().trace["logits"][0, 0])
        )

    def test_a_cells_value_is_changed_in_the_inspector(self, shown: Tab) -> None:
        shown.run("location.hash = 't=214&cell=blocks.0.attn.scores[1,5,2]'")
        shown.wait("Boolean(document.querySelector('.changer input'))")
        press(shown, ".changer input")
        shown.run("document.activeElement.select()")
        shown.letters("9.5")
        press(shown, ".changer button")
        shown.wait("llmScene.inspector.pinned.told.value === 9.5")
        assert shown.run("llmScene.explain('blocks.0.attn.pattern', [1, 5, 2]).value") > 0.9
        press(shown, ".changer button:last-child")
        shown.wait("llmScene.inspector.pinned.told.value < 9")

    def test_is_usable_on_a_phone(self, shown: Tab) -> None:
        shown.resize(390, 844, phone=True)
        assert shown.run("document.documentElement.scrollWidth") == 390
        type_in(shown, "BBA")
        shown.wait("llmScene.inspector.model.tokens.slice(0, 3).join('') === '110'")
        small = shown.run("""[...document.querySelectorAll('#live button')].filter(b => b.offsetParent)
            .map(b => b.getBoundingClientRect()).filter(r => r.height < 24 || r.width < 24).length""")
        assert small == 0
        shown.resize(1280, 720)

    def test_what_is_written_anew_is_as_large_as_the_films(self, shown: Tab) -> None:
        """Capitals are as high, whatever face the machine has, and words about as long."""
        shown.run("llmScene.page.live.ask('CCBBAA')")
        shown.wait("llmScene.page.live.scene.prompt === 6 && !llmScene.page.live.own")
        told = shown.run("""(() => {
            const { lettering, data } = llmScene.page.live.scene;
            const { context, face } = lettering;
            const { actualBoundingBoxAscent: high, width } = context.measureText("CBABBC");
            const { size } = data.live.texts.find((row) => data.parts[row.part].name === "asked: given 0 0");
            return [(face * size * high) / 48, (face * size * width) / 48, size];
        })()""")
        low, high = outline("CBABBC").bounds
        assert told[0] / told[2] == pytest.approx(high[1], rel=0.04)
        assert told[1] / told[2] == pytest.approx((high - low)[0], rel=0.2)

    def test_closing_gives_the_picture_its_place_back(self, shown: Tab) -> None:
        wide = shown.run("llmScene.stage.canvas.clientWidth")
        shown.key("Escape")
        shown.wait(f"llmScene.stage.canvas.clientWidth > {wide}")
        assert shown.run("document.activeElement.id") == "try"

    def test_everything_has_words_in_chinese(self, shown: Tab) -> None:
        shown.run("llmScene.page.speak('zh')")
        assert "生成" in shown.run("document.getElementById('live').textContent")
        assert "Generate" not in shown.run("document.getElementById('live').textContent")


@needs_browser
def test_close_ups_are_those_that_a_film_of_that_prompt_has(shown: Tab) -> None:
    """Every bar stands where the film of the other prompt, through the same head, has it stand."""
    network, focus = model("nano-gpt-sort"), clearest_head(made().trace, 0, 5)
    texts = ("BBCCAC", "CCBBAC", "BCABCC", "CABABC", "ACBCBA", "CCCAAB")
    prompt = next(t for t in texts if clearest_head(network.trace(network.encode_prompt(t)), 0, 5) == focus)
    other = {p.name: p for p in produce(network, prompt).film.props if isinstance(p, Swarm)}
    shown.run(f"llmScene.page.live.ask({prompt!r})")
    shown.wait(f"llmScene.page.live.field.value === {prompt!r} && llmScene.page.live.written.length === 6")
    shown.wait("llmScene.page.live.scene.prompt === 6")
    kinds = ("norm: cells", "scores: softmax bars", "choosing: bar", "mix: again")
    names = [name for name in other if name.startswith(kinds)]
    assert len(names) > 20
    for name in names:
        places, sizes = shown.run(f"""(() => {{
            const {{ places, sizes }} = llmScene.stage.swarms.get({name!r});
            return [[...places], [...sizes]];
        }})()""")
        axes = [0, 2]  # the third is how far values stand out
        found = np.array([places, sizes]).reshape(2, *other[name].places.shape)[..., [0, 1]]
        wanted = np.array([other[name].places[..., axes], other[name].sizes[..., axes]])
        assert found == pytest.approx(wanted, abs=0.02), name
    assert shown.complaints() == []


def test_moving_cells_know_what_they_are_copies_of() -> None:
    shaping = followed("nano-gpt-sort")
    query = next(s for s in shaping.copies.swarms if s.name.startswith("dot: query"))
    cells = {shaping.sums.beneath(int(row)) for row in shaping.copies.tones[query.name].ravel()}
    assert {shaping.sums.matrix_of(cell) for cell in cells if cell is not None} == {"blocks.0.attn.q"}


def test_lines_written_anew_are_as_far_apart_as_the_films() -> None:
    code = (export.HERE / "js/live_letters.js").read_text(encoding="utf-8")
    assert f"const STEP = {LINE};" in code
