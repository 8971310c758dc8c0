"""What a film tells of: one model, one prompt, and where in both its close-ups look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..layout.drawn import text_width
from ..layout.layout import Box, Letter
from ..network.trace import Trace

SHOWN = 12  # columns, keys or candidates spread out at once: more cannot be read
LONGEST = 24  # letters of a word that is quoted whole
BLANKS = str.maketrans({"␣": " ", "↵": " ", "␍": " ", "⇥": " "})


@dataclass(frozen=True)
class Story:
    """What the film needs to know beyond the network."""

    name: str  # of the model's preset, for its task
    task: str  # in the preset's own words, where the language has none of its own
    model: str
    prompt: str
    words: tuple[str, ...]  # every token of the trace to read, and after them the last prediction
    answer: str  # what the model writes

    @property
    def unit(self) -> str:
        """What a token is to a viewer: a "letter", or a "piece" of a word."""
        return "letter" if all(len(word.strip()) <= 1 for word in self.words) else "piece"


@dataclass(frozen=True)
class Focus:
    """What the close-ups look at: the last position of the prompt, in one layer and one head."""

    position: int
    layer: int
    head: int

    def seen(self) -> range:
        """The keys shown: the last ones up to the position itself."""
        return range(max(0, self.position + 1 - SHOWN), self.position + 1)


def running(words: Iterable[str]) -> str:
    """Tokens as running text: the marks that show blanks in single tokens become blanks again."""
    return "".join(words).translate(BLANKS)


def quoted(prompt: str) -> str:
    """A prompt in a line, of very long words their ends: what cannot be parted would fill the picture."""
    words = (word if len(word) <= LONGEST else f"…{word[-LONGEST:]}" for word in prompt.split())
    return " ".join(words) or prompt


def told(word: str) -> str:
    """A token as it is spoken of in a sentence."""
    return running([word]).strip() or word


def clearest_head(trace: Trace, layer: int, position: int) -> int:
    """The head whose query at a position attends most sharply: the best one to watch."""
    pattern = trace[f"blocks.{layer}.attn.pattern"]  # [n_head, T, T]
    return int(pattern[:, position].max(axis=-1).argmax())


def sorted_places(prompt: Iterable[str], answer: Iterable[str]) -> list[int] | None:
    """Where each token of a prompt stands in an answer that holds the same tokens, equal ones in their order;
    None where the answer is no rearrangement."""
    prompt, answer = list(prompt), list(answer)
    if sorted(prompt) != sorted(answer) or prompt == answer:
        return None
    free = {word: [i for i, other in enumerate(answer) if other == word] for word in set(answer)}
    return [free[word].pop(0) for word in prompt]


def letter_box(letter: Letter) -> Box:
    """About the room a letter takes."""
    x, y, z = letter.at
    half = 0.62 * text_width(letter.text, letter.size)
    return Box((x - half, y, z), (x + half, y, z + letter.size))


def largest_remainders(shares: Iterable[float], total: int = 100) -> list[int]:
    """Whole numbers in the proportions of shares that add up to a total (Hare and Niemeyer)."""
    exact = np.asarray(list(shares), float)
    exact = exact / exact.sum() * total
    whole = np.floor(exact).astype(int)
    missing = total - int(whole.sum())
    for i in np.argsort(-(exact - whole), kind="stable")[:missing]:
        whole[i] += 1
    return [int(n) for n in whole]
