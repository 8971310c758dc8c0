"""Links make way for names, for letters, and for what a shot speaks of; then they are back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from llm_scene.layout import names
from llm_scene.staging.measures import instant
from llm_scene.staging.sight import Sight
from tests.staging.measured import film

NANO = "nano-gpt-sort"
FILMS = [
    (NANO, {"cut": "full"}),
    (NANO, {"cut": "short", "heads": "fan"}),
]


@pytest.mark.parametrize(("name", "choices"), FILMS)
def test_links_that_would_cross_are_away_for_that_shot_alone(name: str, choices: dict[str, str]) -> None:
    made = film(name, 6, **choices)
    links = {names.links(link.target, link.kind) for link in made.layout.links}
    away = [link for link in links if (link, "hidden") in made.film.tracks]
    assert away and len(away) < len(links)
    edges = np.array([edge for shot in made.film.shots for edge in (shot.start, shot.end)])
    for link in away:
        assert made.film.presence(link)[-1][1] == np.inf
        for cue in made.film.tracks[link, "hidden"]:
            assert np.abs(edges - cue.end).min() < 1e-6


@pytest.mark.parametrize(("name", "choices"), FILMS)
def test_few_are_away_without_need(name: str, choices: dict[str, str]) -> None:
    """Where a link is away, it would cross something: seen by the measures, with all links there. A sheet
    may stand before the crossing."""
    made = film(name, 6, **choices)
    sight = Sight(made)
    links = {names.links(link.target, link.kind) for link in made.layout.links}
    away = [link for link in links if (link, "hidden") in made.film.tracks]
    everything = Sight(made)
    everything._presence = everything._presence | {link: [(0.0, np.inf)] for link in links}
    gaps = [gap for link in away for gap in _gaps(sight._presence[link])]
    needed = [
        any(instant(everything.at(t)).crossed for t in (start + 1e-3, end - 1e-3))
        for start, end in sorted(set(gaps))
    ]
    assert sum(needed) > 0.6 * len(needed)


def _gaps(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(a, b) for (_, a), (b, _) in itertools.pairwise(spans)]
