"""The tokenizer in a GGUF file, rebuilt as a tokenizer.json and checked by a round trip."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError, words_of
from ..rules import CONTRACTIONS, LETTERS, QWEN2, SIGNS, SPACES, Options, gemma, llama, merges_of

if TYPE_CHECKING:
    import tokenizers

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)  # tokenizer.ggml.token_type
LOWER = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
UPPER = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
SIGNS_OF_4O = r" ?[^\s\p{L}\p{N}]+[\r\n/]*"
CL100K = "|".join([CONTRACTIONS, LETTERS, r"\p{N}{1,3}", SIGNS, SPACES])
TEKKEN = "|".join([LOWER, UPPER, r"\p{N}", SIGNS_OF_4O, SPACES])
O200K = "|".join([f"{LOWER}{CONTRACTIONS}?", f"{UPPER}{CONTRACTIONS}?", r"\p{N}{1,3}", SIGNS_OF_4O, SPACES])
# How a text is cut into words before merging, by the name in tokenizer.ggml.pre: a pattern, or the
# pattern of GPT-2 with digits one by one or not.
GPT2, DIGITS = "GPT-2", "GPT-2, single digits"
SPLITS = {
    "gpt-2": GPT2, "mpt": GPT2, "olmo": GPT2, "jais": GPT2, "phi-2": GPT2,
    "smollm": DIGITS, "starcoder": DIGITS, "refact": DIGITS, "command-r": DIGITS, "codeshell": DIGITS,
    "llama-bpe": CL100K, "llama-v3": CL100K, "llama3": CL100K, "dbrx": CL100K, "smaug-bpe": CL100K,
    "falcon3": CL100K,
    "qwen2": QWEN2, "stablelm2": QWEN2, "deepseek-r1-qwen": QWEN2,
    "tekken": TEKKEN, "gpt-4o": O200K,
}  # fmt: skip
WHOLE_WORDS = frozenset(
    ["llama-bpe", "llama-v3", "llama3", "falcon3", "tekken"]
)  # a known word needs no merge
COMPOSED = frozenset(["qwen2", "deepseek-r1-qwen"])  # Unicode's normal form C
WITH_BOS = frozenset(["llama-bpe", "llama-v3", "llama3", "tekken"])  # where the file does not say
SAMPLES = (
    "The capital of France is",
    " Two  spaces,\ttabs\nand\n\nlines. ",
    "def f(x):\n    return x**2 + 3.14159  # 1,234,567",
    "It's I'LL don't — “quotes” … 100% @home #1 C++",
    "Ünïcödé, 你好世界, こんにちは, שלום, नमस्ते, 🙂🚀",
)


def words(metadata: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """tokenizer.json and tokenizer_config.json; nothing where the file has no words.

    Raises UserError for tokenizers whose rules are not known here: other ids would come out.
    """
    said = {k.removeprefix("tokenizer.ggml."): v for k, v in metadata.items()}
    if "tokens" not in said:
        return {}
    try:
        library = _byte_pairs(said) if said.get("model") == "gpt2" else _pieces(said)
        _add_special(library, said)
        check_round_trip(library, said["tokens"])
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except Exception as error:  # the library's own, for vocabularies that contradict themselves
        raise UserError(f"{path} has a tokenizer that cannot be rebuilt: {words_of(error)}.") from None
    return {"tokenizer.json": json.loads(library.to_str()), "tokenizer_config.json": _config(said)}


def _byte_pairs(said: Mapping[str, Any]) -> tokenizers.Tokenizer:
    """Byte pair encoding over bytes (GPT-2, https://openai.com/research/better-language-models)."""
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers

    name = said.get("pre", "default")
    if name not in SPLITS:
        known = ", ".join(SPLITS)
        raise UserError(f"its tokenizer cuts words as {name!r}; known are {known}.")
    table = {token: i for i, token in enumerate(said["tokens"])}
    merges = [tuple(line.split(" ", 1)) for line in said["merges"]]
    bpe = models.BPE(vocab=table, merges=merges, ignore_merges=name in WHOLE_WORDS)
    library = tokenizers.Tokenizer(bpe)
    split = SPLITS[name]
    steps: list[Any] = []
    if split == DIGITS:
        steps.append(pre_tokenizers.Digits(individual_digits=True))
    elif split != GPT2:
        steps.append(pre_tokenizers.Split(tokenizers.Regex(split), "isolated"))
    in_words = split in (GPT2, DIGITS)
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=in_words))
    library.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    library.decoder = decoders.ByteLevel()
    if name in COMPOSED:
        library.normalizer = normalizers.NFC()
    return library


def _pieces(said: Mapping[str, Any]) -> tokenizers.Tokenizer:
    """SentencePiece's pieces (Kudo and Richardson 2018, https://arxiv.org/abs/1808.06226)."""
    if said.get("model") != "llama":
        raise UserError(f"its tokenizer is of the kind {said.get('model')!r}; known are 'gpt2' and 'llama'.")
    pieces = list(said["tokens"])
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    if said.get("add_space_prefix", True):
        return llama(vocabulary, merges_of(pieces), Options(prefix_space=True))
    return gemma(vocabulary, merges_of(pieces), Options())


def _add_special(library: tokenizers.Tokenizer, said: Mapping[str, Any]) -> None:
    """Control tokens are found in a text before it is cut; the first token where the model wants one."""
    from tokenizers import AddedToken, processors

    kinds = said.get("token_type") or [NORMAL] * len(said["tokens"])
    pairs = list(zip(said["tokens"], kinds, strict=True))
    control = [token for token, kind in pairs if kind == CONTROL]
    library.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    others = [token for token, kind in pairs if kind == USER_DEFINED]
    library.add_tokens([AddedToken(token, normalized=False) for token in others])
    first = said["tokens"][said["bos_token_id"]] if adds(said, "bos") else None
    last = said["tokens"][said["eos_token_id"]] if adds(said, "eos") else None
    if first or last:
        ends = [(t, library.token_to_id(t)) for t in dict.fromkeys([first, last]) if t]
        single = " ".join(part for part in (first, "$A", last) if part)
        pair = " ".join(part for part in (first, "$A", last, first, "$B", last) if part)
        library.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=ends)


def adds(said: Mapping[str, Any], kind: str) -> bool:
    """Whether a prompt gets the token `kind`: "bos" in front, "eos" behind."""
    default = kind == "bos" and (said.get("model") == "llama" or said.get("pre") in WITH_BOS)
    return bool(said.get(f"add_{kind}_token", default)) and f"{kind}_token_id" in said


def _config(said: Mapping[str, Any]) -> dict[str, Any]:
    """tokenizer_config.json: the names of the special tokens, and the chat template."""
    config: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast"}
    config |= {"clean_up_tokenization_spaces": False}
    for kind, key in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")):
        token = said.get(f"{key}_token_id")
        if token is not None and token < len(said["tokens"]):
            config[f"{kind}_token"] = said["tokens"][token]
    return config


def check_round_trip(library: tokenizers.Tokenizer, tokens: Sequence[str]) -> None:
    """Raise UserError unless every token is its own id again, and texts come back as they went in."""
    for token, text in enumerate(tokens):
        if library.token_to_id(text) != token:
            raise UserError(f"its tokenizer has the token {text[:40]!r} twice.")
    for text in SAMPLES:
        back = library.decode(library.encode(text, add_special_tokens=False).ids)
        if text not in (back, f" {back}"):  # where a space is put in front, one that is there stands for it
            raise UserError(f"its tokenizer does not survive a round trip: {text!r} comes back as {back!r}.")
