"""Scenes are built once a module: an empty file, and nano-GPT sorting CBABBC in it."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import pytest

from llm_scene.models import load
from llm_scene.scene.build import build
from llm_scene.staging.options import Options
from llm_scene.staging.production import Production, produce
from tests.film.staged import Shape, stage

PROMPT = (2, 1, 0, 1, 1, 2)  # CBABBC


@dataclass(frozen=True)
class Made:
    """What was built, and what from."""

    production: Production
    scene: bpy.types.Scene

    def frame(self, frame: int) -> None:
        """Show a frame. A scene's animation runs only while it is the window's scene."""
        bpy.context.window.scene = self.scene
        self.scene.frame_set(frame)
        bpy.context.view_layer.update()


def empty_file() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


def make(tokens: tuple[int, ...] = PROMPT, **choices: str) -> Made:
    """Build nano-GPT's scene into the open file."""
    production = produce(load("nano-gpt-sort"), tokens, Options(**choices))
    return Made(production, build(production))


def make_random(shape: Shape) -> Made:
    """Build the scene of a model with random weights into the open file."""
    staged = stage(shape)
    return Made(staged, build(staged))


@pytest.fixture(scope="module")
def nano() -> Made:
    empty_file()
    return make()
