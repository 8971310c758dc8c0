"""A look is one value: what adds one to `LOOKS` finds it wherever looks are chosen and shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import bpy
import pytest

from llm_scene.cli import main
from llm_scene.look import LOOKS, STUDIO, linear
from llm_scene.models import load
from llm_scene.output.page.facts import colours
from llm_scene.staging.options import Options
from llm_scene.staging.production import produce
from llm_scene.ui.settings import option_properties

DUSK = replace(STUDIO, name="dusk", title="Dusk", wall="#33303f", middle="#4a4458", accent="#ffd166")


@pytest.fixture(autouse=True)
def dusk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOOKS, DUSK.name, DUSK)


def test_the_panel_offers_it() -> None:
    assert ("dusk", "Dusk", "") in option_properties()["look"].keywords["items"]


def test_the_command_line_builds_it_into_the_scene(tmp_path: Path) -> None:
    path = tmp_path / "dusk.blend"
    asked = ["generate", "--preset", "nano-gpt-sort", "--prompt", "CBA", "--film", "teaser"]
    assert main([*asked, "--look", "dusk", "-o", str(path)]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert rounded(linear(DUSK.wall)) in constants(bpy.context.scene.world.node_tree)
    accent = next(one for one in bpy.data.materials if one.get("ink") == "accent")
    assert rounded(linear(DUSK.accent)) in constants(accent.node_tree)


def test_the_page_takes_its_colours() -> None:
    made = produce(load("nano-gpt-sort"), "CBA", Options(cut="teaser", look="dusk"))
    assert made.look == DUSK
    assert (colours(made.look)["accent"], colours(made.look)["wall"]) == ("#ffd166", "#33303f")


def constants(tree: bpy.types.NodeTree) -> set[tuple[float, ...]]:
    """All colours set in the sockets of a node tree, linear RGB."""
    found = (
        tuple(socket.default_value) for node in tree.nodes for socket in node.inputs if socket.type == "RGBA"
    )
    return {rounded(colour[:3]) for colour in found}


def rounded(colour: Iterable[float]) -> tuple[float, ...]:
    return tuple(round(float(part), 3) for part in colour)
