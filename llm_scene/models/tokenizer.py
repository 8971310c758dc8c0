"""Words to token ids and back."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import UserError
from .files import INDEX_BYTES, TOKENIZER_BYTES, check_file, parse_object, read_bytes, read_object

if TYPE_CHECKING:
    import tokenizers

PROMPT_LETTERS = 1_000_000
VISIBLE = str.maketrans({" ": "␣", "\n": "↵", "\r": "␍", "\t": "⇥", "▁": "␣"})


class Tokenizer(Protocol):
    """What a model's words go through."""

    @property
    def kind(self) -> str:
        """What it is, in a word or two."""

    @property
    def n_tokens(self) -> int:
        """How many tokens there are; 0 where that is unknown."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text. Raises UserError for letters that the model does not know."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids."""

    def piece(self, token: int) -> str:
        """One token, to be read by itself: spaces and line ends are visible."""


class TextTokenizer:
    """A tokenizer of the tokenizers library: of tokenizer.json, or of vocab.json and merges.txt."""

    def __init__(self, library: tokenizers.Tokenizer, title: str) -> None:
        self._library = library
        self._title = title
        self._bytes = _is_byte_level(library)

    @property
    def kind(self) -> str:
        """Its algorithm, as the library calls it, and its tokens: "BPE, 50,257 tokens"."""
        return f"{type(self._library.model).__name__}, {self.n_tokens:,} tokens"

    @property
    def n_tokens(self) -> int:
        """How many tokens there are."""
        return int(self._library.get_vocab_size(with_added_tokens=True))

    def token(self, text: str) -> int | None:
        """The id of a token by its name, "</s>" for example."""
        return self._library.token_to_id(text)

    def encode(self, text: str) -> list[int]:
        """Token ids, with the special tokens that the model expects around them (Llama's `<s>`)."""
        if not text:
            raise UserError("The prompt is empty: give at least one letter.")
        if len(text) > PROMPT_LETTERS:
            raise UserError(f"The prompt has {len(text):,} letters; {PROMPT_LETTERS:,} are the most allowed.")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise UserError("The prompt is not valid Unicode: it holds half of a surrogate pair.") from None
        ids = self._ids(text)
        if ids is None or self._unknown() in ids:
            raise self._unknown_letters(text)
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids, special tokens left out."""
        return str(self._library.decode(list(ids), skip_special_tokens=True))

    def piece(self, token: int) -> str:
        """One token, to be read by itself."""
        text = self._library.id_to_token(token)
        if text is None:
            return f"#{token}"  # past the vocabulary: padding
        if self._bytes and all(letter in _byte_of() for letter in text):
            raw = bytes(_byte_of()[letter] for letter in text)
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                return f"<{raw.hex(' ').upper()}>"  # part of a letter only
        shown = text.translate(VISIBLE)
        return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown) or "∅"

    def _ids(self, text: str) -> list[int] | None:
        """Token ids; None where the tokenizer has no token for a letter."""
        try:
            return list(self._library.encode(text).ids)
        except BaseException as error:  # a panic of the library is no Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
                raise
            return None

    def _unknown(self) -> int:
        """The id that stands for unknown letters; -1 where there is none."""
        name = getattr(self._library.model, "unk_token", None)
        token = self._library.token_to_id(name) if name else None
        return -1 if token is None else int(token)

    def _unknown_letters(self, text: str) -> UserError:
        unknown = self._unknown()
        strange = [c for c in dict.fromkeys(text[:1000]) if (i := self._ids(c)) is None or unknown in i]
        named = ", ".join(repr(c) for c in strange[:5]) or "some of these letters"
        return UserError(f"{self._title} does not know {named}: {self._known()}.")

    def _known(self) -> str:
        vocabulary = sorted(self._library.get_vocab(), key=lambda t: self._library.token_to_id(t) or 0)
        if len(vocabulary) > 200 or any(len(token) != 1 for token in vocabulary):
            return "use other letters"
        return "it knows only " + "".join(token.translate(VISIBLE) for token in vocabulary)


class NumberTokenizer:
    """For models without a tokenizer: tokens are numbers."""

    kind = "none: token ids"
    n_tokens = 0

    def __init__(self, title: str) -> None:
        self._title = title

    def encode(self, text: str) -> list[int]:
        """Always refuses."""
        raise UserError(f"{self._title} has no tokenizer: give token ids instead of a prompt.")

    def decode(self, ids: Sequence[int]) -> str:
        """The ids themselves."""
        return " ".join(map(str, ids))

    def piece(self, token: int) -> str:
        """The id itself."""
        return str(token)


def load_tokenizer(folder: Path, title: str) -> Tokenizer:
    """The tokenizer of a model's folder, from tokenizer.json or from vocab.json and merges.txt."""
    whole, vocabulary, merges = (folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt"))
    if whole.exists() or whole.is_symlink():
        check_file(whole, TOKENIZER_BYTES)
        return TextTokenizer(_from_json(whole), title)
    if vocabulary.exists() and merges.exists():
        return TextTokenizer(_from_merges(vocabulary, merges), title)
    return NumberTokenizer(title)


def _from_json(path: Path) -> tokenizers.Tokenizer:
    import tokenizers

    raw = read_bytes(path, TOKENIZER_BYTES)
    try:
        return tokenizers.Tokenizer.from_buffer(raw)
    except BaseException as error:
        raise _unreadable(path, error) from None


def _from_merges(vocabulary: Path, merges: Path) -> tokenizers.Tokenizer:
    """GPT-2's byte pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909)."""
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers

    table = read_object(vocabulary, INDEX_BYTES)
    if not all(type(i) is int and 0 <= i < 1 << 31 for i in table.values()):
        raise UserError(f"{vocabulary} must map words to token ids.")
    try:
        lines = read_bytes(merges, INDEX_BYTES).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise UserError(f"{merges} is not UTF-8 text.") from None
    pairs = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    if any(len(pair) != 2 for pair in pairs):
        raise UserError(f"{merges} must hold two words a line.")
    try:
        library = tokenizers.Tokenizer(models.BPE(vocab=table, merges=pairs))  # type: ignore[arg-type]
        library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        library.decoder = decoders.ByteLevel()
        library.add_special_tokens([token for token in ("<|endoftext|>",) if token in table])
    except BaseException as error:
        raise _unreadable(merges, error) from None
    return library


def _unreadable(path: Path, error: BaseException) -> BaseException:
    """What to raise when the library gives up on a file: its panics are no Exceptions."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
        return error
    detail = " ".join(str(error).split())[:120]
    return UserError(f"{path} is not a tokenizer that can be read: {detail}.")


def _is_byte_level(library: tokenizers.Tokenizer) -> bool:
    """Whether tokens are written in GPT-2's alphabet of bytes."""
    if library.decoder is None:
        return False
    return "ByteLevel" in str(parse_object(library.decoder.__getstate__(), Path("decoder")))


@functools.cache
def _byte_of() -> dict[str, int]:
    """GPT-2's alphabet: a printable letter for each of the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(others)}
