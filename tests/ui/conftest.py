"""The add-on, registered in a fresh file."""

from collections.abc import Iterator

import bpy
import pytest


@pytest.fixture
def addon() -> Iterator[None]:
    from llm_scene import ui

    bpy.ops.wm.read_factory_settings()
    ui.register()
    yield
    ui.unregister()


@pytest.fixture
def generated(addon: None) -> "bpy.types.Scene":
    bpy.ops.llm_scene.generate()
    return bpy.context.scene
