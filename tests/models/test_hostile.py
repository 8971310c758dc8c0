"""Broken and hostile files: one sentence that names the file and the problem, in little time and memory."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from llm_scene.cli import main
from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.models.checkpoint import stored_shapes
from llm_scene.models.config_json import read_config
from llm_scene.network import declare

MEMORY, SECONDS = 96 << 20, 5.0
GPT2: dict[str, Any] = {
    "model_type": "gpt2", "n_layer": 1, "n_head": 2, "n_embd": 4, "n_positions": 8, "vocab_size": 3
}  # fmt: skip
LLAMA: dict[str, Any] = {
    "model_type": "llama", "num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 4,
    "intermediate_size": 6, "max_position_embeddings": 8, "vocab_size": 3, "num_key_value_heads": 1,
}  # fmt: skip
TOKENIZER = Path(__file__).parents[2] / "presets" / "nano-gpt-sort" / "tokenizer.json"


def write_model(folder: Path, config: dict[str, Any] = GPT2, dtype: str = "float32") -> Path:
    """A sound folder with random weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    rng = np.random.default_rng(0)
    shapes = stored_shapes(declare(read_config(folder)))
    save_file(
        {k: rng.standard_normal(s).astype(dtype) for k, s in shapes.items()}, folder / "model.safetensors"
    )
    shutil.copy(TOKENIZER, folder / "tokenizer.json")
    return folder


def header_of(path: Path) -> tuple[dict[str, Any], bytes]:
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def write_header(path: Path, header: Any, data: bytes, length: int | None = None) -> None:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(raw) if length is None else length).to_bytes(8, "little") + raw + data)


def refuses(folder: Path, problem: str, names: str) -> None:
    """Loading ends in one sentence with `problem`, about the file `names`, within bounds."""
    tracemalloc.start()
    start = time.perf_counter()
    try:
        with pytest.raises(UserError, match=problem) as caught:
            load(folder=folder)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert time.perf_counter() - start < SECONDS
    assert peak < MEMORY
    assert "\n" not in message
    assert len(message) < 600
    assert names in message
    assert re.search(r"[.?]$", message)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


def test_the_sound_folder_loads(folder: Path) -> None:
    model = load(folder=folder)
    assert model.warnings == []
    assert model.trace([0, 1])["probs"].shape == (2, 3)


# --- safetensors: whole files -------------------------------------------------------------------------

FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "cut short"),
    "seven bytes": (b"1234567", "cut short"),
    "length of 2^63": ((1 << 63).to_bytes(8, "little") + b"{}", "claims a header"),
    "length of 2^64 - 1": (b"\xff" * 8 + b"{}", "claims a header"),
    "length past the end": ((100).to_bytes(8, "little") + b"{}", "cut short"),
    "length 0": (bytes(8), "not valid JSON"),
    "no JSON": ((4).to_bytes(8, "little") + b"abcd", "not valid JSON"),
    "no UTF-8": ((4).to_bytes(8, "little") + b"\xff\xfe\xfd\xfc", "not valid JSON"),
    "list": ((2).to_bytes(8, "little") + b"[]", "not hold a JSON object"),
    "deep nesting": ((100_000).to_bytes(8, "little") + b"[" * 100_000, "not a list of tensors"),
    "deep objects": ((600_000).to_bytes(8, "little") + b'{"a":' * 120_000, "not a list of tensors"),
    "bomb of lists": (
        (1 << 23).to_bytes(8, "little") + b"[[],[]," * (1 << 20) + b" " * (1 << 20),
        "not a list",
    ),
    "number of a million digits": (
        (1_000_006).to_bytes(8, "little") + b'{"a":' + b"9" * 10**6 + b"}",
        "not valid",
    ),
    "NaN": ((9).to_bytes(8, "little") + b'{"a":NaN}', "not valid JSON"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(1000), "claims a header"),
    "pickle": (b"PK\x03\x04" + bytes(1000), "cut short|claims a header"),
}


@pytest.mark.parametrize("case", FILES)
def test_files_that_are_no_safetensors(folder: Path, case: str) -> None:
    raw, problem = FILES[case]
    (folder / "model.safetensors").write_bytes(raw)
    refuses(folder, problem, "model.safetensors")


# --- safetensors: headers that contradict themselves --------------------------------------------------

Change = Callable[[dict[str, Any]], Any]


def change(key: str, **entries: Any) -> Change:
    def apply(header: dict[str, Any]) -> None:
        header[key] = {**header[key], **entries}

    return apply


def overlap(header: dict[str, Any]) -> None:
    a, b = (header[k]["data_offsets"] for k in ("h.0.ln_1.weight", "h.0.ln_1.bias"))
    b[:] = a


def swap(header: dict[str, Any]) -> None:
    header["wte.weight"]["data_offsets"].reverse()


HEADERS: dict[str, tuple[Change, str]] = {
    "overlapping": (overlap, "overlaps|belong to no tensor"),
    "end before start": (swap, "outside the file"),
    "offsets past the end": (
        change("wte.weight", data_offsets=[1 << 40, (1 << 40) + 48]),
        "outside the file",
    ),
    "negative offsets": (change("wte.weight", data_offsets=[-48, 0]), "not two positions"),
    "huge offsets": (change("wte.weight", data_offsets=[0, 1 << 70]), "not two positions"),
    "offsets of text": (change("wte.weight", data_offsets=["0", "48"]), "not two positions"),
    "one offset": (change("wte.weight", data_offsets=[0]), "not two positions"),
    "a thousand offsets": (change("wte.weight", data_offsets=[0] * 1000), "not two positions"),
    "fractional offsets": (change("wte.weight", data_offsets=[0.0, 48.0]), "not two positions"),
    "true offsets": (change("wte.weight", data_offsets=[False, True]), "not two positions"),
    "negative shape": (change("wte.weight", shape=[-3, -4]), "not a list of sizes"),
    "huge shape": (change("wte.weight", shape=[1 << 62, 1 << 62]), "not a list of sizes"),
    "terabytes": (change("wte.weight", shape=[1 << 40, 1]), "do not fit"),
    "deep shape": (change("wte.weight", shape=[1] * 100), "not a list of sizes"),
    "shape of text": (change("wte.weight", shape="3x4"), "not a list of sizes"),
    "no shape": (change("wte.weight", shape=None), "not a list of sizes"),
    "unknown dtype": (change("wte.weight", dtype="F128"), "unknown dtype"),
    "dtype a list": (change("wte.weight", dtype=["F32"]), "unknown dtype"),
    "dtype of another size": (change("wte.weight", dtype="F16"), "do not fit"),
    "integers": (change("wte.weight", dtype="I32"), "stored as I32"),
    "tensor a number": (lambda h: h.update({"wte.weight": 7}), "lacks a dtype"),
    "tensor empty": (lambda h: h.update({"wte.weight": {}}), "lacks a dtype|not a list of tensors"),
    "missing tensor": (lambda h: h.pop("wte.weight"), "belong to no tensor"),
    "renamed tensor": (lambda h: h.update({"wte": h.pop("wte.weight")}), "lacks the tensor wte.weight"),
    "two names": (lambda h: h.update({"transformer.ln_f.bias": h.pop("h.0.ln_1.bias")}), "twice"),
    "transposed": (change("wte.weight", shape=[4, 3]), "4 x 3, where config.json says 3 x 4"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers_that_contradict_themselves(folder: Path, case: str) -> None:
    apply, problem = HEADERS[case]
    path = folder / "model.safetensors"
    header, data = header_of(path)
    apply(header)
    write_header(path, header, data)
    refuses(folder, problem, "model.safetensors")


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_truncated_data(folder: Path, cut: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-cut])
    refuses(folder, "outside the file", "model.safetensors")


def test_bytes_at_the_end(folder: Path) -> None:
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"more")
    refuses(folder, "belong to no tensor", "model.safetensors")


def test_a_hole(folder: Path) -> None:
    path = folder / "model.safetensors"
    header, data = header_of(path)
    for entry in header.values():
        entry["data_offsets"] = [i + 64 for i in entry["data_offsets"]]
    write_header(path, header, bytes(64) + data)
    refuses(folder, "belong to no tensor", "model.safetensors")


def test_a_key_twice(folder: Path) -> None:
    path = folder / "model.safetensors"
    header, data = header_of(path)
    text = json.dumps(header)
    write_header(path, ("{" + text[1:-1] + "," + text[1:]).encode(), data)
    refuses(folder, "appears twice", "model.safetensors")


# --- config.json --------------------------------------------------------------------------------------

CONFIGS: dict[str, tuple[dict[str, Any], str]] = {
    **{
        f"{key} negative": (GPT2 | {key: -1}, f"{key} must be a whole number")
        for key in ("n_layer", "n_embd")
    },
    "zero heads": (GPT2 | {"n_head": 0}, "n_head must be"),
    "huge layers": (GPT2 | {"n_layer": 10**9}, "n_layer must be"),
    "endless layers": (GPT2 | {"n_layer": 10**300}, "n_layer must be"),
    "vocabulary of text": (GPT2 | {"vocab_size": "3"}, "vocab_size must be"),
    "true layers": (GPT2 | {"n_layer": True}, "n_layer must be"),
    "half a head": (GPT2 | {"n_head": 1.5}, "n_head must be"),
    "missing width": ({k: v for k, v in GPT2.items() if k != "n_embd"}, "n_embd is missing"),
    "heads do not divide": (GPT2 | {"n_head": 3}, "cannot be divided among 3 heads"),
    "another width": (GPT2 | {"n_embd": 8}, "config.json says"),
    "more layers": (GPT2 | {"n_layer": 2}, "lacks the tensor h.1"),
    "another vocabulary": (GPT2 | {"vocab_size": 5}, "config.json says 5 x 4"),
    "no family": ({}, "model type None is not known"),
    "another family": (GPT2 | {"model_type": "bert"}, "'bert' is not known"),
    "family a list": (GPT2 | {"model_type": ["gpt2"]}, "is not known"),
    "another activation": (GPT2 | {"activation_function": "prelu"}, "activation_function must be one of"),
    "negative epsilon": (GPT2 | {"layer_norm_epsilon": -1e-5}, "layer_norm_epsilon must be"),
    "epsilon a text": (GPT2 | {"layer_norm_epsilon": "1e-5"}, "layer_norm_epsilon must be"),
    "tied maybe": (GPT2 | {"tie_word_embeddings": "yes"}, "must be true or false"),
    "untied without head": (GPT2 | {"tie_word_embeddings": False}, "lacks the tensor lm_head.weight"),
    "quantized": (GPT2 | {"quantization_config": {"bits": 4}}, "quantised"),
    "llama: uneven groups": (
        LLAMA | {"hidden_size": 8, "num_attention_heads": 4, "num_key_value_heads": 3},
        "share 3 key heads",
    ),
    "llama: odd head": (LLAMA | {"head_dim": 3}, "even number of features"),
    "llama: unknown scaling": (LLAMA | {"rope_scaling": {"type": "magic"}}, "must be one of"),
    "llama: scaling without factor": (LLAMA | {"rope_scaling": {"type": "linear"}}, "factor is missing"),
    "llama: factor zero": (LLAMA | {"rope_scaling": {"type": "linear", "factor": 0}}, "factor must be"),
    "llama: scaling a text": (LLAMA | {"rope_scaling": "linear"}, "must be an object"),
    "llama: theta zero": (LLAMA | {"rope_theta": 0}, "rope_theta must be"),
    "llama: theta infinite": (LLAMA | {"rope_theta": 1e300}, "rope_theta must be"),
    "llama: layers by layer": (LLAMA | {"rope_parameters": {"full_attention": {}}}, "layer to layer"),
    "mistral: window zero": (
        LLAMA | {"model_type": "mistral", "sliding_window": 0},
        "sliding_window must be",
    ),
    "qwen2: wrong layers": (
        LLAMA | {"model_type": "qwen2", "use_sliding_window": True, "layer_types": ["full_attention"] * 9},
        "all 1 layers",
    ),
    "qwen3: strange layers": (
        LLAMA | {"model_type": "qwen3", "use_sliding_window": True, "layer_types": ["linear_attention"]},
        "layer_types may only be",
    ),
    "smollm3: strange list": (LLAMA | {"model_type": "smollm3", "no_rope_layers": [2]}, "0 or 1"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_configurations_that_cannot_be(folder: Path, case: str) -> None:
    config, problem = CONFIGS[case]
    (folder / "config.json").write_text(json.dumps(config))
    refuses(folder, problem, "config.json" if "lacks" not in problem else "model.safetensors")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[1, 2]", "not hold a JSON object"),
        (b"[" * 500_000, "nested too deeply"),
        (b'{"n_layer": ' + b"9" * 500_000 + b"}", "not valid JSON"),
        (b'{"model_type": "gpt2", "n_embd": 4, "n_head": 2, "n_layer": Infinity}', "n_layer must be a whole"),
        (b" " * (1 << 21), "too large"),
    ],
)
def test_configurations_that_are_no_json(folder: Path, raw: bytes, problem: str) -> None:
    (folder / "config.json").write_bytes(raw)
    refuses(folder, problem, "config.json")


@pytest.mark.parametrize("change", ["mark", "twice", "infinity"])
def test_configurations_that_transformers_reads(folder: Path, change: str) -> None:
    path = folder / "config.json"
    raw = path.read_bytes()
    changed = {
        "mark": b"\xef\xbb\xbf" + raw,
        "twice": raw.replace(b"{", b'{"n_layer": 99, ', 1),
        "infinity": raw.replace(b"{", b'{"bos_token_id": Infinity, ', 1),
    }
    path.write_bytes(changed[change])
    assert load(folder=folder).config.n_layer == GPT2["n_layer"]


# --- shards -------------------------------------------------------------------------------------------


def shard(folder: Path, weight_map: Any) -> None:
    (folder / "model.safetensors").rename(folder / "one.safetensors")
    index = {"weight_map": weight_map} if weight_map is not None else {}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


SHARDS: dict[str, tuple[Any, str, str]] = {
    "no map": (None, "no weight_map", "index.json"),
    "map a list": ([1], "no weight_map", "index.json"),
    "map to numbers": ({"wte.weight": 1}, "no weight_map", "index.json"),
    "missing shard": ({"wte.weight": "two.safetensors"}, "does not exist", "two.safetensors"),
    "path traversal": ({"wte.weight": "../secret.safetensors"}, "not a file in its own folder", "index.json"),
    "absolute path": ({"wte.weight": "/etc/passwd"}, "not a file in its own folder", "index.json"),
    "Windows path": ({"wte.weight": "..\\secret.safetensors"}, "not a file in its own folder", "index.json"),
    "drive": ({"wte.weight": "C:secret.safetensors"}, "not a file in its own folder", "index.json"),
    "zero byte": ({"wte.weight": "one.safetensors\0"}, "not a file in its own folder", "index.json"),
    "dots": ({"wte.weight": ".."}, "not a file in its own folder", "index.json"),
    "no name": ({"wte.weight": ""}, "not a file in its own folder", "index.json"),
    "itself": ({"wte.weight": "model.safetensors.index.json"}, "no .safetensors file", "index.json"),
    "long name": ({"wte.weight": "x" * 5000 + ".safetensors"}, "not a file in its own folder", "index.json"),
    "tensor elsewhere": ({"nope": "one.safetensors"}, "lacks the tensor 'nope'", "one.safetensors"),
    "incomplete": ({"wte.weight": "one.safetensors"}, "lacks the tensor", "index.json"),
    "too many": ({f"t{i}": f"{i}.safetensors" for i in range(5000)}, "5,000 files", "index.json"),
}


@pytest.mark.parametrize("case", SHARDS)
def test_shards_that_do_not_fit(folder: Path, case: str) -> None:
    weight_map, problem, names = SHARDS[case]
    shard(folder, weight_map)
    refuses(folder, problem, names)


def test_a_shard_that_links_to_itself(folder: Path) -> None:
    shard(folder, {"wte.weight": "loop.safetensors"})
    (folder / "loop.safetensors").symlink_to("loop.safetensors")
    refuses(folder, "cannot be opened", "loop.safetensors")


# --- tokenizers ---------------------------------------------------------------------------------------

TOKENIZERS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not a tokenizer"),
    "no JSON": (b"{", "not a tokenizer"),
    "another JSON": (b"{}", "not a tokenizer"),
    "deep": (b"[" * 100_000, "not a tokenizer"),
    "no UTF-8": (b"\xff\xfe", "not a tokenizer"),
    "no model": (json.dumps(json.loads(TOKENIZER.read_text()) | {"model": None}).encode(), "not a tokenizer"),
    "negative id": (TOKENIZER.read_bytes().replace(b'"A": 0', b'"A": -1'), "not a tokenizer"),
    "broken expression": (TOKENIZER.read_bytes().replace(b"[\\\\s\\\\S]", b"(((("), "not a tokenizer"),
    "larger than the model": (TOKENIZER.read_bytes().replace(b'"C": 2', b'"C": 2, "D": 3'), "model only 3"),
}


@pytest.mark.parametrize("case", TOKENIZERS)
def test_tokenizers_that_do_not_fit(folder: Path, case: str) -> None:
    raw, problem = TOKENIZERS[case]
    (folder / "tokenizer.json").write_bytes(raw)
    refuses(folder, problem, "tokenizer" if case == "larger than the model" else "tokenizer.json")


@pytest.mark.parametrize(
    ("vocabulary", "merges", "problem"),
    [
        ('{"a": "x"}', "", "map words to token ids"),
        ('{"a": -1}', "", "map words to token ids"),
        ("[]", "", "not hold a JSON object"),
        ('{"a": 0}', "a", "two words a line"),
        ('{"a": 0}', "a b", "not a tokenizer"),
    ],
)
def test_vocabularies_that_do_not_fit(folder: Path, vocabulary: str, merges: str, problem: str) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_text(vocabulary)
    (folder / "merges.txt").write_text(merges)
    refuses(folder, problem, "vocab.json" if "object" in problem or "map" in problem else "merges.txt")


# --- what stands in a file's place --------------------------------------------------------------------

NAMES = ["config.json", "model.safetensors", "tokenizer.json"]


@pytest.mark.parametrize("name", NAMES)
def test_folders_pipes_and_loops_in_place_of_files(folder: Path, name: str) -> None:
    path = folder / name
    path.unlink()
    path.mkdir()
    refuses(folder, "is a folder", name)
    path.rmdir()
    os.mkfifo(path)
    refuses(folder, "device or a pipe", name)
    path.unlink()
    path.symlink_to("/dev/zero")
    refuses(folder, "device or a pipe", name)
    path.unlink()
    path.symlink_to(name)
    refuses(folder, "cannot be opened", name)


@pytest.mark.parametrize("name", NAMES[:2])
def test_missing_files(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refuses(folder, "does not exist", name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("name", NAMES)
def test_unreadable_files(folder: Path, name: str) -> None:
    (folder / name).chmod(0)
    refuses(folder, "cannot be read", name)


def test_a_torch_file_is_told_to_be_converted(tmp_path: Path) -> None:
    path = tmp_path / "ckpt.pt"
    path.write_bytes(b"PK\x03\x04")
    refuses(path, f"llm-scene convert {path} FOLDER", "ckpt.pt")
    folder = write_model(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refuses(folder, "llm-scene convert", "pytorch_model.bin")


@pytest.mark.parametrize("path", ["nowhere", "model/config.json", "x" * 300, "zero\0byte"])
def test_folders_that_are_none(folder: Path, path: str) -> None:
    with pytest.raises(UserError):
        load(folder=folder.parent / path)


# --- values that are not finite -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_load_with_a_warning(tmp_path: Path, dtype: str, value: float) -> None:
    folder = write_model(tmp_path / "model", dtype=dtype)
    header, data = header_of(folder / "model.safetensors")
    start, end = header["h.0.mlp.c_fc.weight"]["data_offsets"]
    broken = np.frombuffer(data[start:end], dtype).copy()
    broken[3:5] = value
    write_header(folder / "model.safetensors", header, data[:start] + broken.tobytes() + data[end:])
    model = load(folder=folder)
    assert model.warnings == ["h.0.mlp.c_fc.weight holds 2 values that are not finite."]
    assert not np.isfinite(model.trace([0, 1])["h.0.mlp.c_fc.weight"]).all()


def test_float64_beyond_float32_becomes_infinite_with_a_warning(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", dtype="float64")
    header, data = header_of(folder / "model.safetensors")
    start, end = header["ln_f.weight"]["data_offsets"]
    huge = np.full(4, 1e300).tobytes()
    write_header(folder / "model.safetensors", header, data[:start] + huge + data[end:])
    assert load(folder=folder).warnings == ["ln_f.weight holds 4 values that are not finite."]


def test_extra_tensors_are_left_out_with_a_warning(folder: Path) -> None:
    header, data = header_of(folder / "model.safetensors")
    header["surprise"] = {"dtype": "F32", "shape": [2], "data_offsets": [len(data), len(data) + 8]}
    write_header(folder / "model.safetensors", header, data + bytes(8))
    model = load(folder=folder)
    assert model.warnings == ["1 tensor is no part of the model and left out: surprise."]
    assert "surprise" not in model.weights


# --- by mutation --------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(data=st.data())
def test_any_changed_file_loads_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "mutated"
    write_model(folder)
    path = folder / data.draw(st.sampled_from(NAMES))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(raw) - 1, 3000)))
        match data.draw(st.sampled_from(["byte", "cut", "insert", "digit"])):
            case "byte":
                raw[at] = data.draw(st.integers(0, 255))
            case "cut":
                del raw[at : at + data.draw(st.integers(1, 50))]
            case "insert":
                raw[at:at] = data.draw(st.binary(min_size=1, max_size=9))
            case "digit":
                digits = [i for i, byte in enumerate(raw[:3000]) if chr(byte).isdigit()]
                if digits:
                    raw[data.draw(st.sampled_from(digits))] = ord(
                        data.draw(st.sampled_from('0123456789-e["'))
                    )
        if not raw:
            raw = bytearray(b"x")
    path.write_bytes(raw)
    try:
        model = load(folder=folder)
        model.trace([0])
        model.encode_prompt("CA")
    except UserError as error:
        assert "\n" not in str(error)


def test_the_command_line_shows_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    assert main(["predict", "--model", str(folder), "--prompt", "A"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("llm-scene: ")
    assert err.count("\n") == 1
