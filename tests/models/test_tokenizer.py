"""Words to ids and back: byte-level pairs as in GPT-2 and Llama 3, pieces as in Llama 2, single letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.models.tokenizer import TextTokenizer, load_tokenizer

tokenizers = pytest.importorskip("tokenizers")

TEXT = """The quick brown fox. Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich!
Съешь же ещё этих мягких французских булок. 色は匂へど散りぬるを。 نص حكيم له سر قاطع
ᚠᛇᚻ 🙂👩‍👩‍👧 e\u0301 \t\ttabs  double  spaces\r\n\n 1234567890 don't we'll"""


def byte_level(vocabulary: int = 400):
    """A tokenizer as GPT-2's, trained on the text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|endoftext|>"]
    library.train_from_iterator(
        [TEXT], trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet, special_tokens=special)
    )
    return library


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    byte_level().save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_round_trip_of_many_languages(folder: Path) -> None:
    tokenizer = load_tokenizer(folder, "it")
    assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT


def test_merges_are_the_same_as_the_whole_file(folder: Path, tmp_path: Path) -> None:
    whole = load_tokenizer(folder, "it")
    parts = tmp_path / "parts"
    parts.mkdir()
    byte_level().model.save(str(parts))
    (parts / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    assert load_tokenizer(parts, "it").encode(TEXT) == whole.encode(TEXT)


def test_pieces_are_readable(folder: Path) -> None:
    tokenizer = load_tokenizer(folder, "it")
    shown = {tokenizer.piece(i) for i in tokenizer.encode(" the\n\tü")}
    assert not any(c.isspace() or not c.isprintable() for piece in shown for c in piece)
    (space,) = tokenizer.encode(" ")[:1]
    assert tokenizer.piece(space) == "␣"
    assert any(tokenizer.piece(i).startswith("<") for i in tokenizer.encode("🜁"))  # single bytes of a letter
    assert tokenizer.piece(10**6) == "#1000000"
    assert tokenizer.piece(0) == "<|endoftext|>"


def test_letters_only() -> None:
    tokenizer = load("nano-gpt-sort").tokenizer
    assert tokenizer.encode("CAB") == [2, 0, 1]
    assert tokenizer.decode([2, 0, 1]) == "CAB"
    assert tokenizer.n_tokens == 3
    with pytest.raises(UserError, match="does not know 'x', ' ': it knows only ABC"):
        tokenizer.encode("Ax B")


def test_unknown_tokens_are_an_error_not_a_token() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    library = Tokenizer(models.WordLevel({"[UNK]": 0, "yes": 1}, unk_token="[UNK]"))
    library.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = TextTokenizer(library, "It")
    assert tokenizer.encode("yes yes") == [1, 1]
    with pytest.raises(UserError, match="does not know"):
        tokenizer.encode("yes no")


@pytest.mark.live
@pytest.mark.parametrize("kind", ["GPT2Tokenizer", "PreTrainedTokenizerFast"])
def test_ids_equal_those_of_transformers(folder: Path, kind: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    if kind == "GPT2Tokenizer":
        byte_level().model.save(str(tmp_path))
        theirs = transformers.GPT2TokenizerFast(
            vocab=str(tmp_path / "vocab.json"), merges=str(tmp_path / "merges.txt")
        )
    else:
        theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    theirs.save_pretrained(tmp_path / "saved")
    ours = load_tokenizer(tmp_path / "saved", "it")
    for text in (TEXT, *filter(None, TEXT.splitlines()), " ", "a", "<|endoftext|> a"):
        ids = theirs(text)["input_ids"]
        assert ours.encode(text) == ids
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True)


@pytest.mark.live
def test_llamas_beginning_of_text_is_added(tmp_path: Path) -> None:
    """A Llama expects `<s>` first; transformers adds it, and so do we."""
    from tokenizers import processors

    library = byte_level()
    library.add_special_tokens(["<s>"])
    start = library.token_to_id("<s>")
    library.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", start)])
    library.save(str(tmp_path / "tokenizer.json"))
    ours = load_tokenizer(tmp_path, "it")
    theirs = pytest.importorskip("transformers").PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json")
    )
    assert ours.encode("fox")[0] == start
    assert ours.encode("fox") == theirs("fox")["input_ids"]
    assert ours.decode(ours.encode("fox")) == "fox"


def test_a_pad_token_more_than_the_model_has(tmp_path: Path) -> None:
    from tests.models.test_hostile import write_model

    folder = write_model(tmp_path)
    library = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    library.add_special_tokens(["<pad>"])
    library.save(str(folder / "tokenizer.json"))
    model = load(folder=folder)
    assert model.notes == ("The tokenizer adds <pad>, which the model does not know.",)
    assert model.encode_prompt("CAB") == [2, 0, 1]
    with pytest.raises(UserError, match="has no token 3"):
        model.encode_prompt("A<pad>")
