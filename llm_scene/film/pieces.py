"""The set pieces: calculations shown close up, on copies of the true cells.

Every piece is a function of the layout, the trace and the focus. It places its props in front of the
sheets that it speaks of, takes its cells from there and brings the result back to where it belongs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..layout import names
from ..layout.drawn import Align, Line, Text
from ..layout.layout import Block, Layout, Point
from ..look import normalise, scale_of
from ..network.ops import Array
from ..network.trace import Trace
from .piece import Piece
from .props import Swarm, number
from .story import Focus
from .words import Words

LIFT = 1.4  # how far a copy stands in front of its sheet when it leaves
PITCH = 4.0  # between the columns of what is spread out, in cells
THIN = 1e-3  # the size of a cell that is not there yet
LENGTH = 48  # cells of a column taken through a chart; a longer column shows its first ones


# --- pieces ---


def lookup(layout: Layout, trace: Trace, focus: Focus, tokens: Sequence[str]) -> Piece:
    """A column of the token table and one of the position table, added. Three phases: one, other, sum."""
    piece = Piece("lookup")
    target = layout.find("resid_pre", 0)
    t, token = focus.position, trace.tokens[focus.position]
    table = layout.find("embed.W_E")
    end, y = places(target, column=t), target.origin[1]
    beside = max(3.0, 0.4 * layout.gap)
    tables = [(table, token, -beside)]
    if _has(layout, "pos_embed.W_pos", None):
        tables.append((layout.find("pos_embed.W_pos"), t, beside))
    for i, (block, column, aside) in enumerate(tables):
        home = places(block, column=column)
        poses = [home, home - (0, 5 * LIFT, 0), end + (aside, -4 * LIFT, 0), end - (0, LIFT, 0)]
        part = swarm(piece, f"part {i}", block, poses, block.values(trace)[:, column], trace)
        piece.show(part, i, 2.8)
        piece.move(part, 1, i + 0.05, i + 0.35)
        piece.move(part, 2, i + 0.4, i + 0.95)
        piece.move(part, 3, 2.35, 2.8)
    x, _, top = target.centre(0, t)
    size = 0.05 * target.shape[0] + 0.6
    if len(tables) == 2:
        for i in range(target.shape[0]):
            if i % max(1, target.shape[0] // 12) == 0:
                sign = note(piece, f"plus {i}", "+", (x, y - 4 * LIFT - 0.6, top - i - 0.4), 1.4)
                piece.show(sign, 2 + 0.02 * i / target.shape[0] * 10, 2.4)
    head = note(piece, "token", f"“{tokens[t]}”", (x, y - 4 * LIFT, top + 1.2 * size), size, ink="accent")
    piece.show(head, 0.05)
    both = swarm(piece, "sum", target, [end - (0, LIFT, 0)] * 2, target.values(trace)[:, t], trace)
    piece.show(both, 2.8)
    return piece


def norm_chart(layout: Layout, trace: Trace, focus: Focus, words: Words) -> Piece:
    """One column as bars: measured, moved and stretched, scaled by what was learned. Three phases."""
    piece = Piece("norm")
    layer, t = focus.layer, focus.position
    out = layout.find("ln1.out", layer)
    source = layout.of(out.matrix.inputs[0])[0]
    x = source.values(trace)[:LENGTH, t].astype(float)
    mean, deviation = norm_facts(trace, focus)
    centred, normal = x - mean, (x - mean) / deviation
    result = out.values(trace)[:LENGTH, t].astype(float)
    count = len(x)
    reach = 9.0 * count / LENGTH + 2
    k = reach / max(float(np.abs(v).max()) for v in (x, normal, result))
    cx, _, cz = out.box.centre
    level = np.array([cx, stage_depth(layout, out), cz])
    xs = np.arange(count) - (count - 1) / 2.0

    states = [values_of(source, x, trace)] * 2
    states += [v / max(1e-9, float(np.abs(v).max())) for v in (centred, normal)]
    states += [values_of(out, result, trace)] * 2
    shapes = [
        (places(source, column=t)[:count] - (0, LIFT, 0), cells(count)),
        *(above(level, xs, k * v, 0.8) for v in (x, centred, normal, result)),
        (places(out, column=t)[:count] - (0, LIFT, 0), cells(count)),
    ]
    at, size = (np.stack(part) for part in zip(*shapes, strict=True))
    column = piece.show(Swarm("norm: cells", "activation", True, at, size, np.stack(states)), 0.0)
    for pose, (start, end) in enumerate(
        ((0.05, 0.4), (1.05, 1.35), (1.5, 1.9), (2.1, 2.45), (2.65, 2.98)), 1
    ):
        piece.move(column, pose, start, end)

    letter = 1.7
    half, front = count / 2 + 1.0, np.array([0, -0.8, 0])
    top = max(reach * 1.02, 1.02 * k * float(max(np.abs(v).max() for v in (x, normal, result)))) + 1.2
    ends = [level + (-half, 0.4, 0), level + (half, 0.4, 0)]
    piece.show(stroke(piece, "axis", ends, 0.2), 0.3, 2.65)
    stem = f"blocks.{layer}.ln1"
    has_mean = f"{stem}.mean" in trace.network.matrices
    left, right = level + (-half, 0, top), level + (half, 0, top)
    name = "deviation" if has_mean else "size"
    if has_mean:
        line = [level + front + (side * half, 0, k * mean) for side in (-1, 1)]
        piece.show(stroke(piece, "mean line", line, 0.3, "accent"), 0.45, 1.2)
        of = (f"{stem}.mean", (t,))
        piece.show(
            note(piece, "mean", words.note("mean", value=number(mean)), tuple(left), letter, "left", of=of),
            0.5,
            1.5,
        )
        now = words.note("mean", value=0)
        piece.show(note(piece, "mean now", now, tuple(left), letter, "left", "accent"), 1.5, 2.1)
    of = (f"{stem}.std" if has_mean else f"{stem}.rms", (t,))
    said, now = (words.note(name, value=value) for value in (number(deviation), 1))
    piece.show(note(piece, "deviation", said, tuple(right), letter, "right", of=of), 0.6, 1.9)
    piece.show(note(piece, "deviation now", now, tuple(right), letter, "right", "accent"), 1.9, 2.1)
    formula = words.note("norm_formula" if has_mean else "rms_formula")
    middle = tuple(level + (0, 0, top + 1.6 * letter))
    piece.show(note(piece, "formula", formula, middle, letter), 1.05, 2.1)
    piece.show(note(piece, "learned", "× γ + β" if has_mean else "× γ", middle, letter), 2.1, 2.65)
    for side in (-1, 1):
        line = [level + front + (end * half, 0, side * k) for end in (-1, 1)]
        piece.show(stroke(piece, f"one {side}", line, 0.15, "accent"), 1.9, 2.1)
    return piece


def dot_product(layout: Layout, trace: Trace, focus: Focus, words: Words) -> Piece:
    """A row of query weights meets a column: pairs, products, their sum and the bias. Three phases."""
    piece = Piece("dot")
    layer, head, t = focus.layer, focus.head, focus.position
    weights = layout.find("attn.W_Q", layer, head)
    queries = layout.find("attn.q", layer, head)
    normed = layout.find("ln1.out", layer)
    feature = int(np.abs(queries.values(trace)[:, t]).argmax())
    w = weights.values(trace)[feature].astype(float)
    x = normed.values(trace)[:, t].astype(float)
    products, shown = w * x, min(6, len(w))
    n, unit = len(w), weights.shape[1] / 30
    middle_x, _, middle_z = weights.box.centre
    at = np.array([middle_x, stage_depth(layout, weights), middle_z])
    wide, step = 3.4 * unit, 1.35 * unit
    further = max(1, n - shown)  # pairs that stand narrowly below those with numbers
    z = [(-i if i < shown else -shown - 0.35 - 2.2 * (i - shown) / further) * step for i in range(n)]
    tall = np.array([unit if i < shown else max(THIN, 1.8 * step / further) for i in range(n)])
    top = at + (0, 0, 0.5 * (shown + 4) * step)

    def list_at(dx: float) -> Array:
        return top + np.stack([np.full(n, dx), np.zeros(n), np.array(z)], axis=1)

    listed = np.stack([np.full(n, wide), np.full(n, 0.5 * unit), tall], axis=1)
    left, middle, right = -1.45 * wide, 0.0, 1.45 * wide
    sum_z = -(shown + 3.6) * step
    total = top + (right, 0, sum_z)
    in_weights = places(weights, row=feature) - (0, LIFT, 0)
    in_column = places(normed, column=t) - (0, LIFT, 0)
    sizes = np.stack([cells(n), listed, listed])
    row = Swarm("dot: weights", weights.role, True, np.stack([in_weights, list_at(left), list_at(left)]),
                sizes, np.stack([values_of(weights, w, trace)] * 3))  # fmt: skip
    column = Swarm("dot: column", normed.role, True, np.stack([in_column, list_at(middle), list_at(middle)]),
                   sizes, np.stack([values_of(normed, x, trace)] * 3))  # fmt: skip
    made = np.abs(products).max() or 1.0
    gathered = np.broadcast_to(total, (n, 3))
    result = Swarm(
        "dot: products", "activation", True,
        np.stack([list_at(middle), list_at(right), gathered]),
        np.stack([listed * THIN, listed, np.full((n, 3), THIN)]),
        np.stack([products / made] * 3),
    )  # fmt: skip
    piece.show(row, 0.0, 2.9)
    piece.show(column, 0.0, 2.9)
    piece.show(result, 1.0, 1.75)
    piece.move(row, 1, 0.05, 0.5)
    piece.move(column, 1, 0.2, 0.7)
    piece.move(result, 1, 1.02, 1.3)
    piece.move(result, 2, 1.4, 1.75)
    size, front = 0.75 * unit, np.array([0, -0.5 * unit, -0.27 * unit])
    matrix_w, matrix_x = weights.matrix.name, normed.matrix.name
    for i in range(shown):
        begin = 0.72 + 0.02 * i
        row_at = np.array([0, 0, z[i]]) + front
        for what, value, dx, start, of in (
            ("weight", w[i], left, begin, (matrix_w, weights.cell(feature, i))),
            ("input", x[i], middle, begin, (matrix_x, normed.cell(i, t))),
            ("product", products[i], right, 1.3, None),
        ):
            figure = note(piece, f"{what} {i}", number(value), tuple(top + row_at + (dx, 0, 0)), size, of=of)
            piece.show(figure, start, 1.45 if what == "product" else 2.9)
        for sign, dx, start in (("×", left / 2, begin), ("=", right / 2, 1.25)):
            mark = note(piece, f"{sign} {i}", sign, tuple(top + row_at + (dx, 0, 0)), size, ink="faint")
            piece.show(mark, start, 2.9 if sign == "×" else 1.45)
    if n > shown:
        rest = note(
            piece,
            "rest",
            words.note("more", count=n - shown),
            tuple(top + (left - 0.6 * wide, 0, z[-1])),
            size,
            "right",
            "faint",
        )
        piece.show(rest, 0.72, 2.9)
    bias = _bias(layout, trace, focus, feature)
    value = float(queries.values(trace)[feature, t])
    spot = queries.centre(feature, t)
    flown = Swarm(
        "dot: result cell", "activation", True,
        np.stack([total, total, np.array(spot) - (0, 0.5 + LIFT, 0)])[:, None],
        np.stack([np.full(3, THIN), (wide, 0.5 * unit, unit), (1, 1, 1)])[:, None],
        np.full((3, 1), float(values_of(queries, np.array([value]), trace)[0])),
    )  # fmt: skip
    piece.show(flown, 1.7)
    piece.move(flown, 1, 1.7, 1.8)
    piece.move(flown, 2, 2.75, 2.98)
    under = total + front
    said = note(piece, "sum", words.note("sum", value=number(value - (bias or 0.0))), tuple(under), size)
    if bias is None:
        piece.show(said, 1.8, 2.75)
    else:
        piece.show(said, 1.8, 2.2)
        plus = words.note("bias", value=number(value - bias), bias=number(bias))
        piece.show(note(piece, "bias", plus, tuple(under + (-1.1 * wide, 0, 0)), size, "centre"), 2.0, 2.75)
        line = f"= {number(value)}"
        of = (queries.matrix.name, queries.cell(feature, t))
        piece.show(note(piece, "result", line, tuple(under), size, ink="accent", of=of), 2.25, 2.75)
    return piece


def score_chart(layout: Layout, trace: Trace, focus: Focus, tokens: Sequence[str], words: Words) -> Piece:
    """A query visits the keys before it; softmax turns its scores into shares. Three phases.

    First the dot products; then the largest score is subtracted and the rest exponentiated; then divided
    by the sum.
    """
    piece = Piece("scores")
    layer, head, t = focus.layer, focus.head, focus.position
    queries, keys = (turned(layout, letter, focus) for letter in "qk")
    scores, pattern = (layout.find(f"attn.{kind}", layer, head) for kind in ("scores", "pattern"))
    seen = [s for s in focus.seen() if np.isfinite(scores.values(trace)[t, s])]
    count, tall = len(seen), keys.shape[0]
    raw, shares = scores.values(trace)[t, seen].astype(float), pattern.values(trace)[t, seen].astype(float)
    centre = np.array(scores.box.centre)
    at = np.array([centre[0], stage_depth(layout, scores), centre[2] - tall / 2])
    xs = (np.arange(count) - (count - 1) / 2) * PITCH
    size = 1.35
    level = at + (0, 0, 3.0)

    key_columns = np.concatenate([places(keys, column=s) for s in seen]) - (0, LIFT, 0)
    spread = np.concatenate([upright(level + (x, 0, tall), tall) for x in xs])
    key_values = np.concatenate([values_of(keys, keys.values(trace)[:, s], trace) for s in seen])
    some = Swarm("scores: keys", "activation", True, np.stack([key_columns, spread, spread]),
                 np.stack([cells(len(spread)), *[cells(len(spread), wide=1.6)] * 2]),
                 np.stack([key_values] * 3))  # fmt: skip
    piece.show(some, 0.0, 1.0)
    piece.move(some, 1, 0.02, 0.22)
    visits = [upright(level + (x - 1.5, -0.4, tall), tall) for x in xs]
    one = Swarm(
        "scores: query", "activation", True,
        np.stack([places(queries, column=t) - (0, LIFT, 0), *visits, visits[-1]]),
        np.stack([cells(tall, wide=1.0)] * (count + 2)),
        np.stack([values_of(queries, queries.values(trace)[:, t], trace)] * (count + 2)),
    )  # fmt: skip
    piece.show(one, 0.0, 1.0)
    times = np.linspace(0.3, 0.95, count + 1)
    piece.move(one, 1, 0.08, 0.3)
    for j in range(count):
        if j:
            piece.move(one, j + 1, float(times[j]), float(times[j] + 0.4 * (times[1] - times[0])))

    lowered, powers = raw - raw.max(), np.exp(raw - raw.max())
    lowest = min(0.0, float(raw.min()), float(lowered.min()))
    k = 0.9 * tall / max(1.0, float(raw.max()) - lowest)
    zero = level - (0, 0, k * lowest)  # scores hang from a line above the floor on which shares stand
    height = 0.8 * tall
    end = np.stack([np.array(pattern.centre(t, s)) for s in seen]) - (0, LIFT, 0)
    charts = [above(zero, xs, raw * k, 2.4), above(zero, xs, lowered * k, 2.4)]
    charts += [above(level, xs, powers * height, 2.4), above(level, xs, shares * height, 2.4)]
    tiny = above(zero, xs, raw * THIN, 2.4)
    colour = [values_of(scores, raw, trace)] * 2 + [lowered / max(1e-9, -lowered.min())]
    colour += [powers, shares, values_of(pattern, shares, trace)]
    bars = Swarm(
        "scores: bars", "activation", True,
        np.stack([tiny[0], *(c[0] for c in charts), end]),
        np.stack([tiny[1], *(c[1] for c in charts), cells(count)]),
        np.stack(colour),
    )  # fmt: skip
    piece.show(bars, 1.0)
    piece.move(bars, 1, 1.0, 1.12)
    piece.move(bars, 2, 1.3, 1.5)
    piece.move(bars, 3, 1.65, 1.85)
    piece.move(bars, 4, 2.15, 2.45)
    piece.move(bars, 5, 2.75, 2.98)

    foot = level - (0, 0.2, 2.3 * size)
    name, weights = scores.matrix.name, pattern.matrix.name
    for j, s in enumerate(seen):
        x = np.array([xs[j], 0, 0])
        piece.show(
            note(
                piece, f"key {s}", tokens[s], tuple(foot + x - (0, 0, 1.5 * size)), 1.2 * size, ink="accent"
            ),
            0.2,
        )
        for stage, value, start, end_, of in (
            ("score", raw[j], float(times[j + 1]) - 0.02, 1.3, (name, scores.cell(t, s))),
            ("lowered", lowered[j], 1.5, 1.65, None),
            ("power", powers[j], 1.85, 2.15, None),
            ("share", shares[j], 2.45, 2.75, (weights, pattern.cell(t, s))),
        ):
            text = f"{value:.0%}" if stage == "share" else number(value)
            piece.show(note(piece, f"{stage} {s}", text, tuple(foot + x), size, of=of), start, end_)
    title = level + (0, -0.2, tall + 1.2)
    for i, (text, start, end_) in enumerate(
        (
            (words.note("match", d_head=tall), 0.25, 1.3),
            (words.note("lowered", value=number(float(raw.max()))), 1.3, 1.65),
            (words.note("power"), 1.65, 2.12),
            (words.note("share", value=number(float(powers.sum()))), 2.12, 2.75),
        )
    ):
        piece.show(note(piece, f"formula {i}", text, tuple(title), 1.25 * size), start, end_)
    return piece


def weighted_sum(layout: Layout, trace: Trace, focus: Focus, tokens: Sequence[str]) -> Piece:
    """Value columns shrink to their shares and become one. One phase."""
    piece = Piece("values")
    layer, head, t = focus.layer, focus.head, focus.position
    pattern, z = layout.find("attn.pattern", layer, head), layout.find("attn.z", layer, head)
    values = turned(layout, "v", focus)
    shares = pattern.values(trace)[t]
    seen = [s for s in focus.seen() if shares[s] > 0]
    tall, count, size = values.shape[0], len(seen), 1.35
    centre = np.array(z.box.centre)
    at = np.array([centre[0] - 0.3 * PITCH * count, stage_depth(layout, z), centre[2]])
    xs = (np.arange(count) - (count - 1) / 2) * PITCH
    base = at + (0, 0, tall / 2)
    start = np.concatenate([places(values, column=s) for s in seen]) - (0, LIFT, 0)
    spread = np.concatenate([upright(base + (x, 0, 0), tall) for x in xs])
    merged = np.concatenate([upright(base + (xs[-1] + 1.6 * PITCH, 0, 0), tall)] * count)
    own = np.concatenate([values_of(values, values.values(trace)[:, s], trace) for s in seen])
    part = np.repeat(shares[seen] / max(shares[seen]), tall)
    narrow = cells(count * tall)
    narrow[:, 0] = np.maximum(0.06, 3.4 * np.repeat(shares[seen], tall))
    mixed = Swarm(
        "values: columns", "activation", True,
        np.stack([start, spread, spread, merged]),
        np.stack([cells(len(start)), cells(len(start), wide=2.6), narrow, narrow * (0.3, 1, 1)]),
        np.stack([own, own, own * part, own * part]),
    )  # fmt: skip
    piece.show(mixed, 0.0, 0.8)
    piece.move(mixed, 1, 0.02, 0.2)
    piece.move(mixed, 2, 0.32, 0.5)
    piece.move(mixed, 3, 0.58, 0.8)
    foot = base - (0, 0.2, tall + 1.8 * size)
    name = pattern.matrix.name
    for j, s in enumerate(seen):
        at_key = foot + (xs[j], 0, 0)
        of = (name, pattern.cell(t, s))
        piece.show(note(piece, f"share {s}", f"× {shares[s]:.0%}", tuple(at_key), size, of=of), 0.22, 0.6)
        letter = note(
            piece, f"key {s}", tokens[s], tuple(at_key - (0, 0, 1.5 * size)), 1.2 * size, ink="accent"
        )
        piece.show(letter, 0.12, 0.6)
    result = values_of(z, z.values(trace)[:, t], trace)
    here = merged[:tall]
    column = Swarm("values: sum cells", "activation", True,
                   np.stack([here, here, places(z, column=t) - (0, LIFT, 0)]),
                   np.stack([cells(tall, wide=1.6)] * 2 + [cells(tall)]), np.stack([result] * 3))  # fmt: skip
    piece.show(column, 0.8)
    piece.move(column, 1, 0.8, 0.82)
    piece.move(column, 2, 0.88, 0.99)
    return piece


def stack(layout: Layout, trace: Trace, focus: Focus) -> Piece:
    """The heads' outputs leave their sheets and stand on each other in front of the projection. One phase."""
    piece = Piece("stack")
    sources = sorted(layout.of(f"blocks.{focus.layer}.attn.z"), key=lambda b: b.head or 0)
    out = layout.find("attn_out", focus.layer)
    weights = layout.find("attn.W_O", focus.layer)
    t = focus.position
    start = np.concatenate([places(z, column=t) for z in sources]) - (0, LIFT, 0)
    values = np.concatenate([values_of(z, z.values(trace)[:, t], trace) for z in sources])
    x, y, top = weights.origin
    foot = np.array([x - 0.5 * layout.gap, y - LIFT, top])
    column = upright(foot, len(start), weights.shape[0] / len(start))
    gaps = np.repeat(np.arange(len(sources)), sources[0].shape[0]) - (len(sources) - 1) / 2
    open_column = column - np.stack([0 * gaps, 0 * gaps, gaps], axis=1) + (0, -4, 0)
    made = Swarm("stack: heads", "activation", True, np.stack([start, open_column, column, column]),
                 np.stack([cells(len(start), wide=1.8)] * 4), np.stack([values] * 4))  # fmt: skip
    piece.show(made, 0.0)
    piece.move(made, 1, 0.05, 0.55)
    piece.move(made, 2, 0.6, 0.75)
    del out
    return piece


def flow(layout: Layout, trace: Trace, focus: Focus, part: str, total: str) -> Piece:
    """What a part computed flows down into the residual stream, which passes by below. One phase."""
    piece = Piece(f"flow {part}")
    source, target = layout.find(part, focus.layer), layout.find(total, focus.layer)
    before = next(layout.of(n)[0] for n in target.matrix.inputs if n != source.matrix.name)
    most = max(1, 1500 // source.shape[0])
    columns = range(max(0, focus.position + 1 - most), focus.position + 1)
    x, _, z = target.origin
    for name, block in (("added", source), ("stream", before)):
        start = np.concatenate([places(block, column=c) for c in columns])
        end = np.concatenate([places(target, column=c) for c in columns])
        over = end + ((0, -3.5, 0.5 * layout.gap) if name == "added" else (-0.9 * layout.gap, -2, 0))
        values = np.concatenate([values_of(block, block.values(trace)[:, c], trace) for c in columns])
        size = cells(len(start))
        made = Swarm(f"{piece.name}: {name}", "activation", True,
                     np.stack([start - (0, LIFT, 0), over, end - (0, 0.3, 0)]),
                     np.stack([size, size, 0.9 * size]), np.stack([values] * 3))  # fmt: skip
        piece.show(made, 0.0, 0.97)
        piece.move(made, 1, 0.02, 0.55)
        piece.move(made, 2, 0.7, 0.95)
    plus = (x - 0.45 * layout.gap, target.origin[1] - 4, z + 0.25 * layout.gap)
    piece.show(note(piece, "plus", "+", plus, 0.9 * layout.gap, ink="accent"), 0.5, 0.72)
    return piece


def bend(layout: Layout, trace: Trace, focus: Focus, title: str) -> Piece:
    """Every value of a column is laid out along a line, lifted to the curve, and put back. Two phases."""
    piece = Piece("bend")
    after = layout.find("mlp.act", focus.layer) if _has(layout, "mlp.act", focus.layer) else layout.find(
        "mlp.post", focus.layer)  # fmt: skip
    before = layout.of(after.matrix.inputs[0])[0]
    t = focus.position
    x, y = (b.values(trace)[:, t].astype(float) for b in (before, after))
    op = after.matrix.op
    assert op is not None
    low, high = min(-3.0, float(x.min())), max(3.0, float(x.max()))
    width = 0.34 * min(before.shape[0], 256)
    k = width / (high - low)
    middle = np.array(after.box.centre)
    origin = np.array([middle[0] - k * (low + high) / 2, stage_depth(layout, after), middle[2] - 0.2 * width])
    side = max(0.5, 0.012 * width)
    dots = np.full((len(x), 3), side)
    along = origin + np.stack([k * x, np.zeros(len(x)), np.zeros(len(x))], axis=1)
    lifted = origin + np.stack([k * x, np.zeros(len(x)), k * y], axis=1)
    ends = [places(b, column=t) - (0, LIFT, 0) for b in (before, after)]
    colours = [values_of(before, x, trace)] * 2 + [values_of(after, y, trace)] * 2
    swarmed = Swarm("bend: values", "activation", True, np.stack([ends[0], along, lifted, ends[1]]),
                    np.stack([cells(len(x)), dots, dots, cells(len(x))]), np.stack(colours))  # fmt: skip
    piece.show(swarmed, 0.0)
    piece.move(swarmed, 1, 0.1, 0.7)
    piece.move(swarmed, 2, 1.05, 1.4)
    piece.move(swarmed, 3, 1.7, 1.97)
    grid = np.linspace(low, high, 60)
    curve = [origin + (k * a, 0.4, k * b) for a, b in zip(grid, op.forward(grid, start=0), strict=True)]
    thick = 0.008 * width
    piece.show(
        stroke(piece, "x axis", [origin + (k * low, 0.4, 0), origin + (k * high, 0.4, 0)], thick), 0.3, 1.72
    )
    top = k * float(op.forward(np.array([high]), start=0)[0])
    piece.show(
        stroke(piece, "y axis", [origin + (0, 0.4, -0.05 * width), origin + (0, 0.4, top)], thick), 0.3, 1.72
    )
    piece.show(stroke(piece, "curve", curve, 1.8 * thick, "accent"), 0.8, 1.72)
    size = 0.045 * width
    piece.show(
        note(piece, "name", title, tuple(origin + (k * low * 0.5, 0, 0.55 * top)), 1.5 * size, ink="accent"),
        0.8,
        1.72,
    )
    for value in (math.ceil(low), 0, math.floor(high)):
        at = origin + (k * value, 0, -1.6 * size)
        piece.show(
            note(piece, f"at {value}", f"{value}".replace("-", "−"), tuple(at), size, ink="faint"), 0.4, 1.72
        )
    return piece


# --- what the pieces are made of ---


def norm_facts(trace: Trace, focus: Focus) -> tuple[float, float]:
    """Mean and deviation of the focused column before the first norm; 0 and the root mean square for RMS."""
    stem = f"blocks.{focus.layer}.ln1"
    if f"{stem}.mean" in trace.network.matrices:
        return float(trace[f"{stem}.mean"][focus.position]), float(trace[f"{stem}.std"][focus.position])
    return 0.0, float(trace[f"{stem}.rms"][focus.position])


def turned(layout: Layout, letter: str, focus: Focus) -> Block:
    """The queries, keys or values that the scores are made of: after norm and rotation where there are any.

    Heads that share keys show them once, with the first of their group.
    """
    for kind in (f"attn.rot_{letter}", f"attn.{letter}_norm.out", f"attn.{letter}"):
        found = [b for b in layout.blocks.values() if (b.kind, b.matrix.layer) == (kind, focus.layer)]
        if found:
            share = len(layout.of(f"blocks.{focus.layer}.attn.scores")) // len(found)
            return next(b for b in found if b.head == focus.head // share)
    raise KeyError(letter)


def _bias(layout: Layout, trace: Trace, focus: Focus, feature: int) -> float | None:
    if not _has(layout, "attn.b_Q", focus.layer):
        return None
    block = layout.find("attn.b_Q", focus.layer, focus.head)
    return float(block.values(trace).ravel()[feature])


def _has(layout: Layout, kind: str, layer: int | None) -> bool:
    return any((b.kind, b.matrix.layer) == (kind, layer) for b in layout.blocks.values())


def stage_depth(layout: Layout, block: Block) -> float:
    """How far in front of a block's line a close-up stands: also before the links to further heads."""
    return layout.lines[layout.line(block)].y - 1.5 * layout.gap


def places(block: Block, *, row: int | None = None, column: int | None = None) -> Array:
    """Centres of the cells of a row or a column, `[n, 3]`."""
    at = (
        [(row, c) for c in range(block.shape[1])]
        if row is not None
        else [(r, column) for r in range(block.shape[0])]
    )
    return np.array([block.centre(r, c) for r, c in at]) + (0, 0.5, 0)  # type: ignore[arg-type]


def cells(count: int, wide: float = 1.0) -> Array:
    """Sizes of cells with the gap between them, `[n, 3]`."""
    return np.tile((0.9 * wide, 0.9, 0.9), (count, 1))


def upright(top: Array, count: int, pitch: float = 1.0) -> Array:
    """Places of a column that hangs from `top`, `[n, 3]`."""
    return top - np.stack([np.zeros(count), np.zeros(count), (np.arange(count) + 0.5) * pitch], axis=1)


def above(level: Array, xs: Array, heights: Array, wide: float) -> tuple[Array, Array]:
    """Places and sizes of a row of bars that stand on a level, or hang from it."""
    count = len(xs)
    at = level + np.stack([xs, np.zeros(count), heights / 2], axis=1)
    return at, np.stack(
        [np.full(count, wide), np.full(count, 0.9), np.maximum(np.abs(heights), 0.08)], axis=1
    )


def values_of(block: Block, values: Array, trace: Trace) -> Array:
    """Values for the colour map, on the scale of the whole matrix."""
    return normalise(np.asarray(values, float), scale_of(trace[block.matrix.name]))


def swarm(
    piece: Piece, name: str, block: Block, poses: Sequence[Array], values: Array, trace: Trace
) -> Swarm:
    """Copies of cells that keep size and colour."""
    n = len(poses[0])
    return Swarm(
        names.prop(piece.name, name), block.role, block.matrix.signed, np.stack(poses),
        np.stack([cells(n)] * len(poses)), np.stack([values_of(block, values, trace)] * len(poses)),
    )  # fmt: skip


def note(
    piece: Piece,
    name: str,
    text: str,
    at: Point | tuple[float, ...],
    size: float,
    align: Align = "centre",
    ink: str = "ink",
    of: tuple[str, tuple[int, ...]] | None = None,
) -> Text:
    """Words of a piece."""
    x, y, z = (float(v) for v in at)
    return Text(names.prop(piece.name, name), text, (x, y, z), size, align, ink, of=of)


def stroke(piece: Piece, name: str, points: Sequence[Array], width: float, ink: str = "faint") -> Line:
    """A line of a piece."""
    path: list[Point] = [tuple(map(float, point)) for point in points]  # type: ignore[misc]
    return Line(names.prop(piece.name, name), tuple(path), width, ink)
