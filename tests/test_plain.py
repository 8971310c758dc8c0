"""Text that comes from others is shown and does nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_scene.cli import main
from llm_scene.plain import duration, for_terminal, isolated, one_line


@given(st.text())
def test_a_line_is_a_line_and_holds_no_control(text: str) -> None:
    assert one_line(text).splitlines() in ([], [one_line(text)])
    assert one_line(one_line(text)) == one_line(text)
    assert for_terminal(text).replace("\n", "").replace("\t", "").isprintable() or "\x1b" not in for_terminal(
        text
    )
    assert isolated(text).count("\u2068") == isolated(text).count("\u2069") <= 1


@given(st.text())
def test_plain_data_stays_readable(text: str) -> None:
    assert json.loads(for_terminal(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize("name", ["\x1b]0;title\x07", "\x1b[2J", "a\u202eb", "\x9b31m"])
def test_a_terminal_gets_no_escape_sequences(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["predict", "--prompt", name], ["info", "--model", f"/{name}"], [name]):
        assert main(arguments) == 2
    assert main(["captions", "-o", f"/{name}/a.srt"]) == 2
    out, err = capsys.readouterr()
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(out + err)


@pytest.mark.parametrize(
    ("seconds", "said", "about"),
    [
        (0.2, "0.2 s", "1 s"),
        (8, "8 s", "8 s"),
        (59.6, "1 min", "1 min"),
        (221.4, "3 min 41 s", "4 min"),
        (3600, "1 h", "1 h"),
        (20955, "5 h 49 min", "5 h 49 min"),
    ],
)
def test_how_long_something_takes_has_its_units(seconds: float, said: str, about: str) -> None:
    assert duration(seconds) == said
    assert duration(seconds, about=True) == about
