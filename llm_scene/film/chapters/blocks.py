"""The other blocks, at speed, while the camera runs along them."""

from __future__ import annotations

from dataclasses import replace

from ...layout.layout import Box
from ..screenplay import Screenplay, Tag, Take, names
from .machine import question, under

SHORTEST, LONGEST, ALL = 0.8, 2.4, 9.0  # seconds a block may take, and about all of them together
TRUNK = ("resid", "attn_out", "mlp_out", "ln")  # kinds of what stands along the stream
SOON = 0.3  # seconds before the first of them lights up
SHOWN = 8  # blocks the camera stops at; of more, those between are passed


def other_blocks(play: Screenplay) -> None:
    """Every further block is computed; of many, the camera visits some."""
    n_layer = play.trace.network.config.n_layer
    if n_layer == 1:
        return
    play.start("blocks", "bend")
    visited = _visited(n_layer)
    window = play.say("blocks", _layer(play, visited[0]), least=1.8)
    computed = 1
    for n, layer in enumerate(visited):
        if n:
            each = max(SHORTEST, min(LONGEST, ALL / len(visited)) * play.leisure)
            window = play.go(_layer(play, layer), each)
        until = visited[n + 1] if n + 1 < len(visited) else n_layer
        blocks = [
            b
            for b in play.layout.blocks.values()
            if b.role != "weight" and b.matrix.layer is not None and computed <= b.matrix.layer < until
        ]
        play.compute(blocks, window)
        computed = until
    play.stretch("blocks")


def other_blocks_at_once(play: Screenplay) -> None:
    """All of them before the whole machine, one after the other."""
    n_layer = play.trace.network.config.n_layer
    if n_layer == 1:
        return
    play.start("blocks", "bend")
    texts = question(play, "again")
    window = play.say("blocks", under(play, texts), least=1.8)
    for text in texts:
        play.put(text, window[0], play.now)
    rest = [b for b in play.layout.blocks.values() if b.role != "weight" and b.matrix.layer is not None]
    play.compute(rest, (window[0] + SOON, window[1]))


def _visited(n_layer: int) -> list[int]:
    """The blocks at which the camera arrives, evenly spread."""
    further = n_layer - 1
    count = min(SHOWN, further)
    return sorted({1 + round(i * (further - 1) / max(1, count - 1)) for i in range(count)})


def _layer(play: Screenplay, layer: int) -> Take:
    blocks = [b for b in play.layout.blocks.values() if b.matrix.layer == layer]
    (section,) = [s for s in play.layout.sections if s.path == blocks[0].section[:1]]
    tag = Tag(play.words.part(section.name, play.trace.network.config.n_layer), section.box)
    along = [b for b in blocks if b.kind.startswith(TRUNK)] or blocks
    seen = Box.around(b.box for b in along)
    return Take("walk", [seen], names(along), (replace(tag, box=seen),))
