"""What ends a text: the tokens after which a model falls silent, and the marks at the end of a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UserError
from .files import CONFIG_BYTES, read_object
from .tokenizer import TextTokenizer, Tokenizer

SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
FILES = ("generation_config.json", "config.json")  # the first one that says something counts


def end_tokens(folder: Path, tokenizer: Tokenizer, d_vocab: int) -> frozenset[int]:
    """Token ids after which nothing follows, as the files of a checkpoint say; empty where none does."""
    for name in FILES:
        path = folder / name
        said = read_object(path, CONFIG_BYTES).get("eos_token_id") if path.is_file() else None
        if said is not None:
            return frozenset(_ids(path, said, d_vocab))
    return frozenset(t for t in _by_name(folder / "tokenizer_config.json", tokenizer) if t < d_vocab)


def _ids(path: Path, said: Any, d_vocab: int) -> list[int]:
    """One id or a list of them; those beyond the vocabulary can never come up."""
    ids = said if isinstance(said, list) else [said]
    if not all(type(token) is int for token in ids):
        raise UserError(f"{path}: eos_token_id must be a token id or a list of them.")
    return [token for token in ids if 0 <= token < d_vocab]


def _by_name(path: Path, tokenizer: Tokenizer) -> frozenset[int]:
    """The end token that a tokenizer names."""
    if not path.is_file() or not isinstance(tokenizer, TextTokenizer):
        return frozenset()
    said = read_object(path, CONFIG_BYTES).get("eos_token")
    text = said.get("content") if isinstance(said, dict) else said
    token = tokenizer.token(text) if isinstance(text, str) else None
    return frozenset() if token is None else frozenset({token})
