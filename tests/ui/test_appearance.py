"""Changes of look act on the scene that stands, and end where a new scene would begin."""

from typing import Any

import bpy
import numpy as np
import pytest

from llm_scene.look import COLOUR_MAPS, INKS
from llm_scene.ui.appearance import part
from llm_scene.ui.ownership import everything, tag_of


def constants(material: Any) -> list[Any]:
    """Everything that is set in a material's nodes."""
    found: list[Any] = []
    for node in material.node_tree.nodes:
        for socket in node.inputs:
            value = getattr(socket, "default_value", None)
            found.append(tuple(value) if hasattr(value, "__len__") else value)
        if node.type == "VALTORGB":
            found.append([(e.position, tuple(e.color)) for e in node.color_ramp.elements])
    return found


def palette(scene: Any) -> dict[str, list[Any]]:
    tag = tag_of(scene)
    return {m.name.split(".")[0]: constants(m) for m in bpy.data.materials if m.get("llm_scene") == tag}


def depth(scene: Any, name: str) -> float:
    """How deep a matrix is, evaluated."""
    evaluated = scene.objects[name].evaluated_get(bpy.context.evaluated_depsgraph_get())
    return float(np.ptp([corner[1] for corner in evaluated.bound_box]))


def test_another_look_is_what_a_new_scene_would_have(generated: Any) -> None:
    count = len(list(everything()))
    generated.llm_scene_settings.look = "paper"
    changed = palette(generated)
    assert len(list(everything())) == count
    bpy.ops.llm_scene.generate()
    assert palette(bpy.context.scene) == changed


@pytest.mark.parametrize("colour_map", COLOUR_MAPS)
@pytest.mark.parametrize("look", ["studio", "paper"])
def test_every_colour_map_can_be_chosen(generated: Any, look: str, colour_map: str) -> None:
    before = palette(generated)
    generated.llm_scene_settings.look = look
    generated.llm_scene_settings.colour_map = colour_map
    assert (palette(generated) == before) == (look == "studio" and colour_map == "look")


def test_every_ink_is_in_use(generated: Any) -> None:
    here = {ink for ink in INKS if not ink.startswith("inspected")} - {"back"}
    assert {f"LLM Scene {name}" for name in here} <= set(palette(generated))


def test_relief_acts_at_once(generated: Any) -> None:
    flat = depth(generated, "probs")
    generated.llm_scene_settings.relief = 4.0
    assert depth(generated, "probs") > flat + 1


def test_labels_can_be_hidden(generated: Any) -> None:
    generated.llm_scene_settings.labels = False
    assert part(generated, "Labels").hide_render
    generated.llm_scene_settings.labels = True
    assert not part(generated, "Labels").hide_render


def test_settings_of_another_scene_do_nothing(generated: Any) -> None:
    before = palette(generated)
    bpy.data.scenes["Scene"].llm_scene_settings.look = "paper"
    assert palette(generated) == before


def test_moved_and_renamed_things_are_found(generated: Any) -> None:
    labels, sheet = part(generated, "Labels"), generated.objects["probs"]
    mine = bpy.data.collections.new("Mine")
    generated.collection.children.link(mine)
    root = next(c for c in generated.collection.children if c != mine)
    root.children.unlink(labels)
    mine.children.link(labels)
    labels.name = "Names of mine"
    for holder in sheet.users_collection:
        holder.objects.unlink(sheet)
    mine.objects.link(sheet)
    generated.llm_scene_settings.labels = False
    assert labels.hide_render
    flat = depth(generated, "probs")
    generated.llm_scene_settings.relief = 4.0
    assert depth(generated, "probs") > flat + 1
