"""Parts that the families share: the two softmaxes, and the tail of the model."""

from __future__ import annotations

from . import ops
from .graph import Declaration


def softmax(
    net: Declaration, x: str, out: str, axes: str, *, causal: bool, labels: tuple[str, str, str]
) -> str:
    """Maximum, sum and shares of every row of `x`, all three kept."""
    kind = net.matrices[x].kind
    row = axes.rpartition(" ")[0]
    top, total, share = labels
    largest = net.compute(f"{kind}_max", row, ops.RowMax(causal), x, label=top, role="aggregate")
    summed = net.compute(
        f"{kind}_sum", row, ops.RowSumExp(causal), x, largest, label=total, role="aggregate", signed=False
    )
    return net.compute(out, axes, ops.Softmax(), x, largest, summed, label=share, signed=False)


def output(net: Declaration, x: str, table: str, bias: str | None = None) -> None:
    """Logits and probabilities of every position."""
    logits = net.compute("logits", "position token", ops.Unembed(), x, table, bias, label="Logits")
    labels = ("max", "Σ exp", "Probabilities")
    softmax(net, logits, "probs", "position token", causal=False, labels=labels)


def attention(net: Declaration, q: str, k: str, v: str, window: int | None) -> str:
    """Scores, pattern and weighted values of every head."""
    scores = net.compute("attn.scores", "head query key", ops.Scores(window), q, k, label="Scores")
    labels = ("max", "Σ exp", "Pattern")
    pattern = softmax(net, scores, "attn.pattern", "head query key", causal=True, labels=labels)
    return net.compute(
        "attn.z", "head query feature", ops.WeightedValues(), pattern, v, label="Weighted values"
    )
