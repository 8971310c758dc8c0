"""What the page needs to follow another prompt than the film's: words with holes, and where numbers are from.

For that the film is told again. In every language it is told of marks instead of letters: where a mark comes
up in a text, the page writes the letter that stands at that place of the sequence. Once it is told of another
prompt: words that differ then hang on the numbers. Once it is told of slightly larger numbers: what stands
elsewhere then, or is larger, tells numbers by it. All that is worked out again in the page has to come out as
this film has it; the rest leaves the picture under another prompt: nothing false is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...film.excerpt import read
from ...film.film import Film
from ...film.live import FREE, followed
from ...film.live.copied import UNKNOWN
from ...film.live.shaping import Shapes, Shaping, X, Z
from ...film.live.sums import OPERATIONS, Number, Sums
from ...film.props import Prop, Swarm, share_text
from ...film.temperatures import COLD, hot_enough
from ...film.words import words
from ...layout import names
from ...layout.drawn import Line, Says, Text
from ...layout.layout import Layout, Letter
from ...look import Look
from ...look.values import HALF_WAY, ROBUST
from ...models.reading import Reading
from ...network.ops import Softmax
from ...network.trace import Trace
from ...staging.production import Production, tell
from ...staging.things import things
from ...steps import DRAWING, TELLING, Steps, within
from .cutting import rules_of
from .facts import ROLES, Numbers, map_of
from .parts import Part

Json = dict[str, Any]
FIRST_MARK = 0xE000  # stands for the letter at place 0; this and the others are letters of private use
ON = ("on dark", "on light")  # inks on cells
HOLE, CHANCE = "\uf8fe", "\uf8ff"  # where a number goes, and the chance of the likeliest token
NUMBER = re.compile(r"([<>] )?[−-]?\d+(\.\d+)?( %)?")
CENT = 0.016  # by which a number may be written otherwise, so that sums come out even
ALIKE = 2e-3  # a difference of places that is none
AXES = {X: 0, Z: 1}  # in glTF's
SHAKE = np.float32(1.02)
STEPS = 64  # of a colour map, to either side of zero


def live(
    made: Production, parts: Sequence[Part], tellings: dict[str, Film], shown: Film, numbers: Numbers
) -> Steps[Json]:
    """Everything, as plain data, in small steps."""
    marked: dict[str, Film] = {}
    for code in tellings:
        yield 0.2 * len(marked), TELLING
        marked[code] = _marked(made, code)
    code = next(iter(tellings))
    told = yield from within(_told_again(made, code), 0.4, 0.8)
    yield 0.8, DRAWING
    sums = Sums(made.trace, made.reading.n_prompt - 1)
    shaping = followed(shown, made.layout, sums)
    worked_out = sums.values(told.trace)
    rows = {
        prop.name: _swarm(prop, shaping, _follows(prop, shaping.found, told, worked_out), numbers)
        for prop in shaping.copies.swarms
    }
    texts = _texts(made, parts, marked, told, shaping)
    lines = _lines(shown, shaping, told)
    return {
        **_running(made),
        **_colours(made.look, numbers),
        "operations": OPERATIONS,
        "sums": [numbers.add(sums.rows()), len(sums.own)],
        "texts": texts,
        "candidates": _candidates(made.layout),
        "swarms": rows,
        "lines": lines,
        "gone": sorted(_gone(shown, told.other, marked[code])),
        "captions": {
            code: _captions(marked[code], film, made.trace, code) for code, film in tellings.items()
        },
    }


def _running(made: Production) -> Json:
    """What the page runs the model with: how long, how it cuts a prompt, how it chooses, and what on."""
    sampling = made.options.sampling
    return {
        "context": made.model.config.n_ctx,
        "steps": len(made.trace.tokens) + 1 - made.reading.n_prompt,
        "tokenizer": rules_of(made.model.tokenizer),
        "sampling": {
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
        },
        "temperatures": {"cold": COLD, "hot": hot_enough(made.trace["logits"][made.reading.n_prompt - 1])},
        "prompt": made.reading.prompt,
        "last": int(made.trace["probs"][-1].argmax()),
        "examples": _examples(made),
    }


def _colours(look: Look, numbers: Numbers) -> Json:
    """How values become colours."""
    return {
        "broken": look.broken,
        "robust": ROBUST / 100,
        "half_way": HALF_WAY,
        "inks": [look.inked(ink)[0] for ink in ON],
        "maps": maps(look, numbers),
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


@dataclass(frozen=True)
class _Told:
    """The film told of the same places with other numbers, to see what hangs on them."""

    trace: Trace  # of the slightly other numbers
    other: Mapping[str, Prop]  # the props of the film of another prompt of the same length
    shaken: Mapping[str, Prop]  # and of the film of slightly other numbers


def _told_again(made: Production, code: str) -> Steps[_Told]:
    vocabulary, props = made.model.config.d_vocab, list[dict[str, Prop]]()
    another = made.model.trace([(token + 1) % vocabulary for token in made.trace.tokens])
    shaken = _shaken(made.trace)
    for trace in (another, shaken):
        yield 0.5 * len(props), TELLING
        film = _told(made, code, made.reading, trace)
        props.append({prop.name: prop for prop in film.props})
    return _Told(shaken, *props)


def _shaken(trace: Trace) -> Trace:
    """Computed values a little larger, shares a little more uneven."""
    arrays = {m.name: trace[m.name] if m.op is None else SHAKE * trace[m.name] for m in trace.network}
    for matrix in trace.network:
        if isinstance(matrix.op, Softmax):
            shares = trace[matrix.name] ** SHAKE
            arrays[matrix.name] = shares / shares.sum(axis=-1, keepdims=True)
    return Trace(trace.network, arrays)


def _told(made: Production, code: str, reading: Reading, trace: Trace) -> Film:
    return tell(made.model, reading, trace, made.layout, replace(made.options, language=code))


# --- words ---


def _texts(
    made: Production, parts: Sequence[Part], marked: dict[str, Film], told: _Told, shaping: Shaping
) -> list[Json]:
    """Every text that another prompt changes: which part it is, where it stands, and what to write."""
    forms = {thing.name: thing.form for thing in things(made.layout, made.trace, shaping.film)}
    written = {code: _written(film) for code, film in marked.items()}
    rows = []
    for place, part in enumerate(parts):
        form = forms.get(part.name)
        if isinstance(form, Letter | Text):
            own = written[part.language or next(iter(written))].get(part.name)
            says = _says(made, form, own, told, shaping)
            if says is not None:
                rows.append({"part": place} | _stands(form, made.look) | says)
    return rows


def _written(film: Film) -> dict[str, Text]:
    return {prop.name: prop for prop in film.props if isinstance(prop, Text)}


def _says(
    made: Production,
    form: Letter | Text,
    own: Text | None,
    told: _Told,
    shaping: Shaping,
) -> Json | None:
    """What a text shows: letters of the sequence, numbers, or nothing that can be followed."""
    if isinstance(form, Letter):
        return {"predicted" if form.predicted else "token": form.position}
    if (token := _token(form)) is not None:
        return token
    text = form.text if own is None else own.text
    if found := shaping.numbers.get(form.name) or _number_on(form, shaping):
        says: Json = {"numbers": [number.row for number in found], "format": _format(form.text)}
        if (template := NUMBER.sub(HOLE, text, count=len(found))) != HOLE:
            says["text"] = template
        return says | _on(form, shaping) | _moves(form, shaping)
    if any(FIRST_MARK <= ord(letter) < ord(HOLE) for letter in text):
        return _run(form, text) | _moves(form, shaping)
    if _depends(form, told, made):
        return {"text": ""}
    return {"text": text} | _moves(form, shaping) if form.name in shaping.found.shifts else None


def _run(form: Text, text: str) -> Json:
    """Words with letters of the sequence. What is all letters is broken into lines in the page.

    `step`: so far as the sequence has come; elsewhere all of the prompt is meant, however long it is.
    """
    says: Json = {"text": text.replace("\n", "")}
    if all(FIRST_MARK <= ord(letter) < ord(HOLE) for letter in says["text"]):
        says["letters"] = max(map(len, form.text.split("\n")))
    return says | ({"step": True} if form.says is not None and form.says.kind == "step" else {})


def _token(form: Text) -> Json | None:
    """Letters that say a token: one that may come next, or one of the sequence."""
    if (candidate := names.as_candidate(form.name)) is not None:
        return dict(zip(("rank", "kind"), candidate, strict=True))
    match form.says:
        case Says("entry", token):
            return {"text": form.text, "entry": token}
        case Says("rank", rank):
            return {"rank": rank, "kind": "token"}
        case Says("place", place):
            return {"token": place, "sorted": True}
    return None


def _number_on(form: Text, shaping: Shaping) -> list[Number]:
    """The cell that a text tells by itself, or by what it stands on."""
    if form.of is not None:
        return [shaping.sums.cell(form.of)]
    if form.ink not in ON or NUMBER.fullmatch(form.text) is None:
        return []
    for swarm, pose, i in shaping.copies.under(form):
        found = shaping.sums.beneath(int(shaping.copies.tones[swarm.name][pose, i]))
        if found is not None and abs(found.own - read(form.text)) < CENT:
            return [found]
    return []


def _on(form: Text, shaping: Shaping) -> Json:
    """The colour that a number stands on: its map, the row that tells it, and how it comes out by it."""
    if form.ink not in ON:
        return {}
    for swarm, pose, i in shaping.copies.under(form):
        tone = int(shaping.copies.tones[swarm.name][pose, i])
        if tone != UNKNOWN:
            row: Json = {"on": map_of(swarm), "tone": tone}
            return row | ({"deep": round(deep, 4)} if (deep := shaping.relief(swarm, pose)) else {})
    return {"on": "activation signed"}


def _moves(form: Text, shaping: Shaping) -> Json:
    return {"shift": _shift(shaping, form.name)} if form.name in shaping.found.shifts else {}


def _depends(form: Text, told: _Told, made: Production) -> bool:
    """Whether words of the film are others, or none, under another prompt."""
    twins = [found.get(form.name) for found in (told.other, told.shaken)]
    return any(prop.name == form.name for prop in made.film.props) and any(
        not isinstance(twin, Text) or twin.text != form.text for twin in twins
    )


def _format(text: str) -> str:
    """How the number in a text is written."""
    written = NUMBER.search(text)
    assert written is not None
    tenths = "." in written[0]
    return ("share" if tenths else "percent") if "%" in written[0] else ("number" if tenths else "whole")


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


# --- cells and lines ---


def _gone(shown: Film, other: Mapping[str, Prop], marked: Film) -> set[str]:
    """What is drawn for this prompt alone."""
    there = other.keys() & {prop.name for prop in marked.props}
    return {p.name for p in shown.props if p.name not in there and not isinstance(p, Swarm | Text)}


def _lines(shown: Film, shaping: Shaping, told: _Told) -> Json:
    """Lines whose places tell numbers: how far away they stand, how they are stretched, or that they go."""
    rows: Json = {}
    for line in (prop for prop in shown.props if isinstance(prop, Line)):
        twin = told.shaken.get(line.name)
        if line.name in shaping.found.stretched:
            number, end = shaping.found.stretched[line.name]
            rows[line.name] = {"stretch": number.row, "from": round(end, 4)}
        elif line.name in shaping.found.shifts:
            rows[line.name] = {"shift": _shift(shaping, line.name)}
        elif not line.name.startswith(FREE) and not (
            isinstance(twin, Line) and np.allclose(line.points, twin.points, atol=ALIKE)
        ):
            rows[line.name] = {}
    return rows


def _shift(shaping: Shaping, name: str) -> list[int]:
    """To the right and up, rows of the list of numbers."""
    ways = shaping.found.shifts.get(name, {})
    return [ways[axis].row if axis in ways else UNKNOWN for axis in (X, Z)]


def _swarm(swarm: Swarm, shaping: Shaping, follows: bool, numbers: Numbers) -> Json:
    """What moving cells are painted by, and where and how large they are.

    `tones`: for every pose and cell a row of the list of numbers. `places`, `sizes`: pose, cell, axis and row
    of those that hang on numbers. `deep`: by how much values stand out, pose by pose. Of what cannot be
    followed there is nothing.
    """
    tones, shapes = shaping.copies.tones[swarm.name], shaping.found
    if (tones == UNKNOWN).any() or not follows:
        return {}
    deep = [round(shaping.relief(swarm, pose), 4) for pose in range(len(tones))]
    rows: Json = {"tones": numbers.add(tones), "deep": deep}
    for kind, found in (("places", shapes.places[swarm.name]), ("sizes", shapes.sizes[swarm.name])):
        if found:
            table = [[pose, i, AXES[axis], number.row] for pose, i, axis, number in found]
            rows[kind] = [numbers.add(np.array(table)), len(table)]
    return rows


def _follows(swarm: Swarm, shapes: Shapes, told: _Told, values: Sequence[float]) -> bool:
    """Whether what is worked out for the shaken film is what that shows."""
    twin = told.shaken.get(swarm.name)
    if not isinstance(twin, Swarm) or twin.places.shape != swarm.places.shape:
        return False
    if swarm.name.startswith(FREE):
        return True
    for own, theirs, found in (
        (swarm.places, twin.places, shapes.places[swarm.name]),
        (swarm.sizes, twin.sizes, shapes.sizes[swarm.name]),
    ):
        worked_out = own.copy()
        for pose, i, axis, number in found:
            worked_out[pose, i, axis] = values[number.row]
        if not np.allclose(worked_out[..., ::2], theirs[..., ::2], atol=ALIKE):
            return False
    return True
