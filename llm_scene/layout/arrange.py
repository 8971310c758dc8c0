"""Where every block stands.

The residual stream is a trunk that runs to the right along the ground, so that a wide picture holds
the whole model and a film travels along it. What reads the trunk stands above it and hands its result
back down: attention as a fan of sheets, one a head, receding into the picture, or as a grid of them; the
MLP as two tall walls. Channels always run down and positions always run to the right, so a token stays
one upright column through the whole model, and the MLP is seen to make it four times taller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ..models.reading import Reading
from ..network import sections
from ..network.graph import Network
from .drawn import text_width
from .layout import Arrangement, Block, Box, Candidate, Layout, Letter, Line, Section
from .lines import stand
from .links import route
from .plan import bars, planned
from .sheets import Sheets

CHOSEN = 1.8  # the prediction that counts stands taller than the others


def arrange(
    network: Network,
    n_positions: int,
    reading: Reading | None = None,
    arrangement: Arrangement = Arrangement(),  # noqa: B008 (frozen)
) -> Layout:
    """Place all shown matrices of a network over `n_positions` positions.

    `reading` says what the tokens are and where the prompt ends; without it there are no letters, and all
    positions are the prompt. `arrangement` says how heads and transformer blocks stand to each other.
    """
    layout = set_down(network, n_positions, arrangement)
    layout = replace(layout, n_prompt=n_positions if reading is None else reading.n_prompt)
    return replace(
        layout,
        links=route(network, layout),
        letters=_letters(layout, reading) if reading is not None else (),
        candidates=_candidates(layout, reading.candidates if reading is not None else ()),
    )


def set_down(
    network: Network,
    n_positions: int,
    arrangement: Arrangement = Arrangement(),  # noqa: B008 (frozen)
) -> Layout:
    """The blocks alone, in their places: without links, letters and candidates."""
    if arrangement.blocks == "plan":
        return _layout(network, n_positions, arrangement, *planned(network, n_positions, arrangement))
    builder = _Builder(network, n_positions, arrangement)
    builder.embedding()
    for layer in range(network.config.n_layer):
        builder.attention(layer)
        builder.mlp(layer)
    builder.output()
    blocks, lines = stand(builder.blocks, arrangement, builder.gap)
    return _layout(network, n_positions, arrangement, blocks, lines, builder.gap)


def _layout(
    network: Network,
    n_positions: int,
    arrangement: Arrangement,
    blocks: dict[str, Block],
    lines: tuple[Line, ...],
    gap: float,
) -> Layout:
    """The blocks in the order of computing, with the sections that they make."""
    rank = {name: i for i, name in enumerate(network.matrices)}
    ordered = {b.name: b for b in sorted(blocks.values(), key=lambda b: rank[b.matrix.name])}
    return Layout(ordered, _sections(ordered), (), (), (), gap, n_positions, arrangement, lines)


class _Builder(Sheets):
    """Sets blocks down from left to right; `x` is how far it has come."""

    def __init__(self, network: Network, n_positions: int, arrangement: Arrangement) -> None:
        super().__init__(network, n_positions)
        c = network.config
        self.arrangement = arrangement
        self.gap = max(6.0, c.d_model / 8)
        self.above = c.d_model + 2.5 * self.gap  # foot of everything that reads the trunk

    # --- sections, left to right ---

    def embedding(self) -> None:
        c = self.network.config
        self.put("embed.W_E", top=c.d_model)
        self.step(1.6)
        if self.has("pos_embed.W_pos"):
            self.put("pos_embed.W_pos", top=c.d_model)
            self.step(1.6)
        self.layer = 0
        x = self.x
        self.put("resid_pre", top=c.d_model)
        end = self.x
        self.x, self.layer = x, None
        self.put("tokens", top=c.d_model + 1.3 * self.gap)
        self.x = end
        self.put_rest(c.d_model, self.gap, sections.EMBEDDING)

    def attention(self, layer: int) -> None:
        c = self.network.config
        self.layer = layer
        self.step(3)
        reach = max(3 * c.d_head + 2 * self.gap, self.T)  # long prompts: the scores stay off the ground
        if self.arrangement.heads == "grid":
            self.norm("ln1", self.above + c.d_model)
            self.step(2)
            self.grid(reach)
        else:
            top = self.above + max(c.d_model, reach)
            self.norm("ln1", top)
            self.step(2)
            self.fan(top)
        self.step(3)
        self.affine("attn.W_O", "attn.b_O", "attn_out", foot=self.above)
        self.x -= self.T
        self.put("resid_mid", top=c.d_model)
        self.put_rest(self.above + c.d_model, self.gap, sections.block(layer), sections.ATTENTION)

    def fan(self, top: float) -> None:
        """Every head is a sheet of its own; they recede into the picture."""
        c = self.network.config
        pitch = 1.2 * c.d_head + 2.5 * self.gap
        start, end = self.x, self.x
        for head in range(c.n_head):
            self.x = start
            self.head(head, top, y=head * pitch)
            end = max(end, self.x)
        self.x = end

    def grid(self, height: float) -> None:
        """Heads of this height side by side and below each other, in a field about as wide as high."""
        count, start = self.network.config.n_head, self.x
        self.head(0, height, y=0.0)  # to see how wide it is
        wide, high = self.x - start + 3 * self.gap, height + 4 * self.gap

        def misfit(rows: int) -> float:
            return abs(math.log(math.ceil(count / rows) * wide / (rows * high)))

        columns = math.ceil(count / min(range(1, count + 1), key=misfit))
        top = self.above + math.ceil(count / columns) * high - 4 * self.gap
        for head in range(count):
            row, column = divmod(head, columns)
            self.x = start + column * wide
            self.head(head, top - row * high, y=0.0)
        self.x = start + columns * wide - 3 * self.gap

    def head(self, head: int, top: float, y: float) -> None:
        c = self.network.config
        step = c.d_head + self.gap
        kv = head * c.n_kv_head // c.n_head
        shares = head * c.n_kv_head % c.n_head == 0  # the first of a group shows the keys they share
        start, tallest = self.x, 0.0
        for i, letter in enumerate("QKV"):
            if letter == "Q" or shares:
                self.x = start
                self.project(letter, head if letter == "Q" else kv, top - i * step, y)
                tallest = max(tallest, self.x)
        self.x = max(tallest, start + 2 + c.d_model + self.gap + self.T)
        self.step(2)
        self.put("attn.scores", top=top, head=head, y=y, after=self.gap)
        self.put("attn.scores_max", top=top, head=head, y=y, after=0.6 * self.gap)
        self.put("attn.scores_sum", top=top, head=head, y=y, after=self.gap)
        self.put("attn.pattern", top=top, head=head, y=y)
        self.step(1.5)
        self.put("attn.z", top=top - 2 * step, head=head, y=y)

    def project(self, letter: str, head: int, top: float, y: float) -> None:
        """Weights of a head, and what becomes of its queries, keys or values: normed, then turned."""
        low = letter.lower()
        self.put(f"attn.b_{letter}", top=top, head=head, y=y, after=1)
        self.put(f"attn.W_{letter}", top=top, head=head, y=y, after=self.gap)
        self.put(f"attn.{low}", top=top, head=head, y=y)
        if self.has(f"attn.{low}_norm.out"):
            self.x += 2
            if head == 0:  # the heads share it
                self.put(f"attn.{low}_norm.w", top=top, y=y)
            else:
                self.x += 1
            self.x += 1
            x = self.x
            self.put(f"attn.{low}_norm.rms", top=top + 2, head=head, y=y)
            self.x = x
            self.put(f"attn.{low}_norm.out", top=top, head=head, y=y)
        if self.has(f"attn.rot_{low}"):
            self.x += 2
            self.put(f"attn.rot_{low}", top=top, head=head, y=y)

    def mlp(self, layer: int) -> None:
        c = self.network.config
        self.layer = layer
        self.step(3)
        self.norm("ln2", self.above + c.d_model)
        self.step(2)
        top = self.above + c.d_mlp
        if self.has("mlp.W_gate"):
            self.put("mlp.b_gate", top=top, after=1)
            for kind in ("mlp.W_gate", "mlp.pre", "mlp.act"):
                self.put(kind, top=top, after=self.gap)
        self.put("mlp.b_in", top=top, after=1)
        result = "mlp.pre_linear" if self.has("mlp.pre_linear") else "mlp.pre"
        for kind in ("mlp.W_in", result):
            self.put(kind, top=top, after=self.gap)
        self.put("mlp.post", top=top)
        self.step()
        self.put("mlp.W_out", top=top)
        self.step(1.5)
        foot = self.above + c.d_model
        self.put("mlp.b_out", top=foot, after=1.2 * self.gap)
        x = self.x
        self.put("mlp_out", top=foot)
        self.x = x
        self.put("resid_post", top=c.d_model)
        self.put_rest(self.above + c.d_model, self.gap, sections.block(layer))

    def output(self) -> None:
        """The end of the trunk: in line with it, at its height."""
        c = self.network.config
        self.layer = None
        self.step(3)
        self.norm("ln_final", c.d_model)
        self.step(2)
        top = (c.d_model + c.d_vocab) / 2
        self.put("unembed.b_U", top=top, after=1)
        self.put("unembed.W_U", top=top, after=self.gap)
        logits = self.x
        self.put("logits", top=top)
        self.x = logits
        self.put("logits_max", top=top - c.d_vocab - self.gap)
        self.x = logits
        self.put("logits_sum", top=top - c.d_vocab - 1.7 * self.gap)
        self.step(1.5)
        self.put("probs", top=top)
        self.put_rest(top, self.gap)

    # --- groups ---

    def norm(self, kind: str, top: float) -> None:
        """γ and β left of the normed sheet, its aggregates as rows above it."""
        self.put(f"{kind}.w", top=top, after=1)
        self.put(f"{kind}.b", top=top, after=2)
        x = self.x
        for i, row in enumerate(("std", "rms", "mean")):
            self.x = x
            self.put(f"{kind}.{row}", top=top + (1.2 if i < 2 else 1.7) * self.gap)
        self.x = x
        self.put(f"{kind}.out", top=top)

    def affine(self, weight: str, bias: str, out: str, foot: float) -> None:
        """Weights, their bias, and the result beside them, standing on `foot`."""
        c = self.network.config
        if self.has(bias):
            self.put(bias, top=foot + c.d_model, after=1)
        rows = self.matrices[weight, self.layer]
        self.put(weight, top=foot + max(c.d_model, math.prod(rows.shape(0)[:-1])), after=self.gap)
        self.put(out, top=foot + c.d_model)

    def step(self, gaps: float = 1) -> None:
        self.x += gaps * self.gap


def _sections(blocks: dict[str, Block]) -> tuple[Section, ...]:
    """All sections, outer before inner."""
    paths: dict[tuple[str, ...], list[Box]] = {}
    for block in blocks.values():
        for depth in range(1, len(block.section) + 1):
            paths.setdefault(block.section[:depth], []).append(block.box)
    return tuple(Section(path, Box.around(boxes)) for path, boxes in paths.items())


def _letters(layout: Layout, reading: Reading) -> tuple[Letter, ...]:
    """Tokens above the row of tokens and predictions above the probabilities, spread to be read."""
    tokens, probs = layout.find("tokens"), layout.find("probs")
    rows = ((tokens, reading.pieces, False), (probs, reading.predictions, True))
    return tuple(
        letter for block, row, predicted in rows for letter in _spread(block, row, layout, predicted)
    )


def _spread(block: Block, words: Sequence[str], layout: Layout, predicted: bool) -> list[Letter]:
    if not words:
        return []
    widest = max(1.0, 1.1 * max(text_width(word) for word in words))
    size = min(4.5, max(1.4, 40 / len(words) / widest))
    pitch = max(1.0, size * widest * 1.15)
    middle = block.origin[0] + len(words) / 2
    out = []
    for i, word in enumerate(words):
        chosen = predicted and i == layout.n_prompt - 1
        past = float(predicted and i >= layout.n_prompt - 1) + float(predicted and i >= layout.n_prompt)
        x = middle + (i + 0.5 - len(words) / 2) * pitch + past * 0.5 * pitch
        at = (x, block.origin[1], block.origin[2] + 0.75 * layout.gap)
        cx, cy, _ = block.centre(0, i)
        tall = size * (CHOSEN if chosen else 1)
        out.append(Letter(word, i, at, tall, (cx, cy, block.origin[2]), predicted, chosen))
    return out


def _candidates(layout: Layout, candidates: Sequence[tuple[str, float]]) -> tuple[Candidate, ...]:
    """A bar for every candidate, one under the other, right of the probabilities."""
    probs = layout.find("probs")
    unit, middle = layout.gap / 6, probs.box.centre[2]
    if layout.arrangement.blocks == "plan":
        unit, middle = bars(layout), layout.find("ln_final.out").box.centre[2]
    height, longest = 4.4 * unit, 24 * unit
    x = probs.box.high[0] + 4 * layout.gap + 3 * (height - 4.4 * layout.gap / 6)
    top = middle + len(candidates) * 1.35 * height / 2
    most = max((p for _, p in candidates), default=1.0)
    return tuple(
        Candidate(
            text,
            p,
            (x, probs.origin[1], top - (i + 0.5) * 1.35 * height),
            max(0.4 * unit, longest * p / most),
            height,
        )
        for i, (text, p) in enumerate(candidates)
    )
