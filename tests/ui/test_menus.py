"""Entries of menus say by their dots which of them ask before they begin."""

from __future__ import annotations

import inspect
import itertools

import bpy

from llm_scene import ui
from llm_scene.output.formats import FORMATS
from llm_scene.ui.menus import ASKING, COMMANDS

ASKS = ("invoke_props_dialog", "fileselect_add", "popup_menu")


def test_what_asks_has_dots(addon: None) -> None:
    classes = {c.bl_idname: c for c in ui.CLASSES if issubclass(c, bpy.types.Operator)}
    named = {f"llm_scene.{name}" for name in itertools.chain(*COMMANDS)}
    always = named - {"llm_scene.generate", "llm_scene.compare"}  # these ask where there is something to lose
    asking = {name for name in always if any(way in told(classes[name]) for way in ASKS)}
    assert asking == {f"llm_scene.{name}" for name in ASKING}
    assert all(any(way in told(classes[form.operator]) for way in ASKS) for form in FORMATS.values())


def told(operator: type) -> str:
    """How an operator is invoked."""
    invoke = getattr(operator, "invoke", None)
    return inspect.getsource(invoke) if invoke is not None else ""
