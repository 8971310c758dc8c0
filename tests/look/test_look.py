"""Colours say sign and magnitude, to colour-blind eyes too."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from llm_scene.look import (
    FRONT,
    INKS,
    LOOKS,
    PAPER,
    STUDIO,
    Look,
    colours,
    linear,
    normalise,
    relief_of,
    scale_of,
    srgb,
    to_linear,
)
from llm_scene.network import Config, declare

looks = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
ROLES = ("weight", "activation", "aggregate")
roles = pytest.mark.parametrize("role", ROLES)
STEPS = np.linspace(0, 1, 65)

# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
BLINDNESS = {
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def oklab(rgb: np.ndarray) -> np.ndarray:
    """OKLab of linear RGB, from the published matrices (Ottosson 2020), written independently."""
    r, g, b = np.moveaxis(np.asarray(rgb, float), -1, 0)
    long = np.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = np.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = np.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return np.stack(
        [
            0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
            1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
            0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
        ],
        axis=-1,
    )


def lab_of(look: Look, role: str, signed: bool, values: np.ndarray) -> np.ndarray:
    return oklab(to_linear(look.ramp(role, signed).colours(values)))


def seen_by(kind: str, codes: np.ndarray) -> np.ndarray:
    """OKLab of sRGB colours as someone with this colour blindness sees them."""
    return oklab(np.clip(to_linear(codes) @ BLINDNESS[kind].T, 0, 1))


# --- ramps ---


@roles
def test_rooms_share_the_maps(role: str) -> None:
    """A matrix has the same colours in every room."""
    for signed in (True, False):
        assert len({id(look.ramp(role, signed)) for look in LOOKS.values()}) == 1


@roles
def test_lightness_rises_with_the_value(role: str) -> None:
    """Negative is darker, positive lighter, in equal steps along |v|^0.85."""
    for signed in (True, False):
        size = STEPS ** (1 / 0.85)
        values = np.concatenate([-size[:0:-1], size]) if signed else size
        light = lab_of(STUDIO, role, signed, values)[:, 0]
        steps = np.diff(light)
        assert (steps > 0).all()
        assert light[-1] - light[0] > 0.35, "too flat to tell magnitudes apart"
        assert steps.max() < 4 * steps.min(), "equal steps do not look equal"


@roles
@pytest.mark.parametrize("kind", [None, *BLINDNESS])
def test_sign_survives_colour_blindness(role: str, kind: str | None) -> None:
    """Ends of a map stay far apart for every eye, at half strength too."""
    ramp = STUDIO.ramp(role, True)
    for strength, least in ((1.0, 0.1), (0.5, 0.1)):
        low, high = ramp.colours(np.array([-strength, strength]))
        if kind is None:
            a, b = oklab(to_linear(np.array([low, high])))
        else:
            a, b = seen_by(kind, np.array([low, high]))
        assert np.linalg.norm(a - b) > least, f"{strength}: {np.linalg.norm(a - b):.3f}"


@roles
@pytest.mark.parametrize("signed", [True, False])
def test_hue_says_the_role_at_every_value(role: str, signed: bool) -> None:
    """Weights blue, computed values green, aggregates a neutral silver; black and white have no hue."""
    _, a, b = lab_of(STUDIO, role, signed, np.linspace(-0.9 if signed else 0, 0.9, 37)).T
    hue, chroma = np.degrees(np.arctan2(b, a)) % 360, np.hypot(a, b)
    if role == "aggregate":
        assert chroma.max() < 0.02
    else:
        low, high = {"weight": (235, 285), "activation": (145, 185)}[role]
        assert ((low < hue) & (hue < high)).all(), hue
        assert chroma.min() > 0.02


@roles
def test_negatives_seen_close_turn_rose(role: str) -> None:
    """From the smallest on, and only those: zero and positive values stay as they are."""
    near, far = STUDIO.close_ramp(role, True), STUDIO.ramp(role, True)
    assert np.array_equal(near.colours(STEPS), far.colours(STEPS))
    assert near.colours(np.array([-1.0]))[0] == pytest.approx(srgb("#ff6f91"), abs=1e-3)
    below = oklab(to_linear(near.colours(-np.r_[1e-4, STEPS[1:]])))
    hue = [np.degrees(np.arctan2(b, a)) % 360 for _, a, b in below]
    assert all(h < 30 or h > 320 for h in hue), hue
    assert STUDIO.close_ramp(role, False) == STUDIO.ramp(role, False)


@looks
def test_amber_belongs_to_what_is_chosen(look: Look) -> None:
    """The accent is amber or its dark sister, and nothing else in the room has its hue and strength."""

    def hue_of(code: str) -> tuple[float, float]:
        _, a, b = oklab(linear(code))
        return np.degrees(np.arctan2(b, a)) % 360, np.hypot(a, b)

    hue, chroma = hue_of(look.accent)
    assert 35 < hue < 95 and chroma > 0.1
    others = [look.wall, look.middle, look.floor, look.ink, look.faint, look.plate, look.grid, look.idle]
    for code in (*others, *look.links.values()):
        other, strength = hue_of(code)
        assert strength < 0.04 or not 20 < other < 110, code


@looks
def test_special_cells_look_special(look: Look) -> None:
    """Plates, walls and broken cells are told from each other and, if broken, from every value."""
    special = {name: oklab(linear(getattr(look, name))) for name in ("plate", "middle", "broken")}
    for (one, a), (other, b) in itertools.combinations(special.items(), 2):
        assert np.linalg.norm(a - b) > 0.08, f"{one} and {other}"
    for role, signed in itertools.product(ROLES, (True, False)):
        values = lab_of(look, role, signed, np.linspace(-1 if signed else 0, 1, 129))
        assert np.linalg.norm(values - special["broken"], axis=1).min() > 0.1, f"broken among {role}"


@looks
def test_ink_can_be_read_on_the_wall(look: Look) -> None:
    """Contrast as WCAG counts it: 7 for labels, 4.5 is the least for text, 3 for large quiet marks."""

    def luminance(code: str) -> float:
        return float(np.dot(linear(code), [0.2126, 0.7152, 0.0722]))

    def contrast(one: str, other: str) -> float:
        a, b = sorted((luminance(one), luminance(other)))
        return (b + 0.05) / (a + 0.05)

    for ground in (look.wall, look.middle, look.floor):
        assert contrast(look.ink, ground) > 7
        assert contrast(look.accent, ground) > 3
        assert contrast(look.faint, ground) > 3


# --- rooms ---


def test_the_rooms_are_as_the_art_direction_says() -> None:
    """Slate, not navy and not black; and paper, from grey to white."""
    for look, low, high in ((STUDIO, 0.15, 0.32), (PAPER, 0.85, 0.97)):
        for code in (look.wall, look.middle, look.floor):
            rgb = np.array(srgb(code))
            assert low < rgb.mean() < high, code
            assert np.ptp(rgb) < 0.08, f"{code} has a hue"
        assert sum(srgb(look.middle)) > sum(srgb(look.wall)), "brighter behind the subject"


@looks
def test_the_lightest_cells_stand_off_the_wall(look: Look) -> None:
    for kind in ("weight", "activation", "aggregate"):
        for signed in (True, False):
            lightest = to_linear(look.ramp(kind, signed).colours(np.array([1.0])))[0] * look.light.on()
            wall = to_linear(np.array(srgb(look.middle)))
            pair = [float(rgb @ (0.2126, 0.7152, 0.0722)) for rgb in (lightest, wall)]
            assert max(pair) / min(pair) > 1.15, kind


SHOWS = {"studio": 1.0, "paper": 0.8}  # of its colour: a white room leaves cells some of theirs


@looks
def test_what_faces_the_viewer_shows_its_colour(look: Look) -> None:
    """And a cast shadow leaves more than half of the light: it swallows nothing."""
    full = look.light.on()
    assert full == pytest.approx(SHOWS[look.name], abs=0.06)
    key = look.light.suns[0]
    left = full - max(0, key.way @ np.array(FRONT)) * key.strength / np.pi * np.array(key.colour)
    assert (left / full > 0.5).all()
    assert 4 <= key.softness <= 12


@looks
def test_every_ink_has_a_colour(look: Look) -> None:
    for name in INKS:
        code, strength = look.inked(name)
        assert srgb(code) and 0 < strength <= 1


# --- values to colours ---


def test_scale_is_a_robust_maximum() -> None:
    values = np.linspace(-1, 1, 2001)
    assert scale_of(values) == pytest.approx(0.995, abs=1e-3)
    values[7] = 1e6  # one outlier does not darken everything
    assert scale_of(values) == pytest.approx(0.996, abs=1e-3)


@pytest.mark.parametrize("strange", [-np.inf, np.inf, np.nan])
def test_scale_ignores_cells_without_a_number(strange: float) -> None:
    values = np.array([1.0, -3.0, 2.0, strange, strange, strange])
    assert scale_of(values) == scale_of(values[:3])


def test_scale_is_never_zero() -> None:
    assert scale_of(np.zeros(5)) == 1
    assert scale_of(np.full(4, np.nan)) == 1
    assert scale_of(np.array([])) == 1
    lonely = np.zeros(1000)
    lonely[3] = -0.25
    assert scale_of(lonely) == 0.25


def test_normalise() -> None:
    values = np.array([-4.0, -1.0, 0.0, 0.5, 2.0, 9.0, -np.inf, np.inf, np.nan])
    assert normalise(values, 2.0).tolist() == [-1, -0.5, 0, 0.25, 1, 1, 0, 0, 0]


def test_positive_stands_out_and_negative_is_set_back() -> None:
    """Two cells for the largest values; a sheet is one cell thick, so nothing is set back farther."""
    out = relief_of(np.array([-1.0, -0.5, 0.0, 0.5, 1.0]))
    assert out.tolist() == pytest.approx([-0.8, -0.4, 0.0, 1.0, 2.0])


@looks
def test_masked_and_broken_cells_have_colours_of_their_own(look: Look) -> None:
    scores = declare(Config("gpt2", 1, 1, 4, 4, 8, 3, 3, 1)).find("attn.scores", 0)
    values = np.array([[1.0, -np.inf], [np.nan, np.inf], [0.0, -0.5]])
    seen = colours(values, scores, look, 1.0)
    assert seen[0, 1] == pytest.approx(srgb(look.wall))
    assert seen[1, 0] == pytest.approx(srgb(look.broken))
    assert seen[1, 1] == pytest.approx(srgb(look.broken))
    ramp = look.ramp("activation", True)
    assert seen[[0, 2, 2], [0, 0, 1]] == pytest.approx(ramp.colours(np.array([1.0, 0.0, -0.5])))


@looks
@roles
@pytest.mark.parametrize("signed", [True, False])
def test_ramps_pass_through_their_anchors(look: Look, role: str, signed: bool) -> None:
    ramp = look.ramp(role, signed)
    assert ramp.colours(np.array([0.0]))[0] == pytest.approx(srgb(ramp.zero), abs=1e-3)
    assert ramp.colours(np.array([1.0]))[0] == pytest.approx(srgb(ramp.positive[-1]), abs=1e-3)
    if signed:
        assert ramp.colours(np.array([-1.0]))[0] == pytest.approx(srgb(ramp.negative[-1]), abs=1e-3)
    assert ((ramp.colours(np.linspace(-1, 1, 99)) >= 0) & (ramp.colours(np.linspace(-1, 1, 99)) <= 1)).all()


def test_srgb_and_linear() -> None:
    assert srgb("#ff8000") == pytest.approx((1, 128 / 255, 0))
    assert linear("#ff8000") == pytest.approx((1, 0.215861, 0), abs=1e-5)
    assert to_linear(np.array([0.0, 0.04045, 0.5, 1.0])) == pytest.approx(
        [0, 0.0031308, 0.2140411, 1], abs=1e-5
    )
