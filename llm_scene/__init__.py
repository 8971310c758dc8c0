"""Language models as animated, inspectable Blender scenes.

From Python, everything begins with `load` and `produce`; `build`, `save` and `render` need Blender. See
docs/python.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import UserError
    from .layout.budget import Detail
    from .models import find_folder, list_presets, load
    from .models.convert import convert
    from .output.blend import save
    from .output.formats import export
    from .output.render.production import render
    from .scene.build import build
    from .staging.options import Options
    from .staging.production import Production, produce
    from .staging.quality import Quality

# Where each name is: loaded when it is first asked for, so that `import llm_scene` costs nothing.
_HOMES = {
    "Detail": (".layout.budget", "Detail"),
    "Options": (".staging.options", "Options"),
    "Production": (".staging.production", "Production"),
    "Quality": (".staging.quality", "Quality"),
    "UserError": (".errors", "UserError"),
    "build": (".scene.build", "build"),
    "convert": (".models.convert", "convert"),
    "export": (".output.formats", "export"),
    "find_folder": (".models", "find_folder"),
    "list_presets": (".models", "list_presets"),
    "load": (".models", "load"),
    "produce": (".staging.production", "produce"),
    "render": (".output.render.production", "render"),
    "save": (".output.blend", "save"),
}

__all__ = [
    "Detail",
    "Options",
    "Production",
    "Quality",
    "UserError",
    "build",
    "convert",
    "export",
    "find_folder",
    "list_presets",
    "load",
    "produce",
    "render",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = getattr(import_module(module, __name__), attribute)
    globals()[name] = value
    return value
