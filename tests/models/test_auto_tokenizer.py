"""Token ids equal those of transformers' AutoTokenizer over a hundred texts, whatever files there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_scene.errors import UserError
from llm_scene.models.tokenizer import load_tokenizer
from tests.models.pieces_files import write_pieces

pytestmark = pytest.mark.live
tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")

PROSE = """Emma Woodhouse, handsome, clever, and rich, with a comfortable home and happy disposition, seemed
to unite some of the best blessings of existence; and had lived nearly 21 years in the world with very little
to distress or vex her. It's 1815: she'd 30,000 pounds, didn't she? “Yes,” he said — “and that’s all.”
def area(radius):\n\treturn 3.14159 * radius ** 2  # square units\nprint(f"{area(2):.2f}")\n
Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. Съешь же ещё этих мягких французских булок.
色は匂へど散りぬるを。 你好，世界！ 안녕하세요 نص حكيم له سر قاطع नमस्ते สวัสดี שלום 🙂👩‍👩‍👧🚀 ½ ² ﬁ"""
EDGES = [
    " ",
    "  two",
    "tab\there",
    "line\nend\n",
    "\r\n",
    "trailing ",
    "\n\n\n",
    "e\u0301 é",
    "don't WE'LL I'M",
]
EDGES += ["<s>hi</s>there", "hi<|endoftext|>hi", "<|im_start|>user\nhi<|im_end|>", "a<pad>b", "<|pad|>x", "a"]
EDGES += [
    "123 4567 89.0",
    "x  <s>  y",
    "\u00a0nbsp",
    "\u200bzero",
    "\x00nul",
    "\ufeffmark",
    "ﷺ",
    "A" * 300,
    "Zz",
]
WORDS = PROSE.split()
TEXTS = [*EDGES, *(" ".join(WORDS[i : i + 9]) for i in range(0, len(WORDS), 2))]
TEXTS += [f" {word}" for word in WORDS[:12]] + [line for line in PROSE.splitlines() if line]
TEXTS += [f"{a}{b}" for a, b in zip(WORDS, WORDS[7:], strict=False)]
TEXTS = list(dict.fromkeys(TEXTS))[:120]
ALPHABET = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())


def byte_pairs(in_words: bool = True) -> Any:
    """GPT-2's kind, trained on the prose."""
    library = tokenizers.Tokenizer(tokenizers.models.BPE())
    library.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(False, use_regex=in_words)
    library.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=ALPHABET, special_tokens=["<|endoftext|>"], show_progress=False
    )
    library.train_from_iterator([PROSE] * 2, trainer)
    return library


def pieces() -> list[str]:
    """Llama's kind: control tokens, bytes, merged pieces, letters."""
    library = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>", byte_fallback=True))
    library.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.Prepend("▁"), tokenizers.normalizers.Replace(" ", "▁")]
    )
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=400, special_tokens=["<unk>"], show_progress=False)
    library.train_from_iterator([PROSE.split("\n")[0]] * 2, trainer)
    vocabulary = library.get_vocab()
    learnt = sorted((token for token in vocabulary if token != "<unk>"), key=vocabulary.__getitem__)
    merged = [token for token in learnt if len(token) > 1]
    letters = [token for token in learnt if len(token) == 1]
    return ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *merged, *letters]


def llama_json(prefix: bool = True) -> dict[str, Any]:
    """A tokenizer.json as Llama 2's, with the older way to put a space in front."""
    from llm_scene.models.rules import Options, llama, merges_of

    every = pieces()
    library = llama({piece: i for i, piece in enumerate(every)}, merges_of(every), Options(prefix))
    data: dict[str, Any] = json.loads(library.to_str())
    data["pre_tokenizer"] = None
    data["normalizer"] = {
        "type": "Sequence",
        "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ],
    }
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    data["added_tokens"] = [{"id": i, "content": every[i], **special} for i in range(3)]
    template = tokenizers.processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    library.post_processor = template
    data["post_processor"] = json.loads(library.to_str())["post_processor"]
    return data


def write(folder: Path, family: str, config: dict[str, Any] | None, files: dict[str, Any]) -> Path:
    written: dict[str, Any] = {"config.json": {"model_type": family}, **files}
    if config is not None:
        written["tokenizer_config.json"] = config
    for name, content in written.items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def as_json(change: Callable[[Any], None] = lambda library: None) -> dict[str, Any]:
    library = byte_pairs()
    change(library)
    return {"tokenizer.json": library.to_str()}


def as_merges(added: dict[str, int] | None = None) -> dict[str, Any]:
    model = json.loads(byte_pairs().to_str())["model"]
    lines = [" ".join(pair) for pair in model["merges"]]
    files = {"vocab.json": model["vocab"], "merges.txt": "\n".join(["#version: 0.2", *lines, ""])}
    return files | ({"added_tokens.json": added} if added else {})


def padded(library: Any) -> None:
    library.enable_padding(length=16, pad_id=0, pad_token="<|endoftext|>")
    library.enable_truncation(4)


def more(library: Any) -> None:
    library.add_special_tokens(["<pad>"])
    library.add_tokens([tokenizers.AddedToken("handsome", lstrip=True), "rich,"])


SPECIAL = {"<|im_start|>": 420, "<|im_end|>": 421}
DECODER = {
    "420": {
        "content": "<|im_start|>",
        "special": True,
        "normalized": False,
        "lstrip": False,
        "rstrip": False,
    },
    "421": {"content": "<pad>", "special": False, "normalized": True, "lstrip": True, "rstrip": False},
}
CASES: dict[str, tuple[str, dict[str, Any] | None, Callable[[], dict[str, Any]]]] = {
    "gpt2": ("gpt2", None, as_json),
    "gpt2 named": ("gpt2", {"tokenizer_class": "GPT2Tokenizer"}, as_json),
    "any class": ("llama", {"tokenizer_class": "PreTrainedTokenizerFast"}, as_json),
    "llama class over bytes": ("llama", {"tokenizer_class": "LlamaTokenizerFast"}, as_json),
    "padding and truncation": ("gpt2", None, lambda: as_json(padded)),
    "padding, other class": (
        "llama",
        {"tokenizer_class": "PreTrainedTokenizerFast"},
        lambda: as_json(padded),
    ),
    "added": ("gpt2", None, lambda: as_json(more)),
    "added, other class": ("llama", {"tokenizer_class": "PreTrainedTokenizerFast"}, lambda: as_json(more)),
    "added beside": (
        "llama",
        {"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": DECODER},
        as_json,
    ),
    "named beside": ("gpt2", {"pad_token": "<pad>", "bos_token": "<s>"}, as_json),
    "additional": ("gpt2", {"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]}, as_json),
    "bos with a file": ("gpt2", {"add_bos_token": True, "bos_token": "<|endoftext|>"}, as_json),
    "space in front": ("gpt2", {"add_prefix_space": False}, as_json),
    "merges": ("gpt2", None, as_merges),
    "merges, space in front": ("gpt2", {"add_prefix_space": True}, as_merges),
    "merges, bos": ("gpt2", {"add_bos_token": True}, as_merges),
    "merges, bos and eos": (
        "gpt2",
        {"add_bos_token": True, "add_eos_token": True, "eos_token": "a"},
        as_merges,
    ),
    "merges, added": ("gpt2", None, lambda: as_merges(SPECIAL)),
    "merges, added and special": ("gpt2", {"pad_token": "<|im_end|>"}, lambda: as_merges(SPECIAL)),
    "merges, added with flags": ("gpt2", {"added_tokens_decoder": DECODER}, as_merges),
    "merges, special map": (
        "gpt2",
        None,
        lambda: (
            as_merges() | {"special_tokens_map.json": {"pad_token": {"content": "<|pad|>", "lstrip": True}}}
        ),
    ),
    "merges of qwen2": ("qwen2", {"tokenizer_class": "Qwen2Tokenizer"}, lambda: as_merges(SPECIAL)),
    "merges of qwen2, unnamed": ("qwen2", None, as_merges),
    "qwen2's class elsewhere": ("llama", {"tokenizer_class": "Qwen2Tokenizer"}, as_merges),
    "llama": ("llama", {"tokenizer_class": "LlamaTokenizer"}, lambda: {"tokenizer.json": llama_json()}),
    "llama legacy": (
        "llama",
        {"tokenizer_class": "LlamaTokenizer", "legacy": True},
        lambda: {"tokenizer.json": llama_json()},
    ),
    "llama without a space": (
        "llama",
        {"tokenizer_class": "LlamaTokenizerFast", "add_prefix_space": False},
        lambda: {"tokenizer.json": llama_json(False)},
    ),
    "mistral": ("mistral", {"tokenizer_class": "LlamaTokenizer"}, lambda: {"tokenizer.json": llama_json()}),
    "phi3": ("phi3", {"tokenizer_class": "LlamaTokenizer"}, lambda: {"tokenizer.json": llama_json()}),
    "llama's file itself": (
        "llama",
        {"tokenizer_class": "PreTrainedTokenizerFast"},
        lambda: {"tokenizer.json": llama_json()},
    ),
}


def compare(folder: Path, least: int = 90) -> None:
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    ours = load_tokenizer(folder, "it")
    equal, refused = 0, []
    for text in TEXTS:
        try:
            ids = ours.encode(text)
        except UserError:
            refused.append(text)
            continue
        assert ids == theirs(text)["input_ids"], text
        equal += 1
    assert equal >= least, refused


def test_there_are_a_hundred_texts() -> None:
    assert len(set(TEXTS)) >= 100


@pytest.mark.parametrize("case", CASES)
def test_ids(tmp_path: Path, case: str) -> None:
    family, config, files = CASES[case]
    compare(write(tmp_path, family, config, files()))


@pytest.mark.parametrize(
    "config",
    [
        {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True},
        {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": True, "legacy": False},
        {"tokenizer_class": "LlamaTokenizer", "add_prefix_space": False},
        {"tokenizer_class": "GemmaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<unk>"},
    ],
)
def test_pieces(tmp_path: Path, config: dict[str, Any]) -> None:
    pytest.importorskip("sentencepiece")
    pytest.importorskip("google.protobuf")
    write(tmp_path, "llama", config, {})
    write_pieces(tmp_path / "tokenizer.model", pieces())
    compare(tmp_path)


def test_two_accounts_that_differ_are_refused(tmp_path: Path) -> None:
    library = byte_pairs(in_words=False)
    write(tmp_path, "gpt2", {"tokenizer_class": "GPT2Tokenizer"}, {"tokenizer.json": library.to_str()})
    ours = load_tokenizer(tmp_path, "it")
    with pytest.raises(UserError, match="cut this prompt differently"):
        for text in TEXTS:
            ours.encode(text)
