"""The screenplay of one model and one prompt: what all its chapters look at and speak of."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..layout.drawn import text_width
from ..layout.layout import Block, Box, Layout, Letter
from ..layout.signs import section_signs
from ..network.ops import Array
from ..network.trace import Trace
from .pieces import Focus
from .screenplay import Screenplay
from .words import Words


@dataclass(frozen=True)
class Story:
    """What the film needs to know beyond the network."""

    name: str  # of the model's preset, for its task
    task: str  # in the preset's own words, where the language has none of its own
    model: str
    prompt: str
    words: tuple[str, ...]  # every token of the trace to read, and after them the last prediction
    answer: str  # what the model writes


Chapter = Callable[["Reel"], None]


@dataclass(frozen=True)
class Cut:
    """A length at which the film is told."""

    chapters: tuple[Chapter, ...]
    haste: float  # of the time that things take beyond the reading of their captions
    cards: bool  # whether chapters open with their titles


class Reel(Screenplay):
    """The screenplay of one model and one prompt, with what all chapters look at."""

    def __init__(
        self, layout: Layout, trace: Trace, words: Words, story: Story, cut: Cut, aspect: float
    ) -> None:
        c = trace.network.config
        super().__init__(layout, trace, words, aspect, cut.haste)
        self.story, self.cut = story, cut
        self.legend = (True, 0.0)  # whether it is shown, and since when
        self.focus = Focus(layout.n_prompt - 1, 0, clearest_head(trace, 0, layout.n_prompt - 1))
        probs = trace["probs"][layout.n_prompt - 1]
        self.facts = {
            "model": story.model,
            "task": words.task(story.name, story.task),
            "prompt": story.prompt,
            "answer": story.answer,
            "parameters": f"{trace.network.n_params():,}",
            "d_model": c.d_model,
            "d_head": c.d_head,
            "d_vocab": f"{c.d_vocab:,}",
            "n_head": c.n_head,
            "n_layer": c.n_layer,
            "head": self.focus.head + 1,
            "expansion": f"{c.d_mlp / c.d_model:.3g}",
            "activation": {"gelu_tanh": "GELU", "gelu": "GELU", "silu": "SiLU", "relu": "ReLU"}[c.activation],
            "position": self.focus.position + 1,
            "letter": story.words[self.focus.position],
            "token": story.words[layout.n_prompt],
            "probability": f"{float(probs.max()):.1%}",
        }  # fmt: skip

    def start(self, name: str) -> None:
        """Begin a chapter, with its card where the cut has cards."""
        self.chapter(name, card=self.cut.cards)

    def here(self, *kinds: str, head: int | None = None) -> list[Block]:
        """The blocks of the focused layer."""
        return self.blocks(*kinds, layer=self.focus.layer, head=head)

    @functools.cached_property
    def titles(self) -> dict[str, Box]:
        """Where the titles of sections stand."""
        return {sign.name: sign.box for sign in section_signs(self.layout)[0]}

    @property
    def own(self) -> int:
        """The focused head."""
        return self.focus.head

    def letters(self, *, predicted: bool) -> list[Letter]:
        """The prompt's letters, or the predictions made at its positions."""
        n = self.layout.n_prompt
        return [x for x in self.layout.letters if x.predicted == predicted and x.position < n]


def names(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The names of blocks."""
    return tuple(block.name for block in blocks)


def softmax(logits: Array) -> Array:
    """Probabilities of logits `[V]`."""
    powers = np.exp(logits - logits.max())
    shares: Array = powers / powers.sum()
    return shares


def clearest_head(trace: Trace, layer: int, position: int) -> int:
    """The head whose query at a position attends most sharply: the best one to watch."""
    pattern = trace[f"blocks.{layer}.attn.pattern"]
    return int(pattern[:, position].max(axis=-1).argmax())


def letter_box(letter: Letter) -> Box:
    """About the room a letter takes."""
    x, y, z = letter.at
    half = 0.62 * text_width(letter.text, letter.size)
    return Box((x - half, y, z), (x + half, y, z + letter.size))
