"""What the page needs to follow another prompt than the film's: words with holes, and where numbers are from.

For that the film is told again. In every language it is told of marks instead of letters: where a mark comes
up in a text, the page writes the letter that stands at that place of the sequence. Once it is told of another
prompt: what differs then hangs on the numbers. Once it is told of slightly larger numbers: cells that go
elsewhere then, or become larger, tell numbers by it. Of all that, the page follows what says which cells it
is made of; the rest was worked out for the film's prompt alone, and leaves the picture under another one:
nothing false is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...film.film import Film
from ...film.props import Swarm, number, share_text
from ...film.shapes import LIFT
from ...film.words import words
from ...layout import names
from ...layout.drawn import Text
from ...layout.layout import Layout, Letter
from ...look import Look, normalise, scale_of
from ...look.values import HALF_WAY, ROBUST
from ...models.reading import Reading
from ...network.ops import Array, Softmax
from ...network.trace import Trace
from ...staging.production import Production, tell
from ...staging.things import things
from .cutting import rules_of
from .facts import ROLES, Numbers
from .parts import Part
from .worked import Sum, worked

Json = dict[str, Any]
FIRST_MARK = 0xE000  # stands for the letter at place 0; this and the others are letters of private use
ON = ("on dark", "on light")  # inks on cells
HOLE, CHANCE = "\uf8fe", "\uf8ff"  # where a number goes, and the chance of the likeliest token
NUMBER = re.compile(r"[−-]?\d+(\.\d+)?( %)?")
CHOICE = re.compile(r"(choosing|choice): share (\d+) (\d+)")
SHAKE = np.float32(1.02)
STEPS = 64  # of a colour map, to either side of zero


def live(
    made: Production, parts: Sequence[Part], tellings: dict[str, Film], shown: Film, numbers: Numbers
) -> Json:
    """Everything, as plain data."""
    marked = {code: _marked(made, code) for code in tellings}
    code = next(iter(tellings))
    other, shaken = _other(made, code), _shaken(made, code)
    config, options = made.model.config, made.options
    return {
        "context": config.n_ctx,
        "steps": len(made.trace.tokens) + 1 - made.reading.n_prompt,
        "tokenizer": rules_of(made.model.tokenizer),
        "sampling": {
            "temperature": options.sampling.temperature,
            "top_k": options.sampling.top_k,
            "top_p": options.sampling.top_p,
        },
        "prompt": made.reading.prompt,
        "last": int(made.trace["probs"][-1].argmax()),
        "examples": _examples(made),
        "broken": made.look.broken,
        "robust": ROBUST / 100,
        "half_way": HALF_WAY,
        "inks": [made.look.inked(ink)[0] for ink in ON],
        "maps": maps(made.look, numbers),
        "texts": _texts(made, parts, marked, other, shown),
        "candidates": _candidates(made.layout),
        "swarms": {
            prop.name: _swarm(prop, shaken, made, numbers) for prop in shown.props if isinstance(prop, Swarm)
        },
        "gone": sorted(_gone(shown, other)),
        "captions": {
            code: _captions(marked[code], film, made.trace, code) for code, film in tellings.items()
        },
    }


def _examples(made: Production) -> list[str]:
    preset = made.model.preset
    more = preset.examples.splitlines() if preset is not None else []
    return list(dict.fromkeys([made.reading.prompt, *more]))


def maps(look: Look, numbers: Numbers) -> Json:
    """The colour maps as tables of sRGB, from the lowest value to the highest: in sheets, and seen close."""
    found: Json = {"steps": STEPS}
    for role in ROLES:
        for signed in (True, False):
            values = np.linspace(-1 if signed else 0, 1, 2 * STEPS + 1 if signed else STEPS + 1)
            far, close = (ramp(role, signed).colours(values) for ramp in (look.ramp, look.close_ramp))
            found[f"{role} {'signed' if signed else 'positive'}"] = [numbers.add(far), numbers.add(close)]
    return found


# --- the film told again ---


def mark(place: int) -> str:
    """What stands for the letter at a place of the sequence."""
    return chr(FIRST_MARK + place)


def _marked(made: Production, code: str) -> Film:
    """The film told of marks instead of letters."""
    reading = made.reading
    wide = 1 if all(len(piece.strip()) <= 1 for piece in reading.pieces) else 2
    told = [mark(place) * wide for place in range(len(reading.pieces) + 1)]
    marked = replace(
        reading,
        pieces=tuple(told[:-1]),
        predictions=(*reading.predictions[:-1], told[-1]),
        prompt="".join(told[: reading.n_prompt]),
        answer="".join(told[reading.n_prompt :]),
    )
    return _told(made, code, marked, made.trace)


def _other(made: Production, code: str) -> Film:
    """The film told of another prompt of the same length, in the same places."""
    vocabulary = made.model.config.d_vocab
    trace = made.model.trace([(token + 1) % vocabulary for token in made.trace.tokens])
    return _told(made, code, made.reading, trace)


def _shaken(made: Production, code: str) -> Film:
    """The film told of slightly larger numbers: of the same cells, at sizes that tell them."""
    shares = {m.name for m in made.trace.network if isinstance(m.op, Softmax)}
    arrays = {
        m.name: made.trace[m.name] if m.op is None or m.name in shares else SHAKE * made.trace[m.name]
        for m in made.trace.network
    }
    return _told(made, code, made.reading, Trace(made.trace.network, arrays))


def _told(made: Production, code: str, reading: Reading, trace: Trace) -> Film:
    return tell(made.model, reading, trace, made.layout, replace(made.options, language=code))


# --- words ---


def _texts(
    made: Production, parts: Sequence[Part], marked: dict[str, Film], other: Film, shown: Film
) -> list[Json]:
    """Every text that another prompt changes: which part it is, where it stands, and what to write."""
    forms = {thing.name: thing.form for thing in things(made.layout, made.trace, shown)}
    written = {code: _written(film) for code, film in marked.items()}
    others, sums = _written(other), worked(_written(shown), made.trace, made.reading.n_prompt - 1)
    rows = []
    for place, part in enumerate(parts):
        form = forms.get(part.name)
        if isinstance(form, Letter | Text):
            own = written[part.language or next(iter(written))].get(part.name)
            says = _says(made, form, own, others, sums)
            if says is not None:
                rows.append({"part": place} | _stands(form, made.look) | says)
    return rows


def _written(film: Film) -> dict[str, Text]:
    return {prop.name: prop for prop in film.props if isinstance(prop, Text)}


def _says(
    made: Production, form: Letter | Text, own: Text | None, others: dict[str, Text], sums: dict[str, Sum]
) -> Json | None:
    """What a text shows: letters of the sequence, numbers of cells, or nothing that can be followed."""
    if isinstance(form, Letter):
        return {"predicted" if form.predicted else "token": form.position}
    if form.name.startswith("candidate "):
        _, rank, kind = form.name.split()
        return {"rank": int(rank), "kind": kind}
    if form.of is not None:
        matrix, cell = form.of
        says = {"of": [matrix, list(cell)], "format": _format(form.text, made.trace.value(matrix, cell))}
        known = made.trace.network[matrix]
        map_ = f"{known.role} {'signed' if known.signed else 'positive'}"
        return says | ({"on": map_} if form.ink in ON else {})
    text = form.text if own is None else own.text
    if form.name in sums:
        says = {"sum": sums[form.name], "format": "percent" if "%" in text else "number"}
        says["text"] = NUMBER.sub(HOLE, text, count=1)
        return says | ({"on": "activation signed"} if form.ink in ON else {})
    if any(FIRST_MARK <= ord(letter) < ord(HOLE) for letter in text):
        return {"text": text}
    if (found := CHOICE.fullmatch(form.name)) is not None:
        title = f"{found[1]}: temperature {found[2]}"
        headings = [p.text for p in made.film.props if isinstance(p, Text) and p.name == title]
        temperature = NUMBER.search(headings[0]) if headings else None
        return {"chance": [float(temperature[0]) if temperature else 1.0, int(found[3])]}
    return {"text": ""} if _depends(form, others, made) else None


def _depends(form: Text, others: dict[str, Text], made: Production) -> bool:
    """Whether words of the film are others, or none, under another prompt."""
    twin = others.get(form.name)
    return any(prop.name == form.name for prop in made.film.props) and (
        twin is None or twin.text != form.text
    )


def _format(text: str, value: float) -> str:
    """How a cell's value is written."""
    formats: dict[str, Callable[[float], str]] = {
        "number": number,
        "whole": lambda v: f"{v:.0f}",
        "share": share_text,
    }
    return next((name for name, write in formats.items() if write(value) == text), "percent")


def _stands(form: Letter | Text, look: Look) -> Json:
    """Where a text stands, in glTF's axes, and with what it is written."""
    x, y, z = form.at
    row: Json = {"at": [round(x, 4), round(z, 4), round(-y, 4)], "size": round(form.size, 4)}
    row["ink"] = look.inked(form.ink)[0]
    row["align"] = form.align if isinstance(form, Text) else "centre"
    return row


def _candidates(layout: Layout) -> Json:
    """How long the bars of candidates are by their chances, and how long they stand here."""
    first = layout.candidates[0]
    return {
        "unit": first.length / first.probability,
        "lengths": [candidate.length for candidate in layout.candidates],
        "bars": [names.candidate(rank, "bar") for rank in range(len(layout.candidates))],
    }


def _captions(marked: Film, film: Film, trace: Trace, code: str) -> dict[int, list[str]]:
    """The captions with holes, and what a teacher says there, by their number."""
    if [caption.key for caption in marked.captions] != [caption.key for caption in film.captions]:
        return {}
    rows = {}
    texts = words(code).captions
    for i, (caption, own) in enumerate(zip(marked.captions, film.captions, strict=True)):
        text = caption.text
        if "{probability}" in texts.get(caption.key, ""):
            share = next((s for s in _shares(trace) if s in text), None)
            text = text if share is None else text.replace(share, CHANCE)
        if (text, caption.comment) != (own.text, own.comment):
            rows[i] = [text, caption.comment]
    return rows


def _shares(trace: Trace) -> list[str]:
    return sorted({share_text(float(row.max())) for row in trace["probs"]}, key=len, reverse=True)


# --- cells ---


def _gone(shown: Film, other: Film) -> set[str]:
    """Props that are not there under another prompt, but for those that a cell's number or place tells."""
    there = {prop.name for prop in other.props}
    return {
        prop.name for prop in shown.props if prop.name not in there and not isinstance(prop, Swarm | Text)
    }


def _swarm(swarm: Swarm, shaken: Film, made: Production, numbers: Numbers) -> Json:
    """Which cells of the model moving cells are copies of.

    `cells`: for every cell the matrix's place in the page's list and the cell's place in the matrix, or -1.
    `poses`: for every pose and cell whether it has that cell's colour. `moved`: their places or sizes tell
    numbers, which the page cannot follow.
    """
    twin = next((p for p in shaken.props if isinstance(p, Swarm) and p.name == swarm.name), None)
    moved = twin is not None and (
        twin.places.shape != swarm.places.shape
        or not np.allclose(twin.places[..., ::2], swarm.places[..., ::2], atol=1e-4)
        or not np.allclose(twin.sizes[..., ::2], swarm.sizes[..., ::2], atol=1e-4)
    )
    cells, tones = _copied(swarm, made)
    known = (np.abs(swarm.values - tones) < 1e-6) & (cells[:, 0] >= 0)  # [poses, count]
    return {"cells": numbers.add(cells), "poses": numbers.add(known), "moved": bool(moved)}


def _copied(swarm: Swarm, made: Production) -> tuple[Array, Array]:
    """The model's cell `[n, 2]` before which each moving cell stands in some pose, and its colour there."""
    count = swarm.places.shape[1]
    cells, tones = np.full((count, 2), -1.0), np.zeros(count)
    blocks = list(made.layout.blocks.values())
    order = {matrix.name: i for i, matrix in enumerate(made.trace.network)}
    x, y, z = np.array([block.origin for block in blocks]).T[..., None]  # [blocks, 1] each
    rows, columns = np.array([block.shape for block in blocks]).T[..., None]
    for places, values in zip(swarm.places, swarm.values, strict=True):
        column, row = places[:, 0] - x - 0.5, z - places[:, 2] - 0.5  # [blocks, n]
        at = np.abs(places[:, 1] - (y + 0.5 - LIFT)) < 1e-3
        at &= (np.abs(column - np.round(column)) < 1e-3) & (np.abs(row - np.round(row)) < 1e-3)
        at &= (column > -0.5) & (column < columns - 0.5) & (row > -0.5) & (row < rows - 0.5)
        for b, i in np.argwhere(at & (cells[:, 0] < 0)):
            name = blocks[b].matrix.name
            cell = blocks[b].cell(round(row[b, i]), round(column[b, i]))
            cells[i] = order[name], np.ravel_multi_index(cell, made.trace[name].shape)
            tones[i] = values[i]
    _numbered(swarm, made, cells, tones)
    return cells, tones


def _numbered(swarm: Swarm, made: Production, cells: Array, tones: Array) -> None:
    """Further cells: those that the number on them names."""
    order = {matrix.name: i for i, matrix in enumerate(made.trace.network)}
    for text in (prop for prop in made.film.props if isinstance(prop, Text) and prop.of is not None):
        found = re.fullmatch(re.escape(swarm.name) + r" (\d+) \d+", text.name)
        if found is None or not (i := int(found[1])) < len(cells) or cells[i, 0] >= 0:
            continue
        assert text.of is not None
        matrix, cell = text.of
        cells[i] = order[matrix], np.ravel_multi_index(cell, made.trace[matrix].shape)
        tones[i] = normalise(np.array(made.trace.value(matrix, cell)), scale_of(made.trace[matrix]))
