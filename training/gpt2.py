"""GPT-2 in plain torch, and its file format: shared by the two training scripts.

Shape comments: B batch, T position, C d_model, H head, A d_head, V vocabulary.
Parameter names and layouts are those of the GPT-2 checkpoints (Conv1D weights are [in, out]), so
saving a model is saving its `state_dict()`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    n_layer: int
    n_head: int
    d_model: int
    n_ctx: int
    d_vocab: int
    tied: bool  # one matrix serves as token embedding and as language-model head
    dropout: float = 0.0
    init_std: float = 0.02

    @property
    def d_head(self) -> int:
        return self.d_model // self.n_head


class Conv1D(nn.Module):
    """A linear layer whose weight is stored [in, out], as GPT-2 stores it."""

    def __init__(self, d_in: int, d_out: int, std: float):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d_in, d_out) * std)
        self.bias = nn.Parameter(torch.zeros(d_out))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.config = c
        self.c_attn = Conv1D(c.d_model, 3 * c.d_model, c.init_std)
        self.c_proj = Conv1D(c.d_model, c.d_model, c.init_std / math.sqrt(2 * c.n_layer))

    def forward(self, x: Tensor) -> Tensor:  # [B, T, C] -> [B, T, C]
        c = self.config
        heads = (*x.shape[:2], c.n_head, c.d_head)
        q, k, v = (part.view(heads).transpose(1, 2) for part in self.c_attn(x).chunk(3, dim=-1))
        dropout = c.dropout if self.training else 0.0
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)  # [B, H, T, A]
        return self.c_proj(z.transpose(1, 2).flatten(2))


class MLP(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c_fc = Conv1D(c.d_model, 4 * c.d_model, c.init_std)
        self.c_proj = Conv1D(4 * c.d_model, c.d_model, c.init_std / math.sqrt(2 * c.n_layer))

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(c.d_model, eps=1e-5)
        self.attn = Attention(c)
        self.ln_2 = nn.LayerNorm(c.d_model, eps=1e-5)
        self.mlp = MLP(c)
        self.dropout = nn.Dropout(c.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropout(self.attn(self.ln_1(x)))
        return x + self.dropout(self.mlp(self.ln_2(x)))


class GPT2(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.config = c
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(c.d_vocab, c.d_model),
                "wpe": nn.Embedding(c.n_ctx, c.d_model),
                "h": nn.ModuleList(Block(c) for _ in range(c.n_layer)),
                "ln_f": nn.LayerNorm(c.d_model, eps=1e-5),
            }
        )
        self.lm_head = nn.Linear(c.d_model, c.d_vocab, bias=False)
        for matrix in (self.transformer.wte, self.transformer.wpe, self.lm_head):
            nn.init.normal_(matrix.weight, std=c.init_std)
        if c.tied:
            self.lm_head.weight = self.transformer.wte.weight

    def forward(self, tokens: Tensor) -> Tensor:  # [B, T] -> logits [B, T, V]
        t = self.transformer
        x = t.wte(tokens) + t.wpe.weight[: tokens.shape[1]]  # [B, T, C]
        for block in t.h:
            x = block(x)
        return self.lm_head(t.ln_f(x))

    def n_params(self) -> int:
        return sum(p.numel() for p in self.parameters())  # a tied matrix counts once


def adamw(model: GPT2, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW that decays matrices, but neither biases nor LayerNorm gains."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.99))


def warmup_cosine(step: int, steps: int, warmup: int, floor: float = 0.05) -> float:
    """The factor on the learning rate: up linearly, then down along a cosine to `floor`."""
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def save(model: GPT2, letters: str, folder: Path, dtype: torch.dtype = torch.float32) -> None:
    """Write weights, configuration and tokenizer as `GPT2LMHeadModel.save_pretrained` lays them out."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.to(dtype).contiguous() for key, value in model.state_dict().items()}
    if model.config.tied:
        del weights["lm_head.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", config_json(model.config, str(dtype).removeprefix("torch.")))
    write_json(folder / "tokenizer.json", tokenizer_json(letters))


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def config_json(c: Config, dtype: str) -> dict:
    return {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": c.dropout,
        "embd_pdrop": 0.0,
        "initializer_range": c.init_std,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": c.n_ctx,
        "n_embd": c.d_model,
        "n_head": c.n_head,
        "n_inner": None,
        "n_layer": c.n_layer,
        "n_positions": c.n_ctx,
        "resid_pdrop": c.dropout,
        "scale_attn_weights": True,
        "tie_word_embeddings": c.tied,
        "torch_dtype": dtype,
        "use_cache": True,
        "vocab_size": c.d_vocab,
    }


def tokenizer_json(letters: str) -> dict:
    """A character-level tokenizer in the Hugging Face format: the id is the index into `letters`.

    There is no token for unknown characters: encoding one raises an error, so a caller can tell.
    The decoder fuses the characters back without spaces.
    """
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": r"[\s\S]"},
            "behavior": "Isolated",
            "invert": False,
        },
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {
            "type": "WordLevel",
            "vocab": {letter: i for i, letter in enumerate(letters)},
            "unk_token": "",  # a required field; not in the vocabulary on purpose
        },
    }
