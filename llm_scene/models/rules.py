"""How the tokenizer classes of transformers cut a text, from a vocabulary and its merges.

A tokenizer.json says all of this itself. It has to be known for what people have besides: vocab.json with
merges.txt, SentencePiece's tokenizer.model, GGUF; and transformers 5 goes by the class that
tokenizer_config.json names even where a tokenizer.json says it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tokenizers

Vocabulary = Mapping[str, int]
Merges = list[tuple[str, str]]

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LETTERS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
SIGNS = r" ?[^\s\p{L}\p{N}]+[\r\n]*"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = "|".join([CONTRACTIONS, LETTERS, r"\p{N}", SIGNS, SPACES])


@dataclass(frozen=True)
class Options:
    """What tokenizer_config.json says about spaces."""

    prefix_space: bool = False  # a word at the beginning is cut as after a space
    legacy: bool = False  # so is a word after a special token


@dataclass(frozen=True)
class Rules:
    """A class of tokenizers: how it is built, and what its special tokens are called by default."""

    build: Callable[[Vocabulary, Merges, Options], tokenizers.Tokenizer]
    special: Mapping[str, str] = field(default_factory=dict)
    prefix_space: bool = False  # by default
    over_bytes: bool = True  # tokens are written in GPT-2's alphabet of bytes


def gpt2(vocabulary: Vocabulary, merges: Merges, options: Options) -> tokenizers.Tokenizer:
    """GPT-2 (Radford et al. 2019): pairs of bytes within words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    library = Tokenizer(models.BPE(vocab=dict(vocabulary), merges=merges))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=options.prefix_space)
    library.decoder = decoders.ByteLevel()
    return library


def gpt_neox(vocabulary: Vocabulary, merges: Merges, options: Options) -> tokenizers.Tokenizer:
    """GPT-NeoX and Pythia: as GPT-2, letters composed first."""
    from tokenizers import normalizers

    library = gpt2(vocabulary, merges, options)
    library.normalizer = normalizers.NFC()
    return library


def qwen2(vocabulary: Vocabulary, merges: Merges, options: Options) -> tokenizers.Tokenizer:
    """Qwen2: other words than GPT-2's, digits one by one."""
    from tokenizers import Regex, pre_tokenizers

    library = gpt_neox(vocabulary, merges, options)
    in_words = pre_tokenizers.Split(Regex(QWEN2), "isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=options.prefix_space, use_regex=False)
    library.pre_tokenizer = pre_tokenizers.Sequence([in_words, to_bytes])
    return library


def llama(vocabulary: Vocabulary, merges: Merges, options: Options) -> tokenizers.Tokenizer:
    """Llama 1 and 2, Mistral: SentencePiece's pieces of a whole text, unknown letters as bytes."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers

    library = Tokenizer(_with_bytes(vocabulary, merges))
    first = "always" if options.legacy else "first"
    scheme = first if options.prefix_space else "never"
    library.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    steps += [decoders.Strip(" ", 1, 0)] if options.prefix_space else []
    library.decoder = decoders.Sequence(steps)
    return library


def gemma(vocabulary: Vocabulary, merges: Merges, options: Options) -> tokenizers.Tokenizer:
    """Gemma: as Llama, without a space in front."""
    from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers

    library = Tokenizer(_with_bytes(vocabulary, merges))
    library.normalizer = normalizers.Replace(" ", "▁")
    library.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    library.decoder = decoders.Sequence(steps)
    return library


def _with_bytes(vocabulary: Vocabulary, merges: Merges) -> tokenizers.models.BPE:
    """Pairs of letters, and bytes for letters that are not known."""
    from tokenizers import models

    unknown = "<unk>" if "<unk>" in vocabulary else None
    return models.BPE(
        vocab=dict(vocabulary), merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=True
    )


END = "<|endoftext|>"
RULES = {
    "GPT2Tokenizer": Rules(gpt2, {"bos_token": END, "eos_token": END, "unk_token": END}),
    "GPTNeoXTokenizer": Rules(
        gpt_neox, {"bos_token": END, "eos_token": END, "unk_token": END, "pad_token": "<|padding|>"}
    ),
    "Qwen2Tokenizer": Rules(qwen2, {"eos_token": END, "unk_token": END, "pad_token": END}),
    "LlamaTokenizer": Rules(
        llama, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}, True, over_bytes=False
    ),
    "GemmaTokenizer": Rules(
        gemma,
        {
            "bos_token": "<bos>",
            "eos_token": "<eos>",
            "unk_token": "<unk>",
            "pad_token": "<pad>",
            "mask_token": "<mask>",
        },
        over_bytes=False,
    ),
}
# What transformers takes for a family whatever its files say, or where they say nothing; "" is the file.
BY_FAMILY = {
    "gpt2": "GPT2Tokenizer",
    "gptj": "GPT2Tokenizer",
    "starcoder2": "GPT2Tokenizer",
    "gpt_neox": "GPTNeoXTokenizer",
    "qwen2": "Qwen2Tokenizer",
    "qwen3": "Qwen2Tokenizer",
    "qwen2_moe": "Qwen2Tokenizer",
    "qwen3_moe": "Qwen2Tokenizer",
    "gemma": "GemmaTokenizer",
    "gemma2": "GemmaTokenizer",
    "gemma3": "GemmaTokenizer",
    "gemma3_text": "GemmaTokenizer",
    "granite": "",
    "mistral": "",
    "mixtral": "",
    "olmo2": "",
    "phi3": "",
    "stablelm": "",
}
OVERRULED = frozenset(["qwen2"])  # families whose files name the wrong class too often


def class_of(named: str | None, family: str | None) -> str:
    """The class that transformers 5 takes for a family whose files name this one; "" for none of RULES."""
    named = (named or "").removesuffix("Fast")
    usual = BY_FAMILY.get(family or "")
    if named and usual is not None and usual != named:
        return "" if not usual else usual if family in OVERRULED else named if named in RULES else ""
    chosen = named or usual or ""
    return chosen if chosen in RULES else ""


def merges_of(pieces: list[str]) -> Merges:
    """The merges of SentencePiece's pairs: every way to make a piece of two others, early pieces first."""
    ids = {piece: i for i, piece in enumerate(pieces)}
    found: Merges = []
    for piece in pieces:
        cuts = ((piece[:cut], piece[cut:]) for cut in range(1, len(piece)))
        local = [pair for pair in cuts if pair[0] in ids and pair[1] in ids]
        found += sorted(local, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
    order = {piece: rank for rank, piece in enumerate(pieces)}
    return sorted(found, key=lambda pair: (order[pair[0] + pair[1]], len(pair[0]), len(pair[1])))
