"""GPT-2 (Radford et al. 2019), as nanoGPT and Hugging Face's GPT2LMHeadModel compute it.

Weights stand under the keys of GPT2LMHeadModel without the leading `transformer.`; its linear weights
are stored [in, out], with queries, keys and values side by side.
"""

from __future__ import annotations

from . import ops
from .config import Config
from .graph import Declaration, Network, View
from .parts import attention, output


def declare(config: Config) -> Network:
    """The graph of a GPT-2 of this shape."""
    net = Declaration(config)
    net.enter("Embedding")
    tokens = net.given("tokens", "position", "Tokens")
    table = net.weight("embed.W_E", "token channel", View("wte.weight"), "Token embedding")
    positions = net.weight("pos_embed.W_pos", "slot channel", View("wpe.weight"), "Position embedding")
    net.compute("embed", "position channel", ops.Lookup(), tokens, table, label="Token part", shown=False)
    net.compute(
        "pos_embed", "position channel", ops.Position(), tokens, positions, label="Position part", shown=False
    )
    net.enter("Embedding", layer=0)
    both = ops.TokenAndPosition()
    x = net.compute("resid_pre", "position channel", both, tokens, table, positions, label="Input embedding")
    for layer in range(config.n_layer):
        x = _block(net, layer, x)
    net.enter("Output")
    x = _layer_norm(net, "ln_final", "ln_f", x)
    if not config.tied:
        table = net.weight("unembed.W_U", "token channel", View("lm_head.weight"), "LM head weights")
    bias = (
        net.weight("unembed.b_U", "token", View("lm_head.bias"), "LM head bias") if config.head_bias else None
    )
    output(net, x, table, bias)
    return net.network()


def _block(net: Declaration, layer: int, x: str) -> str:
    """Attention and MLP, each reading the residual stream through a layer norm and adding to it."""
    block, stem = f"Transformer {layer}", f"h.{layer}"
    net.enter(block, "Self-attention", layer=layer)
    normed = _layer_norm(net, "ln1", f"{stem}.ln_1", x)
    out = _attention(net, f"{stem}.attn", normed, layer)
    x = net.compute("resid_mid", "position channel", ops.Add(), x, out, label="Attention residual")
    net.enter(block, "MLP", layer=layer)
    normed = _layer_norm(net, "ln2", f"{stem}.ln_2", x)
    out = _mlp(net, f"{stem}.mlp", normed)
    return net.compute("resid_post", "position channel", ops.Add(), x, out, label="MLP residual")


def _layer_norm(net: Declaration, kind: str, key: str, x: str) -> str:
    gain = net.weight(f"{kind}.w", "channel", View(f"{key}.weight"), "γ")
    shift = net.weight(f"{kind}.b", "channel", View(f"{key}.bias"), "β") if net.config.norm_bias else None
    mean = net.compute(f"{kind}.mean", "position", ops.Mean(), x, label="μ", role="aggregate")
    std = net.compute(
        f"{kind}.std", "position", ops.Std(net.config.eps), x, label="σ", role="aggregate", signed=False
    )
    norm = ops.LayerNorm(bias=shift is not None)
    return net.compute(f"{kind}.out", "position channel", norm, x, mean, std, gain, shift, label="Layer norm")


def _attention(net: Declaration, stem: str, x: str, layer: int) -> str:
    c = net.config
    width = c.n_head * c.d_head
    q, k, v = (_project(net, stem, x, letter, i * width) for i, letter in enumerate("QKV"))
    z = attention(net, q, k, v, c.window_of(layer))
    merge = View(f"{stem}.c_proj.weight", heads=("in", c.n_head))
    weight = net.weight("attn.W_O", "head feature channel", merge, "Projection weights")
    bias = _bias(net, c.out_bias, "attn.b_O", f"{stem}.c_proj.bias", "Projection bias")
    return net.compute(
        "attn_out", "position channel", ops.MergeHeads(), z, weight, bias, label="Attention output"
    )


def _project(net: Declaration, stem: str, x: str, letter: str, first: int) -> str:
    """Queries, keys or values: a third of c_attn, split by heads."""
    c = net.config
    part, heads = (first, c.n_head * c.d_head), ("out", c.n_head)
    weight = View(f"{stem}.c_attn.weight", part=part, heads=heads)
    w = net.weight(f"attn.W_{letter}", "head channel feature", weight, f"{letter} weights")
    b = None
    if c.qkv_bias:
        bias = View(f"{stem}.c_attn.bias", part=part, heads=heads)
        b = net.weight(f"attn.b_{letter}", "head feature", bias, f"{letter} bias")
    label = {"Q": "Queries", "K": "Keys", "V": "Values"}[letter]
    time = "query" if letter == "Q" else "key"
    return net.compute(
        f"attn.{letter.lower()}", f"head {time} feature", ops.HeadLinear(), x, w, b, label=label
    )


def _mlp(net: Declaration, stem: str, x: str) -> str:
    c = net.config
    weight = net.weight("mlp.W_in", "channel neuron", View(f"{stem}.c_fc.weight"), "MLP weights")
    bias = _bias(net, c.mlp_bias, "mlp.b_in", f"{stem}.c_fc.bias", "MLP bias", axis="neuron")
    pre = net.compute("mlp.pre", "position neuron", ops.Linear(), x, weight, bias, label="MLP")
    bend = ops.Activation(c.activation)
    post = net.compute("mlp.post", "position neuron", bend, pre, label="MLP activation")
    weight = net.weight(
        "mlp.W_out", "neuron channel", View(f"{stem}.c_proj.weight"), "MLP projection weights"
    )
    bias = _bias(net, c.mlp_bias, "mlp.b_out", f"{stem}.c_proj.bias", "MLP projection bias")
    return net.compute("mlp_out", "position channel", ops.Linear(), post, weight, bias, label="MLP result")


def _bias(
    net: Declaration, there: bool, kind: str, key: str, label: str, axis: str = "channel"
) -> str | None:
    return net.weight(kind, axis, View(key), label) if there else None
