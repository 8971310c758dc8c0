"""Models side by side: one cell size, one ground, small before large, each with a card.

The smallest stands at the origin. Each larger one stands behind and to the left of where the smaller
ones end, at a distance that grows with it, so that from the front the small ones stand before its corner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..network import Config
from . import names
from .drawn import Text
from .layout import Box, Point
from .naming import PLAIN, Naming

CLEAR = 0.12  # clear ground before a model, relative to its width
ASIDE = 0.12  # how far to the left of the smaller ones it begins, relative to its width
TITLE, FACT = 0.075, 0.034  # heights of a card's letters, relative to the room of its model
RAISED = 0.06  # clear height below a card, in the same way
LEADING = 1.5  # between a card's lines, relative to its letters
TURN = -30.0  # degrees by which cards are turned towards the viewer, as an azimuth of the camera
LEAN = 15.0  # degrees by which they lean back


@dataclass(frozen=True)
class Exhibit:
    """A model to be shown beside others."""

    name: str
    title: str
    config: Config
    n_params: int
    box: Box  # the room it takes where it is arranged


@dataclass(frozen=True)
class Place:
    """Where an exhibit stands, and its card."""

    exhibit: Exhibit
    offset: Point  # by which everything of it is moved
    card: tuple[Text, ...]  # its lines, from the top

    @property
    def box(self) -> Box:
        """The room it takes."""
        x, y, z = self.offset
        low, high = self.exhibit.box.low, self.exhibit.box.high
        return Box((low[0] + x, low[1] + y, low[2] + z), (high[0] + x, high[1] + y, high[2] + z))

    @property
    def card_box(self) -> Box:
        """About the room its card takes, seen from the front."""
        along, across = math.cos(math.radians(TURN)), math.sin(math.radians(TURN))
        ends = [
            (x + along * line.width, y + across * line.width, z + line.size)
            for line in self.card
            for x, y, z in (line.at,)
        ]
        return Box.around([Box(line.at, line.at) for line in self.card] + [Box(end, end) for end in ends])


def lineup(exhibits: Sequence[Exhibit], naming: Naming = PLAIN) -> tuple[Place, ...]:
    """Places for all exhibits, small before large; those of one size keep their order."""
    places: list[Place] = []
    for exhibit in sorted(exhibits, key=lambda e: e.n_params):
        offset = _offset(exhibit, places)
        places.append(Place(exhibit, offset, _card(exhibit, offset, naming)))
    return tuple(places)


def _offset(exhibit: Exhibit, before: list[Place]) -> Point:
    low, width = exhibit.box.low, exhibit.box.size[0]
    if not before:
        return -low[0], -low[1], -low[2]
    behind = max(place.box.high[1] for place in before) + CLEAR * width
    left = min(place.box.low[0] for place in before) - ASIDE * width
    return left - low[0], behind - low[1], -low[2]


def _card(exhibit: Exhibit, offset: Point, naming: Naming) -> tuple[Text, ...]:
    """Over the back of its model: the name, and below it what it consists of."""
    c = exhibit.config
    room = max(exhibit.box.size[:2])
    x, y = exhibit.box.low[0] + offset[0], exhibit.box.high[1] + offset[1]
    facts = (
        f"{exhibit.n_params:,} parameters",
        f"{_count(c.n_layer, 'layer')}, {_count(c.n_head, 'head')}, {_count(c.d_model, 'channel')}",
    )
    z = exhibit.box.size[2] + (2 * LEADING * FACT + RAISED) * room
    name = names.card(exhibit.name)
    lines = [Text(name, exhibit.title, (x, y, z), TITLE * room, "left")]
    for n, fact in enumerate(facts):
        at = (x, y, z - (n + 1) * LEADING * FACT * room)
        lines.append(Text(name, naming.said(fact), at, FACT * room, "left"))
    return tuple(lines)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
