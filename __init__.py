"""LLM Scene: language models as animated, inspectable Blender scenes (the add-on's entry)."""


def register() -> None:
    """Add the operators and panels; the rest of the package loads when they are first used."""
    from .llm_scene import ui

    ui.register()


def unregister() -> None:
    """Take the operators and panels away again."""
    from .llm_scene import ui

    ui.unregister()
