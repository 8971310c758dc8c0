"""The plan: the whole machine on a wall, so that it fills a picture and everything is seen from the front.

A line of blocks is built around a band as high as a column of the residual stream: in it, whatever has a
row a channel stands side by side, so that a channel keeps its height along the line. Heads hang above the
band in a grid. The MLP hangs below it, or stands beside it on the same foot. The stream itself runs in a
lane under the band and rises into every sheet that it becomes. Lines follow each other like lines of text.

How many columns of heads, where the MLP goes and how many blocks a line holds is found by trying: the
largest cells that a picture of the given shape can show win.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..network import sections
from ..network.graph import Network
from .layout import Arrangement, Block, Box, Layout, Line
from .sheets import Sheets

GAP = 6.0  # cells between the sheets of a model of 48 channels; grows with the root of their number
SAFE = 1.2  # width by height of the part of a square picture that subjects keep to
# In gaps:
NEAR = 1.0  # from weights to what they make
NEXT = 1.2  # from a step to the next one
LANES = 2.3  # between the rows of aggregates over a norm and the heads
TRUNK = 1.4  # from the band down to the stream
UNDER = 3.0  # from the band down to an MLP below it
APART = 4.5  # between blocks of a line
LEADING = 7.0  # between lines: titles, and the stream on its way back
COLUMNS, ROWS = 2.2, 1.6  # between heads side by side, and below each other
FAN = 2.5  # between heads one behind the other, besides 1.2 times their features
BARS = 0.25  # width of the candidates, by the height of all lines
TABLE = 10.0  # how much a view of everything shows of a table longer than the rest


def gap_of(network: Network) -> float:
    """The clear distance between neighbours."""
    return GAP * math.sqrt(max(1.0, network.config.d_model / 48))


@dataclass(frozen=True)
class Form:
    """How a block is built: columns of heads, and whether the MLP stands beside the band or below it."""

    columns: int
    beside: bool


@dataclass(frozen=True)
class Page:
    """Blocks in lines of `across`, every one in a field of the same size."""

    form: Form
    across: int
    wide: float  # from block to block
    rise: float  # from line to line
    size: tuple[float, float]

    full: float  # how much of the grid of heads is filled
    dense: float  # how much of a field is cells

    def worth(self, aspect: float) -> float:
        """How large a cell is seen in a picture of height 1; less for ragged grids and for holes."""
        return math.sqrt(self.full) * self.dense**0.25 * min(SAFE * aspect / self.size[0], 1 / self.size[1])


def planned(
    network: Network, n_positions: int, arrangement: Arrangement
) -> tuple[dict[str, Block], tuple[Line, ...], float]:
    """Everything in its place; the lines; and the gap."""
    pages = _pages(network, n_positions, arrangement)
    page = max(pages, key=lambda page: round(page.worth(arrangement.aspect), 9))
    plan = _Plan(network, n_positions, arrangement, page.form)
    n_layer, lines = network.config.n_layer, []
    for number, start in enumerate(range(0, n_layer, page.across)):
        layers = range(start, min(start + page.across, n_layer))
        plan.floor = -number * page.rise
        for layer in layers:
            plan.transformer(layer, (layer - start) * page.wide)
        lines.append([sections.block(layer) for layer in layers])
    last = plan.x
    plan.output(last if plan.fits_in_line(page) else page.across * page.wide)
    plan.floor = 0.0
    plan.embedding()
    lines[0].insert(0, sections.EMBEDDING)
    lines[-1].append(sections.OUTPUT)
    return (
        plan.blocks,
        tuple(Line(tuple(names), 0.0, -i * page.rise) for i, names in enumerate(lines)),
        plan.gap,
    )


def _pages(network: Network, n_positions: int, arrangement: Arrangement) -> Iterator[Page]:
    """All pages worth trying."""
    c = network.config
    kinds: dict[int, set[str]] = {layer: set() for layer in range(c.n_layer)}
    for matrix in network:
        if matrix.layer is not None and matrix.section[0] != sections.EMBEDDING:
            kinds[matrix.layer].add(matrix.kind)
    different = [n for n in kinds if kinds[n] not in [kinds[m] for m in range(n)]]
    columns = {math.ceil(c.n_kv_head / rows) for rows in range(1, c.n_kv_head + 1)}
    for form in [Form(n, beside) for n in sorted(columns) for beside in (False, True)]:
        plan, wide = _Plan(network, n_positions, arrangement, form), 0.0
        for layer in different:
            plan.transformer(layer, 0.0)
            wide = max(wide, plan.x)
        blocks = plan.blocks.values()
        rise = Box.around(b.box for b in blocks).size[2] + LEADING * plan.gap
        dense = sum(b.n_cells for b in blocks) / len(different) / wide / rise
        ends = plan.ends()
        for across in sorted({math.ceil(c.n_layer / lines) for lines in range(1, c.n_layer + 1)}):
            high = math.ceil(c.n_layer / across) * rise - LEADING * plan.gap
            size = across * wide + ends + BARS * high, high
            full = c.n_kv_head / form.columns / math.ceil(c.n_kv_head / form.columns)
            yield Page(form, across, wide, rise, size, full, dense)


def bars(layout: Layout) -> float:
    """A unit of which the candidates take 60 in width, a quarter of the height of all lines."""
    boxes = [b.box for b in layout.blocks.values() if "token" not in b.axes]
    return BARS * Box.around(boxes).size[2] / 60


class _Plan(Sheets):
    """Builds the parts of a plan; `floor` is the foot of the band that is being filled."""

    def __init__(self, network: Network, n_positions: int, arrangement: Arrangement, form: Form) -> None:
        super().__init__(network, n_positions)
        self.arrangement, self.form = arrangement, form
        self.gap = gap_of(network)
        self.band = float(network.config.d_model)
        self.roof = self.band + self.gap + 2 + LANES * self.gap  # foot of the heads

    def transformer(self, layer: int, left: float) -> None:
        """A block; afterwards `x` is where the next one begins."""
        self.layer, name = layer, sections.block(layer)
        self.x = left
        self.norm("ln1")
        start = self.x
        self.heads(left + 0.5 * self.gap)
        widest, self.x = self.x, start
        self.step(1.5)
        self.put("attn.b_O", top=self.band, after=1)
        self.put("attn.W_O", top=self.band, after=NEAR * self.gap)
        self.put("attn_out", top=self.band, after=self.gap)
        self.norm("ln1_post", after=1.5)
        self.put("resid_mid", top=self.band, after=1.5 * self.gap)
        self.norm("ln2")
        self.mlp(left, widest)
        self.x = max(self.x, widest, self.end_of_mlp)
        self.rest_of_block(name, left)
        self.step(APART)

    def rest_of_block(self, name: str, left: float) -> None:
        """Rows of what has no place of its own, over everything else."""
        right, rest = self.x, list(self.rest(name))
        if not rest:
            return
        foot = max(b.box.high[2] for b in self.blocks.values() if b.section[0] == name) - self.floor
        foot, high, self.x = foot + 2 * self.gap, 0, left
        for _, found in itertools.groupby(rest, key=lambda sheet: sheet[0].section):
            part = list(found)  # of one expert, or of none: not broken where a line can hold it
            wide = sum(columns + 2 * self.gap for *_, (_, columns) in part)
            if self.x + wide > right and self.x > left:
                foot, high, self.x = foot + high + 2 * self.gap, 0, left
            for matrix, head, (rows, columns) in part:
                if self.x + columns > right and self.x > left:
                    foot, high, self.x = foot + high + 2 * self.gap, 0, left
                self.set_down(matrix, foot + rows, head, 0.0)
                self.step(2)
                high = max(high, rows)
            self.step(2)
        self.x = max(right, *(b.box.high[0] for b in self.blocks.values() if b.section[0] == name))

    # --- attention ---

    def heads(self, left: float) -> None:
        """Heads that share keys below each other, such groups in a grid, or all heads in a fan."""
        c, share = self.network.config, self.network.config.n_head // self.network.config.n_kv_head
        full, thin = self.high(True), self.high(False)
        if self.arrangement.heads == "fan":
            for head in range(c.n_head):
                depth = head * (1.2 * c.d_head + FAN * self.gap)
                self.head(head, left, self.roof + full, depth)
            return
        group = full + (share - 1) * (thin + ROWS * self.gap)
        rows = math.ceil(c.n_kv_head / self.form.columns)
        pitch = 0.0
        for n in range(c.n_kv_head):
            row, column = divmod(n, self.form.columns)
            top = self.roof + (rows - row) * group + (rows - row - 1) * ROWS * self.gap
            for i in range(share):
                below = 0.0 if i == 0 else full + (i - 1) * thin + i * ROWS * self.gap
                self.head(n * share + i, left + column * pitch, top - below, 0.0)
            pitch = pitch or self.x - left + COLUMNS * self.gap  # the last of a group is the widest
        self.x = left + min(self.form.columns, c.n_kv_head) * pitch - COLUMNS * self.gap

    def high(self, shares: bool) -> float:
        """Height of a head with or without keys and values of its own."""
        rows = 3 if shares else 1
        return max(rows * self.network.config.d_head + (rows - 1) * self.gap, float(self.T))

    def head(self, head: int, left: float, top: float, y: float) -> None:
        """Queries, keys and values below each other; right of them scores, pattern, weighted values."""
        c = self.network.config
        step = c.d_head + self.gap
        kv = head * c.n_kv_head // c.n_head
        shares = head * c.n_kv_head % c.n_head == 0  # the first of a group shows the keys they share
        width = 0.0
        for i, letter in enumerate("QKV" if shares else "Q"):
            self.x = left
            self.project(letter, head if letter == "Q" else kv, top - i * step, y)
            width = max(width, self.x - left)
        if head == 0:
            self.sheets = width
        self.x = left + self.sheets
        self.step(NEXT)
        self.put("attn.scores", top=top, head=head, y=y, after=NEAR * self.gap)
        self.put("attn.scores_max", top=top, head=head, y=y, after=NEAR * self.gap)
        self.put("attn.scores_sum", top=top, head=head, y=y, after=NEAR * self.gap)
        x = self.x
        self.put("attn.pattern", top=top, head=head, y=y)
        if shares and 2 * step - self.gap >= self.T:  # level with the values, under the pattern
            self.x = x
        else:
            self.step(NEXT)
        self.put("attn.z", top=top - 2 * step if shares else top, head=head, y=y)

    def project(self, letter: str, head: int, top: float, y: float) -> None:
        """Weights of a head, and what becomes of its queries, keys or values: normed, then turned."""
        low, near = letter.lower(), 0.5 * NEAR * self.gap
        self.put(f"attn.b_{letter}", top=top, head=head, y=y, after=1)
        self.put(f"attn.W_{letter}", top=top, head=head, y=y, after=NEAR * self.gap)
        self.put(f"attn.{low}", top=top, head=head, y=y)
        if self.has(f"attn.{low}_norm.out"):
            self.head_norm(f"attn.{low}_norm", head, top, y, near)
        if self.has(f"attn.rot_{low}"):
            self.x += NEAR * self.gap
            self.put(f"attn.rot_{low}", top=top, head=head, y=y)

    def head_norm(self, kind: str, head: int, top: float, y: float, near: float) -> None:
        """What norms the queries or keys of a head; what all heads share stands with the first one."""
        self.x += near
        for gain in (f"{kind}.w", f"{kind}.b"):
            if not self.has(gain):
                continue
            if head == 0 or self.matrices[gain, self.layer].has_heads:
                self.put(gain, top=top, head=head, y=y)
            else:
                self.x += 1
        self.x += near
        x, high = self.x, top
        for row in (f"{kind}.{row}" for row in ("rms", "std", "mean")):
            if self.has(row) and (head == 0 or self.matrices[row, self.layer].has_heads):
                self.x, high = x, high + 0.25 * self.gap + 1
                self.put(row, top=high, head=head, y=y)
        self.x = x
        self.put(f"{kind}.out", top=top, head=head, y=y)

    # --- MLP ---

    def mlp(self, left: float, widest: float) -> None:
        """Below the band from the block's left edge, or beside it; its result returns into the band."""
        c = self.network.config
        if self.form.beside:
            self.x = max(self.x, widest) if self.roof < c.d_mlp else self.x
            self.step(NEXT)
            self.matrices_of_mlp(float(c.d_mlp))
            self.step(NEXT)
        else:
            band, self.x = self.x, left
            self.matrices_of_mlp(-UNDER * self.gap)
            back = (1 + NEXT * self.gap) + 2 * self.T + self.gap
            if self.has("ln2_post.out"):
                back += self.T + 2 + (0.6 + 1.5) * self.gap
            self.x = max(band + NEXT * self.gap, max(self.x, widest) - back)
        self.put("mlp.b_out", top=self.band, after=NEXT * self.gap)
        self.put("mlp_out", top=self.band, after=self.gap)
        self.norm("ln2_post", after=1.5)
        self.put("resid_post", top=self.band)

    def matrices_of_mlp(self, top: float) -> None:
        """Its two tall walls, and the neurons between them."""
        near = NEAR * self.gap
        if self.has("mlp.W_gate"):
            self.put("mlp.b_gate", top=top, after=1)
            for kind, after in (("mlp.W_gate", near), ("mlp.pre", near), ("mlp.act", NEXT * self.gap)):
                self.put(kind, top=top, after=after)
        result = "mlp.pre_linear" if self.has("mlp.pre_linear") else "mlp.pre"
        self.put("mlp.b_in", top=top, after=1)
        self.put("mlp.W_in", top=top, after=near)
        self.put(result, top=top, after=near)
        self.put("mlp.post", top=top, after=near)
        self.put("mlp.W_out", top=top)
        self.end_of_mlp = self.x

    # --- the ends ---

    def ends(self) -> float:
        """Width of embedding and output as a view of everything shows them."""
        self.embedding()
        self.output(self.x)
        width = 2 * self.gap
        for name in (sections.EMBEDDING, sections.OUTPUT):
            boxes = [b for b in self.blocks.values() if b.section[0] == name]
            width += Box.around(b.box for b in boxes if b.axes[1] != "token").size[0]
            width += sum(min(b.box.size[0], TABLE * self.gap) for b in boxes if b.axes[1] == "token")
        return width

    def embedding(self) -> None:
        """Left of the first block: the tables, and the stream's beginning under its tokens."""
        self.layer = None
        self.x = 0.0
        names = ("embed.W_E", "pos_embed.W_pos")
        tables = [self.matrices[name, None].shape(0)[0] for name in names if self.has(name)]
        self.x = -sum(tables) - len(tables) * NEXT * self.gap - self.T - APART * self.gap
        for name in names:
            self.put(name, top=self.band, after=NEXT * self.gap)
        x = self.x
        self.put("tokens", top=self.band + 1.3 * self.gap)
        self.x, self.layer = x, 0
        self.put("resid_pre", top=self.band)
        self.layer = None
        self.put_rest(0.0 - UNDER * self.gap, self.gap, sections.EMBEDDING)

    def output(self, left: float) -> None:
        """The last norm, the table it is compared with, and what comes of it."""
        c = self.network.config
        self.layer = None
        self.x = left
        self.norm("ln_final")
        self.step(1.5)
        top = self.output_top()
        self.put("unembed.b_U", top=top, after=1 if self.has("unembed.W_U") else NEAR * self.gap)
        self.put("unembed.W_U", top=top, after=NEAR * self.gap)
        x = self.x
        self.put("logits", top=top)
        for row, below in (("logits_max", 1.0), ("logits_sum", 1.7)):
            self.x = x
            self.put(row, top=top - c.d_vocab - below * self.gap)
        self.step(1.5)
        self.put("probs", top=top)
        self.x = left
        self.put_rest(-UNDER * self.gap, self.gap, sections.OUTPUT)

    def output_top(self) -> float:
        """A small vocabulary stands half way up the band, a large one on its foot."""
        c = self.network.config
        return (c.d_model + c.d_vocab) / 2 if c.d_vocab < c.d_model else float(c.d_vocab)

    def fits_in_line(self, page: Page) -> bool:
        """Whether the output is no higher than the last line."""
        high = max(
            b.box.high[2] for b in self.blocks.values() if b.matrix.layer == self.network.config.n_layer - 1
        )
        return self.floor + self.output_top() <= high

    # --- groups ---

    def norm(self, kind: str, after: float = 0.0) -> None:
        """The normed sheet, its aggregates as rows above it, γ and β right of it; then so many gaps."""
        if not self.has(f"{kind}.out"):
            return
        x = self.x
        rows = [row for row in ("std", "rms", "mean") if self.has(f"{kind}.{row}")]
        for i, row in enumerate(rows):
            self.x = x
            self.put(f"{kind}.{row}", top=self.band + (1.2 + 0.5 * i) * self.gap)
        self.x = x
        self.put(f"{kind}.out", top=self.band, after=0.6 * self.gap)
        self.put(f"{kind}.w", top=self.band, after=1)
        self.put(f"{kind}.b", top=self.band)
        self.step(after)

    def step(self, gaps: float = 1) -> None:
        """Move on by so many gaps."""
        self.x += gaps * self.gap
