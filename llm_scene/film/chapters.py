"""The chapters: what is told, seen from where, under which caption.

A chapter is a function that writes itself into a reel. Whatever a shot shows that has not been computed
yet is computed on the way there, so chapters can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..layout import names as thing
from ..layout.drawn import Text, text_width
from ..layout.layout import Block, Box, Letter
from ..layout.legend import legend
from ..layout.signs import legend_box
from ..network.ops import Array
from . import pieces
from .film import Card, Cue
from .framing import outlook, whole
from .piece import Piece, Window, presence
from .reel import Reel, letter_box, names, softmax
from .screenplay import Take

NORM = ("mean", "rms", "std", "out")
HEAD = ("attn.q", "attn.k", "attn.v", "attn.scores", "attn.pattern", "attn.z")
TEMPERATURES = (0.5, (1.5, 2.0, 3.0, 5.0, 8.0, 12.0))  # one that sharpens, and those that may flatten
FLAT = 0.7  # a bar below this lets others come up

# --- chapters ---


def opening(reel: Reel) -> None:
    """The whole machine; the prompt's letters fall into the token row."""
    _title(reel)
    _glow(reel, *reel.say("opening", _wide(reel)))
    tokens = reel.blocks("tokens")
    letters = reel.letters(predicted=False)
    take = Take([*(b.box.grown(3) for b in tokens), *map(letter_box, letters)], -16, 8, names(tokens))
    window = reel.say("task", take, least=2.6)
    _fall(reel, letters, window[0] - 0.7, window[1])


def glimpse(reel: Reel) -> None:
    """The whole machine with the prompt in place: the opening of shorter cuts."""
    _title(reel)
    _glow(reel, *reel.say("opening", _wide(reel)))
    _fall(reel, reel.letters(predicted=False), 0.3, 1.6)


def tokens(reel: Reel) -> None:
    """Letters become indices; the table that has a column for each."""
    reel.start("tokens")
    _show_legend(reel, reel.now + 0.5, shown=False)
    row, table = reel.blocks("tokens"), reel.blocks("embed.W_E")
    letters = reel.letters(predicted=False)
    indices = _indices(reel, letters)
    boxes = [*(b.box.grown(2) for b in row), *map(letter_box, letters), *indices.boxes]
    window = reel.say("tokens", Take(boxes, -8, 6, names(row)), least=2.6, keep=names(row))
    reel.compute(row, window)
    reel.perform(indices, (window[0] + 0.2, window[1] + 0.4))
    entries = _vocabulary(reel)
    boxes = [_top(_window(table[0], reel.trace.tokens[reel.focus.position])), *entries.boxes]
    window = reel.say("vocabulary", Take(boxes, 8, 8), least=2.6, keep=names(table))
    reel.perform(entries, (window[0] - 0.4, window[1] + 0.4))
    _show_legend(reel, reel.now, shown=True)
    reel.say("colours", Take([legend_box(reel.layout)], -6, 4), least=2.6)


def embedding(reel: Reel) -> None:
    """Two columns are picked, fly, and are added; then the same for every position."""
    reel.start("embedding")
    focus, target = reel.focus, reel.blocks("resid_pre", layer=0)
    token = reel.trace.tokens[focus.position]
    tables = [
        _window(b, i)
        for b, i in zip(reel.blocks("embed.W_E", "pos_embed.W_pos"), (token, focus.position), strict=False)
    ]
    keep = names(reel.blocks("embed.W_E", "pos_embed.W_pos", "resid_pre"))
    _show_legend(reel, reel.now + 1.0, shown=False)
    piece = pieces.lookup(reel.layout, reel.trace, focus, reel.story.words)
    sides = [Take([box, *(b.box for b in target)], -14, 7, names(target)) for box in tables]
    windows = [reel.say("lookup_token", sides[0], least=3.0, keep=keep, index=token)]
    if len(tables) == 2:
        windows.append(reel.say("lookup_position", sides[1], least=3.0, keep=keep))
        windows.append(reel.say("lookup_sum", least=3.0, keep=keep))
    else:
        windows.append((windows[0][1], windows[0][1] + 0.2))
        windows.append(reel.say("lookup_land", least=2.6, keep=keep))
    take = Take(
        [b.box.grown(2) for b in (*target, *reel.blocks("tokens"))] + [tables[-1]], -20, 8, names(target)
    )
    window = reel.say("embedding", take, least=2.4, keep=[*keep, *names(reel.blocks("tokens"))])
    reel.compute(target, window)
    start, end = windows[-1]
    reel.perform(piece, *windows[:2], (start, end + 0.3))


def embedding_at_once(reel: Reel) -> None:
    """The embedding of all positions."""
    reel.start("embedding")
    _show_legend(reel, reel.now + 0.2, shown=False)
    made = reel.blocks("tokens", "resid_pre")
    tables = reel.blocks("embed.W_E", "pos_embed.W_pos")
    boxes = [b.box.grown(2) for b in made]
    boxes += [_window(b, reel.trace.tokens[reel.focus.position]) for b in tables]
    boxes += map(letter_box, reel.letters(predicted=False))
    window = reel.say("embed_all", Take(boxes, -14, 7, names(made)), least=2.0)
    reel.compute(made, window)
    reel.point_out(tables, window)


def norm(reel: Reel) -> None:
    """One column is measured, moved, stretched and scaled; then all of them are."""
    reel.start("norm")
    made = reel.here(*(f"ln1.{kind}" for kind in NORM))
    keep = names([*made, *reel.here("ln1.w", "ln1.b"), *reel.blocks("resid_pre", layer=0)])
    piece = pieces.norm_chart(reel.layout, reel.trace, reel.focus, reel.words)
    take = Take(piece.boxes, -6, 5)
    kind = "rms" if reel.here("ln1.rms") else "norm"
    windows = [
        reel.say(f"{kind}_measure", take, least=3.2, keep=()),
        reel.say(f"{kind}_shift", least=3.0, keep=()),
        reel.say("norm_learned", least=2.8, keep=()),
    ]
    reel.perform(piece, *windows)
    boxes = [b.box.grown(2.5) for b in (*made, *reel.here("ln1.w", "ln1.b"))]
    window = reel.say("norm_all", Take(boxes, -18, 9, names(made)), least=2.0, keep=keep)
    reel.compute(made, window)


def attention(reel: Reel) -> None:
    """Heads, one of them alone; queries, keys, values; scores, softmax, the mask; then all heads."""
    reel.start("attention")
    own = reel.own
    fan = reel.here(*HEAD)
    reel.say("heads", _heads(reel), least=2.4)
    parted = reel.now
    _dot(reel)
    weights = reel.here("attn.W_Q", "attn.W_K", "attn.W_V", head=own)
    made = reel.here("attn.q", "attn.k", "attn.v", "attn.rot_q", "attn.rot_k")
    shown = [b for b in made if b.head in (None, own)] or made
    boxes = [b.box.grown(2) for b in (*weights, *shown)]
    window = reel.say("qkv", Take(boxes, -14, 8, names(shown)), least=3.2, keep=names([*weights, *made]))
    reel.compute(made, window)
    reel.point_out(weights, window)
    _scores(reel)
    _values(reel)
    back = reel.now
    window = reel.say("all_heads", _heads(reel), least=3.0)
    reel.compute(fan, window)
    _make_way(reel, parted, back)


def attention_at_once(reel: Reel) -> None:
    """Scores become shares, shares weigh values, in every head."""
    reel.start("attention")
    reel.say("heads", _heads(reel), least=1.0)
    parted = reel.now
    reel.compute(reel.here("attn.q", "attn.k", "attn.v", "attn.rot_q", "attn.rot_k"), (parted - 1.2, parted))
    piece = pieces.score_chart(reel.layout, reel.trace, reel.focus, reel.story.words, reel.words)
    windows = [
        reel.say("scores", Take(piece.boxes, -6, 4), least=3.4, keep=()),
        reel.say("softmax_short", least=3.6, keep=()),
    ]
    start, end = windows[1]
    middle = (start + end) / 2
    reel.perform(piece, windows[0], (start, middle), (middle, end))
    _weigh(reel)
    back = reel.now
    window = reel.say("all_heads", _heads(reel), least=2.0)
    reel.compute(reel.here(*HEAD), window)
    _make_way(reel, parted, back)


def _dot(reel: Reel) -> None:
    """How one number of a query is made."""
    piece = pieces.dot_product(reel.layout, reel.trace, reel.focus, reel.words)
    reel.compute(reel.here("ln1.out"), (reel.now - 1.0, reel.now))
    windows = [reel.say("dot_pairs", Take(piece.boxes, -6, 4), least=3.6, keep=())]
    key = "dot_sum" if reel.here("attn.b_Q") else "dot_sum_only"
    start, end = reel.say(key, least=5.4, keep=())
    middle = start + 0.5 * (end - start)
    reel.perform(piece, *windows, (start, middle), (middle, end))


def _scores(reel: Reel) -> None:
    """The close-up of one query, and the matrix of all of them."""
    own = reel.own
    piece = pieces.score_chart(reel.layout, reel.trace, reel.focus, reel.story.words, reel.words)
    blocks = reel.here("attn.scores", "attn.scores_max", "attn.scores_sum", "attn.pattern", head=own)
    keep = names(blocks)
    windows = [
        reel.say("scores", Take(piece.boxes, -6, 4), least=5.0, keep=()),
        reel.say("softmax_exp", least=4.0, keep=()),
        reel.say("softmax_sum", least=3.6, keep=()),
    ]
    reel.perform(piece, *windows)
    take = Take([b.box.grown(3) for b in blocks], -10, 7, names(blocks))
    window = reel.say("mask", take, least=3.6, keep=keep)
    reel.compute(blocks, window)


def _values(reel: Reel) -> None:
    """The close-up of one weighted sum, and those of all positions."""
    own = reel.own
    _weigh(reel)
    made = reel.here("attn.z", head=own)
    beside = reel.here("attn.pattern", head=own)
    boxes = [b.box.grown(3) for b in made]
    window = reel.say("positions", Take(boxes, -10, 6, names(made)), least=2.4, keep=names([*made, *beside]))
    reel.compute(made, window)


def _weigh(reel: Reel) -> None:
    piece = pieces.weighted_sum(reel.layout, reel.trace, reel.focus, reel.story.words)
    keep = names(reel.here("attn.z", head=reel.own))
    window = reel.say("values", Take(piece.boxes, -6, 4), least=5.2, keep=keep)
    reel.perform(piece, window)


def projection(reel: Reel) -> None:
    """Heads are stacked, mixed, and flow into the residual stream."""
    reel.start("projection")
    made, weights = reel.here("attn_out"), reel.here("attn.W_O", "attn.b_O")
    piece = pieces.stack(reel.layout, reel.trace, reel.focus)
    boxes = [b.box.grown(2.5) for b in (*made, *weights)]
    own = reel.here("attn.z")
    take = Take([*boxes, *piece.boxes], -16, 8, names(made))
    keep = names([*made, *weights, *own])
    windows = [reel.say("stack", take, least=3.4, keep=keep), reel.say("project", least=3.0, keep=keep)]
    reel.perform(piece, (windows[0][0], windows[1][1]))
    reel.compute(made, windows[1])
    reel.point_out(weights, windows[1])
    _residual(reel, "residual", "attn_out", "resid_mid")


def _residual(reel: Reel, key: str, part: str, total: str) -> None:
    target, source = reel.here(total), reel.here(part)
    before = [reel.layout.of(n)[0] for n in target[0].matrix.inputs if reel.layout.of(n)[0] not in source]
    boxes = [b.box.grown(2.5) for b in (*target, *source)]
    keep = names([*target, *source, *before])
    window = reel.say(key, Take(boxes, -18, 6, names(target)), least=4.0, keep=keep)
    reel.perform(pieces.flow(reel.layout, reel.trace, reel.focus, part, total), (window[0], window[1] - 0.3))
    middle = window[0] + 0.72 * (window[1] - window[0])
    reel.compute(target, (middle, window[1]))


def mlp(reel: Reel) -> None:
    """Taller, bent along a curve, back again, and into the stream."""
    reel.start("mlp")
    wide = reel.here("mlp.pre", "mlp.pre_linear")
    normed, weights = reel.here("ln2.out"), reel.here("mlp.W_in", "mlp.W_gate", "mlp.b_in", "mlp.b_gate")
    boxes = [b.box.grown(2.5) for b in (*wide, *normed, *weights)]
    window = reel.say("mlp_wide", Take(boxes, -16, 2, names(wide)), least=3.4)
    reel.compute(wide, window)
    reel.point_out(weights, window)
    _bend(reel)
    narrow, weights = reel.here("mlp_out"), reel.here("mlp.W_out", "mlp.b_out")
    post = reel.here("mlp.post")
    boxes = [b.box.grown(2.5) for b in (*narrow, *weights, *post)]
    window = reel.say("mlp_narrow", Take(boxes, -14, 3, names(narrow)), least=3.0)
    reel.compute(narrow, window)
    reel.point_out(weights, window)
    _residual(reel, "mlp_residual", "mlp_out", "resid_post")


def _bend(reel: Reel) -> None:
    piece = pieces.bend(reel.layout, reel.trace, reel.focus, str(reel.facts["activation"]))
    take = Take(piece.boxes, -6, 3)
    windows = [reel.say("bend_line", take, least=3.0, keep=()), reel.say("bend_curve", least=3.6, keep=())]
    reel.perform(piece, *windows)
    reel.undim()


def mlp_at_once(reel: Reel) -> None:
    """Residual, MLP and its curve, told in three captions."""
    reel.start("mlp")
    _residual(reel, "residual", "attn_out", "resid_mid")
    reel.compute(reel.here("mlp.pre", "mlp.pre_linear"), (reel.now, reel.now + 1.2))
    _bend(reel)
    reel.compute(reel.here("resid_post"), (reel.now, reel.now + 1.0))


def other_blocks(reel: Reel) -> None:
    """The remaining blocks at speed, while the camera runs along the trunk."""
    n_layer = reel.trace.network.config.n_layer
    if n_layer == 1:
        return
    reel.start("blocks")
    window = reel.say("blocks", _layer(reel, 1), least=1.8)
    for layer in range(1, n_layer):
        if layer > 1:
            each = max(0.8, min(2.4, 9.0 / n_layer))
            window = reel.glide(_layer(reel, layer), each)
        blocks = [b for b in reel.layout.blocks.values() if b.matrix.layer == layer and b.role != "weight"]
        reel.compute(blocks, window)
    reel.stretch("blocks")


def output(reel: Reel) -> None:
    """The last norm, a score for every entry of the vocabulary, and the bars of what may come next."""
    reel.start("output")
    made = reel.blocks("ln_final.mean", "ln_final.rms", "ln_final.std", "ln_final.out")
    gains = reel.blocks("ln_final.w", "ln_final.b")
    boxes = [b.box.grown(2.5) for b in (*made, *gains)]
    window = reel.say("final_norm", Take(boxes, -14, 8, names(made)), least=2.4, keep=names([*made, *gains]))
    reel.compute(made, window)
    logits, weights = reel.blocks("logits"), reel.blocks("unembed.W_U", "unembed.b_U")
    boxes = [_window(b, 0) for b in (*logits, *weights)]
    keep = names([*logits, *weights, *made])
    subject = names(logits) if reel.trace.network.config.d_vocab < 200 else ()
    window = reel.say("logits", Take(boxes, -12, 8, subject), least=2.6, keep=keep)
    reel.compute(logits, window)
    reel.point_out(weights, window)
    bars(reel)


def output_at_once(reel: Reel) -> None:
    """Probabilities and the bars."""
    reel.start("output")
    bars(reel)


def bars(reel: Reel) -> None:
    """Probabilities, the letters they stand for, and bars that grow."""
    made = reel.blocks("logits_max", "logits_sum", "probs")
    letters = reel.letters(predicted=True)
    boxes = [*[_window(b, 0) for b in made[-1:]], *map(letter_box, letters)]
    boxes += [candidate.box for candidate in reel.layout.candidates]
    keep = names([*made, *reel.blocks("logits")]) if _chooses(reel) else None
    window = reel.say("choice", Take(boxes, 6, 5), least=3.2, keep=keep)
    start, end = window
    appear = start + 0.25 * (end - start)
    reel.compute(made, (start - 0.6, appear))
    for letter in letters:
        name = thing.prediction(letter.position)
        reel.cues += presence(name, appear) + presence(thing.thread(name), appear)
    for i in range(len(reel.layout.candidates)):
        at = appear + 0.06 * i
        reel.cues.append(Cue(thing.candidate(i, "bar"), "scale_x", at, at + 0.6, 0.001, 1.0, "cubic"))
        reel.cues += presence(thing.candidate(i, "bar"), at) + presence(thing.candidate(i, "token"), at)
        reel.cues += presence(thing.candidate(i, "share"), at + 0.6, reel.now if _chooses(reel) else None)


def _chooses(reel: Reel) -> bool:
    return choosing in reel.cut.chapters


def choosing(reel: Reel) -> None:
    """Greedy takes the tallest; temperature squeezes and flattens; sampling throws a die."""
    if not reel.layout.candidates:
        return
    reel.start("choosing")
    logits = reel.trace["logits"][reel.focus.position].astype(float)
    likely = np.argsort(-reel.trace["probs"][reel.focus.position], kind="stable")[
        : len(reel.layout.candidates)
    ]
    cold, hots = TEMPERATURES
    hot = next((t for t in hots if softmax(logits / t).max() < FLAT), hots[-1])
    rest = softmax(logits)[likely]
    boxes = [
        Box(c.box.low, (c.box.high[0] - 1.5 * c.height, *c.box.high[1:])) for c in reel.layout.candidates
    ]
    boxes.append(_caption_over(reel, TEMPERATURES[0]).box)
    take = Take(boxes, 2, 4)
    keep: list[str] = []
    window = reel.say("greedy", take, least=2.6, keep=keep)
    pointer = _pointer(reel)
    tellings = [(window[0] - 2.0, 1.0, rest)]
    for key, temperature in (("cold", cold), ("hot", hot)):
        window = reel.say(key, least=3.2, keep=keep, temperature=f"{temperature:g}")
        tellings.append((window[0], temperature, softmax(logits / temperature)[likely]))
    window = reel.say("sampling", least=4.0, keep=keep)
    _tell_shares(reel, tellings, reel.now)
    _draws(reel, pointer, tellings[-1][2], window, reel.now)
    back = reel.now
    for i in range(len(rest)):
        scale = _stretch(reel, i, tellings[-1][2][i])
        reel.cues.append(Cue(thing.candidate(i, "bar"), "scale_x", back, back + 0.6, scale, 1.0, "smooth"))
    reel.undim()


def loop(reel: Reel) -> None:
    """The chosen token flies to the end of the row and the model runs again, faster each time."""
    layout, first = reel.layout, reel.layout.n_prompt
    steps = reel.trace.n_positions - first
    if steps < 1:
        return
    reel.start("loop")
    text = _lines(reel)
    box = whole(layout)
    boxes = [box, text[-1].box, Box(box.low, (*box.high[:2], text[-1].at[2]))]
    azimuth, elevation = outlook(layout)
    reel.say("loop", Take(boxes, azimuth + 2, elevation - 1, turn=8, lens=24.0), least=1.5)
    blocks = [block for block in layout.blocks.values() if block.role != "weight"]
    shown = reel.now - 1.5
    for step in range(1, steps + 1):
        seconds = max(1.0, 4.0 * 0.7 ** (step - 1)) * reel.haste
        start = reel.now
        fly = min(1.2, 0.4 * seconds)
        _fly_back(reel, first + step - 1, start, start + fly)
        reel.hold(seconds)
        reel.compute(blocks, (start + fly, reel.now - 0.02), step)
        _appear(reel, first + step - 1, reel.now - 0.02)
        reel.cues += presence(text[step - 1].name, shown, start + fly)
        shown = start + fly
    if reel.captions:
        reel.stretch("loop", until=reel.now)
    reel.cues += presence(text[steps].name, shown, None)
    reel.props += text
    reel.say("answer", least=2.5)


def finale(reel: Reel) -> None:
    """The whole machine pulses; the end card."""
    reel.chapter("finale", card=False)
    window = reel.say("finale", _wide(reel, 20, 10), least=3.2)
    _pulse(reel, window[0] - 1.0, window[1] + 1.5)
    line = reel.words.titles["end"].format(**reel.facts)
    start = reel.now
    reel.hold(3.0)
    reel.show_card(Card(start, reel.now, "LLM Scene", line))


def attend(reel: Reel) -> None:
    """The teaser's attention: all of it at once."""
    reel.start("attention")
    made = reel.here("ln1.out", *HEAD, "attn_out", "resid_mid")
    window = reel.say("attend", _heads(reel), least=1.8)
    reel.compute(made, window)


def transform(reel: Reel) -> None:
    """The teaser's MLP; the other blocks are computed while the camera passes them."""
    reel.start("mlp")
    made = reel.here("ln2.out", "mlp.pre", "mlp.post", "mlp_out", "resid_post")
    boxes = [b.box.grown(3) for b in made]
    window = reel.say("transform", Take(boxes, -16, 3, names(made)), least=1.8)
    reel.compute(made, window)
    final = reel.blocks("ln_final.out")
    reel.compute(final, (reel.now - 0.3, reel.now + 1.0))


# --- what chapters are made of ---


def _title(reel: Reel) -> None:
    reel.chapter("overview", card=False)
    if reel.cut.cards:
        reel.show_card(Card(0.0, 3.0, reel.words.titles["film"], str(reel.facts["model"])))


def _show_legend(reel: Reel, at: float, shown: bool) -> None:
    """Bring the legend on, or take it away where it would stand half in the picture."""
    before, since = reel.legend
    if shown == before:
        return
    for row in legend(reel.layout, reel.trace):
        for name in row.names:
            reel.cues.append(Cue(name, "hidden", since, at, float(not before), float(not shown), "step"))
    reel.legend = (shown, at)


def _wide(reel: Reel, further: float = 0.0, turn: float = 6.0) -> Take:
    """Everything, from so many degrees further to the right than at first."""
    azimuth, elevation = outlook(reel.layout)
    box = whole(reel.layout)
    inside = [b for b in reel.layout.blocks.values() if Box.around([box, b.box]) == box]
    return Take([box], azimuth + further, elevation, names(inside), turn, lens=26.0)


def _heads(reel: Reel) -> Take:
    """All heads: a fan from above, so that each is seen behind the one before; a grid from the front."""
    made = reel.here(*HEAD)
    boxes = [b.box.grown(1) for b in made]
    if reel.layout.arrangement.heads == "grid":
        return Take(boxes, -12, 6, names(made))
    front = [block for block in made if block.head in (None, 0)]
    return Take(boxes, -30, 30, names(front))


def _layer(reel: Reel, layer: int) -> Take:
    blocks = [b for b in reel.layout.blocks.values() if b.matrix.layer == layer]
    title = reel.titles[thing.section(blocks[0].section[:1])]
    return Take([title, *(b.box.grown(2.5) for b in blocks)], -24 if layer % 2 else -18, 10, names(blocks))


def _window(block: Block, column: int, reach: int = 24) -> Box:
    """A block, or where it is too large for one view the part around a column, its top."""
    box = block.box
    if block.shape[1] > 4 * reach:
        x = box.low[0] + min(max(column, reach), block.shape[1] - reach)
        box = Box((x - reach, *box.low[1:]), (x + reach, *box.high[1:]))
    if block.shape[0] > 1600:
        box = Box((*box.low[:2], box.high[2] - 400), box.high)
    return box.grown(2)


def _top(box: Box, height: float = 16.0) -> Box:
    """The upper part of a box."""
    return Box((*box.low[:2], max(box.low[2], box.high[2] - height)), box.high)


def _fall(reel: Reel, letters: Sequence[Letter], start: float, end: float) -> None:
    """Letters come down to their places one after the other."""
    each = (end - start) / (len(letters) + 1.5)
    for i, letter in enumerate(letters):
        name, z = thing.token(letter.position), letter.at[2]
        at = max(0.05, start + i * each)
        reel.cues += presence(name, at) + presence(thing.thread(name), at + 1.5 * each)
        drop = z + 2.2 * reel.layout.gap + 2 * letter.size
        reel.cues.append(Cue(name, "location_z", at, at + 1.5 * each, drop, z, "cubic"))


def _indices(reel: Reel, letters: Sequence[Letter]) -> Piece:
    """The index of every token above it."""
    piece = Piece("indices")
    for i, letter in enumerate(letters):
        size = 0.62 * letter.size
        at = (letter.at[0], letter.at[1], letter.at[2] + 1.05 * letter.size)
        text = str(reel.trace.tokens[letter.position])
        of = ("tokens", (letter.position,))
        note = Text(
            thing.prop(piece.name, letter.position),
            text,
            at,
            min(size, 2.6 * size / len(text)),
            ink="accent",
            of=of,
        )
        piece.show(note, 0.2 + 0.6 * i / len(letters))
    return piece


def _vocabulary(reel: Reel) -> Piece:
    """Entries of the vocabulary above the table that has a column for each."""
    piece = Piece("vocabulary")
    table = reel.blocks("embed.W_E")[0]
    entries: dict[int, str] = {}
    for position in range(reel.trace.n_positions):
        entries.setdefault(reel.trace.tokens[position], reel.story.words[position])
    size = max(1.6, 0.055 * table.shape[0])
    shown = sorted(entries.items())[:6]
    for i, (token, word) in enumerate(shown):
        x, y, z = table.centre(0, token if table.shape[1] <= 96 else reel.trace.tokens[reel.focus.position])
        near = table.origin[0] + table.shape[1] / 2 if table.shape[1] <= 96 else x
        at = (near, y - 0.4, z + 2.2 * reel.layout.gap / 6 + 1.4 * size * (len(shown) - i))
        note = Text(thing.prop(piece.name, token), f"{word}  →  {token}", at, size)
        piece.show(note, 0.1 + 0.7 * i / len(shown))
    return piece


def _make_way(reel: Reel, start: float, end: float) -> None:
    """The heads in front of the focused one rise out of the picture, and come back after."""
    own, *_ = reel.here("attn.z", head=reel.own)
    height = 3 * reel.layout.box.size[2]
    linked = {(link.target, link.kind) for link in reel.layout.links}
    for block in reel.layout.blocks.values():
        if block.head is None or block.matrix.layer != own.matrix.layer or block.origin[1] >= own.origin[1]:
            continue
        rest = block.origin[2]
        moves = [(block.name, rest)]
        kinds = [kind for kind in ("data", "weight") if (block.name, kind) in linked]
        moves += [(thing.links(block.name, kind), 0.0) for kind in kinds]
        for name, z in moves:
            reel.cues.append(Cue(name, "location_z", start, start + 1.2, z, z + height, "cubic"))
            reel.cues.append(Cue(name, "location_z", end, end + 1.2, z + height, z, "cubic"))


def _caption_over(reel: Reel, temperature: float, n: int = 0) -> Text:
    """The temperature above the bars."""
    text = reel.words.note("temperature", value=f"{temperature:g}")
    top = max(reel.layout.candidates, key=lambda c: c.at[2])
    x, y, z = top.at
    return Text(
        thing.prop("choosing", f"temperature {n}"),
        text,
        (x, y, z + 1.5 * top.height),
        0.8 * top.height,
        "left",
    )


def _tell_shares(reel: Reel, tellings: list[tuple[float, float, Array]], end: float) -> None:
    """Bars and percentages at every temperature, and which it is."""
    ends = [when for when, _, _ in tellings[1:]] + [end]
    for n, ((start, temperature, shares), until) in enumerate(zip(tellings, ends, strict=True)):
        begin = max(start, reel.begun)
        note = _caption_over(reel, temperature, n)
        reel.props.append(note)
        reel.cues += presence(note.name, begin, until)
        for i, candidate in enumerate(reel.layout.candidates):
            scale = _stretch(reel, i, shares[i])
            if n:
                before = _stretch(reel, i, tellings[n - 1][2][i])
                cue = Cue(thing.candidate(i, "bar"), "scale_x", start, start + 1.2, before, scale, "smooth")
                reel.cues.append(cue)
            size = 0.6 * candidate.height
            x, y, z = candidate.at
            at = (x + candidate.length * scale + 0.6 * size, y, z - 0.36 * size)
            share = Text(thing.prop("choosing", f"share {n} {i}"), f"{shares[i]:.1%}", at, size, "left")
            reel.props.append(share)
            reel.cues += presence(share.name, begin if not n else start + 1.1, until)


def _stretch(reel: Reel, i: int, share: float) -> float:
    """By how much a candidate's bar is longer than it was built, to show a share."""
    first, bar = reel.layout.candidates[0], reel.layout.candidates[i]
    length = share * first.length / first.probability  # the first one's bar is never too short to be true
    return max(length, 0.05 * bar.height) / bar.length


def _pointer(reel: Reel) -> Text:
    first = reel.layout.candidates[0]
    x, y, z = first.at
    size = 0.9 * first.height
    return Text(
        thing.prop("choosing", "pointer"),
        "▶",
        (x - 2.6 * first.height, y - 0.3, z - 0.36 * size),
        size,
        "right",
        "accent",
    )


def _draws(reel: Reel, pointer: Text, shares: Array, window: Window, end: float) -> None:
    """A pointer that stands at the likeliest while greedy, and jumps by chance while sampling."""
    reel.props.append(pointer)
    reel.cues += presence(pointer.name, reel.begun + 0.4, end)
    drawn = np.random.default_rng(0).choice(len(shares), size=7, p=shares / shares.sum())
    first = reel.layout.candidates[0].at[2]
    heights = [candidate.at[2] - first + pointer.at[2] for candidate in reel.layout.candidates]
    last = heights[0]
    for at, which in zip(np.linspace(*window, len(drawn) + 1).tolist(), drawn, strict=False):
        height = heights[which]
        if height != last:
            reel.cues.append(Cue(pointer.name, "location_z", at, at + 0.2, last, height, "cubic"))
            last = height


def _fly_back(reel: Reel, position: int, start: float, end: float) -> None:
    """The token written last flies over the model to its place in the row."""
    source = next(x for x in reel.layout.letters if x.predicted and x.position == position - 1)
    target = next(x for x in reel.layout.letters if not x.predicted and x.position == position)
    name, middle = thing.token(position), (start + end) / 2
    top = whole(reel.layout).high[2] + 4 * reel.layout.gap
    reel.cues += presence(name, start) + presence(thing.thread(name), end)
    for channel, a, b in zip(("location_x", "location_y"), source.at, target.at, strict=False):
        if a != b:
            reel.cues.append(Cue(name, channel, start, end, a, b, "cubic"))
    reel.cues.append(Cue(name, "location_z", start, middle, source.at[2], top, "smooth"))
    reel.cues.append(Cue(name, "location_z", middle, end, top, target.at[2], "smooth"))
    reel.cues.append(Cue(name, "scale", start, middle, 1.0, 4.0, "smooth"))
    reel.cues.append(Cue(name, "scale", middle, end, 4.0, 1.0, "smooth"))


def _appear(reel: Reel, position: int, at: float) -> None:
    name = thing.prediction(position)
    reel.cues += presence(name, at) + presence(thing.thread(name), at)


def _lines(reel: Reel) -> list[Text]:
    """What stands there after every step, in letters as wide as the model."""
    words, first = reel.story.words, reel.layout.n_prompt
    box = whole(reel.layout)
    prompt = "".join(words[:first])[-24:]
    texts = [f"{prompt} → {''.join(words[first : first + n])}" for n in range(1, len(words) - first + 1)]
    size = 0.9 * box.size[0] / max(14, 1.9 * max(map(text_width, texts)))
    middle = box.centre[0] - 0.28 * size * len(texts[-1])
    top = max(
        title.high[2] for section, title in reel.titles.items() if section != thing.section(("Output",))
    )
    at = (middle, box.low[1], top + 1.5 * reel.layout.gap)
    return [Text(thing.prop("loop", n), text, at, size, "left", "accent") for n, text in enumerate(texts)]


def _glow(reel: Reel, start: float, end: float) -> None:
    """The machine shines before anything is computed in it."""
    for block in reel.layout.blocks.values():
        reel.cues.append(Cue(block.name, "highlight", start, end, 0.8, 0.0, "smooth"))


def _pulse(reel: Reel, start: float, end: float) -> None:
    """A wave of light runs through the machine, twice."""
    sections = [section for section in reel.layout.sections if len(section.path) == 1]
    length = sum(section.box.size[0] for section in sections)
    wave = (end - start) / 2
    for n in range(2):
        way = 0.0
        for section in sections:
            for block in reel.layout.within(section.name):
                far = way + block.box.centre[0] - section.box.low[0]
                at = start + n * wave + 0.7 * wave * far / length
                reel.flash(block, at, at + 0.3 * wave)
            way += section.box.size[0]
