"""The way from a model and a prompt to everything that can be shown: what every interface calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import UserError
from ..film.compose import CUTS, compose, writes
from ..film.film import Film
from ..film.story import Story
from ..film.words import words
from ..layout import Block, Layout, arrange
from ..layout.budget import Detail, slabs
from ..layout.inspection import standing
from ..look import Look
from ..models import Model
from ..models.card import Card
from ..models.reading import Reading, read
from ..network.addresses import parse_cell
from ..network.ops import Cell
from ..network.trace import Trace
from ..plain import isolated
from .options import Options

CREDIT, CALLED = 64, 24  # letters of the line about a model, and of its name in a caption, at most
STEPS = 6  # tokens that the film shows the model writing at most, where the options do not say it


@dataclass(frozen=True)
class Production:
    """A traced model with its places, its film, and the choices behind them: what every output takes."""

    model: Model
    reading: Reading
    trace: Trace
    layout: Layout
    film: Film
    options: Options

    @property
    def look(self) -> Look:
        """Colours and light."""
        return self.options.colours

    def told(self, **changes: Any) -> Film:
        """The film in another language or format: composed again, over the same numbers and places.

        `changes` are options; those that change more than the film make no difference.
        """
        options = replace(self.options, **changes)
        if options == self.options:
            return self.film
        return tell(self.model, self.reading, self.trace, self.layout, options)

    def retold(self, **changes: Any) -> Production:
        """The production with its film told again, and in another look where `changes` say so."""
        return replace(self, film=self.told(**changes), options=replace(self.options, **changes))


def produce(
    model: Model,
    prompt: str | Sequence[int],
    options: Options = Options(),  # noqa: B008 (frozen)
    *,
    written: Sequence[int] | None = None,
) -> Production:
    """Run a model once over a prompt, a text or token ids, place its matrices and compose the film.

    The model continues the prompt as the options say, for the cuts that show it, unless the tokens that it
    `written` (those it read again) are given. Raises UserError where the prompt does not fit.
    """
    tokens = model.encode_prompt(prompt) if isinstance(prompt, str) else model.check_tokens(prompt)
    trace = _trace(model, tokens, options, written)
    reading = read(trace, model.tokenizer, len(tokens))
    layout = arrange(model.network, trace.n_positions, reading, options.arrangement)
    film = tell(model, reading, trace, layout, options)
    return Production(model, reading, trace, layout, film, options)


def window_in(made: Production, detail: Detail) -> tuple[Block, Cell] | None:
    """The slab, and the cell in it, around which the detail wants cuboids; UserError where there is none."""
    if not detail.window:
        return None
    matrix, cell = parse_cell(made.trace.network, made.trace.n_positions, detail.window)
    block = standing(made.layout, matrix.name, cell)
    if block is None or block.name not in slabs(made.layout, detail.cuboids):
        raise UserError(f"{matrix.name} is drawn as cuboids already: a window opens in slabs only.")
    return block, cell


def _trace(model: Model, prompt: list[int], options: Options, written: Sequence[int] | None) -> Trace:
    """The one forward pass: over the prompt, and over what the model writes where the film shows it."""
    if not writes(options.cut):
        return model.trace(prompt)
    if written is not None:
        return model.trace([*prompt, *written])
    model.check_tokens(prompt, max(1, options.steps))
    steps = options.steps or min(STEPS, model.config.n_ctx - len(prompt) + 1)
    own = not options.steps  # the film is as long as its sentence
    return model.generate(prompt, steps, options.sampling, options.ignore_eos, sentence=own).trace


def _called(model: Model) -> str:
    """What captions call a model: as its own files do where that is short, else as its folder is called."""
    title = model.card.title if model.preset is None else ""
    return isolated(title) if 0 < len(title) <= CALLED else model.title


def _credit(model: Model) -> str:
    """What a model of the user's own says it is, its licence and source, in one line."""
    card = model.card if model.preset is None else Card()
    said = [isolated(part.removeprefix("https://")) for part in (card.title, card.license, card.source)]
    line = " · ".join(part for part in said if part)
    return line if len(line) <= CREDIT else f"{line[: CREDIT - 1]}…"


def tell(model: Model, reading: Reading, trace: Trace, layout: Layout, options: Options) -> Film:
    """The film of what a model read and computed, as the options say."""
    task = model.preset.task if model.preset is not None else ""
    told = (*reading.pieces, reading.predictions[-1])
    story = Story(model.name, task, _called(model), reading.prompt, told, reading.answer)
    texts = words(options.spoken)
    film = compose(
        layout,
        trace,
        texts,
        story,
        cut=options.cut,
        captions=options.captions,
        aspect=options.aspect,
        fps=options.rate,
    )
    film = replace(film, credit=_credit(model) if options.captions else "")
    return film.only(_kept(film, options)) if options.chapters else film


def _kept(film: Film, options: Options) -> tuple[str, ...]:
    """The chapters that the options keep; those of the cut that this model gives no cause for fall away."""
    there = {chapter.name for chapter in film.chapters}
    missing = set(CUTS[options.cut].chapters) - there
    return tuple(name for name in options.chapters if name not in missing) or options.chapters
