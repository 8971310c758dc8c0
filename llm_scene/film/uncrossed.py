"""Links that would run through a name or a letter, or before what a shot speaks of, are not there for it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..layout import names
from ..layout.drawn import Text
from ..layout.layout import Box, Layout
from ..network.ops import Array
from .film import Film, Pose, Shot
from .framing import crossing, halves, passing, project
from .labels import is_label, spot
from .presence import restricted
from .story import letter_box

TOUCH = np.array([1.0, 1.0, -1.0, -1.0])  # pixels by which a line may touch a name


def uncrossed(film: Film, layout: Layout) -> Film:
    """The film with links that make way for names, and for what is spoken of."""
    links = _Links(layout)
    labels = [prop for prop in film.props if isinstance(prop, Text) and is_label(prop.name)]
    crossed = np.array([links.in_the_way(film, shot, labels) for shot in film.shots])  # [shots, links]
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

    def in_the_way(self, film: Film, shot: Shot, labels: Sequence[Text]) -> Array:
        """Which links cross a name of a shot, or what it speaks of, `[links]`."""
        found = np.zeros(len(self.names), bool)
        if not shot.holds or shot.kind == "stage":
            return found
        shown = [label for label in labels if _there(film, label.name, shot)]
        letters = [letter_box(x) for x in self.layout.letters if _there(film, x.name, shot)]
        boxes = [self.layout[name].box for name in shot.subject]
        for pose in (shot.a, shot.b):
            which, seen = self._seen(pose, film.aspect)
            texts = [spot(label, pose, film.aspect).array() for label in shown]
            texts += [_around(box, pose, film.aspect) for box in letters]
            for rectangle in texts:
                found[which[crossing(seen[..., :2], rectangle + TOUCH)]] = True
            found[which[passing(seen, boxes, pose, film.aspect)]] = True
        return found

    def _seen(self, pose: Pose, aspect: float) -> tuple[Array, Array]:
        """The link `[n]` of each piece before the camera; pixels, depth and y of its ends, `[n, 2, 4]`."""
        seen = project(self.ends.reshape(-1, 3), pose, aspect).reshape(-1, 2, 3)
        seen[..., :2] *= halves(aspect)
        kept = (seen[..., 2] > 0).all(axis=1)
        return self.of[kept], np.concatenate([seen, self.ends[..., 1:2]], axis=2)[kept]


def _there(film: Film, name: str, shot: Shot) -> bool:
    return any(come < shot.end and leave > shot.start for come, leave in film.presence(name))


def _around(box: Box, pose: Pose, aspect: float) -> Array:
    """The rectangle in which a box appears."""
    seen = project(box.corners(), pose, aspect)[:, :2] * halves(aspect)
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)])
