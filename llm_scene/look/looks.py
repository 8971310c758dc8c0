"""The looks and colour maps that can be chosen, by name."""

from __future__ import annotations

from dataclasses import replace

from .look import Look
from .paper import PAPER
from .ramp import Ramp
from .studio import STUDIO

LOOKS = {look.name: look for look in (STUDIO, PAPER)}

# Colour maps by name: title and description. "look" keeps what the look brings.
COLOUR_MAPS = {
    "look": ("From the Look", "Hue tells weights, computed values and aggregates apart"),
    "blue_orange": ("Blue and Orange", "Negative blue, positive orange, whatever the role"),
    "grey": ("Greys", "Negative dark, positive light, whatever the role"),
}
_MAPPED = {  # for all roles
    "blue_orange": Ramp("#6b6f78", ("#c9772c", "#ffc27a"), ("#2f62b5", "#9cc7ff")),
    "grey": Ramp("#6b6f78", ("#aab0ba", "#f4f6fa"), ("#3f434a", "#15171a")),
}


def look_of(name: str, colour_map: str = "look") -> Look:
    """A look by its name, with another colour map where one is chosen."""
    look = LOOKS[name]
    if colour_map == "look":
        return look
    signed = _MAPPED[colour_map]
    positive = replace(signed, negative=())
    ramps = {role: signed if role.endswith("signed") else positive for role in look.ramps}
    return replace(look, ramps=ramps)
