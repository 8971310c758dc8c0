"""From a traced model to its film."""

from __future__ import annotations

from dataclasses import replace

from ..errors import UserError
from ..layout.layout import Layout
from ..network.trace import Trace
from .chapters.attention import attend, attention, attention_at_once
from .chapters.blocks import other_blocks, other_blocks_at_once
from .chapters.choosing import choosing
from .chapters.embedding import embedding, embedding_at_once
from .chapters.finale import answered, finale
from .chapters.loop import loop
from .chapters.mlp import mlp, mlp_at_once
from .chapters.norm import norm
from .chapters.opening import flash, glimpse, opening
from .chapters.output import output, output_at_once, winner
from .chapters.projection import projection
from .chapters.tokens import tokens
from .film import Chapter, Cue, Film
from .labels import labels
from .legible import legible
from .screenplay import Cut, Screenplay
from .story import Story
from .uncrossed import uncrossed
from .words import Words

SHAPES = (  # of the picture: name, title, description, width by height
    ("landscape", "Landscape, 16:9", "For screens", 16 / 9),
    ("square", "Square", "For feeds", 1.0),
    ("vertical", "Vertical, 9:16", "For phones", 9 / 16),
)
FORMATS = {name: aspect for name, _, _, aspect in SHAPES}
FORMAT_ITEMS = tuple((name, title, description) for name, title, description, _ in SHAPES)
FULL = {
    "overview": opening, "tokens": tokens, "embedding": embedding, "norm": norm, "attention": attention,
    "projection": projection, "mlp": mlp, "blocks": other_blocks, "output": output, "choosing": choosing,
    "loop": loop, "finale": finale,
}  # fmt: skip
SHORT = {
    "overview": glimpse, "embedding": embedding_at_once, "attention": attention_at_once,
    "mlp": mlp_at_once, "blocks": other_blocks_at_once, "output": output_at_once, "loop": loop,
    "finale": answered,
}  # fmt: skip
TEASER = {"overview": flash, "attention": attend, "output": winner}
CUTS = {
    "full": Cut("Full", "Every chapter, about three minutes", FULL, leisure=0.94),
    "short": Cut("Short", "The same way in a minute", SHORT, leisure=0.4),
    "teaser": Cut("Teaser", "The data flow in a few seconds", TEASER, leisure=0.2),
}
CUT_ITEMS = tuple((name, cut.title, cut.description) for name, cut in CUTS.items())
CHAPTERS = tuple(dict.fromkeys(name for cut in CUTS.values() for name in cut.chapters))


def compose(
    layout: Layout,
    trace: Trace,
    words: Words,
    story: Story,
    *,
    cut: str = "full",
    captions: bool = True,
    aspect: float = 16 / 9,
    fps: float = Film.fps,
) -> Film:
    """The whole data flow, timed by the captions' reading times even where they are left out.

    `cut` is "full" (every chapter), "short" (a minute) or "teaser" (twelve seconds); `aspect` the
    picture's width by its height. No frame of `fps` falls into a cut.
    """
    if not writes(cut) and trace.n_positions > layout.n_prompt:
        raise ValueError(f"the {cut} needs a trace of the prompt alone")
    play = Screenplay(layout, trace, words, story, CUTS[cut], aspect, fps)
    for chapter in CUTS[cut].chapters.values():
        chapter(play)
    play.close()
    chapters = [_ended(chapter, play.now) for chapter in _labelled(play)]
    if not captions:
        chapters = [replace(chapter, captions=(), head="") for chapter in chapters]
    film = Film(cut, tuple(chapters), fps, tuple(play.props), aspect)
    return uncrossed(legible(film, layout), layout)


def _ended(chapter: Chapter, end: float) -> Chapter:
    """A chapter without what would go on after the film's end."""
    parts = (cue.within(0.0, end) for cue in chapter.cues)
    return replace(chapter, cues=tuple(part for part in parts if part is not None))


def _labelled(play: Screenplay) -> list[Chapter]:
    """The chapters with the names that their shots show."""
    chapters = list(play.chapters)
    for placed in labels(play.held, play.layout, play.aspect):
        play.props.append(placed.note)
        come = Cue(placed.note.name, "hidden", 0.0, placed.start, 1.0, 0.0, "step")
        leave = Cue(placed.note.name, "hidden", placed.start, placed.end, 0.0, 1.0, "step")
        n = next(i for i, c in enumerate(chapters) if c.start <= placed.start < c.end)
        chapters[n] = replace(chapters[n], cues=(*chapters[n].cues, come, leave))
    return chapters


def writes(cut: str) -> bool:
    """Whether a cut shows the model writing on; UserError where there is no such cut."""
    if cut not in CUTS:
        raise UserError(f"There is no film “{cut}”; choose one of {', '.join(CUTS)}.")
    return "loop" in CUTS[cut].chapters
