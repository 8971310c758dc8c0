"""The parts that families are put together from: norms, attention, MLPs, blocks, and the whole decoder.

A norm is a function of (net, kind, x), a branch (attention, MLP) one of (net, x); each returns the name
of what it computed. A family picks its parts and says how they follow each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from . import ops, sections
from .graph import Declaration

Branch = Callable[[Declaration, str], str]
Norm = Callable[[Declaration, str, str], str]
Block = Callable[[Declaration, int, str], str]

WIDE = "position channel"
LETTERS = {"Q": "Queries", "K": "Keys", "V": "Values"}


# --- the whole ---------------------------------------------------------------------------------------


def decoder(net: Declaration, block: Block, norm: Norm) -> None:
    """Token table, blocks, final norm, and the head that reads the stream."""
    c = net.config
    net.enter(sections.EMBEDDING)
    tokens = net.given("tokens", "position", "Tokens")
    table = net.weight("embed.W_E", "token channel", "Token embedding")
    if net.has("pos_embed.W_pos"):
        x = _with_positions(net, tokens, table)
    else:
        net.enter(sections.EMBEDDING, layer=0)
        x = net.compute("resid_pre", WIDE, ops.Lookup(c.embed_scale), tokens, table, label="Input embedding")
    for layer in range(c.n_layer):
        x = block(net, layer, x)
    net.enter(sections.OUTPUT)
    x = norm(net, "ln_final", x)
    if not c.tied:
        table = net.weight("unembed.W_U", "token channel", "LM head weights")
    bias = net.weight("unembed.b_U", "token", "LM head bias") if c.head_bias else None
    head = ops.Unembed(c.logit_scale, c.logit_cap)
    logits = net.compute("logits", "position token", head, x, table, bias, label="Logits")
    labels = ("max", "Σ exp", "Probabilities")
    softmax(net, logits, "probs", "position token", causal=False, labels=labels)


def _with_positions(net: Declaration, tokens: str, table: str) -> str:
    """Learned positions, added to the tokens' rows."""
    positions = net.weight("pos_embed.W_pos", "slot channel", "Position embedding")
    net.compute("embed", WIDE, ops.Lookup(), tokens, table, label="Token part", shown=False)
    net.compute("pos_embed", WIDE, ops.Position(), tokens, positions, label="Position part", shown=False)
    net.enter(sections.EMBEDDING, layer=0)
    both = ops.TokenAndPosition()
    return net.compute("resid_pre", WIDE, both, tokens, table, positions, label="Input embedding")


def sequential(
    norm: Norm, attention: Branch, mlp: Branch, *, before: bool = True, after: bool = False
) -> Block:
    """Attention, then MLP. Each reads the stream through a norm and adds to it (pre-norm); in post-norm
    models what it adds is normed instead, in Gemma 2 and 3 both."""

    def branch(net: Declaration, run: Branch, ln: str, x: str, total: str, label: str) -> str:
        out = run(net, norm(net, ln, x) if before else x)
        if after:
            out = norm(net, f"{ln}_post", out)
        return net.compute(total, WIDE, ops.Add(net.config.residual_scale), x, out, label=label)

    def block(net: Declaration, layer: int, x: str) -> str:
        net.enter(sections.block(layer), sections.ATTENTION, layer=layer)
        x = branch(net, attention, "ln1", x, "resid_mid", "Attention residual")
        net.enter(sections.block(layer), sections.MLP, layer=layer)
        return branch(net, mlp, "ln2", x, "resid_post", "MLP residual")

    return block


def parallel(norm: Norm, attention: Branch, mlp: Branch, *, share: bool = False) -> Block:
    """Attention and MLP read the same stream and are added to it together (Wang & Komatsuzaki 2021).

    Each has a norm of its own, or both share the first one.
    """

    def block(net: Declaration, layer: int, x: str) -> str:
        net.enter(sections.block(layer), sections.ATTENTION, layer=layer)
        normed = norm(net, "ln1", x)
        attended = attention(net, normed)
        net.enter(sections.block(layer), sections.MLP, layer=layer)
        made = mlp(net, normed if share else norm(net, "ln2", x))
        return net.compute("resid_post", WIDE, ops.Add(), x, attended, made, label="Residual")

    return block


# --- norms -------------------------------------------------------------------------------------------


def layer_norm(net: Declaration, kind: str, x: str, over: ops.Over = "row", bias: bool = True) -> str:
    """Layer norm, with its mean and deviation kept."""
    axes, row, gain_axes = _norm_axes(net, x, over)
    gain = net.weight(f"{kind}.w", gain_axes, "γ")
    shift = net.weight(f"{kind}.b", gain_axes, "β") if bias and net.config.norm_bias else None
    mean = net.compute(f"{kind}.mean", row, ops.Mean(over), x, label="μ", role="aggregate")
    std = net.compute(
        f"{kind}.std", row, ops.Std(net.config.eps, over), x, label="σ", role="aggregate", signed=False
    )
    norm = ops.LayerNorm(shift is not None, over)
    return net.compute(f"{kind}.out", axes, norm, x, mean, std, gain, shift, label="Layer norm")


def rms_norm(net: Declaration, kind: str, x: str, over: ops.Over = "row", offset: float = 0.0) -> str:
    """RMS norm, with its root kept."""
    axes, row, gain_axes = _norm_axes(net, x, over)
    gain = net.weight(f"{kind}.w", gain_axes, "γ")
    rms = ops.Rms(net.config.eps, over)
    root = net.compute(f"{kind}.rms", row, rms, x, label="rms", role="aggregate", signed=False)
    return net.compute(f"{kind}.out", axes, ops.RmsNorm(offset, over), x, root, gain, label="RMS norm")


def _norm_axes(net: Declaration, x: str, over: ops.Over) -> tuple[str, str, str]:
    """The axes of a norm's result, its statistics and its gain."""
    axes = net.axes(x)
    row = axes[1:2] if over == "heads" else axes[:-1]
    gain = axes[-1:] if over == "row" else (axes[0], axes[-1])
    return " ".join(axes), " ".join(row), " ".join(gain)


# --- attention ---------------------------------------------------------------------------------------


def attention(qk_norm: Norm | None = None) -> Branch:
    """Self-attention; `qk_norm` is how queries and keys are normed where the config asks for it."""
    return functools.partial(_attention, qk_norm)


def _attention(qk_norm: Norm | None, net: Declaration, x: str) -> str:
    c, layer = net.config, net.layer
    assert layer is not None
    q, k, v = (_project(net, x, letter, layer, qk_norm) for letter in LETTERS)
    op = ops.Scores(c.window_of(layer), c.score_scale_of(layer), c.score_cap)
    scores = net.compute("attn.scores", "head query key", op, q, k, label="Scores")
    sink = net.weight("attn.sinks", "head", "Sinks") if net.has("attn.sinks") else None
    labels = ("max", "Σ exp", "Pattern")
    pattern = softmax(net, scores, "attn.pattern", "head query key", causal=True, labels=labels, sink=sink)
    z = net.compute("attn.z", "head query feature", ops.WeightedValues(), pattern, v, label="Weighted values")
    merge, bias = ops.MergeHeads(), c.out_bias
    return net.linear(
        "attn_out", WIDE, merge, z, "attn.W_O", label="Attention output", of="Projection", bias=bias
    )


def _project(net: Declaration, x: str, letter: str, layer: int, qk_norm: Norm | None) -> str:
    """Queries, keys or values of every head; the first two normed and turned by their position."""
    c, low, label = net.config, letter.lower(), LETTERS[letter]
    shared = letter != "Q" and c.n_kv_head != c.n_head
    axes = f"{'kv_head' if shared else 'head'} {'query' if letter == 'Q' else 'key'} feature"
    weight, op = f"attn.W_{letter}", ops.HeadLinear()
    out = net.linear(f"attn.{low}", axes, op, x, weight, label=label, of=letter, bias=c.qkv_bias)
    if letter == "V":
        return out
    if c.qk_norm and qk_norm is not None:
        out = qk_norm(net, f"attn.{low}_norm", out)
    rope = c.rope_of(layer)
    if rope is not None:
        turn = ops.Rotary(rope.inv_freq, rope.attention_factor, rope.neighbours)
        out = net.compute(f"attn.rot_{low}", axes, turn, out, label=f"Rotated {label.lower()}")
    return out


def softmax(
    net: Declaration,
    x: str,
    out: str,
    axes: str,
    *,
    causal: bool,
    labels: tuple[str, str, str],
    sink: str | None = None,
) -> str:
    """Maximum, sum and shares of every row of `x`, all three kept; a sink takes a share that nobody gets."""
    kind = net.matrices[x].kind
    row = axes.rpartition(" ")[0]
    top, total, share = labels
    largest = net.compute(f"{kind}_max", row, ops.RowMax(causal), x, sink, label=top, role="aggregate")
    add_up = ops.RowSumExp(causal)
    summed = net.compute(
        f"{kind}_sum", row, add_up, x, largest, sink, label=total, role="aggregate", signed=False
    )
    return net.compute(out, axes, ops.Softmax(), x, largest, summed, label=share, signed=False)


# --- MLPs --------------------------------------------------------------------------------------------


def mlp(net: Declaration, x: str) -> str:
    """Two linear layers with a bend between them."""
    bias, axes = net.config.mlp_bias, "position neuron"
    pre = net.linear("mlp.pre", axes, ops.Linear(), x, "mlp.W_in", label="MLP", of="MLP", bias=bias)
    post = net.compute("mlp.post", axes, ops.Activation(net.config.activation), pre, label="MLP activation")
    return _down(net, post, "mlp", "mlp_out")


def gated_mlp(net: Declaration, x: str) -> str:
    """SwiGLU (Shazeer 2020, https://arxiv.org/abs/2002.05202): one half opens and shuts the other."""
    return _down(net, _gated(net, x, "mlp", "position neuron"), "mlp", "mlp_out")


def _gated(net: Declaration, x: str, kind: str, axes: str) -> str:
    bias, op = net.config.mlp_bias, ops.Linear()
    gate = net.linear(
        f"{kind}.pre", axes, op, x, f"{kind}.W_gate", label="MLP gate", of="MLP gate", bias=bias
    )
    bend = ops.Activation(net.config.activation)
    gate = net.compute(f"{kind}.act", axes, bend, gate, label="MLP gate activation")
    value = net.linear(f"{kind}.pre_linear", axes, op, x, f"{kind}.W_in", label="MLP", of="MLP", bias=bias)
    return net.compute(f"{kind}.post", axes, ops.Multiply(), gate, value, label="Gated MLP")


def _down(net: Declaration, post: str, kind: str, out: str) -> str:
    weight, bias = f"{kind}.W_out", net.config.mlp_bias
    return net.linear(
        out, WIDE, ops.Linear(), post, weight, label="MLP result", of="MLP projection", bias=bias
    )


# --- mixtures of experts -----------------------------------------------------------------------------


def mixture_or(dense: Branch) -> Branch:
    """A mixture of experts in the layers that have one, an MLP in the others."""

    def branch(net: Declaration, x: str) -> str:
        assert net.layer is not None
        return mixture(net, x) if net.config.has_experts(net.layer) else dense(net, x)

    return branch


def mixture(net: Declaration, x: str) -> str:
    """A router scores the experts; the best few work, and their results are mixed by its shares."""
    e = net.config.experts
    assert e is not None
    bias, router = bool(net.keys["mlp.W_router"].bias), "mlp.W_router"
    scores = net.linear(
        "mlp.router", "position expert", ops.Linear(), x, router, label="Router", of="Router", bias=bias
    )
    labels = ("max", "Σ exp", "Router shares")
    probs = softmax(net, scores, "mlp.router_probs", "position expert", causal=False, labels=labels)
    choose = ops.Choose(e.chosen, e.renormed)
    share = net.compute("mlp.share", "position expert", choose, probs, label="Chosen experts", signed=False)
    block, layer = net.section[0], net.layer
    results = []
    for expert in range(e.count):
        net.enter(block, sections.MLP, sections.expert(expert), layer=layer, expert=expert)
        results.append(_expert(net, x, share, expert))
    shared: tuple[str, ...] = ()
    if e.d_shared:
        net.enter(block, sections.MLP, sections.SHARED_EXPERT, layer=layer)
        shared = _shared_expert(net, x)
    net.enter(block, sections.MLP, layer=layer)
    mix = ops.Mixture(e.count, bool(shared))
    return net.compute("mlp_out", WIDE, mix, share, *results, *shared, label="MLP result")


def _expert(net: Declaration, x: str, share: str, expert: int) -> str:
    """What an expert computes where it was chosen: a gated MLP."""
    e = net.config.experts
    assert e is not None
    kind, axes, op = f"mlp.experts.{expert}", "position expert_neuron", ops.ExpertLinear(expert)
    bias = bool(net.keys["mlp.experts.W_gate"].bias)

    def linear(out: str, axes: str, x: str, weight: str, label: str, of: str) -> str:
        weight = f"{kind}.{weight}"
        return net.linear(f"{kind}.{out}", axes, op, x, weight, share, label=label, of=of, bias=bias)

    gate = linear("pre", axes, x, "W_gate", "Gate", "Gate")
    bend = ops.ClippedSwish(*e.swish) if e.swish else ops.Activation(net.config.activation)
    act = net.compute(f"{kind}.act", axes, bend, gate, label="Gate activation")
    value = linear("pre_linear", axes, x, "W_in", "Expert", "Expert")
    open_shut = ops.ClippedMultiply(e.swish[1]) if e.swish else ops.Multiply()
    post = net.compute(f"{kind}.post", axes, open_shut, act, value, label="Gated expert")
    return linear("out", WIDE, post, "W_out", "Expert’s result", "Expert projection")


def _shared_expert(net: Declaration, x: str) -> tuple[str, str]:
    """How far the expert that always works is let through, and what it computes."""
    kind, gate = "mlp.shared", ops.Gate()
    opened = net.linear(f"{kind}.gate", "position", gate, x, f"{kind}.W_open", label="Gate", of="Gate")
    post = _gated(net, x, kind, "position shared_neuron")
    return opened, _down(net, post, kind, f"{kind}.out")
