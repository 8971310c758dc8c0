"""Choosing: greedy, colder, hotter, and by chance."""

from __future__ import annotations

from .. import temperatures
from ..pieces import choice
from ..screenplay import Screenplay
from .attention import BRISK


def choosing(play: Screenplay) -> None:
    """The same scores at three temperatures, and dice."""
    if len(play.layout.candidates) < 2:
        return
    play.start("choosing", "pick")
    hot = temperatures.hot_enough(play.trace["logits"][play.focus.position].astype(float))
    degrees = {"cold": temperatures.COLD, "hot": hot}
    captions = {"greedy": "greedy", "cold": "cold", "hot": "hot", "dice": "sampling"}
    facts = {key: {"temperature": f"{value:g}"} for key, value in degrees.items()}
    play.act(choice.temperatures(play.example), BRISK, facts, **captions)
