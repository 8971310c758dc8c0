"""A look: the room a model hangs in, its light, and what everything in it is painted with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..network.graph import Role
from .light import Light
from .ramp import MAPS, ROSE, Ramp

DIM = 0.85  # how far towards the wall a dimmed thing steps back
INK_DIM = 0.9  # and how far dimmed writing does
FLASH = 1.0  # how much the front of computation shines


@dataclass(frozen=True)
class Ink:
    """What is written or drawn shines by itself, so that no shadow makes it unreadable."""

    colour: str  # a field of the look, or one of its links; or `#rrggbb` in every look
    strength: float = 1.0


INKS = {
    "ink": Ink("ink"),  # letters, words of the film
    "accent": Ink("accent"),
    "faint": Ink("faint"),
    "names": Ink("ink"),
    "threads": Ink("faint", 0.8),
    "chosen": Ink("accent"),  # the likeliest candidate's bar, and the others'
    "candidate": Ink("trunk", 0.9),
    "on dark": Ink("#ffffff"),  # numbers on cells, which have the same colours in either room
    "on light": Ink("#06121f"),
    "inspected cell": Ink("accent"),
    "inspected source": Ink("source"),
    "inspected cross": Ink("faint", 0.6),
    "inspected ink": Ink("ink"),
    "inspected faint": Ink("faint"),
    "inspected accent": Ink("accent"),
    "inspected plate": Ink("wall"),
}


@dataclass(frozen=True)
class Look:
    """A room, its light and its colours (`#rrggbb`).

    `wall`, `middle` and `floor` are seen as they are said, since what faces the viewer gets as much light as
    shows its colour.
    """

    name: str
    title: str
    wall: str  # at the edges of the picture
    middle: str  # of the wall, behind the subject
    floor: str
    ink: str  # letters and labels
    faint: str  # brackets, threads, quiet labels
    accent: str  # tokens, and what is chosen
    plate: str  # cells not computed yet
    grid: str  # between them
    broken: str  # NaN and infinite values
    idle: str  # links nothing has run along yet
    links: Mapping[str, str]  # trunk, data, weight; from the sources of an inspected cell
    light: Light
    lift: float  # how much a highlight shines
    ramps: Mapping[str, Ramp] = field(default_factory=lambda: MAPS)

    @property
    def dimmed(self) -> str:
        """What dimmed things fade to."""
        return self.wall

    def ramp(self, role: Role, signed: bool) -> Ramp:
        """The colour map of a role."""
        return self.ramps[_kind(role, signed)]

    def close_ramp(self, role: Role, signed: bool) -> Ramp:
        """The same where cells are seen close: negative values turn rose."""
        return self.ramp(role, signed).turning(ROSE.get(_kind(role, signed), ()))

    def colour(self, name: str) -> str:
        """A colour by the name of a field or of a kind of link; one that is said as it is."""
        if name.startswith("#"):
            return name
        return self.links[name] if name in self.links else str(getattr(self, name))

    def inked(self, ink: str) -> tuple[str, float]:
        """`#rrggbb` and strength of an ink in `INKS`."""
        return self.colour(INKS[ink].colour), INKS[ink].strength


def _kind(role: Role, signed: bool) -> str:
    return f"{role} {'signed' if signed else 'positive'}"
