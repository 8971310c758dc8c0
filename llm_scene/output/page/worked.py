"""What the numbers that are written in close-ups are worked out from.

Which cells they take is read off the numbers beside them, which say it themselves: a product stands between
its two factors, a share over the value that it is taken of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ...film.pieces.choice import COLD, hot_enough
from ...layout.drawn import Text
from ...network.ops import LayerNorm, RmsNorm
from .sums import At, Number, Sums

SOFTMAX = "scores: softmax "  # what the names of its texts and cells begin with
CHOICE = ("choice: ", "choosing: ")


def worked(written: Mapping[str, Text], sums: Sums) -> dict[str, Number]:
    """What each number is worked out from, by the name of its text."""
    of = {name: text.of for name, text in written.items() if text.of is not None}
    found = {**_norm(sums), **_dot(of, sums), **_softmax(softmax_of(of, sums)), **_mix(of, sums)}
    for begin in CHOICE:
        found |= _choice(begin, written, sums)
    return {name: number for name, number in found.items() if name in written}


def numbered(of: Mapping[str, At], pattern: str) -> dict[int, At]:
    """The cells of texts whose names match, by the number in the name."""
    matches = ((re.fullmatch(pattern, name), at) for name, at in of.items())
    return dict(sorted((int(match[1]), at) for match, at in matches if match is not None))


# --- norm ---


def norm_of(sums: Sums) -> tuple[Number | None, Number] | None:
    """Mean and spread of the column, or its size alone, in the first norm that is not of queries or keys."""
    norms = (m for m in sums.trace.network if isinstance(m.op, LayerNorm | RmsNorm))
    first = next((m for m in norms if ".attn." not in m.name), None)
    if first is None:
        return None
    mean = sums.cell((first.inputs[1], (sums.position,))) if isinstance(first.op, LayerNorm) else None
    return mean, sums.cell((first.inputs[1 if mean is None else 2], (sums.position,)))


def _norm(sums: Sums) -> dict[str, Number]:
    mean, size = norm_of(sums) or (None, None)
    known = {"norm: mean": mean, "norm: spread": size}
    return {name: number for name, number in known.items() if number is not None}


# --- one dot product ---


def dot_of(of: Mapping[str, At], sums: Sums) -> tuple[list[Number], str]:
    """The products that are shown, what is folded, the bias; and the matrix that their sum is a cell of."""
    weights, inputs = numbered(of, r"dot: weights (\d+) 0"), numbered(of, r"dot: inputs (\d+) 0")
    if not weights or weights.keys() != inputs.keys():
        return [], ""
    terms = [sums.cell(weights[i]) * sums.cell(inputs[i]) for i in weights]
    (name, (head, *_, feature)), (source, (t, *_)) = weights[min(weights)], inputs[min(inputs)]
    made = next(m for m in sums.trace.network if m.inputs[:2] == (source, name))
    bias = [sums.cell((made.inputs[2], (head, feature)))] if len(made.inputs) == 3 else []
    whole = sums.cell((made.name, (head, t, feature)))
    if len(terms) < sums.trace[source].shape[-1]:
        terms.append(whole - sums.total([*terms, *bias]))
    return [*terms, *bias], made.name


def _dot(of: Mapping[str, At], sums: Sums) -> dict[str, Number]:
    terms, _ = dot_of(of, sums)
    found = {f"dot: term {i} 0 0": term for i, term in enumerate(terms)}
    return found | {f"dot: total 0 {n}": total for n, total in running(terms)}


def running(terms: Sequence[Number]) -> Iterator[tuple[int, Number]]:
    """Sums of the first 1, 2, ... terms."""
    for n in range(1, len(terms) + 1):
        yield n, terms[0].sums.total(terms[:n])


# --- softmax ---


def softmax_of(of: Mapping[str, At], sums: Sums) -> list[tuple[Number, Number, str]]:
    """Score and share of every key that is shown, and the matrix of the scores."""
    shares = numbered(of, SOFTMAX + r"share (\d+)") | numbered(of, SOFTMAX + r"bars (\d+) 0")
    found = []
    for _, (pattern, cell) in sorted(shares.items()):
        scores = sums.trace.network[pattern].inputs[0]
        found.append((sums.cell((scores, cell)), sums.cell((pattern, cell)), scores))
    return found


def _softmax(keys: Sequence[tuple[Number, Number, str]]) -> dict[str, Number]:
    """Scores, what they are below the largest, their powers, and the sum of these."""
    if not keys:
        return {}
    found: dict[str, Number] = {}
    lowered, powers, total = powers_of(keys)
    for j, (score, _, _) in enumerate(keys):
        found[f"{SOFTMAX}score {j}"], found[f"{SOFTMAX}below {j}"] = score, lowered[j]
        found[f"{SOFTMAX}power {j}"] = powers[j]
    return found | {f"{SOFTMAX}total": total}


def powers_of(keys: Sequence[tuple[Number, Number, str]]) -> tuple[list[Number], list[Number], Number]:
    """Scores from the largest on, their powers, and the sum of all powers, shown or not."""
    sums = keys[0][0].sums
    best = sums.most(score for score, _, _ in keys)
    lowered = [score - best for score, _, _ in keys]
    powers = [sums.made("exp", below) for below in lowered]
    return lowered, powers, sums.total(powers) / sums.total(share for _, share, _ in keys)


# --- the weighted sum ---


def mix_of(of: Mapping[str, At], sums: Sums) -> list[Number]:
    """What is taken of each value that is shown, by its share."""
    shares, given = numbered(of, r"mix: share (\d+)"), numbered(of, r"mix: given (\d+) 0")
    if not given or shares.keys() != given.keys():
        return []
    return [sums.cell(shares[j]) * sums.cell(given[j]) for j in given]


def mix_total(of: Mapping[str, At], sums: Sums) -> Number:
    """What all of them come to, shown or not."""
    (pattern, (head, t, _)), (value, cell) = of["mix: share 0"], of["mix: given 0 0"]
    made = next(m for m in sums.trace.network if m.inputs[:2] == (pattern, value))
    return sums.cell((made.name, (head, t, cell[-1])))


def _mix(of: Mapping[str, At], sums: Sums) -> dict[str, Number]:
    taken = mix_of(of, sums)
    if not taken:
        return {}
    found = {f"mix: taken {j} 0": term for j, term in enumerate(taken)}
    found |= {f"mix: times {j}": sums.cell(of[f"mix: share {j}"]) for j in range(len(taken))}
    rest = mix_total(of, sums)
    found |= {f"mix: taken {len(taken)} 0": rest - sums.total(taken), f"mix: total 0 {len(taken) + 1}": rest}
    return found | {f"mix: total 0 {n}": total for n, total in running(taken)}


# --- what comes next ---


def temperatures(begin: str, written: Mapping[str, Text], sums: Sums) -> dict[str, float]:
    """The temperature of every row of chances, by the number in their names."""
    shares = (re.fullmatch(begin + r"share (\d+) 0", name) for name in written)
    known = {"0": 1.0} | ({"1": COLD} if begin == "choosing: " else {})
    hot = hot_enough(sums.trace["logits"][sums.position].astype(float))
    return {match[1]: known.get(match[1], hot) for match in shares if match is not None}


def _choice(begin: str, written: Mapping[str, Text], sums: Sums) -> dict[str, Number]:
    found = {}
    for n, temperature in temperatures(begin, written, sums).items():
        for name in written:
            if (match := re.fullmatch(rf"{begin}share {n} (\d+)", name)) is not None:
                found[name] = sums.chance(int(match[1]), temperature)
    for name in written:
        if (match := re.fullmatch(begin + r"scores (\d+) 0", name)) is not None:
            found[name] = sums.ranked("logits", int(match[1]))
    return found
