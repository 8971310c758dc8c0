"""Blender's face: properties, operators, panels, inspector, preferences, translations."""

from __future__ import annotations

import bpy

from . import (
    exporting,
    inspector,
    library,
    making,
    menus,
    operators,
    panels,
    preferences,
    rendering,
    settings,
    timing,
    translations,
)

CLASSES = (
    preferences.Preferences,
    *making.CLASSES,
    *operators.CLASSES,
    *exporting.CLASSES,
    *rendering.CLASSES,
    *menus.CLASSES,
    *inspector.CLASSES,
    *timing.CLASSES,
    *panels.CLASSES,
)
_command: object | None = None


def _run_command(arguments: list[str]) -> int:
    """`blender --command llm_scene …` is the command line `llm-scene …`."""
    from ..cli import main

    return main(arguments)


def register() -> None:
    """Add everything to Blender."""
    global _command
    translations.register()
    settings.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    menus.register()
    inspector.register()
    _command = bpy.utils.register_cli_command("llm_scene", _run_command)


def unregister() -> None:
    """Take everything away again."""
    bpy.utils.unregister_cli_command(_command)
    rendering.stop_all()
    inspector.unregister()
    menus.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    settings.unregister()
    translations.unregister()
    library.forget()
