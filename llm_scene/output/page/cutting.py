"""A tokenizer's rules, as the page's own reader of texts (js/live_tokens.js) takes them."""

from __future__ import annotations

import re
from typing import Any

from ...models.tokenizer import TextTokenizer, Tokenizer

Json = dict[str, Any]
# The tokenizers library's regular expressions in the browser's dialect: what counts as space differs, and
# letters of either case are written out.
SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"  # GPT-2's
PLAIN = "'\" #&~:<>%,;@=!_"  # letters that the browser takes as they are, without a backslash
UNDERLINE = "▁"


class UnreadableError(Exception):
    """A rule that the page has no words for."""


def rules_of(tokenizer: Tokenizer) -> Json | None:
    """The rules as plain data; None where the page cannot cut texts as the tokenizer does."""
    if not isinstance(tokenizer, TextTokenizer):
        return None
    told = tokenizer.described()
    try:
        return _rules(told)
    except UnreadableError:
        return None


def _rules(told: Json) -> Json:
    model = told["model"]
    if model.get("type") not in ("WordLevel", "BPE"):
        raise UnreadableError
    if any(model.get(key) for key in ("dropout", "continuing_subword_prefix", "end_of_word_suffix")):
        raise UnreadableError
    rules: Json = {"kind": model["type"], "vocab": model["vocab"]}
    merges = model.get("merges", [])
    rules["merges"] = [merge.split(" ") if isinstance(merge, str) else merge for merge in merges]
    rules["unknown"] = model.get("unk_token") or None
    rules["fallback"] = bool(model.get("byte_fallback"))
    rules["ignoreMerges"] = bool(model.get("ignore_merges"))
    rules |= {"form": None, "replaced": [], "splits": [], "bytes": False, "prefix": False, "first": ""}
    for step in _steps(told["normalizer"], "normalizers"):
        _normal(step, rules)
    for step in _steps(told["pre_tokenizer"], "pretokenizers"):
        _cut(step, rules)
    rules["before"], rules["after"] = _ends(told["post_processor"])
    rules["added"] = [[token["content"], token["id"]] for token in told["added_tokens"]]
    if any(token["lstrip"] or token["rstrip"] or token["single_word"] for token in told["added_tokens"]):
        raise UnreadableError
    return rules


def _steps(step: Json | None, inner: str) -> list[Json]:
    if step is None:
        return []
    return [s for part in step[inner] for s in _steps(part, inner)] if step["type"] == "Sequence" else [step]


def _normal(step: Json, rules: Json) -> None:
    """What is done to a text before it is cut."""
    kind = step["type"]
    if kind in ("NFC", "NFKC", "NFD", "NFKD"):
        rules["form"] = kind
    elif kind == "Replace" and "String" in step["pattern"]:
        rules["replaced"].append([step["pattern"]["String"], step["content"]])
    elif kind == "Prepend":
        rules["replaced"].append(["", step["prepend"]])
    else:
        raise UnreadableError


def _cut(step: Json, rules: Json) -> None:
    """How a text is cut into words."""
    kind = step["type"]
    if kind == "ByteLevel":
        rules["bytes"], rules["prefix"] = True, bool(step.get("add_prefix_space"))
        if step.get("use_regex", True):
            rules["splits"].append(_split(WORDS))
    elif kind == "Split":
        pattern = step["pattern"]
        found = pattern["Regex"] if "Regex" in pattern else re.escape(pattern["String"])
        rules["splits"].append(_split(found, step["behavior"], bool(step["invert"])))
    elif kind == "Digits":
        rules["splits"].append(_split(r"\p{N}" if step["individual_digits"] else r"\p{N}+"))
    elif kind == "Whitespace":
        rules["splits"].append(_split(r"[\p{L}\p{M}\p{N}_]+|[^\p{L}\p{M}\p{N}_\s]+", "Removed", True))
    elif kind == "WhitespaceSplit":
        rules["splits"].append(_split(r"\s+", "Removed"))
    elif kind == "Metaspace" and step["replacement"] == UNDERLINE and not step.get("split", True):
        rules["replaced"].append([" ", UNDERLINE])
        rules["first"] = UNDERLINE if step["prepend_scheme"] in ("first", "always") else ""
        rules["always"] = step["prepend_scheme"] == "always"
    else:
        raise UnreadableError


def _split(pattern: str, behaviour: str = "Isolated", invert: bool = False) -> Json:
    if behaviour not in ("Isolated", "Removed", "MergedWithPrevious"):
        raise UnreadableError
    return {"pattern": dialect(pattern), "behaviour": behaviour, "invert": invert}


def dialect(pattern: str) -> str:
    """A regular expression for the browser."""
    pattern = pattern.replace(r"[\s\S]", "[^]")
    either = re.sub(r"\(\?i:([^()]*)\)", lambda m: f"(?:{_either_case(m[1])})", pattern)
    if re.search(
        r"\(\?[a-zA-Z]|\\[pP]\{(?!L\}|N\}|M\}|P\}|Lu\}|Ll\}|Lt\}|Lm\}|Lo\})|&&|\\[AzZGhH]|[+*?]\+", either
    ):
        raise UnreadableError
    found, inside, i = "", False, 0
    while i < len(either):
        part = either[i : i + 2] if either[i] == "\\" else either[i]
        inside = (inside or part == "[") and part != "]"
        if part == r"\s":
            part = SPACE if inside else f"[{SPACE}]"
        elif part == r"\S":
            if inside:
                raise UnreadableError
            part = f"[^{SPACE}]"
        elif len(part) == 2 and part[1] in PLAIN:
            part = part[1]
        found += part
        i += 2 if either[i] == "\\" else 1
    return found


def _either_case(text: str) -> str:
    return re.sub(r"[a-z]", lambda m: f"[{m[0]}{m[0].upper()}]", text)


def _ends(step: Json | None) -> tuple[list[int], list[int]]:
    """The ids that stand before and after every text."""
    if step is None or step["type"] == "ByteLevel":
        return [], []
    if step["type"] == "Sequence":
        ends = [_ends(part) for part in step["processors"]]
        return [i for before, _ in ends for i in before], [i for _, after in ends for i in after]
    if step["type"] != "TemplateProcessing":
        raise UnreadableError
    before: list[int] = []
    after: list[int] = []
    into = before
    for piece in step["single"]:
        if "Sequence" in piece:
            into = after
        else:
            into += step["special_tokens"][piece["SpecialToken"]["id"]]["ids"]
    return before, after
