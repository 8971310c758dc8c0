"""What all tests share."""

import os

import pytest
from hypothesis import settings

# The same examples on every run; the first call into Blender takes longer than any sensible deadline.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the comparisons with torch and transformers unless LLM_SCENE_LIVE=1 asks for them."""
    if os.environ.get("LLM_SCENE_LIVE") == "1":
        return
    live = [item for item in items if item.get_closest_marker("live")]
    if live:
        config.hook.pytest_deselected(items=live)
        items[:] = [item for item in items if not item.get_closest_marker("live")]


@pytest.fixture
def empty_scene() -> None:
    """Start from a Blender file without objects."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
