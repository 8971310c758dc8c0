"""The way from a model and a prompt to everything that can be shown: what every interface calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..film.compose import Story, compose
from ..film.plan import Film
from ..film.words import words
from ..layout import Layout, arrange
from ..layout.look import LOOKS, Look
from ..models import Model
from ..network.trace import Trace

CANDIDATES = 10  # tokens shown with their probabilities, however large the vocabulary


@dataclass(frozen=True)
class Production:
    """A traced model with its places, its film and its look."""

    model: Model
    tokens: tuple[int, ...]
    trace: Trace
    layout: Layout
    film: Film
    look: Look


def produce(
    model: Model, tokens: Sequence[int], *, cut: str = "film", language: str = "en", look: str = "studio"
) -> Production:
    """Trace a model over token ids, place its matrices and compose the film.

    `language` is a code there is a caption file for, or "none".
    """
    captions = language != "none"
    texts = words(language if captions else "en")
    trace = model.trace(tokens)
    predicted = [int(row.argmax()) for row in trace["probs"]]
    pieces = [model.tokenizer.piece(token) for token in (*tokens, *predicted)]
    likely = np.argsort(-trace["probs"][-1], kind="stable")[:CANDIDATES]
    candidates = [(model.tokenizer.piece(int(i)), float(trace["probs"][-1, i])) for i in likely]
    layout = arrange(model.network, len(tokens), pieces, candidates)
    story = Story(model.title, model.tokenizer.decode(list(tokens)), pieces[-1])
    film = compose(layout, trace, texts, story, cut=cut, captions=captions)
    return Production(model, tuple(tokens), trace, layout, film, LOOKS[look])
