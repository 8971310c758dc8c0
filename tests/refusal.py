"""What the command line does with a mistake, whichever it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_scene.cli import main


def assert_refused(arguments: str, says: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence that says what is wrong, exit status 2, and the folder as it was."""
    before = sorted(folder.rglob("*"))
    assert main(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert err.startswith("llm-scene: ") and err.count("\n") == 1 and "Traceback" not in out + err
    assert sorted(folder.rglob("*")) == before
