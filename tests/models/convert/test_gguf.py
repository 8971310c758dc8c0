"""GGUF files, converted and then compared with the model they were made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.models.config_json import shape_from_table
from llm_scene.models.convert import convert
from llm_scene.models.convert.gguf_words import SPLITS
from tests.models.convert.gguf_files import CONFIGS, FAMILIES, LLAMA, random_tensors, write_gguf

BYTES = sorted(
    {*range(33, 127), *range(161, 173), *range(174, 256)} | {256 + i for i in range(256 - 94 - 12 - 82)}
)  # GPT-2's alphabet of bytes, as letters
ALPHABET = [chr(letter) for letter in BYTES]


def byte_pairs(pre: str = "gpt-2", **more: Any) -> dict[str, Any]:
    """Metadata of a small byte pair encoding with two special tokens."""
    tokens = ["<|end|>", "<|start|>", *ALPHABET, "12", "123", "hi", "Ġhi"]
    said: dict[str, Any] = {
        "model": "gpt2",
        "pre": pre,
        "tokens": tokens,
        "token_type": [3, 3] + [1] * (len(tokens) - 2),
        "merges": ["1 2", "12 3", "h i", "Ġ hi"],
        "bos_token_id": 1,
        "eos_token_id": 0,
    } | more
    return {f"tokenizer.ggml.{key}": value for key, value in said.items()}


class TestWeights:
    @pytest.mark.parametrize("family", FAMILIES)
    @pytest.mark.parametrize("tied", [False, True])
    def test_come_back_as_they_were(self, tmp_path: Path, family: str, tied: bool) -> None:
        kind, sizes = FAMILIES[family]
        tied = tied or kind in ("gemma", "gemma2")  # GGUF knows no other
        config = sizes | {"model_type": family, "tie_word_embeddings": tied}
        tensors = random_tensors(config)
        notes = convert(write_gguf(tmp_path / "m.gguf", kind, config, tensors), tmp_path / "out")
        assert notes == ()
        model = load(folder=tmp_path / "out")
        assert model.config == shape_from_table(tmp_path, config)
        assert model.dtype == "float32" and not model.warnings
        assert set(model.weights) == set(tensors)
        step = 2e-7 if "gemma" in family else 0  # 1 + γ is rounded
        for key, array in tensors.items():
            np.testing.assert_allclose(model.weights[key], array, rtol=0, atol=step, err_msg=key)

    @pytest.mark.parametrize("factor", [8.0, 32.0])
    def test_the_positions_of_llama_3(self, tmp_path: Path, factor: float) -> None:
        scaling = {"rope_type": "llama3", "factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
        scaling["original_max_position_embeddings"] = 8192
        config = LLAMA | {"model_type": "llama", "rope_theta": 500000.0, "head_dim": 64}
        plain, scaled = (
            shape_from_table(tmp_path, config | more).rope for more in ({}, {"rope_scaling": scaling})
        )
        assert plain is not None and scaled is not None
        tensors = random_tensors(config)
        slower = (np.array(plain.inv_freq) / np.array(scaled.inv_freq)).astype(np.float32)
        file = write_gguf(tmp_path / "m.gguf", "llama", config, tensors | {"rope_freqs.weight": slower})
        assert convert(file, tmp_path / "out") == ()
        found = load(folder=tmp_path / "out").config.rope
        assert found is not None
        np.testing.assert_allclose(found.inv_freq, scaled.inv_freq, rtol=1e-5)

    def test_other_scalings_are_refused(self, tmp_path: Path) -> None:
        config = LLAMA | {"model_type": "llama"}
        tensors = random_tensors(config) | {"rope_freqs.weight": np.full(4, 3.0, np.float32)}
        with pytest.raises(UserError, match="rope_freqs"):
            convert(write_gguf(tmp_path / "m.gguf", "llama", config, tensors), tmp_path / "out")
        extra = {"llama.rope.scaling.type": "yarn"}
        file = write_gguf(tmp_path / "y.gguf", "llama", config, random_tensors(config), extra=extra)
        with pytest.raises(UserError, match=r"positions \(yarn\)"):
            convert(file, tmp_path / "out")

    def test_biases_are_permuted_too(self, tmp_path: Path) -> None:
        config = LLAMA | {"model_type": "llama", "attention_bias": True}
        tensors = random_tensors(config)
        convert(write_gguf(tmp_path / "m.gguf", "llama", config, tensors), tmp_path / "out")
        key = "model.layers.1.self_attn.k_proj.bias"
        np.testing.assert_array_equal(load(folder=tmp_path / "out").weights[key], tensors[key])

    @pytest.mark.parametrize("kind", ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"])
    def test_of_every_simple_format(self, tmp_path: Path, kind: str) -> None:
        config = LLAMA | {"model_type": "llama"}
        tensors = random_tensors(config)
        convert(write_gguf(tmp_path / "m.gguf", "llama", config, tensors, kind), tmp_path / "out")
        model = load(folder=tmp_path / "out")
        assert model.dtype == {"F16": "float16", "BF16": "bfloat16"}.get(kind, "float32")
        step = {"F16": 2**-11, "BF16": 2**-8}.get(kind, 0)  # of a value, where others have one of a block
        most = {"Q8_0": 0.01, "Q4_0": 0.13, "Q4_1": 0.1, "Q5_0": 0.06, "Q5_1": 0.06}.get(kind, 2**-25)
        for key, array in tensors.items():
            matrix = array.ndim == 2
            np.testing.assert_allclose(model.weights[key], array, step * matrix, most * matrix)

    def test_float16_takes_half_the_room(self, tmp_path: Path) -> None:
        config = LLAMA | {"model_type": "llama"}
        file = write_gguf(tmp_path / "m.gguf", "llama", config, random_tensors(config), "Q8_0")
        convert(file, tmp_path / "wide")
        convert(file, tmp_path / "narrow", dtype="float16")
        assert load(folder=tmp_path / "narrow").dtype == "float16"
        wide, narrow = ((tmp_path / f / "model.safetensors").stat().st_size for f in ("wide", "narrow"))
        assert narrow < 0.6 * wide

    def test_too_large_for_float16(self, tmp_path: Path) -> None:
        config = LLAMA | {"model_type": "llama"}
        tensors = {key: array * 1e6 for key, array in random_tensors(config).items()}
        file = write_gguf(tmp_path / "m.gguf", "llama", config, tensors)
        with pytest.raises(UserError, match="too large for float16"):
            convert(file, tmp_path / "out", dtype="float16")
        assert not (tmp_path / "out").exists()


@pytest.mark.live
@pytest.mark.parametrize("kind", ["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_0", "Q4_0", "Q4_1"])
def test_quantised_blocks_mean_what_transformers_reads(kind: str) -> None:
    torch = pytest.importorskip("torch")
    dequant = pytest.importorskip("transformers.integrations.gguf.dequant")
    wanted = gguf.GGMLQuantizationType[kind]
    values, size = gguf.GGML_QUANT_SIZES[wanted]
    raw = np.random.default_rng(0).integers(0, 60, (8, size), np.uint8)  # no half that is NaN
    ours = gguf.quants.dequantize(raw, wanted)
    theirs = dequant.dequantize(torch.from_numpy(raw).flatten(), int(wanted))
    np.testing.assert_allclose(ours, theirs.numpy().reshape(8, values), rtol=1e-6)


class TestWords:
    def converted(self, folder: Path, said: dict[str, Any]) -> Any:
        config = LLAMA | {"model_type": "llama", "vocab_size": len(said["tokenizer.ggml.tokens"])}
        file = write_gguf(folder / "m.gguf", "llama", config, random_tensors(config), tokenizer=said)
        convert(file, folder / "out")
        return load(folder=folder / "out").tokenizer

    def pieces(self, tokenizer: Any, text: str) -> list[str]:
        return [tokenizer.piece(token) for token in tokenizer.encode(text)]

    def test_numbers_are_cut_as_the_file_says(self, tmp_path: Path) -> None:
        for pre, expected in {"gpt-2": ["123"], "smollm": ["1", "2", "3"], "qwen2": ["1", "2", "3"]}.items():
            folder = tmp_path / pre
            folder.mkdir()
            assert self.pieces(self.converted(folder, byte_pairs(pre)), "123") == expected

    @pytest.mark.parametrize("pre", SPLITS)
    def test_every_way_to_cut(self, tmp_path: Path, pre: str) -> None:
        text = "Hi hi, it's 1234 THINGS…\n\n  你好 🙂"
        tokenizer = self.converted(tmp_path, byte_pairs(pre, add_bos_token=False))
        assert tokenizer.decode(tokenizer.encode(text)) == text

    def test_special_tokens(self, tmp_path: Path) -> None:
        tokenizer = self.converted(tmp_path, byte_pairs(add_bos_token=True))
        assert tokenizer.encode("hi<|end|>hi") == [1, 260, 0, 260]
        assert tokenizer.decode([1, 260, 0]) == "hi"

    @pytest.mark.parametrize("prefix", [True, False])
    def test_pieces_of_sentencepiece(self, tmp_path: Path, prefix: bool) -> None:
        letters = ["▁", "h", "i", "▁h", "▁hi"]
        tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
        said = {
            "model": "llama",
            "tokens": tokens,
            "scores": [-float(i) for i in range(len(tokens))],
            "token_type": [2, 3, 3] + [6] * 256 + [1] * len(letters),
            "bos_token_id": 1,
            "eos_token_id": 2,
            "unknown_token_id": 0,
            "add_space_prefix": prefix,
        }
        tokenizer = self.converted(tmp_path, {f"tokenizer.ggml.{key}": value for key, value in said.items()})
        word = tokens.index("▁hi")
        first = [word] if prefix else [tokens.index("h"), tokens.index("i")]
        assert tokenizer.encode("hi hi") == [1, *first, word]
        assert tokenizer.encode("é")[-2:] == [3 + 0xC3, 3 + 0xA9]
        assert tokenizer.decode(tokenizer.encode("hi 你好\n🙂")) == "hi 你好\n🙂"

    def test_an_unknown_way_to_cut(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"m\.gguf: its tokenizer cuts words as 'viking'"):
            self.converted(tmp_path, byte_pairs("viking"))
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize(
        "more", [{"merges": ["x yz"]}, {"token_type": [3]}, {"add_bos_token": True, "bos_token_id": 9999}]
    )
    def test_contradictions(self, tmp_path: Path, more: dict[str, Any]) -> None:
        with pytest.raises(UserError, match=r"m\.gguf"):
            self.converted(tmp_path, byte_pairs(**more))

    def test_a_token_twice(self, tmp_path: Path) -> None:
        said = byte_pairs()
        said["tokenizer.ggml.tokens"] = [*said["tokenizer.ggml.tokens"], "hi"]
        said["tokenizer.ggml.token_type"] = [1] * len(said["tokenizer.ggml.tokens"])
        with pytest.raises(UserError, match="'hi' twice"):
            self.converted(tmp_path, said)


class TestMetadata:
    def write(self, folder: Path, extra: dict[str, Any], family: str = "llama") -> Path:
        config = CONFIGS[family] | {"model_type": family}
        return write_gguf(folder / "m.gguf", family, config, random_tensors(config), extra=extra)

    def test_the_model_says_what_it_is(self, tmp_path: Path) -> None:
        said = {"general.name": "Small", "general.license": "mit", "general.organization": "Us"}
        convert(self.write(tmp_path, said), tmp_path / "out")
        card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
        assert "license: mit" in card and "Small by Us" in card

    def test_numbers_are_written_as_people_do(self, tmp_path: Path) -> None:
        convert(self.write(tmp_path, {}), tmp_path / "out")
        assert json.loads((tmp_path / "out" / "config.json").read_text())["rms_norm_eps"] == 1e-5

    def test_what_is_not_known_is_named(self, tmp_path: Path) -> None:
        (note,) = convert(self.write(tmp_path, {"llama.attention.clamp_kqv": 8.0}), tmp_path / "out")
        assert "attention.clamp_kqv" in note

    def test_a_part(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="llama-gguf-split"):
            convert(self.write(tmp_path, {"split.count": 3}), tmp_path / "out")

    def test_an_unknown_family(self, tmp_path: Path) -> None:
        writer = gguf.GGUFWriter(tmp_path / "m.gguf", "mamba")
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        with pytest.raises(UserError, match="'mamba'; known are gpt2, llama"):
            convert(tmp_path / "m.gguf", tmp_path / "out")

    @pytest.mark.parametrize("keep", [0, 4, 8, 20, 24, 200, 2000, -4000, -1])
    def test_cut_short(self, tmp_path: Path, keep: int) -> None:
        file = self.write(tmp_path, {})
        file.write_bytes(file.read_bytes()[:keep])
        with pytest.raises(UserError, match=r"m\.gguf") as caught:
            convert(file, tmp_path / "out")
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out").exists()


@pytest.mark.live
@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma2", "gemma3_text", "stablelm"])
def test_transformers_reads_the_same_model_from_it(tmp_path: Path, family: str) -> None:
    """It takes the usual for granted of Gemma's scores and StableLM's positions."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    kind, sizes = FAMILIES[family]
    usual = {
        "gemma2": {"head_dim": 256, "query_pre_attn_scalar": 256},
        "gemma3_text": {"head_dim": 256, "query_pre_attn_scalar": 256},
        "stablelm": {"partial_rotary_factor": 0.25, "rope_theta": 10000.0},
    }.get(family, {})
    config = sizes | {"model_type": family, "tie_word_embeddings": True} | usual
    extra = {f"{kind}.vocab_size": config["vocab_size"]}
    if family == "llama":
        extra["llama.rope.dimension_count"] = 8
    write_gguf(tmp_path / "m.gguf", kind, config, random_tensors(config), extra=extra)
    convert(tmp_path / "m.gguf", tmp_path / "out")
    kwargs = {"gguf_file": "m.gguf", "dtype": torch.float32}
    reference = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, **kwargs).eval()
    ids = [3, 1, 4, 1, 5, 9, 2, 6]
    with torch.no_grad():
        expected = reference(torch.tensor([ids])).logits[0].numpy()
    np.testing.assert_allclose(load(folder=tmp_path / "out").trace(ids)["logits"], expected, atol=1e-4)
