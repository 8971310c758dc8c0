"""Llama (Touvron et al. 2023, https://arxiv.org/abs/2302.13971) and its relatives.

Mistral adds a sliding window, Qwen2 biases for queries, keys and values, Qwen3 a norm of every query
and key, SmolLM3 layers without positions. Weights stand under the keys of the families'
`…ForCausalLM`; linear weights are stored [out, in].
"""

from __future__ import annotations

from . import ops
from .config import Config
from .graph import Declaration, Network, View
from .parts import attention, output

LETTERS = {"Q": "Queries", "K": "Keys", "V": "Values"}


def declare(config: Config) -> Network:
    """The graph of a Llama of this shape."""
    net = Declaration(config)
    net.enter("Embedding")
    tokens = net.given("tokens", "position", "Tokens")
    table = net.weight("embed.W_E", "token channel", View("model.embed_tokens.weight"), "Token embedding")
    net.enter("Embedding", layer=0)
    x = net.compute("resid_pre", "position channel", ops.Lookup(), tokens, table, label="Input embedding")
    for layer in range(config.n_layer):
        x = _block(net, layer, x)
    net.enter("Output")
    x = _norm(net, "ln_final", "model.norm.weight", x)
    if not config.tied:
        table = net.weight("unembed.W_U", "token channel", View("lm_head.weight"), "LM head weights")
    output(net, x, table)
    return net.network()


def _block(net: Declaration, layer: int, x: str) -> str:
    """Attention and MLP, each reading the residual stream through a norm and adding to it."""
    block, stem = f"Transformer {layer}", f"model.layers.{layer}"
    net.enter(block, "Self-attention", layer=layer)
    normed = _norm(net, "ln1", f"{stem}.input_layernorm.weight", x)
    out = _attention(net, f"{stem}.self_attn", normed, layer)
    x = net.compute("resid_mid", "position channel", ops.Add(), x, out, label="Attention residual")
    net.enter(block, "MLP", layer=layer)
    normed = _norm(net, "ln2", f"{stem}.post_attention_layernorm.weight", x)
    out = _mlp(net, f"{stem}.mlp", normed)
    return net.compute("resid_post", "position channel", ops.Add(), x, out, label="MLP residual")


def _norm(net: Declaration, kind: str, key: str, x: str, axes: str = "position channel") -> str:
    """RMS norm over the last axis."""
    row, _, last = axes.rpartition(" ")
    gain = net.weight(f"{kind}.w", last, View(key), "γ")
    rms = ops.Rms(net.config.eps)
    root = net.compute(f"{kind}.rms", row, rms, x, label="rms", role="aggregate", signed=False)
    return net.compute(f"{kind}.out", axes, ops.RmsNorm(), x, root, gain, label="RMS norm")


def _attention(net: Declaration, stem: str, x: str, layer: int) -> str:
    c = net.config
    q, k, v = (_project(net, stem, x, letter, layer) for letter in LETTERS)
    z = attention(net, q, k, v, c.window_of(layer))
    merge = View(f"{stem}.o_proj.weight", transposed=True, heads=("in", c.n_head))
    weight = net.weight("attn.W_O", "head feature channel", merge, "Projection weights")
    bias = _bias(net, c.out_bias, "attn.b_O", f"{stem}.o_proj.bias", "Projection bias")
    return net.compute(
        "attn_out", "position channel", ops.MergeHeads(), z, weight, bias, label="Attention output"
    )


def _project(net: Declaration, stem: str, x: str, letter: str, layer: int) -> str:
    """Queries, keys or values of every head, normed (Qwen3) and turned by their position."""
    c, low, label = net.config, letter.lower(), LETTERS[letter]
    n_head = c.n_head if letter == "Q" else c.n_kv_head
    head = "head" if n_head == c.n_head else "kv_head"
    axes = f"{head} {'query' if letter == 'Q' else 'key'} feature"
    view = View(f"{stem}.{low}_proj.weight", transposed=True, heads=("out", n_head))
    w = net.weight(f"attn.W_{letter}", f"{head} channel feature", view, f"{letter} weights")
    b = None
    if c.qkv_bias:
        view = View(f"{stem}.{low}_proj.bias", heads=("out", n_head))
        b = net.weight(f"attn.b_{letter}", f"{head} feature", view, f"{letter} bias")
    out = net.compute(f"attn.{low}", axes, ops.HeadLinear(), x, w, b, label=label)
    if letter == "V":
        return out
    if c.qk_norm:
        out = _norm(net, f"attn.{low}_norm", f"{stem}.{low}_norm.weight", out, axes)
    if c.rope is not None and layer not in c.nope_layers:
        turn = ops.Rotary(c.rope.inv_freq, c.rope.attention_factor)
        out = net.compute(f"attn.rot_{low}", axes, turn, out, label=f"Rotated {label.lower()}")
    return out


def _mlp(net: Declaration, stem: str, x: str) -> str:
    """SwiGLU (Shazeer 2020, https://arxiv.org/abs/2002.05202): one half opens and shuts the other."""
    c, wide = net.config, "position neuron"
    gate = _linear(net, "mlp.pre", "mlp.W_gate", "mlp.b_gate", f"{stem}.gate_proj", x, "MLP gate")
    bend = ops.Activation(c.activation)
    gate = net.compute("mlp.act", wide, bend, gate, label="MLP gate activation")
    value = _linear(net, "mlp.pre_linear", "mlp.W_in", "mlp.b_in", f"{stem}.up_proj", x, "MLP")
    post = net.compute("mlp.post", wide, ops.Multiply(), gate, value, label="Gated MLP")
    weight = View(f"{stem}.down_proj.weight", transposed=True)
    w = net.weight("mlp.W_out", "neuron channel", weight, "MLP projection weights")
    b = _bias(net, c.mlp_bias, "mlp.b_out", f"{stem}.down_proj.bias", "MLP projection bias")
    return net.compute("mlp_out", "position channel", ops.Linear(), post, w, b, label="MLP result")


def _linear(net: Declaration, kind: str, weight: str, bias: str, key: str, x: str, label: str) -> str:
    """A way into the MLP."""
    view = View(f"{key}.weight", transposed=True)
    w = net.weight(weight, "channel neuron", view, f"{label} weights")
    b = _bias(net, net.config.mlp_bias, bias, f"{key}.bias", f"{label} bias", axis="neuron")
    return net.compute(kind, "position neuron", ops.Linear(), x, w, b, label=label)


def _bias(
    net: Declaration, there: bool, kind: str, key: str, label: str, axis: str = "channel"
) -> str | None:
    return net.weight(kind, axis, View(key), label) if there else None
