"""How scenes are set to render."""

from types import SimpleNamespace

import bpy
import pytest

from llm_scene.scene import engines as rendering
from llm_scene.scene.engines import DEVICES, PRESETS, apply_preset, pick_device


class Cards:
    """Cycles' preferences on a computer with cards of one kind."""

    def __init__(self, kind: str) -> None:
        self._kind, self._chosen = kind, "NONE"
        self.devices = [
            SimpleNamespace(name=name, type=of, use=False)
            for name, of in (("Processor", "CPU"), ("Card", kind), ("Card", kind), ("Other", kind))
        ]

    def refresh_devices(self) -> None:
        """Nothing changes."""

    @property
    def compute_device_type(self) -> str:
        return self._chosen

    @compute_device_type.setter
    def compute_device_type(self, kind: str) -> None:
        if kind not in ("NONE", "CUDA", self._kind):
            raise TypeError(kind)
        self._chosen = kind


def test_without_cards_the_processor_renders(empty_scene: None) -> None:
    scene = bpy.context.scene
    apply_preset(scene, PRESETS["draft"])
    if pick_device(scene):
        pytest.skip("this computer has graphics cards")
    assert scene.cycles.device == "CPU"
    assert bpy.context.preferences.addons["cycles"].preferences.compute_device_type == "NONE"


@pytest.mark.parametrize("kind", DEVICES)
def test_all_cards_of_the_best_kind_render(
    empty_scene: None, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The computer is feigned, for want of cards; the scene is Blender's."""
    cards, scene = Cards(kind), bpy.context.scene
    addons = {"cycles": SimpleNamespace(preferences=cards)}
    context = SimpleNamespace(preferences=SimpleNamespace(addons=addons))
    monkeypatch.setattr(rendering, "bpy", SimpleNamespace(context=context))
    scene.render.engine = "CYCLES"
    assert pick_device(scene) == "Card, Other"
    assert (cards.compute_device_type, scene.cycles.device) == (kind, "GPU")
    assert [device.use for device in cards.devices] == [False, True, True, True]


def test_other_engines_need_none(empty_scene: None) -> None:
    apply_preset(bpy.context.scene, PRESETS["eevee"])
    assert pick_device(bpy.context.scene) == ""
