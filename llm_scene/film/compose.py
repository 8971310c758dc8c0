"""The cuts of the film: which chapters are told, and at what length."""

from __future__ import annotations

from dataclasses import replace

from ..errors import UserError
from ..layout.layout import Layout
from ..network.trace import Trace
from . import chapters as tell
from .film import Film
from .reel import Cut, Reel, Story
from .words import Words

FORMATS = {"landscape": 16 / 9, "square": 1.0, "vertical": 9 / 16}  # width by height
CUTS = {
    "full": Cut(
        (
            tell.opening,
            tell.tokens,
            tell.embedding,
            tell.norm,
            tell.attention,
            tell.projection,
            tell.mlp,
            tell.other_blocks,
            tell.output,
            tell.choosing,
            tell.loop,
            tell.finale,
        ),
        haste=0.92,
        cards=True,
    ),
    "short": Cut(
        (
            tell.glimpse,
            tell.embedding_at_once,
            tell.attention_at_once,
            tell.mlp_at_once,
            tell.other_blocks,
            tell.output_at_once,
            tell.loop,
            tell.finale,
        ),
        haste=0.55,
        cards=False,
    ),
    "teaser": Cut(
        (tell.glimpse, tell.embedding_at_once, tell.attend, tell.transform, tell.output_at_once),
        haste=0.3,
        cards=False,
    ),
}


def compose(
    layout: Layout,
    trace: Trace,
    words: Words,
    story: Story,
    *,
    cut: str = "full",
    captions: bool = True,
    aspect: float = 16 / 9,
) -> Film:
    """The whole data flow, timed by the captions' reading times even where they are left out.

    `cut` is "full" (every chapter), "short" (a minute) or "teaser" (twelve seconds); `aspect` the
    picture's width by its height.
    """
    if not writes(cut) and trace.n_positions > layout.n_prompt:
        raise ValueError(f"the {cut} needs a trace of the prompt alone")
    reel = Reel(layout, trace, words, story, CUTS[cut], aspect)
    for chapter in CUTS[cut].chapters:
        chapter(reel)
    reel.close()
    chapters = reel.chapters
    if not captions:
        chapters = [replace(chapter, captions=(), cards=()) for chapter in chapters]
    return Film(cut, tuple(chapters), props=tuple(reel.props), aspect=aspect)


def writes(cut: str) -> bool:
    """Whether a cut shows the model writing on; UserError where there is no such cut."""
    if cut not in CUTS:
        raise UserError(f"There is no film “{cut}”; choose one of {', '.join(CUTS)}.")
    return tell.loop in CUTS[cut].chapters
