"""What stands beside a tokenizer: tokenizer_config.json, special_tokens_map.json, added_tokens.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..fields import Fields
from .files import CONFIG_BYTES, INDEX_BYTES, read_object
from .rules import Options, Rules, class_of

if TYPE_CHECKING:
    import tokenizers

NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
PLAIN = (("special", True), ("normalized", False))  # a special token that is only named
FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


@dataclass(frozen=True)
class Added:
    """A token that is found in a text before it is cut."""

    content: str
    flags: tuple[tuple[str, bool], ...] = ()

    def token(self) -> tokenizers.AddedToken:
        """As the library wants it."""
        from tokenizers import AddedToken

        return AddedToken(self.content, **dict(self.flags))


@dataclass(frozen=True)
class TokenizerConfig:
    """The entries that change what a text becomes."""

    class_name: str  # one of RULES, or "" where tokenizer.json alone decides
    named: Mapping[str, Added | None]  # bos_token, eos_token, …; None: there is none
    others: tuple[Added, ...]  # in the order of their ids
    first: bool = False  # add_bos_token
    last: bool = False
    prefix_space: bool | None = None
    legacy: bool = False

    def options(self, rules: Rules) -> Options:
        """How spaces are treated by a class."""
        said = rules.prefix_space if self.prefix_space is None else self.prefix_space
        return Options(said, self.legacy)

    def added(self, rules: Rules | None) -> list[tokenizers.AddedToken]:
        """All tokens beyond the vocabulary, or found in a text as a whole."""
        wanted = dict.fromkeys([*self.others, *self._names(rules).values()])
        return [token.token() for token in wanted]

    def ends(self, rules: Rules) -> tuple[str, str]:
        """What a prompt begins and ends with, "" for nothing."""
        names = self._names(rules)
        ends = ("bos_token" if self.first else "", "eos_token" if self.last else "")
        first, last = (names[key].content if key in names else "" for key in ends)
        return first, last

    def _names(self, rules: Rules | None) -> dict[str, Added]:
        own = {} if rules is None else {key: Added(token, PLAIN) for key, token in rules.special.items()}
        return {key: token for key, token in {**own, **self.named}.items() if token is not None}


def read_tokenizer_config(folder: Path) -> TokenizerConfig:
    """What the files beside a tokenizer say. Raises UserError for entries that cannot be what they are."""
    fields = _optional(folder / "tokenizer_config.json")
    family = _optional(folder / "config.json").raw("model_type")
    named_class = fields.raw("tokenizer_class")
    chosen = class_of(
        named_class if isinstance(named_class, str) else None, family if isinstance(family, str) else None
    )
    whole = (folder / "tokenizer.json").exists()
    names = _map_of(folder, fields)
    others = _decoder(fields) if fields.has("added_tokens_decoder") else _legacy(folder, names)
    known = {token.content: token for token in others}
    named = {
        key: None if value is None else _added(fields, key, value, known)
        for key, value in names.items()
        if key in NAMED
    }
    more = names.get("extra_special_tokens") or names.get("additional_special_tokens") or []
    if isinstance(more, dict):
        more = list(more.values())
    if not isinstance(more, list):
        raise fields.error("additional_special_tokens must be a list of tokens")
    extra = [_added(fields, "additional_special_tokens", value, known) for value in more]
    return TokenizerConfig(
        chosen,
        named,
        (*others, *extra),
        not whole and fields.flag("add_bos_token", False),
        not whole and fields.flag("add_eos_token", False),
        fields.flag("add_prefix_space", False) if fields.has("add_prefix_space") else None,
        fields.flag("legacy", False),
    )


def _optional(path: Path) -> Fields:
    limit = CONFIG_BYTES if path.name == "config.json" else INDEX_BYTES
    return Fields(path, read_object(path, limit) if path.exists() else {})


def _map_of(folder: Path, fields: Fields) -> dict[str, Any]:
    """Special tokens by name: special_tokens_map.json counts where the configuration lists no tokens."""
    said = dict(fields.data)
    path = folder / "special_tokens_map.json"
    if not fields.has("added_tokens_decoder") and path.exists():
        said |= read_object(path, CONFIG_BYTES)
    return said


def _decoder(fields: Fields) -> list[Added]:
    """`added_tokens_decoder`: tokens with all their flags by id."""
    table = fields.raw("added_tokens_decoder")
    if not isinstance(table, dict) or not all(key.isdecimal() and len(key) < 10 for key in table):
        raise fields.error("added_tokens_decoder must map token ids to tokens")
    return [_added(fields, "added_tokens_decoder", table[key], {}) for key in sorted(table, key=int)]


def _legacy(folder: Path, names: Mapping[str, Any]) -> list[Added]:
    """added_tokens.json, where older files keep the ids of further tokens."""
    path = folder / "added_tokens.json"
    if not path.exists():
        return []
    table = read_object(path, INDEX_BYTES)
    if not all(type(i) is int for i in table.values()):
        raise UserError(f"{path} must map tokens to ids.")
    special = {_content(value) for key, value in names.items() if key in NAMED}
    more = names.get("additional_special_tokens")
    special |= {_content(value) for value in more} if isinstance(more, list) else set()
    ordered = sorted(table, key=lambda token: int(table[token]))
    return [
        Added(token, (("special", token in special), ("normalized", token not in special)))
        for token in ordered
    ]


def _content(value: object) -> object:
    return value.get("content") if isinstance(value, dict) else value


def _added(fields: Fields, key: str, value: object, known: Mapping[str, Added]) -> Added:
    """A token as files write it: its text, or a table with its flags."""
    if isinstance(value, dict) and isinstance(value.get("content"), str):
        flags = tuple((flag, value[flag]) for flag in FLAGS if isinstance(value.get(flag), bool))
        special = () if key == "added_tokens_decoder" else (("special", True),)
        return Added(value["content"], tuple(dict((*flags, *special)).items()))
    if not isinstance(value, str):
        raise fields.error(f"{key} must be a token")
    return known.get(value, Added(value, PLAIN))
