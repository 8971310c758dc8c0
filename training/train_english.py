"""Train tiny-austen, which continues a sentence letter by letter in the manner of Jane Austen.

    OMP_NUM_THREADS=1 python training/train_english.py

Half an hour on one CPU core. The preset is written at every evaluation, so there is always a usable
one. At the end: how many of the words that the model makes up are words of the novels.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from austen import LETTERS, fetch
from gpt2 import GPT2, Config, adamw, save, warmup_cosine
from torch import Tensor

CONFIG = Config(
    n_layer=4,
    n_head=4,
    d_model=96,
    n_ctx=64,
    d_vocab=len(LETTERS),
    tied=True,
    init_std=0.05,
)
FOLDER = Path(__file__).resolve().parent.parent / "presets" / "tiny-austen"

STEPS, WARMUP, BATCH, LR, WEIGHT_DECAY, SEED = 12_000, 200, 32, 3e-3, 0.1, 1
EVERY = 500  # steps between evaluations
HELD_OUT = 0.03  # the end of the text, never trained on

PROMPTS = (
    "It is a truth ",
    "Elizabeth ",
    '"My dear ',
    "She was ",
    "The evening ",
    "He had ",
    "Emma could not ",
    "They walked ",
)
TEMPERATURE = 0.7


def encode(text: str) -> Tensor:
    ids = {letter: i for i, letter in enumerate(LETTERS)}
    return torch.tensor([ids[letter] for letter in text])


def decode(ids: Tensor) -> str:
    return "".join(LETTERS[i] for i in ids)


def windows(text: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Inputs and targets, [B, T] both: stretches of the text and the same one letter on."""
    at = starts[:, None] + torch.arange(CONFIG.n_ctx)
    return text[at], text[at + 1]


def loss_of(model: GPT2, inputs: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


@torch.no_grad()
def held_out_loss(model: GPT2, text: Tensor) -> float:
    starts = torch.linspace(0, len(text) - CONFIG.n_ctx - 1, 1000).long()
    model.eval()
    loss = loss_of(model, *windows(text, starts)).item()
    model.train()
    return loss


def train(model: GPT2, text: Tensor, held_out: Tensor, steps: int, out: Path) -> None:
    optimizer = adamw(model, LR, WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda i: warmup_cosine(i, steps, WARMUP, floor=0.02)
    )
    start = time.perf_counter()
    for step in range(1, steps + 1):
        starts = torch.randint(len(text) - CONFIG.n_ctx - 1, (BATCH,))
        loss = loss_of(model, *windows(text, starts))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % EVERY == 0 or step == steps:
            save(model, LETTERS, out, torch.float16)
            seconds = time.perf_counter() - start
            held = held_out_loss(model, held_out)
            print(f"step {step:6d}  held-out loss {held:.3f}  {seconds:5.0f} s", flush=True)


@torch.no_grad()
def write(model: GPT2, prompt: str, n_letters: int) -> str:
    """The letters that the model appends to the prompt, drawn at TEMPERATURE."""
    tokens = encode(prompt)
    for _ in range(n_letters):
        logits = model(tokens[None, -CONFIG.n_ctx :])[0, -1]
        probs = (logits / TEMPERATURE).softmax(dim=-1)
        tokens = torch.cat([tokens, torch.multinomial(probs, 1)])
    return decode(tokens[len(prompt) :])


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deb", type=Path, help="the text's Debian package, if already downloaded")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(args.threads)

    text = fetch(args.deb)
    cut = int(len(text) * (1 - HELD_OUT))
    vocabulary = set(words(text[:cut]))
    model = GPT2(CONFIG)
    print(f"{len(text):,} letters, {len(vocabulary):,} words, model of {model.n_params():,} numbers")
    train(model, encode(text[:cut]), encode(text[cut:]), args.steps, args.out)

    model.eval()
    written: list[str] = []
    for prompt in PROMPTS:
        text = write(model, prompt, 600)
        print(f"\n{prompt}|{text}")
        written += words(text)[:-1]  # the last may be cut short
    real = sum(word in vocabulary for word in written)
    print(f"\nreal words: {real} of {len(written)} ({real / len(written):.1%})")


if __name__ == "__main__":
    main()
