"""An option is written once: the command line, the panel and presets have it from its field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_scene.choices import choices
from llm_scene.cli import parser
from llm_scene.errors import UserError
from llm_scene.layout.budget import Detail
from llm_scene.models.presets import read_preset
from llm_scene.staging.options import Options, entries, of_preset
from llm_scene.ui.settings import Settings

OTHER = {"chapters": ("mlp",), "language": "zh", "top_p": 0.5, "format": "1280x720"}


def other(name: str) -> object:
    """A value that an option does not have by itself."""
    one = choices(Options)[name]
    if one.type is bool:
        return not one.default
    return OTHER.get(name) or (one.names[-1] if one.names else one.default + 1)


@pytest.mark.parametrize("name", choices(Options))
def test_every_option_is_in_the_command_line_the_panel_and_presets(name: str, tmp_path: Path) -> None:
    one, value = choices(Options)[name], other(name)
    assert name in Settings.__annotations__
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    flag = ["--" + (one.flag or name.replace("_", "-")), *([] if one.type is bool else [text])]
    assert vars(parser().parse_args(["generate", "-o", "a.blend", *flag]))[name] == value
    path = tmp_path / "mine.toml"
    written = entries(Options(**{name: value}))
    path.write_text("".join(f"{key} = {json.dumps(v)}\n" for key, v in ({"model": "."} | written).items()))
    assert of_preset(read_preset(path)) == Options(**{name: value})


@pytest.mark.parametrize("format", ["9:0", "0:9", "1:99", "round"])
def test_formats_are_names_or_ratios(format: str) -> None:
    assert Options(format="1280x720").aspect == pytest.approx(16 / 9)
    with pytest.raises(UserError, match="There is no format"):
        Options(format=format)


def test_switches_have_titles_that_the_panel_has_room_for() -> None:
    """Their titles stand in the right half of the sidebar: about 17 letters fit."""
    titles = [one.title for kind in (Options, Detail) for one in choices(kind).values() if one.type is bool]
    assert titles and max(map(len, titles)) <= 17
