"""Train nano-GPT, which sorts six letters: 85,728 numbers, under a minute on a CPU.

A sequence is six letters followed by the same letters sorted, e.g. CBABBC ABBBCC. The model reads
the first eleven tokens and learns to predict the last six. The script ends with an error unless all
3^6 = 729 inputs come out sorted when decoded greedily, each step with a confident probability.

    python training/train_nano_gpt_sort.py
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from gpt2 import GPT2, Config, adamw, save, warmup_cosine
from torch import Tensor

LETTERS = "ABC"
N = 6  # letters to sort
CONFIG = Config(
    n_layer=3,
    n_head=3,
    d_model=48,
    n_ctx=2 * N - 1,
    d_vocab=len(LETTERS),
    tied=False,
    init_std=0.2,  # ten times the usual: a small start leaves the heads nearly uniform, hence dull
)
FOLDER = Path(__file__).resolve().parent.parent / "presets" / "nano-gpt-sort"

STEPS, BATCH, LR, WEIGHT_DECAY, SEED = 1500, 128, 1e-3, 0.1, 6
CONFIDENT = 0.97


def all_inputs() -> Tensor:  # [729, 6]
    return torch.tensor(list(itertools.product(range(len(LETTERS)), repeat=N)))


def train(model: GPT2) -> None:
    optimizer = adamw(model, LR, WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: warmup_cosine(i, STEPS, 100))
    for step in range(STEPS):
        letters = torch.randint(len(LETTERS), (BATCH, N))
        sequence = torch.cat([letters, letters.sort(dim=1).values], dim=1)  # [B, 12]
        logits = model(sequence[:, :-1])[:, N - 1 :]  # [B, 6, V]: what follows the last letter on
        loss = F.cross_entropy(logits.flatten(0, 1), sequence[:, N:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 250 == 0 or step == STEPS - 1:
            print(f"step {step:5d}  loss {loss.item():.5f}", flush=True)


@torch.no_grad()
def sort_greedily(model: GPT2, letters: Tensor) -> tuple[Tensor, Tensor]:
    """The six letters that the model appends to each input, and their probabilities: [B, 6] both."""
    tokens, probs = letters, []
    for _ in range(N):
        best = model(tokens)[:, -1].softmax(dim=-1).max(dim=-1)
        tokens = torch.cat([tokens, best.indices[:, None]], dim=1)
        probs.append(best.values)
    return tokens[:, N:], torch.stack(probs, dim=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(args.threads)

    model = GPT2(CONFIG)
    start = time.perf_counter()
    train(model)
    print(f"{model.n_params():,} numbers, trained in {time.perf_counter() - start:.0f} s")

    letters = all_inputs()
    found, probs = sort_greedily(model.eval(), letters)
    right = (found == letters.sort(dim=1).values).all(dim=1)
    print(f"sorted: {right.sum()} of {len(letters)}, least greedy probability {probs.min():.4f}")
    if not right.all() or probs.min() < CONFIDENT:
        sys.exit("not good enough: nothing saved")
    save(model, LETTERS, args.out)
    print(f"saved to {args.out}")


if __name__ == "__main__":
    main()
