"""Colours say sign and magnitude, to colour-blind eyes too."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from llm_scene.layout.look import LOOKS, Look, colours, linear, normalise, scale_of, srgb, to_linear
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


@looks
@roles
def test_both_ends_are_equally_strong(look: Look, role: str) -> None:
    """A diverging map is fair: the same magnitude is equally light on either side."""
    low, high = lab_of(look, role, True, np.array([-1.0, 1.0]))
    assert abs(low[0] - high[0]) < 0.07, f"lightness {low[0]:.3f} against {high[0]:.3f}"


@looks
@roles
def test_the_centre_is_quiet(look: Look, role: str) -> None:
    """Zero is dark in a dark room and light in a light one, and nearly without hue."""
    zero = lab_of(look, role, True, np.array([0.0]))[0]
    assert zero[0] < 0.3 if look.dark else zero[0] > 0.85
    assert np.hypot(*zero[1:]) < 0.04
    assert lab_of(look, role, False, np.array([0.0]))[0] == pytest.approx(zero, abs=0.02)


@looks
@roles
@pytest.mark.parametrize(("signed", "side"), [(True, 1), (True, -1), (False, 1)])
def test_lightness_runs_one_way_from_the_centre(look: Look, role: str, signed: bool, side: int) -> None:
    light = lab_of(look, role, signed, side * STEPS)[:, 0]
    steps = np.diff(light) if look.dark else -np.diff(light)
    assert (steps > 0).all()
    assert abs(light[-1] - light[0]) > 0.25, "too flat to tell magnitudes apart"
    assert steps.max() < 4 * steps.min(), "equal steps do not look equal"


@looks
@roles
@pytest.mark.parametrize("kind", [None, *BLINDNESS])
def test_sign_survives_colour_blindness(look: Look, role: str, kind: str | None) -> None:
    """Ends of a map stay far apart for every eye, at half strength too."""
    ramp = look.ramp(role, True)
    for strength, least in ((1.0, 0.1), (0.5, 0.1)):
        low, high = ramp.colours(np.array([-strength, strength]))
        if kind is None:
            a, b = oklab(to_linear(np.array([low, high])))
        else:
            a, b = seen_by(kind, np.array([low, high]))
        assert np.linalg.norm(a - b) > least, f"{strength}: {np.linalg.norm(a - b):.3f}"


@looks
@roles
def test_no_red_against_green(look: Look, role: str) -> None:
    """No pair of ends differs mainly in what a red-green blind eye does not see."""
    low, high = look.ramp(role, True).colours(np.array([-1.0, 1.0]))
    normal = np.linalg.norm(np.subtract(*oklab(to_linear(np.array([low, high])))))
    for kind in BLINDNESS:
        left = np.linalg.norm(np.subtract(*seen_by(kind, np.array([low, high]))))
        assert left > 0.35 * normal, f"{kind} leaves {left / normal:.0%} of the difference"


@looks
def test_roles_have_hues_of_their_own(look: Look) -> None:
    """Weights blue, computed values green, aggregates amber."""
    hue = {}
    for role in ROLES:
        _, a, b = lab_of(look, role, True, np.array([0.6]))[0]
        hue[role] = np.degrees(np.arctan2(b, a)) % 360
    assert 230 < hue["weight"] < 290
    assert 140 < hue["activation"] < 190
    assert 50 < hue["aggregate"] < 100


@looks
def test_special_cells_look_special(look: Look) -> None:
    """Empty, masked and broken cells are told from each other and, if broken, from every value."""
    special = {name: oklab(linear(getattr(look, name))) for name in ("empty", "masked", "broken")}
    for (one, a), (other, b) in itertools.combinations(special.items(), 2):
        assert np.linalg.norm(a - b) > 0.08, f"{one} and {other}"
    for role, signed in itertools.product(ROLES, (True, False)):
        values = lab_of(look, role, signed, np.linspace(-1 if signed else 0, 1, 129))
        assert np.linalg.norm(values - special["broken"], axis=1).min() > 0.1, f"broken among {role}"


@looks
def test_ink_can_be_read_on_the_background(look: Look) -> None:
    """Contrast as WCAG counts it: 7 for labels, 4.5 is the least for text, 3 for large quiet marks."""

    def luminance(code: str) -> float:
        return float(np.dot(linear(code), [0.2126, 0.7152, 0.0722]))

    def contrast(one: str, other: str) -> float:
        a, b = sorted((luminance(one), luminance(other)))
        return (b + 0.05) / (a + 0.05)

    assert contrast(look.ink, look.background) > 7
    assert contrast(look.accent, look.background) > 3
    assert contrast(look.faint, look.background) > 3


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


@looks
def test_masked_and_broken_cells_have_colours_of_their_own(look: Look) -> None:
    scores = declare(Config("gpt2", 1, 1, 4, 4, 8, 3, 3, 1)).find("attn.scores", 0)
    values = np.array([[1.0, -np.inf], [np.nan, np.inf], [0.0, -0.5]])
    seen = colours(values, scores, look, 1.0)
    assert seen[0, 1] == pytest.approx(srgb(look.masked))
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
