"""The film of any model: everything is computed once and in order, seen whole, under readable captions."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from llm_scene.errors import UserError
from llm_scene.film import Film, Pose, Shot
from llm_scene.film.chapters.blocks import TRUNK
from llm_scene.film.compose import CUTS, FORMATS, compose
from llm_scene.film.excerpt import largest, read
from llm_scene.film.film import Cue
from llm_scene.film.framing import NEAR, SAFE, covered, project
from llm_scene.film.front import begin, done
from llm_scene.film.pieces import choice
from llm_scene.film.pieces.scores import FEW, MOST
from llm_scene.film.props import Swarm, number
from llm_scene.film.screenplay import EMPTY, INSTANT, ON_THE_WAY, WAYS
from llm_scene.film.story import Story
from llm_scene.film.words import words
from llm_scene.layout import Box
from llm_scene.layout import names as thing
from llm_scene.layout.drawn import Text
from llm_scene.look.views import CAPITAL
from llm_scene.models import Model, load
from llm_scene.models.checkpoint import stored_shapes
from llm_scene.models.tokenizer import NumberTokenizer
from llm_scene.network import declare
from llm_scene.network.graph import Network
from llm_scene.network.sampling import softmax
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce
from llm_scene.staging.things import things
from tests.film.staged import ARRANGED, NANO, SHAPES, Shape, box_at, stage

each_shape = pytest.mark.parametrize("shape", [*SHAPES, *ARRANGED], ids=str)
FULL = [shape for shape in (*SHAPES, *ARRANGED) if shape.cut == "full"]
AXES = ("location_x", "location_y", "location_z")
CLOSEST = 2.0  # cells between the camera and any block
WIDE_LETTER = 0x2E80  # from here on a letter is read as slowly as two
SLACK = 0.03  # of the frame: a drifting camera moves in straight lines of its angles


# --- what is computed when ---


@each_shape
def test_every_computed_block_is_revealed_step_by_step_and_whole_at_the_end(shape: Shape) -> None:
    staged = stage(shape)
    later = staged.trace.n_positions - staged.layout.n_prompt
    for block in staged.layout.blocks.values():
        cues = staged.film.tracks.get((block.name, "reveal"), [])
        if block.role == "weight":
            assert not cues, f"{block.name} is a weight: it is there from the beginning"
            continue
        rewound, *cues = cues  # the opening shows it finished, and empties it
        assert (rewound.a, rewound.b) == (done(later), begin(0))
        assert [(cue.a, cue.b) for cue in cues] == [(begin(k), done(k)) for k in range(later + 1)], block.name
        assert cues[0].start >= 0
        assert all(cue.start < cue.end for cue in cues)
        assert staged.film.value(block.name, "reveal", cues[0].start) == 0


@each_shape
def test_nothing_happens_after_the_end(shape: Shape) -> None:
    """What plays animation, glTF for one, lasts as long as its last key."""
    film = stage(shape).film
    assert max(cue.end for chapter in film.chapters for cue in chapter.cues) <= film.duration + 1e-9


def shown_inputs(network: Network, name: str) -> set[str]:
    """The shown matrices that a matrix is made of, through those that are not shown."""
    found: set[str] = set()
    for source in network[name].inputs:
        found |= {source} if network[source].shown else shown_inputs(network, source)
    return found


@each_shape
def test_nothing_is_computed_before_its_sources(shape: Shape) -> None:
    staged = stage(shape)
    for block in staged.layout.blocks.values():
        if block.matrix.op is None:
            continue
        for step, cue in enumerate(staged.film.tracks[block.name, "reveal"][1:]):
            for source in shown_inputs(staged.trace.network, block.matrix.name):
                for made_of in staged.layout.of(source):
                    if made_of.role != "weight" and made_of.head in (None, block.head):
                        ready = staged.film.value(made_of.name, "reveal", cue.start)
                        assert ready >= begin(step) + 1 - 1e-9, f"{block.name} begins before {made_of.name}"


@each_shape
def test_cues_move_things_that_exist_and_within_the_film(shape: Shape) -> None:
    staged = stage(shape)
    known = {thing.name for thing in things(staged.layout, staged.trace, staged.film)}
    for (target, channel), cues in staged.film.tracks.items():
        assert target in known, f"{channel} of {target}"
        for cue in cues:
            assert cue.start <= cue.end <= staged.film.duration + 1.5
            assert np.isfinite([cue.a, cue.b]).all()


@each_shape
def test_what_makes_way_dims_or_glows_comes_back(shape: Shape) -> None:
    staged = stage(shape)
    props = {prop.name for prop in staged.film.props}
    for (target, channel), cues in staged.film.tracks.items():
        if target in props:
            continue
        if channel in ("location_z", "highlight", "dim") or (
            channel == "scale" and target.startswith("name ")
        ):
            assert target.startswith("token ") or cues[0].a in (cues[-1].b, 0.8), f"{target} does not return"
            for one, other in itertools.pairwise(cues):
                assert target.startswith("token ") or one.b == other.a, f"{channel} of {target} jumps"


# --- captions ---


def letters_to_read(text: str) -> int:
    return sum(2 if ord(letter) >= WIDE_LETTER else 1 for letter in text)


@pytest.mark.parametrize("language", ["en", "zh"])
@each_shape
def test_captions_can_be_read(shape: Shape, language: str) -> None:
    film = stage(shape, language).film
    assert film.captions
    for caption in film.captions:
        length = caption.end - caption.start
        assert caption.text.strip() and "{" not in caption.text
        assert length >= 2.5 - 1e-9, f"“{caption.text}” stands {length:.2f} s"
        assert letters_to_read(caption.text) / length <= 15 + 1e-6, caption.text


@each_shape
def test_never_two_captions_at_once_and_each_in_its_chapter(shape: Shape) -> None:
    film = stage(shape).film
    for one, other in itertools.pairwise(film.captions):
        assert one.end <= other.start + 1e-9
    for chapter in film.chapters:
        for text in chapter.captions:
            assert chapter.start - 1e-9 <= text.start < text.end <= chapter.end + 1e-9


@each_shape
def test_captions_enter_when_the_camera_has_landed(shape: Shape) -> None:
    film = stage(shape).film
    for caption in film.captions:
        travels = [s for s in film.shots if s.start < caption.start and not held(s)]
        if travels and travels[-1].end > caption.start - 1:
            assert caption.start >= travels[-1].end + 0.2 - 1e-9, caption.text


def held(shot: Shot) -> bool:
    """Whether a shot stands before its subject, turning a little at most."""
    return shot.a.distance == pytest.approx(shot.b.distance, rel=0.2) and shot.b.target == pytest.approx(
        shot.a.target, abs=0.2 * shot.a.distance
    )


def test_languages_differ_in_their_words_only() -> None:
    """The same keys in the same order; longer captions may take longer."""
    english, chinese = stage(NANO, "en").film, stage(NANO, "zh").film
    assert [c.key for c in english.captions] == [c.key for c in chinese.captions]
    assert [c.name for c in english.chapters] == [c.name for c in chinese.chapters]
    assert [s.subject for s in english.shots] == [s.subject for s in chinese.shots]
    assert all(a.text != b.text for a, b in zip(english.captions, chinese.captions, strict=True))


def test_without_captions_the_film_is_the_same() -> None:
    silent = produce(load("nano-gpt-sort"), [2, 1, 0], Options(language="none")).film
    spoken = produce(load("nano-gpt-sort"), [2, 1, 0]).film
    assert silent.captions == silent.heads == []
    assert silent.shots == spoken.shots
    assert silent.tracks == spoken.tracks


def test_captions_tell_the_facts() -> None:
    film = produce(load("nano-gpt-sort"), [2, 1, 0, 1, 1, 2]).film
    said = {caption.key: caption.text for caption in film.captions}
    assert "CBABBC" in said["task"] and "85,728" in said["machine"]
    assert "48" in said["embedding"]
    assert "3 heads" in said["heads"]
    assert "192" in said["mlp_wide"]
    assert (
        "“A”" in said["chosen"] and "> 99.9 %" in said["chosen"]
    )  # the least of the six letters comes first
    assert "“ABBBCC”" in said["answer"]


def test_running_heads_go_through_the_film() -> None:
    film = stage(NANO).film
    assert [chapter.name for chapter in film.chapters] == [
        "overview", "tokens", "embedding", "norm", "attention", "projection", "mlp", "blocks", "output",
        "choosing", "loop", "finale",
    ]  # fmt: skip
    assert [head.text for head in film.heads] == [
        "Letters become numbers", "Letters become numbers", "Letters look at letters", "Everything is added",
        "Bend and recombine", "Block after block", "Pick the next letter", "Again", "The answer",
    ]  # fmt: skip
    opening, embedding, *_ = film.heads
    assert opening.end < embedding.start  # before the whole machine there is none
    assert opening.start == 0 and film.heads[-1].end < film.duration  # nor at the end


@each_shape
def test_chapters_are_called_as_their_cut_says(shape: Shape) -> None:
    there = [chapter.name for chapter in stage(shape).film.chapters]
    assert there == [name for name in CUTS[shape.cut].chapters if name in there]


# --- the camera ---


@each_shape
def test_shots_and_chapters_follow_each_other_without_gaps(shape: Shape) -> None:
    film = stage(shape).film
    for parts in (film.chapters, film.shots):
        assert parts[0].start == 0
        assert parts[-1].end == pytest.approx(film.duration)
        for one, other in itertools.pairwise(parts):
            assert one.start < one.end
            assert one.end == pytest.approx(other.start, abs=1e-9)
    for chapter in film.chapters:
        assert (chapter.shots[0].start, chapter.shots[-1].end) == pytest.approx((chapter.start, chapter.end))


@each_shape
def test_the_camera_travels_between_shots_of_a_kind(shape: Shape) -> None:
    """Unless the way would be empty. Between other kinds it would pass through sheets: it is there at once.

    Else every shot begins where the last one ended; and within a shot the camera moves gently.
    """
    staged = stage(shape)
    shots, fps = staged.film.shots, staged.film.fps
    fronts = np.array([[block.box.low, block.box.high] for block in staged.layout.blocks.values()])
    for one, other in itertools.pairwise(shots):
        of_a_kind = other.kind in WAYS.get(one.kind, ())
        if as_numbers(one.b) != pytest.approx(as_numbers(other.a), abs=1e-6) and of_a_kind:
            seen = [
                covered(fronts, one.b.towards(other.a, share), staged.film.aspect) for share in ON_THE_WAY
            ]
            assert min(seen) < EMPTY, f"a cut at {other.start:.1f} s"
    size = np.linalg.norm(staged.layout.box.size)
    for shot in shots:
        poses = [
            shot.pose(frame / fps) for frame in range(math.ceil(shot.start * fps), int(shot.end * fps) + 1)
        ]
        eyes = np.array([pose.eye for pose in poses]).reshape(-1, 3)
        angles = np.array([(pose.azimuth, pose.elevation) for pose in poses]).reshape(-1, 2)
        assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max(initial=0.0) < 0.1 * size
        assert np.abs(np.diff(angles, axis=0)).max(initial=0.0) < 4  # degrees a frame


def as_numbers(pose: Pose) -> list[float]:
    return [*pose.target, pose.azimuth, pose.elevation, pose.distance, pose.lens, pose.fstop]


def sampled(film: Film) -> list[tuple[float, Shot]]:
    """Twice a second: the time, and the shot that holds a subject then."""
    times = np.arange(0, film.duration, 0.5)
    return [(t, s) for t in times for s in film.shots if s.start <= t < s.end and s.subject]


@pytest.mark.parametrize("form", FORMATS)
@each_shape
def test_subjects_are_inside_the_safe_area(shape: Shape, form: str) -> None:
    """Clear of the frame's edges, and of the captions below."""
    staged = stage(shape, "en", form)
    cut_off = []
    for t, shot in sampled(staged.film):
        left, right, bottom, top = NEAR if shot.kind == "detail" else SAFE
        corners = np.concatenate([box.corners() for box in shot.holds])
        places = project(corners, staged.film.pose(t), FORMATS[form])
        assert places[:, 2].min() > 0, f"something of {shot.subject[0]} … is behind the camera at {t:.1f} s"
        low, high = places[:, :2].min(axis=0), places[:, :2].max(axis=0)
        inside = low > (left - SLACK, bottom - SLACK), high < (right + SLACK, top + SLACK)
        if not np.all(inside):
            cut_off.append(f"{t:.1f} s, {shot.subject[0]}: {low.round(2)} to {high.round(2)}")
    assert not cut_off


@pytest.mark.parametrize("shape", [s for s in FULL if s.n_layer > 1], ids=str)
def test_every_further_block_comes_into_the_frame(shape: Shape) -> None:
    """Where the camera arrives along the trunk, all that a block reads from it and adds to it is in view."""
    staged = stage(shape)
    (chapter,) = [c for c in staged.film.chapters if c.name == "blocks"]
    for layer in range(1, shape.n_layer):
        along = [b for b in staged.layout.blocks.values() if b.kind.startswith(TRUNK)]
        boxes = [b.box for b in along if b.matrix.layer == layer]
        corners = np.concatenate([box.corners() for box in boxes])
        best = min(np.abs(project(corners, shot.b)[:, :2]).max() for shot in chapter.shots)
        assert best <= 1, f"block {layer} is never whole in the frame"


def distance(eye: np.ndarray, boxes: list[Box]) -> np.ndarray:
    """From a point to each box; 0 inside."""
    low = np.array([box.low for box in boxes])
    high = np.array([box.high for box in boxes])
    return np.linalg.norm(np.maximum(0, np.maximum(low - eye, eye - high)), axis=1)


@each_shape
def test_the_camera_keeps_clear_of_blocks(shape: Shape) -> None:
    staged = stage(shape)
    names = list(staged.layout.blocks)
    for t in np.arange(0, staged.film.duration, 0.5):
        away = distance(np.array(staged.film.pose(t).eye), [box_at(staged, name, t) for name in names])
        nearest = int(away.argmin())
        assert away[nearest] >= CLOSEST, f"{away[nearest]:.1f} cells from {names[nearest]} at {t:.1f} s"


def hidden_share(staged: Production, shot: Shot, t: float) -> float:
    """Of points all over the subject's fronts, how many are behind blocks that are no part of it."""
    eye = np.array(staged.film.pose(t).eye)
    points = []
    for name in shot.subject:
        box = box_at(staged, name, t)
        u, v = np.meshgrid(np.linspace(0.05, 0.95, 7), np.linspace(0.05, 0.95, 7))
        size = np.array(box.high) - box.low
        points.append(np.array(box.low) + np.stack([u * size[0], 0 * u, v * size[2]], axis=-1).reshape(-1, 3))
    towards = np.concatenate(points) - eye  # [n, 3]
    others = [box_at(staged, name, t) for name in staged.layout.blocks if name not in shot.subject]
    if not others:
        return 0.0
    low = np.array([box.low for box in others])[:, None]  # [boxes, 1, 3]
    high = np.array([box.high for box in others])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - eye) / towards, (high - eye) / towards  # slabs, as shares of the way
    enter, leave = np.minimum(one, other).max(axis=2), np.maximum(one, other).min(axis=2)
    blocked = ((enter <= leave) & (leave > 0) & (enter < 0.999)).any(axis=0)
    return float(blocked.mean())


@each_shape
def test_at_most_a_tenth_of_a_subject_is_hidden(shape: Shape) -> None:
    """Rays from the camera to points all over the subject."""
    staged = stage(shape)
    shares = {t: hidden_share(staged, shot, t) for t, shot in sampled(staged.film)}
    covered = {round(float(t), 1): round(share, 2) for t, share in shares.items() if share > 0.1}
    assert not covered


# --- the set pieces ---


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.cut != "teaser"], ids=str)
def test_all_numbers_in_the_picture_are_the_traces(shape: Shape) -> None:
    staged = stage(shape)
    notes = [prop for prop in staged.film.props if isinstance(prop, Text) and prop.of is not None]
    assert notes
    for note in notes:
        name, cell = note.of
        value = float(staged.trace[name][cell])
        if note.text.endswith(" %"):  # shares add up to 100
            assert abs(100 * value - float(note.text.removesuffix(" %"))) < 1, note
        else:
            assert number(value) in note.text or note.text == f"{value:.0f}", note


@pytest.mark.parametrize("shape", FULL, ids=str)
def test_numbers_between_the_lines_follow_from_the_traces(shape: Shape) -> None:
    """Products, lowered scores and powers are nowhere in the trace: they are calculated again."""
    staged = stage(shape)
    texts = {prop.name: prop.text for prop in staged.film.props if isinstance(prop, Text)}
    pattern = staged.trace["blocks.0.attn.pattern"][:, shape.n_positions - 1]
    head = 0 if shape.heads == "fan" else int(np.argmax(pattern.max(axis=-1)))
    row = staged.trace["blocks.0.attn.scores"][head, shape.n_positions - 1].astype(float)
    seen = largest(pattern[head, : shape.n_positions], MOST).shown
    best = row[list(seen)].max()
    powers = np.exp(row[: shape.n_positions] - best)
    for j, s in enumerate(seen):
        lower, power = (texts.get(f"scores: softmax {kind} {j}") for kind in ("below", "power"))
        assert lower in (None, number(row[s] - best))  # where they are many, some have no room
        assert power is None or read(power) == pytest.approx(powers[s], abs=0.0151)
        assert len(seen) > FEW or (lower and power)


@pytest.mark.parametrize("shape", FULL, ids=str)
def test_temperatures_are_true(shape: Shape) -> None:
    """The percentages and the bars' lengths at every temperature."""
    staged = stage(shape)
    props = {prop.name: prop for prop in staged.film.props}
    logits = staged.trace["logits"][shape.n_positions - 1].astype(float)
    likely = np.sort(logits)[::-1]
    told = [prop for prop in staged.film.props if prop.name.startswith("choosing: temperature")]
    assert len(told) == 3
    for title, n, pose in zip(told, (0, 1, 2), ("chance", "cold", "hot"), strict=True):
        shares = softmax(likely / float(title.text.split()[-1]))
        lengths = []
        for i in range(min(choice.MOST, len(staged.layout.candidates))):
            bar = props[f"choosing: bar {i}"]
            lengths.append(bar.sizes[1 + n, 0, 0])
        told = [*shares[: len(lengths)], shares[len(lengths) :].sum()]
        texts = [props[f"choosing: share {n} {i}"].text for i in range(len(lengths))]
        texts += [props[f"choosing: rest {n}"].text] if f"choosing: rest {n}" in props else []
        assert "100.0 %" not in texts and "0.0 %" not in texts  # however sharp: a certainty would be false
        exact = [float(text.strip(" %")) for text in texts if text[0] not in "<>"]
        if len(exact) == len(texts):
            assert sum(exact) == pytest.approx(100.0)
        for text, share in zip(texts, told, strict=False):
            said = float(text.strip(" <>%"))
            assert said == pytest.approx(100 * share, abs=0.1) or (text[0] == "<" and 100 * share < 0.1)
        for i, length in enumerate(lengths):
            if length > 2 * min(lengths):  # shorter ones are drawn as a sliver
                assert length / lengths[0] == pytest.approx(shares[i] / shares[0], rel=1e-3), pose


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.cut != "teaser"], ids=str)
def test_swarms_take_their_poses_one_after_the_other(shape: Shape) -> None:
    film = stage(shape).film
    swarms = [prop for prop in film.props if isinstance(prop, Swarm)]
    assert swarms
    for swarm in swarms:
        cues = film.tracks.get((swarm.name, "pose"), [])
        assert [(cue.a, cue.b) for cue in cues] == [(k, k + 1) for k in range(len(cues))], swarm.name
        assert len(cues) < len(swarm.places) == len(swarm.sizes) == len(swarm.values)
        assert np.isfinite(swarm.places).all() and (swarm.sizes > 0).all()
        assert np.abs(swarm.values).max() <= 1 + 1e-6
        opens = swarm.name.startswith(thing.prop("prompt", ""))  # the first picture
        assert film.value(swarm.name, "hidden", 0.0) == (not opens), swarm.name


def test_flown_columns_leave_and_land_on_their_cells() -> None:
    """The picked columns start at the tables' cells and end in the embedding's column."""
    made = produce(load("nano-gpt-sort"), [2, 1, 0, 1, 1, 2])
    swarms = [prop for prop in made.film.props if isinstance(prop, Swarm)]
    for name, kind, columns, pose in (
        ("table", "embed.W_E", (0, 1, 2), 0),
        ("pos_embed.W_pos", "pos_embed.W_pos", (5,), 0),
        ("resid_pre", "resid_pre", (5,), -1),
    ):
        block = made.layout.find(kind, 0 if kind == "resid_pre" else None)
        flown = [swarm.places[pose] for swarm in swarms if swarm.name.startswith(f"embed: {name}")]
        found = np.concatenate(flown)[:, [0, 2]]
        rows = range(block.shape[0])
        wanted = np.array([block.centre(row, column) for column in columns for row in rows])[:, [0, 2]]
        if name == "table":  # a part of its rows
            apart = np.abs(found[:, None] - wanted[None]).max(axis=2).min(axis=1)
            assert apart.max() < 1e-6 and len(found) >= 6 * len(columns)
        else:
            assert in_order(found) == pytest.approx(in_order(wanted))


def in_order(places: np.ndarray) -> np.ndarray:
    """Places `[n, 2]` from left to right and down."""
    return places[np.lexsort((-places[:, 1], places[:, 0].round(3)))]


# --- chapters alone ---


@pytest.mark.parametrize("names", [("attention",), ("mlp", "norm"), ("loop",), ("overview", "finale")])
def test_chapters_alone_show_what_they_show_in_the_film(names: tuple[str, ...]) -> None:
    film = stage(NANO).film
    alone = film.only(names)
    assert {chapter.name for chapter in alone.chapters} == set(names)
    random = np.random.default_rng(0)
    for chapter in alone.chapters:
        (whole,) = [c for c in film.chapters if c.name == chapter.name]
        assert chapter.end - chapter.start == pytest.approx(whole.end - whole.start)
        for t in random.uniform(0.6, whole.end - whole.start - 0.6, 5):
            assert as_numbers(alone.pose(chapter.start + t)) == pytest.approx(
                as_numbers(film.pose(whole.start + t))
            )
            for (target, channel), cues in film.tracks.items():
                if all(cue.easing == "linear" for cue in cues):
                    meant = film.value(target, channel, whole.start + t)
                    assert alone.value(target, channel, chapter.start + t) == pytest.approx(meant, abs=1e-6)
        for (target, channel), _ in film.tracks.items():
            meant = film.value(target, channel, whole.start + 1e-6)
            assert alone.value(target, channel, chapter.start + 1e-6) == pytest.approx(meant, abs=1e-3)


def test_unknown_chapter() -> None:
    with pytest.raises(UserError, match="no chapter “softmax”; choose from overview, tokens"):
        stage(NANO).film.only(["softmax"])


# --- the whole ---


@pytest.mark.parametrize(
    ("cut", "shortest", "longest"), [("full", 150, 240), ("short", 50, 66), ("teaser", 8, 12)]
)
@pytest.mark.parametrize("prompt", ["CBABBC", "A", "CCBBA"])
def test_duration(cut: str, shortest: float, longest: float, prompt: str) -> None:
    model = load("nano-gpt-sort")
    film = produce(model, model.encode_prompt(prompt), Options(cut=cut)).film
    assert shortest <= film.duration <= longest
    assert film.n_frames == round(film.duration * 24)


LARGE = (Shape("gpt2", 12, 12, 8, d_head=4), Shape("gpt2", 12, 1, 3), Shape("gpt2", 1, 12, 2, d_head=8))


@pytest.mark.parametrize("shape", LARGE, ids=str)
def test_films_of_other_sizes(shape: Shape) -> None:
    """Up to twelve layers and heads."""
    film = stage(shape).film
    assert 150 <= film.duration <= 260


def test_chapters_in_the_order_of_the_model() -> None:
    """Blocks are computed from left to right."""
    staged = stage(NANO)
    first = {}
    for name, block in staged.layout.blocks.items():
        if block.role != "weight":
            first.setdefault(block.matrix.layer, []).append(staged.film.tracks[name, "reveal"][1].start)
    assert max(first[0]) < min(first[1]) and max(first[1]) < min(first[2])


@each_shape
def test_at_the_end_the_answer_is_there(shape: Shape) -> None:
    film, layout = stage(shape).film, stage(shape).layout
    for letter in layout.letters:
        name = f"{'predicted' if letter.predicted else 'token'} {letter.position}"
        assert film.value(name, "hidden", film.duration) == 0, name
    for i in range(len(layout.candidates)):
        assert film.value(f"candidate {i} bar", "scale_x", film.duration) == pytest.approx(1)


def test_the_loop_is_faster_each_time() -> None:
    film = stage(Shape("gpt2", 2, 3, 6)).film
    starts = [cue.start for cue in film.tracks["logits", "reveal"][1:]]
    assert len(starts) > 2
    assert all(b - a > d - c for (a, b), (c, d) in itertools.pairwise(itertools.pairwise(starts)))


def test_unknown_cut() -> None:
    staged = stage(NANO)
    with pytest.raises(UserError, match="no film “longest”; choose one of full, short, teaser"):
        compose(staged.layout, staged.trace, words("en"), Story("", "", "", "", (), ""), cut="longest")


def test_storyboard_names_chapters_and_captions() -> None:
    film = stage(NANO).film
    board = repr(film)
    assert f"{film.n_frames} frames" in board
    assert all(f"“{caption.text}”" in board for caption in film.captions)


def test_what_changes_at_once_still_does_where_the_film_is_cut_to_length() -> None:
    at_once = Cue("x", "scale", 2.0, 2.0, 12.5, 1.0, "step")
    assert at_once.within(0.0, 3.0) == at_once
    assert at_once.within(2.5, 3.0) is None


@pytest.mark.parametrize("fps", [24.0, 25.0, 30000 / 1001, 60.0])
@pytest.mark.parametrize("cut", CUTS)
def test_no_frame_falls_into_a_cut(cut: str, fps: float) -> None:
    """What happens in an instant between two pictures is never seen."""
    staged = stage(Shape("gpt2", 3, 3, 6, cut=cut))
    story = Story("", "", "", "CBABBC", ("C", "B", "A", "B", "B", "C", *"ABBBCCAA"), "")
    film = compose(staged.layout, staged.trace, words("en"), story, cut=cut, fps=fps)
    instants = [
        (cue.start * fps, cue.end * fps)
        for (_, channel), track in film.tracks.items()
        for cue in track
        if channel == "pose" and 0 < cue.end - cue.start <= INSTANT
    ]
    assert instants or cut == "teaser"
    seen = [(a, b) for a, b in instants if math.ceil(a) < b - 1e-4]
    assert seen == []


PLANNED = ((("gpt2", 3, 3, 6), "full"), (("llama", 2, 3, 6), "short"))
PLANS = [Shape(*sizes, heads="grid", blocks="plan", cut=cut) for sizes, cut in PLANNED]


@pytest.mark.parametrize("shape", PLANS, ids=str)
def test_what_was_written_goes_back_under_the_model_in_its_own_colour(shape: Shape) -> None:
    """The prompt stands still meanwhile; what flies crosses none of its blocks."""
    staged = stage(shape)
    film = staged.film
    texts = [
        prop for prop in film.props if isinstance(prop, Text) and prop.name.startswith(("step:", "flown:"))
    ]
    flown = [text for text in texts if text.name.startswith("flown:")]
    prompt = [text for text in texts if re.fullmatch(r"step: given \d+ 0", text.name)]
    written = [text for text in texts if re.fullmatch(r"step: given \d+ 1", text.name)]
    assert flown and len(written) == len(prompt) - 1
    assert {text.at for text in prompt} == {prompt[0].at}
    assert {text.ink for text in written} == {"accent"} and {text.ink for text in prompt} == {"ink"}
    inside = [block for block in staged.layout.blocks.values() if block.matrix.layer is not None]
    sheets = np.array([block.box.corners() for block in inside])  # [n, 8, 3]
    for text in flown:
        (x0, y, z), (x1, _, _) = text.box.low, text.box.high
        letter = Box((x0, y, z), (x1, y, z + CAPITAL * text.size)).corners()
        rising = film.tracks[text.name, "location_z"]
        for t in np.linspace(rising[0].start, rising[-1].end, 13).tolist():
            way = [film.value(text.name, a, t, x) - x for a, x in zip(AXES, text.at, strict=True)]
            low, high = flat(film, t, letter + np.array(way))
            below, above = flat(film, t, sheets)
            apart = (high < below).any(axis=-1) | (low > above).any(axis=-1)
            assert apart.all(), f"{text.name} at {t}"


def flat(film: Film, t: float, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where corners `[..., 8, 3]` are seen at a time: the rectangles around them, low and high `[..., 2]`."""
    seen = project(corners.reshape(-1, 3), film.pose(t), 16 / 9)[:, :2].reshape(*corners.shape[:-1], 2)
    return seen.min(axis=-2), seen.max(axis=-2)


class Numbers(NumberTokenizer):
    """Words that are numbers."""

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(map(str, ids))


def test_a_table_that_reaches_out_before_the_machine_leaves_the_prompt_alone() -> None:
    """As that of a large vocabulary does."""
    config = replace(Shape("llama", 6, 3, 6).config, d_vocab=4000)
    network = declare(config)
    rng = np.random.default_rng(0)
    weights = {
        key: (0.3 * rng.standard_normal(size)).astype(np.float32)
        for key, size in stored_shapes(network).items()
    }
    model = Model("random", "nano-GPT", config, network, weights, Numbers("nano-GPT"))
    made = produce(model, [1, 2, 3, 4, 5, 6], Options(steps=3, cut="short"))
    given = [
        p
        for p in made.film.props
        if isinstance(p, Text) and re.match(r"(asked|again|step|answered): given", p.name)
    ]
    assert given
    sheets = [block.box for block in made.layout.blocks.values()]
    for text in given:
        (x0, _, z0), (x1, _, z1) = text.box.low, text.box.high
        for box in sheets:
            beside = x1 <= box.low[0] or box.high[0] <= x0 or z1 <= box.low[2] or box.high[2] <= z0
            assert beside, f"{text.name} lies over a sheet"
