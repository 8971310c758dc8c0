"""The other blocks, at speed, while the camera runs along them."""

from __future__ import annotations

from dataclasses import replace

from ...layout.layout import Box
from ..screenplay import Screenplay, Tag, Take, names
from .machine import question, under
from .mlp import experts, experts_at_once

SHORTEST, LONGEST, ALL = 0.8, 2.4, 9.0  # seconds a block may take, and about all of them together
TRUNK = ("resid", "attn_out", "mlp_out", "ln")  # kinds of what stands along the stream
SOON = 0.3  # seconds before the first of them lights up
SHOWN = 8  # blocks the camera stops at; of more, those between are passed


def other_blocks(play: Screenplay) -> None:
    """Every further block is computed; of many, the camera visits some. Where experts come later than in the
    first block, they are told there."""
    n_layer = play.trace.network.config.n_layer
    if n_layer == 1:
        return
    play.start("blocks", "deeper")
    mixed = _with_experts(play)
    if mixed is None:
        _walk(play, 1, n_layer)
        return
    if mixed > 1:
        _walk(play, 1, mixed)
    with play.looking_at(mixed):
        _come_to_experts(play)
        experts(play, curve=False)
        play.compute(play.here("resid_post"), (play.now, play.now + SHORTEST))
    if mixed + 1 < n_layer:
        _walk(play, mixed + 1, n_layer, told=mixed > 1)


def other_blocks_at_once(play: Screenplay) -> None:
    """All of them before the whole machine, one after the other."""
    n_layer = play.trace.network.config.n_layer
    if n_layer == 1:
        return
    play.start("blocks", "deeper")
    mixed = _with_experts(play)
    if mixed is not None:
        with play.looking_at(mixed):
            _come_to_experts(play)
            experts_at_once(play)
    texts = question(play, "again")
    window = play.say("blocks", under(play, texts), least=1.8)
    for text in texts:
        play.put(text, window[0], play.now)
    rest = [b for b in play.layout.blocks.values() if b.role != "weight" and b.matrix.layer is not None]
    play.compute(rest, (window[0] + SOON, window[1]))


def _with_experts(play: Screenplay) -> int | None:
    """The first block with experts, where the focused one has none."""
    if play.has("mlp.share"):
        return None
    return min((block.matrix.layer or 0 for block in play.blocks("mlp.share")), default=None)


def _come_to_experts(play: Screenplay) -> None:
    """All is computed that a router reads."""
    layer = play.focus.layer
    window = play.say("experts_here", _layer(play, layer), least=1.8, block=layer + 1)
    router = play.here("mlp.router")[0].matrix
    play.compute([b for name in router.inputs for b in play.layout.of(name)], window)


def _walk(play: Screenplay, first: int, end: int, told: bool = False) -> None:
    """The blocks from one to before another, with their caption unless that was `told`."""
    visited = [first + n for n in _visited(end - first)]
    if not told:
        window = play.say("blocks", _layer(play, visited[0]), least=1.8)
    for n, layer in enumerate(visited):
        if n or told:
            each = max(SHORTEST, min(LONGEST, ALL / len(visited)) * play.leisure)
            window = play.go(_layer(play, layer), each)
        until = visited[n + 1] if n + 1 < len(visited) else end
        blocks = [
            b
            for b in play.layout.blocks.values()
            if b.role != "weight" and b.matrix.layer is not None and b.matrix.layer < until
        ]
        play.compute(blocks, window)
    if not told:
        play.stretch("blocks")


def _visited(n_blocks: int) -> list[int]:
    """At which of so many blocks the camera arrives, evenly spread."""
    count = min(SHOWN, n_blocks)
    return sorted({round(i * (n_blocks - 1) / max(1, count - 1)) for i in range(count)})


def _layer(play: Screenplay, layer: int) -> Take:
    blocks = [b for b in play.layout.blocks.values() if b.matrix.layer == layer]
    (section,) = [s for s in play.layout.sections if s.path == blocks[0].section[:1]]
    tag = Tag(play.words.part(section.name, play.trace.network.config.n_layer), section.box)
    along = [b for b in blocks if b.kind.startswith(TRUNK)] or blocks
    seen = Box.around(b.box for b in along)
    return Take("walk", [seen], names(along), (replace(tag, box=seen),))
