"""The stage fills the picture, set pieces stay on it, and what they write adds up, for models of any size."""

from __future__ import annotations

import functools
import itertools
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_scene.film.example import Example
from llm_scene.film.excerpt import (
    SIGNED,
    as_written,
    chances,
    largest,
    percentages,
    read,
    spread,
    written_sum,
)
from llm_scene.film.film import Chapter, Cue, Film, Shot
from llm_scene.film.formula import part, setting
from llm_scene.film.framing import project
from llm_scene.film.pieces import choice
from llm_scene.film.pieces.dot import dot_product
from llm_scene.film.pieces.grid import grid
from llm_scene.film.pieces.heads import mixed
from llm_scene.film.pieces.indices import indices
from llm_scene.film.pieces.mix import mix
from llm_scene.film.pieces.mlp import NAME, TOLD, bend
from llm_scene.film.pieces.norm import norm
from llm_scene.film.pieces.prompt import columns
from llm_scene.film.pieces.residual import add, embed
from llm_scene.film.pieces.roles import roles
from llm_scene.film.pieces.scores import MOST, Attention, meeting
from llm_scene.film.pieces.softmax import attention
from llm_scene.film.props import Backdrop, Formula, Swarm, number
from llm_scene.film.shapes import in_lines, tones
from llm_scene.film.stage import WALL, before
from llm_scene.film.stagecraft import Actor, SetPiece
from llm_scene.film.story import Focus, clearest_head
from llm_scene.film.words import words
from llm_scene.layout import names
from llm_scene.layout.drawn import Line, Text
from tests.film.staged import LETTERS, NANO, Shape, stage

ASPECTS = [16 / 9, 1.0, 9 / 16]
LARGE = Shape("gpt2", 1, 2, 11, d_head=64)  # 128 wide: rows are shown in part
LLAMA = Shape("llama", 2, 3, 6, n_kv_head=1, qk_norm=True)
PIECES = [
    "dot", "scores", "attention", "mix", "bend", "add", "norm", "roles", "grid", "heads", "choice",
    "choosing", "brief mix", "embed", "asked bend", "prompt", "brief attention",
    "brief scores", "indices",
]  # fmt: skip
WITHOUT = ("norm", "heads", "choosing")  # pieces whose numbers stand nowhere in the trace, or that have none
FORMED = {"gpt2": ("pre", "post"), "llama": ("pre", "act")}  # before and after the activation
INK = 0.727 * 20  # pixels of a capital of size 1 on a stage seen 640 wide
SLACK = 0.02  # of the frame: the stage is seen a little from the side


@functools.cache
def told(name: str, shape: Shape, aspect: float, language: str = "en") -> SetPiece:
    """A set piece of a random model."""
    staged = stage(shape)
    layout, trace, texts = staged.layout, staged.trace, words(language)
    t = layout.n_prompt - 1
    focus = Focus(t, 0, clearest_head(trace, 0, t))
    letters = [LETTERS[token] for token in trace.tokens]
    example = Example(layout, trace, focus, letters, texts, aspect)
    return {
        "dot": lambda: dot_product(example),
        "scores": lambda: meeting(example),
        "brief scores": lambda: meeting(example, masked=False),
        "attention": lambda: attention(example),
        "bend": lambda: bend(example),
        "add": lambda: add(example, "resid_mid"),
        "add to that": lambda: add(example, "resid_post"),
        "mix": lambda: mix(example),
        "norm": lambda: norm(example),
        "roles": lambda: roles(example),
        "grid": lambda: grid(example),
        "heads": lambda: mixed(example),
        "choice": lambda: choice.choice(example, hotter=True),
        "choosing": lambda: choice.temperatures(example),
        "brief mix": lambda: mix(example, brief=True),
        # a Llama has one table only, so that nothing is added there
        "embed": lambda: (
            embed(example, numbered=True) if shape.family == "gpt2" else add(example, "resid_post")
        ),
        "asked bend": lambda: bend(example, asked=True),
        "prompt": lambda: columns(example),
        "indices": lambda: indices(example),
        "brief attention": lambda: attention(example, brief=True),
    }[name]()


def windows(piece: SetPiece, haste: float = 1.0) -> list[tuple[float, float]]:
    """Its beats one after the other."""
    return piece.timed({piece.beats[0].name: (1.0, 1.0 + haste * piece.seconds)})


each = pytest.mark.parametrize("name", PIECES)
on_models = pytest.mark.parametrize("shape", [NANO, LARGE, LLAMA], ids=str)
in_formats = pytest.mark.parametrize("aspect", ASPECTS)


@on_models
@in_formats
def test_the_camera_sees_exactly_the_stage(shape: Shape, aspect: float) -> None:
    layout = stage(shape).layout
    for block in list(layout.blocks.values())[::7]:
        there = before(layout, block, (0, 0), aspect)
        seen = np.abs(project(there.box.corners(), there.pose, aspect)[:, :2])
        assert seen.max() <= 1.07
        assert seen.max(axis=0).min() > 0.9
        low, high = np.array(there.box.low), np.array(there.box.high)
        cell = np.array(block.centre(0, 0))
        assert (cell[[0, 2]] >= low[[0, 2]] - 1e-6).all()
        assert (cell[[0, 2]] <= high[[0, 2]] + 1e-6).all()


@each
@on_models
@in_formats
def test_cues_of_a_piece_never_quarrel(name: str, shape: Shape, aspect: float) -> None:
    piece = told(name, shape, aspect)
    names = [prop.name for prop in piece.props]
    assert len(names) == len(set(names))
    for haste in (1.0, 0.3):
        film_of(piece, piece.cues(windows(piece, haste)), aspect)


def film_of(piece: SetPiece, cues: list[Cue], aspect: float) -> Film:
    """A film of nothing but the piece; raises where two cues write a channel at once."""
    shot = Shot(0.0, 100.0, (), piece.stage.pose, piece.stage.pose)
    return Film("x", (Chapter("x", "x", 0.0, 100.0, (shot,), tuple(cues), ()),), props=tuple(piece.props))


@each
@on_models
@in_formats
def test_everything_stays_on_the_stage(name: str, shape: Shape, aspect: float) -> None:
    """All poses but those at the sheets, and all words, are seen, above the captions and under the head."""
    piece = told(name, shape, aspect)
    at_home = {"sheet", "back"}
    for actor in piece.actors:
        for pose, stand in actor.stands.items():
            if pose not in at_home:
                corners = np.concatenate([stand.places - stand.sizes / 2, stand.places + stand.sizes / 2])
                inside(piece, corners, aspect, f"{actor.name} in {pose}")
    for prop in piece.props:
        if not isinstance(prop, Swarm | Backdrop):
            inside(piece, prop.box.corners(), aspect, prop.name)


def inside(piece: SetPiece, corners: np.ndarray, aspect: float, what: str) -> None:
    """The corners are within the stage, as the camera sees it."""
    seen = project(corners, piece.stage.pose, aspect)[:, :2]
    assert np.abs(seen).max() < 1 + SLACK, f"{what} at {seen.tolist()}"
    there = piece.stage
    floor = there.floor / (there.height / 2)
    assert seen[:, 1].min() > floor - 0.06, f"{what} stands over the captions"


@each
@on_models
@in_formats
def test_words_are_large_enough(name: str, shape: Shape, aspect: float) -> None:
    piece = told(name, shape, aspect)
    texts = [prop for prop in piece.props if isinstance(prop, Text)]
    pixels = [INK * text.size / piece.stage.unit for text in texts]
    assert min(pixels) >= 12
    assert all(px >= 14 for px, text in zip(pixels, texts, strict=True) if text.of is not None)


@on_models
def test_the_questions_asked_are_those_whose_answers_are_told(shape: Shape) -> None:
    """What a learned row makes of the letter's numbers is told on the curve too; others are counted."""
    piece, network = told("asked bend", shape, 16 / 9), stage(shape).trace.network
    texts = {
        prop.name.removeprefix(names.prop(NAME, "")): prop.text
        for prop in piece.props
        if isinstance(prop, Text)
    }
    answers = [texts[f"made {n} 0"] for n in range(len(TOLD))]
    assert answers == [texts[f"told {n}"].split(" → ")[0] for n in range(len(TOLD))]
    assert texts["others"] == f"and {network.config.d_mlp - len(TOLD):,} more"


@pytest.mark.parametrize("shape", [NANO, LARGE], ids=str)
def test_a_column_is_taken_out_of_the_table_of_all_of_them(shape: Shape) -> None:
    """The table's columns are those of the tokens given, in its order, and one of them flies to the left."""
    piece = told("embed", shape, 16 / 9)
    (table,) = piece.named("table")
    (column,) = piece.named("embed.W_E")
    tokens = sorted(set(stage(shape).trace.tokens[: stage(shape).layout.n_prompt]))
    taken = column.stands["picked"]
    shown = taken.sizes[:, 2] > 1e-2 * taken.sizes[:, 2].max()
    assert table.count == len(tokens) * shown.sum() and shown.sum() >= 6
    found = table.stands["table"]
    apart = np.abs(found.places[:, None, [0, 2]] - taken.places[None, shown][..., [0, 2]]).max(axis=2)
    assert apart.min(axis=0).max() < 1e-6
    assert np.allclose(found.values[np.argmin(apart, axis=0)], taken.values[shown])


@on_models
@in_formats
@pytest.mark.parametrize("name", ["bend", "asked bend"])
def test_the_curve_s_name_is_clear_of_what_is_told_of_numbers(name: str, shape: Shape, aspect: float) -> None:
    texts = [prop for prop in told(name, shape, aspect).props if isinstance(prop, Text)]
    (title,) = [text for text in texts if text.name == "bend: name"]
    for text in texts:
        if text.name.startswith("bend: told"):
            common = title.box.grown(1e-3).common(text.box.grown(1e-3))
            assert common is None, text.text


def test_tokens_of_the_prompt_are_written_alike() -> None:
    """As they are spoken of, without marks for blanks, and all in one size."""
    staged = stage(NANO)
    focus = Focus(staged.layout.n_prompt - 1, 0, 0)
    tokens = ["The", "␣capital", "␣of", "␣France", "␣is", "x"] + ["y"] * 5
    piece = columns(Example(staged.layout, staged.trace, focus, tokens, words("en")))
    texts = [prop for prop in piece.props if isinstance(prop, Text) and ": token" in prop.name]
    assert [text.text for text in texts] == ["The", "capital", "of", "France", "is", "x"]
    assert len({text.size for text in texts}) == 1


@on_models
def test_the_same_rows_of_the_stream_are_shown_everywhere(shape: Shape) -> None:
    """What the prompt's last column says is met again where tables make it, and where something is added."""
    layout = stage(shape).layout
    rows = {}
    for name, of in (
        ("prompt", "resid_pre"),
        ("embed", "resid_pre"),
        ("add", "resid_pre"),
        ("add", "resid_mid"),
    ):
        if name == "embed" and shape.family != "gpt2":
            continue
        block = layout.find(of, 0)
        texts = [p for p in told(name, shape, 16 / 9).props if isinstance(p, Text) and p.of is not None]
        places = [block.place(p.of[1]) for p in texts if p.of is not None and p.of[0] == block.matrix.name]
        rows[name, of] = {row for row, column in places if column == layout.n_prompt - 1}
    assert all(rows.values())
    assert len(set.union(*rows.values())) == max(
        map(len, rows.values())
    )  # a piece with less room shows fewer of the same ones


@on_models
def test_a_role_is_made_row_by_row_of_its_table(shape: Shape) -> None:
    """In the table behind a number of query, key or value stands the row that makes it."""
    piece, made = told("roles", shape, 16 / 9), stage(shape)
    for name, letter in (("query", "q"), ("key", "k"), ("value", "v")):
        (table,), (column,) = piece.named(f"{name} table"), piece.named(name)
        block = next(b for b in made.layout.blocks.values() if b.kind == f"attn.W_{letter.upper()}")
        shown = [figure.cell for figure in column.figures]
        standing = table.stands["table"]
        heights = np.unique(standing.places[:, 2].round(6))[::-1]
        assert np.allclose(heights, np.sort(column.stands["column"].places[shown, 2])[::-1], atol=1e-5)
        assert table.count == len(shown) * min(6, block.shape[1])
        behind = standing.places[:, 1] - standing.sizes[:, 1] / 2
        assert (behind > column.stands["column"].places[shown, 1].max()).all()  # its front covers the table


@each
@on_models
def test_numbers_are_the_traces_own(name: str, shape: Shape) -> None:
    piece, trace = told(name, shape, 16 / 9), stage(shape).trace
    texts = [prop for prop in piece.props if isinstance(prop, Text) and prop.of is not None]
    if name in ("bend", "asked bend"):  # a number and what becomes of it
        told_apart = [prop for prop in piece.props if isinstance(prop, Text) and ": told" in prop.name]
        said = [prop.text.split(" → ") for prop in told_apart]
        values = {
            kind: trace[f"blocks.0.mlp.{kind}"].ravel()
            for kind in FORMED[stage(shape).trace.network.config.family]
        }
        assert said
        for pair in said:
            for text, there in zip(pair, values.values(), strict=True):
                assert np.abs(there - read(text)).min() < 0.00501
        return
    assert texts or name in WITHOUT
    for text in texts:
        assert text.of is not None
        value = float(trace[text.of[0]][text.of[1]])
        if "%" in text.text:
            assert 100 * value == pytest.approx(float(text.text.strip(" %><")), abs=1.0)
        else:
            assert value == pytest.approx(read(text.text), abs=0.005001)


@on_models
def test_sums_of_two_columns_add_up_as_they_are_written(shape: Shape) -> None:
    piece = told("add", shape, 16 / 9)
    old, part, total = ([figure.text for figure in actor.figures] for actor in piece.actors)
    assert len(total) > 3
    for a, b, both in zip(old, part, total, strict=True):
        assert read(a) + read(b) == pytest.approx(read(both), abs=1e-9), f"{a} + {b} = {both}"


@on_models
@pytest.mark.parametrize("name", ["choice", "asked bend", "brief attention"])
def test_products_in_figures_are_those_of_the_trace(name: str, shape: Shape) -> None:
    """Of "a × b + … = c" both are numbers of what is multiplied, and c is what is made of them."""
    trace, t = stage(shape).trace, stage(shape).layout.n_prompt - 1
    piece = told(name, shape, 16 / 9)
    known = trace.network.matrices

    def whole(matrix: str) -> np.ndarray:
        return trace[matrix].astype(float)

    for text in (p for p in piece.props if isinstance(p, Text) and ": sum" in p.name):
        which, *terms = (int(n) for n in text.name.split("sum ")[1].split())
        figures = [read(n) for n in SIGNED.findall(text.text)]
        if name == "choice":
            best = int(whole("logits")[t].argmax())
            inputs, table = known["logits"].inputs[:2]
            first, second, total = whole(table)[best], whole(inputs)[t], whole("logits")[t, best]
            cells = {p.name: p.of[1] for p in piece.props if isinstance(p, Text) and p.of is not None}
            terms = [cells[f"choice: last {n} 0"][-1] for n in terms]
        elif name == "asked bend":
            cells = {p.name: p.of[1] for p in piece.props if isinstance(p, Text) and p.of is not None}
            (asked,) = [p.of for p in piece.props if isinstance(p, Text) and p.name == "bend: made 0 0"]
            assert asked is not None
            made, (*_, question) = asked
            inputs, table = known[made].inputs[:2]
            learned, total = whole(table), whole(made)[t, question]
            first = learned[question] if len(learned) == whole(made).shape[1] else learned[:, question]
            second = whole(inputs)[t]
            terms = [cells[f"bend: last {n} 0"][-1] for n in terms]
        else:
            head = clearest_head(trace, 0, t)
            queries, keys = known["blocks.0.attn.scores"].inputs[:2]
            of = {p.name.split(": ")[1]: p.of for p in piece.props if isinstance(p, Text)}
            score_of = [of[f"score {j} 0"][1][-1] for j in range(sum(name.startswith("sum") for name in of))]
            pairs = {  # the keys that are visited
                s: (
                    whole(keys)[head * len(whole(keys)) // len(whole(queries)), s],
                    whole("blocks.0.attn.scores")[head, t, s],
                )
                for s in range(t + 1)
            }
            second = whole(queries)[head, t]
            first, total = pairs[score_of[which]]
            assert figures[-2] == len(second)  # under a root
        assert figures[-1] == pytest.approx(total, abs=0.006)
        for n, i in enumerate(terms):
            found = sorted(figures[2 * n : 2 * n + 2])
            assert found == pytest.approx(sorted([first[i], second[i]]), abs=0.006)
    written = [p for p in piece.props if isinstance(p, Text) and ": sum" in p.name]
    if name == "brief attention":
        assert len(written) == min(MOST, shape.n_positions)
    else:  # where there are many candidates no room is left between two rows
        assert len(written) == (0 if shape.family == "llama" and name == "choice" else 1)


@on_models
def test_scores_come_of_learned_rows(shape: Shape) -> None:
    """Each row makes its own score, where the scores are found a moment later."""
    piece, trace = told("choice", shape, 16 / 9), stage(shape).trace
    (made,), (scores,) = piece.named("made"), piece.named("scores")
    assert np.allclose(made.stands["made"].places, scores.stands["made"].places)
    logits = trace["logits"][stage(shape).layout.n_prompt - 1].astype(float)
    written = [p for p in piece.props if isinstance(p, Text) and p.name.startswith("choice: made")]
    assert [read(p.text) for p in written] == pytest.approx(
        sorted(logits, reverse=True)[: len(written)], abs=0.006
    )
    for n in range(len(written)):
        (row,) = piece.named(f"row {n}")
        shown = len(row.figures)
        assert (
            row.role == "weight" and shown >= 2 and row.count == min(shown + 6, trace.network.config.d_model)
        )


@each
def test_numbers_go_with_their_cells(name: str) -> None:
    piece = told(name, NANO, 16 / 9)
    clock = windows(piece)
    film = film_of(piece, piece.cues(clock), 16 / 9)
    for actor in piece.actors:
        swarms = {swarm.name for swarm, _ in actor.swarms()}
        for figure in actor.figures:
            text = next(p for p in piece.props if p.name == figure.name)
            assert isinstance(text, Text)
            for moved, (_, end) in actor.steps(figure):
                t = clock[int(end)][0] + (end - int(end)) * (clock[int(end)][1] - clock[int(end)][0])
                if figure.end is not None and figure.end < end:
                    continue
                there = actor.front(figure.cell, moved)
                for axis, channel in enumerate(("location_x", "location_y", "location_z")):
                    drop = (
                        text.at[axis] - actor.front(figure.cell, actor.where(figure.cell, figure.start))[axis]
                    )
                    now = film.value(text.name, channel, t, text.at[axis])
                    assert now == pytest.approx(there[axis] + drop, abs=1e-6)
        assert swarms


@each
def test_what_lands_stays(name: str) -> None:
    """Some of it ends before its sheet, and nothing hides that."""
    piece = told(name, NANO, 16 / 9)
    if name in ("scores", "brief scores", "prompt"):  # another follows; it lands on what is there already
        return
    landed = piece.landed()
    assert landed
    cues = piece.cues(windows(piece))
    for prop, block in landed:
        assert block in stage(NANO).layout.blocks
        assert not [c for c in cues if c.target == prop and c.channel == "hidden" and c.b == 1.0]


@each
def test_languages_differ_in_words_only(name: str) -> None:
    english, chinese = (told(name, NANO, 16 / 9, language) for language in ("en", "zh"))
    assert [p.name for p in english.props] == [p.name for p in chinese.props]
    assert english.cues(windows(english)) == chinese.cues(windows(chinese))


def test_windows_named_after_beats_hold_those_up_to_the_next_name() -> None:
    piece = told("dot", NANO, 16 / 9)
    names = [beat.name for beat in piece.beats]
    found = piece.timed({names[0]: (0.0, 4.0), names[2]: (10.0, 12.0)})
    assert len(found) == len(names)
    assert found[0][0] == 0.0
    assert found[1][1] == pytest.approx(4.0)
    assert found[2][0] == 10.0
    assert found[-1][1] == pytest.approx(12.0)


def test_a_number_cannot_show_while_its_cell_is_under_way() -> None:
    piece = SetPiece("x", before(stage(NANO).layout, stage(NANO).layout.find("attn.q", 0, 0), (0, 0), 16 / 9))
    actor: Actor = piece.actor("a", "activation", 1)
    actor.pose("here", np.zeros((1, 3)), np.ones((1, 3)), 0.0)
    with piece.beat("only", 1.0) as beat:
        actor.enter("here", beat.at(0))
        actor.to("here", beat[0.2:0.6])
        actor.write(0, "1", beat.at(0.4))
    with pytest.raises(ValueError, match="under way"):
        _ = piece.props


# --- numbers ---

shares = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12).filter(lambda v: sum(v) > 1e-3)


@settings(derandomize=True, max_examples=60)
@given(shares)
def test_percentages_add_up(values: list[float]) -> None:
    found = [float(text.strip(" %")) for text in percentages(values)]
    assert sum(found) == 100
    for value, shown in zip(values, found, strict=True):
        assert abs(100 * value / sum(values) - shown) < 1


@settings(derandomize=True, max_examples=60)
@given(shares)
def test_chances_add_up_and_none_is_certain(values: list[float]) -> None:
    found = chances(values)
    assert "100.0 %" not in found and "0.0 %" not in found
    ends = {"< 0.1 %": "0", "> 99.9 %": "100"}
    told = [float(ends.get(text, text.strip(" %"))) for text in found]
    assert sum(told) == pytest.approx(100)
    for value, shown in zip(values, told, strict=True):
        assert abs(100 * value / sum(values) - shown) < 0.1


@settings(derandomize=True, max_examples=60)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=12), st.booleans())
def test_written_sums_add_up(terms: list[float], folded: bool) -> None:
    *parts, total = (
        read(text) for text in written_sum(terms, sum(terms), len(terms) - 1 if folded else None)
    )
    assert sum(parts) == pytest.approx(total, abs=1e-9)
    assert total == pytest.approx(sum(terms), abs=0.00501)
    exact = parts[:-1] if folded else parts
    assert np.allclose(exact, terms[: len(exact)], atol=0.0151 if not folded else 0.00501)


@settings(derandomize=True, max_examples=60)
@given(st.lists(st.floats(0.0, 900.0), min_size=1, max_size=12))
def test_what_is_written_as_it_is_adds_up_too(terms: list[float]) -> None:
    *parts, total = map(read, as_written(terms))
    assert parts == [read(number(term)) for term in terms]
    assert sum(parts) == pytest.approx(total, abs=1e-9)


def test_excerpts_keep_order() -> None:
    found = largest(np.array([0.1, -3.0, 0.2, 2.0]), 2)
    assert found.shown == (1, 3)
    assert found.folded == [0, 2]
    assert spread(100, 3).shown == (0, 50, 99) or spread(100, 3).shown == (0, 49, 99)


# --- formulas ---


def test_parts_of_a_formula_share_a_place() -> None:
    tex = r"\frac{" + part(1, "a") + "}{" + part(2, "b") + "}"
    found = setting(tex)
    assert set(found.parts) == {0, 1, 2}
    over, under = (np.concatenate(found.parts[k])[:, 1] for k in (1, 2))
    assert over.min() > under.max(), "the numerator stands over the denominator"
    assert setting(tex) is found


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.003, "−0.00"), (-0.0, "0.00"), (0.003, "0.00"), (-1.255, "−1.25"), (12.0, "12.00")],
)
def test_a_number_keeps_its_sign(value: float, text: str) -> None:
    """So that what is rose is written with a minus."""
    assert number(value) == text
    assert written_sum([1.0, value - 1.0], value)[-1].startswith("−") == text.startswith("−")


@on_models
def test_a_number_of_the_stream_looks_alike_before_and_after(shape: Shape) -> None:
    """What attention leaves is what the MLP's answer is added to."""
    after, before = (
        told(name, shape, 16 / 9).named("resid_mid")[0].stands["column"].values
        for name in ("add", "add to that")
    )
    assert np.array_equal(after, before)


@on_models
def test_rows_that_would_be_written_as_zero_are_passed_over(shape: Shape) -> None:
    piece = told("add", shape, 16 / 9)
    texts = [p.text for p in piece.props if isinstance(p, Text) and ": resid_" in p.name]
    assert texts and not {"0.00", "−0.00"} & set(texts)


def test_a_query_that_visits_is_called_one() -> None:
    """Wherever it goes: over its topmost cell, with the same distance."""
    piece = told("brief attention", NANO, 16 / 9)
    (rider,) = piece.named("rider")
    (figure,) = rider.figures
    assert figure.lift > 0 and figure.cell == 0 and figure.text == "query"
    visits = [pose for pose in rider.stands if pose.startswith("at ")]
    assert len(visits) == min(MOST, NANO.n_positions)
    for pose in visits:
        stand = rider.stands[pose]
        assert stand.places[0, 2] == stand.places[:, 2].max()


# --- what stands where ---


@each
@on_models
@in_formats
def test_everything_stands_before_its_wall(name: str, shape: Shape, aspect: float) -> None:
    piece = told(name, shape, aspect)
    wall = piece.stage.centre[1] + WALL * piece.stage.unit
    for actor in piece.actors:
        for pose, stand in actor.stands.items():
            if pose not in ("sheet", "back"):
                assert (stand.places[:, 1] + stand.sizes[:, 1] / 2).max() < wall, f"{actor.name} in {pose}"


@on_models
@in_formats
def test_bars_of_a_norm_stay_under_the_words(shape: Shape, aspect: float) -> None:
    """Formula, mean and spread stand over the highest of them, whatever the numbers are."""
    piece = told("norm", shape, aspect)
    (bars,) = piece.named("cells")
    standing = [stand for pose, stand in bars.stands.items() if pose not in ("sheet", "back")]
    highest = max((stand.places + stand.sizes / 2)[:, 2].max() for stand in standing)
    written = [p for p in piece.props if not isinstance(p, Swarm | Backdrop | Line)]
    above = [p.box.low[2] for p in written if not p.name.startswith("norm: mark")]
    assert min(z for z in above if z > piece.stage.centre[2]) > highest


@on_models
def test_powers_and_their_quotient_make_the_largest_share(shape: Shape) -> None:
    """In the brief telling: what is written over the bars adds up to what the largest is divided by."""
    piece = told("brief attention", shape, 16 / 9)
    texts = {p.name.partition(": ")[2]: p.text for p in piece.props if isinstance(p, Text)}
    powers = [read(text) for name, text in texts.items() if name.startswith("softmax power ")]
    scores = [read(text) for name, text in texts.items() if name.startswith("softmax score ")]
    assert len(powers) == len(scores) > 1
    above, below = (read(part) for part in texts["softmax quotient"].rstrip("= ").split("/"))
    assert above == max(powers)
    if len(powers) == shape.n_positions:  # none is left out
        assert below == pytest.approx(sum(powers), abs=1e-6)
    assert above / below == pytest.approx(read(texts["softmax best"].rstrip(" %")) / 100, abs=0.0151)
    if "softmax heading power" in texts:
        assert np.allclose(powers, np.exp(scores), rtol=0.006, atol=0.01)


def test_a_share_has_one_colour_in_the_stick_and_in_the_table() -> None:
    piece = told("brief attention", NANO, 16 / 9)
    (bars,) = piece.named("softmax bars")
    staged = stage(NANO)
    t = staged.layout.n_prompt - 1
    pattern = staged.layout.find("attn.pattern", 0, clearest_head(staged.trace, 0, t))
    shown = pattern.values(staged.trace)[t, : t + 1]
    assert np.allclose(bars.stands["shares"].values, tones(pattern, staged.trace, shown))


@on_models
def test_a_temperature_is_what_scores_are_divided_by(shape: Shape) -> None:
    piece = told("choice", shape, 16 / 9)
    (scores,) = piece.named("scores")
    raw, cooled = ([f for f in scores.figures if (f.of is None) == later] for later in (False, True))
    (heading,) = (p for p in piece.props if isinstance(p, Text) and "heading divided" in p.name)
    hot = float(heading.text.split("÷ ")[1])
    assert len(raw) == len(cooled) == scores.count
    for before_it, after in zip(raw, cooled, strict=True):
        assert read(after.text) == pytest.approx(read(before_it.text) / hot, abs=0.0101)
        assert before_it.end is not None and before_it.end <= after.start
    bars_begin = min(a.stands["none"].places[:, 0].min() for a in piece.actors if "bar " in a.name)
    assert heading.box.high[0] < bars_begin


@pytest.mark.parametrize("sure", [True, False])
def test_cold_is_told_where_it_changes_anything(sure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "CERTAIN", 0.0 if sure else 1.0)
    told.cache_clear()
    beats = [beat.name for beat in told("choosing", NANO, 16 / 9).beats]
    told.cache_clear()
    assert ("cold" in beats) == (not sure)
    assert {"greedy", "hot", "dice"} <= set(beats)


def test_the_column_that_is_picked_is_framed_with_its_numbers() -> None:
    piece = told("embed", NANO, 16 / 9)
    (table,), (column,) = piece.named("table"), piece.named("embed.W_E")
    frame = next(p for p in piece.props if p.name.endswith(": picked"))
    inside_it = [
        i
        for i, place in enumerate(table.stands["table"].places)
        if frame.box.low[0] < place[0] < frame.box.high[0]
    ]
    texts = [figure.text for figure in table.figures if figure.cell in inside_it]
    assert texts == [figure.text for figure in column.figures]
    assert len(table.figures) == table.count > len(texts) > 0


@pytest.mark.parametrize(("raised", "full"), [(-12.0, False), (0.0, True), (30.0, False)])
def test_powers_can_be_read_whatever_the_scores_are(
    raised: float, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of scores that are all far below zero they would be 0.00, and of large ones endless."""
    begin = Attention.__init__

    def shifted(self: Attention, *given: Any) -> None:
        begin(self, *given)
        self.raw = self.raw - self.raw.max() + raised

    monkeypatch.setattr(Attention, "__init__", shifted)
    told.cache_clear()
    piece = told("brief attention", NANO, 16 / 9)
    told.cache_clear()
    texts = {p.name.partition(": ")[2]: p.text for p in piece.props if isinstance(p, Text)}
    assert ("softmax heading power" in texts) == full
    powers = [read(text) for name, text in texts.items() if name.startswith("softmax power ")]
    assert max(powers) == pytest.approx(1.0)
    assert read(texts["softmax quotient"].split("/")[0]) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["choice", "choosing"])
def test_all_others_have_a_bar_where_not_every_token_has_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the shares of a temperature are 100 % together, and dice throw others as often as they come."""
    monkeypatch.setattr(choice, "MOST", 3)  # of five tokens
    told.cache_clear()
    piece = told(name, LLAMA, 16 / 9)
    told.cache_clear()
    texts = {p.name.partition(": ")[2]: p.text for p in piece.props if isinstance(p, Text)}
    rests = [text for text in texts if text.startswith("rest ")]
    assert len(rests) == (2 if name == "choice" else len(piece.beats) - 2) and "others" in texts
    for rest in rests:
        n = rest.removeprefix("rest ")
        shares = [texts[rest], *(text for share, text in texts.items() if share.startswith(f"share {n} "))]
        assert len(shares) == 3  # two candidates
        assert sum(float(share.split(" ")[0]) for share in shares) == pytest.approx(100, abs=0.16)
    (bar,), (first,) = piece.named("rest"), piece.named("bar 0")
    by_length = [a.stands["chance"].sizes[0, 0] for a in (bar, first)]
    told_of = [float(texts[f"{text} 0"].split(" ")[0]) for text in ("rest", "share 0")]
    assert by_length[0] / by_length[1] == pytest.approx(told_of[0] / told_of[1], rel=0.01)
    thrown = [text for share, text in texts.items() if share.startswith("draw ")]
    assert bar.glows and set(thrown) <= set(LETTERS)


def test_where_every_token_has_a_bar_there_are_no_others() -> None:
    for name in ("choice", "choosing"):
        assert not told(name, NANO, 16 / 9).named("rest")


@each
@on_models
def test_a_formula_comes_as_a_whole(name: str, shape: Shape) -> None:
    """No part of it is there before the others."""
    piece = told(name, shape, 16 / 9)
    cues = piece.cues(windows(piece))
    comes: dict[tuple[str, str], dict[int, float]] = {}
    for prop in piece.props:
        if isinstance(prop, Formula):
            shown = min(c.end for c in cues if c.target == prop.name and c.channel == "hidden" and not c.b)
            parts = comes.setdefault((prop.name.split(" ")[1], prop.tex), {})
            parts[prop.part] = min(shown, parts.get(prop.part, shown))
    for parts in comes.values():
        assert max(parts.values()) - min(parts.values()) < 1e-6


@on_models
def test_figures_of_a_score_say_whose_it_is_and_follow_the_query(shape: Shape) -> None:
    piece = told("brief scores", shape, 16 / 9)
    texts = {p.name.partition(": ")[2]: p for p in piece.props if isinstance(p, Text)}
    sums = [text for name, text in texts.items() if name.startswith("sum")]
    letters = [text.text for name, text in texts.items() if name.startswith("letter ")]
    assert len(sums) in (0, len(letters))  # where keys are many there is no room for numbers
    named = "whose 0" in texts
    assert named or shape != NANO
    cues = [c for c in piece.cues(windows(piece)) if c.channel == "hidden"]
    come, gone = ({c.target: c.end for c in cues if c.b == hidden} for hidden in (0.0, 1.0))
    for j, figures in enumerate(sums):
        score = texts[f"score {j} 0"]
        assert figures.text.endswith(f"= {score.text}")
        assert come[figures.name] == pytest.approx(come[score.name])
        if not named:
            continue
        whose = texts[f"whose {j}"]
        place = score.of[1][-1] + 1  # the key of that cell
        several = len(set(letters)) < len(letters)
        assert whose.text == (f"place {place}:" if several else f"{letters[j]}:")
        assert texts["offers"].box.high[0] < whose.box.low[0] < whose.box.high[0] < figures.box.low[0]
        assert come[figures.name] == come[whose.name] and gone[figures.name] == gone[whose.name]
    for one, other in itertools.pairwise(sums):
        assert gone[one.name] == come[other.name]


# --- what is still to come ---


@in_formats
@pytest.mark.parametrize("name", ["heads", "choice", "choosing", "embed"])
def test_what_is_to_come_is_outlined_before(name: str, aspect: float) -> None:
    """Where columns, a sum, or what dice throw will stand: around it, and sooner."""
    piece = told(name, NANO, aspect)
    cues = [c for c in piece.cues(windows(piece)) if c.channel == "hidden" and not c.b]
    come = {c.target.partition(": ")[2]: c.end for c in cues}
    stands = {p.name.partition(": ")[2]: p for p in piece.props}
    total = next((n for n in come if re.fullmatch(r"resid_pre \d+ 0", n)), "")
    pairs = {
        "heads": ("place 1", "title 1"),
        "choice": ("throw 0", "draw 0"),
        "choosing": ("throw 2", "draw 2"),
        "embed": ("empty 0", total),
    }
    outline, there = pairs[name]
    assert come[outline] < come[there]
    if name != "heads":  # a head's name stands over its column
        around, inside = stands[outline].box, stands[there].box
        middle = (inside.low[0] + inside.high[0]) / 2
        assert around.low[0] < inside.centre[0] < around.high[0] and around.low[0] < middle


def test_every_part_of_the_stick_has_its_share_and_its_letter() -> None:
    """In a second line with a leader to it, where the first is taken."""
    piece = told("brief attention", NANO, 16 / 9)
    texts = {p.name.partition(": softmax ")[2]: p for p in piece.props if isinstance(p, Text)}
    lines = {p.name.partition(": softmax ")[2]: p for p in piece.props if isinstance(p, Line)}
    above = {text.at[2] for name, text in texts.items() if re.fullmatch(r"of \d+", name)}
    second = [name for name in lines if name.startswith("to ")]
    assert len(above) <= 2 and (len(above) == 2) == any(name.startswith("to of") for name in second)
    for name in second:
        text, line = texts[name.removeprefix("to ")], lines[name]
        assert line.points[0][0] == pytest.approx(text.at[0])


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0.1, 6)), max_size=9), st.integers(1, 3))
@settings(deadline=None)
def test_things_in_a_line_never_meet(things: list[tuple[float, float]], count: int) -> None:
    x, wide = [a for a, _ in things], [b for _, b in things]
    found = in_lines(x, wide, count)
    for i, j in itertools.combinations(range(len(x)), 2):
        if found[i] is not None and found[i] == found[j]:
            assert abs(x[i] - x[j]) >= (wide[i] + wide[j]) / 2
    for n, line in enumerate(found):  # none is left out for which an earlier line had room
        lower = range(count if line is None else line)
        for free in lower:
            assert any(found[k] == free and abs(x[n] - x[k]) < (wide[n] + wide[k]) / 2 for k in range(n))
