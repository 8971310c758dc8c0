"""The command line: what it prints, and what it says when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from llm_scene import cli
from llm_scene.cli import main

ROOT = Path(__file__).parents[1]
Capture = pytest.CaptureFixture[str]


def refused(capsys: Capture, problem: str, *argv: str) -> None:
    """Exit status 2, one sentence with `problem` on stderr, nothing on stdout."""
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("llm-scene: ")
    assert err.count("\n") == 1
    assert problem in err


class TestInfo:
    def test_says_what_a_model_is_and_costs(self, capsys: Capture) -> None:
        assert main(["info", "--preset", "gpt2-small"]) == 0
        out = capsys.readouterr().out
        for text in ("GPT-2 small", "124,439,808", "12 × 12", "50,257", "none: a shape", "in pictures", "GB"):
            assert text in out

    def test_as_json(self, capsys: Capture) -> None:
        assert main(["info", "--positions", "11", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["Family"], told["Parameters"], told["Cells"]) == ("GPT-2", "85,728", "117,925")
        assert told["Matrices"] == "206"
        assert told["Tokenizer"].endswith("3 tokens")

    def test_of_a_folder_that_is_none(self, capsys: Capture, tmp_path: Path) -> None:
        refused(capsys, "config.json", "info", "--model", str(tmp_path))


class TestPredict:
    def test_sorts(self, capsys: Capture) -> None:
        assert main(["predict", "--preset", "nano-gpt-sort", "--prompt", "CBABBC"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("CBABBC → ABBBCC\n")
        assert len(out.splitlines()) == 9

    def test_tokens_are_the_same_as_the_prompt(self, capsys: Capture) -> None:
        main(["predict", "--prompt", "CBABBC"])
        prompt = capsys.readouterr().out
        main(["predict", "--tokens", "2,1,0, 1,1,2"])
        assert capsys.readouterr().out == prompt

    def test_json(self, capsys: Capture) -> None:
        assert main(["predict", "--prompt", "CBABBC", "--steps", "2", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["continuation"], found["tokens"], found["prompt_tokens"][:3]) == (
            "AB",
            [0, 1],
            [2, 1, 0],
        )
        assert found["steps"][0]["candidates"][0]["text"] == "A"
        assert sum(c["probability"] for c in found["steps"][1]["candidates"]) == pytest.approx(1)

    def test_sampling_by_seed(self, capsys: Capture) -> None:
        def drawn(seed: str) -> str:
            options = [
                "--temperature",
                "1.5",
                "--top-k",
                "20",
                "--top-p",
                "0.99",
                "--seed",
                seed,
                "--steps",
                "30",
            ]
            assert main(["predict", "--preset", "tiny-austen", "--prompt", "It is", *options]) == 0
            return capsys.readouterr().out.splitlines()[0]

        assert drawn("1") == drawn("1") != drawn("2")

    def test_trace(self, capsys: Capture, tmp_path: Path) -> None:
        path = tmp_path / "out.npz"
        assert main(["predict", "--prompt", "CBABBC", "--trace", str(path)]) == 0
        with np.load(path) as found, np.load(ROOT / "tests/reference/nano-gpt-sort.npz") as reference:
            assert found["tokens"].tolist() == [2, 1, 0, 1, 1, 2, 0, 1, 1, 1, 2]
            for name in ("blocks.1.attn.pattern", "blocks.2.mlp.post", "logits_sum"):
                np.testing.assert_allclose(
                    found[name], reference[f"CBABBCABBBC/{name}"], atol=1e-5, rtol=1e-5
                )
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize(
        ("argv", "problem"),
        [
            (["--prompt", ""], "The prompt is empty"),
            (["--tokens", ""], "The prompt is empty"),
            (["--prompt", "CBX"], "does not know 'X': it knows only ABC"),
            (["--prompt", "cba"], "'c', 'b', 'a'"),
            (["--prompt", "ABCABCABCABC", "--steps", "1"], "has 12 tokens; nano-GPT has room for 11"),
            (["--prompt", "CBABBC", "--steps", "7"], "room for 5 with 7 steps"),
            (["--prompt", "A", "--steps", "99"], "99 steps are too many"),
            (["--prompt", "\ud800"], "not valid Unicode"),
            (["--steps", "0"], "At least one step"),
            (["--steps", "many"], "--steps"),
            (["--tokens", "3"], "no token 3: ids run from 0 to 2"),
            (["--tokens", "-1,0"], "no token -1"),
            (["--tokens", "a"], "whole numbers"),
            (["--prompt", "A", "--tokens", "0"], "not allowed"),
            (["--preset", "nope"], "no preset 'nope': choose one of"),
            (["--preset", "../nano-gpt-sort"], "no preset"),
            (["--model", "/nowhere"], "does not exist"),
            (["--preset", "nano-gpt-sort", "--model", "x"], "not allowed"),
            (["--preset", "gpt2-small", "--tokens", "1"], "without weights"),
            (["--temperature", "-1"], "temperature must be"),
            (["--temperature", "nan"], "temperature must be"),
            (["--top-p", "0"], "Top-p must be"),
            (["--top-k", "-1"], "Top-k must be"),
            (["--seed", "-1"], "seed must be"),
            (["--trace", "/nowhere/out.npz"], "The folder /nowhere does not exist"),
            (["--trace", "/"], "is a folder"),
            (["--trace", "/dev/null"], "is a device"),
            (["--nope"], "nrecognized arguments"),
        ],
    )
    def test_mistakes(self, capsys: Capture, argv: list[str], problem: str) -> None:
        refused(capsys, problem, "predict", *(["--tokens=-1,0"] if argv == ["--tokens", "-1,0"] else argv))

    def test_nothing_is_overwritten_by_mistakes(self, capsys: Capture, tmp_path: Path) -> None:
        path = tmp_path / "out.npz"
        path.write_text("mine")
        refused(capsys, "does not know", "predict", "--prompt", "X", "--trace", str(path))
        assert path.read_text() == "mine"

    def test_a_failing_write_leaves_what_was_there(
        self, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "out.npz"
        path.write_text("mine")

        def full(*args: object, **kwargs: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(np, "savez", full)
        refused(capsys, "disk is full", "predict", "--trace", str(path))
        assert path.read_text() == "mine"
        assert list(tmp_path.iterdir()) == [path]


class TestOtherCommands:
    def test_presets(self, capsys: Capture) -> None:
        assert main(["presets"]) == 0
        out = capsys.readouterr().out
        assert "124,439,808" in out
        assert out.startswith("nano-gpt-sort")
        assert main(["presets", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[0]["parameters"] == 85_728

    def test_explain(self, capsys: Capture) -> None:
        assert main(["explain", "probs[5,0]", "--prompt", "CBABBC"]) == 0
        assert "exp(x − max) / Σ" in capsys.readouterr().out
        assert main(["explain", "probs[5,0]", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["cell"] == [5, 0]
        assert main(["explain", "blocks.0.attn.scores[0,0,5]", "--json"]) == 0
        told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        assert (told["value"], told["numbers"][:7]) == (None, "hidden:")
        refused(capsys, "did you mean probs", "explain", "prob[5,0]")

    def test_no_command(self, capsys: Capture) -> None:
        refused(capsys, "COMMAND")
        refused(capsys, "invalid choice", "dance")


class TestMain:
    @pytest.mark.parametrize(
        ("error", "status", "words"),
        [
            (KeyboardInterrupt(), 130, ""),
            (MemoryError(), 2, "not enough memory"),
            (PermissionError(13, "Permission denied", "x.npz"), 2, "x.npz: Permission denied."),
        ],
    )
    def test_errors(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, words: str
    ) -> None:
        def fail() -> None:
            raise error

        monkeypatch.setattr(cli, "COMMANDS", [cli.Command("fail", "", fail)])
        assert main(["fail"]) == status
        assert words in capsys.readouterr().err

    def test_a_closed_pipe_is_quiet(self) -> None:
        read, write = os.pipe()
        os.close(read)
        command = [sys.executable, "-m", "llm_scene.cli", "presets"]
        done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False)
        os.close(write)
        assert done.stderr == b""

    def test_blender_stays_out(self) -> None:
        program = (
            "import sys; from llm_scene.cli import main; main(['predict']); main(['presets']);"
            "main(['explain', 'logits[0,0]']); sys.exit('bpy' in sys.modules or 'torch' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
