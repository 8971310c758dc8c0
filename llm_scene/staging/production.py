"""The way from a model and a prompt to everything that can be shown: what every interface calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..film.compose import compose, writes
from ..film.film import Film
from ..film.reel import Story
from ..film.words import words
from ..layout import Arrangement, Layout, arrange
from ..look import LOOKS, Look
from ..models import Model
from ..network.generation import generate
from ..network.trace import Trace

STEPS = 6  # tokens that the film shows the model writing
CANDIDATES = 10  # tokens shown with their probabilities, however large the vocabulary


@dataclass(frozen=True)
class Production:
    """A traced model with its places, its film and its look."""

    model: Model
    tokens: tuple[int, ...]  # the prompt, and what the film shows the model writing after it
    trace: Trace
    layout: Layout
    film: Film
    look: Look


def produce(
    model: Model,
    tokens: Sequence[int],
    *,
    n_prompt: int | None = None,
    cut: str = "full",
    chapters: Sequence[str] | None = None,
    language: str = "en",
    look: str = "studio",
    aspect: float = 16 / 9,
    heads: str = "fan",
    blocks: str = "row",
) -> Production:
    """Trace a model over token ids, place its matrices and compose the film.

    `tokens` are the prompt, and after its first `n_prompt` what the model wrote; where that is not given,
    it continues greedily for the cuts that show it. `chapters` are the names of those to keep (None: all);
    `language` is a code there is a caption file for, or "none"; `aspect` is the picture's width by its
    height; `heads` and `blocks` are as in an `Arrangement`.
    """
    arrangement = Arrangement(heads, blocks)
    captions = language != "none"
    texts = words(language if captions else "en")
    prompt = list(tokens) if n_prompt is None else list(tokens[:n_prompt])
    if not writes(cut):
        tokens = prompt
    elif n_prompt is None:
        tokens = continued(model, prompt)
    trace = model.trace(tokens)
    predicted = [int(row.argmax()) for row in trace["probs"]]
    pieces = [model.tokenizer.piece(token) for token in (*tokens, *predicted)]
    last = trace["probs"][len(prompt) - 1]
    likely = np.argsort(-last, kind="stable")[:CANDIDATES]
    candidates = [(model.tokenizer.piece(int(i)), float(last[i])) for i in likely]
    layout = arrange(model.network, len(tokens), pieces, candidates, len(prompt), arrangement)
    decode = model.tokenizer.decode
    answer = decode([*tokens[len(prompt) :], predicted[-1]])
    told = (*pieces[: len(tokens)], pieces[-1])
    task = model.preset.task if model.preset is not None else ""
    story = Story(model.name, task, model.title, decode(prompt), told, answer)
    film = compose(layout, trace, texts, story, cut=cut, captions=captions, aspect=aspect)
    if chapters is not None:
        film = film.only(chapters)
    return Production(model, tuple(tokens), trace, layout, film, LOOKS[look])


def continued(model: Model, prompt: Sequence[int]) -> list[int]:
    """The prompt and the tokens that the model reads of its own greedy answer: all but the last."""
    room = model.config.n_ctx - len(prompt) + 1
    found = generate(model.network, model.weights, model.check_tokens(prompt), min(STEPS, room))
    return [*prompt, *found.chosen[:-1]]


def retold(made: Production, *, language: str, aspect: float | None = None) -> Film:
    """The film of a production in another language, or framed for another picture."""
    return produce(
        made.model,
        made.tokens,
        n_prompt=made.layout.n_prompt,
        cut=made.film.name,
        chapters=[chapter.name for chapter in made.film.chapters],
        language=language,
        aspect=made.film.aspect if aspect is None else aspect,
        heads=made.layout.arrangement.heads,
        blocks=made.layout.arrangement.blocks,
    ).film
