"""nanoGPT and minGPT checkpoints, converted and then compared with torch."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llm_scene.errors import UserError
from llm_scene.models import load
from llm_scene.models.convert import convert
from llm_scene.models.convert.nanogpt import read_letters

LETTERS = {"a": 0, "b": 1, "ü": 2, "\n": 3}


class TestLetters:
    def write(self, path: Path, value: Any, protocol: int = 4) -> Path:
        path.write_bytes(pickle.dumps(value, protocol=protocol))
        return path

    @pytest.mark.parametrize("protocol", range(6))
    def test_every_protocol(self, tmp_path: Path, protocol: int) -> None:
        meta = {"vocab_size": 4, "stoi": LETTERS, "itos": {i: c for c, i in LETTERS.items()}}
        assert read_letters(self.write(tmp_path / "meta.pkl", meta, protocol)) == LETTERS

    def test_nothing_is_executed(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> Any:
                return (Path.touch, (tmp_path / "trapped",))

        path = self.write(tmp_path / "meta.pkl", {"stoi": LETTERS, "more": Trap()})
        with pytest.raises(UserError, match="more than letters"):
            read_letters(path)
        assert not (tmp_path / "trapped").exists()

    @pytest.mark.parametrize(
        "value",
        [
            {},
            {"stoi": {}},
            {"stoi": {"ab": 1}},
            {"stoi": {"a": -1}},
            {"stoi": {"a": 0, "b": 0}},
            {"stoi": {1: 1}},
            3,
        ],
    )
    def test_refuses_other_tables(self, tmp_path: Path, value: Any) -> None:
        with pytest.raises(UserError, match=r"meta\.pkl"):
            read_letters(self.write(tmp_path / "meta.pkl", value))

    @pytest.mark.parametrize("raw", [b"", b"\x80", b"garbage", b"\x80\x04.", b"."])
    def test_refuses_garbage(self, tmp_path: Path, raw: bytes) -> None:
        (tmp_path / "meta.pkl").write_bytes(raw)
        with pytest.raises(UserError, match=r"meta\.pkl"):
            read_letters(tmp_path / "meta.pkl")


@pytest.mark.live
class TestConvert:
    """nanoGPT's forward pass, written again in torch."""

    C, H, L, T, V = 12, 3, 2, 10, 4

    def state(self, bias: bool, seed: int = 0) -> Any:
        torch = pytest.importorskip("torch")
        torch.manual_seed(seed)
        state = {"transformer.wte.weight": (self.V, self.C), "transformer.wpe.weight": (self.T, self.C)}
        for i in range(self.L):
            block = {
                "attn.c_attn": (36, 12),
                "attn.c_proj": (12, 12),
                "mlp.c_fc": (48, 12),
                "mlp.c_proj": (12, 48),
            }
            block |= {"ln_1": (12,), "ln_2": (12,)}
            for name, shape in block.items():
                state[f"transformer.h.{i}.{name}.weight"] = shape
                if bias:
                    state[f"transformer.h.{i}.{name}.bias"] = shape[:1]
        state["transformer.ln_f.weight"] = (12,)
        if bias:
            state["transformer.ln_f.bias"] = (12,)
        return {key: torch.randn(shape) * 0.4 for key, shape in state.items()}

    def logits(self, state: Any, tokens: list[int], gelu: str) -> np.ndarray:
        import torch.nn.functional as F

        w = {key.removeprefix("transformer."): value for key, value in state.items()}

        def linear(x: Any, key: str) -> Any:
            return F.linear(x, w[f"{key}.weight"], w.get(f"{key}.bias"))

        def norm(x: Any, key: str) -> Any:
            return F.layer_norm(x, (self.C,), w[f"{key}.weight"], w.get(f"{key}.bias"), 1e-5)

        x = w["wte.weight"][tokens] + w["wpe.weight"][: len(tokens)]
        for i in range(self.L):
            parts = linear(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").split(self.C, dim=-1)
            q, k, v = (part.view(-1, self.H, self.C // self.H).transpose(0, 1) for part in parts)
            z = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(0, 1).reshape(-1, self.C)
            x = x + linear(z, f"h.{i}.attn.c_proj")
            hidden = F.gelu(linear(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"), approximate=gelu)
            x = x + linear(hidden, f"h.{i}.mlp.c_proj")
        return (norm(x, "ln_f") @ w.get("lm_head.weight", w["wte.weight"]).T).numpy()

    @pytest.mark.parametrize("bias", [True, False])
    @pytest.mark.parametrize("prefix", ["", "_orig_mod."])
    def test_nanogpt(self, tmp_path: Path, bias: bool, prefix: str) -> None:
        import torch

        state = self.state(bias)
        full = state | {"lm_head.weight": state["transformer.wte.weight"]}
        full |= {f"transformer.h.{i}.attn.bias": torch.ones(1, 1, 10, 10) for i in range(2)}
        args = {"n_layer": 2, "n_head": 3, "n_embd": 12, "block_size": 10, "bias": bias, "vocab_size": 4}
        torch.save({"model": {prefix + k: v for k, v in full.items()}, "model_args": args, "iter_num": 3},
                   tmp_path / "ckpt.pt")  # fmt: skip
        (tmp_path / "meta.pkl").write_bytes(pickle.dumps({"stoi": LETTERS, "vocab_size": 4}))
        convert(tmp_path / "ckpt.pt", tmp_path / "out")
        model = load(folder=tmp_path / "out")
        assert model.config.tied
        assert model.encode_prompt("abü\n") == [0, 1, 2, 3]
        with pytest.raises(UserError, match="'x'"):
            model.encode_prompt("x")
        trace = model.trace([0, 3, 2, 1, 1])
        np.testing.assert_allclose(trace["logits"], self.logits(state, [0, 3, 2, 1, 1], "none"), atol=1e-4)

    def test_mingpt(self, tmp_path: Path) -> None:
        import torch

        state = self.state(bias=True) | {"lm_head.weight": torch.randn(self.V, self.C)}
        torch.save(state, tmp_path / "model.pt")
        with pytest.raises(UserError, match="--heads"):
            convert(tmp_path / "model.pt", tmp_path / "out")
        convert(tmp_path / "model.pt", tmp_path / "out", n_head=3)
        model = load(folder=tmp_path / "out")
        assert not model.config.tied
        np.testing.assert_allclose(
            model.trace([0, 1, 2])["logits"], self.logits(state, [0, 1, 2], "tanh"), atol=1e-4
        )

    def test_what_is_there_stays(self, tmp_path: Path) -> None:
        import torch

        torch.save({"model": self.state(True), "model_args": {"n_head": 3}}, tmp_path / "ckpt.pt")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "keep").write_text("me")
        with pytest.raises(UserError, match="exists already"):
            convert(tmp_path / "ckpt.pt", tmp_path / "out")
        assert [p.name for p in (tmp_path / "out").iterdir()] == ["keep"]

    @pytest.mark.parametrize("case", ["code", "text", "list", "heads", "missing", "strange", "numbers"])
    def test_refuses(self, tmp_path: Path, case: str) -> None:
        import torch

        class Trap:
            def __reduce__(self) -> Any:
                return (Path.touch, (tmp_path / "trapped",))

        state, source = self.state(True), tmp_path / "ckpt.pt"
        args: dict[str, Any] = {"n_head": 5 if case == "heads" else 3}
        if case == "missing":
            del state["transformer.h.1.mlp.c_fc.bias"]
        if case == "strange":
            state["transformer.h.0.attn.extra"] = torch.ones(3)
        content: Any = {"model": state, "model_args": args}
        content = {"code": {"x": Trap()}, "list": [1, 2], "numbers": {1: torch.ones(1)}}.get(case, content)
        torch.save(content, source)
        if case == "text":
            source.write_text(json.dumps({"model": {}}))
        with pytest.raises(UserError, match=r"ckpt\.pt") as caught:
            convert(source, tmp_path / "out")
        assert "\n" not in str(caught.value)
        assert [p.name for p in tmp_path.iterdir()] == ["ckpt.pt"]
