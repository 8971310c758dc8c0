"""The way from the names of models to their comparison: what every interface calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..film.film import Film
from ..film.props import number
from ..film.scale import Start, compose_scale
from ..film.words import words
from ..layout import names
from ..layout.budget import CUBOIDS
from ..layout.drawn import Text
from ..layout.layout import Block, Box, Point
from ..layout.lineup import Exhibit, Place, lineup
from ..layout.signs import dimension_signs, name_sign, section_signs
from ..layout.structure import Structure, structure
from ..look import Look, normalise, reads_dark, relief_of, scale_of
from ..models import Model, find_folder, list_presets, load
from ..network.ops import Array
from .naming import naming
from .options import Options
from .production import Production, produce

DIGITS = 0.3  # height of the number on a cell
INSIDE = 3  # rows and columns from the corner of a structure's table to the film's first cell
AROUND = 8  # cells beside the first that have their numbers on them, each way
UNPROMPTED = 8  # positions of a model for which no prompt is known


@dataclass(frozen=True)
class Comparison:
    """Models side by side, and the film about their scale."""

    places: tuple[Place, ...]
    models: dict[str, Production | Structure]  # by the names of the exhibits; with their values, or as shapes
    film: Film
    options: Options

    @property
    def look(self) -> Look:
        """Colours and light."""
        return self.options.colours


def compare(
    models: Sequence[Model],
    options: Options = Options(),  # noqa: B008 (frozen)
    budget: int = CUBOIDS,
) -> Comparison:
    """Place models beside each other and compose the film; of the options, those of films and looks count.

    Models with weights are shown with their true values, the smallest first, as long as their cells are
    within the budget; all others as structures. Raises UserError where there is no model, or one twice.
    """
    if not models:
        raise UserError("There is nothing to compare: name at least one model.")
    names = [model.name for model in models]
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if twice is not None:
        raise UserError(f"{twice} is named twice.")
    texts = words(options.spoken)
    shown: dict[str, Production | Structure] = {}
    exhibits = []
    for model in sorted(models, key=lambda m: m.network.n_params()):
        living = _living(model, options, budget)
        if living is not None:
            budget -= sum(block.n_cells for block in living.layout.blocks.values())
        shown[model.name] = made = living or structure(model.config)
        box = made.box if isinstance(made, Structure) else made.layout.box
        exhibits.append(Exhibit(model.name, model.title, model.config, model.network.n_params(), box))
    told = naming(options.spoken, models[0].network)
    places = lineup(exhibits, told)
    start, notes = _start(places[0], shown[places[0].exhibit.name])
    sizes = dict(_sizes(places, shown, options.spoken)) | {note.name: note.size for note in notes}
    film = compose_scale(
        places, start, sizes, texts, notes=notes, captions=options.captions, aspect=options.aspect
    )
    return Comparison(places, shown, replace(film, fps=options.rate), options)


def model_named(name: str) -> Model:
    """A preset by its name, or else the model in a folder or on the hub."""
    if name in {preset.name for preset in list_presets()}:
        return load(name)
    return load(folder=find_folder(name)) if "/" in name or Path(name).is_dir() else load(name)


def _living(model: Model, options: Options, budget: int) -> Production | None:
    """A model over its preset's prompt with its values; None for a shape, or one too large."""
    if not model.has_weights or model.network.n_cells(1) > budget:
        return None
    prompt = model.preset.prompt if model.preset is not None else ""
    tokens = model.encode_prompt(prompt) if prompt else [0] * min(model.config.n_ctx, UNPROMPTED)
    shared = {name: getattr(options, name) for name in ("look", "colour_map", "language")}
    alone = Options(cut="short" if prompt else "teaser", **shared)
    made = produce(model, tokens, alone)
    return made if sum(block.n_cells for block in made.layout.blocks.values()) <= budget else None


# --- the cell with which the film begins ---


def _start(place: Place, model: Production | Structure) -> tuple[Start, tuple[Text, ...]]:
    """The cell and the numbers around it; of a structure, a cell without a number."""
    if isinstance(model, Structure):
        boxes = model.boxes[model.boxes.kind == "embed.W_E"]
        corner = boxes.low[0] + boxes.size[0] * (0, 0, 1)
        at = _moved(tuple(corner.tolist()), place.offset)
        row, column = min(INSIDE, boxes.size[0, 2] - 1), min(INSIDE, boxes.size[0, 0] - 1)
        return Start(_cell(at, int(row), int(column))), ()
    block = model.layout.find("embed.W_E")
    values = block.values(model.trace)
    column = block.shape[1] - 1
    row = int(np.abs(values[:, column]).argmax())
    notes = _numbers(block, values, (row, column), place.offset)
    return Start(_cell(_moved(block.origin, place.offset), row, column), number(values[row, column])), notes


def _numbers(block: Block, values: Array, at: tuple[int, int], offset: Point) -> tuple[Text, ...]:
    rows, columns = (
        range(max(0, middle - AROUND), min(size, middle + AROUND + 1))
        for middle, size in zip(at, block.shape, strict=True)
    )
    shares, notes = normalise(values, scale_of(values)), []
    relief, role, signed = relief_of(shares), block.role, block.matrix.signed
    for row in rows:
        for column in columns:
            value = values[row, column]
            x, y, z = block.centre(row, column)
            place = _moved((x, y - float(relief[row, column]), z - 0.36 * DIGITS), offset)
            ink = "on dark" if reads_dark(role, signed, float(shares[row, column])) else "on light"
            notes.append(Text(names.cell_number(row, column), number(value), place, DIGITS, ink=ink))
    return tuple(notes)


def _cell(corner: Point, row: int, column: int) -> Box:
    x, y, z = corner
    return Box((x + column, y, z - row - 1), (x + column + 1, y + 1, z - row))


def _moved(point: Point, by: Point) -> Point:
    return point[0] + by[0], point[1] + by[1], point[2] + by[2]


# --- what is hidden when it is too small ---


def _sizes(
    places: Sequence[Place], models: dict[str, Production | Structure], language: str
) -> Iterator[tuple[str, float]]:
    """Models by their longest side, and writing by the height of its letters."""
    for place in places:
        name, model = place.exhibit.name, models[place.exhibit.name]
        yield name, max(place.box.size)
        if isinstance(model, Structure):
            continue
        told = naming(language, model.trace.network)
        for block in model.layout.blocks.values():
            yield names.of_model(name, names.label(block.name)), name_sign(block, told).size
            for sign in dimension_signs(block, told)[0][:1]:
                yield names.of_model(name, sign.name), sign.size
        for sign in section_signs(model.layout, told)[0]:
            yield names.of_model(name, sign.name), sign.size
