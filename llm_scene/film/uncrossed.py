"""Links that would run through a name or a letter, or before what a shot speaks of, are not there for it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..layout import names
from ..layout.drawn import Text
from ..layout.layout import Layout, Letter
from ..network.ops import Array
from .film import Film, Pose, Shot
from .framing import crossing, halves, passing, project
from .labels import is_label, spot
from .presence import restricted
from .story import letter_box

Read = tuple[Text | Letter, list[tuple[float, float]]]  # what is read, and when it is there
TOUCH = np.array([1.0, 1.0, -1.0, -1.0])  # pixels by which a line may touch a name


def uncrossed(film: Film, layout: Layout) -> Film:
    """The film with links that make way for names, and for what is spoken of."""
    links = _Links(layout)
    texts = _texts(film, layout)
    crossed = np.array([links.in_the_way(shot, texts, film.aspect) for shot in film.shots])  # [shots, links]
    kept = {name: (~crossed[:, i]).tolist() for i, name in enumerate(links.names) if crossed[:, i].any()}
    return restricted(film, kept)


class _Links:
    """The straight pieces of all links, and by what name each is moved."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        pieces = [
            (names.links(link.target, link.kind), piece)
            for link in layout.links
            for piece in pairwise(link.points)
        ]
        self.names = list(dict.fromkeys(name for name, _ in pieces))
        place = {name: i for i, name in enumerate(self.names)}
        self.of = np.array([place[name] for name, _ in pieces], int)  # [pieces]
        self.ends = np.array([ends for _, ends in pieces], float).reshape(-1, 2, 3)

    def in_the_way(self, shot: Shot, texts: Sequence[Read], aspect: float) -> Array:
        """Which links cross a text of a shot, or what it speaks of, `[links]`."""
        found = np.zeros(len(self.names), bool)
        if not shot.holds or shot.kind == "stage":
            return found
        shown = [text for text, spans in texts if any(a < shot.end and b > shot.start for a, b in spans)]
        boxes = [self.layout[name].box for name in shot.subject]
        for pose in (shot.a, shot.b):
            which, seen = self._seen(pose, aspect)
            for text in shown:
                found[which[crossing(seen[..., :2], _around(text, pose, aspect) + TOUCH)]] = True
            found[which[passing(seen, boxes, pose, aspect)]] = True
        return found

    def _seen(self, pose: Pose, aspect: float) -> tuple[Array, Array]:
        """The link `[n]` of each piece before the camera; pixels, depth and y of its ends, `[n, 2, 4]`."""
        seen = project(self.ends.reshape(-1, 3), pose, aspect).reshape(-1, 2, 3)
        seen[..., :2] *= halves(aspect)
        kept = (seen[..., 2] > 0).all(axis=1)
        return self.of[kept], np.concatenate([seen, self.ends[..., 1:2]], axis=2)[kept]


def _texts(film: Film, layout: Layout) -> list[Read]:
    """The names of all shots and the model's letters, and when each is there."""
    read: list[Text | Letter] = [*layout.letters]
    read += [prop for prop in film.props if isinstance(prop, Text) and is_label(prop.name)]
    return [(text, film.presence(text.name)) for text in read]


def _around(text: Text | Letter, pose: Pose, aspect: float) -> Array:
    """The rectangle in which a text appears."""
    if isinstance(text, Text):
        return spot(text, pose, aspect).array()
    seen = project(letter_box(text).corners(), pose, aspect)[:, :2] * halves(aspect)
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)])
