"""The page's own explain.js says of every family what Python says; run by node, where it is installed."""

import base64
import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from llm_scene.network import declare, run
from llm_scene.network.explain import explain
from llm_scene.network.trace import Trace
from llm_scene.output.page import export, facts
from tests.network import family_cases
from tests.network.random_models import random_weights

NODE = shutil.which("node")
NUMBER = r"\d+\.?\d*(?:e[+−]\d+)?"
SCRIPT = """
import { explain } from "./explain.mjs";
import { readFileSync } from "node:fs";
const cases = JSON.parse(readFileSync("cases.json", "utf8"));
const said = cases.map(({ packed, rows, cells }) => {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const values = new Float32Array(bytes.buffer);
  const matrices = new Map(rows.map((row) => [row.name, { ...row, values: values.subarray(row.at) }]));
  return cells.map(([name, cell]) => explain({ matrices, tokens: [], pieces: [] }, name, cell));
});
const finite = (key, value) => (typeof value === "number" && !Number.isFinite(value) ? null : value);
console.log(JSON.stringify(said, finite));
"""


def traced(name: str) -> tuple[Trace, list[tuple[str, tuple[int, ...]]]]:
    """A case over five random tokens, and two cells of every matrix."""
    network = declare(family_cases.config(name))
    rng = random.Random(name)
    tokens = [rng.randrange(network.config.d_vocab) for _ in range(5)]
    trace = run(network, random_weights(network), tokens)
    return trace, [
        (m.name, tuple(rng.randrange(n) for n in trace[m.name].shape)) for m in network for _ in (0, 1)
    ]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_every_family_is_explained_alike(tmp_path: Path) -> None:
    made = [traced(name) for name in family_cases.CASES]
    cases: list[dict[str, Any]] = []
    for trace, cells in made:
        numbers = facts.Numbers()
        rows = facts.matrices(trace, numbers)
        cases.append({"rows": rows, "cells": cells, "packed": base64.b64encode(numbers.bytes()).decode()})
    shutil.copy(export.HERE / "js" / "explain.js", tmp_path / "explain.mjs")
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    (tmp_path / "run.mjs").write_text(SCRIPT)
    assert NODE is not None
    ran = subprocess.run([NODE, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for name, (trace, cells), answers in zip(family_cases.CASES, made, json.loads(ran.stdout), strict=True):
        for (matrix, cell), said in zip(cells, answers, strict=True):
            same(trace, matrix, cell, said, name)


def same(trace: Trace, name: str, cell: tuple[int, ...], said: dict[str, Any], case: str) -> None:
    """Words, sources and numbers are the same, but for the last digit of a long sum."""
    told = explain(trace, name, cell)
    assert [tuple(map(tuple, i["cells"])) for i in said["inputs"]] == [i.cells for i in told.inputs], name
    assert [i["matrix"] for i in said["inputs"]] == [i.matrix for i in told.inputs]
    assert said["formula"] == told.formula
    if said["numbers"] != told.numbers:
        assert re.sub(NUMBER, "#", said["numbers"]) == re.sub(NUMBER, "#", told.numbers), (case, name)
        pairs = zip(re.findall(NUMBER, said["numbers"]), re.findall(NUMBER, told.numbers), strict=True)
        assert all(float(a) == pytest.approx(float(b), rel=2e-3, abs=1e-6) for a, b in pairs), (case, name)
