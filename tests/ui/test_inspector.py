"""Cells can be pinned and followed to their sources, without anything in the file changing."""

import bpy
import pytest

from llm_scene.ui.inspector import hidden_blocks, inspector_of, lines_of

SCORE = "blocks.0.attn.scores[head=2,query=5,key=2]"


def pin(address: str) -> None:
    assert bpy.ops.llm_scene.inspect(address=address) == {"FINISHED"}


def trail() -> list[str]:
    inspector = inspector_of(bpy.context.scene)
    assert inspector is not None
    return [step.explanation.address for step in inspector.trail]


def test_needs_a_scene_of_ours(addon: None) -> None:
    for name in ("inspect", "inspect_clear", "inspect_tool"):
        with pytest.raises(RuntimeError, match="Generate a scene first"):
            getattr(bpy.ops.llm_scene, name)()


def test_pins_walk_to_sources_and_back(generated: bpy.types.Scene) -> None:
    things = {thing.name for thing in bpy.data.objects}
    pin(SCORE)
    inspector = inspector_of(generated)
    assert inspector is not None and inspector.shown is not None
    source = inspector.shown.explanation.inputs[0].address(3)
    pin(source)
    assert trail() == [SCORE, source]
    pin(SCORE)
    assert trail() == [SCORE]
    bpy.ops.llm_scene.inspect_clear()
    assert trail() == [] and inspector.shown is None
    assert {thing.name for thing in bpy.data.objects} == things


def test_the_box_tells_the_true_value(generated: bpy.types.Scene) -> None:
    pin(SCORE)
    inspector = inspector_of(generated)
    assert inspector is not None and inspector.shown is not None
    texts = [text for text, _ in lines_of(inspector.shown)]
    assert any(inspector.shown.value in text for text in texts)
    assert inspector.shown.explanation.value == inspector.production.trace["blocks.0.attn.scores"][2, 5, 2]


def test_weights_have_values_too(generated: bpy.types.Scene) -> None:
    pin("wte.weight[1,2]")
    inspector = inspector_of(generated)
    assert inspector is not None and inspector.shown is not None
    assert inspector.shown.explanation.value == inspector.production.trace["wte.weight"][1, 2]
    assert inspector.shown.sources == ()


@pytest.mark.parametrize("address", ["", "nonsense", "blocks.0.attn.scores[9,9,9]", "lunch[0,0]"])
def test_a_wrong_address_is_one_sentence(generated: bpy.types.Scene, address: str) -> None:
    with pytest.raises(RuntimeError, match=r"Error: .*[.?]"):
        bpy.ops.llm_scene.inspect(address=address)
    assert trail() == []


def test_another_scene_begins_anew(generated: bpy.types.Scene) -> None:
    pin(SCORE)
    bpy.ops.llm_scene.generate()
    assert trail() == []


def test_hidden_matrices_let_the_mouse_pass(generated: bpy.types.Scene) -> None:
    generated.objects["blocks.0.resid_pre"].hide_set(True)
    assert "blocks.0.resid_pre" in hidden_blocks(generated)
