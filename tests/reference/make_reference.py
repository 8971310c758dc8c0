"""Store every intermediate of nano-gpt-sort for a few prompts, as tests/reference/nano-gpt-sort.npz.

Written in plain torch, independently of the package, in float64 and one position, head and sum at a
time where that is clearer than fast; stored as float32 under `<prompt>/<name>`.

    python tests/reference/make_reference.py
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

HERE = Path(__file__).resolve().parent
PRESET = HERE.parent.parent / "presets" / "nano-gpt-sort"
PROMPTS = ("CBABBC", "CBABBCABBBC", "A")
N_LAYER, N_HEAD, EPS = 3, 3, 1e-5

Values = dict[str, Tensor]


def layer_norm(x: Tensor, gain: Tensor, bias: Tensor, name: str, out: Values) -> Tensor:
    """x [T, C]; keeps mean [T], std [T] (biased variance, eps inside the root), out [T, C]."""
    mean = x.mean(dim=1)
    std = torch.sqrt(((x - mean[:, None]) ** 2).mean(dim=1) + EPS)
    result = (x - mean[:, None]) / std[:, None] * gain + bias
    out |= {f"{name}.mean": mean, f"{name}.std": std, f"{name}.out": result}
    return result


def softmax(scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Along the last axis: maximum, sum of exp(score - maximum), and the probabilities."""
    top = scores.max(dim=-1).values
    exp = torch.exp(scores - top[..., None])
    return top, exp.sum(dim=-1), exp / exp.sum(dim=-1, keepdim=True)


def attention(x: Tensor, w: Values, key: str, name: str, out: Values) -> Tensor:
    """x [T, C] -> attn_out [T, C]."""
    n_tokens, d_model = x.shape
    d_head = d_model // N_HEAD
    qkv = x @ w[f"{key}.c_attn.weight"] + w[f"{key}.c_attn.bias"]  # [T, 3C]
    mask = torch.triu(torch.ones(n_tokens, n_tokens, dtype=torch.bool), diagonal=1)
    heads = []
    for head in range(N_HEAD):
        first = head * d_head
        q, k, v = (qkv[:, part * d_model + first :][:, :d_head] for part in range(3))  # [T, A]
        scores = (q @ k.T / math.sqrt(d_head)).masked_fill(mask, -math.inf)  # [T, T]
        top, total, pattern = softmax(scores)
        heads.append(
            {
                "q": q,
                "k": k,
                "v": v,
                "scores": scores,
                "scores_max": top,
                "scores_sum": total,
                "pattern": pattern,
                "z": pattern @ v,  # [T, A]
            }
        )
    out |= {f"{name}.{field}": torch.stack([h[field] for h in heads]) for field in heads[0]}
    z = torch.cat([h["z"] for h in heads], dim=1)  # [T, C]
    return z @ w[f"{key}.c_proj.weight"] + w[f"{key}.c_proj.bias"]


def gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def run(tokens: list[int], w: Values) -> Values:
    out: Values = {"tokens": torch.tensor(tokens)}
    out["embed"] = torch.stack([w["transformer.wte.weight"][t] for t in tokens])  # [T, C]
    out["pos_embed"] = w["transformer.wpe.weight"][: len(tokens)]  # [T, C]
    x = out["embed"] + out["pos_embed"]
    for layer in range(N_LAYER):
        key, name = f"transformer.h.{layer}", f"blocks.{layer}"
        out[f"{name}.resid_pre"] = x

        h = layer_norm(x, w[f"{key}.ln_1.weight"], w[f"{key}.ln_1.bias"], f"{name}.ln1", out)
        attn_out = attention(h, w, f"{key}.attn", f"{name}.attn", out)
        x = x + attn_out
        out |= {f"{name}.attn_out": attn_out, f"{name}.resid_mid": x}

        h = layer_norm(x, w[f"{key}.ln_2.weight"], w[f"{key}.ln_2.bias"], f"{name}.ln2", out)
        pre = h @ w[f"{key}.mlp.c_fc.weight"] + w[f"{key}.mlp.c_fc.bias"]  # [T, F]
        post = gelu(pre)  # [T, F]
        mlp_out = post @ w[f"{key}.mlp.c_proj.weight"] + w[f"{key}.mlp.c_proj.bias"]  # [T, C]
        x = x + mlp_out
        out |= {f"{name}.mlp.pre": pre, f"{name}.mlp.post": post}
        out |= {f"{name}.mlp_out": mlp_out, f"{name}.resid_post": x}

    h = layer_norm(x, w["transformer.ln_f.weight"], w["transformer.ln_f.bias"], "ln_final", out)
    out["logits"] = h @ w["lm_head.weight"].T  # [T, V]
    out["logits_max"], out["logits_sum"], out["probs"] = softmax(out["logits"])
    return out


def main() -> None:
    weights = {k: v.double() for k, v in load_file(PRESET / "model.safetensors").items()}
    arrays = {}
    for prompt in PROMPTS:
        for name, value in run(["ABC".index(letter) for letter in prompt], weights).items():
            dtype = np.int64 if name == "tokens" else np.float32
            arrays[f"{prompt}/{name}"] = value.numpy().astype(dtype)
    path = HERE / "nano-gpt-sort.npz"
    np.savez_compressed(path, **arrays)
    print(f"{len(arrays)} arrays, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
