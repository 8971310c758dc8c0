"""Norm: bars of every state of a column, its mean and its spread."""

from __future__ import annotations

from ...network.ops import LayerNorm, RmsNorm
from ..pieces.norm import NAME
from .shaping import CloseUp, Shaping, Z, scale
from .sums import Number, Sums

POSES = 6  # sheet, raw, shifted, scaled, weighed, back


def shape(shaping: Shaping) -> None:
    """What its bars, lines and words hang on."""
    close = CloseUp(shaping, NAME)
    bars, measures = close.company("cells", 1), measures_of(close.sums)
    if not bars or measures is None or any(len(swarm.places) != POSES for swarm, _ in bars):
        return
    sums, (mean, size) = close.sums, measures
    column = [close.cell_of(one, 0) for one in bars]
    shifted = [x - mean for x in column] if mean is not None else column
    states = [column, shifted, [x / size for x in shifted], [close.cell_of(one, POSES - 1) for one in bars]]
    most, least = (found([0.0, *(x for state in states for x in state)]) for found in (sums.most, sums.least))
    tall, zero = scale([(one, x.own) for one, x in zip(bars, column, strict=True)], 1)
    low, room = zero + tall * least.own, tall * (most.own - least.own)  # the lowest bar, and all of them
    k = sums.constant(room) / (most - least)
    level = sums.constant(low) - k * least
    for pose, state in enumerate(states, 1):
        largest = sums.most(sums.made("size", x) for x in state)
        for one, x in zip(bars, state, strict=True):
            close.paint(one, pose, x / largest)
            close.bar(one, pose, k * x, level)
    lines = {"level": level} | ({} if mean is None else {"mean line": k * mean + level})
    for side in (-1, 1):
        lines[f"band {side}"] = k * (size * side if mean is None else mean + size * side) + level
    for value in (1, -1):
        lines[f"at {value}"] = lines[f"mark {value}"] = k * float(value) + level
    for name, at in lines.items():
        close.shift(name, Z, at - at.own)


def words(shaping: Shaping) -> None:
    """The numbers that it tells."""
    close = CloseUp(shaping, NAME)
    mean, size = measures_of(close.sums) or (None, None)
    for text, number in (("mean", mean), ("spread", size)):
        if number is not None:
            close.write(text, number)


def measures_of(sums: Sums) -> tuple[Number | None, Number] | None:
    """Mean and spread of the column, or its size alone, in the first norm that is not of queries or keys."""
    norms = (m for m in sums.trace.network if isinstance(m.op, LayerNorm | RmsNorm))
    first = next((m for m in norms if ".attn." not in m.name), None)
    if first is None:
        return None
    mean = sums.cell((first.inputs[1], (sums.position,))) if isinstance(first.op, LayerNorm) else None
    return mean, sums.cell((first.inputs[1 if mean is None else 2], (sums.position,)))
