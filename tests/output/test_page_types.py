"""The types that the page's JavaScript declares: it keeps to them, and so does what Python hands over."""

import base64
import gzip
import json
import re
import struct
import subprocess
from pathlib import Path

import pytest

from llm_scene.network import declare, run
from llm_scene.output.page import export, facts
from tests.network import family_cases
from tests.network.random_models import random_weights
from tests.output.pages import written

CHECKS = Path(__file__).parents[2] / "tools" / "page"  # where `make lint` puts TypeScript
TSC = CHECKS / "node_modules" / ".bin" / "tsc"

pytestmark = pytest.mark.skipif(
    not TSC.exists(), reason="TypeScript is not there: `make lint` brings it with npm"
)


def complaints(project: Path) -> list[str]:
    ran = subprocess.run([TSC, "--project", project], capture_output=True, text=True, check=False)
    return ran.stdout.splitlines()


def typed(folder: Path, kind: str, *values: object) -> list[str]:
    """What TypeScript says where values are declared as a type of data.d.ts; nothing where they are that."""
    note = f'/** @type {{import("{(export.HERE / "js" / "data").as_posix()}").{kind}}} */'
    lines = (f"{note} export const value{i} = {json.dumps(value)};" for i, value in enumerate(values))
    (folder / "values.js").write_text("\n".join(lines))
    settings = {"extends": (CHECKS / "tsconfig.json").as_posix(), "include": ["values.js"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    return complaints(folder)


def carried() -> dict[str, object]:
    """All facts of a whole page, as they are packed in it."""
    found = re.search(r'id="data">([^<]*)<', written())
    assert found is not None
    data = gzip.decompress(base64.b64decode(found[1]))
    (length,) = struct.unpack_from("<I", data)
    facts: dict[str, object] = json.loads(data[12 : 12 + length])
    return facts


def test_the_code_keeps_to_its_types() -> None:
    assert complaints(CHECKS) == []


def test_a_page_carries_what_is_declared(tmp_path: Path) -> None:
    known = carried()
    assert typed(tmp_path, "Data", known) == []
    assert "surplus" in typed(tmp_path, "Data", known | {"surplus": 1})[0]
    assert "room" in typed(tmp_path, "Data", {k: v for k, v in known.items() if k != "room"})[0]


def test_matrices_of_every_family_are_as_declared(tmp_path: Path) -> None:
    rows = []
    for name in family_cases.CASES:
        network = declare(family_cases.config(name))
        rows += facts.matrices(run(network, random_weights(network), [0, 1, 2]), facts.Numbers())
    assert typed(tmp_path, "Matrix", *rows) == []
