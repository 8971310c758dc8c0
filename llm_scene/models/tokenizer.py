"""Words to token ids and back."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import UserError, words_of
from .files import INDEX_BYTES, TOKENIZER_BYTES, check_file, parse_object, read_bytes, read_object
from .pieces import PAIRS, read_pieces
from .rules import RULES, Merges, Rules, merges_of
from .tokenizer_config import TokenizerConfig, read_tokenizer_config

if TYPE_CHECKING:
    import tokenizers

PROMPT_LETTERS = 1_000_000
AS_JSON = "save the tokenizer as tokenizer.json (transformers' AutoTokenizer and save_pretrained)"
VISIBLE = str.maketrans({" ": "␣", "\n": "↵", "\r": "␍", "\t": "⇥", "▁": "␣"})


class Tokenizer(Protocol):
    """What a model's words go through."""

    @property
    def kind(self) -> str:
        """What it is, in a word or two."""

    @property
    def n_tokens(self) -> int:
        """How many tokens there are, without those that were added; 0 where that is unknown."""

    def beyond(self, count: int) -> list[str]:
        """Added tokens whose ids are not below `count`."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text. Raises UserError for letters that the model does not know."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids."""

    def piece(self, token: int) -> str:
        """One token, to be read by itself: spaces and line ends are visible."""


class TextTokenizer:
    """A tokenizer of the tokenizers library.

    `second` makes what else the files say about it: where the two cut a text differently, it is refused.
    """

    def __init__(
        self,
        library: tokenizers.Tokenizer,
        title: str,
        second: Callable[[], tokenizers.Tokenizer] | None = None,
    ) -> None:
        library.no_padding()
        library.no_truncation()
        self._library = library
        self._title = title
        self._bytes = _is_byte_level(library)
        self._second = None if second is None else functools.cache(second)

    @property
    def kind(self) -> str:
        """Its algorithm, as the library calls it, and its tokens: "BPE, 50,257 tokens"."""
        every = self._library.get_vocab_size(with_added_tokens=True)
        return f"{type(self._library.model).__name__}, {every:,} tokens"

    @property
    def n_tokens(self) -> int:
        """How many tokens there are, without those that were added."""
        return int(self._library.get_vocab_size(with_added_tokens=False))

    def described(self) -> dict[str, Any]:
        """All its rules, as tokenizer.json writes them."""
        found: dict[str, Any] = json.loads(self._library.to_str())
        return found

    def token(self, text: str) -> int | None:
        """The id of a token by its name, "</s>" for example."""
        return self._library.token_to_id(text)

    def beyond(self, count: int) -> list[str]:
        """Added tokens whose ids are not below `count`: a pad token that somebody put in."""
        added = self._library.get_added_tokens_decoder()
        return [token.content for i, token in sorted(added.items()) if i >= count]

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
        if self._second is not None and list(self._second().encode(text).ids) != ids:
            raise UserError(
                f"{self._title}: tokenizer.json and the class in tokenizer_config.json cut this prompt "
                "differently: correct one of them (PreTrainedTokenizerFast goes by tokenizer.json)."
            )
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

    def beyond(self, count: int) -> list[str]:
        """None: there are no added tokens."""
        return []

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
    """The tokenizer of a model's folder.

    From tokenizer.json, else from vocab.json and merges.txt, else from SentencePiece's tokenizer.model; with
    what tokenizer_config.json, special_tokens_map.json and added_tokens.json say besides.
    """
    whole, vocabulary, merges, pieces = (
        folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model")
    )
    if whole.exists() or whole.is_symlink():
        check_file(whole, TOKENIZER_BYTES)
        return _from_json(whole, read_tokenizer_config(folder), title)
    if vocabulary.exists() and merges.exists():
        return _from_merges(vocabulary, merges, read_tokenizer_config(folder), title)
    if pieces.exists():
        return _from_pieces(pieces, read_tokenizer_config(folder), title)
    return NumberTokenizer(title)


def _from_json(path: Path, config: TokenizerConfig, title: str) -> TextTokenizer:
    """tokenizer.json says all, but transformers 5 goes by the rules of the class where it knows it.

    Over bytes the two should be one, so they are compared. Llama's and Gemma's class decides alone: what
    their older files say about leading spaces and special tokens is no longer what is done.
    """
    import tokenizers

    raw = read_bytes(path, TOKENIZER_BYTES)
    try:
        library = tokenizers.Tokenizer.from_buffer(raw)
    except BaseException as error:
        raise _unreadable(path, error) from None
    rules = RULES.get(config.class_name)
    model = {} if rules is None else _model_of(raw)
    over_bytes = _is_byte_level(library)
    if rules is None or model.get("type") != "BPE" or rules.over_bytes != over_bytes:
        return TextTokenizer(_completed(library, config, path, None), title)
    vocabulary: dict[str, int] = model["vocab"]
    pairs: Merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]  # type: ignore[misc]

    def by_class() -> tokenizers.Tokenizer:
        assert rules is not None
        built = rules.build(vocabulary, pairs, config.options(rules))
        built.post_processor = library.post_processor
        built.add_tokens(list(library.get_added_tokens_decoder().values()))
        return _completed(built, config, path, rules)

    if over_bytes:
        return TextTokenizer(_completed(library, config, path, rules), title, by_class)
    return TextTokenizer(by_class(), title)


def _model_of(raw: bytes) -> dict[str, Any]:
    model = json.loads(raw).get("model")
    return model if isinstance(model, dict) and isinstance(model.get("vocab"), dict) else {}


def _from_merges(vocabulary: Path, merges: Path, config: TokenizerConfig, title: str) -> TextTokenizer:
    """Byte pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909) by the rules of a class."""
    rules = RULES.get(config.class_name)
    if rules is None:
        known = ", ".join(name for name, rules in RULES.items() if rules.over_bytes)
        raise UserError(
            f"{vocabulary.parent} has vocab.json and merges.txt, but nothing says how words are cut: name "
            f"the tokenizer_class in tokenizer_config.json ({known}), or add the tokenizer.json."
        )
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
        library = rules.build(table, pairs, config.options(rules))  # type: ignore[arg-type]
    except BaseException as error:
        raise _unreadable(merges, error) from None
    return TextTokenizer(_with_ends(_completed(library, config, merges, rules), config, rules), title)


def _from_pieces(path: Path, config: TokenizerConfig, title: str) -> TextTokenizer:
    """SentencePiece's pieces, by the rules of Llama's or Gemma's class."""
    rules = RULES.get(config.class_name)
    if rules is None or rules.over_bytes:
        known = ", ".join(name for name, rules in RULES.items() if not rules.over_bytes)
        raise UserError(
            f"{path} is read by the rules of {known} only: name the tokenizer_class in "
            f"tokenizer_config.json, or {AS_JSON}."
        )
    pieces = read_pieces(path)
    if pieces.trained_as != PAIRS:
        raise UserError(f"{path} holds no byte pairs but another kind of SentencePiece's: {AS_JSON}.")
    table = {piece: i for i, piece in enumerate(pieces.texts)}
    try:
        library = rules.build(table, merges_of(pieces.texts), config.options(rules))
        library.add_tokens(pieces.added())
    except BaseException as error:
        raise _unreadable(path, error) from None
    return TextTokenizer(_with_ends(_completed(library, config, path, rules), config, rules), title)


def _completed(
    library: tokenizers.Tokenizer, config: TokenizerConfig, path: Path, rules: Rules | None
) -> tokenizers.Tokenizer:
    """The same tokenizer with the tokens that other files add, and a class by itself."""
    have = {token.content for token in library.get_added_tokens_decoder().values()}
    try:
        library.add_tokens([token for token in config.added(rules) if token.content not in have])
    except BaseException as error:
        raise _unreadable(path, error) from None
    return library


def _with_ends(library: tokenizers.Tokenizer, config: TokenizerConfig, rules: Rules) -> tokenizers.Tokenizer:
    """The same tokenizer with the first and the last token around a prompt, where the files ask for them."""
    from tokenizers import processors

    first, last = config.ends(rules)
    if first or last:
        single = " ".join(part for part in (first, "$A", last) if part)
        ids = [(token, library.token_to_id(token)) for token in dict.fromkeys([first, last]) if token]
        library.post_processor = processors.TemplateProcessing(single=single, special_tokens=ids)
    return library


def _unreadable(path: Path, error: BaseException) -> BaseException:
    """What to raise when the library gives up on a file: its panics are no Exceptions."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
        return error
    return UserError(f"{path} is not a tokenizer that can be read: {words_of(error)}.")


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
