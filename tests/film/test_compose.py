"""The film of any model: everything is computed once and in order, seen whole, under readable captions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from llm_scene.errors import UserError
from llm_scene.film import Caption, Film, Pose, Shot
from llm_scene.film.compose import TEASER, Story, compose, letter_box
from llm_scene.film.framing import project
from llm_scene.film.words import words
from llm_scene.layout import Box
from llm_scene.models import load
from llm_scene.network.graph import Network
from llm_scene.output.production import produce
from tests.film.staged import NANO, SHAPES, Shape, Staged, stage

each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
CLOSEST = 2.0  # cells between the camera and any block
WIDE_LETTER = 0x2E80  # from here on a letter is read as slowly as two


# --- what is computed when ---


@each_shape
def test_every_computed_block_is_revealed_exactly_once_and_stays(shape: Shape) -> None:
    staged = stage(shape)
    for block in staged.layout.blocks.values():
        cues = staged.film.tracks.get((block.name, "reveal"), [])
        if block.role == "weight":
            assert not cues, f"{block.name} is a weight: it is there from the beginning"
            continue
        assert len(cues) == 1, f"{block.name} is revealed {len(cues)} times"
        (cue,) = cues
        assert 0 <= cue.start < cue.end
        assert cue.a == 0 and cue.b >= 1
        assert staged.film.value(block.name, "reveal", 0.0) == 0
        assert staged.film.value(block.name, "reveal", staged.film.duration) >= 1, (
            f"{block.name} is never whole"
        )


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
        (cue,) = staged.film.tracks[block.name, "reveal"]
        for source in shown_inputs(staged.trace.network, block.matrix.name):
            for made_of in staged.layout.of(source):
                if made_of.role != "weight":
                    done = staged.film.value(made_of.name, "reveal", cue.start)
                    assert done >= 1 - 1e-9, f"{block.name} begins when {made_of.name} is at {done:.2f}"


@each_shape
def test_cues_move_things_that_exist_and_within_the_film(shape: Shape) -> None:
    staged = stage(shape)
    blocks = set(staged.layout.blocks)
    letters = {f"{'predicted' if x.predicted else 'token'} {x.position}" for x in staged.layout.letters}
    known = blocks | letters | {f"name {name}" for name in blocks} | {f"thread {name}" for name in letters}
    known |= {
        f"candidate {i} {part}"
        for i in range(len(staged.layout.candidates))
        for part in ("bar", "token", "share")
    }
    known |= {f"{kind} into {name}" for kind in ("trunk", "data", "weight") for name in blocks}
    for (target, channel), cues in staged.film.tracks.items():
        assert target in known, f"{channel} of {target}"
        for cue in cues:
            assert cue.start < cue.end <= staged.film.duration + 1
            assert np.isfinite([cue.a, cue.b]).all()


@each_shape
def test_what_makes_way_comes_back(shape: Shape) -> None:
    staged = stage(shape)
    for (target, channel), cues in staged.film.tracks.items():
        if channel in ("location_z", "scale", "highlight"):
            assert cues[0].a == cues[-1].b, f"{target} does not return"
            for one, other in itertools.pairwise(cues):
                assert one.b == other.a, f"{channel} of {target} jumps"


# --- captions ---


def letters_to_read(text: str) -> int:
    return sum(2 if ord(letter) >= WIDE_LETTER else 1 for letter in text)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("shape", [s for s in SHAPES if s.family == "gpt2"], ids=str)
def test_captions_can_be_read(shape: Shape, language: str) -> None:
    film = stage(shape, language).film
    assert film.captions
    for caption in film.captions:
        length = caption.end - caption.start
        assert caption.text.strip() and "{" not in caption.text
        assert length >= 2.5 - 1e-9, f"“{caption.text}” stands {length:.2f} s"
        if shape.cut == "film":  # the teaser is timed by its length; it is checked in English below
            assert letters_to_read(caption.text) / length <= 15 + 1e-6, caption.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_teaser_captions_can_be_read(language: str) -> None:
    for caption in stage(Shape("gpt2", 3, 3, 6, "teaser"), language).film.captions:
        speed = letters_to_read(caption.text) / (caption.end - caption.start)
        assert speed <= 15 + 1e-6, f"“{caption.text}”: {speed:.1f} letters a second"


@each_shape
def test_never_two_captions_at_once_and_each_in_its_chapter(shape: Shape) -> None:
    film = stage(shape).film
    for one, other in itertools.pairwise(film.captions):
        assert one.end <= other.start + 1e-9
    for chapter in film.chapters:
        for caption in chapter.captions:
            assert chapter.start - 1e-9 <= caption.start < caption.end <= chapter.end + 1e-9


def test_languages_differ_in_their_words_only() -> None:
    """The same keys in the same order; longer captions may take longer."""
    english, chinese = stage(NANO, "en").film, stage(NANO, "zh").film
    assert [c.key for c in english.captions] == [c.key for c in chinese.captions]
    assert [c.name for c in english.chapters] == [c.name for c in chinese.chapters]
    assert [s.subject for s in english.shots] == [s.subject for s in chinese.shots]
    assert all(a.text != b.text for a, b in zip(english.captions, chinese.captions, strict=True))


def test_without_captions_the_film_is_the_same() -> None:
    staged, story = stage(NANO), Story("nano-GPT", "ABC", "A")
    silent = compose(staged.layout, staged.trace, words("en"), story, captions=False)
    spoken = compose(staged.layout, staged.trace, words("en"), story)
    assert silent.captions == []
    assert silent.shots == spoken.shots
    assert silent.tracks == spoken.tracks


def test_captions_tell_the_facts() -> None:
    film = produce(load("nano-gpt-sort"), [2, 1, 0, 1, 1, 2]).film
    said = {caption.key: caption.text for caption in film.captions}
    assert "CBABBC" in said["opening"]
    assert "48" in said["embedding"]
    assert said["qkv"].startswith("3 heads")
    assert "4×" in said["mlp"]
    assert ": A (" in said["choice"]  # the least of the six letters comes first


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
def test_the_camera_never_jumps(shape: Shape) -> None:
    """Every shot begins where the last one ended, and frame by frame the camera moves and turns gently."""
    staged = stage(shape)
    shots = staged.film.shots
    for one, other in itertools.pairwise(shots):
        assert as_numbers(one.b) == pytest.approx(as_numbers(other.a), abs=1e-6)
    poses = [staged.film.pose(frame / staged.film.fps) for frame in range(staged.film.n_frames)]
    eyes = np.array([pose.eye for pose in poses])
    size = np.linalg.norm(staged.layout.box.size)
    assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() < 0.1 * size
    angles = np.array([(pose.azimuth, pose.elevation) for pose in poses])
    assert np.abs(np.diff(angles, axis=0)).max() < 4  # degrees a frame


def as_numbers(pose: Pose) -> list[float]:
    return [*pose.target, pose.azimuth, pose.elevation, pose.distance, pose.lens, pose.fstop]


def framed(shot: Shot, shape: Shape, staged: Staged) -> list[str]:
    """What a shot promises to show: all of its subject, or the part that its step frames."""
    only = TEASER[-1][0].frames if shape.cut == "teaser" else ()
    names = [name for name in shot.subject if staged.layout[name].kind in only]
    return names or list(shot.subject)


def seen(staged: Staged, names: list[str], t: float) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest frame coordinates of blocks at a time."""
    corners = np.concatenate([staged.box(name, t).corners() for name in names])
    places = project(corners, staged.film.pose(t))
    assert places[:, 2].min() > 0, f"something of {names[0]} … is behind the camera at {t:.1f} s"
    return places[:, :2].min(axis=0), places[:, :2].max(axis=0)


def holds(film: Film) -> list[Shot]:
    """The opening, and the shots that stay with a subject after the one that travelled there."""
    opening = [shot for chapter in film.chapters if chapter.name == "overview" for shot in chapter.shots]
    return opening + [
        shot for before, shot in itertools.pairwise(film.shots) if before.subject == shot.subject
    ]


@each_shape
def test_subjects_are_inside_the_frame(shape: Shape) -> None:
    """In the middle of every holding shot; a subject too tall for one view is climbed from foot to top."""
    staged = stage(shape)
    cut_off = []
    for shot in holds(staged.film):
        names = framed(shot, shape, staged)
        low, high = seen(staged, names, (shot.start + shot.end) / 2)
        if abs(shot.b.target[2] - shot.a.target[2]) > 2:  # it climbs
            low[1] = seen(staged, names, shot.start + 1e-6)[0][1]
            high[1] = seen(staged, names, shot.end - 1e-6)[1][1]
        if low.min() < -1 or high.max() > 1:
            cut_off.append(f"{shot.start:.1f} s, {names[0]}: {low.round(2)} to {high.round(2)}")
    assert not cut_off


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.n_layer > 1 and s.cut == "film"], ids=str)
def test_every_further_block_comes_into_the_frame(shape: Shape) -> None:
    """Where the camera arrives along the trunk, the whole block is in view."""
    staged = stage(shape)
    (chapter,) = [c for c in staged.film.chapters if c.name == "blocks"]
    visited = set()
    for shot in chapter.shots:
        low, high = seen(staged, list(shot.subject), shot.end - 1e-6)
        assert low.min() >= -1 and high.max() <= 1, f"{shot.subject[0]}: {low.round(2)} to {high.round(2)}"
        visited |= {staged.layout[name].matrix.layer for name in shot.subject}
    assert visited == set(range(1, shape.n_layer))


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
        away = distance(np.array(staged.film.pose(t).eye), [staged.box(name, t) for name in names])
        nearest = int(away.argmin())
        assert away[nearest] >= CLOSEST, f"{away[nearest]:.1f} cells from {names[nearest]} at {t:.1f} s"


# --- the whole ---


@pytest.mark.parametrize(("cut", "shortest", "longest"), [("film", 30, 50), ("teaser", 10, 15)])
@pytest.mark.parametrize("n_positions", [1, 6, 11])
def test_duration(cut: str, shortest: float, longest: float, n_positions: int) -> None:
    film = stage(Shape("gpt2", 3, 3, n_positions, cut)).film
    assert shortest <= film.duration <= longest
    assert film.n_frames == round(film.duration * 24)


def test_composing_twice_gives_the_same_film() -> None:
    again = stage.__wrapped__(NANO)
    assert again.film == stage(NANO).film


def test_chapters_in_the_order_of_the_model() -> None:
    names = [chapter.name for chapter in stage(NANO).film.chapters]
    assert names == ["overview", "embedding", "attention", "mlp", "blocks", "output"]
    alone = [chapter.name for chapter in stage(Shape("gpt2", 1, 1, 1)).film.chapters]
    assert alone == ["overview", "embedding", "attention", "mlp", "output"]


def test_predictions_appear_at_the_end() -> None:
    film = stage(NANO).film
    for position in range(NANO.n_positions):
        name = f"predicted {position}"
        assert film.value(name, "hidden", 0.0) == 1
        assert film.value(name, "hidden", film.duration - 3) == 1
        assert film.value(name, "hidden", film.duration) == 0


@each_shape
def test_at_the_end_the_answer_is_in_the_frame(shape: Shape) -> None:
    """Predictions and candidates stand clear of the frame's edge and of the captions."""
    staged = stage(shape)
    boxes = [letter_box(letter) for letter in staged.layout.letters if letter.predicted]
    boxes += [candidate.box for candidate in staged.layout.candidates]
    places = project(np.concatenate([box.corners() for box in boxes]), staged.film.pose(staged.film.duration))
    assert np.abs(places[:, :2]).max() < 1
    assert places[:, 1].min() > -0.6, "it reaches into the captions"


@each_shape
def test_all_candidates_have_grown_at_the_end(shape: Shape) -> None:
    staged = stage(shape)
    assert len(staged.layout.candidates) == len(staged.trace["probs"][-1])
    for i, candidate in enumerate(staged.layout.candidates):
        assert staged.film.value(f"candidate {i} bar", "scale_x", 0.0) < 0.01
        assert staged.film.value(f"candidate {i} bar", "scale_x", staged.film.duration) == 1
        assert staged.film.value(f"candidate {i} share", "hidden", staged.film.duration) == 0
        assert candidate.probability in staged.trace["probs"][-1]


def test_unknown_cut() -> None:
    staged = stage(NANO)
    with pytest.raises(UserError, match="no film “longest”; choose one of film, teaser"):
        compose(staged.layout, staged.trace, words("en"), Story("", "", ""), cut="longest")


def test_storyboard_names_chapters_and_captions() -> None:
    film = stage(NANO).film
    board = repr(film)
    assert f"{film.n_frames} frames" in board
    texts: list[Caption] = film.captions
    assert all(f"“{caption.text}”" in board for caption in texts)
