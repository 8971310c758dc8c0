"""Cues of a channel as keys, for what plays animation: Blender's curves and glTF's tracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..network.ops import Array
from .film import EASINGS, Cue

Key = tuple[float, float, str]  # time, value, easing to the next key
SAME = 1e-4  # seconds within which two keys stand at the same time
EASED = 16  # straight pieces that stand for an eased cue


def keys(cues: Sequence[Cue], jump: float) -> list[Key]:
    """Keys at rising times; values are held between cues.

    Where a value jumps, the old one is held until `jump` seconds before, so that no frame shows a mixture.
    """
    found: list[Key] = []
    for cue in cues:
        found += [(cue.start, cue.a, cue.easing), (cue.end, cue.b, "step")]
    return distinct(found, jump)


def distinct(found: Sequence[Key], jump: float) -> list[Key]:
    """A key at its follower's time gives way to it, unless the value jumps there."""
    out: list[Key] = []
    for key in found:
        if out and abs(out[-1][0] - key[0]) < SAME:
            if abs(out[-1][1] - key[1]) > 1e-9:
                out[-1] = (out[-1][0] - jump, out[-1][1], "step")
            else:
                out.pop()
        out.append(key)
    return out


def straight(cues: Sequence[Cue], pieces: int = EASED) -> list[tuple[float, float]]:
    """(time, value) of what cues write, as straight pieces: so many for an eased cue."""
    found: list[tuple[float, float]] = []
    for cue in cues:
        if found and found[-1][1] != cue.a:  # held until it jumps
            found.append((cue.start, found[-1][1]))
        found += [(cue.start, cue.a), *_eased(cue, pieces), (cue.end, cue.b)]
    return found


def _eased(cue: Cue, pieces: int) -> list[tuple[float, float]]:
    """Points between a cue's ends, as many as its easing asks for."""
    if cue.easing == "linear" or cue.a == cue.b:
        return []
    if cue.easing == "step":
        return [(cue.end, cue.a)]
    shares = np.arange(1, pieces) / pieces
    return [
        (cue.start + share * (cue.end - cue.start), cue.a + EASINGS[cue.easing](share) * (cue.b - cue.a))
        for share in shares.tolist()
    ]


def rising(knots: Sequence[tuple[float, float]], jump: float) -> tuple[Array, Array]:
    """Times and values `[n]`, from time 0 on; the old value of a jump stands `jump` seconds earlier."""
    times: list[float] = []
    values: list[float] = []
    for time, value in ((max(time, 0.0), value) for time, value in knots):
        if times and time < times[-1] + jump / 2:
            if value == values[-1]:
                continue
            if time - jump <= (times[-2] if len(times) > 1 else 0.0):  # no room for the old value
                times.pop(), values.pop()
            else:
                times[-1] = time - jump
        times.append(time)
        values.append(value)
    return np.array(times), np.array(values)
