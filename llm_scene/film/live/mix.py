"""The weighted sum: how much of a column is taken; and the one row of it that is added up."""

from __future__ import annotations

from ..pieces.mix import LEAST, NAME
from .shaping import CloseUp, Shaping, X, running
from .sums import Number


def shape(shaping: Shaping) -> None:
    """How wide columns are, and what cells of the one row are painted by."""
    close = CloseUp(shaping, NAME)
    if not (shares := close.numbered(r"share (\d+)")):
        return
    sums = close.sums
    _side_by_side(close, [sums.cell(at) for at in shares.values()])
    for j, at in shares.items():
        share = sums.most([sums.cell(at), LEAST])
        for actor, pose in ((f"again {j}", 1), (f"flying {j}", 0), (f"flying {j}", 1)):
            for one in close.company(actor, pose):
                whole = float(one[0].sizes[pose, one[1], X]) / share.own
                close.size(one, pose, X, share * whole)
    if not (taken := taken_of(close)):
        return
    largest = sums.most(sums.made("size", part) for part in taken)
    for j, (one, part) in enumerate(zip(close.company("taken", 1), taken, strict=True)):
        close.paint(one, 1, part / largest)
        close.all_poses(f"poured {j}", part / largest)
    _counting(close, taken)


def _side_by_side(close: CloseUp, shares: list[Number]) -> None:
    """Before they are mixed, what is taken of the columns stands in the place of the mix."""
    mix = close.company("mix", 1)
    if not mix:
        return
    swarm, i = mix[0]
    middle, wide = float(swarm.places[1, i, X]), float(swarm.sizes[1, i, X])
    for j, (_, end) in enumerate(running(shares)):
        place = (end - shares[j] / 2.0 - 0.5) * wide + middle
        for one in close.company(f"flying {j}", 1):
            close.stand(one, 1, X, place)


def _counting(close: CloseUp, taken: list[Number]) -> None:
    """The cell in which they are added up; what is folded comes last."""
    whole = whole_of(close)
    totals = [total for _, total in running(taken)]
    matrix = close.sums.matrix_of(whole)
    for swarm, _ in close.company("total"):
        folded = len(swarm.places) - 1 - len(totals)
        close.counts("total", totals + [whole] * folded, matrix)


def words(shaping: Shaping) -> None:
    """The numbers that it tells."""
    close = CloseUp(shaping, NAME)
    taken = taken_of(close)
    if not taken:
        return
    for j, term in enumerate(taken):
        close.write(f"taken {j} 0", term)
    for j in range(len(taken)):
        close.write(f"times {j}", close.sums.cell(close.of[f"share {j}"]))
    whole = whole_of(close)
    close.write(f"taken {len(taken)} 0", whole - close.sums.total(taken))
    close.write(f"total 0 {len(taken) + 1}", whole)
    for n, total in running(taken):
        close.write(f"total 0 {n}", total)


def taken_of(close: CloseUp) -> list[Number]:
    """What is taken of each value that is shown, by its share."""
    shares, given = close.numbered(r"share (\d+)"), close.numbered(r"given (\d+) 0")
    if not given or shares.keys() != given.keys():
        return []
    return [close.sums.cell(shares[j]) * close.sums.cell(given[j]) for j in given]


def whole_of(close: CloseUp) -> Number:
    """What all of them come to, shown or not."""
    (pattern, (head, t, _)), (value, cell) = close.of["share 0"], close.of["given 0 0"]
    made = next(m for m in close.sums.trace.network if m.inputs[:2] == (pattern, value))
    return close.sums.cell((made.name, (head, t, cell[-1])))
